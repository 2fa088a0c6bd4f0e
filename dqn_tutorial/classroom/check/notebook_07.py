"""The exercises of 07_train_cartpole."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong
from dqn_tutorial.classroom.check.misconceptions import explained, flawed
from dqn_tutorial.classroom.check.values import describe
from dqn_tutorial.classroom.pictures.curves import recent_mean as right_mean

HERE = "07_train_cartpole"
Ends = NDArray[np.int64]
Numbers = NDArray[np.float64]


def _sample_episodes(rng: np.random.Generator) -> dict[str, Any]:
    """Episodes that get longer; some end at one step, some a whole window apart, the
    first ones before a window has passed.
    """
    window = int(rng.integers(3, 7))
    gaps = rng.permutation([0, 0, 1, 1, 2, window, window, 2 * window])
    many = rng.integers(0, window, size=rng.integers(2, 12))
    steps = rng.integers(1, window) + np.cumsum(np.concatenate([[0], gaps, many]))
    returns = np.round(rng.uniform(10, 500, size=len(steps)))
    return {"steps": steps, "returns": returns, "window": window}


def _means(
    old: Function = lambda s, k, w: s > s[k] - w,
    new: Function = lambda s, k, w: s <= s[k],
    numbers: Function = lambda s, r: r,
    reduce: Function = lambda kept, s, k, w: kept.mean(),
    form: Function = lambda means, s, w: means,
    none: float = np.nan,
) -> Callable[[Ends, Numbers, int], Any]:
    """Return a function made of parts: which episodes are recent enough, which had
    ended, what is reduced and how, what is returned, and what stands where no episode
    is left.
    """

    def means(steps: Ends, returns: Numbers, window: int) -> Any:
        values = numbers(steps, returns)
        found = []
        for k in range(len(steps)):
            kept = values[old(steps, k, window) & new(steps, k, window)]
            found.append(reduce(kept, steps, k, window) if len(kept) else none)
        return form(np.array(found), steps, window)

    return means


def _age(steps: Ends, k: int) -> Ends:
    """Return how many episodes lie between each and episode k."""
    return np.asarray(k - np.arange(len(steps)))


def _to_k(steps: Ends, k: int, window: int) -> NDArray[np.bool_]:
    return _age(steps, k) >= 0


def _always(steps: Ends, k: int, window: int) -> NDArray[np.bool_]:
    return np.full(len(steps), True)


def _ahead(steps: Ends, k: int, window: int) -> NDArray[np.bool_]:
    return np.asarray(steps < steps[k] + window)


def _in_block(steps: Ends, k: int, window: int) -> NDArray[np.bool_]:
    return np.asarray(steps // window == steps[k] // window)


def _mean(kept: Numbers) -> float:
    return float(kept.mean()) if len(kept) else np.nan


def _slices(first: Function, last: Function) -> Function:
    """Return the means of slices of the returns, by functions of k, the step and the
    window.
    """
    return lambda s, r, w: np.array(
        [_mean(r[first(k, s[k], w) : last(k, s[k], w)]) for k in range(len(s))]
    )


def _at_each_step(start: int) -> Function:
    """Return means at every environment step from the first on."""
    return lambda s, r, w: np.array(
        [_mean(r[(s > t - w) & (s <= t)]) for t in range(start, s[-1] + 1)]
    )


def _smoothed(returns: Numbers, weight: float) -> Numbers:
    means = returns.copy()
    for k in range(1, len(returns)):
        means[k] += (1 - weight) * (means[k - 1] - returns[k])
    return means


def _moving(mode: Any) -> Function:
    return lambda s, r, w: np.convolve(r, np.ones(w) / w, mode)


# what is not made of the parts below
WHOLE: tuple[tuple[str, Function], ...] = (
    ("no window", lambda s, r, w: r),
    ("window at the end", lambda s, r, w: r[s > s[-1] - w]),
    ("all episodes", lambda s, r, w: np.full(len(r), r.mean())),
    ("window of episodes", lambda s, r, w: _moving("full")(s, r, w)[: len(r)]),
    ("window of episodes", _moving("same")),
    ("window of episodes", _moving("valid")),
    ("window of episodes", _slices(lambda k, s, w: k + 1 - w, lambda k, s, w: k + 1)),
    ("steps as places", _slices(lambda k, s, w: max(s - w, 0), lambda k, s, w: s)),
    ("steps as places", _slices(lambda k, s, w: s - w, lambda k, s, w: s)),
    (
        "steps as places",
        _slices(lambda k, s, w: max(s - w + 1, 0), lambda k, s, w: s + 1),
    ),
    ("one for each step", _at_each_step(0)),
    ("one for each step", _at_each_step(1)),
    ("exponential", lambda s, r, w: _smoothed(r, 1 / w)),
    ("exponential", lambda s, r, w: _smoothed(r, 2 / (w + 1))),
)
FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("one step too many", {"old": lambda s, k, w: s >= s[k] - w}),
    ("one step too few", {"old": lambda s, k, w: s > s[k] - w + 1}),
    ("all so far", {"old": _always}),
    ("other length", {"old": lambda s, k, w: s > s[k] - 2 * w}),
    ("other length", {"old": lambda s, k, w: s > s[k] - w / 2}),
    ("other length", {"old": lambda s, k, w: s > s[k] - w // 2}),
    ("window at the end", {"old": lambda s, k, w: s > s[-1] - w}),
    ("window from the start", {"old": lambda s, k, w: s > w}),
    ("one step alone", {"old": lambda s, k, w: s >= s[k]}),
    ("future too", {"new": _always}),
    ("itself left out", {"new": lambda s, k, w: s < s[k]}),
    ("itself left out", {"new": lambda s, k, w: s < s[k], "none": 0.0}),
    ("itself left out", {"new": lambda s, k, w: _age(s, k) > 0}),
    ("itself left out", {"new": lambda s, k, w: _age(s, k) > 0, "none": 0.0}),
    ("itself left out", {"new": lambda s, k, w: _age(s, k) != 0}),
    ("equal ends apart", {"new": _to_k}),
    ("around it", {"old": lambda s, k, w: np.abs(s - s[k]) < w, "new": _always}),
    ("around it", {"old": lambda s, k, w: np.abs(s - s[k]) <= w, "new": _always}),
    ("around it", {"old": lambda s, k, w: np.abs(s - s[k]) < w / 2, "new": _always}),
    ("around it", {"old": lambda s, k, w: np.abs(s - s[k]) <= w / 2, "new": _always}),
    ("window ahead", {"old": lambda s, k, w: s >= s[k], "new": _ahead}),
    ("fixed blocks", {"old": _in_block}),
    ("fixed blocks", {"old": _in_block, "new": _always}),
    ("too old", {"old": lambda s, k, w: s <= s[k] - w}),
    ("too old", {"old": lambda s, k, w: s <= s[k] - w, "none": 0.0}),
    ("too old", {"old": lambda s, k, w: s < s[k] - w}),
    ("too old", {"old": lambda s, k, w: s < s[k] - w, "none": 0.0}),
    ("window of episodes", {"old": lambda s, k, w: _age(s, k) < w, "new": _to_k}),
    ("window of episodes", {"old": lambda s, k, w: _age(s, k) <= w, "new": _to_k}),
    ("means the steps", {"numbers": lambda s, r: s.astype(float)}),
    ("sum for mean", {"reduce": lambda kept, s, k, w: kept.sum()}),
    ("another measure", {"reduce": lambda kept, s, k, w: np.median(kept)}),
    ("another measure", {"reduce": lambda kept, s, k, w: kept.std()}),
    ("another measure", {"reduce": lambda kept, s, k, w: kept.min()}),
    ("one score for mean", {"reduce": lambda kept, s, k, w: kept[-1]}),
    ("one score for mean", {"reduce": lambda kept, s, k, w: kept[0]}),
    ("number for mean", {"reduce": lambda kept, s, k, w: len(kept)}),
    ("largest for mean", {"reduce": lambda kept, s, k, w: kept.max()}),
    ("divided by the window", {"reduce": lambda kept, s, k, w: kept.sum() / w}),
    ("divided by others too", {"reduce": lambda kept, s, k, w: kept.sum() / (k + 1)}),
    ("divided by others too", {"reduce": lambda kept, s, k, w: kept.sum() / len(s)}),
    ("rounded", {"form": lambda means, s, w: np.round(means)}),
    ("rounded", {"form": lambda means, s, w: np.floor(means)}),
    ("one number", {"form": lambda means, s, w: means[-1]}),
    ("one number", {"form": lambda means, s, w: means.mean()}),
    ("equal ends once", {"form": lambda means, s, w: means[np.unique(s, True)[1]]}),
    ("waits for a window", {"form": lambda m, s, w: np.where(s < w, np.nan, m)}),
    ("waits for a window", {"form": lambda m, s, w: np.where(s < w, 0, m)}),
    ("waits for a window", {"form": lambda m, s, w: m[s >= w]}),
)


def _episodes(steps: list[int], returns: list[float], window: int) -> dict[str, Any]:
    return {
        "steps": np.array(steps),
        "returns": np.array(returns, float),
        "window": window,
    }


recent_mean = Exercise(
    "recent_mean",
    HERE,
    minutes=10,
    difficulty=2,
    judge=explained(
        by_values(
            _sample_episodes,
            _means(),
            [*WHOLE, *flawed(_means, FLAWS)],
            by_hand=[
                _episodes([10, 20, 30], [1, 3, 8], 15),
                _episodes([10, 20], [2, 4], 10),
                _episodes([10, 19], [2, 4], 10),
                _episodes([4, 4, 6], [1, 3, 8], 2),
                _episodes([4, 4, 5], [1, 3, 8], 3),
                _episodes([5, 7, 9], [1, 3, 8], 1),
                _episodes([2, 5, 8, 9], [1, 3, 8, 4], 100),
                _episodes([7], [5], 3),
            ],
        )
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
EXAMPLE = "ABCDEF"


def _judge_curves(answer: Any, rng: np.random.Generator) -> None:
    if isinstance(answer, str) and answer.strip() == "?":
        raise NotAttempted
    if not isinstance(answer, str):
        raise Wrong(
            "no letters",
            f'Give six letters as text, such as "{EXAMPLE}", not {describe(answer)}.',
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
            words = f"{EXAMPLE} is the order of the example, which shows the form only."
            raise Wrong(setting, words * (letters == EXAMPLE))


match_curves = Exercise(
    "match_curves", HERE, minutes=10, difficulty=2, judge=_judge_curves
)
