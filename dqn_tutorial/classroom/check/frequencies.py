"""What is left to chance, judged by its frequencies: an action of 02_q_learning, a
batch of actions of 06_agent.
"""

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
Choice = Callable[[NDArray[Any], float, int], NDArray[Any]]
Table = tuple[NDArray[Any], NDArray[Any], int]

GREEDY = {
    "returns nothing": (
        "In some calls your function returns None. Does each branch end with a"
        " `return`?"
    ),
    "value for action": "You return a Q-value. Asked for is the number of an action.",
    "no action": (
        "Asked for is one whole number from 0 to A - 1. With {n} actions you returned"
        " {found}. Is your number of actions `len(q_values)`?"
    ),
    "other generator": (
        "Not all of your chance comes from `rng`: started anew in the same state, your"
        " choices differ."
    ),
    "epsilon inverted": (
        "Your coin is read the wrong way round: with probability epsilon the action is"
        " random."
    ),
    "greedy action left out": (
        "Your random actions never are the greedy one. Random means any of the A"
        " actions."
    ),
    "first action left out": (
        "Your random actions never are action 0. `rng.integers(1, n)` starts at 1."
    ),
    "last action left out": (
        "Your random actions never are the last one. `rng.integers(n)` stops at n - 1."
    ),
    "generator made anew": (
        "You leave `rng` alone. A generator made anew in each call repeats its first"
        " numbers."
    ),
    "always greedy": "Your function never explores, whatever epsilon is.",
    "always random": (
        "Your function acts at random whatever epsilon is, and never uses what has been"
        " learned."
    ),
    "smallest value": "Your greedy action is that of the smallest Q-value.",
    "maximum from 0": (
        "Where all Q-values are negative your greedy action is the first one, whatever"
        " they are. A running maximum that starts at 0 hides negative values."
    ),
    "two coins": (
        "You throw a second coin for the greedy action. Sometimes neither falls, and"
        " what is left is neither random nor greedy. One coin decides between the two."
    ),
    "size for value": (
        "Your greedy action has the largest Q-value without its sign. A large negative"
        " one is bad."
    ),
    "one number twice": (
        "One number decides whether to explore and which action. It is below epsilon"
        " then, so the first actions come up too often. Draw a second one."
    ),
    "other frequencies": (
        "With epsilon = {epsilon:.2f} and `q_values` {q}, {draws:,} calls gave the"
        " actions with the frequencies {found}; right is {wanted}."
    ),
}
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
    answer: Callable[..., Any],
    q_values: Array,
    epsilon: float,
    rng: np.random.Generator,
) -> Any:
    """Make of a choice one that returns many, and the first of them once more from the
    same state of the generator.
    """
    again = copy.deepcopy(rng)
    before = copy.deepcopy(again.bit_generator.state)
    actions = [answer(q_values, epsilon, rng) for _ in range(N_DRAWS)]
    repeated = [answer(q_values, epsilon, again) for _ in range(50)]
    return {
        "actions": actions,
        "again": repeated,
        "is still": again.bit_generator.state == before,
    }


def _plan(rng: np.random.Generator) -> list[tuple[float, ...]]:
    """Return numbers of actions, greedy actions, their values and epsilons of the
    cases.

    Where both branches are at work the greedy actions differ and none is the first, one
    is the last, and once all values are negative: nothing fixed does for them.
    """
    n, best = np.transpose(rng.permutation([(4, 1), (3, 2), (5, 3)])).tolist()
    tops = rng.permutation([0.5, -0.5, 3.0]).tolist()
    return [
        (3, 4, *n),
        (0, 2, *best),
        (0.5, 3.0, *tops),
        (0.0, 1.0, *rng.uniform(0.35, 0.6, 3)),
    ]


def _judge_choice(answer: Any, rng: np.random.Generator) -> None:
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
            raise Wrong("other generator", GREEDY["other generator"])
        if (
            result["is still"]
            and 0 < epsilon < 1
            and (actions != case[0].argmax()).any()
        ):
            raise Wrong("generator made anew", GREEDY["generator made anew"])
        is_still &= result["is still"]
        cases.append(case)
        found.append(np.bincount(actions, minlength=len(case[0])) / N_DRAWS)

    def fits(law: Law) -> list[bool]:
        return [
            bool(np.abs(share - law(*case)).max() < CLOSE)
            for share, case in zip(found, cases, strict=True)
        ]

    if all(right := fits(_law())):
        return
    for key, law in LAWS:
        if all(fits(law)):
            raise Wrong(key, GREEDY[key])
    if is_still:
        raise Wrong("generator made anew", GREEDY["generator made anew"])
    (q, epsilon), share = cases[right.index(False)], found[right.index(False)]
    words = {
        "epsilon": epsilon,
        "q": shown(q),
        "found": shown(share),
        "wanted": shown(_law()(q, epsilon)),
    }
    raise Wrong(
        "other frequencies", GREEDY["other frequencies"].format(draws=N_DRAWS, **words)
    )


