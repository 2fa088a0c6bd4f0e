"""How the clinic shows what it found: tables of readings, and curves beside a healthy
band.
"""

from collections.abc import Sequence

import numpy as np

from dqn_tutorial.classroom.clinic.instruments import LOOK_EVERY
from dqn_tutorial.classroom.clinic.readings import Array, Reading
from dqn_tutorial.classroom.pictures.figures import (
    BLUE,
    GREY,
    ORANGE,
    new_figure,
    show,
    show_table,
)
from dqn_tutorial.stats import bootstrap_interval


def show_readings(title: str, readings: Sequence[Reading]) -> None:
    """Show each reading's healthy range, and median and range over the agents."""
    show_table(
        title,
        ("reading", "healthy", "median", "smallest to largest", "agents outside"),
        [_row(reading) for reading in readings],
    )


def _row(reading: Reading) -> Sequence[str]:
    values, outside = reading.values, reading.n_outside
    if reading.low == reading.high:
        healthy = f"{reading.low:g}"
    elif np.isinf(reading.high):
        healthy = f"{reading.low:g} or more"
    else:
        healthy = f"{reading.low:g} to {reading.high:g}"
    mark = f"{outside} of {len(values)}" + (": OUTSIDE" if reading.alarm else "")
    return (
        reading.name,
        healthy,
        f"{np.median(values):.2g}",
        f"{values.min():.2g} to {values.max():.2g}",
        mark,
    )


def draw_curves(
    title: str, own: tuple[Array, Array], healthy: tuple[Array, Array]
) -> None:
    """Draw behaviour and greedy returns, `[N, T]` each, over environment steps, with
    the healthy range in grey.

    Source: Machado et al. (2018) on showing both.
    """
    figure, axes = new_figure(10, 3.6, columns=2)
    steps = LOOK_EVERY * np.arange(1, own[0].shape[1] + 1)
    words = []
    names = ("behaviour return", "greedy return")
    looks = ((BLUE, "o-"), (ORANGE, "s--"))
    for axis, name, (colour, line), values, band in zip(
        axes, names, looks, own, healthy, strict=True
    ):
        grey = "healthy: smallest to largest" if axis is axes[0] else None
        look = {"color": GREY, "alpha": 0.3, "label": grey}
        axis.fill_between(steps, band.min(0), band.max(0), **look)
        low, high = bootstrap_interval(values, 0.99, resamples=2_000)
        short = f"{name.split()[0]}: mean, 99 % interval"
        axis.plot(steps, values.mean(0), line, color=colour, label=short)
        axis.fill_between(steps, low, high, color=colour, alpha=0.3)
        axis.set(xlabel="environment steps of each agent", ylabel=name, ylim=(0, 520))
        words.append(
            f"{name.capitalize()}: mean {values[:, -1].mean():.0f} at the end, interval"
            f" {low[-1]:.0f} to {high[-1]:.0f}; healthy agents lie between"
            f" {band[:, -1].min():.0f} and {band[:, -1].max():.0f}."
        )
    figure.suptitle(title)
    figure.legend(loc="outside lower center", ncols=3)
    show(figure, f"{title}, {len(own[0])} agents on CartPole. {' '.join(words)}")
