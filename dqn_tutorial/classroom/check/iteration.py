"""How value iteration is judged, by where it ends and by when it stops."""

import inspect
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.backups import sample_mdp
from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, listed
from dqn_tutorial.classroom.check.sweeps import (
    BY_HAND,
    ENDS,
    STAYING,
    WRONG_SWEEPS,
    Case,
    chain,
    is_near,
    is_right,
    margin_of,
    misprinted,
    one_slow,
    put_in_words,
    slow_table,
    solved,
    staying,
    sweep_in_place,
    swept,
    tables_of,
    turned,
    twins,
    values_of,
)
from dqn_tutorial.classroom.check.values import as_array, shown
from dqn_tutorial.classroom.check.watched import last_compared
from dqn_tutorial.mdp import Array


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
                pairs.append((values_of(answer, case), case))
            except Wrong as wrong:
                if wrong.key in ENDS and not all(is_near(*pair) for pair in pairs):
                    break  # the cases before it tell more
                raise _of_the_loop(wrong, answer, case) from None
        far = [pair for pair in pairs if not is_near(*pair)]
        if far:
            kept = [pair for pair in pairs if _of_ends(*pair).any()]
            key, details = _name(answer, pairs)
            raise Wrong(key, _said(*(kept or far)[0]), **details)


def _of_ends(value: Array, case: Case) -> Array:
    return value[case["terminal"]]


def _said(value: Array, case: Case) -> str:
    """Show a case with the values that came out and those that are right."""
    margin = case["tolerance"] / (1 - case["gamma"])
    return (
        f"Inputs: {listed(case, put_in_words)}.\n"
        f"Right: {shown(solved(*tables_of(case)))}, each within {margin:.3g}.\n"
        f"Yours: {shown(value)}."
    )


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
    p, r, end, g = tables_of(case)
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
    first = swept(p, r, end, g, np.zeros(len(end)))
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
    if not any(value.any() for value, _ in pairs):
        return "no sweep", {}
    for sweep in (swept, sweep_in_place):
        if all(
            np.allclose(value, sweep(*tables_of(case), np.zeros(len(value))), atol=1e-4)
            for value, case in pairs
        ):
            return _one_sweep(answer)
    for key, wrong_sweep in WRONG_SWEEPS:
        if all(_stands_still(value, case, wrong_sweep) for value, case in pairs):
            is_old = key == "maximum from 0" and _keeps_the_old(answer)
            return "old value kept" if is_old else key, {}
    if all(
        np.abs(value - misprinted(*tables_of(case)).max(-1)).max() < margin_of(case)
        for value, case in pairs
    ):
        return "maximum too early", {}
    far = [pair for pair in pairs if not is_near(*pair)]
    if (
        any(far[0][1] is case for case in STAYING)  # right on the others
        or all(_is_of_a_loop(*pair) for pair in far[:8])
        or _follows(answer, far[0][1])
    ):
        return next(_of_the_stop(answer), None) or _still_moving(*far[0])
    return "other equation", {}


def _stands_still(value: Array, case: Case, sweep: Function) -> bool:
    move, large = np.abs(sweep(*tables_of(case), value) - value).max(), abs(value).max()
    # values that grow without end stand still beside their size
    return bool(move <= 2 * case["tolerance"] + (1e-2 * large if large > 100 else 1e-5))


