"""How value iteration is judged, by where it ends and by when it stops."""

import inspect
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.backups import (
    BACKUP_FLAWS,
    backup,
    backup_of,
    ends_as_0,
    sample_mdp,
    task,
)
from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong, guarded, listed
from dqn_tutorial.classroom.check.misconceptions import flawed
from dqn_tutorial.classroom.check.values import as_array, describe, kind_of, shown
from dqn_tutorial.mdp import Array

Case = Mapping[str, Any]
FAR = 1e6
ENDS = ("endless", "not finite", "nan")


def _sweep(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
    return np.where(end, 0, backup(p, r, g, v).max(-1))


def _sweep_in_place(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
    v = v.copy()
    for s in np.flatnonzero(~end):
        v[s] = backup(p[s], r[s], g, v).max()
    return v


def _sweep_of(choose: Function = lambda q: q.max(-1), **parts: Any) -> Function:
    values = backup_of(**parts)
    return lambda p, r, end, g, v: ends_as_0(choose(values(p, r, end, g, v)), end)


CHOICES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("mean for maximum", {"choose": lambda q: q.mean(-1)}),
    ("sum for maximum", {"choose": lambda q: q.sum(-1)}),
    ("minimum for maximum", {"choose": lambda q: q.min(-1)}),
    ("maximum from 0", {"choose": lambda q: q.max(-1).clip(0)}),
    ("size for value", {"choose": lambda q: abs(q).max(-1)}),
    ("action for value", {"choose": lambda q: q.argmax(-1)}),
    ("one action only", {"choose": lambda q: q[:, 0]}),
    ("one action only", {"choose": lambda q: q[:, -1]}),
    ("one maximum", {"choose": lambda q: np.full(len(q), q.max())}),
    ("gamma of its own", {"factor": lambda g: 0.9}),
    ("gamma of its own", {"factor": lambda g: 0.95}),
    ("gamma of its own", {"factor": lambda g: 0.99}),
)
WRONG_SWEEPS = [
    (
        "two maxima",
        lambda p, r, end, g, v: (p * r).sum(-1).max(-1) + g * (p @ v).max(-1),
    ),
    *(
        pair
        for pair in flawed(_sweep_of, (*CHOICES, *BACKUP_FLAWS))
        if "terminal not 0"
        not in pair[0]  # here the terminal values are 0 all the time
    ),
]


def misprinted(p: Array, r: Array, end: Array, g: float) -> Array:
    """Return the action values `[S, A]` of the equation with the maximum outside the
    mean over next states.
    """
    q = np.zeros(p.shape[:2])
    for _ in range(400):
        q = ends_as_0((p * r).sum(-1) + g * (p @ q).max(-1), end)
    return q


def iterated(p: Array, r: Array, end: Array, g: float, tolerance: float) -> Array:
    """Return v*, `[S]`. Source: Sutton & Barto (2018), section 4.4."""
    v, move = np.zeros(len(end)), np.inf
    while move > tolerance:
        new_v = _sweep(p, r, end, g, v)
        v, move = new_v, np.abs(new_v - v).max()
    return v


def solved(p: Array, r: Array, end: Array, g: float) -> Array:
    """Return v*, `[S]`, by policy iteration. Source: Sutton & Barto (2018), section
    4.3.
    """
    v, states = np.zeros(len(end)), np.arange(len(end))
    for _ in range(99):
        best = backup(p, r, g, v).argmax(-1)
        p_best, r_best = p[states, best] * ~end[:, None], r[states, best]
        old, v = (
            v,
            np.linalg.solve(np.eye(len(v)) - g * p_best, (p_best * r_best).sum(-1)),
        )
        if np.allclose(v, old, 1e-12, 1e-12):
            break
    return v


def staying(reward: float, gamma: float, tolerance: float) -> dict[str, Any]:
    """Return a state that is paid the same in each step and leads to itself, beside a
    terminal one.
    """
    return task(
        [[[1, 0]], [[0, 1]]],
        [[[reward, 0]], [[0, 0]]],
        [False, True],
        gamma,
        tolerance=tolerance,
    )


def _slow_table(gamma: float, *paid: float) -> dict[str, Any]:
    """Return twelve states: two that stay where they are and are paid this in each
    step, two that are paid much once, with either sign, so that no move of the others
    shows in the largest value or the norm, and eight without pay.
    """
    transition, reward = np.zeros((2, 12, 2, 12))
    transition[:, :, 11] = 1.0
    transition[:2], reward[:2] = np.eye(12)[:2, None], np.array(paid)[:, None, None]
    reward[2, :, 11], reward[3, :, 11] = 1e4, -1e4
    return task(transition, reward, np.arange(12) == 11, gamma, tolerance=1e-2)


def _one_slow(state: int) -> dict[str, Any]:
    """Return five states, the third one terminal, of which one alone moves for long."""
    transition, reward = np.zeros((2, 5, 1, 5))
    transition[:, 0, 2] = 1.0
    transition[state, 0], reward[state, 0, state] = np.eye(5)[state], 1.0
    return task(transition, reward, np.arange(5) == 2, 0.9, tolerance=1e-3)


def _chain() -> dict[str, Any]:
    """Return seven states in a row, in which one waits or goes on, and the end."""
    transition, reward = np.zeros((2, 8, 2, 8))
    transition[:, 0], transition[:, 1] = np.eye(8), np.eye(8)[[*range(1, 8), 7]]
    reward[6, 1, 7] = 1.0
    return task(transition, reward, np.arange(8) == 7, 0.9, tolerance=1e-6)


# waits with even chances, is paid on the way, may choose, loses, stays for long
BY_HAND = (
    task([[[0.5, 0.5]], [[0, 1]]], [[[3, 3]], [[0, 0]]], [False, True], 0.5),
    task(
        [[[0, 1, 0]], [[0, 0, 1]], [[0, 0, 1]]],
        [[[0, 0, 0]], [[0, 0, 4]], [[0, 0, 0]]],
        [False, False, True],
        0.5,
    ),
    task(
        [[[0.5, 0.5], [0, 1]], [[0, 1]] * 2],
        [[[3, 3], [0, 1]], [[0, 0]] * 2],
        [False, True],
        0.5,
    ),
    task(
        [[[0.5, 0.5], [0, 1]], [[0, 1]] * 2],
        [[[-3, -3], [0, -6]], [[0, 0]] * 2],
        [False, True],
        0.5,
    ),
)
STAYING = (
    staying(1.0, 0.9, 0.01),
    staying(-1.0, 0.9, 0.01),
    staying(100.0, 0.9, 0.001),
    staying(1.0, 0.999, 0.1),
    _slow_table(0.9, 1.0, -1.0),
    *map(_one_slow, (0, 1, 3, 4)),
)


def judge_iteration(answer: Any, rng: np.random.Generator) -> None:
    """Judge value iteration on small tables, random ones, and slow ones.

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
    pairs: list[tuple[Array, Case]] = []
    small = [{**case, "tolerance": 0.01} for case in BY_HAND]
    for some in ((*small, *cases), STAYING):
        for case in some:
            try:
                pairs.append((_values(answer, case), case))
            except Wrong as wrong:
                if wrong.key in ENDS and not all(_is_near(*pair) for pair in pairs):
                    break  # the cases before it tell more
                raise _of_the_loop(wrong, answer, case) from None
        far = [pair for pair in pairs if not _is_near(*pair)]
        if far:
            kept = [pair for pair in pairs if _of_ends(*pair).any()]
            key, details = _name(answer, pairs)
            raise Wrong(key, _said(*(kept or far)[0]), **details)


def _of_ends(value: Array, case: Case) -> Array:
    return value[case["terminal"]]


def _tables(case: Case) -> tuple[Any, ...]:
    return tuple(case[name] for name in ("transition", "reward", "terminal", "gamma"))


def _said(value: Array, case: Case) -> str:
    """Show a case with the values that came out and those that are right."""
    margin = case["tolerance"] / (1 - case["gamma"])
    return (
        f"Inputs: {listed(case, shown)}.\nRight: {shown(solved(*_tables(case)))}, each"
        f" within {margin:.3g}.\nYours: {shown(value)}."
    )


def _values(answer: Any, case: Case) -> Array:
    """Return what an answer makes of a case, an array of finite numbers."""
    result = guarded(answer)(**case)
    value, n_states = as_array(result), len(case["terminal"])
    given = f"The inputs were {listed(case, shown)}."
    asked = f"Asked for is an array with a number for each state, [{n_states}]"
    if value is None or value.shape != (n_states,):
        key = "other shape" if value is not None else "other type"
        if value is not None and value.shape == case["transition"].shape[:2]:
            key = "action values"
        raise Wrong(key, f"{asked}, not {describe(result)}.\n{given}")
    if kind_of(result) != "array":
        raise Wrong("other type", f"{asked}, not a {kind_of(result)}.\n{given}")
    is_nan, size = np.isnan(value), np.abs(value)
    if is_nan.any() and not is_nan.all() and (size[~is_nan] < FAR).all():
        raise Wrong("nan", f"{given}\nYours: {shown(value)}.", state=is_nan.argmax())
    if not (size < FAR).all():
        raise Wrong("not finite", f"{given}\nYours: {shown(value)}.")
    return value


def _margin(case: Case) -> float:
    return float(case["tolerance"] / (1 - case["gamma"])) + 1e-4


def _is_near(value: Array, case: Case) -> bool:
    right = solved(*_tables(case))
    slack = 1e-6 * np.abs(right).max()  # of float32
    return bool(np.abs(value - right).max() <= _margin(case) + slack)


def _is_right(answer: Any, case: Case) -> bool:
    return _is_near(_values(answer, case), case)


def _of_the_loop(wrong: Wrong, answer: Any, case: Case) -> Wrong:
    """Say of a loop without an end what its variables show."""
    stop = wrong.__context__
    code = getattr(inspect.unwrap(answer), "__code__", None)
    frames = [
        frame
        for frame, _ in traceback.walk_tb(stop.__traceback__ if stop else None)
        if frame.f_code is code
    ]
    if wrong.key != "endless" or not frames:
        return wrong
    p, r, end, g = _tables(case)
    own = {
        name: array
        for name, value in frames[-1].f_locals.items()
        if name not in frames[-1].f_code.co_varnames[:5]
        and (array := as_array(value)) is not None
    }
    tables = [
        x if x.ndim == 1 else x.max(-1)
        for x in own.values()
        if x.shape in (end.shape, p.shape[:2])
    ]
    first = _sweep(p, r, end, g, np.zeros(len(end)))
    is_there = any(np.allclose(x, solved(p, r, end, g), atol=1e-2) for x in tables)
    for name, x in own.items():
        if is_there and not x.ndim and np.isclose(x, np.abs(first).max()):
            return Wrong("endless, largest move ever", wrong.case, name=name)
    if is_there:
        return Wrong("endless, values stand still", wrong.case)
    if any(np.allclose(x, first) for x in tables):
        return Wrong("endless, same table", wrong.case)
    return wrong


def _name(answer: Any, pairs: list[tuple[Array, Case]]) -> tuple[str, dict[str, Any]]:
    """Name the misconception of values that are not right, with details for its
    words.
    """
    for value, case in pairs:
        if _of_ends(value, case).any():
            state = case["terminal"].argmax()
            return "terminal kept", {"state": state, "value": value[state]}
    if all(value.dtype.kind in "biu" for value, _ in pairs):
        return "whole numbers", {}
    for sweep in (_sweep, _sweep_in_place):
        if all(
            np.allclose(value, sweep(*_tables(case), np.zeros(len(value))), atol=1e-4)
            for value, case in pairs
        ):
            return "one sweep", {}
    for key, wrong_sweep in WRONG_SWEEPS:
        if all(_stands_still(value, case, wrong_sweep) for value, case in pairs):
            return key, {}
    if all(
        np.abs(value - misprinted(*_tables(case)).max(-1)).max() < _margin(case)
        for value, case in pairs
    ):
        return "maximum too early", {}
    return next(_of_the_stop(answer), None) or _still_moving(answer, pairs)


def _stands_still(value: Array, case: Case, sweep: Function) -> bool:
    move, large = np.abs(sweep(*_tables(case), value) - value).max(), abs(value).max()
    # values that grow without end stand still beside their size
    return bool(move <= 2 * case["tolerance"] + (1e-2 * large if large > 100 else 1e-5))


def _of_the_stop(answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find out by which rule a loop stops too early."""
    try:
        right = [k for k in (0, 1, 3, 4) if _is_right(answer, _one_slow(k))]
        if right in ([0], [4]):
            yield "one state decides", {"state": "last" if right[0] else "first"}
        signs = [_is_right(answer, staying(sign, 0.9, 1e-2)) for sign in (1.0, -1.0)]
        if signs[0] != signs[1]:
            # beside values that are larger and smaller, and stand still
            has_sign = any(
                _is_right(answer, _slow_table(0.9, sign, sign)) for sign in (1.0, -1.0)
            )
            yield "sign of the move" if has_sign else "largest value", {}
        yield from _of_one_state(answer)
    except Wrong:  # endless or not finite, on these
        return
    if all(signs) and not _is_right(answer, _slow_table(0.9, 1.0, -1.0)):
        yield "few move", {}


def _of_one_state(answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Measure the last move of a loop on a single state that is paid in each step: it
    falls like gamma^k.
    """
    gamma, paid, tolerance = 0.99, 20.0, 0.01
    seen = [
        (1 - _values(answer, staying(reward, gamma, some))[0] * (1 - gamma) / reward)
        for reward, some in ((paid, tolerance), (1.0, tolerance), (paid, 1e-5))
    ]
    if min(seen) < 1e-12:
        return
    counts = [round(float(np.log(share) / np.log(gamma))) for share in seen]
    if counts[0] == counts[1] == counts[2]:
        if counts[0] < 4 and _is_right(answer, _chain()):
            yield "policy stands still", {}
        yield ("many sweeps", {"n": counts[0]}) if counts[0] > 1 else ("one sweep", {})
        return
    if counts[0] == counts[2]:
        yield "other tolerance", {}
        return
    move, value = paid * seen[0], paid * (1 - seen[0]) / (1 - gamma)
    for key, threshold in (
        ("relative tolerance", tolerance + 1e-5 * value),
        ("relative tolerance", tolerance * value),
        ("square of the move", np.sqrt(tolerance)),
        ("square of the move", np.sqrt(2 * tolerance)),
        ("error for move", tolerance / (1 - gamma)),
        ("few move", 2 * tolerance),
    ):
        if move * 0.99 <= threshold <= move / gamma**2 * 1.01:
            yield key, {}


def _still_moving(
    answer: Any, pairs: list[tuple[Array, Case]]
) -> tuple[str, dict[str, Any]]:
    value, case = next(pair for pair in pairs if not _is_near(*pair))
    try:
        if not _is_right(answer, {**case, "tolerance": 1e-9}):
            return "other equation", {}
    except Wrong:  # endless
        pass
    move = np.abs(_sweep(*_tables(case), value) - value).max()
    return "still moving", {"move": move, "tolerance": case["tolerance"]}
