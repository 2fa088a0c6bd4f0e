"""What a live run looks like: one picture of four panels, drawn in a few milliseconds,
and the agent itself.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.classroom.live.run import Run
from dqn_tutorial.classroom.pictures.curves import describe_returns, running_mean
from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PIXELS_PER_INCH,
    PURPLE,
    png,
)
from dqn_tutorial.envs import env_spec

ACTIONS = {
    "CartPole-v1": ("left", "right"),
    "Acrobot-v1": ("torque -1", "no torque", "torque +1"),
    "MountainCar-v0": ("left", "coast", "right"),
    "dqn_tutorial/SlipperyGrid-v0": ("left", "down", "right", "up"),
}
ANGLE, VELOCITY = 0.2095, 2.5  # rad, where an episode ends; rad/s
# frames; map and whole curves are drawn that often, between them only the new ends of
# the curves
WHOLE_EVERY = 8
# steps on the axis; doubled when it is full, since drawing everything anew takes 100 ms
FIRST_SPAN = 20_000
DOTS = 1_000  # most episodes drawn as dots
WIDTH = 900  # pixels on the page
# lines: their style and their look
RETURNS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        ".",
        {"color": GREY, "markersize": 3, "alpha": 0.5, "label": "episode (explores)"},
    ),
    ("-", {"color": BLUE, "label": "mean of 20"}),
    ("o--", {"color": ORANGE, "markersize": 4, "label": "greedy evaluation"}),
)
ERRORS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("-", {"color": BLUE, "linewidth": 1, "label": "loss"}),
    (
        "--",
        {"color": ORANGE, "linewidth": 1, "label": "mean |TD error|, units of reward"},
    ),
)


class Pictures:
    """Draws runs in one environment; what stays the same from frame to frame is drawn
    once.

    Args:
        env: name of the environment.

    Source: matplotlib's blitting.
    """

    def __init__(self, env: str) -> None:
        self.env, self.spec = env, env_spec(env)
        self.has_map = self.spec.id == "CartPole-v1"
        self.actions = ACTIONS.get(
            self.spec.id,
            tuple(f"action {number}" for number in range(self.spec.dim_act)),
        )
        self.figure = Figure(
            figsize=(WIDTH / PIXELS_PER_INCH, 6.6), dpi=PIXELS_PER_INCH
        )
        self._canvas = FigureCanvasAgg(self.figure)
        panels: Any = (
            [["returns", "map"], ["errors", "q"]]
            if self.has_map
            else [["returns", "q"], ["errors", "q"]]
        )
        axes = self.figure.subplot_mosaic(panels, width_ratios=[1.7, 1])
        self._draw_what_stays(axes)
        self.figure.canvas.draw()
        # laid out once: axes that grow must not move
        self.figure.set_layout_engine("none")
        self._axes, self._frames, self._background = axes, 0, None
        # of each curve
        self._points: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        self._n_drawn = [0] * len(self._curves)

    def _draw_what_stays(self, axes: dict[str, Axes]) -> None:
        top, errors, q = axes["returns"], axes["errors"], axes["q"]
        self._curves: list[Any] = [
            panel.plot([], [], style, **look)[0]
            for panel, curves in ((top, RETURNS), (errors, ERRORS))
            for style, look in curves
        ]
        if self.spec.solved_at is not None:
            top.axhline(
                self.spec.solved_at,
                color=GREEN,
                linestyle=":",
                label=f"solved: {self.spec.solved_at:g}",
            )
        low, high = (0.0, 520.0) if self.has_map else (-1.0, 1.0)
        top.set(ylabel="episode return", xlim=(0, FIRST_SPAN), ylim=(low, high))
        errors.set(
            xlabel="environment steps",
            xlim=(0, FIRST_SPAN),
            ylim=(1e-5, 1e3),
            yscale="log",
        )
        for panel in (top, errors):
            panel.legend(
                loc="lower left",
                bbox_to_anchor=(0, 0.98),
                ncols=2,
                borderaxespad=0,
            )
        count = range(self.spec.dim_act)
        self._bars: list[Any] = list(
            q.barh(count, [0] * len(count), color=GREY, height=0.6)
        )
        q.axvline(0, color=BLACK, linewidth=0.8)
        q.set(yticks=count, yticklabels=self.actions, ylim=(-0.5, len(count) - 0.5))
        # units of reward
        q.set(xlabel="Q-value", xlim=(-20, 160) if self.has_map else (-1, 10))
        q.invert_yaxis()
        q.set_title("Q-values of the state on screen\n")
        # a legend, drawn once: words that change take 3 ms a frame
        q.legend(
            handles=[
                Patch(facecolor=BLUE, hatch="", label="greedy"),
                Patch(facecolor=PURPLE, hatch="//", label="by chance"),
            ],
            loc="lower center",
            bbox_to_anchor=(0.5, 0.98),
            ncols=2,
            borderaxespad=0,
        )
        self._map: list[Any] = []
        if self.has_map:
            self._prepare_map(axes["map"])
        self._set_animated(True)

    def _set_animated(self, animated: bool) -> None:
        for artist in self._curves + self._bars + self._map:
            artist.set_animated(animated)

    def _prepare_map(self, panel: Axes) -> None:
        """Lay out V as shades and the greedy action as arrow heads, over angle and
        angular velocity.
        """
        x, y = np.linspace(-ANGLE, ANGLE, 33), np.linspace(-VELOCITY, VELOCITY, 33)
        # [y, x, S]: cart in the middle, at rest
        states = np.zeros((33, 33, 4), np.float32)
        states[..., 2], states[..., 3] = x, y[:, None]
        self._states = states.reshape(-1, 4)
        spots = np.s_[2::4, 2::4]
        self._spots, self._spot_x, self._spot_y = (
            spots,
            states[spots][..., 2],
            states[spots][..., 3],
        )
        limits = (-ANGLE, ANGLE, -VELOCITY, VELOCITY)
        image = panel.imshow(
            np.zeros((33, 33)),
            origin="lower",
            aspect="auto",
            extent=limits,
            cmap="cividis",
            interpolation="nearest",
        )
        heads: list[Artist] = []
        for marker in "<>":
            heads += panel.plot(
                [],
                [],
                marker,
                color="white",
                markersize=6,
                markeredgecolor=BLACK,
                markeredgewidth=0.6,
            )
        note = panel.text(
            *(0.5, 1.03, ""),
            transform=panel.transAxes,
            ha="center",
            va="bottom",
        )
        panel.set(
            xlabel="pole angle (rad)",
            ylabel="angular velocity (rad/s)",
            xlim=limits[:2],
            ylim=limits[2:],
        )
        panel.set_title("Policy map: greedy action and V\n")
        panel.grid(False)
        self._map = [image, *heads, note]

    def _update_map(self, agent: Agent) -> None:
        q = agent.choose(self._states, is_training=False).q_values
        q = q.reshape(-1, 33, 33, q.shape[-1])[0]  # of the first agent
        value = q.max(-1) / agent.config.env.reward_scale
        right = q.argmax(-1)[self._spots] == 1
        image, left_heads, right_heads, note = self._map
        image.set_data(value)
        image.set_clim(value.min(), value.max())
        left_heads.set_data(self._spot_x[~right], self._spot_y[~right])
        right_heads.set_data(self._spot_x[right], self._spot_y[right])
        note.set_text(f"V from {value.min():.3g} (dark) to {value.max():.3g} (light)")

    def _update(self, run: Run) -> None:
        steps, returns = np.array(run.episodes, float).reshape(-1, 2).T
        every = 1 + len(steps) // DOTS
        evaluated, greedy = np.array(run.evaluations, float).reshape(-1, 2).T
        learned, *errors = np.array(run.errors, float).reshape(-1, 3).T
        self._points = [
            (steps[::every], values[::every])
            for values in (returns, running_mean(returns))
        ]
        self._points += [(evaluated, greedy), *((learned, values) for values in errors)]
        grown = [self._grow("returns", returns), self._grow("errors", np.array(errors))]
        right = self._axes["returns"].get_xlim()[1]
        if run.step > right:
            for name in ("returns", "errors"):
                self._axes[name].set_xlim(0, 2 * max(right, run.step))
        if (record := run.record) is not None:
            units = np.where(np.isfinite(record.q_values), record.q_values, 0)
            grown.append(self._grow("q", units))
            for number, (bar, value) in enumerate(zip(self._bars, units, strict=True)):
                bar.set_width(float(value))
                chosen = number == record.action
                bar.set_facecolor(
                    (PURPLE if record.explored else BLUE) if chosen else "#CCCCCC"
                )
                bar.set_hatch("//" if chosen and record.explored else "")
        if any(grown) or run.step > right:
            self._background = None

    def _grow(self, name: str, values: NDArray[Any]) -> bool:
        """Let a panel reach all values, and beyond, so that it grows seldom; say
        whether it had to.
        """
        panel = self._axes[name]
        low, high = panel.get_xlim() if name == "q" else panel.get_ylim()
        seen = values[np.isfinite(values) & ((values > 0) | (name != "errors"))]
        if not seen.size or (seen.min() >= low and seen.max() <= high):
            return False
        least, most = float(seen.min()), float(seen.max())
        if name == "errors":
            least, most = 10 ** math.floor(math.log10(least)), 10 * most
        else:
            least, most = 2 * least, 2 * most
        set_limits = panel.set_xlim if name == "q" else panel.set_ylim
        set_limits(min(low, least), max(high, most))
        return True

    def frame(self, run: Run) -> NDArray[np.uint8]:
        """Return the pixels of a moment, `[height, width, 4]`, which the next call
        overwrites. Source: matplotlib.
        """
        self._update(run)
        n_points = [len(x) for x, _ in self._points]
        # every other was dropped
        fewer = any(
            now < drawn for now, drawn in zip(n_points, self._n_drawn, strict=True)
        )
        if self._background is None or fewer or self._frames % WHOLE_EVERY == 0:
            if self._background is None:
                self._canvas.draw()
                self._bare = self._canvas.copy_from_bbox(self.figure.bbox)
            self._canvas.restore_region(self._bare)
            if self.has_map:
                self._update_map(run.agent)
            self._set_curves([0] * len(n_points))
            self._draw(self._map + self._curves)
            self._background, self._n_drawn = (
                self._canvas.copy_from_bbox(self.figure.bbox),
                n_points,
            )
        else:
            self._canvas.restore_region(self._background)
            self._set_curves(self._n_drawn)
            self._draw(self._curves)
        self._frames += 1
        self._draw(self._bars)
        return np.asarray(self._canvas.buffer_rgba())

    def _set_curves(self, n_drawn: Sequence[int]) -> None:
        """Give each curve its points from the last drawn one on."""
        for curve, (x, y), n in zip(self._curves, self._points, n_drawn, strict=True):
            curve.set_data(x[max(n - 1, 0) :], y[max(n - 1, 0) :])

    def _draw(self, artists: Sequence[Artist]) -> None:
        for artist in artists:
            self.figure.draw_artist(artist)

    def still(self, run: Run | None) -> tuple[bytes, str]:
        """Return a PNG of twice the pixels, to stay, and the run in words. Source:
        matplotlib.
        """
        if run is not None:
            self._update(run)
            if self.has_map:
                self._update_map(run.agent)
            self._set_curves([0] * len(self._points))
        self._background = None
        self._set_animated(False)
        picture = png(self.figure)
        self.figure.set_dpi(PIXELS_PER_INCH)
        self._set_animated(True)
        return picture, self._describe(run)

    def _describe(self, run: Run | None) -> str:
        if run is None or run.record is None:
            return "Nothing was trained yet."
        words = describe_returns(
            "Live training", run.episodes, run.evaluations[-5:], self.spec.solved_at
        )
        record = run.record
        values = ", ".join(
            f"{name} {value:.3g}"
            for name, value in zip(self.actions, record.q_values, strict=True)
        )
        return (
            f"{words} {record.step:,} steps, epsilon {record.epsilon:.2f}. Q-values of"
            f" the last state: {values}."
        )