def _of_the_stop(answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find out by which rule a loop stops too early."""
    try:
        right = [k for k in (0, 1, 3, 4) if is_right(answer, one_slow(k))]
        if right in ([0], [4]):
            end_decides = staying(1.0, 0.9, 0.01)
            if not right[0]:
                end_decides = turned(end_decides)
            key = "one state decides"
            if not is_right(answer, end_decides):
                key += ", an end too"
            yield key, {"state": "last" if right[0] else "first"}
        signs = [is_right(answer, staying(sign, 0.9, 1e-2)) for sign in (1.0, -1.0)]
        if signs[0] != signs[1]:
            # beside values that are larger and smaller, and stand still
            has_sign = any(
                is_right(answer, slow_table(0.9, sign, sign)) for sign in (1.0, -1.0)
            )
            yield "sign of the move" if has_sign else "largest value", {}
        yield from _of_one_state(answer)
    except Wrong:  # endless or not finite, on these
        return
    if all(signs) and not is_right(answer, slow_table(0.9, 1.0, -1.0)):
        yield "few move", {}


def _of_one_state(answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Measure the last move of a loop on a single state that is paid in each step: it
    falls like gamma^k.
    """
    gamma, paid, tolerance = 0.99, 20.0, 0.01
    tried = (
        (paid, gamma, tolerance),
        (1.0, gamma, tolerance),
        (paid, gamma, 1e-5),
        (paid, 0.995, tolerance),
    )
    left = [
        1 - values_of(answer, staying(*one))[0] * (1 - one[1]) / one[0] for one in tried
    ]
    if min(left) < 1e-12:
        return
    n, of_less_pay, of_less_tolerance, of_more_gamma = (
        round(float(np.log(share) / np.log(one[1])))
        for share, one in zip(left, tried, strict=True)
    )
    if n == of_less_pay == of_less_tolerance == of_more_gamma:
        if 0 < n < 4 and is_right(answer, chain()):
            yield "policy stands still", {}
        yield ("many sweeps", {"n": n}) if n > 1 else _one_sweep(answer)
    elif n == of_less_tolerance:
        yield "other tolerance", {}
    for key, threshold in (
        ("relative tolerance", lambda g, v: tolerance + 1e-5 * v),
        ("relative tolerance", lambda g, v: tolerance * v),
        ("square of the move", lambda g, v: tolerance**0.5),
        ("square of the move", lambda g, v: (2 * tolerance) ** 0.5),
        ("error for move", lambda g, v: tolerance / (1 - g)),
        ("few move", lambda g, v: 2 * tolerance),
    ):
        moves = [
            (paid * left[k], g, threshold(g, paid * (1 - left[k]) / (1 - g)))
            for k, g in ((0, gamma), (3, 0.995))
        ]
        if all(0.99 * move <= most <= 1.01 * move / g**2 for move, g, most in moves):
            yield key, {}


def _keeps_the_old(answer: Any) -> bool:
    """Tell the maximum with the old value from that with 0: from 0 on both give the
    same, unless a value falls after the first sweep, as with a gamma below 0.
    """
    try:
        return bool(np.isclose(values_of(answer, staying(1.0, -0.5, 1e-3))[0], 1.0))
    except (Wrong, OwnError):
        return False


def _one_sweep(answer: Any) -> tuple[str, dict[str, Any]]:
    """Tell loops that stop after one sweep from each other, and from no loop."""
    if is_right(answer, twins()):
        return "smallest move", {}

    def run(tolerance: float) -> None:
        with suppress(Wrong, OwnError):
            values_of(answer, staying(1.0, 0.9, tolerance))

    code = getattr(inspect.unwrap(answer), "__code__", None)
    move, names = last_compared(code, run, 0.01)
    if move > 0.01:
        return "one sweep, large move", {"move": move}
    if move != 0:
        return "one sweep", {}
    if names:
        return "one sweep, one array", {"one": names[0], "other": names[1]}
    return "one sweep, no move", {}


def _is_of_a_loop(value: Array, case: Case) -> bool:
    """Say whether each value is one that right sweeps from 0 pass through."""
    passed = [np.zeros(len(value))]
    for sweep in (swept, sweep_in_place):
        v = np.zeros(len(value))
        for _ in range(300):
            v = sweep(*tables_of(case), v)
            passed.append(v)
    return bool(np.isclose(passed, value, 1e-5, 1e-5).any(0).all())


def _follows(answer: Any, case: Case) -> bool:
    """Say whether a smaller tolerance brings the values to the right ones."""
    try:
        return is_right(answer, {**case, "tolerance": 1e-9})
    except Wrong as wrong:
        return wrong.key == "endless"


def _still_moving(value: Array, case: Case) -> tuple[str, dict[str, Any]]:
    move = np.abs(swept(*tables_of(case), value) - value).max()
    return "still moving", {"move": move, "tolerance": case["tolerance"]}
