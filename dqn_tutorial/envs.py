"""Environments by name: what DQN asks of them, how they are made, and the cheap part of
their check. The package's own tasks are in `task_envs.py`.
"""

import warnings
from collections.abc import Callable
from contextlib import closing
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from math import ceil, log10
from pathlib import Path
from sysconfig import get_path
from traceback import walk_tb
from typing import Any, NamedTuple, TypeVar

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec as Registered
from gymnasium.spaces import Box, Discrete, flatdim
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dqn_tutorial.config import Refused, nearest, refuse
from dqn_tutorial.copies import INTERFACE, KNOWN, Copies, refuse_env
from dqn_tutorial.seeding import stream_seed
from dqn_tutorial.task_envs import (
    MDPEnv,
    RotatingContext,
    VectorEnv,
    VectorMDPEnv,
    on_circle,
    quadrant,
    register_mdp,
)

__all__ = [
    "EnvSpec",
    "MDPEnv",
    "RotatingContext",
    "VectorEnv",
    "VectorMDPEnv",
    "env_id",
    "env_seed",
    "env_spec",
    "evaluation_envs",
    "import_env",
    "longest_episode",
    "make_vector_env",
    "on_circle",
    "quadrant",
    "register_mdp",
]

T = TypeVar("T")
NEEDS_A_VECTOR = (
    "DQNNet needs a Box of one dimension, because its first layer multiplies a vector"
    " of numbers. Flatten them with gymnasium.wrappers.FlattenObservation, or register"
    " a network that reads images."
)
NOT_KNOWN = (
    "if it is your own, run the file that registers it first (--import FILE on the"
    " command line, an import in a notebook)"
)
# of Gymnasium's own, those that DQN can learn without a further package
LEARNABLE = set(
    "CartPole MountainCar Acrobot Blackjack FrozenLake FrozenLake8x8 CliffWalking"
    " CliffWalkingSlippery Taxi".split()
)
# where no learner's own code is
LIBRARIES = str(Path(gym.__file__).parents[1]), get_path("stdlib"), "<frozen", __file__
MOST_COPIES = 20  # open at a time in an evaluation
LONGEST = 10_000  # steps of an evaluated episode that has no time limit
LARGE_REWARD, TOO_LARGE = 1_000, "gives rewards as large as"
LARGEST = float(np.finfo(np.float32).max)


class EnvSpec(NamedTuple):
    """What an agent must know of its environment. Source: Gymnasium."""

    id: str
    dim_state: int | tuple[int, ...]  # numbers in a state, or the shape of an image
    dim_act: int
    # mean episode return from which it counts as solved, if there is such a convention
    solved_at: float | None
    one_copy: bool  # whether a second copy cannot be made beside the first
    itemsize: int  # bytes that a number of a state takes in the memory, at most 4


def import_env(name: str) -> str:
    """Import the module of a name that a person gives as `module:Name-v0`; return the
    name alone, which is all that a configuration holds.

    Raises:
        Refused: there is no such module.

    Source: Gymnasium's `make`.
    """
    if not isinstance(name, str):
        refuse("env.name", name, "it must be a name")
    module, colon, plain = name.rpartition(":")
    if not colon:
        return name
    try:
        if not all(part.isidentifier() for part in module.split(".")):
            raise ModuleNotFoundError(f"{module!r} is no module's name", name=module)
        import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and misses another
        raise Refused(
            f"env.name = {name!r}: there is no module {module!r} to import, neither in"
            " this folder nor among the installed ones"
        ) from error
    return plain


def env_id(name: str) -> str:
    """Return the Gymnasium id of a name: an id as it is, `cartpole` as the newest
    CartPole, `probe two steps` as what `register_mdp` was given by that name.

    Raises:
        Refused: no such environment; the nearest name is given. Or a name with a
            module, which `import_env` takes from a person, and nothing from a file.

    Source: Gymnasium's registry.
    """
    module, _, plain = name.rpartition(":")
    if module:
        raise Refused(
            f"env.name = {name!r} is not allowed: no file may name code to import:"
            f" import {module} yourself, or --import FILE, and name {plain!r} alone"
        )
    if name in gym.registry:
        return name
    by_version = sorted(gym.registry.values(), key=lambda spec: spec.version or 0)
    ids = {
        spec.name.lower(): spec
        for spec in by_version
        if spec.namespace in (None, "dqn_tutorial")
    }
    short = name.lower().replace(" ", "")
    if short not in ids:
        fitting = [known for known, spec in ids.items() if _is_learnable(spec)]
        raise Refused(
            f"env.name = {name!r} is not known: {NOT_KNOWN}. Of the known names,"
            f" {nearest(short, fitting)}"
        )
    return ids[short].id


