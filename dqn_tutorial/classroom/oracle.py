"""The oracle beside an agent: how far its Q-values are from Q*, and many copies of a finite MDP stepped in one go."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from dqn_tutorial.agent import Agent
from dqn_tutorial.mdp import MDP

Array = NDArray[np.float64]


class VectorMDPEnv(gym.vector.VectorEnv[Any, Any, Any]):
    """Copies of a finite MDP that step together with a few array operations; the same process as `envs.MDPEnv`.

    Args:
        mdp: the process; its `observations` are what the agent sees.
        num_envs: how many copies.
        max_episode_steps: steps after which an episode is truncated.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Gymnasium, NEXT_STEP autoreset. Taught in 06_agent.
    """

    def __init__(self, mdp: MDP, num_envs: int = 1, max_episode_steps: int = 50, reward_noise: float = 0.0) -> None:
        assert mdp.observations is not None  # the MDP fills them in
        self.mdp, self.num_envs, self.reward_noise = mdp, num_envs, reward_noise
        self.max_episode_steps = max_episode_steps
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self._observations = mdp.observations.astype(np.float32)
        self._cumulative = mdp.transition.cumsum(-1)
        self._start = mdp.start.cumsum()
        self.single_observation_space = Box(-np.inf, np.inf, (mdp.observations.shape[1],), np.float32)
        self.single_action_space = Discrete(mdp.n_actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.state, self.length = np.zeros(num_envs, int), np.zeros(num_envs, int)
        self.is_over = np.zeros(num_envs, bool)

    def _draw(self, cumulative: Array) -> NDArray[np.int64]:
        """Draw one outcome from each row of cumulative probabilities `[E, S]`."""
        chance = self.np_random.random(self.num_envs) * cumulative[..., -1]
        return np.asarray((cumulative <= chance[:, None]).sum(-1))

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Draw first states for all copies; one seed serves them all. Source: Gymnasium. Taught in 06_agent."""
        super().reset(seed=seed if isinstance(seed, int) else None)
        self.state = self._draw(np.tile(self._start, (self.num_envs, 1)))
        self.length[:], self.is_over[:] = 0, False
        return self._observations[self.state], {}

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], Array, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Step every copy; one whose episode has ended is only reset. Source: Gymnasium. Taught in 06_agent."""
        fresh = self._draw(np.tile(self._start, (self.num_envs, 1)))
        landed = self._draw(self._cumulative[self.state, actions])
        reward = self.mdp.reward[self.state, actions, landed]
        if self.reward_noise:
            reward = reward + self.reward_noise * self.np_random.standard_normal(self.num_envs)
        reward = np.where(self.is_over, 0.0, reward)
        self.state = np.where(self.is_over, fresh, landed)
        self.length = np.where(self.is_over, 0, self.length + 1)
        terminated = self.mdp.terminal[self.state]
        truncated = self.length >= self.max_episode_steps
        self.is_over = terminated | truncated
        return self._observations[self.state], reward, terminated, truncated, {}


def q_table(agent: Agent, mdp: MDP) -> Array:
    """Return the Q-values of the MDP's states: `[N, S, A]` for N agents, mean over the members of each.

    Source: this course. Taught in 06_agent.
    """
    assert mdp.observations is not None
    q = agent.critic.Q(mdp.observations.astype(np.float32)).detach().numpy().astype(float)  # [K, S, A]
    return np.asarray(q.reshape(len(agent.critic.seeds), -1, *q.shape[1:]).mean(1))


def distance_to_q_star(q: Array, mdp: MDP, q_star: Array) -> Array:
    """Return max over non-terminal states and actions of |Q - Q*|: `[..., S, A]` to `[...]`.

    Source: the sup norm of Sutton & Barto (2018), section 4.1. Taught in 06_agent.
    """
    return np.asarray(np.abs(q - q_star)[..., ~mdp.terminal, :].max((-2, -1)))
