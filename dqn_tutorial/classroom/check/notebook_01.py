"""The exercises of 01_bellman_equation."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.backups import (
    SMALL,
    backup,
    expectation_of,
    expected_backup,
    explained,
    greedy,
    is_right_on,
    optimal_backup,
    sample_mdp,
    simplified,
    table_of,
    task,
    to_the_end,
    wrong_sweeps,
)
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Judge,
    Trait,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.classroom.check.iteration import judge_iteration
from dqn_tutorial.classroom.check.misconceptions import flawed
from dqn_tutorial.classroom.check.misprint import gamble, judge_misprint, judge_sweep
from dqn_tutorial.classroom.check.returns import (
    GREEDY_FLAWS,
    RETURN_FLAWS,
    no_certainty,
    policy_of,
    return_of,
    weighed,
)
from dqn_tutorial.classroom.check.sweeps import iterated
from dqn_tutorial.classroom.check.values import as_array
from dqn_tutorial.mdp import Array

HERE = "01_bellman_equation"
WHOLE: Trait = (
    "whole numbers",
    lambda value, inputs: (
        (array := as_array(value)) is not None and array.dtype.kind in "biu"
    ),
)


def _of_shape(key: str, shape: Callable[[Mapping[str, Any]], tuple[int, ...]]) -> Trait:
    def refuses(value: Any, inputs: Mapping[str, Any]) -> bool:
        array = as_array(value)
        return array is not None and array.shape == shape(inputs) != (1,)

    return key, refuses


INFINITE: Trait = (
    "infinite",
    lambda value, inputs: (
        (array := as_array(value)) is not None and bool(np.isinf(array).any())
    ),
)
ONE_NUMBER = _of_shape("one number", lambda inputs: ())
NO_SUM = _of_shape("no sum yet", lambda inputs: inputs["transition"].shape)


def _sample_rewards(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "rewards": rng.normal(size=int(rng.integers(2, 7))).round(1),
        "gamma": round(float(rng.uniform(0.5, 0.95)), 2),
    }


_weighted = return_of()


discounted_return = Exercise(
    "discounted_return",
    HERE,
    minutes=5,
    difficulty=1,
    judge=explained(
        weighed(
            by_values(
                _sample_rewards,
                _weighted,
                flawed(return_of, RETURN_FLAWS),
                [
                    _of_shape(
                        "one for each step", lambda inputs: inputs["rewards"].shape
                    )
                ],
                by_hand=[
                    {"rewards": np.array(rewards), "gamma": gamma}
                    for rewards, gamma in (
                        ([2.0], 0.5),
                        ([4.0, 2.0], 0.5),
                        ([4.0, 2.0, 8.0], 0.5),
                        ([0.0, 0.0, -4.0], 0.5),
                        ([10.0, -10.0, 0.0, 100.0], 0.1),
                        ([1.0, 2.0, 3.0], 1.0),
                        ([1.0, 2.0, 3.0], 0.0),
                    )
                ],
            )
        )
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
        "v": rng.normal(size=n_states).round(1),
    }


def _summed_in_place(
    p: Array, r: Array, end: Array, g: float, pi: Array, v: Array
) -> Array:
    v = np.where(end, 0, v)
    for s in range(len(v)):
        v[s] = 0
        for a in range(pi.shape[1]):
            v[s] += pi[s, a] * backup(p[s, a], r[s, a], g, v)
    return v


def _policy_on_rewards(
    p: Array, r: Array, end: Array, g: float, pi: Array, v: Array
) -> Array:
    v = np.where(end, 0, v)
    return np.asarray((pi * (p * r).sum(-1)).sum(-1) + g * (p @ v).sum(-1))


POLICY_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("best action", {"mix": lambda pi, q: q.max(-1)}),
    ("policy ignored", {"mix": lambda pi, q: q.mean(-1)}),
    ("policy left out", {"mix": lambda pi, q: q.sum(-1)}),
    ("likeliest action", {"mix": lambda pi, q: q[np.arange(len(q)), pi.argmax(-1)]}),
    ("policy and mean", {"mix": lambda pi, q: (pi * q).mean(-1)}),
    ("one action only", {"mix": lambda pi, q: pi[:, -1] * q[:, -1]}),
    ("one action only", {"mix": lambda pi, q: pi[:, 0] * q[:, 0]}),
    ("one action only", {"mix": lambda pi, q: q[:, 0]}),
)
_POLICIES = [
    task(*tables, policy=policy, v=v)
    for tables, policy, v in zip(
        SMALL,
        (
            [[1], [1]],
            [[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]],
            [[1], [1], [1]],
            [[1], [1]],
        ),
        ([4, 8], [4, 2], [4, 8, 16], [2, 4]),
        strict=True,
    )
]
expectation_backup = Exercise(
    "expectation_backup",
    HERE,
    minutes=10,
    difficulty=2,
    judge=explained(
        simplified(
            by_values(
                _sample_policy,
                expected_backup,
                [
                    *wrong_sweeps(expectation_of, POLICY_FLAWS),
                    ("in place", _summed_in_place),
                    ("policy on rewards", _policy_on_rewards),
                    ("more than one sweep", to_the_end(expected_backup)),
                ],
                [
                    INFINITE,
                    _of_shape("action values", lambda inputs: inputs["policy"].shape),
                    NO_SUM,
                    ONE_NUMBER,
                    WHOLE,
                ],
                by_hand=_POLICIES,
            ),
            expected_backup,
            [*_POLICIES, _sample_policy(np.random.default_rng(0))],
        )
    ),
    also=("backup",),
    solution=expected_backup,
)


def _sample_action_values(rng: np.random.Generator) -> dict[str, Any]:
    n_states, n_actions = ((4, 2), (5, 3), (6, 2), (6, 4))[rng.integers(4)]
    q = rng.normal(size=(n_states, n_actions)).round(1)
    q[rng.integers(n_states)] = 0.0  # a terminal state, all its actions equal
    return {"q": q}


greedy_improvement = Exercise(
    "greedy_improvement",
    HERE,
    minutes=5,
    difficulty=1,
    judge=explained(
        by_values(
            _sample_action_values,
            greedy,
            flawed(policy_of, GREEDY_FLAWS),
            [
                _of_shape("one for each state", lambda inputs: inputs["q"].shape[:1]),
                _of_shape("one for each action", lambda inputs: inputs["q"].shape[1:]),
                _of_shape("transposed", lambda inputs: inputs["q"].shape[::-1]),
                _of_shape(
                    "maximum over states", lambda inputs: 2 * inputs["q"].shape[1:]
                ),
                ("no certainty", no_certainty),
            ],
            by_hand=[
                {"q": np.array(q)}
                for q in (
                    [[1.0, 3.0], [2.0, 0.0], [-2.0, -1.0]],
                    [[5.0, 5.0, 1.0], [0.0, 4.0, 4.0]],
                    [[-1.0, -3.0, -2.0]],
                    [[2.0], [-1.0]],
                    [[1.0, 1.000004]],
                )
            ],
        )
    ),
    solution=greedy,
)


def _sample_table(rng: np.random.Generator) -> dict[str, Any]:
    return (mdp := sample_mdp(rng)) | {
        "q": (rng.normal(size=mdp["transition"].shape[:2]) - 0.7).round(1)
    }


def _every(q: Array) -> Array:
    return q


TABLE_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("maximum too early", {"best": _every, "reach": lambda p, q: (p @ q).max(-1)}),
    (
        "same action",
        {"best": _every, "reach": lambda p, q: np.einsum("sat,ta->sa", p, q)},
    ),
    (
        "action of s",
        {
            "best": _every,
            "reach": lambda p, q: np.einsum("sat,ts->sa", p, q[:, q.argmax(-1)]),
        },
    ),
    ("value of s", {"best": _every, "reach": lambda p, q: q}),
    ("maximum over states", {"best": _every, "reach": lambda p, q: p @ q.max(0)}),
    ("maximum over states", {"best": lambda q: q.max(0)}),
    ("one maximum", {"best": lambda q: q.max()}),
    ("one maximum", {"best": _every, "reach": lambda p, q: q.max()}),
    ("maximum from 0", {"best": lambda q: q.max(-1).clip(0)}),
    ("action for value", {"best": lambda q: q.argmax(-1)}),
    ("mean for maximum", {"best": lambda q: q.mean(-1)}),
    ("sum for maximum", {"best": lambda q: q.sum(-1)}),
    ("minimum for maximum", {"best": lambda q: q.min(-1)}),
    ("size for value", {"best": lambda q: abs(q).max(-1)}),
    ("one action only", {"best": lambda q: q[:, 0]}),
    ("one action only", {"best": lambda q: q[:, -1]}),
)
_TABLES = [
    task(*tables, q=q)
    for tables, q in zip(
        SMALL,
        (
            [[4], [8]],
            [[-4, -2, -8], [8, 2, 6]],
            [[4], [8], [16]],
            [[2], [4]],
        ),
        strict=True,
    )
]


def _or_best_kept(judge: Judge) -> Judge:
    """Return a judge that says of one number for each state that it is the largest of
    the right ones.
    """

    def judge_states(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            cases = [*_TABLES, *(_sample_table(rng) for _ in range(9))]
            if wrong.key == "values of states" and is_right_on(
                answer, lambda *given: optimal_backup(*given).max(-1), cases
            ):
                raise Wrong("best of the right ones", wrong.case) from None
            raise

    return judge_states


optimality_backup = Exercise(
    "optimality_backup",
    HERE,
    minutes=10,
    difficulty=2,
    judge=explained(
        simplified(
            _or_best_kept(
                by_values(
                    _sample_table,
                    optimal_backup,
                    [
                        *wrong_sweeps(table_of, TABLE_FLAWS),
                        (
                            "maximum over states",
                            lambda p, r, end, g, q: r + g * q.max(0),
                        ),
                        ("maximum over states", lambda p, r, end, g, q: p @ q.max(0)),
                        ("more than one sweep", to_the_end(optimal_backup)),
                    ],
                    [
                        INFINITE,
                        _of_shape(
                            "values of states", lambda inputs: inputs["terminal"].shape
                        ),
                        NO_SUM,
                        ONE_NUMBER,
                        WHOLE,
                    ],
                    by_hand=_TABLES,
                )
            ),
            optimal_backup,
            [*_TABLES, _sample_table(np.random.default_rng(0))],
        )
    ),
    also=("backup",),
    solution=optimal_backup,
)


value_iteration = Exercise(
    "value_iteration",
    HERE,
    minutes=15,
    difficulty=3,
    judge=explained(judge_iteration),
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
