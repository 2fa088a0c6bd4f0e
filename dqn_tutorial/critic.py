"""The critic of DQN: the targets its networks learn from, and the actions they
choose.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dqn_tutorial.ensemble import CriticEnsemble
from dqn_tutorial.seeding import numpy_generator
from dqn_tutorial.targets import double_td_target, td_target


class Choice(NamedTuple):
    """The last choice of actions."""

    q_values: NDArray[np.float32]  # [..., A], mean over an agent's members
    action: NDArray[np.int64]  # [...]
    explored: NDArray[np.bool_]  # [...], True where chance chose


class DQNCritic(CriticEnsemble):
    """The critic of DQN: one-step targets from the target networks, epsilon-greedy
    actions from the online ones.

    Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
    """

    def reset(self) -> None:
        """Start over as in `CriticEnsemble`, exploration included."""
        super().reset()
        self._chance = [numpy_generator(seed, "exploration") for seed in self.seeds]
        # nothing chosen yet
        self.choice = Choice(
            np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, bool)
        )

    def get_bellman_target(
        self,
        reward: Tensor,
        next_state: Tensor,
        terminated: Tensor,
        discount: Tensor | float | None = None,
    ) -> Tensor:
        """Return y = r + discount * (1 - terminated) * max over a' of Q_t(s', a'),
        shape `[K, B]`, without a gradient.

        Args:
            reward: `[B]` or `[N, B]`.
            next_state: `[B, S]` or `[N, B, S]`.
            terminated: as reward, bool.
            discount: as reward; gamma if left out.

        Raises:
            ValueError: shapes that do not fit each other. TypeError: flags that are not
                bool.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        with torch.no_grad():
            next_q = self.reduce(self.Q_t(next_state))  # [N, B, A]
            y = td_target(
                reward, next_q, terminated, self.gamma if discount is None else discount
            )
            return self._per_network_1d(y)

    def act(
        self, state: ArrayLike | Tensor, target: bool = False, is_training: bool = True
    ) -> Tensor:
        """Choose actions: with probability epsilon at random, each state by its own
        coin, else the largest mean Q.

        Args:
            state: `[S]`, `[N]`-agent batches `[N, B, S]`, or `[B, S]` for one agent
                (for several: shared by all).
            target: ask the target networks.
            is_training: False chooses greedily.

        Returns:
            int64: one action, `[B]`, or `[N, B]` for N agents. What was seen stands in
                `choice`.

        Source: Mnih et al. (2015), algorithm 1. Taught in 06_agent.
        """
        with torch.no_grad():
            x = self._as_states(state)
            # [K, B, A]
            q = (self.Q_t if target else self.Q)(x[None] if x.ndim == 1 else x)
            if self.n_members > 1:
                q = q.view(-1, self.n_members, *q.shape[1:]).mean(1)  # [N, B, A]
        values = q.cpu().numpy()
        action = values.argmax(-1)  # [N, B]
        explored = np.zeros(action.shape, bool)
        if is_training:
            for agent, chance in enumerate(self._chance):
                explored[agent] = chance.random(action.shape[1]) < self.epsilon
                random_action = chance.integers(self.dim_act, size=action.shape[1])
                action[agent] = np.where(explored[agent], random_action, action[agent])
        if len(self.seeds) == 1:
            values, action, explored = values[0], action[0], explored[0]
        if x.ndim == 1:
            values, action, explored = (
                values[..., 0, :],
                action[..., 0],
                explored[..., 0],
            )
        self.choice = Choice(values, np.asarray(action), np.asarray(explored))
        return torch.as_tensor(action)


class DoubleDQNCritic(DQNCritic):
    """The critic of Double DQN: the online networks choose the next action, the target
    networks value it.

    Source: van Hasselt et al. (2016), equation 4. Taught in 10_build_your_own_model.
    """

    def get_bellman_target(
        self,
        reward: Tensor,
        next_state: Tensor,
        terminated: Tensor,
        discount: Tensor | float | None = None,
    ) -> Tensor:
        """Return y = r + discount * (1 - terminated) * Q_t(s', argmax over a' of Q(s',
        a')), as in `DQNCritic`.

        Source: van Hasselt et al. (2016), equation 4. Taught in
        10_build_your_own_model.
        """
        with torch.no_grad():
            next_q_online, next_q_target = (
                self.reduce(self.Q(next_state)),
                self.reduce(self.Q_t(next_state)),
            )
            discount = self.gamma if discount is None else discount
            return self._per_network_1d(
                double_td_target(
                    reward, next_q_online, next_q_target, terminated, discount
                )
            )
