"""Single environments side by side: what each returns is checked, and made one array;
and the state of a vector of environments as plain numbers, so that a run can go on.
"""

import inspect
import re
from array import array
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, NoReturn

import gymnasium as gym
import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv
from gymnasium.spaces import Box, Discrete, Space, flatten, flatten_space
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from dqn_tutorial.config import Refused
from dqn_tutorial.spaces import (
    fits,
    numbers,
    wrong_action_space,
    wrong_observation_space,
)
from dqn_tutorial.task_envs import Options, TaskVectorEnv, VectorEnv

Env = gym.Env[Any, Any]
INTERFACE = (
    ". The old interface of Gym was another. Today a class is"
    " `class Name(gymnasium.Env):`; `def reset(self, *, seed=None, options=None):`"
    " begins with `super().reset(seed=seed)` and returns `observation, {}`; `step`"
    " returns `observation, reward, terminated, truncated, {}`: `terminated, False` in"
    " place of `done`"
)
OLD_STEP = "DQN needs 5: observation, reward, terminated, truncated, info" + INTERFACE
OLD_RESET = "DQN needs 2: observation, info" + INTERFACE
NO_SEED = "reset does not take `seed` and `options`" + INTERFACE
# whose state is their generator and their public numbers and arrays
KNOWN = (TaskVectorEnv, CartPoleVectorEnv)


def refuse_env(name: str, why: str) -> NoReturn:
    """Raise an error that names an environment and what is wrong with it."""
    raise Refused(f"env.name = {name!r}: {why}")


