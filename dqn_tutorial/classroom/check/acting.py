"""Judging a step of acting: what is done, stored and handed on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong, check_arguments
from dqn_tutorial.classroom.check.loop import ACTIONS, in_numbers

NAMES = "state action reward next_state terminated truncated is_reset".split()


class _Memory:
    """What was stored, one tuple for each call."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []

    def store(
        self,
        state: Any,
        action: Any,
        reward: Any,
        next_state: Any,
        terminated: Any,
        truncated: Any,
        is_reset: Any = None,
    ) -> None:
        """Keep copies, as the replay memory does."""
        if is_reset is None:
            is_reset = np.zeros(np.shape(terminated), bool)
        row = state, action, reward, next_state, terminated, truncated, is_reset
        self.rows.append(tuple(np.array(value) for value in row))


class _Agent:
    """An agent whose action can be told from its state, from being measured, and from
    how often it was asked.
    """

    def __init__(self) -> None:
        self.experience_memory, self.n_asked = _Memory(), 0

    def select_action(self, state: Any, is_training: bool = True) -> NDArray[Any]:
        """Return one action for each state."""
        total: NDArray[Any] = np.asarray(state).sum(-1).astype(int)
        self.n_asked += 1
        return (total + (not is_training) + 2 * (self.n_asked - 1)) % ACTIONS


class _Env:
    """An environment that answers what it was given."""

    def __init__(self, *answer: NDArray[Any]) -> None:
        self.answer = answer
        self.actions: list[NDArray[Any]] = []

    def step(self, action: Any) -> tuple[Any, ...]:
        """Return the answer."""
        self.actions.append(np.array(action))
        return (*(value.copy() for value in self.answer), {})

    def reset(self, **_: Any) -> Any:
        """Refuse: in the loop a step after an end resets."""
        raise Wrong("resets by hand")


def sample_vector_step(rng: np.random.Generator) -> dict[str, Any]:
    """A step of E environments: ends of all kinds, and some that only reset."""
    size = int(rng.integers(5, 9))
    kinds = rng.permutation(np.concatenate([[0, 1, 2, 3], rng.integers(4, size=size)]))
    size = len(kinds)
    return {
        "state": rng.integers(100, size=(size, 2)).astype(np.float32),
        "is_reset": rng.permutation(np.arange(size) < 3),
        "next_state": rng.integers(100, size=(size, 2)).astype(np.float32),
        "reward": rng.normal(size=size).round(1),
        "terminated": kinds % 2 == 1,
        "truncated": kinds > 1,
    }


def by_hand_step(ends: list[int], resets: list[int]) -> dict[str, Any]:
    """Inputs as of `sample_vector_step`, with ends as of `by_hand_batch`."""
    n, of = len(ends), np.array(ends)
    return {
        "state": np.arange(1.0, n + 1, dtype=np.float32)[:, None],
        "is_reset": np.array(resets) == 1,
        "next_state": np.arange(10.0, n + 10, dtype=np.float32)[:, None],
        "reward": np.arange(n) + 0.5,
        "terminated": of % 2 == 1,
        "truncated": of > 1,
    }


@in_numbers
def as_step(
    step: Any,
    state: NDArray[Any],
    is_reset: NDArray[Any],
    next_state: NDArray[Any],
    reward: NDArray[Any],
    terminated: NDArray[Any],
    truncated: NDArray[Any],
) -> dict[str, Any]:
    """Let an answer take a step in an environment that answers with these, and return
    what was stored and returned.
    """
    agent, env = _Agent(), _Env(next_state, reward, terminated, truncated)
    inputs = {"agent": agent, "env": env, "state": state, "is_reset": is_reset}
    check_arguments(step, inputs)
    result = step(agent, env, state, is_reset)
    rows = agent.experience_memory.rows
    if not env.actions:
        raise Wrong("no step")
    if not agent.n_asked:
        raise Wrong("agent not asked")
    if len(env.actions) > 1:
        raise Wrong("two steps", n=len(env.actions))
    if not rows:
        raise Wrong("nothing stored")
    if len(rows) > 1:
        raise Wrong("stored in pieces", n=len(rows))
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise Wrong("no pair")
    stored = {f"stored {n}": v for n, v in zip(NAMES, rows[0], strict=True)}
    handed_on = {
        f"returned {name}": np.asarray(value)
        for name, value in zip(("state", "is_reset"), result, strict=True)
    }
    return {"action in env.step": env.actions[0]} | stored | handed_on


