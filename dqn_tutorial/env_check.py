"""The whole check of an environment, in a learner's words: random play of some
episodes, and what it says about the settings.
"""

import warnings
from collections.abc import Iterator
from textwrap import shorten
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from dqn_tutorial import envs as by_name
from dqn_tutorial.config import Refused
from dqn_tutorial.copies import Copies
from dqn_tutorial.seeding import numpy_generator

EPISODES, STEPS = 20, 2_000  # of random play, whichever comes first
UNEVEN = 10  # so many times larger, a number drowns another


class EnvReport(NamedTuple):
    """What `check_environment` found; as text, its lines."""

    fits: bool  # whether DQN can use the environment
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def check_environment(
    env: str | gym.Env[Any, Any], gamma: float = 0.99, reward_scale: float = 1.0
) -> EnvReport:
    """Say whether DQN can use an environment, and what to set for it.

    Example: `print(check_environment("acrobot"))`, or of one that is made already,
    `print(check_environment(MyEnv()))`.

    Args:
        env: a name, `module:Name-v0` too, or an environment, which is left open.
        gamma, reward_scale: to be trained with.

    Returns:
        Whether it fits, and a sentence for each finding. What the environment's own
        code raises passes as it is.

    Source: after Gymnasium's `check_env`. Taught in 11_your_own_environment.
    """
    kind = type(getattr(env, "unwrapped", env)).__name__
    name = by_name.import_env(env) if isinstance(env, str) else kind
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if isinstance(env, str):
                spec: Any = gym.spec(by_name.env_spec(name, reward_scale).id)
                envs: Any = by_name.make_vector_env(name, 1)
            else:
                spec, envs = env.spec, Copies(name, lambda: _LeftOpen(env))
                by_name.try_out(name, envs, reward_scale)
            seen, rewards, ends = play = _random_play(envs)
            again = _random_play(envs)
            if isinstance(env, str):
                envs.close()
        if seen.ndim > 2:
            raise Refused(f"env.name = {name!r} has images: {by_name.NEEDS_A_VECTOR}")
        by_name.refuse_infinite(name, "an observation held", seen)
        by_name.refuse_infinite(name, "a reward was", rewards)
    except Refused as error:
        return EnvReport(False, (str(error),))
    texts = dict.fromkeys(str(one.message) for one in caught)
    told = [
        text for text in texts if "env.name" in text and by_name.TOO_LARGE not in text
    ]
    if not all(map(np.array_equal, play, again)):
        told.append("One seed, the same actions, another way: no seed repeats a run.")
    elif not any("np_random" in text for text in told):
        told.append("A seed repeats what happens.")
    lines = (
        f"DQN can use {name!r}.",
        *_of_spaces(envs, seen),
        *_of_episodes(rewards, ends, spec and spec.max_episode_steps),
        *_of_returns(rewards, ends, gamma, reward_scale),
        *told,
    )
    return EnvReport(True, lines)


class _LeftOpen(gym.Wrapper[Any, Any, Any, Any]):
    def close(self) -> None:
        """Leave it to whoever made it."""


def _random_play(envs: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return observations `[T, ...]`, and of each transition its reward, and 1 where
    the task ended the episode, 2 where a limit cut it off, else 0.
    """
    rng, is_over = numpy_generator(0, "check of an environment"), False
    seen, steps = [envs.reset(seed=0)[0][0]], list[tuple[float, int]]()
    while len(seen) < STEPS and sum(end > 0 for _, end in steps) < EPISODES:
        action = rng.integers(envs.single_action_space.n, size=1)
        state, reward, terminated, truncated, _ = envs.step(action)
        seen.append(state[0])
        if not is_over:
            steps.append((reward[0], 1 if terminated[0] else 2 * truncated[0]))
        is_over = terminated[0] or truncated[0]
    rewards, ends = np.array(steps, float).T
    return np.stack(seen), rewards, ends


def _of_spaces(envs: Any, seen: NDArray[Any]) -> Iterator[str]:
    space, n = envs.single_observation_space, seen.shape[1]
    own, first = getattr(envs, "own_space", space), getattr(envs, "first_action", 0)
    how = f"{n} numbers{' when flattened' * (own is not space)}"
    yield f"Observations: {shorten(str(own), 99)}, {how}."
    shifted = f", counted from 0, in the environment from {first}" * (first != 0)
    yield f"Actions: {envs.single_action_space.n}{shifted}."
    low, high, size = seen.min(0), seen.max(0), np.abs(seen.astype(float)).max(0)
    for i in np.flatnonzero((low < space.low) | (high > space.high))[:3]:
        yield (
            f"Observation {i} went from {low[i]:g} to {high[i]:g}, but its space says"
            f" {space.low[i]:g} to {space.high[i]:g}: correct one of them."
        )
    times = size.max() / size[size > 0].min(initial=size.max() or 1)
    if times >= UNEVEN:
        scale = ", ".join(f"{1 / (one or 1):.2g}" for one in size[:20])
        yield (
            f"Observation {size.argmax()} is up to {times:,.0f} times as large as"
            f" another, and drowns it: set env.observation_scale = ({scale}"
            f"{', ...' * (n > 20)})."
        )


def _of_episodes(
    rewards: NDArray[Any], ends: NDArray[Any], limit: int | None
) -> Iterator[str]:
    if limit:
        yield f"Time limit: {limit} steps."
    else:
        yield (
            "No time limit: set max_episode_steps in gymnasium.register, or an agent"
            " that goes round in circles never ends an episode."
        )
    n, lengths = (ends > 0).sum(), np.diff(np.flatnonzero(ends), prepend=-1)
    if n:
        yield (
            f"{n} episodes of random play: {lengths.min()} to {lengths.max()} steps;"
            f" {(ends == 1).sum()} ended by the task (terminated), {(ends == 2).sum()}"
            " cut off (truncated)."
        )
        returns = np.add.reduceat(rewards, np.flatnonzero(ends) - lengths + 1)
        yield (
            f"Their mean return: {returns.mean():,.4g}. An agent that learned is above."
        )
    else:
        yield f"No episode of random play ended in {len(ends)} steps."
    yield f"Rewards: {rewards.min():g} to {rewards.max():g}."
    if not rewards.any():
        yield "Random play found no reward: exploring may find none for long."


def _of_returns(
    rewards: NDArray[Any], ends: NDArray[Any], gamma: float, reward_scale: float
) -> Iterator[str]:
    horizon = 1 / (1 - gamma) if gamma < 1 else np.inf
    yield f"gamma = {gamma:g} looks about {horizon:,.0f} steps ahead."
    parts = np.split(rewards, np.flatnonzero(ends) + 1)
    longest = max(map(len, parts))
    if longest > 3 * horizon and ends.any():
        yield (
            f"An episode had {longest} steps, and what is further off hardly counts:"
            f" training.gamma = {1 - 1 / longest:.4g} looks so far."
        )
    values = [abs(np.polyval(part[::-1], gamma)) for part in parts]
    size = max(values) * reward_scale
    yield f"Discounted returns, times env.reward_scale: up to {size:.3g} in size."
    if size >= by_name.LARGE_REWARD:
        value = reward_scale * 10.0 ** -np.floor(np.log10(size))
        yield f"That is large for a network: set env.reward_scale = {value:.1g}."
