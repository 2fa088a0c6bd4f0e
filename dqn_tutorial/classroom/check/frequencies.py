"""A choice of actions judged by its frequencies: called thousands of times, and held
against the laws of likely errors.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import around
from dqn_tutorial.classroom.check.values import as_array, shown
from dqn_tutorial.mdp import Array

N_CALLS = 3_000
CLOSE = 0.045  # five standard deviations of a frequency among so many calls
# q_values and epsilon give the probability of each action
Law = Callable[[Array, float], Array]


def _law(
    greedy: Function = np.argmax, explored: Function = lambda n, best, e: np.ones(n)
) -> Law:
    def law(q: Array, epsilon: float) -> Array:
        best = int(greedy(q))
        weights = explored(len(q), best, epsilon)
        return np.asarray(
            epsilon * weights / weights.sum() + (1 - epsilon) * np.eye(len(q))[best]
        )

    return law


def _two_coins(left: Function) -> Law:
    """Return what comes of a second coin for the greedy action, with the action that is
    left where neither falls.
    """

    def law(q: Array, epsilon: float) -> Array:
        missed = epsilon * (1 - epsilon)
        return np.asarray(
            _law()(q, epsilon)
            + missed * (np.eye(len(q))[left(q)] - np.eye(len(q))[q.argmax()])
        )

    return law


LAWS: list[tuple[str, Law]] = [
    ("epsilon inverted", lambda q, e: _law()(q, 1 - e)),
    ("greedy action left out", _law(explored=lambda n, best, e: 1 - np.eye(n)[best])),
    ("first action left out", _law(explored=lambda n, best, e: 1 - np.eye(n)[0])),
    ("last action left out", _law(explored=lambda n, best, e: 1 - np.eye(n)[-1])),
    ("always greedy", lambda q, e: _law()(q, 0)),
    ("always random", lambda q, e: _law()(q, 1)),
    ("smallest value", _law(np.argmin)),
    ("maximum from 0", _law(lambda q: q.clip(0).argmax())),
    ("size for value", _law(lambda q: np.abs(q).argmax())),
    (
        "one number twice",
        _law(explored=lambda n, best, e: np.clip((e or 1) * n - np.arange(n), 0, 1)),
    ),
    ("two coins", _two_coins(lambda q: 0)),
    ("two coins", _two_coins(lambda q: -1)),
]


@around
def _many(
    answer: Function,
    q_values: Array,
    epsilon: float,
    rng: np.random.Generator,
) -> Any:
    """Make of a choice one that returns many, and the first of them once more from the
    same state of the generator.
    """
    again = copy.deepcopy(rng)
    before = copy.deepcopy(again.bit_generator.state)
    actions = [answer(q_values, epsilon, rng) for _ in range(N_CALLS)]
    return {
        "actions": actions,
        "again": [answer(q_values, epsilon, again) for _ in range(50)],
        "is still": again.bit_generator.state == before,
    }


def _plan(rng: np.random.Generator) -> list[tuple[float, ...]]:
    """Return numbers of actions, greedy actions, their values and epsilons of the
    cases.

    Where both branches are at work the greedy actions differ and none is the first, one
    is the last, and once all values are negative: nothing fixed does for them.
    """
    n, best = np.transpose(rng.permutation([(4, 1), (3, 2), (5, 3)])).tolist()
    return [
        (3, 4, *n),
        (0, 2, *best),
        (0.5, 3.0, *rng.permutation([0.5, -0.5, 3.0]).tolist()),
        (0.0, 1.0, *rng.uniform(0.35, 0.6, 3)),
    ]


def judge_choice(answer: Any, rng: np.random.Generator) -> None:
    """Judge an epsilon-greedy choice of one action. Source: Sutton & Barto (2018),
    section 2.2.
    """
    cases, found, is_still = [], [], True
    for n, best, top, epsilon in zip(*_plan(rng), strict=True):
        case = (
            np.insert(rng.permutation(np.linspace(-2.0, top, n)[:-1]), best, top),
            float(epsilon),
        )
        result = guarded(_many(answer), ("rng",))(
            q_values=case[0], epsilon=case[1], rng=rng
        )
        actions = _whole(result["actions"], case[0])
        if not np.array_equal(actions[:50], _whole(result["again"], case[0])):
            raise Wrong("other generator")
        if (
            result["is still"]
            and 0 < epsilon < 1
            and (actions != case[0].argmax()).any()
        ):
            raise Wrong("generator made anew")
        is_still &= result["is still"]
        cases.append(case)
        found.append(np.bincount(actions, minlength=len(case[0])) / N_CALLS)

    def fits(law: Law) -> list[bool]:
        return [
            bool(np.abs(share - law(*case)).max() < CLOSE)
            for share, case in zip(found, cases, strict=True)
        ]

    if all(right := fits(_law())):
        return
    for key, law in LAWS:
        if all(fits(law)):
            raise Wrong(key)
    if is_still:
        raise Wrong("generator made anew")
    (q, epsilon), share = cases[right.index(False)], found[right.index(False)]
    raise Wrong(
        "other frequencies",
        epsilon=epsilon,
        q=shown(q),
        calls=N_CALLS,
        found=shown(share),
        wanted=shown(_law()(q, epsilon)),
    )


def _whole(results: list[Any], q: Array) -> NDArray[np.int64]:
    """Return the actions as an array; refuse what is none."""
    if any(result is None for result in results):
        raise Wrong("returns nothing")
    for result in results:
        number = as_array(result)
        if (
            number is None
            or number.ndim
            or number.dtype.kind not in "iu"
            or not 0 <= number < len(q)
        ):
            key = (
                "value for action"
                if isinstance(result, float) and result in q
                else "no action"
            )
            found = f"`{result}`, a {type(result).__name__}"
            raise Wrong(key, n=len(q), found=found)
    return np.array([int(result) for result in results])
