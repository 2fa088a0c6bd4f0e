"""Small pictures that are the choices of a question."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dqn_tutorial.classroom.bank import LETTERS
from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    new_figure,
)

SOLID: Any = dict(color=BLUE, linestyle="-")
DASHED: Any = dict(color=ORANGE, linestyle="--")
DOTTED: Any = dict(color=GREEN, linestyle=":")


def _constant_step() -> tuple[Figure, str]:
    figure, panels = _three("steps", "distance")
    x = np.linspace(0, 1, 60)
    level, to_zero = 0.3 + 0.7 * np.exp(-9 * x), np.exp(-5 * x)
    for axes, y in zip(panels, (level, to_zero, to_zero + 0.7 * x**2), strict=True):
        axes.plot(x, y, **SOLID)
        axes.set(ylim=(0, 1.05))
    return figure, "prediction-constant-step"


def _learned_over_epsilon() -> tuple[Figure, str]:
    figure, panels = _three("epsilon", "value")
    x = np.linspace(0, 1, 60)
    start = 1 - np.exp(-12 * x)
    learned = (
        0.35 * start + 0.05 - 0.6 * x**2,
        0.38 - 0.12 * x,
        0.05 + 0.33 * start,
    )
    for axes, y in zip(panels, learned, strict=True):
        axes.axhline(0.4, **DOTTED)
        axes.plot(x, y, **SOLID)
        axes.plot(x, y[0] + (0.3 - y[0]) * start - 0.7 * x, **DASHED)
        axes.set(ylim=(-0.45, 0.45))
    return figure, "prediction-learned-over-epsilon"


def _star_copies() -> tuple[Figure, str]:
    figure, panels = _three("updates", "power of ten")
    figure.set_size_inches(10, 3)  # room for names of 14 pixels
    x = np.linspace(0, 1, 60)
    ends = (22, 8.5, 4, -1), (22, 8.5, -3, 1.5), (22, 14, 8.5, 4)
    copies = ("C = 1", "C = 30", "C = 100", "C = 1,000")
    for axes, last in zip(panels, ends, strict=True):
        for end, name in zip(last, copies, strict=True):
            (line,) = axes.plot(x, 1 + (end - 1) * x)
            axes.text(1.03, end, name, color=line.get_color(), va="center")
        axes.set(ylim=(-5, 24), xlim=(0, 1.65))
    return figure, "prediction-star-copies"


def _cost_and_bound() -> tuple[Figure, str]:
    figure, panels = _three("distance to q*", "cost in the\nworst state")
    x, noise = _dots(32)
    for axes, y in zip(
        panels,
        (
            0.06 * (noise > 0) * (1 + noise),
            0.93 * x - 0.06 * abs(noise),
            x + 0.3 * noise,
        ),
        strict=True,
    ):
        axes.plot(x, y, "o", color=BLUE, markersize=3)
        axes.plot([0, 1], [0, 1], color=ORANGE)
        axes.set(ylim=(-0.05, 1.05), xlim=(0, 1))
    return figure, "prediction-cost-and-bound"


def _expected_and_got() -> tuple[Figure, str]:
    figure, panels = _three(
        "discounted return\nthat followed", "predicted\nat the start"
    )
    x, noise = _dots(24)
    for axes, shift in zip(panels, (0.3, 0, -0.3), strict=True):
        axes.plot([0, 1], [0, 1], color=BLACK, linestyle=":")
        axes.fill_between([0, 1], [0, 1], 1, color=ORANGE, alpha=0.12, linewidth=0)
        axes.plot(x, x + shift + 0.1 * noise, "o", color=BLUE, markersize=3)
        axes.set(ylim=(0, 1), xlim=(0, 1))
    return figure, "prediction-expected-and-got"


def _epsilon_to_one() -> tuple[Figure, str]:
    figure, panels = _three("steps", "score")
    x = np.linspace(0, 1, 90)
    rise = 1 - np.exp(-8 * x)
    fall = np.exp(-20 * np.clip(x - 0.5, 0, None))  # from where it is shaded
    back = 1 - np.exp(-12 * np.clip(x - 0.75, 0, None))
    dip, stays_low = np.maximum(fall, back), fall
    for axes, (training, greedy) in zip(
        panels, ((dip, dip), (dip, 1), (stays_low, stays_low)), strict=True
    ):
        axes.axvspan(0.5, 0.75, color=ORANGE, alpha=0.15, label="epsilon is 1")
        axes.plot(x, 0.05 + 0.4 * rise * training, **SOLID, label="training")
        axes.plot(x, 0.05 + 0.9 * rise * greedy, **DASHED, label="greedy")
        axes.set(ylim=(0, 1.05), xlim=(0, 1))
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3)
    figure.set_size_inches(8, 2.5)
    return figure, "prediction-epsilon-to-one"


def _three(across: str, upwards: str) -> tuple[Figure, Iterator[Axes]]:
    """Return a figure of three small axes that show shapes, not numbers."""
    figure, panels = new_figure(width=8, height=2.1, columns=3)
    for axes, letter in zip(panels, LETTERS, strict=False):
        axes.set(xticks=[], yticks=[], xlabel=across, ylabel=upwards)
        axes.set_title(letter, fontweight="bold")
    return figure, iter(panels)


def _dots(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    return rng.uniform(0.35, 0.65, n), rng.uniform(-1, 1, n)


# by name: what draws it, and the name of its text alternative
SKETCHES: dict[str, Callable[[], tuple[Figure, str]]] = {
    "constant_step": _constant_step,
    "learned_over_epsilon": _learned_over_epsilon,
    "star_copies": _star_copies,
    "cost_and_bound": _cost_and_bound,
    "expected_and_got": _expected_and_got,
    "epsilon_to_one": _epsilon_to_one,
}
