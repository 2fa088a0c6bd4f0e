"""How value iteration is judged, and tasks and numbers that learners give as examples
of it.
"""

from collections.abc import Mapping
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
from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe
from dqn_tutorial.mdp import Array

GAMMA = 0.9  # of the slippery grid and of `judge_misprint`
LOST = 0.1
SECOND_SWEEP = 0.8 * GAMMA * 0.8 - 0.1  # v_2 of cell 1


def _sweep(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
    return np.where(end, 0, backup(p, r, g, v).max(-1))


def _sweep_in_place(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
    for s in range(len(v)):
        v[s] = backup(p[s], r[s], g, v).max()
    return v


_wrong_sweeps: tuple[tuple[str, Function], ...] = (
    ("mean for maximum", lambda p, r, end, g, v: backup(p, r, g, v).mean(-1)),
    ("maximum from 0", lambda p, r, end, g, v: _sweep(p, r, end, g, v).clip(0)),
    *wrong_backups(lambda wrong: lambda *given: wrong(*given).max(-1)),
)


def judge_iteration(answer: Any, rng: np.random.Generator) -> None:
    """Judge value iteration on random tables and slow ones.

    Raises:
        Wrong: with the key of the misconception.
    """
    cases = [
        sample_mdp(rng, k % 3 == 2) | {"tolerance": float(rng.uniform(1e-5, 1e-4))}
        for k in range(9)
    ]
    # values that rise from 0, that fall, and both
    for case, sign in zip(cases, (1, -1, 0) * 3, strict=True):
        case["reward"] = sign * abs(case["reward"]) if sign else case["reward"]
    pairs = [(_values(guarded(answer)(**case), case), case) for case in cases]
    right = [_is_near(*pair, _sweep) for pair in pairs]
    if all(right):
        # refuse loops that stop well on small tables by chance: two states of twelve
        # move, against each other; a gamma of 0.98 makes them move for long
        for key, gamma in (("few move", 0.9), ("many sweeps", 0.98)):
            if not _is_right(answer, _slow_table(gamma, 1.0, -1.0)):
                raise Wrong(key)
        return
    ends = [(value[end := case["terminal"]], end.argmax()) for value, case in pairs]
    if any(values.any() for values, _ in ends):
        values, state = next(found for found in ends if found[0].any())
        raise Wrong("terminal kept", state=state, value=values[0])
    wrong = [
        ("one sweep", _sweep, 1),
        ("one sweep", _sweep_in_place, 1),
        *((*pair, 400) for pair in _wrong_sweeps),
    ]
    for key, sweep, n_sweeps in wrong:
        if all(_is_near(*pair, sweep, n_sweeps) for pair in pairs):
            raise Wrong(key)
    if all(value.dtype.kind in "biu" for value, _ in pairs):
        raise Wrong("whole numbers")
    if len({*right[::3]}) == len({*right[1::3]}) == 1 and right[0] != right[1]:
        has_sign = any(
            _is_right(answer, _slow_table(0.9, sign, sign)) for sign in (1.0, -1.0)
        )
        raise Wrong("sign of the move" if has_sign else "largest value")
    value, case = pairs[right.index(False)]
    transition, reward, terminal, gamma, _ = case.values()
    move = np.abs(_sweep(transition, reward, terminal, gamma, value) - value).max()
    raise Wrong("still moving", move=move, tolerance=case["tolerance"])


def _slow_table(gamma: float, *paid: float) -> dict[str, Any]:
    """Return twelve states: two that stay where they are and are paid this in each
    step, two that are paid much once, with either sign, so that no move of the others
    shows in the largest value or the norm, and eight without pay.
    """
    transition, reward = np.zeros((2, 12, 2, 12))
    transition[:, :, 11] = 1.0
    transition[:2], reward[:2] = np.eye(12)[:2, None], np.array(paid)[:, None, None]
    reward[2, :, 11], reward[3, :, 11] = 1e4, -1e4
    return {
        "transition": transition,
        "reward": reward,
        "terminal": np.arange(12) == 11,
        "gamma": gamma,
        "tolerance": 1e-2,
    }


def _is_right(answer: Any, case: Mapping[str, Any]) -> bool:
    return _is_near(_values(guarded(answer)(**case), case), case, _sweep)


def _values(result: Any, case: Mapping[str, Any]) -> Array:
    value, n_states = as_array(result), len(case["terminal"])
    if value is None or value.shape != (n_states,):
        raise Wrong(
            "other shape",
            f"Asked for is a number for each state, [{n_states}], not"
            f" {describe(result)}.",
        )
    if (
        (is_nan := np.isnan(value)).any()
        and (np.abs(value[~is_nan]) < 1e6).all()
        and not is_nan.all()
    ):
        raise Wrong("nan", state=is_nan.argmax())
    if not (np.abs(value) < 1e6).all():
        raise Wrong(
            "not finite",
            "Your values grow beyond all bounds or end as `nan`. Are gamma and p both"
            " in every sweep?",
        )
    return value


def _is_near(
    value: Array, case: Mapping[str, Any], sweep: Function, n_sweeps: int = 400
) -> bool:
    v = np.zeros(len(value))
    with np.errstate(all="ignore"):
        for _ in range(n_sweeps):
            v = sweep(*[*case.values()][:4], v)
        return bool(
            np.abs(value - v).max() <= case["tolerance"] / (1 - case["gamma"]) + 1e-4
        )


def iterated(p: Array, r: Array, end: Array, g: float, tolerance: float) -> Array:
    """Return v*, `[S]`. Source: Sutton & Barto (2018), section 4.4."""
    v, move = np.zeros(len(end)), np.inf
    while move > tolerance:
        new_v = _sweep(p, r, end, g, v)
        v, move = new_v, np.abs(new_v - v).max()
    return v


def value_lost(p: Array, r: Array, end: Array) -> float:
    """Return how much less, in the state where it costs most, the policy of the
    misprinted optimality equation is worth; of equal actions it takes the better.
    """
    q, misprinted = np.zeros((2, *p.shape[:2]))
    for _ in range(400):
        q = optimal_backup()(p, r, end, GAMMA, q)
        misprinted = np.where(
            end[:, None],
            0.0,
            backup(p, r, 0.0, np.zeros(len(p))) + GAMMA * (p @ misprinted).max(-1),
        )
    best = misprinted >= misprinted.max(-1, keepdims=True) - 1e-6
    policy, v = greedy(np.where(best, q, -np.inf)), np.zeros(len(p))
    for _ in range(400):
        v = expected_backup(p, r, end, GAMMA, policy, v)
    return float((q.max(-1) - v).max())


def judge_misprint(answer: Any, rng: np.random.Generator) -> None:
    """Judge a task on which the misprinted optimality equation is to lose something.

    Raises:
        Wrong: no such task, or nothing lost.
    """
    p, r, end = _tables(guarded(answer)())
    if len(p) > 4:
        raise Wrong("too many states", n=len(p))
    if (p < 0).any() or not np.allclose(p.sum(-1), 1):
        raise Wrong("no probabilities")
    if not (np.abs(r) <= 1).all():
        raise Wrong("large rewards", value=np.abs(r).max())
    if not np.allclose(p[end], np.eye(len(p))[end][:, None]) or r[end].any():
        raise Wrong("goes on after the end", state=end.argmax())
    if (p.max(-1) > 1 - 1e-9).all():
        raise Wrong("nothing slips")
    lost = value_lost(p, r, end)
    if lost < 1e-6:
        raise Wrong("nothing lost")
    if lost < LOST - 1e-6:
        raise Wrong("too little", lost=lost)


def _tables(result: Any) -> tuple[Array, Array, Any]:
    found = (
        [as_array(part) for part in result]
        if isinstance(result, tuple | list) and len(result) == 3
        else []
    )
    match found:
        case [np.ndarray() as p, np.ndarray() as r, np.ndarray() as end] if (
            p.ndim == 3
            and p.shape == r.shape == (len(end), p.shape[1], len(end))
            and end.ndim == 1
            and p.size
        ):
            return p.astype(float), r.astype(float), end.astype(bool)
    shapes = ", ".join(map(describe, result)) if found else describe(result)
    raise Wrong("other shapes", shapes=shapes)


def gamble() -> tuple[Array, Array, Array]:
    """Return a task in which one must see what came out before one chooses."""
    transition, reward = np.zeros((2, 4, 2, 4))
    transition[0, 0, [1, 2]] = 0.5
    transition[0, 1, 3] = transition[1:, :, 3] = 1.0
    reward[0, 1, 3] = 0.5
    reward[[1, 2], [0, 1], 3], reward[[1, 2], [1, 0], 3] = 1.0, -1.0
    return transition, reward, np.arange(4) == 3


def judge_sweep(answer: Any, rng: np.random.Generator) -> None:
    """Judge the value of cell 1 after the second sweep.

    Raises:
        NotAttempted: "?". Wrong: another number.
    """
    if isinstance(answer, str) and answer.strip() == "?":
        raise NotAttempted
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise Wrong("no number") from None
    for key, value in (
        ("hole forgotten", 0.9 * 0.64),
        ("no discount", 0.64 - 0.1),
        ("reward discounted", 0.9 * (0.64 - 0.1)),
        ("never slips", 0.9 * 0.8),
        ("never slips", 0.9),
        ("first sweep", 0.0),
        ("first sweep", -0.1),
        ("last chance left out", 0.9 * 0.8 - 0.1),
    ):
        if abs(number - value) < 2e-3:
            raise Wrong(key)
    if not abs(number - SECOND_SWEEP) < 2e-3:
        raise Wrong("other number")
