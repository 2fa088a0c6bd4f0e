"""The agent: what acts, remembers and learns. It delegates Q-values to a critic and
experience to a replay memory.
"""

from abc import ABC, abstractmethod
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dqn_tutorial.buffer import ReplayBuffer
from dqn_tutorial.config import MainConfig
from dqn_tutorial.critic import DQNCritic
from dqn_tutorial.ensemble import Update


def linear_schedule(start: float, end: float, duration: float, step: int) -> float:
    """Return the value at `step` of a line from `start` at step 0 to `end` at step
    `duration`, constant after it.

    Source: Mnih et al. (2015), extended data table 1. Taught in 06_agent.
    """
    share = 1.0 if duration <= 0 else min(step / duration, 1.0)
    return start * (1 - share) + end * share


class LiveValue:
    """A number of the critic that follows its schedule until it is assigned, and again
    after `del`.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, agent: None, owner: type) -> "LiveValue": ...
    @overload
    def __get__(self, agent: "Agent", owner: type) -> float: ...
    def __get__(self, agent: "Agent | None", owner: type) -> "LiveValue | float":
        return self if agent is None else float(getattr(agent.critic, self.name))

    def __set__(self, agent: "Agent", value: float) -> None:
        top, allowed = (
            (np.inf, "finite and 0 or more")
            if self.name == "learning_rate"
            else (1, "between 0 and 1")
        )
        if not (np.isfinite(value) and 0 <= value <= top):
            raise ValueError(
                f"{self.name} = {value} is not allowed: it must be {allowed}"
            )
        agent.held.add(self.name)
        setattr(agent.critic, self.name, float(value))

    def __delete__(self, agent: "Agent") -> None:
        agent.held.discard(self.name)
        agent.follow_schedules(agent.step)


class Agent(ABC):
    """What every agent has: live values, a memory of the step it is at, and three
    things it can do.

    Attributes:
        epsilon, learning_rate, gamma, tau: follow their schedules; assigning holds a
            value, `del` releases it.
        update_ratio: gradient updates per environment step; may be set at any time.
        step: environment steps taken so far. n_updates: gradient updates so far.

    Source: Sutton & Barto (2018), section 3.1.
    """

    epsilon = LiveValue()
    learning_rate = LiveValue()
    gamma = LiveValue()
    tau = LiveValue()

    def __init__(self, config: MainConfig, critic: DQNCritic) -> None:
        self.config, self.critic = config, critic
        self.experience_memory = ReplayBuffer(
            capacity=config.training.buffer_size,
            dim_state=critic.dim_state,
            n_envs=config.training.n_envs,
            seeds=critic.seeds,
            gamma=config.training.gamma,
            n_step=config.training.n_step,
            device=config.training.device,
        )
        self._start()

    def _start(self) -> None:
        self.held: set[str] = set()
        self.update_ratio = self.config.training.update_ratio
        self.n_updates = 0
        self.follow_schedules(0)

    def reset(self) -> None:
        """Go back to the state of a fresh agent of the same seed: weights, optimiser,
        memory, streams, live values.

        Taught in 06_agent.
        """
        self.critic.reset()
        self.experience_memory.reset()
        self._start()

    def follow_schedules(self, step: int) -> None:
        """Set the live values that are not held to what their schedules say at this
        environment step.

        Source: Mnih et al. (2015), extended data table 1. Taught in 06_agent.
        """
        self.step = step
        t, c = self.config.training, self.config.model.critic
        values = {
            "epsilon": linear_schedule(
                c.exploration_start,
                c.exploration_rate,
                c.exploration_fraction * t.max_steps,
                step,
            ),
            "learning_rate": (
                t.learning_rate
                * linear_schedule(1, t.learning_rate_end, t.max_steps, step)
            ),
            "gamma": t.gamma,
            "tau": self.config.model.tau,
        }
        for name, value in values.items():
            if name not in self.held:
                setattr(self.critic, name, value)

    @abstractmethod
    def select_action(
        self, state: ArrayLike | Tensor, is_training: bool = True
    ) -> NDArray[np.int64]:
        """Return actions for one state or a batch, chosen through `critic.act`: a
        record shows what that left in `critic.choice`.

        Source: Sutton & Barto (2018), section 3.1. Taught in 06_agent.
        """

    @abstractmethod
    def learn(self, max_iter: int = 1, n_epochs: int = 0) -> Any:
        """Learn from the memory. Source: Sutton & Barto (2018), section 3.1. Taught in
        06_agent.
        """


class DQN(Agent):
    """Deep Q-Network: epsilon-greedy actions, experience replay, targets from a slowly
    moving network.

    Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
    """

    def select_action(
        self, state: ArrayLike | Tensor, is_training: bool = True
    ) -> NDArray[np.int64]:
        """Return epsilon-greedy actions ready for the environment, greedy ones with
        `is_training=False`.

        Greedy actions come from the networks that `greedy_network` names, exploring
        ones from the online networks.

        Args:
            state: `[S]`, `[B, S]`, or `[N, B, S]` for N agents.

        Returns:
            int64: one action, `[B]` or `[N, B]`.

        Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
        """
        asks_target = (
            not is_training and self.config.model.critic.greedy_network == "target"
        )
        return self.critic.act(
            state, target=asks_target, is_training=is_training
        ).numpy()

    def learn(self, max_iter: int = 1, n_epochs: int = 0) -> Update | None:
        """Take `max_iter` updates on random batches, or, with `n_epochs` = k, k passes
        over the whole memory.

        Returns:
            What the last update saw; None if there was none.

        Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
        """
        memory = self.experience_memory
        memory.gamma = self.gamma
        update = None
        _, batches = memory.get_steps_and_iterator(
            n_epochs, max_iter, self.config.training.batch_size
        )
        for batch in batches:
            y = self.critic.get_bellman_target(
                batch.reward, batch.next_state, batch.terminated, batch.discount
            )
            update = self.critic.update(batch.state, batch.action, y)
            self.n_updates += 1
            if self.n_updates % self.config.model.target_update_every == 0:
                self.critic.update_target()
        return update
