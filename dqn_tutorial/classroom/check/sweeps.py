"""The exercise of 01_bellman_equation that iterates: judged by where its values end,
not by how it sweeps.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.bellman import (
    HERE,
    OPTIMALITY,
    backup,
    draw_mdp,
    wrong_backups,
)
from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe
from dqn_tutorial.mdp import Array

Function = Callable[..., Any]

ITERATION = OPTIMALITY | {
    "one sweep": (
        "These are the values after a single sweep: there is no loop, or it stops at"
        " once. Do you compare the *largest* move, and is the old array another one"
        " than the new? `old = v` copies nothing: the move is always 0."
    ),
    "end not 0": (
        "State {state} is terminal, and you return {value:.3g} for it. Nothing follows"
        " there: its value is 0."
    ),
    "few move": (
        "Your loop stops while the values of single states still move far: their moves"
        " vanish in a mean or beside larger values, or cancel in a sum. The largest of"
        " them must be small."
    ),
    "many sweeps": (
        "With gamma = 0.98 your loop stops long before the values do. The tolerance"
        " says when it may stop, not a number of sweeps."
    ),
    "sign of the move": (
        "You stop at moves of one sign, however large. What must be small is the size"
        " of a move."
    ),
    "largest value": (
        "You stop when the largest value, or the smallest, stands still. It may do so"
        " while all others move: compare each value with its own old one, and then take"
        " the largest move."
    ),
    "whole numbers": (
        "Your values are whole numbers or flags. An array that began with them cuts off"
        " what is written into it: make it of floats. Or are these the best actions?"
        " Asked for are their values."
    ),
    "nan": (
        "Your value of state {state} is `nan`, which is no number. It comes of 0 / 0 or"
        " of infinity minus infinity."
    ),
    "still moving": (
        "One more sweep moves one of your values by {move:.2g}; the tolerance is"
        " {tolerance:.2g}. Your loop stops too early (do the moves of all states count,"
        " in every sweep?) or its equation is another one."
    ),
}


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


def _judge_iteration(answer: Any, rng: np.random.Generator) -> None:
    cases = [
        draw_mdp(rng, k % 3 == 2) | {"tolerance": float(rng.uniform(1e-5, 1e-4))}
        for k in range(9)
    ]
    # values that rise from 0, that fall, and both
    for case, sign in zip(cases, (1, -1, 0) * 3, strict=True):
        case["reward"] = sign * abs(case["reward"]) if sign else case["reward"]
    pairs = [(_values(guarded(answer)(**case), case), case) for case in cases]
    right = [_is_near(*pair, _sweep) for pair in pairs]
    if all(right):
        _judge_stopping(answer)
        return
    ends = [(value[end := case["terminal"]], end.argmax()) for value, case in pairs]
    if any(values.any() for values, _ in ends):
        values, state = next(found for found in ends if found[0].any())
        raise Wrong(
            "terminal kept", ITERATION["end not 0"].format(state=state, value=values[0])
        )
    wrong = [
        ("one sweep", _sweep, 1),
        ("one sweep", _sweep_in_place, 1),
        *((*pair, 400) for pair in _wrong_sweeps),
    ]
    for key, sweep, n_sweeps in wrong:
        if all(_is_near(*pair, sweep, n_sweeps) for pair in pairs):
            raise Wrong(key, ITERATION[key])
    if all(value.dtype.kind in "biu" for value, _ in pairs):
        raise Wrong("whole numbers", ITERATION["whole numbers"])
    if len({*right[::3]}) == len({*right[1::3]}) == 1 and right[0] != right[1]:
        has_sign = any(
            _is_right(answer, _slow_table(0.9, sign, sign)) for sign in (1.0, -1.0)
        )
        key = "sign of the move" if has_sign else "largest value"
        raise Wrong(key, ITERATION[key])
    value, case = pairs[right.index(False)]
    transition, reward, terminal, gamma, _ = case.values()
    move = np.abs(_sweep(transition, reward, terminal, gamma, value) - value).max()
    raise Wrong("still moving", ITERATION["still moving"].format(move=move, **case))


def _judge_stopping(answer: Any) -> None:
    """Refuse loops that stop well on small tables by chance: two states of twelve move,
    against each other; a gamma of 0.98 makes them move for long.
    """
    for key, gamma in (("few move", 0.9), ("many sweeps", 0.98)):
        if not _is_right(answer, _slow_table(gamma, 1.0, -1.0)):
            raise Wrong(key, ITERATION[key])


def _slow_table(gamma: float, *paid: float) -> dict[str, Any]:
    """Return twelve states: two that stay where they are and are paid this in each
    step, two that are paid much once, with either sign, so that no move of the others
    shows in the largest value or the norm, and eight without pay.
    """
    transition, reward, terminal = (
        np.zeros((12, 2, 12)),
        np.zeros((12, 2, 12)),
        np.arange(12) == 11,
    )
    transition[:, :, 11] = 1.0
    transition[:2], reward[:2] = np.eye(12)[:2, None], np.array(paid)[:, None, None]
    reward[2, :, 11], reward[3, :, 11] = 1e4, -1e4
    return {
        "transition": transition,
        "reward": reward,
        "terminal": terminal,
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
        raise Wrong("nan", ITERATION["nan"].format(state=is_nan.argmax()))
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


value_iteration = Exercise(
    "value_iteration", HERE, minutes=20, difficulty=3, judge=_judge_iteration
)
