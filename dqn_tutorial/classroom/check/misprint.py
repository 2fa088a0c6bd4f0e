"""Tasks and numbers that learners give as examples of the Bellman optimality equation:
one on which the misprint loses, and a sweep on paper.
"""

from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.backups import expected_backup, greedy, optimal_backup
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong, guarded
from dqn_tutorial.classroom.check.sweeps import misprinted
from dqn_tutorial.classroom.check.values import as_array, describe, kind_of, shown
from dqn_tutorial.mdp import Array

GAMMA = 0.9  # of the slippery grid and of `judge_misprint`
LOST = 0.1
SECOND_SWEEP = 0.8 * GAMMA * 0.8 - 0.1  # v_2 of cell 1


def judge_misprint(answer: Any, rng: np.random.Generator) -> None:
    """Judge a task on which the misprinted optimality equation is to lose something.

    Raises:
        Wrong: no such task, or nothing lost.
    """
    p, r, end = _tables(guarded(answer)())
    if len(p) > 4:
        raise Wrong("too many states", f"Your `transition` has shape {list(p.shape)}.")
    rows = [(s, a, p[s, a]) for s, a in np.ndindex(*p.shape[:2])]
    for s, a, row in rows:
        if not (row >= 0).all() or not np.isclose(row.sum(), 1):
            raise Wrong("no probabilities", f"`transition[{s}, {a}]` is {shown(row)}.")
    if not (np.abs(r) <= 1).all():
        place = [*map(int, np.unravel_index(np.abs(r).argmax(), r.shape))]
        words = f"`reward{place}` is {describe(r[tuple(place)])}."
        raise Wrong("large rewards", words)
    for s, a, row in rows:
        if end[s] and (not np.isclose(row[s], 1) or r[s, a].any()):
            words = (
                f"State {s} is terminal. `transition[{s}, {a}]` is {shown(row)},"
                f" `reward[{s}, {a}]` is {shown(r[s, a])}."
            )
            raise Wrong("goes on after the end", words)
    if (p.max(-1) > 1 - 1e-9).all():
        raise Wrong("nothing slips", "Each row of your `transition` holds a single 1.")
    if p.shape[1] == 1:
        raise Wrong("one action", f"Your `transition` has shape {list(p.shape)}.")
    if not np.ptp(p, 1).any() and not np.ptp(p * r, 1).any():
        raise Wrong("nothing to choose")
    _refuse_small_loss(p, r, end)


def _refuse_small_loss(p: Array, r: Array, end: Array) -> None:
    q, wrong = np.zeros(p.shape[:2]), misprinted(p, r, end, GAMMA)
    worst = -q
    for _ in range(400):
        q = optimal_backup(p, r, end, GAMMA, q)
        worst = -optimal_backup(p, -r, end, GAMMA, -worst)
    most = (q.max(-1) - worst.min(-1)).max()
    if most < LOST - 1e-6:
        raise Wrong("too little to lose", most=most)
    # of the actions that the misprint finds equal, the best one
    equal = wrong >= wrong.max(-1, keepdims=True) - 1e-6
    policy, v = greedy(np.where(equal, q, -np.inf)), np.zeros(len(p))
    for _ in range(400):
        v = expected_backup(p, r, end, GAMMA, policy, v)
    lost = q.max(-1) - v
    if lost.max() >= LOST - 1e-6:
        return
    state = (lost if lost.max() > 1e-6 else np.ptp(q - wrong, -1)).argmax()
    case = (
        f"In state {state} the right action values are {shown(q[state])}, those of the"
        f" misprint {shown(wrong[state])}. Possible is"
        f" {q[state].max():.3g}; the policy of the misprint is worth {v[state]:.3g}."
    )
    if lost.max() > 1e-6:
        raise Wrong("too little", case, lost=lost.max())
    raise Wrong("nothing lost" if not np.allclose(q, wrong) else "no conflict", case)