def _whole(results: list[Any], q: Array) -> NDArray[np.int64]:
    """Return the actions as an array; refuse what is none."""
    if any(result is None for result in results):
        raise Wrong("returns nothing", GREEDY["returns nothing"])
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
            raise Wrong(
                key,
                GREEDY[key].format(
                    n=len(q), found=f"`{result}`, a {type(result).__name__}"
                ),
            )
    return np.array([int(result) for result in results])


epsilon_greedy_action = Exercise(
    "epsilon_greedy_action", HERE, minutes=10, difficulty=2, judge=_judge_choice
)


def flaw_of_chance(choose: Choice, tables: list[Table], epsilon: float = 0.4) -> str:
    """Return the key of what is wrong with the chance in epsilon-greedy choices for
    batches of states, or nothing.

    Limits are five standard deviations or more away from what a right answer gives.

    Args:
        choose: takes Q-values [B, A], epsilon and a seed, gives the actions [B].
        tables: for each batch its Q-values, the greedy actions and a seed; B is the
            same in all.
        epsilon: with which coins are judged.
    """
    chosen = [choose(q_values, epsilon, seed) for q_values, _, seed in tables]
    moved = [
        action != greedy for action, (_, greedy, _) in zip(chosen, tables, strict=True)
    ]
    whole = np.array([flags.mean() for flags in moved])
    if (whole == 0).mean() > 0.2:
        return "one coin"
    if all(
        len(set(action[flags])) <= 1
        for action, flags in zip(chosen, moved, strict=True)
    ):
        return "one random action"
    n_actions = np.array([q_values.shape[1] for q_values, _, _ in tables])
    for side in (0 * n_actions, n_actions - 1):
        if not any(
            (action[flags] == a).any()
            for action, flags, a in zip(chosen, moved, side, strict=True)
        ):
            return "action left out"
    p = epsilon * (n_actions - 1) / n_actions
    if abs((whole - p).mean()) > 0.03:
        return (
            "never hits the greedy"
            if abs(whole.mean() - epsilon) < 0.03
            else "other probability"
        )
    for n in set(n_actions.tolist()):
        moves = [
            action[flags]
            for action, flags, of in zip(chosen, moved, n_actions, strict=True)
            if of == n
        ]
        share = np.bincount(np.concatenate(moves), minlength=n)
        if np.abs(share / share.sum() - 1 / n).max() > 0.12:
            return "uneven"
    scaled = (np.array(moved) - p[:, None]) / np.sqrt(p * (1 - p))[:, None]
    return _flaw_of_coins(scaled) or _flaw_of_draws(choose, tables)


def _flaw_of_coins(scaled: Array) -> str:
    """Look at coins [batches, B] of mean 0 and variance 1: at how many fall in a batch,
    and at each pair of states.
    """
    n_batches, n_states = scaled.shape
    # for independent coins both numbers are near 1
    spread = (scaled.sum(1) ** 2).mean() / n_states
    pairs = (scaled.T @ scaled)[np.triu_indices(n_states, k=1)] ** 2 / n_batches
    if spread > 1.7 or pairs.mean() > 1.2:
        return "coins shared"
    return "fixed number" if spread < 0.55 else ""


def _flaw_of_draws(choose: Choice, tables: list[Table]) -> str:
    """Where all is chance, look at how the numbers of each action vary, and at states
    that never change.
    """
    excess, freedom, same = 0.0, 0, []
    for q_values, _, seed in tables:
        n_states, n_actions = q_values.shape
        action, other = (choose(q_values, 1.0, k) for k in (seed, seed + 1))
        even = n_states / n_actions
        freedom += n_actions - 1
        excess += (
            (np.bincount(action, minlength=n_actions) - even) ** 2 / even
        ).sum() - (n_actions - 1)
        same.append((action == other).mean() - 1 / n_actions)
    if abs(excess) > 6 * np.sqrt(2 * freedom):  # chi-square
        return "dealt out" if excess < 0 else "actions shared"
    return "own seed" if np.mean(same) > 0.03 else ""
