"""Epsilon-greedy choices judged by their frequencies: asked for thousands of times, and
held against the laws of likely errors.
"""

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import around, flawed
from dqn_tutorial.classroom.check.values import as_array, shown
from dqn_tutorial.mdp import Array

# for so many choices; the limit of one, `guard.SECONDS`, is asked first
N_MANY, SECONDS_FOR_MANY = 3_000, 30.0
N_FEW = 300  # where chance decides nothing, or everything
N_AGAIN, N_BETWEEN = 50, 7  # who counts calls is elsewhere when they are repeated
# five standard deviations of a frequency, times the root of the number of choices
CLOSE = 2.5
# action values, epsilon, and how many choices are made
Case = tuple[Array, float, int]
# action values and epsilon give the probability of each action
Law = Callable[[Array, float], Array]
# values of actions that are not greedy; none is the number of an action
BELOW = (-4.5, -2.5, -1.5, -3.5)


def law_of(
    coin: Function = lambda e, n: e,
    greedy: Function = np.argmax,
    explored: Function = lambda q, best, e: np.ones(len(q)),
    left: Function | None = None,
) -> Law:
    """Return the law of an epsilon-greedy choice made of parts.

    Args:
        coin: how likely exploring is, from epsilon and the number of actions.
        greedy: the action else.
        explored: how likely each action is when exploring, up to a factor.
        left: the action where a second coin, for the greedy one, does not fall either.

    Source: Sutton & Barto (2018), section 2.2.
    """

    def law(q: Array, epsilon: float) -> Array:
        n, best = len(q), int(greedy(q))
        share = coin(epsilon, n)
        weights, one = explored(q, best, share), np.eye(n)
        rest = one[best]
        if left is not None:
            rest = (1 - share) * one[best] + share * one[left(q)]
        return np.asarray(share * weights / weights.sum() + (1 - share) * rest)

    return law


def _normalised(q: Array, epsilon: float) -> Array:
    """The law of shares 1 - epsilon and epsilon / A that are made to sum to 1."""
    shares = np.full(len(q), epsilon / len(q))
    shares[q.argmax()] = 1 - epsilon
    return np.asarray(shares / shares.sum())


def _first_of(q: Array, share: float) -> Array:
    """How much of each of A equal parts of [0, 1] lies below a share."""
    n = len(q)
    return np.asarray(np.clip((share or 1) * n - np.arange(n), 0, 1))


def _neither(q: Array, epsilon: float) -> Array:
    """The law of a coin for greedy, then one for random, and action 0 after both."""
    one = np.eye(len(q))
    random = epsilon * np.ones(len(q)) / len(q) + (1 - epsilon) * one[0]
    return np.asarray((1 - epsilon) * one[q.argmax()] + epsilon * random)


_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("always greedy", {"coin": lambda e, n: 0.0}),
    ("always random", {"coin": lambda e, n: 1.0}),
    ("epsilon inverted", {"coin": lambda e, n: 1 - e}),
    ("epsilon over A", {"coin": lambda e, n: e / n}),
    ("epsilon twice", {"coin": lambda e, n: e * e}),
    ("second draw explores", {"coin": lambda e, n: 1 - (1 - e) ** 2}),
    ("a coin for each action", {"coin": lambda e, n: 1 - (1 - e) ** n}),
    ("a coin for each action", {"coin": lambda e, n: e**n}),
    ("half of epsilon", {"coin": lambda e, n: e / 2}),
    ("normal coin", {"coin": lambda e, n: (1 + math.erf(e / math.sqrt(2))) / 2}),
    ("whole-number coin", {"coin": lambda e, n: (e > 0) / 2}),
    ("whole-number coin", {"coin": lambda e, n: 1.0 if e == 1 else 0.5}),
    ("epsilon less a part", {"coin": lambda e, n: e * (n - 1) / n}),
    ("smallest value", {"greedy": np.argmin}),
    ("maximum from 0", {"greedy": lambda q: q.clip(0).argmax()}),
    ("size for value", {"greedy": lambda q: np.abs(q).argmax()}),
    ("first not compared", {"greedy": lambda q: 1 + q[1:].argmax()}),
    ("last not compared", {"greedy": lambda q: q[:-1].argmax()}),
    ("second best", {"greedy": lambda q: q.argsort()[-2]}),
    (
        "greedy action left out",
        {"explored": lambda q, best, e: 1 - np.eye(len(q))[best]},
    ),
    ("first action left out", {"explored": lambda q, best, e: 1 - np.eye(len(q))[0]}),
    ("last action left out", {"explored": lambda q, best, e: 1 - np.eye(len(q))[-1]}),
    (
        "one number twice",
        {"explored": lambda q, best, e: _first_of(q, e)},
    ),
    ("one number twice", {"explored": lambda q, best, e: _first_of(q, e)[::-1]}),
    ("values for shares", {"explored": lambda q, best, e: np.exp(q - q.max())}),
    (
        "ends half as often",
        {"explored": lambda q, best, e: np.r_[0.5, np.ones(len(q) - 2), 0.5]},
    ),
    ("two coins", {"left": lambda q: 0}),
    ("two coins", {"left": lambda q: -1}),
)
_RIGHT = law_of()
_LAWS: list[tuple[str, Law]] = [
    *flawed(law_of, _FLAWS)[: len(_FLAWS)],
    ("shares normalised", _normalised),
    ("two coins", _neither),
    *[("epsilon not used", lambda q, e, c=c / 50: _RIGHT(q, c)) for c in range(1, 50)],
]
_PAIRS: list[tuple[str, Law]] = flawed(law_of, _FLAWS)[len(_FLAWS) :]