class Copies(VectorEnv):
    """Copies of an environment that step one after another; one whose episode has ended
    resets at its next step.

    Observations that are no Box, or one without an axis, are flattened by Gymnasium's
    `flatten`, a Discrete one-hot; actions count from 0. `info` is not kept.

    Args:
        name: of the environment, for messages.
        make: makes one copy.
        num_envs: how many copies.
        or_fewer: go on with those that are where one more cannot be made.

    Attributes:
        envs: the copies. own_space: their observations, before they are flattened.
        first_action: its number in the environment.
        why_fewer: what one more copy raised, if that was allowed.
        observations: the last ones, `[E, ...]`. is_over: whether the episode has ended,
            or none has begun, `[E]`.

    Raises:
        Refused: spaces that DQN cannot use; later, what breaks Gymnasium's interface.

    Source: Gymnasium, NEXT_STEP autoreset.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Env],
        num_envs: int = 1,
        or_fewer: bool = False,
    ) -> None:
        self.name, self.envs = name, list[Env]()
        self.why_fewer: Exception | None = None
        try:
            self.envs.append(make())
            self._take_spaces()
            while len(self.envs) < num_envs:
                try:
                    self.envs.append(make())
                except Exception as error:
                    if not or_fewer:
                        raise
                    self.why_fewer = error
                    break
        except BaseException:
            self.close()
            raise
        n = self.num_envs = len(self.envs)
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.observation_space = batch_space(self.single_observation_space, n)
        self.action_space = batch_space(self.single_action_space, n)
        seen = self.single_observation_space
        self.observations = np.zeros((n, *(seen.shape or ())), seen.dtype)
        self.rewards, self.is_over = np.zeros(n), np.ones(n, bool)
        self.terminations, self.truncations = np.zeros(n, bool), np.zeros(n, bool)
        # of each copy's episode: the seed or the generator's state, and the actions
        self._start: list[dict[str, Any]] = [{} for _ in self.envs]
        self._actions = [array("q") for _ in self.envs]

    def _take_spaces(self) -> None:
        """Take the spaces of the first copy, as DQN sees them."""
        env = self.envs[0]
        for kind in ("observation_space", "action_space"):
            if not isinstance(getattr(env, kind, None), Space):
                refuse_env(
                    self.name,
                    f"there is no {kind}: set self.{kind} in __init__, to one of"
                    " gymnasium.spaces",
                )
        seen, action = env.observation_space, env.action_space
        if wrong := wrong_action_space(action) or wrong_observation_space(seen):
            raise Refused(f"env.name = {self.name!r} has {wrong}")
        self.own_space = seen
        self._box = seen if isinstance(seen, Box) and seen.shape else None
        self.single_observation_space = (
            flatten_space(seen) if self._box is None else seen
        )
        self.first_action = int(action.start)  # type: ignore[attr-defined]
        self.single_action_space = Discrete(int(action.n))  # type: ignore[attr-defined]
        layer = env
        while True:  # wrappers hand both on
            try:
                inspect.signature(layer.reset).bind(seed=None, options=None)
            except TypeError:
                refuse_env(self.name, NO_SEED)
            except ValueError:
                pass  # it has no signature that Python can read
            if not isinstance(layer, gym.Wrapper):
                break
            layer = layer.env

    def reset(self, *, seed: Any = None, options: Options = None) -> Any:
        """Begin an episode in every copy.

        Args:
            seed: of copy 0, copy i has seed + i; or a list, one for each copy.
            options: handed to each copy.

        Returns:
            Observations `[E, ...]`, and no info.

        Source: Gymnasium's `SyncVectorEnv`.
        """
        if seed is None or isinstance(seed, list):
            seeds = seed or [None] * self.num_envs
        else:
            seeds = [int(seed) + i for i in range(self.num_envs)]
        self.observations = np.empty_like(self.observations)
        for i, one in zip(range(self.num_envs), seeds, strict=True):
            self._begin(i, one, options)
        return self.observations, {}

    def step(self, actions: Any) -> Any:
        """Step every copy by its action, `[E]`; one whose episode has ended is only
        reset.

        Returns:
            Observations `[E, ...]`, rewards, terminated, truncated `[E]`, and no info.

        Source: Gymnasium's `SyncVectorEnv`.
        """
        n = self.num_envs
        self.observations = np.empty_like(self.observations)
        self.rewards = np.zeros(n)
        self.terminations, self.truncations = np.zeros(n, bool), np.zeros(n, bool)
        for i, action in enumerate(actions):
            if self.is_over[i]:
                self._begin(i)
            else:
                self._act(i, action)
        self.is_over = self.terminations | self.truncations
        return (
            self.observations,
            self.rewards,
            self.terminations,
            self.truncations,
            {},
        )

    def _begin(self, i: int, seed: int | None = None, options: Options = None) -> None:
        """Reset copy i; remember what its episode starts from."""
        env = self.envs[i]
        if seed is None:
            bits = _bit_generator(env)
            self._start[i] = {"generator": bits.state} if bits else {}
            returned = env.reset(options=options) if options else env.reset()
        else:
            self._start[i] = {"seed": int(seed)}
            returned = env.reset(seed=seed, options=options)
        self._actions[i] = array("q")
        self.is_over[i] = False
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            refuse_env(self.name, f"reset returned {_count(returned)}, {OLD_RESET}")
        self._see(i, returned[0], "reset")

    def _act(self, i: int, action: Any) -> None:
        """Step copy i, and check what it returns."""
        self._actions[i].append(action)
        try:
            returned = self.envs[i].step(action + self.first_action)
        except (ValueError, TypeError) as error:
            if wrong := _unpacked(error):
                raise Refused(
                    f"env.name = {self.name!r}: {wrong}, {OLD_STEP}"
                ) from error
            raise
        if not isinstance(returned, tuple | list) or len(returned) != 5:
            refuse_env(self.name, f"step returned {_count(returned)}, {OLD_STEP}")
        seen, reward, terminated, truncated, _ = returned
        self._see(i, seen, "step")
        if type(reward) is not float and not _is_number(reward):
            refuse_env(
                self.name, f"step returned reward = {reward!r}: it must be one number"
            )
        self.rewards[i] = reward
        if type(terminated) is not bool or type(truncated) is not bool:
            flags = {"terminated": terminated, "truncated": truncated}
            for kind, flag in flags.items():
                if not _is_number(flag) or flag not in (0, 1):
                    refuse_env(
                        self.name,
                        f"step returned {kind} = {flag!r}: it must be True or False",
                    )
        self.terminations[i], self.truncations[i] = terminated, truncated

    def _see(self, i: int, seen: Any, call: str) -> None:
        """Take in what copy i shows."""
        into = self.observations
        if self._box is not None:
            is_array = isinstance(seen, np.ndarray) and seen.dtype == into.dtype
            found = seen if is_array else numbers(seen, self._box)
            if found is not None and found.shape == into.shape[1:]:
                into[i] = found
                return
        elif fits(self.own_space, seen):
            into[i] = flatten(self.own_space, seen)
            return
        shape = f"of shape {seen.shape} " if isinstance(seen, np.ndarray) else ""
        promised = (
            f"of shape {self.own_space.shape}, "
            if isinstance(self.own_space, Box)
            else ""
        )
        refuse_env(
            self.name,
            f"{call} returned an observation {shape}that is not {promised}of its"
            f" observation_space {self.own_space}: {seen!r:.200}",
        )

    def close_extras(self, **kwargs: Any) -> None:
        """Close the copies. Source: Gymnasium."""
        for env in self.envs:
            env.close()

    def state_dict(self) -> dict[str, Any]:
        """Return what brings every copy back to where it is: what its episode started
        from, the actions since, and the observation they led to. Source: PyTorch's
        name.
        """
        rows = zip(self._start, self._actions, self.observations, strict=True)
        copies = [
            start | {"actions": np.array(actions), "observation": seen.copy()}
            for start, actions, seen in rows
        ]
        return {"copies": copies, "is_over": self.is_over.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> bool:
        """Play every copy's episode again.

        Returns:
            Whether each came to the observation it was saved with. A copy that did not
            resets at its next step, as after an end; see `is_over`.

        Source: PyTorch's name.
        """
        copies = state["copies"]
        if len(copies) != self.num_envs:
            return False
        pairs = zip(copies, state["is_over"], strict=True)
        again = [self._replay(i, copy, over) for i, (copy, over) in enumerate(pairs)]
        self.is_over |= ~np.array(again)
        return all(again)

    def _replay(self, i: int, copy: Mapping[str, Any], is_over: bool) -> bool:
        """Play the episode of copy i again; return whether it led to the same."""
        try:
            if "seed" not in copy:
                bits = _bit_generator(self.envs[i])
                bits.state = copy["generator"]
        except (AttributeError, KeyError, TypeError, ValueError):  # none, or another
            return False
        self.terminations[i] = self.truncations[i] = False
        self._begin(i, copy.get("seed"))
        self._start[i] = {
            key: copy[key] for key in ("seed", "generator") if key in copy
        }
        for action in np.asarray(copy["actions"], np.int64):
            if self.is_over[i]:
                return False
            self._act(i, action)
            self.is_over[i] = self.terminations[i] | self.truncations[i]
        seen, saved = self.observations[i], np.asarray(copy["observation"])
        is_same = np.array_equal(seen, saved, equal_nan=True)
        return is_same and bool(self.is_over[i] == is_over)


def _bit_generator(env: Env) -> Any:
    """Return NumPy's generator behind an environment's `np_random`, if it has one."""
    return getattr(env.unwrapped.np_random, "bit_generator", None)


def _count(returned: Any) -> str:
    if isinstance(returned, tuple | list):
        return f"{len(returned)} value{'s' * (len(returned) != 1)}"
    return f"one value, of type {type(returned).__name__}"


def _is_number(value: Any) -> bool:
    """Return whether a value is one real number, a truth value among them."""
    if isinstance(value, Real):
        return True
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    return shape == () and np.asarray(value).dtype.kind in "biuf" and dtype is not None


def _unpacked(error: Exception) -> str:
    """Return what a wrapper of Gymnasium got in place of five values; nothing where the
    error is another one.
    """
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = place.tb_frame.f_globals.get("__name__", "") if place else ""
    if not where.startswith("gymnasium.") or "unpack" not in str(error):
        return ""
    found = re.search(r"got (\d+)", str(error))
    if found:
        return f"step returned {found[1]} values"
    return (
        "step returned more than 5 values"
        if "too many" in str(error)
        else (f"step returned no tuple ({error})")
    )


def state_of(envs: VectorEnv) -> dict[str, Any]:
    """Return where a vector of environments is, of numbers, strings, lists, arrays and
    dicts of such alone; an empty dict where that cannot be said.

    Source: Gymnasium's `np_random`.
    """
    if isinstance(envs, Copies):
        return envs.state_dict()
    if not isinstance(envs, KNOWN):
        return {}
    kinds = (int, float, np.number, np.bool_, np.ndarray)
    values = {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in vars(envs).items()
        if isinstance(value, kinds) and not name.startswith("_")
    }
    return {"generator": envs.np_random.bit_generator.state, "values": values}


def restore(envs: VectorEnv, state: Mapping[str, Any]) -> bool:
    """Bring a fresh vector of environments to where `state_of` found another.

    Returns:
        Whether it is there to the bit; where it is not, reset it, but for the `Copies`,
        in which each copy that is not there resets at its next step.

    Source: Gymnasium's `np_random`.
    """
    if not state:
        return False
    if isinstance(envs, Copies):
        return "copies" in state and envs.load_state_dict(state)
    values = state.get("values", {})
    known = isinstance(envs, KNOWN) and values.keys() <= vars(envs).keys()
    if not known or values.get("num_envs") != envs.num_envs:
        return False
    envs.np_random.bit_generator.state = state["generator"]
    for name, value in values.items():
        is_array = isinstance(value, np.ndarray)
        setattr(envs, name, value.copy() if is_array else value)
    return True
