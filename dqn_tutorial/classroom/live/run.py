"""A run of the live lab: the agent that learns, what was seen of it, and the moves that
were made.
"""

import statistics
import time
from dataclasses import dataclass, field

from dqn_tutorial.agent import Agent
from dqn_tutorial.classroom.live.recording import Move, make_move
from dqn_tutorial.config import MainConfig
from dqn_tutorial.models import get_model
from dqn_tutorial.training import Record, evaluate, train

# steps; at most this share of the time
EVALUATE_EVERY, EVALUATION_EPISODES, EVALUATION_SHARE = 1_000, 5, 0.1
MOST_POINTS = 500  # of the loss; from there on every second one is dropped


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
        """Mean return of the last 20 training episodes, 0 before any. Taught in
        07_train_cartpole.
        """
        return statistics.fmean([value for _, value in self.episodes[-20:]] or [0])

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
