"""Judging epsilon-greedy choices: what is drawn is counted over many batches."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe
from dqn_tutorial.mdp import Array

Choice = Callable[[NDArray[Any], float, int], NDArray[Any]]
Table = tuple[NDArray[Any], NDArray[Any], int]


def _choose(
    own: Any,
    q_values: NDArray[Any],
    epsilon: float,
    seed: int,
    is_training: bool = True,
) -> NDArray[Any]:
    """Ask for actions and refuse what is none."""
    given = np.random.default_rng(seed)
    result = own(q_values=q_values, epsilon=epsilon, rng=given, is_training=is_training)
    action, (n_states, n_actions) = as_array(result), q_values.shape
    if action is None or action.shape != (n_states,):
        if action is not None and action.shape == (n_actions,):
            raise Wrong("one for each action")
        raise Wrong("other shape", result=describe(result))
    if action.dtype.kind == "f":
        raise Wrong("float actions")
    if action.dtype.kind not in "iu":
        raise Wrong(
            "other type",
            f"Return whole numbers, shape [B]; you return {describe(result)}.",
        )
    if action.min() < 0 or action.max() >= n_actions:
        raise Wrong("no such action")
    return action


def _flaw_of_chance(choose: Choice, tables: list[Table], epsilon: float = 0.4) -> str:
    """Return the key of what is wrong with the chance in epsilon-greedy choices for
    batches of states, or nothing.

    Limits are five standard deviations or more away from what a right answer gives.

    Args:
        choose: takes Q-values [B, A], epsilon and a seed, gives the actions [B].
        tables: for each batch its Q-values, the greedy actions and a seed; B is the
            same in all.
        epsilon: with which coins are judged.
    """
    chosen = [choose(q_values, epsilon, seed) for q_values, _, seed in tables]
    moved = [
        action != greedy for action, (_, greedy, _) in zip(chosen, tables, strict=True)
    ]
    whole = np.array([flags.mean() for flags in moved])
    if (whole == 0).mean() > 0.2:
        return "one coin"
    if all(
        len(set(action[flags])) <= 1
        for action, flags in zip(chosen, moved, strict=True)
    ):
        return "one random action"
    n_actions = np.array([q_values.shape[1] for q_values, _, _ in tables])
    for side in (0 * n_actions, n_actions - 1):
        if not any(
            (action[flags] == a).any()
            for action, flags, a in zip(chosen, moved, side, strict=True)
        ):
            return "action left out"
    p = epsilon * (n_actions - 1) / n_actions
    if abs((whole - p).mean()) > 0.03:
        return (
            "never hits the greedy"
            if abs(whole.mean() - epsilon) < 0.03
            else "other probability"
        )
    for n in set(n_actions.tolist()):
        moves = [
            action[flags]
            for action, flags, of in zip(chosen, moved, n_actions, strict=True)
            if of == n
        ]
        share = np.bincount(np.concatenate(moves), minlength=n)
        if np.abs(share / share.sum() - 1 / n).max() > 0.12:
            return "uneven"
    scaled = (np.array(moved) - p[:, None]) / np.sqrt(p * (1 - p))[:, None]
    return _flaw_of_coins(scaled) or _flaw_of_actions(choose, tables)


def _flaw_of_coins(scaled: Array) -> str:
    """Look at coins [batches, B] of mean 0 and variance 1: at how many fall in a batch,
    and at each pair of states.
    """
    n_batches, n_states = scaled.shape
    # for independent coins both numbers are near 1
    spread = (scaled.sum(1) ** 2).mean() / n_states
    pairs = (scaled.T @ scaled)[np.triu_indices(n_states, k=1)] ** 2 / n_batches
    if spread > 1.7 or pairs.mean() > 1.2:
        return "coins shared"
    return "fixed number" if spread < 0.55 else ""


def _flaw_of_actions(choose: Choice, tables: list[Table]) -> str:
    """Where all is chance, look at how the numbers of each action vary, and at states
    that never change.
    """
    excess, freedom, same = 0.0, 0, []
    for q_values, _, seed in tables:
        n_states, n_actions = q_values.shape
        action, other = (choose(q_values, 1.0, k) for k in (seed, seed + 1))
        even = n_states / n_actions
        freedom += n_actions - 1
        excess += (
            (np.bincount(action, minlength=n_actions) - even) ** 2 / even
        ).sum() - (n_actions - 1)
        same.append((action == other).mean() - 1 / n_actions)
    if abs(excess) > 6 * np.sqrt(2 * freedom):  # chi-square
        return "dealt out" if excess < 0 else "actions shared"
    return "own seed" if np.mean(same) > 0.03 else ""


def judge_actions(answer: Any, rng: np.random.Generator) -> None:
    """Refuse a function that does not choose epsilon-greedily, with its flaw."""
    own = guarded(answer)

    def table(n_states: int, n_actions: int) -> Table:
        q_values = rng.normal(size=(n_states, n_actions)) - 1.5
        return q_values, q_values.argmax(-1), int(rng.integers(1 << 30))

    q_values, greedy, seed = table(2_000, 5)
    at_0, at_1 = _choose(own, q_values, 0.0, seed), _choose(own, q_values, 1.0, seed)
    measured = _choose(own, q_values, 0.9, seed, is_training=False)
    if (at_1 == greedy).all():
        raise Wrong(
            "epsilon inverted"
            if (at_0 != greedy).any()
            else "greedy when told to explore"
        )
    if (at_0 != greedy).any():
        raise Wrong("not greedy")
    if (measured != greedy).any():
        raise Wrong("explores when measured")
    first, again, *others = (
        _choose(own, q_values[:50], 0.5, seed + k) for k in (0, *range(17))
    )
    if not np.array_equal(first, again):
        raise Wrong("another generator")
    if all(np.array_equal(first, other) for other in others):
        raise Wrong("own seed")
    tables = [table(60, int(n_actions)) for n_actions in rng.integers(3, 6, size=150)]
    if key := _flaw_of_chance(partial(_choose, own), tables):
        raise Wrong(key)


def chosen(
    q_values: NDArray[Any], epsilon: float, rng: np.random.Generator, is_training: bool
) -> NDArray[Any]:
    """Choose an action for each state, epsilon-greedily."""
    greedy: NDArray[Any] = q_values.argmax(-1)
    if not is_training:
        return greedy
    explored = rng.random(len(greedy)) < epsilon
    anything = rng.integers(q_values.shape[1], size=len(greedy))
    return np.asarray(np.where(explored, anything, greedy))
