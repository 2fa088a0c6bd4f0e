"""The exercises of 02_q_learning."""

from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    Judge,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.frequencies import epsilon_greedy, judge_choice
from dqn_tutorial.classroom.check.guard import (
    NotAttempted,
    OwnError,
    Wrong,
    behaviour,
    guarded,
)
from dqn_tutorial.classroom.check.misconceptions import flawed
from dqn_tutorial.classroom.check.updates import (
    STEPS,
    TARGET_FLAWS,
    WRONG_UPDATES,
    by_name,
    clears_the_end,
    loses_others,
    moved,
    returning,
    sample_step,
    update_of,
)
from dqn_tutorial.classroom.check.values import as_array, describe
from dqn_tutorial.mdp import MDP, Array, q_from_v, slippery_grid

HERE = "02_q_learning"
step_size_floor = Exercise(
    "step_size_floor",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["step_size_floor"], right="D"),
)


def _or_drawn(judge: Judge) -> Judge:
    """Return a judge that says of results that differ from call to call that something
    was drawn, and that knows an error of NumPy.
    """

    def judge_draws(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except OwnError as error:
            if "setting an array element with a sequence" in error.text:
                raise Wrong("row for number", str(error)) from None
            raise
        except Wrong as wrong:
            if str(wrong.details.get("facts")).startswith("Two calls"):
                raise Wrong("drawn", wrong.case) from None
            raise

    return judge_draws


table_update = Exercise(
    "table_update",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_or_drawn(
        by_values(
            sample_step,
            update_of(),
            WRONG_UPDATES,
            [
                ("others lost", loses_others),
                ("end cleared", clears_the_end),
                ("axes exchanged", moved(lambda places, s, a, t: places == {(a, s)})),
                ("next entry", moved(lambda places, s, a, t: places == {(t, a)})),
                (
                    "whole row",
                    moved(lambda places, s, a, t: {row for row, _ in places} == {s}),
                ),
                ("other entries", moved(lambda *given: True)),
                (
                    "one number",
                    lambda value, inputs: (
                        as_array(value) is not None and np.ndim(value) == 0
                    ),
                ),
            ],
            inputs_it_changes=("q",),
            seen_as=returning,
            by_hand=STEPS,
        )
    ),
    solution=update_of(),
)


def _or_value_cut(judge: Judge) -> Judge:
    """Return a judge that says of a number which is no action that it is a Q-value made
    whole.
    """

    def judge_whole(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            if wrong.key not in ("no action", "number of actions"):
                raise
            q = np.array([103.4, 107.7, 111.2, 115.9])
            for epsilon in (0.0, 1.0):
                case = {"q_values": q, "epsilon": epsilon, "rng": rng}
                found = [behaviour(guarded(answer), case) for _ in range(20)]
                if all(
                    kind == "value" and (np.abs(q - action) < 1).any()
                    for kind, action in found
                ):
                    raise Wrong("value made whole", wrong.case) from None
            raise

    return judge_whole


epsilon_greedy_action = Exercise(
    "epsilon_greedy_action",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_or_value_cut(judge_choice),
    solution=epsilon_greedy,
)


def _sample_next(rng: np.random.Generator) -> dict[str, Any]:
    n_actions = int(rng.integers(3, 6))
    return {
        "reward": round(float(rng.normal(scale=2)), 1),
        "next_q": rng.permutation(round(float(rng.normal()), 2) + np.arange(n_actions))
        - 1,
        "terminated": bool(rng.random() < 0.4),
        "epsilon": round(float(rng.uniform(0.1, 0.9)), 2),
        "gamma": round(float(rng.uniform(0.6, 0.95)), 2),
    }


_NEXT = by_name(
    "reward next_q terminated epsilon gamma",
    (1.0, [1.0, 3.0], False, 0.5, 0.5),
    (1.0, [1.0, 3.0], True, 0.5, 0.5),
    (2.0, [-4.0, -1.0, -2.5], False, 0.2, 1.0),
    (2.0, [3.0, 1.0, 5.0], False, 0.0, 0.5),  # greedy
    (2.0, [3.0, 1.0, 6.5], False, 1.0, 0.5),  # random
    (1.0, [2.0], False, 0.5, 0.5),  # one action
)


def _expected(
    reward: Function = lambda r, end, g: r,
    discount: Function = lambda g: g,
    keep: Function = lambda end: not end,
    best: Function = np.max,
    mean: Function = np.mean,
    shares: Function = lambda e, n: (1 - e, e),
    factors: Function = lambda g, k: (g * k, g * k),
) -> Function:
    """Return a target of Expected SARSA made of parts: those of `update_of`, the shares
    of the best value and of the mean, and the factors of the two.
    """

    def target(r: float, q: Array, end: bool, e: float, g: float) -> float:
        (one, other), (first, second) = (
            shares(e, len(q)),
            factors(discount(g), keep(end)),
        )
        return float(
            reward(r, end, g) + first * one * best(q) + second * other * mean(q)
        )

    return target


_EXPECTED_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    *TARGET_FLAWS,
    ("maximum alone", {"shares": lambda e, n: (1, 0)}),
    ("mean alone", {"shares": lambda e, n: (0, 1)}),
    ("shares swapped", {"shares": lambda e, n: (e, 1 - e)}),
    ("random part lost", {"shares": lambda e, n: (1 - e, 0)}),
    ("greedy part lost", {"shares": lambda e, n: (0, e)}),
    ("parts added", {"shares": lambda e, n: (1, e)}),
    ("half and half", {"shares": lambda e, n: (0.5, 0.5)}),
    ("divided twice", {"shares": lambda e, n: (1 - e, e / n)}),
    ("divided twice", {"shares": lambda e, n: (1 - e + e / n, e / n)}),
    ("divided twice", {"shares": lambda e, n: (1 - e / n, e / n)}),
    ("divided twice", {"shares": lambda e, n: ((1 - e) / n, e / n)}),
    ("greedy counted twice", {"shares": lambda e, n: (1 - e + e / n, e)}),
    (
        "greedy share too small",
        {"mean": lambda q: _others(q).mean() if len(q) > 1 else 0.0},
    ),
    ("greedy share too small", {"mean": lambda q: _others(q).sum() / len(q)}),
    (  # the shares are made to sum to 1
        "greedy share too small",
        {
            "mean": lambda q: _others(q).sum() / len(q),
            "shares": lambda e, n: ((1 - e) / (1 - e / n), e / (1 - e / n)),
        },
    ),
    ("last action lost", {"mean": lambda q: q[:-1].sum() / len(q)}),
    ("first action lost", {"mean": lambda q: q[1:].sum() / len(q)}),
    ("sum for mean", {"mean": np.sum}),
    ("sum for mean", {"mean": lambda q: _others(q).sum()}),
    ("divided by one less", {"mean": lambda q: q.sum() / max(len(q) - 1, 1)}),
    ("random part subtracted", {"shares": lambda e, n: (1, -e)}),
    ("random part subtracted", {"shares": lambda e, n: (1 - e, -e)}),
    ("random part subtracted", {"shares": lambda e, n: (1 + e, -e)}),
    ("median for mean", {"mean": np.median}),
    ("one of the others", {"mean": np.min}),
    ("one of the others", {"mean": lambda q: q[0]}),
    ("action for value", {"best": np.argmax}),
    ("minimum for maximum", {"best": np.min}),
    ("first action", {"best": lambda q: q[0]}),
    ("last action", {"best": lambda q: q[-1]}),
    ("maximum from 0", {"best": lambda q: max(q.max(), 0)}),
    ("size for value", {"best": lambda q: np.abs(q).max()}),
    (
        "no target",
        {
            "reward": lambda r, end, g: 0,
            "keep": lambda end: True,
            "discount": lambda g: 1.0,
        },
    ),
    ("brackets", {"factors": lambda g, k: (g * k, 1)}),
    ("brackets", {"factors": lambda g, k: (1, g * k)}),
    ("mask on one part", {"factors": lambda g, k: (g * k, g)}),
    ("mask on one part", {"factors": lambda g, k: (g, g * k)}),
    ("gamma on one part", {"factors": lambda g, k: (g * k, k)}),
    ("gamma on one part", {"factors": lambda g, k: (k, g * k)}),
)


def _others(q: Array) -> Array:
    return np.delete(q, q.argmax())


def _or_of_one_action(judge: Judge) -> Judge:
    """Return a judge that says of a target that it holds the value of one action."""

    def judge_one(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            # a draw may be the greedy one each time
            if wrong.key not in ("other values", "maximum alone"):
                raise
            own, is_drawn = guarded(answer), False
            for case in [_sample_next(rng) for _ in range(30)]:
                calls = [behaviour(own, case | {"terminated": False}) for _ in range(4)]
                of_one = case["reward"] + case["gamma"] * case["next_q"]
                for kind, found in calls:
                    if kind == "error" or not np.isclose(of_one, found).any():
                        raise
                is_drawn |= len({float(found) for _, found in calls}) > 1
            if wrong.key == "maximum alone" and not is_drawn:
                raise
            key = "one action drawn" if is_drawn else "one action"
            raise Wrong(key, wrong.case) from None

    return judge_one


expected_sarsa_target = Exercise(
    "expected_sarsa_target",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_or_of_one_action(
        by_values(
            _sample_next,
            _expected(),
            [
                *flawed(_expected, _EXPECTED_FLAWS),
                (
                    "reward times value",
                    lambda r, q, end, e, g: _expected(lambda *_: 0, lambda g: r + g)(
                        r, q, end, e, g
                    ),
                ),
                (
                    "epsilon and gamma exchanged",
                    lambda r, q, end, e, g: _expected()(r, q, end, g, e),
                ),
            ],
            by_hand=_NEXT,
        )
    ),
    also=("table_update",),
    solution=_expected(),
)


CELL, DOWN, UP = 8, 1, 3
NEAR = 0.02  # the two epsilons may lie so far apart


def sarsa_table(mdp: MDP, epsilon: float, sweeps: int = 500) -> Array:
    """Return the table that is the action value of its own epsilon-greedy policy,
    `[S, A]`: the one fixed point of Expected SARSA.

    Source: Sutton & Barto (2018), equation 6.9. Taught in 02_q_learning.
    """
    q = np.zeros((mdp.n_states, mdp.n_actions))
    for _ in range(sweeps):
        q = q_from_v(mdp, (1 - epsilon) * q.max(-1) + epsilon * q.mean(-1))
    return q


def _judge_turn(answer: Any, rng: np.random.Generator) -> None:
    if isinstance(answer, str) and answer.strip() == "?":
        raise NotAttempted
    pair = as_array(list(answer) if isinstance(answer, tuple) else answer)
    if pair is None or pair.shape != (2,):
        raise Wrong("no pair", found=describe(answer))
    low, high = map(float, pair)
    if not (0 <= low <= 1 and 0 <= high <= 1):
        key = "percent" if 1 <= low <= high <= 100 else "no probability"
        raise Wrong(key, low=low, high=high)
    if low >= high:
        raise Wrong("order", low=low, high=high)
    values = [sarsa_table(slippery_grid(), epsilon)[CELL] for epsilon in (low, high)]
    best = [int(row.argmax()) for row in values]
    for key, here in (("no turn yet", UP), ("turned before", DOWN)):
        if best == [here, here]:
            up, down = values[here == UP][[UP, DOWN]]
            raise Wrong(key, low=low, high=high, up=up, down=down)
    if high - low > NEAR + 1e-9:
        raise Wrong("too far apart", apart=high - low, near=NEAR)


where_sarsa_turns = Exercise(
    "where_sarsa_turns", HERE, minutes=10, difficulty=2, judge=_judge_turn
)
