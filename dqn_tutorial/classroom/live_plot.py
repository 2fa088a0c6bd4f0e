"""A picture of training that moves while training runs, at little cost to it."""

import time
from types import TracebackType

import numpy as np
from IPython.display import display
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg

from dqn_tutorial.classroom.frames import frame_png
from dqn_tutorial.classroom.plots import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PIXELS_PER_INCH,
    STYLE,
    describe_returns,
    image_bundle,
    new_figure,
    png,
    running_mean,
)
from dqn_tutorial.training import Record


class LivePlot:
    """Episode returns as they come, the greedy evaluations beside them, and the line
    from which it counts as solved.

    Use it as a context; at its end the picture becomes an ordinary image with a text
    alternative.

    Args:
        max_steps: right end of the axis, in environment steps.
        solved_at: where to draw the line.
        bottom, top: ends of the axis, in units of return.
        frames_per_second: how often to redraw, at most.

    Source: matplotlib's blitting. Taught in 07_train_cartpole.
    """

    def __init__(
        self,
        max_steps: int,
        solved_at: float = 475,
        bottom: float = 0,
        top: float = 520,
        frames_per_second: float = 8,
    ) -> None:
        self.episodes: list[tuple[int, float]] = []
        self.evaluations: list[tuple[int, float]] = []
        self.solved_at, self._pause, self._next_frame = (
            solved_at,
            1 / frames_per_second,
            0.0,
        )
        self.figure, axes = new_figure(width=9)
        self.figure.set_dpi(PIXELS_PER_INCH)
        with rc_context(STYLE):
            dots = axes.plot(
                [],
                [],
                ".",
                color=GREY,
                markersize=3,
                alpha=0.5,
                label="training episode (explores)",
            )
            mean = axes.plot([], [], "-", color=BLUE, label="mean of the last 20")
            greedy = axes.plot([], [], "o--", color=ORANGE, label="greedy evaluation")
            axes.axhline(
                solved_at, color=GREEN, linestyle=":", label=f"solved: {solved_at:g}"
            )
            axes.set(
                xlim=(0, max_steps),
                ylim=(bottom, top),
                xlabel="environment steps",
                ylabel="episode return",
            )
            axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
        self._lines = [*dots, *mean, *greedy]
        for line in self._lines:
            line.set_animated(True)
        self.figure.canvas.draw()  # all that stays the same, drawn once
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)

    @property
    def _canvas(self) -> FigureCanvasAgg:
        assert isinstance(self.figure.canvas, FigureCanvasAgg)
        return self.figure.canvas

    def __enter__(self) -> "LivePlot":
        self._handle = display({"image/png": self._frame()}, raw=True, display_id=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._set_lines()
        for line in self._lines:
            line.set_animated(False)
        alt = describe_returns(
            "Training", self.episodes, self.evaluations, self.solved_at
        )
        width = int(self.figure.get_figwidth() * PIXELS_PER_INCH)
        self._handle.update(
            image_bundle(png(self.figure), "image/png", alt, width), raw=True
        )

    def add(self, record: Record) -> None:
        """Take in a record; redraw if the next frame is due. Taught in
        07_train_cartpole.
        """
        self.episodes += [(record.step, value) for value in record.episode_returns]
        if time.monotonic() >= self._next_frame:
            self._handle.update({"image/png": self._frame()}, raw=True)
            self._next_frame = time.monotonic() + self._pause

    def add_evaluation(self, step: int, mean_return: float) -> None:
        """Take in a greedy evaluation. Taught in 07_train_cartpole."""
        self.evaluations.append((step, mean_return))

    def _set_lines(self) -> None:
        steps, returns = zip(*self.episodes, strict=True) if self.episodes else ((), ())
        self._lines[0].set_data(steps, returns)
        self._lines[1].set_data(steps, running_mean(returns))
        self._lines[2].set_data(
            *(zip(*self.evaluations, strict=True) if self.evaluations else ((), ()))
        )

    def _frame(self) -> bytes:
        self._set_lines()
        self._canvas.restore_region(self._background)
        for line in self._lines:
            self.figure.draw_artist(line)
        return frame_png(np.asarray(self._canvas.buffer_rgba()))
