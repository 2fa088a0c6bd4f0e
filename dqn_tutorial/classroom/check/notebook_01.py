"""The exercises of 01_bellman_equation."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.backups import (
    backup,
    expected_backup,
    greedy,
    optimal_backup,
    sample_mdp,
    wrong_backups,
)
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    Trait,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.sweeps import (
    gamble,
    iterated,
    judge_iteration,
    judge_misprint,
    judge_sweep,
)
from dqn_tutorial.classroom.check.values import as_array
from dqn_tutorial.mdp import Array

HERE = "01_bellman_equation"


def _of_shape(key: str, shape: Callable[[Mapping[str, Any]], tuple[int, ...]]) -> Trait:
    def refuses(value: Any, inputs: Mapping[str, Any]) -> bool:
        array = as_array(value)
        return array is not None and array.shape == shape(inputs) != (1,)

    return key, refuses


def _sample_rewards(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "rewards": rng.normal(size=int(rng.integers(1, 7))),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


def _weighted(rewards: Array, gamma: float) -> float:
    return float(rewards @ gamma ** np.arange(len(rewards)))


discounted_return = Exercise(
    "discounted_return",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_rewards,
        _weighted,
        [
            ("no discount", lambda r, g: r.sum()),
            ("all too late", lambda r, g: g * _weighted(r, g)),
            ("from the wrong end", lambda r, g: _weighted(r[::-1], g)),
            ("one gamma for all", lambda r, g: r[0] + g * r[1:].sum()),
            ("last one lost", lambda r, g: _weighted(r[:-1], g)),
            ("first one only", lambda r, g: r[0]),
        ],
        [_of_shape("one for each step", lambda inputs: inputs["rewards"].shape)],
    ),
    solution=_weighted,
)

what_is_seen = Exercise(
    "what_is_seen",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["what_is_seen"], right="C"),
)

aim_at_the_wall = Exercise(
    "aim_at_the_wall",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["aim_at_the_wall"], right="B"),
)


def _sample_policy(rng: np.random.Generator) -> dict[str, Any]:
    mdp = sample_mdp(rng)
    n_states, n_actions = mdp["transition"].shape[:2]
    return mdp | {
        "policy": rng.dirichlet(np.ones(n_actions), n_states),
        "v": rng.normal(size=n_states),
    }


def _in_place(p: Array, r: Array, end: Array, g: float, pi: Array, v: Array) -> Array:
    v = np.where(end, 0, v)
    for s in range(len(v)):
        v[s] = pi[s] @ backup(p[s], r[s], g, v)
    return v


def _summed_in_place(
    p: Array, r: Array, end: Array, g: float, pi: Array, v: Array
) -> Array:
    v = np.where(end, 0, v)
    for s in range(len(v)):
        v[s] = 0
        for a in range(pi.shape[1]):
            v[s] += pi[s, a] * backup(p[s, a], r[s, a], g, v)
    return v


_judge_expectation = by_values(
    _sample_policy,
    expected_backup,
    [
        ("in place", _in_place),
        ("in place", _summed_in_place),
        (
            "best action",
            lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).max(-1),
        ),
        (
            "policy ignored",
            lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).mean(-1),
        ),
        (
            "policy left out",
            lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).sum(-1),
        ),
        (
            "terminal kept",
            lambda p, r, end, g, pi, v: np.where(
                end, v, expected_backup(p, r, end, g, pi, v)
            ),
        ),
        (
            "terminal kept",
            lambda p, r, end, g, pi, v: np.where(
                end, v, (pi * backup(p, r, g, v)).sum(-1)
            ),
        ),
        *wrong_backups(
            lambda wrong: (
                lambda p, r, end, g, pi, v: (pi * wrong(p, r, end, g, v)).sum(-1)
            )
        ),
    ],
    [_of_shape("action values", lambda inputs: inputs["policy"].shape)],
)
expectation_backup = Exercise(
    "expectation_backup",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_expectation,
    also=("backup",),
    solution=expected_backup,
)


def _sample_action_values(rng: np.random.Generator) -> dict[str, Any]:
    n_states, n_actions = ((4, 2), (5, 3), (6, 2), (6, 4))[rng.integers(4)]
    q = rng.normal(size=(n_states, n_actions))
    q[rng.integers(n_states)] = 0.0  # a terminal state, all its actions equal
    return {"q": q}


greedy_improvement = Exercise(
    "greedy_improvement",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_action_values,
        greedy,
        [
            ("all of the equal", lambda q: q == q.max(-1, keepdims=True)),
            ("all of the equal", lambda q: 1.0 * (q == q.max(-1, keepdims=True))),
            ("values for chances", lambda q: q * greedy(q)),
            ("smallest value", lambda q: greedy(-q)),
            ("size for value", lambda q: greedy(abs(q))),
            ("maximum over states", lambda q: 1.0 * (q == q.max(0))),
            ("maximum over states", lambda q: np.eye(len(q))[q.argmax(0)].T),
            ("one maximum", lambda q: 1.0 * (q == q.max())),
        ],
        [
            _of_shape("one for each state", lambda inputs: inputs["q"].shape[:1]),
            _of_shape("one for each action", lambda inputs: inputs["q"].shape[1:]),
        ],
    ),
    solution=greedy,
)


def _sample_table(rng: np.random.Generator) -> dict[str, Any]:
    return (mdp := sample_mdp(rng)) | {
        "q": rng.normal(size=mdp["transition"].shape[:2]) - 0.7
    }


def _table_in_place(places: Callable[[Array], Iterable[Any]]) -> Function:
    """Return a backup that writes one place after the other: entries, or rows."""

    def wrong(p: Array, r: Array, end: Array, g: float, q: Array) -> Array:
        q = np.where(end[:, None], 0, q)
        for place in places(q):
            q[place] = backup(p[place], r[place], g, q.max(-1))
        return q

    return wrong


_judge_optimality = by_values(
    _sample_table,
    optimal_backup(),
    [
        (
            "maximum too early",
            lambda p, r, end, g, q: (
                backup(p, r, 0, end) + g * (p @ (q * ~end[:, None])).max(-1)
            ),
        ),
        (
            "maximum too early",
            lambda p, r, end, g, q: backup(p, r, 0, end) + g * (p @ q).max(-1),
        ),
        ("maximum over states", lambda p, r, end, g, q: r + g * q.max(0)),
        ("maximum over states", lambda p, r, end, g, q: p @ q.max(0)),
        ("maximum over states", optimal_backup(lambda q: q.max(0))),
        ("one maximum", optimal_backup(lambda q: q.max())),
        ("maximum from 0", optimal_backup(lambda q: q.max(-1).clip(0))),
        ("action for value", optimal_backup(lambda q: q.argmax(-1))),
        ("mean for maximum", optimal_backup(lambda q: q.mean(-1))),
        ("same action", lambda p, r, end, g, q: backup(p, r, g, (q * ~end[:, None]).T)),
        ("in place", _table_in_place(lambda q: np.ndindex(q.shape))),
        ("in place", _table_in_place(lambda q: range(len(q)))),
        (
            "terminal kept",
            lambda p, r, end, g, q: np.where(
                end[:, None], q, optimal_backup()(p, r, end, g, q)
            ),
        ),
        (
            "terminal kept",
            lambda p, r, end, g, q: np.where(
                end[:, None], q, backup(p, r, g, q.max(-1))
            ),
        ),
        *wrong_backups(
            lambda wrong: lambda p, r, end, g, q: wrong(p, r, end, g, q.max(-1))
        ),
    ],
    [_of_shape("values of states", lambda inputs: inputs["terminal"].shape)],
)
optimality_backup = Exercise(
    "optimality_backup",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_optimality,
    also=("backup",),
    solution=optimal_backup(),
)


value_iteration = Exercise(
    "value_iteration",
    HERE,
    minutes=15,
    difficulty=3,
    judge=judge_iteration,
    also=("optimality_backup", "backup"),
    solution=iterated,
)

misprint_task = Exercise(
    "misprint_task",
    HERE,
    minutes=10,
    difficulty=2,
    judge=judge_misprint,
    solution=gamble,
)


second_sweep = Exercise(
    "second_sweep", HERE, minutes=5, difficulty=1, judge=judge_sweep
)
