"""Whatever environment a learner brings: it is used, adapted, or refused in one
sentence.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray

from dqn_tutorial.copies import Copies, restore, state_of
from dqn_tutorial.envs import make_vector_env
from dqn_tutorial.task_envs import RotatingContext, VectorMDPEnv

spaces = gym.spaces


class Line(gym.Env[Any, Any]):
    """Walk on a line of 9 places, +1 at the right end, -1 at the left."""

    observation_space: gym.Space[Any] = spaces.Box(-1, 1, (2,), np.float32)
    action_space: gym.Space[Any] = spaces.Discrete(2)

    def look(self) -> Any:
        return np.array([self.place / 4, self.clock / 30], np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place, self.clock = int(self.np_random.integers(-2, 3)), 0
        return self.look(), {}

    def step(self, action: Any) -> Any:
        self.place += 1 if action == 1 else -1
        self.clock += 1
        reward = float(self.place >= 4) - float(self.place <= -4)
        return self.look(), reward, abs(self.place) >= 4, False, {}


class Windy(Line):
    """The wind, random within an episode, moves who walks."""

    def step(self, action: Any) -> Any:
        self.place += int(self.np_random.integers(-1, 2))
        return super().step(action)


@pytest.fixture
def name() -> Iterator[Callable[..., str]]:
    """Register an environment for a test; return its id."""
    ids: list[str] = []

    def register(kind: Any, time_limit: int | None = 30, **settings: Any) -> str:
        ids.append(f"{getattr(kind, '__name__', 'Own')}-v0")
        gym.register(ids[-1], kind, max_episode_steps=time_limit, **settings)
        return ids[-1]

    yield register
    for one in ids:
        gym.registry.pop(one, None)


def walk(envs: Any, actions: NDArray[np.int64]) -> list[tuple[Any, ...]]:
    return [tuple(np.array(one) for one in envs.step(own)[:4]) for own in actions]


def same(one: Any, other: Any) -> bool:
    pairs = zip(one, other, strict=True)
    return all(
        a.dtype == b.dtype and (a == b).all()
        for mine, its in pairs
        for a, b in zip(mine, its, strict=True)
    )


@pytest.mark.parametrize("id", ["Acrobot-v1", "MountainCar-v0"])
def test_copies_go_as_gymnasiums_go(id: str, rng: np.random.Generator) -> None:
    ours, theirs = make_vector_env(id, 3), gym.make_vec(id, num_envs=3)
    assert isinstance(ours, Copies)
    assert (ours.reset(seed=np.int64(4))[0] == theirs.reset(seed=4)[0]).all()
    actions = rng.integers(3, size=(620, 3))
    assert same(walk(ours, actions), walk(theirs, actions))
    assert (ours.reset(seed=[7, 1, 2])[0] == theirs.reset(seed=[7, 1, 2])[0]).all()


RESUMED = ["CartPole-v1", "Acrobot-v1", "slipperygrid", "rotatingcontext", "casino"]


@pytest.mark.parametrize("id", [*RESUMED, "Windy-v0"])
@pytest.mark.parametrize("k", [0, 7, 100])
def test_a_saved_environment_goes_on_to_the_bit(
    id: str, k: int, name: Callable[..., str], rng: np.random.Generator
) -> None:
    name(Windy)
    first = make_vector_env(id, 3)
    first.reset(seed=5)
    actions = rng.integers(int(first.single_action_space.n), size=(k + 60, 3))
    walk(first, actions[:k])
    state = plain(state_of(first))
    again = make_vector_env(id, 3)
    assert restore(again, state)
    assert restore(make_vector_env(id, 3), plain(state_of(again)))
    after = walk(first, actions[k:])
    assert same(walk(again, actions[k:]), after)
    # what was saved is not what moved on
    third = make_vector_env(id, 3)
    assert restore(third, state) and same(walk(third, actions[k:]), after)


def plain(state: Any) -> Any:
    """Return a state after a file; fail on what no file could hold."""
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items()}
    if isinstance(state, list):
        return [plain(value) for value in state]
    if isinstance(state, np.ndarray):
        assert state.dtype != object
        return state.copy()
    if isinstance(state, np.generic):
        return state
    return json.loads(json.dumps(state))


def test_an_episode_that_cannot_be_repeated_begins_anew(
    name: Callable[..., str], rng: np.random.Generator
) -> None:
    class Stray(Line):
        count = 0

        def step(self, action: Any) -> Any:
            Stray.count += 1
            seen, *rest = super().step(action)
            # as the weather, not twice the same
            return seen + np.float32(Stray.count * (self.first == 1)), *rest

        def reset(self, **given: Any) -> Any:
            self.first = given.get("seed")
            return super().reset(**given)

    id = name(Stray)
    first, again = make_vector_env(id, 2), make_vector_env(id, 2)
    first.reset(seed=0)
    walk(first, np.array([[0, 1]]))
    assert not restore(again, state_of(first))
    assert again.is_over.tolist() == [False, True]  # type: ignore[attr-defined]
    assert again.step(np.array([0, 0]))[1].tolist() == [0, 0]
    assert again.is_over.tolist() == [False, False]  # type: ignore[attr-defined]
    assert not restore(make_vector_env(id, 3), state_of(first))
    assert not restore(again, {}) and not restore(make_vector_env("cartpole", 2), {})


def test_what_is_not_known_is_not_saved() -> None:
    other = gym.vector.SyncVectorEnv([Line])
    assert state_of(other) == {}
    assert not restore(other, state_of(make_vector_env("cartpole", 1)))
    one, two = make_vector_env("cartpole", 1), make_vector_env("cartpole", 2)
    one.reset(seed=0)
    assert not restore(two, state_of(one))
    odd = state_of(one)
    odd["values"]["step"] = 1
    assert not restore(make_vector_env("cartpole", 1), odd)


@pytest.mark.parametrize("make", [RotatingContext, lambda n: make_grid(n)])
def test_seeds_of_every_kind_are_heeded(make: Callable[[int], Any]) -> None:
    envs = make(40)

    def look(seed: Any) -> list[Any]:
        return envs.reset(seed=seed)[0].tolist()  # type: ignore[no-any-return]

    assert look(3) == look(np.int64(3)) != look(4)
    assert look([*range(40)]) == look([*range(40)]) != look([*range(1, 41)])


def make_grid(n: int) -> VectorMDPEnv:
    envs = make_vector_env("casino", n)
    assert isinstance(envs, VectorMDPEnv)
    mdp = envs.mdp
    start = np.full(mdp.n_states, 1 / mdp.n_states)
    return VectorMDPEnv(type(mdp)(**(vars(mdp) | {"start": start})), n)
