"""The critic: the targets that its Q-networks learn from, and the actions that they
choose. Shapes as in `ensemble.py`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dqn_tutorial.ensemble import CriticEnsemble
from dqn_tutorial.seeding import numpy_generator, set_states, states_of
from dqn_tutorial.targets import (
    double_td_target,
    epsilon_greedy,
    stop_unless_finite,
    td_target,
)


class Choice(NamedTuple):
    """A choice of actions, and why."""

    action: NDArray[np.int64]  # [...]
    q_values: NDArray[np.float32]  # [..., A], mean over an agent's members
    explored: NDArray[np.bool_]  # [...], True where chance chose


class DQNCritic(CriticEnsemble):
    """The critic of DQN: targets from the target networks, epsilon-greedy actions.

    Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
    """

    def reset(self) -> None:
        """Start over as in `CriticEnsemble`, exploration included."""
        super().reset()
        self._chance = [numpy_generator(seed, "exploration") for seed in self.seeds]

    def state_dict(self) -> dict[str, Any]:
        """Return all that learning changes, exploration included. Source: PyTorch's
        convention.
        """
        return super().state_dict() | {"chance": states_of(self._chance)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        super().load_state_dict(state)
        set_states(self._chance, state["chance"])

    def get_bellman_target(
        self,
        reward: Tensor,
        next_state: Tensor,
        terminated: Tensor,
        discount: Tensor | float | None = None,
    ) -> Tensor:
        """Return y = r + discount * (1 - terminated) * max over a' of Q_t(s', a'),
        `[..., B]`, without a gradient.

        Args:
            reward: `[B]` or `[N, B]`, of one step or, discounted, of several.
            next_state: `[B, S]` or `[N, B, S]`, after them.
            terminated: as reward, bool.
            discount: as reward; gamma if left out.

        Raises:
            ValueError: shapes that do not fit each other. TypeError: flags that are not
                bool.

        Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
        """
        with torch.no_grad():
            next_q = self.reduce(self.Q_t(next_state))
            discount = self.gamma if discount is None else discount
            return td_target(reward, next_q, terminated, discount)

    def choose(
        self,
        state: ArrayLike | Tensor,
        target: bool = False,
        is_training: bool = True,
    ) -> Choice:
        """Choose actions, and tell why: with probability epsilon at random, each state
        by its own coin, else the largest mean Q.

        Args:
            state: as in `Q`.
            target: ask the target networks.
            is_training: False chooses greedily.

        Source: Mnih et al. (2015), algorithm 1.
        """
        with torch.no_grad():
            q = self.Q_t(state) if target else self.Q(state)
            q_values = (q.mean(0) if self.n_members > 1 else q).cpu().numpy()
        stop_unless_finite(
            "a Q-value",
            q_values,
            f"at step {self.live.step}: the observation is"
            " too large (env.observation_scale), or a weight is",
        )
        if not is_training:
            action = q_values.argmax(-1)
            return Choice(action, q_values, np.zeros(action.shape, bool))
        shape, rows = q_values.shape[:-1], (len(self.seeds), -1)
        action, explored = np.empty(shape, np.int64), np.empty(shape, bool)
        actions, coins = action.reshape(rows), explored.reshape(rows)
        for k, own in enumerate(q_values.reshape(*rows, self.dim_act)):
            actions[k], coins[k] = epsilon_greedy(own, self.epsilon, self._chance[k])
        return Choice(action, q_values, explored)

    def act(
        self,
        state: ArrayLike | Tensor,
        target: bool = False,
        is_training: bool = True,
    ) -> NDArray[np.int64]:
        """Return the actions of `choose`, `[..., S]` to `[...]`.

        Source: Mnih et al. (2015), algorithm 1.
        """
        return self.choose(state, target, is_training).action


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
        """Return y = r + discount * (1 - terminated) * Q_t(s', argmax over a' of
        Q(s', a')), as in `DQNCritic`.

        Source: van Hasselt et al. (2016), equation 4. Taught in
        10_build_your_own_model.
        """
        with torch.no_grad():
            chooses, values = self.Q(next_state), self.Q_t(next_state)
            next_q = self.reduce(chooses), self.reduce(values)
            discount = self.gamma if discount is None else discount
            return double_td_target(reward, *next_q, terminated, discount)
