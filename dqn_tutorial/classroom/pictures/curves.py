"""Learning curves, still and moving, each with its text alternative."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PIXELS_PER_INCH,
    SKY,
    frame_png,
    image_bundle,
    new_figure,
    spread_out,
)
from dqn_tutorial.stats import bootstrap_interval, interquartile_mean
from dqn_tutorial.training import Record


def running_mean(
    values: Sequence[float] | NDArray[np.float64], window: int = 20
) -> NDArray[np.float64]:
    """Return at each position the mean of the last `window` values, of fewer at the
    start.
    """
    total = np.cumsum(np.concatenate([[0.0], values]))
    end = np.arange(1, len(total))
    start = np.maximum(end - window, 0)
    return np.asarray((total[end] - total[start]) / (end - start))


def recent_mean(
    steps: Sequence[int] | NDArray[np.int64],
    returns: Sequence[float] | NDArray[np.float64],
    window: int = 2_000,
) -> NDArray[np.float64]:
    """Return at each episode the mean return of those that ended in the last `window`
    steps. A mean of a number of episodes lags further the longer they get.

    Args:
        steps: `[N]`, ascending, at which each episode ended.
        returns: `[N]`, of each episode.
        window: in environment steps.
    """
    ends = np.asarray(steps)
    total = np.cumsum(np.concatenate([[0.0], returns]))
    first = np.searchsorted(ends, ends - window, side="right")
    last = np.searchsorted(ends, ends, side="right")
    return np.asarray((total[last] - total[first]) / (last - first))


def legend_below(axes: Axes) -> None:
    """Put the legend of these axes below the whole figure, where it covers no point.
    Source: matplotlib.
    """
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2)


def learning_curve(
    episodes: Sequence[tuple[int, float]],
    evaluations: Sequence[tuple[int, float]],
    solved_at: float | None,
    title: str,
) -> tuple[Figure, str]:
    """Draw the returns of training episodes and of greedy evaluations over environment
    steps.

    Args:
        episodes: (step, return) of each finished training episode.
        evaluations: (step, mean return) of each greedy evaluation.
        solved_at: threshold to draw, if there is one.
        title: of the figure.

    Returns:
        The figure and its text alternative.

    Source: Machado et al. (2018) on showing both.
    """
    figure, axes = new_figure(width=10, height=3.8)
    draw_returns(axes, episodes, evaluations, solved_at)
    axes.set_title(title)
    return figure, describe_returns(title, episodes, evaluations, solved_at)


def population_curve(
    steps: Sequence[int],
    returns: NDArray[np.float64],
    solved_at: float | None,
    title: str,
) -> tuple[Figure, str]:
    """Draw the greedy returns of many seeds: mean and interquartile mean, each with its
    99 % interval over seeds.

    Args:
        steps: `[T]`, environment steps of one agent at each evaluation.
        returns: `[N, T]`, mean greedy return of each seed at each evaluation.
        solved_at: threshold to draw, if there is one.
        title: of the figure.

    Returns:
        The figure and its text alternative.

    Raises:
        ValueError: fewer than two seeds.

    Source: Agarwal et al. (2021), section 4.
    """
    figure, axes = new_figure(width=10, height=3.8)
    axes.plot(steps, returns.T, "-", color=GREY, linewidth=0.6, alpha=0.5)
    axes.plot([], [], "-", color=GREY, linewidth=0.6, label="one seed")
    words = [f"{title}. Greedy return over environment steps, a line a seed."]
    for trim, label, color, style in (
        (0.0, "mean", BLUE, "o-"),
        (0.25, "interquartile mean", ORANGE, "s--"),
    ):
        low, high = bootstrap_interval(returns, 0.99, trim=trim, resamples=2_000)
        middle = interquartile_mean(returns) if trim else returns.mean(0)
        axes.plot(
            steps,
            middle,
            style,
            color=color,
            markersize=4,
            label=f"{label}, 99 % interval",
        )
        axes.fill_between(steps, low, high, color=color, alpha=0.25, linewidth=0)
        words.append(
            f"Last {label} {middle[-1]:.0f}, interval {low[-1]:.0f} to {high[-1]:.0f}."
        )
    if solved_at is not None:
        axes.axhline(
            solved_at, color=GREEN, linestyle=":", label=f"solved: {solved_at:g}"
        )
        words.append(
            f"At {solved_at:g} or more: {(returns[:, -1] >= solved_at).sum()} of"
            f" {len(returns)} seeds."
        )
    axes.set(
        xlabel="environment steps of each agent", ylabel="greedy return", title=title
    )
    legend_below(axes)
    return figure, " ".join(words)


def seeds_by_arm(
    arms: Mapping[str, NDArray[np.float64]],
    measure: str,
    title: str,
    truth: float | None = None,
    better: str = "",
) -> tuple[Figure, str]:
    """Draw a row for each arm of a comparison: a dot for each seed, and the mean with
    its 99 % interval over seeds.

    Args:
        arms: names and figures `[N]` of the seeds; the first stands on top.
        measure: what the figure of a seed is.
        title: of the figure.
        truth: a value to mark, if there is one.
        better: `higher` or `lower`, for an arrow that says so.

    Returns:
        The figure and its text alternative.

    Source: Agarwal et al. (2021), section 4. Taught in 08_what_matters.
    """
    figure, axes = new_figure(width=10, height=1.5 + 0.6 * len(arms))
    words = [f"{title}. {measure}, a dot for each seed, a row for each arm."]
    everything = np.concatenate(list(arms.values()))
    if everything.min() < 0 < everything.max() or "difference" in measure:
        axes.axvline(0, color=GREY, linestyle="-", linewidth=1.0)
    for row, (name, values) in enumerate(arms.items()):
        (low, high), mean = bootstrap_interval(values, 0.99), values.mean()
        axes.plot(
            values,
            row - 0.1 + spread_out(values, np.ptp(everything) / 60),
            "o",
            color=SKY,
            markeredgecolor=BLUE,
            markeredgewidth=0.6,
            markersize=4,
            label=None if row else "one seed",
        )
        axes.plot(
            *([low, high], [row + 0.33] * 2),
            "-",
            color=BLACK,
            linewidth=4,
            label=None if row else "99 % interval of the mean",
        )
        look = {"color": ORANGE, "markeredgecolor": BLACK, "markersize": 7}
        axes.plot(mean, row + 0.33, "D", **look, label=None if row else "mean")
        words.append(f"{name}: mean {mean:.3g}, interval {low:.3g} to {high:.3g}.")
    if truth is not None:
        axes.axvline(truth, color=GREEN, linestyle=":", label=f"truth: {truth:.3g}")
        words.append(f"The dotted line is the truth, {truth:.3g}.")
    if better:
        words.append(f"{better.capitalize()} is better.")
    arrows = {"higher": "{}  (better →)", "lower": "(← better)  {}"}
    axes.set(
        yticks=range(len(arms)),
        yticklabels=list(arms),
        ylim=(len(arms) - 0.5, -0.5),
        xlabel=arrows.get(better, "{}").format(measure),
        title=title,
    )
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=4)
    return figure, " ".join(words)


def draw_returns(
    axes: Axes,
    episodes: Sequence[tuple[int, float]],
    evaluations: Sequence[tuple[int, float]],
    solved_at: float | None,
) -> None:
    """Draw the same into given axes. Source: as in `learning_curve`. Taught in
    07_train_cartpole.
    """
    if episodes:
        steps, returns = zip(*episodes, strict=True)
        axes.plot(
            steps,
            returns,
            ".",
            color=GREY,
            markersize=3,
            alpha=0.5,
            label="training episode (explores)",
        )
        axes.plot(
            steps,
            recent_mean(steps, returns),
            "-",
            color=BLUE,
            label="mean of the last 2,000 steps",
        )
    if evaluations:
        axes.plot(
            *zip(*evaluations, strict=True),
            "o--",
            color=ORANGE,
            label="greedy evaluation",
        )
    if solved_at is not None:
        axes.axhline(
            solved_at, color=GREEN, linestyle=":", label=f"solved: {solved_at:g}"
        )
    axes.set(xlabel="environment steps", ylabel="episode return")
    legend_below(axes)


def describe_returns(
    title: str,
    episodes: Sequence[tuple[int, float]],
    evaluations: Sequence[tuple[int, float]],
    solved_at: float | None,
) -> str:
    """Put a learning curve in words. Source: as in `learning_curve`."""
    words = [f"{title}. Episode return over environment steps."]
    if episodes:
        last = running_mean([value for _, value in episodes])[-1]
        words.append(
            f"{len(episodes)} training episodes; the last 20 have a mean return of"
            f" {last:.0f}."
        )
    if evaluations:
        points = ", ".join(
            f"{value:.0f} at step {step:,}" for step, value in evaluations
        )
        words.append(f"Greedy evaluations: {points}.")
    if solved_at is not None:
        words.append(f"Solved from {solved_at:g}.")
    return " ".join(words)


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
        self.figure, axes = new_figure(width=10, height=3.6)
        self.figure.set_dpi(PIXELS_PER_INCH)
        dots = axes.plot(
            [],
            [],
            ".",
            color=GREY,
            markersize=3,
            alpha=0.5,
            label="training episode (explores)",
        )
        mean = axes.plot([], [], "-", color=BLUE, label="mean of the last 2,000 steps")
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
        legend_below(axes)
        self._lines = [*dots, *mean, *greedy]
        for line in self._lines:
            line.set_animated(True)
        self._canvas = FigureCanvasAgg(self.figure)
        self._canvas.draw()  # all that stays the same, drawn once
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)

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
        self._handle.update(image_bundle(self.figure, alt), raw=True)

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
        self._lines[1].set_data(steps, recent_mean(steps, returns))
        self._lines[2].set_data(
            *(zip(*self.evaluations, strict=True) if self.evaluations else ((), ()))
        )

    def _frame(self) -> bytes:
        self._set_lines()
        self._canvas.restore_region(self._background)
        for line in self._lines:
            self.figure.draw_artist(line)
        return frame_png(np.asarray(self._canvas.buffer_rgba()))
