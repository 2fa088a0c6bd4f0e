"""Finite MDPs as Gymnasium environments, one by one or many at a time, and the probe
tasks that find bugs.
"""

from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from dqn_tutorial.mdp import MDP, draw_rows


class MDPEnv(gym.Env[NDArray[np.float32], np.int64]):
    """A finite MDP as a Gymnasium environment.

    Args:
        mdp: the process; its `observations` are what the agent sees.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Sutton & Barto (2018), section 3.1. Taught in 02_q_learning.
    """

    def __init__(self, mdp: MDP, reward_noise: float = 0.0) -> None:
        assert mdp.observations is not None  # the MDP fills them in
        self.mdp, self.reward_noise = mdp, reward_noise
        self.observation_space = Box(
            -np.inf, np.inf, (mdp.observations.shape[1],), np.float32
        )
        self.action_space = Discrete(mdp.n_actions)
        self._observations = mdp.observations.astype(np.float32)
        self._cumulative = mdp.transition.cumsum(-1)
        self.state = 0  # number of the present state

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Draw a first state. Source: Gymnasium. Taught in 02_q_learning."""
        super().reset(seed=seed)
        self.state = int(self.np_random.choice(self.mdp.n_states, p=self.mdp.start))
        return self._observations[self.state].copy(), {}

    def step(
        self, action: np.int64
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Draw the next state and its reward; `terminated` in a terminal state. Source:
        Gymnasium. Taught in 02_q_learning.
        """
        before = self.state
        self.state = int(draw_rows(self._cumulative[before, action], self.np_random))
        reward = float(self.mdp.reward[before, action, self.state])
        if self.reward_noise:
            reward += self.reward_noise * float(self.np_random.standard_normal())
        return (
            self._observations[self.state].copy(),
            reward,
            bool(self.mdp.terminal[self.state]),
            False,
            {},
        )