def _is_learnable(spec: Registered) -> bool:
    """Return whether DQN can learn it; a learner's own is taken to be so."""
    entry = spec.entry_point or spec.vector_entry_point
    module = entry if isinstance(entry, str) else getattr(entry, "__module__", "")
    if not module.startswith("gymnasium."):
        return True
    has_box2d = spec.name == "LunarLander" and find_spec("Box2D") is not None
    return spec.name in LEARNABLE or has_box2d


def env_seed(seed: int, source: str) -> int:
    """Return a seed that environments accept, 32 bits, for one source of randomness; as
    in `seeding.stream_seed`.

    Source: Gymnasium. Taught in 06_agent.
    """
    return stream_seed(seed, source) >> 32


def _made(name: str, make: Callable[[], T]) -> T:
    """Return what Gymnasium makes; say in a sentence what it finds wrong. What the
    environment's own code raises passes as it is.
    """
    try:
        return make()
    except gym.error.DependencyNotInstalled as error:
        missing: Exception = error
    except (ImportError, AttributeError, TypeError, gym.error.Error) as error:
        if not (_is_gymnasiums(error) and _is_gymnasiums(error.__context__)):
            raise
        if not isinstance(error, ImportError):
            hint = INTERFACE if "inherit" in str(error) else ""
            raise Refused(f"env.name = {name!r}: {error}{hint}") from error
        missing = error
    raise Refused(
        f"env.name = {name!r} needs a package that is not installed: {missing}"
    ) from missing


def _is_gymnasiums(error: BaseException | None) -> bool:
    """Return whether no code but this file's and that of installed packages took part
    in an error.
    """
    files = (
        frame.f_code.co_filename
        for frame, _ in walk_tb(error.__traceback__ if error else None)
    )
    return all(file.startswith(LIBRARIES) for file in files)


def _vector_form(name: str, n_envs: int) -> VectorEnv | None:
    """Return the environment's own vector form if DQN can use it; None if single copies
    serve better.
    """
    spec = gym.spec(env_id(name))
    if spec.vector_entry_point is None or spec.additional_wrappers:
        return None
    envs = _made(name, partial(gym.make_vec, spec.id, num_envs=n_envs))
    seen = getattr(envs, "single_observation_space", None)
    action = getattr(envs, "single_action_space", None)
    wrong = ""
    if envs.metadata.get("autoreset_mode") != AutoresetMode.NEXT_STEP:
        wrong = "its metadata['autoreset_mode'] is not AutoresetMode.NEXT_STEP"
    elif not isinstance(seen, Box) or not seen.shape or 0 in seen.shape:
        wrong = f"its observations are {seen}, not a Box of one axis or more"
    elif not isinstance(action, Discrete) or action.start != 0:
        wrong = f"its actions are {action}, not a Discrete that counts from 0"
    if not wrong:
        return envs
    envs.close()
    if spec.entry_point is None:
        refuse_env(name, f"it has a vector form alone, and {wrong}")
    return None


def make_vector_env(name: str, n_envs: int, or_fewer: bool = False) -> VectorEnv:
    """Return `n_envs` copies of an environment that step together; an ended one resets
    at its next step.

    Args:
        name: of the environment.
        n_envs: how many.
        or_fewer: where one more cannot be made beside those that are, these will do.

    Raises:
        Refused: no such environment, it lacks a package, or its spaces are not what
            DQN needs. What its own code raises passes as it is.

    Source: Gymnasium, NEXT_STEP autoreset.
    """
    return _vector_form(name, n_envs) or _copies(name, n_envs, or_fewer)


def _copies(name: str, n_envs: int, or_fewer: bool) -> Copies:
    make = partial(gym.make, env_id(name), disable_env_checker=True)
    return Copies(name, partial(_made, name, make), n_envs, or_fewer)


