"""The exercises of 01_bellman_equation."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.common import known
from dqn_tutorial.classroom.check.exercise import Exercise, Trait, by_values, choice
from dqn_tutorial.classroom.check.values import as_array
from dqn_tutorial.mdp import Array

HERE = "01_bellman_equation"
Function = Callable[..., Any]


def _of_shape(
    key: str, message: str, shape: Callable[[Mapping[str, Any]], tuple[int, ...]]
) -> list[Trait]:
    def refuses(value: Any, inputs: Mapping[str, Any]) -> bool:
        array = as_array(value)
        return array is not None and array.shape == shape(inputs) != (1,)

    return [Trait(key, message, refuses)]


def _draw_rewards(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "rewards": rng.normal(size=int(rng.integers(1, 7))),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


def _weighted(rewards: Array, gamma: float) -> float:
    return float(rewards @ gamma ** np.arange(len(rewards)))


RETURN = {
    "no discount": (
        "You add the rewards as they are. A reward k steps further on counts gamma^k"
        " times as much."
    ),
    "all too late": (
        "You discount every reward once too often. The first one, at k = 0, counts in"
        " full."
    ),
    "from the wrong end": (
        "Your weights run backwards: the first reward counts least and the last one"
        " most. If your loop goes from front to back, ask what gamma does to the sum so"
        " far."
    ),
    "one gamma for all": (
        "You multiply by gamma only once, however far away a reward is. Each step"
        " brings a factor."
    ),
    "last one lost": (
        "Your sum ends one reward too early: the last of the T rewards is missing."
    ),
    "first one only": (
        "You return the first reward alone. Does a `return` stand inside the loop?"
    ),
}
_wrong_returns = known(
    RETURN,
    ("no discount", lambda r, g: r.sum()),
    ("all too late", lambda r, g: g * _weighted(r, g)),
    ("from the wrong end", lambda r, g: _weighted(r[::-1], g)),
    ("one gamma for all", lambda r, g: r[0] + g * r[1:].sum()),
    ("last one lost", lambda r, g: _weighted(r[:-1], g)),
    ("first one only", lambda r, g: r[0]),
)
_each_step = (
    "You return one number for each step. Asked for is a single one, G_0, the sum of"
    " all terms."
)
_one_return = _of_shape(
    "one for each step", _each_step, lambda inputs: inputs["rewards"].shape
)
_judge_return = by_values(_draw_rewards, _weighted, _wrong_returns, _one_return)
discounted_return = Exercise(
    "discounted_return", HERE, minutes=5, difficulty=1, judge=_judge_return
)

WALL = {
    "A": (
        "The wall stops only the move that was aimed, of probability 0.6. With 0.2 each"
        " the robot slides along it."
    ),
    "C": (
        "Both values are positive, 0.40 and 0.17, and shrink with waiting: no loss is"
        " put off."
    ),
    "D": (
        "`argmax` takes the first of equals, but these differ: in state 1, up is worth"
        " 0.40 and right 0.27."
    ),
}
aim_at_the_wall = Exercise(
    "aim_at_the_wall", HERE, minutes=5, difficulty=1, judge=choice(WALL, right="B")
)


def backup(p: Array, r: Array, g: float, v: Array) -> Array:
    """Return the values `[..., A]` of the actions, given those of the next states.
    Source: Sutton & Barto (2018), equation 3.14. Taught in 01_bellman_equation.
    """
    return np.asarray((p * (r + g * v)).sum(-1))


BACKUP = {
    "terminal not 0": (
        "Where the robot arrives in a terminal state s', you count what the input holds"
        " for it. Nothing follows the end: the value of s' is 0 there. (A mask on s"
        " does not do that.)"
    ),
    "terminal kept": (
        "For terminal states you return what came in. Their values are 0, whatever the"
        " input holds."
    ),
    "brackets": (
        "Your p multiplies the reward alone. What follows is reached with the same"
        " probability: p times both."
    ),
    "last one only": (
        "Only the last of the next states counts in your sum. Does `=` stand where `+=`"
        " belongs?"
    ),
    "value of s": (
        "You take the value of s for that of s', where the robot arrives. The last axis"
        " of p and r is s'."
    ),
    "no discount": (
        "What follows enters in full. It comes one step later and counts gamma times as"
        " much."
    ),
    "reward discounted": (
        "Your gamma multiplies the reward too. The reward comes with this step and"
        " counts in full."
    ),
    "mean over states": (
        "You average over the next states as if all were equally likely. Their weights"
        " are p."
    ),
    "reward masked": (
        "Your mask also takes away the reward of the step that ends the episode. That"
        " one counts."
    ),
}
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


def draw_mdp(rng: np.random.Generator, ends_last: bool = False) -> dict[str, Any]:
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


def _draw_policy(rng: np.random.Generator) -> dict[str, Any]:
    mdp = draw_mdp(rng)
    n_states, n_actions = mdp["transition"].shape[:2]
    return mdp | {
        "policy": rng.dirichlet(np.ones(n_actions), n_states),
        "v": rng.normal(size=n_states),
    }


def _expected(p: Array, r: Array, end: Array, g: float, pi: Array, v: Array) -> Array:
    return np.asarray((pi * backup(p, r, g, np.where(end, 0, v))).sum(-1))


def _in_place(p: Array, r: Array, end: Array, g: float, pi: Array, v: Array) -> Array:
    v = np.where(end, 0, v)
    for s in range(len(v)):
        v[s] = pi[s] @ backup(p[s], r[s], g, v)
    return v


def _summed_in_place(
    p: Array, r: Array, end: Array, g: float, pi: Array, v: Array
) -> Array:
    v = np.where(end, 0, v)
    for s in range(len(v)):
        v[s] = 0
        for a in range(pi.shape[1]):
            v[s] += pi[s, a] * backup(p[s, a], r[s, a], g, v)
    return v


EXPECTATION = BACKUP | {
    "in place": (
        "Your later states read values that this same sweep has just changed. All are"
        " to be computed from the v that came in, so write into another array."
    ),
    "best action": (
        "You take the best action. This policy draws its actions, and its value is"
        " their mean under pi."
    ),
    "policy ignored": (
        "You average over the actions as if all were equally likely. Their weights are"
        " in `policy`."
    ),
    "policy left out": (
        "You add up the values of the actions. Each counts with its probability in"
        " `policy`."
    ),
}
_wrong_values = known(
    EXPECTATION,
    ("in place", _in_place),
    ("in place", _summed_in_place),
    (
        "best action",
        lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).max(-1),
    ),
    (
        "policy ignored",
        lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).mean(-1),
    ),
    (
        "policy left out",
        lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).sum(-1),
    ),
    (
        "terminal kept",
        lambda p, r, end, g, pi, v: np.where(end, v, _expected(p, r, end, g, pi, v)),
    ),
    (
        "terminal kept",
        lambda p, r, end, g, pi, v: np.where(end, v, (pi * backup(p, r, g, v)).sum(-1)),
    ),
    *wrong_backups(
        lambda wrong: lambda p, r, end, g, pi, v: (pi * wrong(p, r, end, g, v)).sum(-1)
    ),
)
_not_averaged = (
    "You return one number for each state and action. The mean over the actions is"
    " still to be taken."
)
_no_actions = _of_shape(
    "action values", _not_averaged, lambda inputs: inputs["policy"].shape
)
_judge_expectation = by_values(_draw_policy, _expected, _wrong_values, _no_actions)
expectation_backup = Exercise(
    "expectation_backup", HERE, minutes=15, difficulty=2, judge=_judge_expectation
)


def _draw_table(rng: np.random.Generator) -> dict[str, Any]:
    return (mdp := draw_mdp(rng)) | {
        "q": rng.normal(size=mdp["transition"].shape[:2]) - 0.7
    }


def _optimal(best: Function = lambda q: q.max(-1)) -> Function:
    return lambda p, r, end, g, q: backup(p, r, g, np.where(end, 0, best(q)))


def _table_in_place(p: Array, r: Array, end: Array, g: float, q: Array) -> Array:
    q = np.where(end[:, None], 0, q)
    for s, a in np.ndindex(q.shape):
        q[s, a] = backup(p[s, a], r[s, a], g, q.max(-1))
    return q


def _rows_in_place(p: Array, r: Array, end: Array, g: float, q: Array) -> Array:
    q = np.where(end[:, None], 0, q)
    for s in range(len(q)):
        q[s] = backup(p[s], r[s], g, q.max(-1))
    return q


OPTIMALITY = BACKUP | {
    "in place": (
        "Some of your entries read others that this same sweep has just changed. All"
        " are to be computed from the q that came in, so write into another array."
    ),
    "maximum too early": (
        "You average over the next states first and choose one action for all of them"
        " afterwards. The robot sees where it has arrived and chooses then: the maximum"
        " stands inside the mean."
    ),
    "maximum over states": (
        "Your maximum runs over the states. Wanted is the best action in each: the last"
        " axis of q."
    ),
    "one maximum": (
        "You take one maximum of the whole table. Each next state has a best action of"
        " its own."
    ),
    "maximum from 0": (
        "Your maximum never falls below 0. A running maximum that starts at 0 hides"
        " negative values."
    ),
    "action for value": (
        "`argmax` gives the number of the best action. Here its value is needed."
    ),
    "mean for maximum": (
        "You average over the actions: the value of acting at random. Here the best"
        " action is taken."
    ),
    "same action": (
        "You let the next action be the one just taken. The next choice is free: take"
        " the best one there."
    ),
}
_wrong_tables = known(
    OPTIMALITY,
    (
        "maximum too early",
        lambda p, r, end, g, q: (
            backup(p, r, 0, end) + g * (p @ (q * ~end[:, None])).max(-1)
        ),
    ),
    (
        "maximum too early",
        lambda p, r, end, g, q: backup(p, r, 0, end) + g * (p @ q).max(-1),
    ),
    ("maximum over states", lambda p, r, end, g, q: r + g * q.max(0)),
    ("maximum over states", lambda p, r, end, g, q: p @ q.max(0)),
    ("maximum over states", _optimal(lambda q: q.max(0))),
    ("one maximum", _optimal(lambda q: q.max())),
    ("maximum from 0", _optimal(lambda q: q.max(-1).clip(0))),
    ("action for value", _optimal(lambda q: q.argmax(-1))),
    ("mean for maximum", _optimal(lambda q: q.mean(-1))),
    ("same action", lambda p, r, end, g, q: backup(p, r, g, (q * ~end[:, None]).T)),
    ("in place", _table_in_place),
    ("in place", _rows_in_place),
    (
        "terminal kept",
        lambda p, r, end, g, q: np.where(end[:, None], q, _optimal()(p, r, end, g, q)),
    ),
    (
        "terminal kept",
        lambda p, r, end, g, q: np.where(end[:, None], q, backup(p, r, g, q.max(-1))),
    ),
    *wrong_backups(
        lambda wrong: lambda p, r, end, g, q: wrong(p, r, end, g, q.max(-1))
    ),
)
_no_table = (
    "You return one number for each state. A table of action values keeps its axis of"
    " actions."
)
_is_table = _of_shape(
    "values of states", _no_table, lambda inputs: inputs["terminal"].shape
)
_judge_optimality = by_values(_draw_table, _optimal(), _wrong_tables, _is_table)
optimality_backup = Exercise(
    "optimality_backup", HERE, minutes=10, difficulty=2, judge=_judge_optimality
)