def _tables(result: Any) -> tuple[Array, Array, Any]:
    parts = [*result] if isinstance(result, tuple | list) else [result]
    found = [as_array(part) for part in parts]
    shapes = f"You return {', '.join(map(describe, parts))}."
    match found:
        case [np.ndarray() as p, np.ndarray() as r, np.ndarray() as end]:
            pass
        case _:
            raise Wrong("other shapes", shapes)
    if any(kind_of(part) != "array" for part in parts):
        raise Wrong("no arrays", f"You return {', '.join(map(kind_of, parts))}.")
    n = p.shape[-1] if p.ndim else 0
    if p.ndim == 3 and p.shape[0] != n == p.shape[1]:
        raise Wrong("actions first", shapes)
    if p.ndim == 3 and r.shape == p.shape[:2] != p.shape:
        raise Wrong("reward without next states", shapes)
    if p.ndim == 3 and p.shape == r.shape and end.shape != (n,):
        raise Wrong("no flags", shapes)
    if p.ndim != 3 or p.shape != r.shape or p.shape[0] != n or not p.size:
        raise Wrong("other shapes", shapes)
    if not np.isin(end, (0, 1)).all():
        raise Wrong("no flags", f"Your `terminal` is {shown(end)}.")
    return p.astype(float), r.astype(float), end.astype(bool)


def gamble() -> tuple[Array, Array, Array]:
    """Return a task in which one must see what came out before one chooses."""
    transition, reward = np.zeros((2, 4, 2, 4))
    transition[0, 0, [1, 2]] = 0.5
    transition[0, 1, 3] = transition[1:, :, 3] = 1.0
    reward[0, 1, 3] = 0.5
    reward[[1, 2], [0, 1], 3], reward[[1, 2], [1, 0], 3] = 1.0, -1.0
    return transition, reward, np.arange(4) == 3


# what a sum of three products gives where one of them is wrong
WRONG_NUMBERS = (
    ("hole forgotten", 0.576),
    ("gamma forgotten + hole forgotten", 0.64),
    ("gamma twice + hole forgotten", 0.81 * 0.64),
    ("gamma forgotten", 0.64 - 0.1),
    ("hole discounted", 0.9 * (0.64 - 0.1)),
    ("gamma twice", 0.81 * 0.64 - 0.1),
    ("never slips", 0.72),
    ("never slips", 0.9),
    ("never slips", 0.8),
    ("first sweep", 0.0),
    ("first sweep", -0.1),
    ("last chance left out", 0.72 - 0.1),
    ("last chance left out", 0.81 - 0.1),
    ("hole in full", 0.576 - 1),
    ("hole with 0.2", 0.576 - 0.2),
    ("hole as a gain", 0.576 + 0.1),
    ("hole goes on", 0.576 - 0.1 - 0.1 * 0.9),
    ("cell 6 for the hole", 0.576 - 0.1 * 0.9 * 0.2),
    ("cell 6 too", 0.476 - 0.1 * 0.9 * 0.2),
    ("wall brings cell 2", 0.476 + 0.1 * 0.9 * 0.8),
    ("goal now", 0.8 * (1 + 0.72) - 0.1),
    ("goal now", 0.8 * (1 + 0.72)),
    ("goal now", 0.8 - 0.1),
    ("other action", 0.072),
    ("other action", 0.072 - 0.8),
    ("mean of the actions", (0.476 + 0.072 - 0.728 - 0.1) / 4),
    ("sum of the actions", 0.476 + 0.072 - 0.728 - 0.1),
    ("rounded", 0.48),
    ("rounded", 0.5),
    ("rounded", 0.47),
    ("sign", -0.476),
    ("percent", 47.6),
)


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
    if abs(number - SECOND_SWEEP) < 6e-4:
        return
    for key, value in WRONG_NUMBERS:
        if abs(number - value) < 6e-4:
            raise Wrong(key)
    raise Wrong("other number")
