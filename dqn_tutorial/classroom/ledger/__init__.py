"""The ledger of evidence: every claim about learning as it stands in `claims.toml`, and
the one line by which a notebook holds its measurement against it.
"""

import json
import os
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dqn_tutorial.classroom.pictures.figures import show_table
from dqn_tutorial.config import nearest
from dqn_tutorial.stats import bootstrap_interval, newcombe_interval, wilson_interval

LEDGER = Path(__file__).with_name("claims.toml")
# the environment variable that names a file for what `check` is given
RECORD = "DQN_TUTORIAL_RECORD"
LEVEL, Z = 0.99, 2.576  # of all intervals here: there are many claims
EFFECTS = {
    "higher": (
        "the interval of first - second lies above 0, and its middle is at least"
        " `smallest`"
    ),
    "lower": (
        "the interval of first - second lies below 0, and its middle is at most"
        " -`smallest`"
    ),
    "none": "the interval of first - second lies within -`smallest` to `smallest`",
    "unclear": "the interval of first - second holds 0; other seeds may decide",
}


class Figures(NamedTuple):
    """Mean over seeds, and the ends of its 99 % interval."""

    mean: float
    low: float
    high: float


class Claim(NamedTuple):
    """One sentence about learning, and what it rests on."""

    notebook: str  # that says it and measures it
    # the sentence, with {first}, {second} and {difference} where the notebook has their
    # numbers
    says: str
    task: str
    measure: str  # what the figure of a seed is
    arms: tuple[str, str]  # what is compared: the first with the second
    n_seeds: int
    smallest: float  # the smallest difference that would count
    effect: str  # one of EFFECTS
    digits: int  # behind the point, in `says`
    first: Figures
    second: Figures
    difference: Figures  # first less second, paired by seed

    def sentence(self) -> str:
        """Return what the notebook says, numbers filled in."""
        d = self.digits
        mean, low, high = self.difference
        numbers = {
            name: f"{figures.mean:z.{d}f}"
            for name, figures in (("first", self.first), ("second", self.second))
        }
        return self.says.format(
            difference=f"{mean:z.{d}f} [{low:z.{d}f}, {high:z.{d}f}]", **numbers
        )


def claims(path: Path = LEDGER) -> dict[str, Claim]:
    """Return all claims by name.

    Raises:
        ValueError: an entry that lacks a field, has one too many, or has an unknown
            effect.
    """
    entries = {}
    for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if wrong := set(Claim._fields) ^ set(entry):
            raise ValueError(
                f"claim {name!r}: missing or unknown: {', '.join(sorted(wrong))}"
            )
        if entry["effect"] not in EFFECTS:
            raise ValueError(
                f"claim {name!r}: effect = {entry['effect']!r} is none of"
                f" {', '.join(EFFECTS)}"
            )
        figures = {
            key: Figures(*entry[key]) for key in ("first", "second", "difference")
        }
        entries[name] = Claim(**entry | figures | {"arms": tuple(entry["arms"])})
    return entries


def measure(first: ArrayLike, second: ArrayLike) -> tuple[Figures, Figures, Figures]:
    """Return the figures of both arms and of their difference: shares if all are 0 or
    1, else means paired by seed.

    Args:
        first, second: `[N]`, a figure of each seed, in the same order.

    Raises:
        ValueError: not two arrays `[N]` of one length, or not all numbers are finite.
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(
            f"first and second have shapes {a.shape} and {b.shape}: both must be [N], a"
            " number a seed"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(
            "first and second must be finite numbers: decide what a seed counts that"
            " has none"
        )
    if np.isin([a, b], (0, 1)).all():
        hits, n = (int(a.sum()), int(b.sum())), (len(a), len(b))
        arms = [
            Figures(k / m, *wilson_interval(k, m, Z))
            for k, m in zip(hits, n, strict=True)
        ]
        return (
            arms[0],
            arms[1],
            Figures(a.mean() - b.mean(), *newcombe_interval(hits, n, Z)),
        )
    return _mean(a), _mean(b), _mean(a - b)


def _mean(values: NDArray[np.float64]) -> Figures:
    return Figures(float(values.mean()), *map(float, bootstrap_interval(values, LEVEL)))


def holds(effect: str, smallest: float, difference: Figures) -> bool:
    """Return whether a measured difference is the effect that a claim speaks of;
    `EFFECTS` says when.
    """
    mean, low, high = difference
    return {
        "higher": low > 0 and mean >= smallest,
        "lower": high < 0 and mean <= -smallest,
        "none": -smallest < low and high < smallest,
        "unclear": low <= 0 <= high,
    }[effect]


def is_there(claim: Claim, difference: Figures) -> bool:
    """Return whether a measurement on any seeds shows what is claimed; what some left
    open, others may decide.
    """
    return claim.effect == "unclear" or holds(claim.effect, claim.smallest, difference)


def overlap(a: Figures, b: Figures) -> bool:
    """Return whether two intervals have a number in common."""
    return a.low <= b.high and b.low <= a.high


def check(name: str, first: ArrayLike, second: ArrayLike) -> None:
    """Hold a measurement against the claim of that name: its effect must be there, and
    the intervals must overlap.

    Args:
        name: of the entry in the ledger.
        first, second: `[N]`, the figures of the seeds of both arms, in the order of the
            entry's `arms`.

    Raises:
        ValueError: no such claim, or arrays as in `measure`.
        AssertionError: the measurement does not say what the course says.
    """
    known = claims()
    if name not in known:
        raise ValueError(
            f"there is no claim {name!r} in the ledger: {nearest(name, known)}"
        )
    claim, (one, two, difference) = known[name], measure(first, second)
    if path := os.environ.get(RECORD):
        line: dict[str, Any] = {"name": name, "n_seeds": len(np.asarray(first))}
        line |= {"first": one, "second": two, "difference": difference}
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return
    assert is_there(claim, difference), (
        f"claim {name!r}: {EFFECTS[claim.effect]}; `smallest` is {claim.smallest},"
        f" measured {_words(difference)}"
    )
    assert overlap(difference, claim.difference), (
        f"claim {name!r}: measured is {_words(difference)}, but the ledger has"
        f" {_words(claim.difference)}"
    )
    sign = {"higher": ">", "lower": "<", "none": "=", "unclear": "?"}[claim.effect]
    print(
        f"claim {name}: {claim.arms[0]} {sign} {claim.arms[1]},"
        f" {len(np.asarray(first))} seeds, as in the ledger"
    )


def _words(figures: Figures) -> str:
    return f"{figures.mean:.3g} [{figures.low:.3g}, {figures.high:.3g}]"


def show(notebook: str = "") -> None:
    """Show the claims of a notebook, or of all, with their figures as a table.
    Taught in 08_what_matters.
    """
    rows = [
        (
            name,
            f"{claim.arms[0]} / {claim.arms[1]}",
            claim.measure,
            str(claim.n_seeds),
            claim.effect,
            (
                f"{claim.difference.mean:.{claim.digits}f}"
                f" [{claim.difference.low:.{claim.digits}f},"
                f" {claim.difference.high:.{claim.digits}f}]"
            ),
        )
        for name, claim in claims().items()
        if notebook in ("", claim.notebook)
    ]
    show_table(
        f"Claims about learning{notebook and ' of ' + notebook}, 99 % intervals over"
        " seeds",
        ("claim", "first / second", "measure", "seeds", "effect", "first - second"),
        rows,
    )
