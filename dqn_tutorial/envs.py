"""Environments: names, what DQN asks of them, finite MDPs as environments, and the probes that find bugs."""

import math
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from dqn_tutorial.config import nearest
from dqn_tutorial.mdp import MDP, slippery_grid
from dqn_tutorial.seeding import stream_seed

VectorEnv = gym.vector.VectorEnv[Any, Any, Any]


class EnvSpec(NamedTuple):
    """What an agent must know of its environment. Source: Gymnasium. Taught in 07_train_cartpole."""

    id: str
    dim_state: int
    dim_act: int
    solved_at: float | None  # mean episode return from which it counts as solved, if there is such a convention


def env_id(name: str) -> str:
    """Return the Gymnasium id of a name: an id as it is, `cartpole` as the newest CartPole.

    Raises:
        ValueError: no such environment; the nearest name is given.

    Source: Gymnasium's registry. Taught in 07_train_cartpole.
    """
    if name in gym.registry:
        return name
    short: dict[str, str] = {}
    for spec in sorted(gym.registry.values(), key=lambda spec: spec.version or 0):
        if spec.namespace in (None, "dqn_tutorial"):
            short[spec.name.lower()] = spec.id
    if name.lower() in short:
        return short[name.lower()]
    raise ValueError(f"env.name = {name!r} is not known: {nearest(name.lower(), short)} Any Gymnasium id works too.")


def env_seed(seed: int, source: str) -> int:
    """Return a seed that environments accept, 32 bits, for one source of randomness; as in `seeding.stream_seed`.

    Source: Gymnasium. Taught in 06_agent.
    """
    return stream_seed(seed, source) >> 32


def make_vector_env(name: str, n_envs: int) -> VectorEnv:
    """Return `n_envs` copies of an environment that step together; an ended one resets at its next step.

    Raises:
        ValueError: no such environment, it lacks a package, or its spaces are not what DQN needs.

    Source: Gymnasium, NEXT_STEP autoreset. Taught in 07_train_cartpole.
    """
    wanted = env_id(name)
    mode = "vector_entry_point" if gym.spec(wanted).vector_entry_point else "sync"
    try:
        envs = gym.make_vec(wanted, num_envs=n_envs, vectorization_mode=mode)
    except gym.error.DependencyNotInstalled as error:
        raise ValueError(f"env.name = {name!r} needs a package that is not installed: {error}") from error
    observation, action = envs.single_observation_space, envs.single_action_space
    if not isinstance(action, Discrete):
        envs.close()
        raise ValueError(
            f"env.name = {name!r} has actions {action}: DQN needs Discrete actions, because it takes the maximum over "
            "one Q-value per action, and there are endlessly many here. DDPG and SAC are made for such tasks."
        )
    if not isinstance(observation, Box) or len(observation.shape) != 1:
        envs.close()
        raise ValueError(
            f"env.name = {name!r} has observations {observation}: DQNNet needs a Box of one dimension, because its "
            "first layer multiplies a vector of numbers. Flatten or one-hot encode them with a Gymnasium wrapper."
        )
    return envs


def env_spec(name: str) -> EnvSpec:
    """Return id, sizes and threshold of an environment; errors as in `make_vector_env`.

    Source: Gymnasium. Taught in 07_train_cartpole.
    """
    envs = make_vector_env(name, 1)
    spec = gym.spec(env_id(name))
    dim_state, dim_act = math.prod(envs.single_observation_space.shape or ()), envs.single_action_space.n  # type: ignore[attr-defined]
    envs.close()
    return EnvSpec(spec.id, dim_state, int(dim_act), spec.reward_threshold)


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
        self.observation_space = Box(-np.inf, np.inf, (mdp.observations.shape[1],), np.float32)
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

    def step(self, action: np.int64) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Draw the next state and its reward; `terminated` in a terminal state. Source: Gymnasium. Taught in
        02_q_learning.
        """
        before = self.state
        chances = self._cumulative[before, action]
        self.state = int(np.searchsorted(chances, self.np_random.random() * chances[-1], side="right"))
        reward = float(self.mdp.reward[before, action, self.state])
        if self.reward_noise:
            reward += self.reward_noise * float(self.np_random.standard_normal())
        return self._observations[self.state].copy(), reward, bool(self.mdp.terminal[self.state]), False, {}


class Probe(NamedTuple):
    """A tiny task that one kind of bug fails. Source: Jones (2021). Taught in 05_critic."""

    mdp: MDP
    time_limit: int
    finds: str


def _probe_mdp(arrows: list[tuple[int, int, int, float]], observations: list[float], terminal: int) -> MDP:
    """Build a deterministic MDP from (state, action, next state, reward); every state but the last can be first."""
    n_states, n_actions = len(observations), 1 + max(action for _, action, _, _ in arrows)
    transition = np.zeros((n_states, n_actions, n_states))
    reward = np.zeros_like(transition)
    for state, action, next_state, r in arrows:
        transition[state, action, next_state], reward[state, action, next_state] = 1, r
    is_terminal = np.arange(n_states) == terminal
    transition[is_terminal, :, terminal] = 1
    start = np.array([state in {arrow[0] for arrow in arrows} for state in range(n_states)], float)
    return MDP(transition, reward, is_terminal, start / start.sum(), 0.9, np.array(observations)[:, None])


def probes() -> dict[str, Probe]:
    """Return the probe tasks, from the simplest on: the first that fails names the part that is broken.

    Source: after Jones (2021), "Debugging RL"; the truncation probe after Pardo et al. (2018). Taught in 05_critic.
    """
    return {
        "one value": Probe(_probe_mdp([(0, 0, 1, 1.0)], [1, 0], 1), 10, "the loss or the optimiser"),
        "two observations": Probe(
            _probe_mdp([(0, 0, 2, 1.0), (1, 0, 2, -1.0)], [1, -1, 0], 2), 10, "the network or its gradient"
        ),
        "two steps": Probe(_probe_mdp([(0, 0, 1, 0.0), (1, 0, 2, 1.0)], [1, -1, 0], 2), 10, "the bootstrap or gamma"),
        "two actions": Probe(
            _probe_mdp([(0, 0, 1, 1.0), (0, 1, 1, -1.0)], [1, 0], 1), 10, "the chosen action or its gather"
        ),
        "action by observation": Probe(
            _probe_mdp([(0, 0, 2, 1.0), (0, 1, 2, -1.0), (1, 0, 2, -1.0), (1, 1, 2, 1.0)], [1, -1, 0], 2),
            10,
            "the pairing of state, action and reward",
        ),
        "endless work": Probe(
            _probe_mdp([(0, 0, 0, 1.0), (0, 1, 1, 7.0)], [1, 0], 1), 5, "truncation taken for termination"
        ),
    }


def register_mdp(name: str, mdp: MDP, time_limit: int, reward_noise: float = 0.0) -> None:
    """Make a finite MDP known to Gymnasium as `dqn_tutorial/NAME-v0`, an environment like any other.

    Args:
        name: of letters and digits; in lower case it is the short name.
        mdp: the process.
        time_limit: steps after which an episode is truncated.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Gymnasium. Taught in 02_q_learning.
    """

    def build(**_: Any) -> gym.Env[Any, Any]:
        return MDPEnv(mdp, reward_noise)

    gym.register(f"dqn_tutorial/{name}-v0", entry_point=build, max_episode_steps=time_limit)


register_mdp("SlipperyGrid", slippery_grid(), time_limit=50)
for _name, _probe in probes().items():
    register_mdp(f"Probe{_name.title().replace(' ', '')}", _probe.mdp, _probe.time_limit)