def plan(rng: np.random.Generator) -> list[Case]:
    """Return cases: first all is greedy, then all is chance, then both are at work.

    There the greedy actions differ and none is the first, one is the last, and once
    all values are negative: nothing fixed does for them.
    """
    cases = [(5, 0, 0.5, 0.0, N_FEW), (4, 2, 3.5, 1.0, N_MANY), (4, 0, 3.5, 1.0, N_FEW)]
    mixed = rng.permutation([(4, 1, 1.5), (3, 2, 5.5), (5, 3, -0.5)]).tolist()
    for (n, best, top), epsilon in zip(mixed, (0.35, 0.5, 0.6), strict=True):
        cases.append((int(n), int(best), top, epsilon, N_MANY))
    made = [
        (np.insert(rng.permutation(BELOW[: n - 1]), best, top), epsilon, n_calls)
        for n, best, top, epsilon, n_calls in cases
    ]
    # the other way round: who prefers certain actions does not seem to prefer values
    q = made[1][0]
    made[2][0][1:] = q[q < q.max()][::-1]
    return made


def flaw_of_shares(cases: Sequence[Case], found: Sequence[Array]) -> Wrong | None:
    """Return what is wrong with frequencies, or None.

    Args:
        cases: as of `plan`: epsilon is 0 in the first and 1 in the next two.
        found: for each of them the frequency of each action, `[A]`.
    """

    def off(law: Law) -> list[float]:
        return [
            float(np.abs(share - law(q, e)).max() * math.sqrt(n))
            for share, (q, e, n) in zip(found, cases, strict=True)
        ]

    apart, (q, *_) = off(_RIGHT), cases[0]
    if found[0][q.argmax()] < 1:  # at epsilon 0 nothing is left to chance
        apart[0] = math.inf
    if max(apart) < CLOSE:
        return None
    worst = next(k for k, distance in enumerate(apart) if distance >= CLOSE)
    case = case_of(*cases[worst], found[worst])
    is_exact = all(
        share[q.argmax()] == 1 for share, (q, *_) in zip(found, cases, strict=True)
    )
    # more laws are there to fit by chance among the pairs
    for laws, close in ((_LAWS, CLOSE), (_PAIRS, 0.7 * CLOSE)):
        distance, key = min(
            (max(off(law)), key)
            for key, law in laws
            if is_exact or "always greedy" not in key
        )
        if distance < close:
            return Wrong(key, case)
    return Wrong(_unknown(cases, found, worst, off), case)


def _unknown(
    cases: Sequence[Case],
    found: Sequence[Array],
    worst: int,
    off: Callable[[Law], list[float]],
) -> str:
    """Say what can be said of frequencies that fit no law."""
    always, never = off(lambda q, e: _RIGHT(q, 1)), off(lambda q, e: _RIGHT(q, 0))
    if all(min(pair) < CLOSE for pair in zip(always, never, strict=True)):
        return "no coin"
    (q, epsilon, n), share = cases[worst], found[worst]
    if epsilon == 0:
        return "chance at 0" if share.max() < 1 else "not greedy"
    if epsilon == 1:
        if all(found[k][cases[k][0].argmax()] == 1 for k in (1, 2)):
            return "greedy at 1"
        others = np.delete(share, q.argmax())
        if np.ptp(others) * math.sqrt(n) < CLOSE and 0 < others.sum() < 1 - 1 / len(q):
            return "greedy at 1"
        if all(one.max() == 1 for one in found[1:3]):
            return "same random action"
        if (share == 0).any():
            return "action left out"
        # the greedy one may come more often for other reasons
        pairs = [(cases[k][0].argsort()[:-1], found[k]) for k in (1, 2)]
        rising = [share[order[-1]] > share[order[0]] + 0.05 for order, share in pairs]
        return "values for shares" if all(rising) else "uneven"
    others = np.delete(share, q.argmax())
    if np.ptp(others) * math.sqrt(n) < CLOSE:
        if others.sum() > epsilon * (1 - 1 / len(q)):
            return "explores too often"
        return "explores too seldom" if others.sum() < epsilon / 2 else "other share"
    return "other frequencies"


def case_of(q: Array, epsilon: float, n_calls: int, share: Array) -> str:
    """Show one case: what went in, the right frequencies, and those that came out."""
    return (
        f"Inputs: `q_values` {shown(q)}, `epsilon` {epsilon:g}, {n_calls:,} times.\n"
        f"Right: the actions come with frequencies near {shown(_RIGHT(q, epsilon))}.\n"
        f"Yours: {shown(share)}."
    )


