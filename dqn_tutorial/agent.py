"""The agent: what acts, remembers and learns. It delegates Q-values to a critic and
experience to a replay memory.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dqn_tutorial.buffer import Batch, ReplayBuffer
from dqn_tutorial.config import MainConfig
from dqn_tutorial.critic import Choice, DQNCritic
from dqn_tutorial.ensemble import Update
from dqn_tutorial.schedules import LiveValue


class Agent(ABC):
    """What every agent has: live values, a replay memory, the step it is at, and three
    things it can do.

    Attributes:
        epsilon, learning_rate, gamma, tau, update_ratio: follow their schedules;
            assigning holds a value, `del` releases it. The update ratio is in gradient
            updates per environment step.
        step: environment steps taken so far. n_updates: gradient updates so far.

    Source: Sutton & Barto (2018), section 3.1.
    """

    epsilon, learning_rate = LiveValue(), LiveValue()
    gamma, tau, update_ratio = LiveValue(), LiveValue(), LiveValue()
    memory_class: type[ReplayBuffer] = ReplayBuffer

    def __init__(self, config: MainConfig, critic: DQNCritic) -> None:
        if critic.config != config:
            raise ValueError("config is not the critic's: build both from one config")
        self.config, self.critic, self.live = config, critic, critic.live
        self.n_updates = 0
        self.experience_memory = self.memory_class(
            capacity=config.training.buffer_size,
            dim_state=critic.dim_state,
            n_envs=config.training.n_envs,
            seeds=critic.seeds,
            gamma=self.live,
            n_step=config.training.n_step,
            device=config.training.device,
        )

    def __init_subclass__(cls) -> None:
        if "select_action" in vars(cls):
            raise TypeError(
                f"{cls.__name__}.select_action would not be asked in training: define"
                " choose, whose action it returns"
            )

    @property
    def step(self) -> int:
        """Environment steps taken so far; the schedules follow it."""
        return self.live.step

    @step.setter
    def step(self, step: int) -> None:
        self.live.step = step

    def reset(self) -> None:
        """Go back to the state of a fresh agent of the same seed: weights, optimiser,
        memory, streams, live values.
        """
        self.critic.reset()
        self.experience_memory.reset()
        self.n_updates = 0

    def state_dict(self) -> dict[str, Any]:
        """Return all that acting and learning change: a fresh agent of the same
        settings that loads it goes on to the bit as this one would. A subclass adds
        what it has of its own. Source: PyTorch's convention.
        """
        return {
            "n_updates": self.n_updates,
            "step": self.step,
            "held": dict(self.live.held),
            "critic": self.critic.state_dict(),
            "memory": self.experience_memory.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        self.critic.load_state_dict(state["critic"])
        self.experience_memory.load_state_dict(state["memory"])
        self.n_updates, self.step = state["n_updates"], state["step"]
        self.live.held = dict(state["held"])

    @abstractmethod
    def choose(self, state: ArrayLike | Tensor, is_training: bool = True) -> Choice:
        """Return actions for states, `[..., S]` to `[...]`, with what they were chosen
        by.

        Source: Sutton & Barto (2018), section 3.1.
        """

    def select_action(
        self, state: ArrayLike | Tensor, is_training: bool = True
    ) -> NDArray[np.int64]:
        """Return the actions of `choose`, ready for the environment."""
        return self.choose(state, is_training).action

    @abstractmethod
    def learn(self, max_iter: int = 1, n_epochs: int = 0) -> Any:
        """Learn from the memory.

        Source: Sutton & Barto (2018), section 3.1. Taught in 06_agent.
        """


class DQN(Agent):
    """Deep Q-Network: epsilon-greedy actions, experience replay, targets from a slowly
    moving network.

    Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
    """

    def choose(self, state: ArrayLike | Tensor, is_training: bool = True) -> Choice:
        """Choose epsilon-greedily, greedily with `is_training=False`.

        Greedy actions come from the networks that `greedy_network` names, exploring
        ones from the online networks.

        Args:
            state: `[S]`, `[B, S]`, or `[N, B, S]` for N agents.

        Source: Mnih et al. (2015), algorithm 1.
        """
        greedy_network = self.config.model.critic.greedy_network
        asks_target = not is_training and greedy_network == "target"
        return self.critic.choose(state, asks_target, is_training)

    def learn(self, max_iter: int = 1, n_epochs: int = 0) -> Update | None:
        """Take `max_iter` updates on random batches, or, with `n_epochs` = k, k passes
        over the whole memory.

        Returns:
            What the last update saw; None if there was none.

        Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
        """
        update = None
        _, batches = self.experience_memory.get_steps_and_iterator(
            n_epochs, max_iter, self.config.training.batch_size
        )
        for batch in batches:
            update = self.learn_from(batch)
            self.n_updates += 1
            if self.n_updates % self.config.model.target_update_every == 0:
                self.critic.update_target()
        return update

    def learn_from(self, batch: Batch) -> Update:
        """Take one update on a batch: compute its targets, and step towards them.

        Source: Mnih et al. (2015), algorithm 1.
        """
        y = self.critic.get_bellman_target(
            batch.reward, batch.next_state, batch.terminated, batch.discount
        )
        return self.critic.update(batch.state, batch.action, y)
