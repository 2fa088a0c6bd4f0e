"""The exercises of 07_train_cartpole."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong
from dqn_tutorial.classroom.check.values import describe
from dqn_tutorial.classroom.pictures.curves import recent_mean as right_mean

HERE = "07_train_cartpole"
Ends = NDArray[np.int64]
Numbers = NDArray[np.float64]


def _sample_episodes(rng: np.random.Generator) -> dict[str, Any]:
    """Episodes that get longer; some end at one step, some a whole window apart."""
    window = int(rng.integers(3, 7))
    gaps = rng.permutation([0, 0, 1, 1, 2, window, window, 2 * window])
    many = rng.integers(0, window, size=rng.integers(2, 12))
    steps = 10 + np.cumsum(np.concatenate([gaps, many]))
    returns = np.round(rng.uniform(10, 500, size=len(steps)))
    return {"steps": steps, "returns": returns, "window": window}


def _over(
    chosen: Callable[[Ends, int, int], NDArray[np.bool_]],
    reduce: Callable[[Numbers], Any] = np.mean,
) -> Callable[[Ends, Numbers, int], Numbers]:
    """Return a function that reduces, for each episode, the returns that are chosen."""

    def means(steps: Ends, returns: Numbers, window: int) -> Numbers:
        rows = [chosen(steps, step, window) for step in steps]
        return np.array([reduce(returns[row]) if row.any() else np.nan for row in rows])

    return means


def _recent(steps: Ends, step: int, window: int) -> NDArray[np.bool_]:
    return (steps > step - window) & (steps <= step)


def _last_episodes(steps: Ends, returns: Numbers, window: int) -> Numbers:
    starts = [max(k + 1 - window, 0) for k in range(len(returns))]
    return np.array([returns[start : k + 1].mean() for k, start in enumerate(starts)])


recent_mean = Exercise(
    "recent_mean",
    HERE,
    minutes=10,
    difficulty=2,
    judge=by_values(
        _sample_episodes,
        right_mean,
        {
            "window of episodes": _last_episodes,
            "one step too many": _over(lambda s, t, w: (s >= t - w) & (s <= t)),
            "future too": _over(lambda s, t, w: s > t - w),
            "all so far": _over(lambda s, t, w: s <= t),
            "around it": _over(lambda s, t, w: np.abs(s - t) < w),
            "too old": _over(lambda s, t, w: s <= t - w),
            "sum for mean": _over(_recent, np.sum),
            "divided by the window": lambda s, r, w: (
                _over(_recent, np.sum)(s, r, w) / w
            ),
            "one number": lambda s, r, w: r[_recent(s, s[-1], w)].mean(),
        }.items(),
    ),
    solution=right_mean,
)

loss_in_training = Exercise(
    "loss_in_training",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["loss_in_training"], right="B"),
)

# the settings in the order of the text, and the curve of each
SETTINGS = (
    "the preset",
    "gamma = 0.8",
    "epsilon = 1",
    "tau = 0",
    "step size 0.5",
    "late start",
)
CURVES = "CEBFDA"


def _judge_curves(answer: Any, rng: np.random.Generator) -> None:
    if isinstance(answer, str) and answer.strip() == "?":
        raise NotAttempted
    if not isinstance(answer, str):
        raise Wrong(
            "no letters",
            f'Give six letters as text, such as "ABCDEF", not {describe(answer)}.',
        )
    letters = answer.upper().replace(" ", "").replace(",", "")
    if sorted(letters) != sorted(CURVES):
        raise Wrong(
            "no letters",
            f"answer = {answer!r} is not allowed: it must hold each of A to F once, in"
            " the order of the settings.",
        )
    for setting, letter, own in zip(SETTINGS, letters, CURVES, strict=True):
        if letter != own:
            raise Wrong(setting)


match_curves = Exercise(
    "match_curves", HERE, minutes=10, difficulty=2, judge=_judge_curves
)
