"""Backups on small random tables, right and wrong: what exercises about the Bellman
equation are judged by.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.mdp import Array


def backup(p: Array, r: Array, g: float, v: Array) -> Array:
    """Return the values `[..., A]` of the actions, given those of the next states.
    Source: Sutton & Barto (2018), equation 3.14. Taught in 01_bellman_equation.
    """
    return np.asarray((p * (r + g * v)).sum(-1))


WRONG_BACKUPS: tuple[tuple[str, Function], ...] = (
    ("value of s", lambda p, r, end, g, v: (p * (r + g * v[:, None, None])).sum(-1)),
    ("no discount", lambda p, r, end, g, v: (p * (r + v)).sum(-1)),
    ("reward discounted", lambda p, r, end, g, v: g * (p * (r + v)).sum(-1)),
    ("reward masked", lambda p, r, end, g, v: (p * ~end * (r + g * v)).sum(-1)),
    ("mean over states", lambda p, r, end, g, v: (r + g * v).mean(-1)),
    ("brackets", lambda p, r, end, g, v: (p * r + g * v).sum(-1)),
    ("brackets", lambda p, r, end, g, v: (p * r).sum(-1) + g * v.sum()),
    ("last one only", lambda p, r, end, g, v: (p * (r + g * v))[..., -1]),
    ("terminal not 0", lambda p, r, end, g, v: backup(p, r, g, v)),
)


def wrong_backups(
    task: Callable[[Function], Function] = lambda wrong: wrong,
) -> list[tuple[str, Function]]:
    """Return what `task` makes of each wrong backup, with and without a mask on what it
    reads and writes.
    """

    def made(backup: Function, reads: bool, writes: bool) -> Function:
        def wrong(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
            q = backup(p, r, end, g, np.where(end, 0, v) if reads else v)
            return np.where(end[:, None], 0, q) if writes else q

        return task(wrong)

    return [
        (key, made(f, x, y))
        for key, f in WRONG_BACKUPS
        for x in (True, False)
        for y in (True, False)
    ]


def sample_mdp(rng: np.random.Generator, ends_last: bool = False) -> dict[str, Any]:
    """Return a small random MDP, S above A, with one or two terminal states; the last
    one too if asked for.
    """
    n_states, n_actions = ((4, 2), (5, 2), (6, 2), (4, 3))[rng.integers(4)]
    transition = (
        0.7 * rng.dirichlet(np.full(n_states, 0.3), (n_states, n_actions))
        + 0.3 / n_states
    )
    reward, terminal = rng.normal(size=transition.shape), np.zeros(n_states, bool)
    terminal[rng.permutation(n_states)[: int(rng.integers(1, 3))]] = True
    terminal[-1] |= ends_last
    transition[terminal], reward[terminal] = np.eye(n_states)[terminal][:, None], 0.0
    return {
        "transition": transition,
        "reward": reward,
        "terminal": terminal,
        "gamma": float(rng.uniform(0.6, 0.93)),
    }


def expected_backup(
    p: Array, r: Array, end: Array, g: float, pi: Array, v: Array
) -> Array:
    """Return one backup under a policy, `[S]`. Source: Sutton & Barto (2018), equation
    4.5.
    """
    return np.asarray((pi * backup(p, r, g, np.where(end, 0, v))).sum(-1))


def greedy(q: Array) -> Array:
    """Return the greedy policy, `[S, A]`, the first of equals. Source: Sutton & Barto
    (2018), section 4.2.
    """
    return np.asarray(np.eye(q.shape[-1])[q.argmax(-1)])


def optimal_backup(best: Function = lambda q: q.max(-1)) -> Function:
    """Return the backup of a table `[S, A]` that takes this of each next state. Source:
    Sutton & Barto (2018), equation 3.20.
    """
    return lambda p, r, end, g, q: backup(p, r, g, np.where(end, 0, best(q)))
