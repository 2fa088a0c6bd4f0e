"""A run of the live lab: the agent that learns, what was seen of it, and the moves that
were made.
"""

import statistics
import time
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.classroom.live.recording import Move, make_move
from dqn_tutorial.config import MainConfig
from dqn_tutorial.envs import EnvSpec
from dqn_tutorial.models import get_model
from dqn_tutorial.training import Record, evaluate, train

# steps; at most this share of the time
EVALUATE_EVERY, EVALUATION_EPISODES, EVALUATION_SHARE = 1_000, 5, 0.1
MOST_POINTS = 500  # of the loss; from there on every second one is dropped
WINDOW = 2_000  # steps, over which the behaviour return is averaged
# of CartPole's policy map: points a side, ends of the pole's angle (rad) and of its
# velocity (rad/s); cart in the middle, at rest
SIDE, ANGLE, VELOCITY = 33, 0.2095, 2.5
ACTIONS = {
    "CartPole-v1": ("left", "right"),
    "Acrobot-v1": ("torque -1", "no torque", "torque +1"),
    "MountainCar-v0": ("left", "coast", "right"),
    "dqn_tutorial/SlipperyGrid-v0": ("left", "down", "right", "up"),
}


@dataclass
class Run:
    """An agent that learns, and what was seen of it."""

    config: MainConfig
    moves: list[Move] = field(default_factory=list)
    episodes: list[tuple[int, float]] = field(default_factory=list)  # (step, return)
    # (step, mean greedy return)
    evaluations: list[tuple[int, float]] = field(default_factory=list)
    # (step, loss, absolute TD error)
    errors: list[tuple[int, float, float]] = field(default_factory=list)
    record: Record | None = None
    story: dict[str, Any] | None = None  # that it tells, as in stories.json

    def __post_init__(self) -> None:
        self.agent: Agent = get_model(self.config)
        self.records = train(self.agent)
        self._every, self._next_evaluation, self._next_time = 1, EVALUATE_EVERY, 0.0

    @property
    def step(self) -> int:
        """Environment steps of one agent so far. Taught in 07_train_cartpole."""
        return self.record.step if self.record else 0

    @property
    def behaviour(self) -> float:
        """Mean return of the training episodes that ended in the last 2,000 steps, 0
        before any. Taught in 07_train_cartpole.
        """
        if not self.episodes:
            return 0.0
        first = self.episodes[-1][0] - WINDOW
        recent = takewhile(lambda end: end[0] > first, reversed(self.episodes))
        return statistics.fmean(value for _, value in recent)

    @property
    def told(self) -> set[str]:
        """Names of what its story says, settings without their group."""
        story = self.story or {"settings": {}, "moves": {}}
        return {name.rpartition(".")[2] for name in story["settings"] | story["moves"]}

    def advance(self) -> bool:
        """Take one vector step; False if the budget is spent."""
        record = next(self.records, None)
        if record is None:
            return False
        learned = self.record is None or record.n_updates > self.record.n_updates
        self.record = record
        self.episodes += [(record.step, value) for value in record.episode_returns]
        if learned and record.n_updates and record.n_updates % self._every == 0:
            self.errors.append((record.step, record.loss, record.td_error))
            if len(self.errors) > MOST_POINTS:
                self.errors, self._every = self.errors[::2], 2 * self._every
        if record.step >= self._next_evaluation and time.monotonic() >= self._next_time:
            self._next_evaluation = (
                record.step - record.step % EVALUATE_EVERY + EVALUATE_EVERY
            )
            start = time.monotonic()
            # its chance is its own
            returns = evaluate(self.agent, EVALUATION_EPISODES, seed=record.step)
            self.evaluations.append((record.step, float(returns.mean())))
            self._next_time = time.monotonic() + (time.monotonic() - start) * (
                1 / EVALUATION_SHARE - 1
            )
        return True

    def move(self, name: str, value: float | None) -> None:
        """Give a live value a number or its schedule back, and note it."""
        make_move(self.agent, name, value)
        self.moves.append(Move(self.step, name, value))

    def step_once(self) -> bool:
        """Take one vector step with one update, if learning has begun; False if the
        budget is spent.
        """
        ratio = self.agent.update_ratio
        # whatever part of an update is due stays due
        self.move("update_ratio", 1 / self.config.training.n_envs)
        went_on = self.advance()
        self.move("update_ratio", ratio)
        return went_on


def action_names(spec: EnvSpec) -> tuple[str, ...]:
    """Return what the actions of an environment are called. Source: Gymnasium."""
    numbers = tuple(f"action {number}" for number in range(spec.dim_act))
    return ACTIONS.get(spec.id, numbers)


def policy_map(agent: Agent) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return V, `[SIDE, SIDE]`, in reward units, and whether the greedy action is the
    second, of CartPole's states: velocity down the rows, angle along them.

    Source: Barto, Sutton & Anderson (1983), for the task.
    """
    states = np.zeros((SIDE, SIDE, 4), np.float32)
    states[..., 2] = np.linspace(-ANGLE, ANGLE, SIDE)
    states[..., 3] = np.linspace(-VELOCITY, VELOCITY, SIDE)[:, None]
    q = agent.choose(states.reshape(-1, 4), is_training=False).q_values
    q = q.reshape(-1, SIDE, SIDE, q.shape[-1])[0]  # of the first agent
    return q.max(-1) / agent.config.env.reward_scale, q.argmax(-1) == 1
