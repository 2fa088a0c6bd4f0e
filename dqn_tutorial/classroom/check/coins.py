"""Judging epsilon-greedy choices for batches: one case after the other by hand, then
chance, counted over many batches.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.frequencies import flaw_of_shares, plan
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe, kind_of, shown
from dqn_tutorial.mdp import Array

Choice = Callable[..., NDArray[Any]]
# batches of Q-values, of one size B, with a seed each
Tables = Sequence[tuple[NDArray[Any], int]]
N_ROWS = 500  # in one batch, so that a loop over them is quick enough
HALF = 0.4  # an epsilon with which coins are judged
# all greedy: no axis and no size is like another, then they are, and one state alone
BY_HAND: tuple[NDArray[Any], ...] = (
    np.array([[1.0, 3.0, 2.0], [4.0, 0.0, 2.0]]),
    np.array([[-2.0, -1.0], [-3.0, -4.0], [-2.0, -1.0]]),
    np.array([[1.0, 3.0], [0.0, 4.0]]),
    np.array([[0.0, 2.0, 1.0]]),
    np.array([[0.5, 1.5, 0.0], [2.0, 1.0, 0.0]], np.float32),
    np.array([[2.0, 2.0], [0.0, 1.0]]),  # two largest
)


def _inputs(q_values: Array, epsilon: float, is_training: bool) -> str:
    return (
        f"`q_values` {shown(q_values)}, `epsilon` {epsilon:g}, `is_training`"
        f" {is_training}"
    )


def _choose(
    own: Any,
    q_values: NDArray[Any],
    epsilon: float,
    seed: int,
    is_training: bool = True,
) -> NDArray[Any]:
    """Ask for actions and refuse what is none."""
    given, (n_states, n_actions) = np.random.default_rng(seed), q_values.shape
    inputs = f"The inputs were {_inputs(q_values, epsilon, is_training)}."
    try:
        result = own(
            q_values=q_values, epsilon=epsilon, rng=given, is_training=is_training
        )
    except Wrong as wrong:
        wrong.case += f"\n{inputs}"
        raise
    except OwnError as error:
        if "truth value of an array" in error.text:
            raise Wrong("one coin for all", str(error)) from None
        raise
    action = as_array(result)
    form = f"Your function returns {describe(result)}; asked for is [{n_states}] int."
    if action is None:
        raise Wrong("other type", f"{form}\n{inputs}")
    if action.shape != (n_states,):
        key = "other shape"
        if action.shape == (n_actions,):
            key = "over the states"
        elif n_states == 1 and action.ndim == 0:
            key = "batch of one"
        elif action.ndim == 0 or action.shape == (1,):
            key = "one action for all"
        raise Wrong(key, f"{form}\n{inputs}")
    if kind_of(result) != "array":
        raise Wrong(
            "other type",
            f"Your function returns a {kind_of(result)}; asked for is an array.\n"
            + inputs,
        )
    if action.dtype.kind == "f":
        are_values = n_actions > 1 and np.isin(q_values.max(-1), action).all()
        key = "values for actions" if are_values else "float actions"
        raise Wrong(key, f"{form}\nYours: {shown(action)}.\n{inputs}")
    if action.dtype.kind not in "iu":
        raise Wrong("other type", f"{form}\n{inputs}")
    if action.min() < 0 or action.max() >= n_actions:
        is_flat = (action == q_values.argmax()).all()
        key = "one maximum" if is_flat else "no such action"
        raise Wrong(key, f"Yours: {shown(action)}.\n{inputs}")
    return action


def _judge_by_hand(own: Any, seed: int) -> None:
    """Refuse a function that is not greedy where nothing is left to chance."""
    for q in BY_HAND:
        n_states, n_actions = q.shape
        best = q.argmax(-1)
        for epsilon, is_training in ((0.0, True), (1.0, False)):
            case = f"Inputs: {_inputs(q, epsilon, is_training)}.\nRight: {shown(best)}."
            try:
                action = _choose(own, q, epsilon, seed, is_training)
            except (OwnError, Wrong) as error:
                # all is well but for two largest values
                if q is BY_HAND[-1] and getattr(error, "key", "") != "endless":
                    words = str(error) if isinstance(error, OwnError) else error.case
                    raise Wrong("several largest", words) from None
                raise
            if (q[np.arange(n_states), action] == q.max(-1)).all():
                continue
            case += f"\nYours: {shown(action)}."
            if n_states == n_actions and (action == q.argmax(0)).all():
                raise Wrong("over the states", case)
            many = np.tile(q, (N_ROWS // n_states, 1))
            is_greedy = (_choose(own, many, 1.0, seed) == many.argmax(-1)).all()
            if is_training:
                flaw = _flaw_of_choices(partial(_choose, own), seed)
                raise Wrong(flaw.key if flaw else "not greedy", case)
            key = "is_training inverted" if is_greedy else "explores when measured"
            raise Wrong(key, case)


def _flaw_of_choices(choose: Choice, seed: int) -> Wrong | None:
    """Return what is wrong with the frequencies of actions, or None."""
    cases, found = plan(np.random.default_rng(seed)), []
    for q, epsilon, n in cases:
        size = min(n, N_ROWS)
        some = [
            choose(np.tile(q, (size, 1)), epsilon, seed + k) for k in range(n // size)
        ]
        found.append(np.bincount(np.concatenate(some), minlength=len(q)) / n)
    return flaw_of_shares(cases, found)


def _flaw_of_batches(choose: Choice, tables: Tables) -> str:
    """Return the key of what the states of a batch have in common, or nothing.

    How likely each action is plays no part. Limits are five standard deviations or
    more away from what a right answer gives.

    Args:
        choose: takes Q-values [B, A], epsilon and a seed, gives the actions [B].
        tables: of two sizes A at least.
    """
    mixed = [choose(q, HALF, seed) for q, seed in tables]
    moved = np.array(
        [action != q.argmax(-1) for action, (q, _) in zip(mixed, tables, strict=True)]
    )
    drawn = [choose(q, 1.0, seed) for q, seed in tables]
    if ((whole := moved.mean(1)) == 0).mean() > 0.2 and whole.any():
        return "one coin"
    if moved.any() and all(
        len(set(action[flags])) <= 1 for action, flags in zip(mixed, moved, strict=True)
    ):
        return "one random action"
    n_actions = np.array([q.shape[1] for q, _ in tables])
    excess, freedom, same, is_dealt = 0.0, 0, [], True
    scaled = np.zeros(moved.shape)
    for n in set(n_actions.tolist()):
        here = np.flatnonzero(n_actions == n)
        of_n = np.array([drawn[k] for k in here])
        p = np.bincount(of_n.ravel(), minlength=n) / of_n.size
        counts = np.array([np.bincount(row, minlength=n) for row in of_n])
        is_dealt &= bool((np.ptp(counts, 1) <= 1).all())
        even = (of_n.shape[1] * p).clip(1e-9)
        freedom += (len(here) - 1) * ((p > 0).sum() - 1)
        excess += ((counts - even) ** 2 / even).sum()
        same += ((of_n[1:] == of_n[:-1]).mean(1) - (p**2).sum()).tolist()
        share = moved[here].mean()
        scaled[here] = (moved[here] - share) / np.sqrt(share * (1 - share) or 1)
    # for independent coins both numbers are near 1
    of_state = len(tables) * (scaled.mean(0) ** 2).mean()
    n_states = moved.shape[-1]
    spread = (scaled.sum(1) ** 2).mean() / n_states
    pairs = (scaled.T @ scaled)[np.triu_indices(n_states, k=1)] ** 2
    if is_dealt:
        return "dealt out"
    if np.mean(same) > 0.03:
        return "own seed"
    if of_state > 3:
        return "coins by place"
    if spread > 1.7 or pairs.mean() / len(tables) > 1.25:
        return "coins shared"
    if moved.any() and spread < 0.55:
        return "fixed number"
    if abs(excess - freedom) > 6 * np.sqrt(2 * freedom):  # chi-square
        return "dealt out" if excess < freedom else "actions shared"
    # two states, for one coin that falls nearly always where there are many
    few = [(q[:2], seed + k) for k in range(4) for q, seed in tables if q.shape[1] > 3]
    off = np.array([choose(q, 0.5, seed) != q.argmax(-1) for q, seed in few])
    alone, by_chance = (off[:, 0] != off[:, 1]).mean(), 2 * off.mean() * (~off).mean()
    return "one coin" if alone < 0.74 * by_chance else ""


def judge_actions(answer: Any, rng: np.random.Generator) -> None:
    """Refuse a function that does not choose epsilon-greedily, with its flaw."""
    own, seed = guarded(answer), int(rng.integers(1 << 30))
    _judge_by_hand(own, seed)
    choose = partial(_choose, own)

    def table(n_states: int, n_actions: int) -> NDArray[Any]:
        return rng.normal(size=(n_states, n_actions)) - 1.5

    q = table(50, 4)
    told = _choose(own, q, 1.0, seed)
    if (told == q.argmax(-1)).all():
        raise Wrong("greedy when told to explore", _as_case(q[:4], 1.0, told[:4]))
    # rounding a table to whole numbers, or reading it upside down, shows here
    if (wrong := (action := choose(q, 0.0, seed)) != q.argmax(-1)).any():
        row = slice(int(wrong.argmax()), int(wrong.argmax()) + 1)
        flaw = _flaw_of_choices(choose, seed)
        raise Wrong(
            flaw.key if flaw else "not greedy",
            _as_case(q[row], 0.0, action[row], q[row].argmax(-1)),
        )
    many = table(N_ROWS, 4)
    action, best = choose(many, 0.9, seed, is_training=False), many.argmax(-1)
    if (wrong := action != best).any():
        row = slice(int(wrong.argmax()), int(wrong.argmax()) + 1)
        case = (
            f"Inputs: {_inputs(many[row], 0.9, False)}, one of {N_ROWS} states.\n"
            f"Right: {shown(best[row])}.\nYours: {shown(action[row])}."
        )
        raise Wrong("explores when measured", case)
    first, again, *others = (choose(q, 0.5, seed + k) for k in (0, *range(17)))
    if not np.array_equal(first, again):
        raise Wrong(
            "another generator",
            "Inputs: the same twice, with generators of the same seed.\nRight: twice"
            f" the same actions.\nYours: at first {shown(first[:8])}, then"
            f" {shown(again[:8])}, and so on.",
        )
    if all(np.array_equal(first, other) for other in others):
        raise Wrong("own seed", _of_seeds(first))
    sizes = rng.permutation([3, 4, 5] * 50)
    tables = [(table(40, int(n)), int(rng.integers(1 << 30))) for n in sizes]
    if key := _flaw_of_batches(choose, tables):
        raise Wrong(key, _batch(choose, table(8, 4), seed))
    if flaw := _flaw_of_choices(choose, seed):
        raise flaw


def _as_case(
    q: Array, epsilon: float, action: Array, right: Array | None = None
) -> str:
    wanted = "each action as likely" if right is None else shown(right)
    return (
        f"Inputs: {_inputs(q, epsilon, True)}.\nRight: {wanted}.\nYours:"
        f" {shown(action)}."
    )


def _of_seeds(action: Array) -> str:
    return (
        "Inputs: generators of 16 seeds.\nRight: other actions with most of them.\n"
        f"Yours: {shown(action[:8])} and so on, each time."
    )


def _batch(choose: Choice, q: Array, seed: int) -> str:
    """Show four batches at epsilon 0.5, and four at 1."""
    rows = [
        f"`epsilon` {epsilon:g}: "
        + ", ".join(shown(choose(q, epsilon, seed + k)) for k in range(4))
        for epsilon in (0.5, 1.0)
    ]
    return (
        f"Inputs: 8 states with 4 actions, of which {shown(q.argmax(-1))} are greedy;"
        " four generators.\nRight: a coin and a random action for each state.\nYours,"
        f" with {rows[0]};\nwith {rows[1]}."
    )


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