def stepping(
    old: Function = lambda s, n: s,
    new: Function = lambda s, n: n,
    flags: Function = lambda over, cut, was: (over, cut),
    resets: Function = lambda over, cut, was: (was,),
    reward: Function = lambda r, was: r,
    returned: Function = lambda s, n: n,
    ends: Function = lambda over, cut, was: over | cut,
    order: Function = lambda row: row,
    pair: Function = lambda state, flags: (state, flags),
    rows: Function = lambda value, was: value,
    stored: Function = lambda agent, action, s, n: action,
    is_training: bool = True,
) -> Function:
    """Return a step made of rules: what is stored, and what is handed on."""

    def step(agent: Any, env: Any, state: Any, is_reset: Any) -> Any:
        action = agent.select_action(state, is_training)
        after, pay, over, cut, _ = env.step(action)
        action = stored(agent, action, state, after)
        row = (old(state, after), action, reward(pay, is_reset), new(state, after))
        kept = (*order(row), *flags(over, cut, is_reset), *resets(over, cut, is_reset))
        agent.experience_memory.store(*(rows(value, is_reset) for value in kept))
        return pair(returned(state, after), ends(over, cut, is_reset))

    return step


STEPPING_FLAWS: list[tuple[str, dict[str, Any]]] = [
    ("state lost", {"old": lambda s, n: n}),
    ("next state lost", {"new": lambda s, n: s}),
    ("states exchanged", {"old": lambda s, n: n, "new": lambda s, n: s}),
    ("no reset flag", {"resets": lambda over, cut, was: ()}),
    ("reset too early", {"resets": lambda over, cut, was: (over | cut,)}),
    ("reset too early", {"resets": lambda over, cut, was: (was | over | cut,)}),
    ("reset inverted", {"resets": lambda over, cut, was: (~was,)}),
    ("flags exchanged", {"flags": lambda over, cut, was: (cut, over)}),
    (
        "two of three flags",
        {
            "flags": lambda over, cut, was: (over | cut, was),
            "resets": lambda over, cut, was: (),
        },
    ),
    (
        "last flags exchanged",
        {
            "flags": lambda over, cut, was: (over, was),
            "resets": lambda over, cut, was: (cut,),
        },
    ),
    ("flags merged", {"flags": lambda over, cut, was: (over | cut, cut)}),
    ("flags merged", {"flags": lambda over, cut, was: (over | cut, over | cut)}),
    ("flags merged", {"flags": lambda over, cut, was: (over | cut, cut & False)}),
    ("no truncated", {"flags": lambda over, cut, was: (over, cut & False)}),
    ("order of entries", {"order": lambda row: (row[0], row[1], row[3], row[2])}),
    ("order of entries", {"order": lambda row: (row[0], row[2], row[1], row[3])}),
    ("order of entries", {"order": lambda row: (row[0], row[3], row[1], row[2])}),
    ("reward of resets", {"reward": lambda r, was: r * ~was}),
    ("reward cut", {"reward": lambda r, was: np.sign(r)}),
    ("reward cut", {"reward": lambda r, was: np.clip(r, -1, 1)}),
    ("resets left out", {"rows": lambda value, was: value[~was]}),
    ("another action", {"stored": lambda agent, a, s, n: agent.select_action(s)}),
    ("another action", {"stored": lambda agent, a, s, n: agent.select_action(n)}),
    ("only terminated", {"ends": lambda over, cut, was: over}),
    ("only truncated", {"ends": lambda over, cut, was: cut}),
    ("only both", {"ends": lambda over, cut, was: over & cut}),
    ("either or", {"ends": lambda over, cut, was: over ^ cut}),
    ("old reset flags", {"ends": lambda over, cut, was: was}),
    ("old reset flags", {"ends": lambda over, cut, was: was | over | cut}),
    ("no end", {"ends": lambda over, cut, was: ~(over | cut)}),
    ("one flag for all", {"ends": lambda over, cut, was: over or cut}),
    ("stands still", {"returned": lambda s, n: s}),
    ("pair exchanged", {"pair": lambda state, flags: (flags, state)}),
    ("does not explore", {"is_training": False}),
]


def four_values(agent: Any, env: Any, state: Any, is_reset: Any) -> Any:
    """Unpack a step as it was before Gymnasium."""
    _next_state, _reward, _terminated, _truncated = env.step(agent.select_action(state))
