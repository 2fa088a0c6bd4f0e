"""Judging the two halves of DQN's loop: a step of learning, and a step of acting."""

from functools import wraps
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.models import get_model, make_config


def sample_agent(rng: np.random.Generator) -> dict[str, Any]:
    """A small agent whose networks differ, and steps of all kinds in its memory."""
    size = int(rng.integers(4, 9))
    config = make_config(
        "slipperygrid",
        width=int(rng.integers(4, 9)),
        depth=1,
        gamma=0.9,
        learning_rate=0.02,
        tau=float(rng.uniform(0.1, 0.4)),
        seed=int(rng.integers(1 << 30)),
    )
    agent = get_model(config)
    states = np.eye(16, dtype=np.float32)
    for end in rng.permutation([0, 1, 2, 3] * 5):
        state, next_state = states[rng.integers(16, size=2)]
        what = state, rng.integers(4), rng.normal() + 1, next_state, end % 2 == 1
        agent.experience_memory.store(*what, end > 1)
    batch = agent.experience_memory.get_next_batch(16)
    for _ in range(8):
        agent.critic.update(batch.state, batch.action, batch.reward + 1)
    memory = agent.experience_memory
    return {"critic": agent.critic, "memory": memory, "batch_size": size}


def as_values(learn: Any) -> Any:
    """Return a function that learns, and gives Q-values of both networks."""
    if not callable(learn):
        return learn

    @wraps(learn)
    def learned(critic: Any, memory: Any, batch_size: int) -> dict[str, Any]:
        learn(critic, memory, batch_size)
        states = torch.eye(16)[[6, 10]]
        with torch.no_grad():
            return {
                "Q": critic.Q(states).flatten(),
                "Q_t": critic.Q_t(states).flatten(),
            }

    return learned


def learning(
    target: Function = lambda critic, batch: critic.get_bellman_target(
        batch.reward, batch.next_state, batch.terminated, batch.discount
    ),
    order: str = "UT",
    draws: int = 1,
) -> Function:
    """Return a learning step made of rules: its target, the order of update (U) and
    move of the target network (T), and how many batches it draws.
    """

    def learn(critic: Any, memory: Any, batch_size: int) -> None:
        batches = [memory.get_next_batch(batch_size) for _ in range(draws)]
        y = target(critic, batches[0])
        for what in order:
            if what == "T":
                critic.update_target()
            else:
                critic.update(batches[-1].state, batches[-1].action, y)

    return learn


def masked(flags: Function) -> Function:
    """Return a learning step whose target stops at these flags of a batch."""
    return learning(
        lambda critic, batch: critic.get_bellman_target(
            batch.reward, batch.next_state, flags(batch), batch.discount
        )
    )


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
    """An agent whose action can be told from its state, and from being measured."""

    def __init__(self) -> None:
        self.experience_memory = _Memory()

    def select_action(self, state: Any, is_training: bool = True) -> NDArray[Any]:
        """Return one action for each state."""
        total: NDArray[Any] = np.asarray(state).sum(-1).astype(int)
        return (total + (not is_training)) % 4


class _Env:
    """An environment that answers what it was given, each time one step later."""

    def __init__(self, answers: list[tuple[Any, ...]]) -> None:
        self.answers = answers
        self.actions: list[NDArray[Any]] = []

    def step(self, action: Any) -> tuple[Any, ...]:
        """Return the next answer."""
        answer = self.answers[len(self.actions) % len(self.answers)]
        self.actions.append(np.array(action))
        return (*(np.array(value) for value in answer), {})


def sample_vector_step(rng: np.random.Generator) -> dict[str, Any]:
    """A step of E environments: ends of all kinds, and some that only reset."""
    size = int(rng.integers(5, 9))
    kinds = rng.permutation(np.concatenate([[0, 1, 2, 3], rng.integers(4, size=size)]))
    size = len(kinds)

    def numbers() -> NDArray[Any]:
        return rng.integers(100, size=(size, 2)).astype(np.float32)

    answers = [
        (numbers(), rng.normal(size=size), kinds % 2 == 1, kinds > 1) for _ in range(2)
    ]
    is_reset = rng.permutation(np.arange(size) < 3)
    return {
        "agent": _Agent(),
        "env": _Env(answers),
        "state": numbers(),
        "is_reset": is_reset,
    }


def as_step(step: Any) -> Any:
    """Return a function that takes a step, and gives what was stored and returned."""
    if not callable(step):
        return step

    @wraps(step)
    def taken(agent: Any, env: Any, state: Any, is_reset: Any) -> dict[str, Any]:
        result = step(agent, env, state, is_reset)
        rows = agent.experience_memory.rows
        if not env.actions:
            raise Wrong("no step")
        if len(env.actions) > 1:
            raise Wrong("two steps")
        if not rows:
            raise Wrong("nothing stored")
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise Wrong("no pair")
        names = "state action reward next_state terminated truncated is_reset".split()
        stored = {f"stored {n}": v for n, v in zip(names, rows[0], strict=True)}
        flags = np.asarray(result[1])
        return stored | {"state": np.asarray(result[0]), "is_reset": flags}

    return taken


def stepping(
    row: Function = lambda old, new, over, cut, reset: (old, new, over, cut, reset),
    back: Function = lambda old, new, over, cut: (new, over | cut),
    is_training: bool = True,
) -> Function:
    """Return a step made of rules: what is stored, and what is handed on."""

    def step(agent: Any, env: Any, state: Any, is_reset: Any) -> tuple[Any, Any]:
        action = agent.select_action(state, is_training)
        new, reward, over, cut, _ = env.step(action)
        old, end, *flags = row(state, new, over, cut, is_reset)
        agent.experience_memory.store(old, action, reward, end, *flags)
        result: tuple[Any, Any] = back(state, new, over, cut)
        return result

    return step
