"""Pictures of estimates: a maximum over noise, the centre of a loss, values beside the
returns that followed.

Each returns a picture and the name of its text alternative, for `show(*picture())`.
"""

import math

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    new_figure,
)
from dqn_tutorial.seeding import numpy_generator
from dqn_tutorial.tasks import casino

TRIES = 5  # of each machine, for one estimate
TARGETS = np.repeat([0.0, 10.0], [90, 10])


def noisy_maximum() -> tuple[Figure, str]:
    """Draw the mean of five tries of each of ten machines, the largest in a ring, and
    below it what five further tries of that machine gave.

    Source: van Hasselt (2010), section 2.
    """
    mdp = casino()
    # machine 0; inside the casino it wins or loses, each half of the time
    prizes = mdp.reward[1, 0][mdp.transition[1, 0] > 0]
    truth = float(prizes.mean())
    rng, machines = numpy_generator(8, "noisy maximum"), np.arange(mdp.n_actions)
    first, second = rng.choice(prizes, (2, mdp.n_actions, TRIES)).mean(-1)
    top = int(first.argmax())
    figure, axes = new_figure(10, 4.4)
    axes.axhline(truth, color=GREEN, linestyle=":", label="true value of each")
    axes.plot(machines + 1, first, "o", color=BLUE, markersize=9, label="mean of five")
    axes.plot(
        *(top + 1, first[top]),
        "o",
        markersize=22,
        markerfacecolor="none",
        markeredgecolor=RED,
        markeredgewidth=2.5,
    )
    axes.plot(
        *(top + 1, second[top]),
        "s",
        color=ORANGE,
        markeredgecolor=BLACK,
        markersize=10,
        label="five further tries of the machine in the ring",
    )
    axes.plot([top + 1] * 2, [first[top], second[top]], "--", color=GREY, zorder=1)
    axes.set(
        xlabel="machine",
        ylabel="estimated value",
        xticks=machines + 1,
        ylim=(prizes.min() - 0.1, prizes.max() + 0.25),
        title=f"On average the largest is {_largest(prizes):+.2f}, and five further"
        f" tries of it are {truth:+.2f}".replace("-", "\u2212"),
    )
    figure.legend(loc="outside lower center", ncols=3)
    return figure, "picture-noisy-maximum"


def _largest(prizes: ArrayLike) -> float:
    """Return the expectation of the largest of ten means, exactly."""
    low, high = sorted(np.asarray(prizes, float))
    wins = np.arange(TRIES + 1)
    chance = np.array([math.comb(TRIES, k) for k in wins]) / 2**TRIES
    means = low + (high - low) * wins / TRIES
    below = np.diff(np.concatenate([[0], chance.cumsum()]) ** casino().n_actions)
    return float(below @ means)


def loss_centres() -> tuple[Figure, str]:
    """Draw a histogram of targets, 10 in one of ten samples and else 0, with the number
    on which squared loss and Huber loss settle.

    Source: Huber (1964). Taught in 05_critic.
    """
    mean = float(TARGETS.mean())
    low, high = TARGETS.min(), TARGETS.max()
    for _ in range(60):  # halves the interval in which the cut errors cancel
        huber = (low + high) / 2
        if np.clip(TARGETS - huber, -1, 1).sum() > 0:
            low = huber
        else:
            high = huber
    figure, axes = new_figure(10, 3.6)
    axes.hist(TARGETS, np.arange(-0.2, 10.5, 0.4), color="#CCCCCC", edgecolor=GREY)
    for place, name, colour, style in (
        (mean, "squared loss, the mean", BLUE, "-"),
        (huber, "Huber loss, bend at 1", ORANGE, "--"),
    ):
        axes.axvline(
            place,
            color=colour,
            linestyle=style,
            linewidth=3,
            label=f"{name}: {place:.2f}",
        )
    axes.set(xlabel="target y", ylabel="samples of 100", xticks=range(11))
    axes.legend(loc="upper center", title="settles on")
    return figure, "picture-loss-centres"


def value_against_return(values: ArrayLike, returns: ArrayLike) -> tuple[Figure, str]:
    """Draw what was predicted at the start of each episode against the discounted
    return that followed, and the diagonal on which both agree.

    Args:
        values: `[N]`, max over a of Q(s_0, a), in units of reward.
        returns: `[N]`, discounted, of the same episodes, acted greedily.

    Raises:
        ValueError: not one value for each return.

    Source: van Hasselt et al. (2016), figure 3.
    """
    x, y = np.asarray(returns, float), np.asarray(values, float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(
            f"values {y.shape} and returns {x.shape}: they must be [N], one of each for"
            " every episode"
        )
    both = np.concatenate([x, y])
    edge = 0.12 * (np.ptp(both) or 1)  # room for the words below all dots
    limits = (float(both.min() - edge), float(both.max() + edge))
    figure, axes = new_figure(6, 6)
    axes.plot(limits, limits, ":", color=BLACK, linewidth=1.8)
    axes.fill_between(limits, limits, limits[1], color=ORANGE, alpha=0.12, linewidth=0)
    axes.plot(x, y, "o", color=BLUE, alpha=0.6, markersize=6)
    at = {"transform": axes.transAxes, "weight": "bold"}
    axes.text(0.03, 0.98, "predicted too much", va="top", **at)
    axes.text(0.97, 0.02, "predicted too little", ha="right", **at)
    axes.set(
        xlabel="discounted return that followed",
        ylabel="predicted at the start: max Q(s$_0$, a)",
        xlim=limits,
        ylim=limits,
        aspect="equal",
        title=f"{len(x)} episodes, a dot each",
    )
    return figure, "picture-value-against-return"
