"""The exercises of 02_q_learning."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.frequencies import judge_choice
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong
from dqn_tutorial.classroom.check.misconceptions import around
from dqn_tutorial.classroom.check.values import agree, as_array, describe
from dqn_tutorial.mdp import MDP, Array, q_from_v, slippery_grid

HERE = "02_q_learning"
step_size_floor = Exercise(
    "step_size_floor",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["step_size_floor"], right="D"),
)


def _sample_step(rng: np.random.Generator) -> dict[str, Any]:
    """A table, S above A, and one transition in it; actions other than 0, values of
    both signs.
    """
    n_states, n_actions = ((4, 3), (5, 2), (6, 2))[rng.integers(3)]
    q, state = rng.normal(size=(n_states, n_actions)) - 0.5, int(rng.integers(n_states))
    action, move = int(rng.integers(1, n_actions)), int(rng.integers(-2, n_states))
    stays = move < 0
    # stay where the best action was taken: who writes first and reads then reads
    # another maximum
    if stays:
        q[state, action], move = q[state].max() + 2, 0
    return {
        "q": q,
        "state": state,
        "action": action,
        "reward": float(rng.normal()),
        "next_state": (state + move) % n_states,
        "terminated": bool(rng.random() < 0.4) and not stays,
        "alpha": float(rng.uniform(0.1, 0.4)),
        "gamma": float(rng.uniform(0.6, 0.95)),
    }


@around
def _returning(answer: Function, q: Array, *given: Any) -> Any:
    """Make of an update in place one that returns the table; refuse two tables that
    differ.
    """
    before = q.copy()
    result = answer(q, *given)
    table = as_array(result)
    if (
        table is not None
        and table.shape == q.shape
        and not (agree(q, before) or agree(table, q))
    ):
        raise Wrong("two tables")
    return q if result is None else result


def _entry(rule: Function) -> Function:
    """Return an update in which the entry becomes rule(q, s, a, r, t, end, alpha, g), t
    being the next state.
    """

    def update(q: Array, s: int, a: int, *given: Any) -> Array:
        new = q.copy()
        new[s, a] = rule(q, s, a, *given)
        return new

    return update


def _towards(target: Function) -> Function:
    """Return an update by alpha times the TD error of target(q, s, a, r, t, end, g)."""
    return _entry(
        lambda q, s, a, r, t, end, alpha, g: (
            q[s, a] + alpha * (target(q, s, a, r, t, end, g) - q[s, a])
        )
    )


def _y(q: Array, s: int, a: int, r: float, t: int, end: bool, g: float) -> float:
    return float(r + g * (not end) * q[t].max())


def _target_with(f: Function, masked: bool) -> Function:
    return _towards(
        lambda q, s, a, r, t, end, g: f(q, s, a, r, t, g, not (end and masked))
    )


def _step_with(f: Function) -> Function:
    return _entry(
        lambda q, s, a, r, t, end, alpha, g: f(
            q[s, a], _y(q, s, a, r, t, end, g), alpha
        )
    )


def _moves_others(result: Any, inputs: Mapping[str, Any]) -> bool:
    table, q = as_array(result), inputs["q"].copy()
    if table is None or table.shape != q.shape:
        return False
    q[inputs["state"], inputs["action"]] = table[inputs["state"], inputs["action"]]
    return not np.allclose(table, q, 1e-6, 1e-6)


def _twice(
    q: Array, s: int, a: int, r: float, t: int, end: bool, alpha: float, g: float
) -> Array:
    new = q.copy()
    new[s, a] += alpha * (r - new[s, a])
    new[s, a] += alpha * g * (not end) * new[t].max()
    return new


_wrong_updates = (
    ("nothing changed", _entry(lambda q, s, a, *given: q[s, a])),
    (
        "skips the last step",
        _towards(
            lambda q, s, a, r, t, end, g: q[s, a] if end else _y(q, s, a, r, t, end, g)
        ),
    ),
    (
        "last step in full",
        _entry(
            lambda q, s, a, r, t, end, b, g: (
                r if end else q[s, a] + b * (_y(q, s, a, r, t, end, g) - q[s, a])
            )
        ),
    ),
    (
        "mask inverted",
        _towards(lambda q, s, a, r, t, end, g: _y(q, s, a, r, t, not end, g)),
    ),
    (
        "bits inverted",
        _towards(
            lambda q, s, a, r, t, end, g: r + g * (-2 if end else -1) * q[t].max()
        ),
    ),
    (
        "reward masked",
        _towards(lambda q, s, a, r, t, end, g: (not end) * _y(q, s, a, r, t, end, g)),
    ),
    ("no step size", _step_with(lambda old, y, alpha: y)),
    ("old value kept whole", _step_with(lambda old, y, alpha: old + alpha * y)),
    ("old value lost", _step_with(lambda old, y, alpha: alpha * (y - old))),
    ("wrong way", _step_with(lambda old, y, alpha: old - alpha * (y - old))),
    ("shares swapped", _step_with(lambda old, y, alpha: alpha * old + (1 - alpha) * y)),
    (
        "brackets",
        _entry(
            lambda q, s, a, r, t, end, alpha, g: alpha * r + g * (not end) * q[t].max()
        ),
    ),
    ("reads what it wrote", _twice),
)
_wrong_targets: tuple[tuple[str, Function], ...] = (  # with the mask m, and without
    ("no discount", lambda q, s, a, r, t, g, m: r + m * q[t].max()),
    ("reward discounted", lambda q, s, a, r, t, g, m: g * (r + m * q[t].max())),
    ("same action", lambda q, s, a, r, t, g, m: r + g * m * q[t, a]),
    ("row of the state", lambda q, s, a, r, t, g, m: r + g * m * q[s].max()),
    ("action for value", lambda q, s, a, r, t, g, m: r + g * m * q[t].argmax()),
    ("mean for maximum", lambda q, s, a, r, t, g, m: r + g * m * q[t].mean()),
    ("minimum for maximum", lambda q, s, a, r, t, g, m: r + g * m * q[t].min()),
    ("one maximum", lambda q, s, a, r, t, g, m: r + g * m * q.max()),
    ("ignores terminated", lambda q, s, a, r, t, g, m: r + g * q[t].max()),
)
table_update = Exercise(
    "table_update",
    HERE,
    minutes=10,
    difficulty=2,
    judge=by_values(
        _sample_step,
        _towards(_y),
        [
            *_wrong_updates,
            *(
                (key, _target_with(f, masked))
                for key, f in _wrong_targets
                for masked in (True, False)
            ),
        ],
        [
            ("other entries", _moves_others),
            (
                "one number",
                lambda value, inputs: (
                    as_array(value) is not None and np.ndim(value) == 0
                ),
            ),
        ],
        inputs_it_changes=("q",),
        seen_as=_returning,
    ),
    solution=_towards(_y),
)


def _epsilon_greedy(q_values: Array, epsilon: float, rng: np.random.Generator) -> int:
    is_random = rng.random() < epsilon
    return int(rng.integers(len(q_values)) if is_random else q_values.argmax())


epsilon_greedy_action = Exercise(
    "epsilon_greedy_action",
    HERE,
    minutes=10,
    difficulty=2,
    judge=judge_choice,
    solution=_epsilon_greedy,
)


def _sample_next(rng: np.random.Generator) -> dict[str, Any]:
    n_actions = int(rng.integers(3, 6))
    return {
        "reward": float(rng.normal()),
        "next_q": rng.permutation(rng.normal() + np.arange(n_actions)) - 1,
        "terminated": bool(rng.random() < 0.4),
        "epsilon": float(rng.uniform(0.1, 0.4)),
        "gamma": float(rng.uniform(0.6, 0.95)),
    }


def _mean_over(q: Array, e: float) -> float:
    return float((1 - e) * q.max() + e * q.mean())


def _expected(
    r: float, q: Array, end: bool, e: float, g: float, mean: Function = _mean_over
) -> float:
    return float(r + g * (not end) * mean(q, e))


_wrong_next_values: tuple[tuple[str, Function], ...] = (
    ("maximum alone", lambda q, e: q.max()),
    ("mean alone", lambda q, e: q.mean()),
    ("shares swapped", lambda q, e: e * q.max() + (1 - e) * q.mean()),
    ("greedy share too small", lambda q, e: (1 - e) * q.max() + e * _others(q)),
    (
        "greedy share too small",
        lambda q, e: (1 - e) * q.max() + e * (q.sum() - q.max()) / len(q),
    ),
    ("sum for mean", lambda q, e: (1 - e) * q.max() + e * q.sum()),
    ("parts added", lambda q, e: q.max() + e * q.mean()),
    ("action for value", lambda q, e: (1 - e) * q.argmax() + e * q.mean()),
)


def _others(q: Array) -> float:
    return float((q.sum() - q.max()) / (len(q) - 1))


def _wrong_mean(mean: Function, masked: bool) -> Function:
    return lambda r, q, end, e, g: _expected(r, q, end and masked, e, g, mean)


expected_sarsa_target = Exercise(
    "expected_sarsa_target",
    HERE,
    minutes=10,
    difficulty=2,
    judge=by_values(
        _sample_next,
        _expected,
        [
            (
                "ignores terminated",
                lambda r, q, end, e, g: _expected(r, q, False, e, g),
            ),
            ("mask inverted", lambda r, q, end, e, g: _expected(r, q, not end, e, g)),
            (
                "bits inverted",
                lambda r, q, end, e, g: r + g * (-2 if end else -1) * _mean_over(q, e),
            ),
            (
                "reward masked",
                lambda r, q, end, e, g: (not end) * _expected(r, q, end, e, g),
            ),
            ("no discount", lambda r, q, end, e, g: _expected(r, q, end, e, 1.0)),
            (
                "reward discounted",
                lambda r, q, end, e, g: g * _expected(r, q, end, e, 1.0),
            ),
            *(
                (key, _wrong_mean(mean, masked))
                for key, mean in _wrong_next_values
                for masked in (True, False)
            ),
        ],
    ),
    also=("table_update",),
    solution=_expected,
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
        raise Wrong("no probability", low=low, high=high)
    if low >= high:
        raise Wrong("order", low=low, high=high)
    grid = slippery_grid()
    best = [int(sarsa_table(grid, epsilon)[CELL].argmax()) for epsilon in (low, high)]
    if best == [UP, UP]:
        raise Wrong("no turn yet", high=high)
    if best == [DOWN, DOWN]:
        raise Wrong("turned before", low=low)
    if high - low > NEAR + 1e-9:
        raise Wrong("too far apart", apart=high - low, near=NEAR)


where_sarsa_turns = Exercise(
    "where_sarsa_turns", HERE, minutes=10, difficulty=2, judge=_judge_turn
)
