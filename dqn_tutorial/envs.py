"""Environments: their names, and what DQN asks of them."""

import math
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers.vector import TransformObservation

import dqn_tutorial.chains  # registers its environments
import dqn_tutorial.tasks  # noqa: F401  (registers its environments)
from dqn_tutorial.config import nearest
from dqn_tutorial.mdp import slippery_grid
from dqn_tutorial.mdp_envs import probes, register_mdp
from dqn_tutorial.seeding import stream_seed

VectorEnv = gym.vector.VectorEnv[Any, Any, Any]


class EnvSpec(NamedTuple):
    """What an agent must know of its environment. Source: Gymnasium."""

    id: str
    dim_state: int
    dim_act: int
    # mean episode return from which it counts as solved, if there is such a convention
    solved_at: float | None


def env_id(name: str) -> str:
    """Return the Gymnasium id of a name: an id as it is, `cartpole` as the newest
    CartPole.

    Raises:
        ValueError: no such environment; the nearest name is given.

    Source: Gymnasium's registry.
    """
    if name in gym.registry:
        return name
    short: dict[str, str] = {}
    for spec in sorted(gym.registry.values(), key=lambda spec: spec.version or 0):
        if spec.namespace in (None, "dqn_tutorial"):
            short[spec.name.lower()] = spec.id
    if name.lower() in short:
        return short[name.lower()]
    hint = nearest(name.lower(), short)
    raise ValueError(
        f"env.name = {name!r} is not known, neither as a Gymnasium id nor as a short"
        f" name: {hint}"
    )


def env_seed(seed: int, source: str) -> int:
    """Return a seed that environments accept, 32 bits, for one source of randomness; as
    in `seeding.stream_seed`.

    Source: Gymnasium. Taught in 06_agent.
    """
    return stream_seed(seed, source) >> 32


def make_vector_env(name: str, n_envs: int) -> VectorEnv:
    """Return `n_envs` copies of an environment that step together; an ended one resets
    at its next step.

    Whatever numbers the environment observes, its states come as float32.

    Raises:
        ValueError: no such environment, it lacks a package, or its spaces are not what
            DQN needs.

    Source: Gymnasium, NEXT_STEP autoreset.
    """
    wanted = env_id(name)
    mode = "vector_entry_point" if gym.spec(wanted).vector_entry_point else "sync"
    try:
        envs = gym.make_vec(wanted, num_envs=n_envs, vectorization_mode=mode)
    except gym.error.DependencyNotInstalled as error:
        raise ValueError(
            f"env.name = {name!r} needs a package that is not installed: {error}"
        ) from error
    observation, action = envs.single_observation_space, envs.single_action_space
    if not isinstance(action, Discrete):
        envs.close()
        raise ValueError(
            f"env.name = {name!r} has actions {action}: DQN needs Discrete actions,"
            " because it takes the maximum over one Q-value per action, and there are"
            " endlessly many here. DDPG and SAC are made for such tasks."
        )
    if action.start != 0:
        envs.close()
        raise ValueError(
            f"env.name = {name!r} has actions {action}: DQN needs actions that count"
            " from 0, because an action is the place of its Q-value. Shift them with"
            " gymnasium.wrappers.TransformAction."
        )
    if not isinstance(observation, Box) or len(observation.shape) != 1:
        envs.close()
        raise ValueError(
            f"env.name = {name!r} has observations {observation}: DQNNet needs a Box of"
            " one dimension, because its first layer multiplies a vector of numbers."
            " Flatten or one-hot encode them with a Gymnasium wrapper."
        )
    if observation.dtype != np.float32:
        space = Box(-np.inf, np.inf, observation.shape, np.float32)
        envs = TransformObservation(
            envs,
            lambda states: states.astype(np.float32),
            single_observation_space=space,
        )
    return envs


def env_spec(name: str) -> EnvSpec:
    """Return id, sizes and threshold of an environment; errors as in `make_vector_env`.

    Source: Gymnasium.
    """
    envs = make_vector_env(name, 1)
    spec = gym.spec(env_id(name))
    dim_state, dim_act = (
        math.prod(envs.single_observation_space.shape or ()),
        envs.single_action_space.n,
    )  # type: ignore[attr-defined]
    envs.close()
    return EnvSpec(spec.id, dim_state, int(dim_act), spec.reward_threshold)


register_mdp("SlipperyGrid", slippery_grid(), time_limit=50)
for _name, _probe in probes().items():
    register_mdp(
        f"Probe{_name.title().replace(' ', '')}", _probe.mdp, _probe.time_limit
    )
