"""The picture of a run at rest: four panels, which the notebook keeps, and the same in
words.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from dqn_tutorial.classroom.live.run import (
    ANGLE,
    VELOCITY,
    Run,
    action_names,
    policy_map,
)
from dqn_tutorial.classroom.pictures.curves import describe_returns, recent_mean
from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PIXELS_PER_INCH,
    PURPLE,
    Thousands,
    png,
)
from dqn_tutorial.envs import EnvSpec, env_spec

WIDTH = 900  # pixels on the page
LEAST_SPAN = 10_000  # steps on the axis


def still(run: Run | None, env: str) -> tuple[bytes, str]:
    """Return a PNG of twice the pixels, and the run in words.

    Args:
        run: what is shown, if anything.
        env: name of its environment.

    Source: matplotlib.
    """
    spec = env_spec(env)
    has_map = spec.id == "CartPole-v1"
    figure = Figure(figsize=(WIDTH / PIXELS_PER_INCH, 6.6))
    FigureCanvasAgg(figure)
    right = "map" if has_map else "q"
    panels: Any = [["returns", right], ["errors", "q"]]
    axes = figure.subplot_mosaic(panels, width_ratios=[1.7, 1])
    span = max(LEAST_SPAN, run.step if run else 0)
    for name in ("returns", "errors"):
        axes[name].set_xlim(0, span)
        axes[name].xaxis.set_major_formatter(Thousands())
    _draw_returns(axes["returns"], run, spec, has_map)
    _draw_errors(axes["errors"], run)
    _draw_q(axes["q"], run, action_names(spec), has_map)
    if has_map:
        _draw_map(axes["map"], run)
    return png(figure), _describe(run, spec)


def _draw_returns(axes: Axes, run: Run | None, spec: EnvSpec, has_map: bool) -> None:
    steps, returns = np.array(run.episodes if run else [], float).reshape(-1, 2).T
    dots: dict[str, Any] = {
        "color": GREY,
        "markersize": 3,
        "alpha": 0.5,
        "rasterized": True,
    }
    axes.plot(steps, returns, ".", label="episode (explores)", **dots)
    mean = recent_mean(steps, returns)
    axes.plot(steps, mean, color=BLUE, label="mean of 2,000 steps")
    greedy = np.array(run.evaluations if run else [], float).reshape(-1, 2).T
    look: dict[str, Any] = {"color": ORANGE, "markersize": 4}
    axes.plot(*greedy, "o--", label="greedy evaluation", **look)
    if spec.solved_at is not None:
        words = f"solved: {spec.solved_at:g}"
        axes.axhline(spec.solved_at, color=GREEN, linestyle=":", label=words)
    if has_map:
        axes.set_ylim(0, 520)
    axes.set_ylabel("episode return")
    _legend_above(axes)


def _draw_errors(axes: Axes, run: Run | None) -> None:
    steps, loss, td_error = np.array(run.errors if run else []).reshape(-1, 3).T
    axes.plot(steps, loss, "-", color=BLUE, linewidth=1, label="loss")
    words = "mean |TD error|, units of reward"
    axes.plot(steps, td_error, "--", color=ORANGE, linewidth=1, label=words)
    axes.set(xlabel="environment steps", yscale="log")
    if not len(steps):
        axes.set_ylim(1e-4, 1e3)
    _legend_above(axes)


def _legend_above(axes: Axes) -> None:
    place: dict[str, Any] = {
        "loc": "lower left",
        "bbox_to_anchor": (0, 1),
        "borderaxespad": 0,
    }
    axes.legend(ncols=2, **place)


def _draw_q(
    axes: Axes, run: Run | None, actions: tuple[str, ...], has_map: bool
) -> None:
    record = run.record if run else None
    places = range(len(actions))
    values = np.nan_to_num(record.q_values) if record else [0.0] * len(actions)
    bars = axes.barh(places, values, color="#CCCCCC", height=0.6)
    if record:
        bar = bars[record.action]
        bar.set(facecolor=PURPLE if record.explored else BLUE)
        bar.set(hatch="//" if record.explored else "")
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.set(yticks=places, yticklabels=actions, xlabel="Q-value")
    axes.invert_yaxis()
    (low, high), least = axes.get_xlim(), (-20, 200) if has_map else (-1, 1)
    axes.set_xlim(min(least[0], low), max(least[1], high))
    axes.set_title("Q-values of the state on screen\n")
    kinds = [(BLUE, "", "greedy"), (PURPLE, "//", "by chance")]
    patches = [Patch(facecolor=c, hatch=h, label=label) for c, h, label in kinds]
    place: dict[str, Any] = {
        "loc": "lower center",
        "bbox_to_anchor": (0.5, 1),
        "borderaxespad": 0,
    }
    axes.legend(handles=patches, ncols=2, **place)


def _draw_map(axes: Axes, run: Run | None) -> None:
    """Draw V as shades and the greedy action as arrow heads, over angle and angular
    velocity.
    """
    limits = (-ANGLE, ANGLE, -VELOCITY, VELOCITY)
    axes.set(xlabel="pole angle (rad)", ylabel="angular velocity (rad/s)")
    axes.set(xlim=limits[:2], ylim=limits[2:])
    axes.grid(False)
    note = ""
    if run is not None:
        value, right = policy_map(run.agent)
        look: dict[str, Any] = {"origin": "lower", "aspect": "auto", "cmap": "cividis"}
        axes.imshow(value, extent=limits, vmin=0, vmax=max(200, value.max()), **look)
        ends = (np.linspace(-end, end, len(value)) for end in (ANGLE, VELOCITY))
        x, y = np.meshgrid(*ends)
        heads: dict[str, Any] = {
            "color": "white",
            "markersize": 6,
            "markeredgewidth": 0.6,
        }
        for marker, chosen in (("<", ~right), (">", right)):
            seen = np.zeros_like(chosen)
            seen[2::4, 2::4] = chosen[2::4, 2::4]
            axes.plot(x[seen], y[seen], marker, markeredgecolor=BLACK, **heads)
        note = f"V from {value.min():.3g} to {value.max():.3g}; 0 dark, 200 light"
    axes.set_title(f"Policy map: greedy action and V\n{note}")


def _describe(run: Run | None, spec: EnvSpec) -> str:
    if run is None or run.record is None:
        return "Nothing was trained yet."
    words = describe_returns(
        "Live training", run.episodes, run.evaluations[-5:], spec.solved_at
    )
    record = run.record
    named = zip(action_names(spec), record.q_values, strict=True)
    values = ", ".join(f"{name} {value:.3g}" for name, value in named)
    return (
        f"{words} {record.step:,} steps, epsilon {record.epsilon:.2f}. Q-values of"
        f" the last state: {values}."
    )