def evaluation_envs(name: str, n_agents: int, episodes: int) -> VectorEnv:
    """Return environments for so many episodes of each agent: all at once in a vector
    form; else at most 20 single copies, though one for each agent, and fewer where no
    more can be made beside the first. Errors as in `make_vector_env`.

    Source: Gymnasium.
    """
    most = max(1, MOST_COPIES // n_agents)
    at_once = ceil(episodes / ceil(episodes / most))  # parts of one length
    return _vector_form(name, n_agents * episodes) or _copies(
        name, n_agents * at_once, or_fewer=n_agents == 1
    )


def longest_episode(name: str) -> int:
    """Return after how many steps an episode has ended or is cut off: the time limit,
    or 10,000 where there is none.

    Source: Gymnasium.
    """
    return gym.spec(env_id(name)).max_episode_steps or LONGEST


def env_spec(name: str, reward_scale: float = 1.0) -> EnvSpec:
    """Return id, sizes and threshold of an environment, after a few steps in two
    copies: errors as in `make_vector_env` and, once, of what those steps return.

    Warns where a second copy cannot be made, where a seed does not repeat what happens,
    and where rewards times `reward_scale` are large.

    Source: Gymnasium.
    """
    with closing(make_vector_env(name, 2, or_fewer=True)) as envs:
        if not isinstance(envs, KNOWN):
            try_out(name, envs, reward_scale)
    spec, shape = gym.spec(env_id(name)), envs.single_observation_space.shape or ()
    return EnvSpec(
        spec.id,
        shape[0] if len(shape) == 1 else shape,
        flatdim(envs.single_action_space),
        spec.reward_threshold,
        envs.num_envs == 1,
        min(np.dtype(envs.single_observation_space.dtype).itemsize, 4),
    )


def try_out(name: str, envs: VectorEnv, reward_scale: float = 1.0) -> None:
    """Reset and step an environment a few times; errors and warnings as in `env_spec`.

    Source: Gymnasium.
    """
    n, n_actions = envs.num_envs, flatdim(envs.single_action_space)
    is_single, is_repeated, largest = isinstance(envs, Copies), True, 0.0
    for seed in range(3):
        for t in range(4):
            returned: Any
            if t == 0:
                seeds: Any = [seed] * n if is_single else seed
                call, returned = "reset", envs.reset(seed=seeds)
            else:
                call, returned = "step", envs.step(np.full(n, t % n_actions))
            if not is_single:
                _refuse_shapes(name, envs, call, returned)
            columns = [np.asarray(column) for column in returned[:-1]]
            refuse_infinite(name, f"{call} returned an observation with", columns[0])
            if t:
                refuse_infinite(name, "step returned the reward", columns[1])
                largest = max(largest, float(np.abs(columns[1]).max()))
            is_repeated &= all((one == one[:1]).all() for one in columns)
    if is_single and not is_repeated:
        warnings.warn(
            f"env.name = {name!r}: two copies with one seed and the same actions do not"
            " go the same way: the environment does not draw all its random numbers"
            " from self.np_random, so a seed does not repeat a run",
            stacklevel=3,
        )
    if isinstance(envs, Copies) and (error := envs.why_fewer):
        warnings.warn(
            f"env.name = {name!r}: a second copy cannot be made beside the first"
            f" ({type(error).__name__}: {error}): episodes are evaluated one by one",
            stacklevel=3,
        )
    if largest * reward_scale >= LARGE_REWARD:
        warnings.warn(
            f"env.name = {name!r} {TOO_LARGE} {largest:,.0f}: Q-values"
            " need long to grow so far, and a run may learn nothing; set"
            f" env.reward_scale = {10.0 ** -round(log10(largest)):g} (returns are still"
            " reported in the environment's units)",
            stacklevel=3,
        )


def refuse_infinite(name: str, what: str, values: NDArray[Any]) -> None:
    """Raise an error that names the first number which float32 cannot hold."""
    wrong = values[~(np.abs(values.astype(float)) <= LARGEST)]
    if wrong.size:
        refuse_env(
            name,
            f"{what} {wrong[0]}: each number must be finite, and at most {LARGEST:.1e}"
            " in size, the largest that the network's float32 holds",
        )


def _refuse_shapes(name: str, envs: VectorEnv, call: str, returned: Any) -> None:
    """Raise an error where a vector form does not return what it promises."""
    n, seen = envs.num_envs, envs.single_observation_space.shape or ()
    wanted = [(n, *seen)] + [(n,)] * 3 * (call == "step")
    is_tuple = isinstance(returned, tuple | list)
    if not is_tuple or [np.shape(one) for one in returned[:-1]] != wanted:
        refuse_env(
            name,
            f"{call} of its vector form must return arrays of shapes {wanted} and info",
        )