class VectorMDPEnv(gym.vector.VectorEnv[Any, Any, Any]):
    """Copies of a finite MDP that step together with a few array operations; the same
    process as `MDPEnv`.

    Args:
        mdp: the process; its `observations` are what the agent sees.
        num_envs: how many copies.
        max_episode_steps: steps after which an episode is truncated.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Gymnasium, NEXT_STEP autoreset. Taught in 06_agent.
    """

    def __init__(
        self,
        mdp: MDP,
        num_envs: int = 1,
        max_episode_steps: int = 50,
        reward_noise: float = 0.0,
    ) -> None:
        assert mdp.observations is not None  # the MDP fills them in
        self.mdp, self.num_envs, self.reward_noise = mdp, num_envs, reward_noise
        self.max_episode_steps = max_episode_steps
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self._observations = mdp.observations.astype(np.float32)
        self._cumulative = mdp.transition.cumsum(-1)
        self._start = np.tile(mdp.start.cumsum(), (num_envs, 1))
        self.single_observation_space = Box(
            -np.inf, np.inf, (mdp.observations.shape[1],), np.float32
        )
        self.single_action_space = Discrete(mdp.n_actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.state, self.length = np.zeros(num_envs, int), np.zeros(num_envs, int)
        self.is_over = np.zeros(num_envs, bool)

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Draw first states for all copies; one seed serves them all. Source:
        Gymnasium. Taught in 06_agent.
        """
        super().reset(seed=seed if isinstance(seed, int) else None)
        self.state = draw_rows(self._start, self.np_random)
        self.length[:], self.is_over[:] = 0, False
        return self._observations[self.state], {}

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[
        NDArray[np.float32],
        NDArray[np.float64],
        NDArray[np.bool_],
        NDArray[np.bool_],
        dict[str, Any],
    ]:
        """Step every copy; one whose episode has ended is only reset. Source:
        Gymnasium. Taught in 06_agent.
        """
        fresh = draw_rows(self._start, self.np_random)
        landed = draw_rows(self._cumulative[self.state, actions], self.np_random)
        reward = self.mdp.reward[self.state, actions, landed]
        if self.reward_noise:
            reward = reward + self.reward_noise * self.np_random.standard_normal(
                self.num_envs
            )
        reward = np.where(self.is_over, 0.0, reward)
        self.state = np.where(self.is_over, fresh, landed)
        self.length = np.where(self.is_over, 0, self.length + 1)
        terminated = self.mdp.terminal[self.state]
        truncated = self.length >= self.max_episode_steps
        self.is_over = terminated | truncated
        return self._observations[self.state], reward, terminated, truncated, {}


class Probe(NamedTuple):
    """A tiny task that one kind of bug fails. Source: Jones (2021)."""

    mdp: MDP
    time_limit: int


def _probe_mdp(
    arrows: list[tuple[int, int, int, float]], observations: list[float], terminal: int
) -> MDP:
    """Build a deterministic MDP from (state, action, next state, reward); every state
    but the last can be first.
    """
    n_states, n_actions = (
        len(observations),
        1 + max(action for _, action, _, _ in arrows),
    )
    transition = np.zeros((n_states, n_actions, n_states))
    reward = np.zeros_like(transition)
    for state, action, next_state, r in arrows:
        transition[state, action, next_state], reward[state, action, next_state] = 1, r
    is_terminal = np.arange(n_states) == terminal
    transition[is_terminal, :, terminal] = 1
    start = np.array(
        [state in {arrow[0] for arrow in arrows} for state in range(n_states)], float
    )
    return MDP(
        transition,
        reward,
        is_terminal,
        start / start.sum(),
        0.9,
        np.array(observations)[:, None],
    )


def probes() -> dict[str, Probe]:
    """Return the probe tasks, from the simplest on: the first that fails names the part
    that is broken.

    Source: after Jones (2021), "Debugging RL"; the truncation probe after Pardo et al.
    (2018).
    """
    by_observation = [(0, 0, 2, 1.0), (0, 1, 2, -1.0), (1, 0, 2, -1.0), (1, 1, 2, 1.0)]
    return {
        # the loss or the optimiser
        "one value": Probe(_probe_mdp([(0, 0, 1, 1.0)], [1, 0], 1), 10),
        # the network or its gradient
        "two observations": Probe(
            _probe_mdp([(0, 0, 2, 1.0), (1, 0, 2, -1.0)], [1, -1, 0], 2), 10
        ),
        # the bootstrap or gamma
        "two steps": Probe(
            _probe_mdp([(0, 0, 1, 0.0), (1, 0, 2, 1.0)], [1, -1, 0], 2), 10
        ),
        # the chosen action or its gather
        "two actions": Probe(
            _probe_mdp([(0, 0, 1, 1.0), (0, 1, 1, -1.0)], [1, 0], 1), 10
        ),
        # the pairing of state, action and reward
        "action by observation": Probe(_probe_mdp(by_observation, [1, -1, 0], 2), 10),
        # truncation taken for termination
        "endless work": Probe(
            _probe_mdp([(0, 0, 0, 1.0), (0, 1, 1, 7.0)], [1, 0], 1), 5
        ),
    }


def register_mdp(
    name: str, mdp: MDP, time_limit: int = 50, reward_noise: float = 0.0
) -> None:
    """Make a finite MDP known to Gymnasium as `dqn_tutorial/NAME-v0`, an environment
    like any other.

    Args:
        name: of letters and digits; in lower case it is the short name.
        mdp: the process.
        time_limit: steps after which an episode is truncated.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Gymnasium.
    """

    def single(**_: Any) -> gym.Env[Any, Any]:
        return MDPEnv(mdp, reward_noise)

    def copies(num_envs: int = 1, max_episode_steps: int = time_limit) -> VectorMDPEnv:
        return VectorMDPEnv(mdp, num_envs, max_episode_steps, reward_noise)

    vector: Any = copies
    gym.register(
        f"dqn_tutorial/{name}-v0",
        single,
        max_episode_steps=time_limit,
        vector_entry_point=vector,
    )