def _often(n_calls: int) -> Callable[[Any], Any]:
    """Make of a choice one that returns many, and the first of them once more from the
    same state of the generator.
    """

    @around
    def many(
        answer: Function, q_values: Array, epsilon: float, rng: np.random.Generator
    ) -> Any:
        again = copy.deepcopy(rng)
        before = copy.deepcopy(rng.bit_generator.state)
        actions = [answer(q_values, epsilon, rng) for _ in range(n_calls)]
        is_still = rng.bit_generator.state == before
        for _ in range(N_BETWEEN):
            answer(q_values, epsilon, rng)
        return {
            "actions": actions,
            "is still": is_still,
            "again": [answer(q_values, epsilon, again) for _ in range(N_AGAIN)],
        }

    return many


def judge_choice(answer: Any, rng: np.random.Generator) -> None:
    """Judge an epsilon-greedy choice of one action. Source: Sutton & Barto (2018),
    section 2.2.
    """
    cases, found, is_still, is_greedy = plan(rng), [], True, True
    try:
        for q, epsilon, _ in cases:
            result = guarded(answer)(q_values=q, epsilon=epsilon, rng=rng)
            _whole([result], q, epsilon)
        for q, epsilon, n_calls in cases:
            many = guarded(_often(n_calls)(answer), seconds=SECONDS_FOR_MANY)
            result = many(q_values=q, epsilon=epsilon, rng=rng)
            actions = _whole(result["actions"], q, epsilon)
            again = _whole(result["again"], q, epsilon)
            if (where := actions[:N_AGAIN] != again).any():
                first = slice(max(int(where.argmax()) - 2, 0), int(where.argmax()) + 3)
                raise Wrong(
                    "other generator",
                    f"Inputs: `q_values` {shown(q)}, `epsilon` {epsilon:g}, twice from"
                    " the same state of `rng`.\n"
                    f"Right: twice the same actions.\nYours: {actions[first].tolist()}"
                    f" and then {again[first].tolist()}.",
                )
            is_still &= result["is still"]
            is_greedy &= bool((actions == q.argmax()).all())
            found.append(np.bincount(actions, minlength=len(q)) / n_calls)
    except OwnError as error:
        if "do not sum to 1" in error.text:
            raise Wrong("shares do not sum", str(error)) from None
        raise
    flaw = flaw_of_shares(cases, found)
    if is_still and not is_greedy:
        # some choose without chance, but not greedily
        by_value = {"smallest value", "maximum from 0", "size for value"}
        if flaw is None or not by_value & {*flaw.key.split(" + ")}:
            q, epsilon, n_calls = cases[1]
            raise Wrong("generator made anew", case_of(q, epsilon, n_calls, found[1]))
    if flaw:
        raise flaw
    _judge_ties(answer, rng)


def _judge_ties(answer: Any, rng: np.random.Generator) -> None:
    """Where several values are the largest, each of them is greedy."""
    for q in (np.array([1.0, 3.0, 3.0]), np.zeros(4)):
        words = (
            f"Inputs: `q_values` {shown(q)}, `epsilon` 0.\n"
            f"Right: {' or '.join(map(str, np.flatnonzero(q == q.max())))}.\nYours: "
        )
        try:
            for _ in range(10):
                result = guarded(answer)(q_values=q, epsilon=0.0, rng=rng)
                action = _whole([result], q, 0.0)[0]
                if q[action] < q.max():
                    raise Wrong("several largest", f"{words}{action}.")
        except OwnError as error:
            raise Wrong("several largest", str(error)) from None
        except Wrong as wrong:
            if wrong.key == "endless":
                raise
            case = wrong.case if "Inputs" in wrong.case else f"{words}{shown(result)}."
            raise Wrong("several largest", case) from None


def _whole(results: list[Any], q: Array, epsilon: float) -> NDArray[np.int64]:
    """Return the actions as an array; refuse what is none."""
    inputs = f"The inputs were `q_values` {shown(q)}, `epsilon` {epsilon:g}."
    for result in results:
        number = as_array(result)
        if result is None:
            raise Wrong("returns nothing", f"Your function returned None.\n{inputs}")
        if number is None or number.ndim or number.dtype.kind == "b":
            raise Wrong(
                "other type",
                f"Your function returned `{str(result)[:60]}` of type"
                f" {type(result).__name__}; asked for is one whole number.\n{inputs}",
            )
        if number.dtype.kind == "f":
            key = "value for action" if number in q else "float for action"
            raise Wrong(key, f"Your function returned `{result}`, a float.\n{inputs}")
        if not 0 <= number < len(q):
            key = "no action" if number != len(q) else "number of actions"
            raise Wrong(key, f"Your function returned `{result}`.\n{inputs}")
    return np.array([int(result) for result in results])


def epsilon_greedy(q_values: Array, epsilon: float, rng: np.random.Generator) -> int:
    """Choose an action: any with probability epsilon, else the greedy one."""
    is_random = rng.random() < epsilon
    return int(rng.integers(len(q_values)) if is_random else q_values.argmax())
