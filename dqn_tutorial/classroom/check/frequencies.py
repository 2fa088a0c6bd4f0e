"""The exercise of 02_q_learning that is left to chance: judged by the frequencies of what it chooses."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.common import around
from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.q_learning import HERE
from dqn_tutorial.classroom.check.values import as_array, shown
from dqn_tutorial.mdp import Array

N_DRAWS = 3_000
CLOSE = 0.045  # five standard deviations of a frequency among so many draws
Function = Callable[..., Any]

GREEDY = {
    "returns nothing": "In some calls your function returns None. Does each branch end with a `return`?",
    "value for action": "You return a Q-value. Asked for is the number of an action.",
    "no action": "Asked for is one whole number from 0 to A - 1. With {n} actions you returned {found}.",
    "other generator": "Not all of your chance comes from `rng`: started anew in the same state, your choices differ.",
    "epsilon inverted": "Your coin is read the wrong way round: with probability epsilon the action is random.",
    "greedy action left out": "Your random actions never are the greedy one. Random means any of the A actions.",
    "first action left out": "Your random actions never are action 0. `rng.integers(1, n)` starts at 1.",
    "last action left out": "Your random actions never are the last one. `rng.integers(n)` stops at n - 1.",
    "generator made anew": "You leave `rng` alone. A generator made anew in each call repeats its first numbers.",
    "always greedy": "Your function never explores, whatever epsilon is.",
    "always random": "Your function acts at random whatever epsilon is, and never uses what has been learned.",
    "smallest value": "Your greedy action is that of the smallest Q-value.",
    "size for value": "Your greedy action has the largest Q-value without its sign. A large negative one is bad.",
    "one number twice": "One number decides whether to explore and which action. It is below epsilon then, so the "
    "first actions come up too often. Draw a second one.",
    "other frequencies": "With epsilon = {epsilon:.2f} and `q_values` {q}, {draws:,} calls gave the actions with the "
    "frequencies {found}; right is {wanted}.",
}
Law = Callable[[Array, float], Array]  # q_values and epsilon give the probability of each action


def _law(greedy: Function = np.argmax, explored: Function = lambda n, best, e: np.ones(n)) -> Law:
    def law(q: Array, epsilon: float) -> Array:
        best = int(greedy(q))
        weights = explored(len(q), best, epsilon)
        return np.asarray(epsilon * weights / weights.sum() + (1 - epsilon) * np.eye(len(q))[best])

    return law


LAWS: dict[str, Law] = {
    "epsilon inverted": lambda q, e: _law()(q, 1 - e),
    "greedy action left out": _law(explored=lambda n, best, e: 1 - np.eye(n)[best]),
    "first action left out": _law(explored=lambda n, best, e: 1 - np.eye(n)[0]),
    "last action left out": _law(explored=lambda n, best, e: 1 - np.eye(n)[-1]),
    "always greedy": lambda q, e: _law()(q, 0),
    "always random": lambda q, e: _law()(q, 1),
    "smallest value": _law(np.argmin),
    "size for value": _law(lambda q: np.abs(q).argmax()),
    "one number twice": _law(explored=lambda n, best, e: np.clip((e or 1) * n - np.arange(n), 0, 1)),
}


@around
def _many(answer: Callable[..., Any], q_values: Array, epsilon: float, rng: np.random.Generator) -> Any:
    """Make of a choice one that returns many, and the first of them once more from the same state of the generator."""
    again = copy.deepcopy(rng)
    before = copy.deepcopy(again.bit_generator.state)
    actions = [answer(q_values, epsilon, rng) for _ in range(N_DRAWS)]
    repeated = [answer(q_values, epsilon, again) for _ in range(50)]
    return {"actions": actions, "again": repeated, "is still": again.bit_generator.state == before}


def _judge_choice(answer: Any, rng: np.random.Generator) -> None:
    cases, found, is_still = [], [], True
    for epsilon, top in zip((0.0, 1.0, *rng.uniform(0.35, 0.6, 3)), (0.5, 3.0, 0.5, 3.0, 0.5), strict=True):
        case = (rng.permutation(np.linspace(-2.0, top, int(rng.integers(3, 6)))), float(epsilon))
        result = guarded(_many(answer), ("rng",))(q_values=case[0], epsilon=case[1], rng=rng)
        actions = _whole(result["actions"], case[0])
        if not np.array_equal(actions[:50], _whole(result["again"], case[0])):
            raise Wrong("other generator", GREEDY["other generator"])
        if result["is still"] and 0 < epsilon < 1 and (actions != case[0].argmax()).any():
            raise Wrong("generator made anew", GREEDY["generator made anew"])
        is_still &= result["is still"]
        cases.append(case)
        found.append(np.bincount(actions, minlength=len(case[0])) / N_DRAWS)

    def fits(law: Law) -> list[bool]:
        return [bool(np.abs(share - law(*case)).max() < CLOSE) for share, case in zip(found, cases, strict=True)]

    if all(right := fits(_law())):
        return
    for key, law in LAWS.items():
        if all(fits(law)):
            raise Wrong(key, GREEDY[key])
    if is_still:
        raise Wrong("generator made anew", GREEDY["generator made anew"])
    (q, epsilon), share = cases[right.index(False)], found[right.index(False)]
    words = {"epsilon": epsilon, "q": shown(q), "found": shown(share), "wanted": shown(_law()(q, epsilon))}
    raise Wrong("other frequencies", GREEDY["other frequencies"].format(draws=N_DRAWS, **words))


def _whole(results: list[Any], q: Array) -> NDArray[np.int64]:
    """Return the actions as an array; refuse what is none."""
    if any(result is None for result in results):
        raise Wrong("returns nothing", GREEDY["returns nothing"])
    for result in results:
        number = as_array(result)
        if number is None or number.ndim or number.dtype.kind not in "iu" or not 0 <= number < len(q):
            key = "value for action" if isinstance(result, float) and result in q else "no action"
            raise Wrong(key, GREEDY[key].format(n=len(q), found=f"`{result!r}`"))
    return np.array([int(result) for result in results])


epsilon_greedy_action = Exercise("epsilon_greedy_action", HERE, minutes=15, difficulty=3, judge=_judge_choice)
