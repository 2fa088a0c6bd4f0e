"""Sweeps of value iteration, right and wrong, and tables on which loops that stop too
early can be told apart.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.backups import (
    BACKUP_FLAWS,
    RARE_FLAWS,
    backup,
    backup_of,
    ends_as_0,
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


def swept(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
    """Return the values `[S]` after one sweep."""
    return np.where(end, 0, backup(p, r, g, v).max(-1))


def sweep_in_place(p: Array, r: Array, end: Any, g: float, v: Array) -> Array:
    """Return the values `[S]` after a sweep that reads what it has written."""
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
        "ends at the first end",
        lambda p, r, end, g, v: swept(p, r, np.maximum.accumulate(end), g, v),
    ),
    (
        "two maxima",
        lambda p, r, end, g, v: (p * r).sum(-1).max(-1) + g * (p @ v).max(-1),
    ),
    *(
        pair
        for pair in (
            *((key, _sweep_of(**parts)) for key, parts in RARE_FLAWS),
            *flawed(_sweep_of, (*CHOICES, *BACKUP_FLAWS)),
        )
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
        new_v = swept(p, r, end, g, v)
        v, move = new_v, np.abs(new_v - v).max()
    return v


def solved(p: Array, r: Array, end: Any, g: float) -> Array:
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


def turned(case: Case) -> dict[str, Any]:
    """Return a case with its states in the opposite order."""
    p, r, end, _ = tables_of(case)
    return {
        **case,
        "transition": p[::-1, :, ::-1].copy(),
        "reward": r[::-1, :, ::-1].copy(),
        "terminal": end[::-1].copy(),
    }


def twins() -> dict[str, Any]:
    """Return two states without an end that move alike."""
    transition = np.eye(2)[:, None]
    return task(transition, transition, [False] * 2, 0.9, tolerance=1e-3)


def slow_table(gamma: float, *paid: float) -> dict[str, Any]:
    """Return twelve states: two that stay where they are and are paid this in each
    step, two that are paid much once, with either sign, so that no move of the others
    shows in the largest value or the norm, and eight without pay.
    """
    transition, reward = np.zeros((2, 12, 2, 12))
    transition[:, :, 11] = 1.0
    transition[:2], reward[:2] = np.eye(12)[:2, None], np.array(paid)[:, None, None]
    reward[2, :, 11], reward[3, :, 11] = 1e4, -1e4
    return task(transition, reward, np.arange(12) == 11, gamma, tolerance=1e-2)


def one_slow(state: int) -> dict[str, Any]:
    """Return five states, the third one terminal, of which one alone moves for long."""
    transition, reward = np.zeros((2, 5, 1, 5))
    transition[:, 0, 2] = 1.0
    transition[state, 0], reward[state, 0, state] = np.eye(5)[state], 1.0
    return task(transition, reward, np.arange(5) == 2, 0.9, tolerance=1e-3)


def chain() -> dict[str, Any]:
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
    slow_table(0.9, 1.0, -1.0),
    *map(one_slow, (0, 1, 3, 4)),
)


def tables_of(case: Case) -> tuple[Any, Any, Any, Any]:
    """Return the tables of a case and its gamma."""
    return case["transition"], case["reward"], case["terminal"], case["gamma"]


def put_in_words(value: Any) -> str:
    """Return a single number as it is, small arrays in full, others by shape."""
    return describe(value) if isinstance(value, float) else shown(value)


def values_of(answer: Any, case: Case) -> Array:
    """Return what an answer makes of a case, an array of finite numbers."""
    result = guarded(answer)(**case)
    value, n_states = as_array(result), len(case["terminal"])
    given = f"The inputs were {listed(case, put_in_words)}."
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


def margin_of(case: Case) -> float:
    """Return how far values may be from the right ones."""
    return float(case["tolerance"] / (1 - case["gamma"])) + 1e-4


def is_near(value: Array, case: Case) -> bool:
    """Say whether values are within that margin of the right ones."""
    right = solved(*tables_of(case))
    slack = 1e-6 * np.abs(right).max()  # of float32
    return bool(np.abs(value - right).max() <= margin_of(case) + slack)


def is_right(answer: Any, case: Case) -> bool:
    """Say whether what an answer makes of a case is."""
    return is_near(values_of(answer, case), case)
