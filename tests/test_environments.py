"""Whatever environment a learner brings: it is used, adapted, or refused in one
sentence.
"""

import copy
import gc
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dqn_tutorial import (
    EnvConfig,
    MainConfig,
    check_environment,
    evaluate,
    get_model,
    make_config,
    train,
)
from dqn_tutorial.config import Refused
from dqn_tutorial.copies import Copies, restore, state_of
from dqn_tutorial.envs import (
    env_id,
    env_seed,
    env_spec,
    longest_episode,
    make_vector_env,
)
from dqn_tutorial.models import saved_config
from dqn_tutorial.task_envs import RotatingContext, VectorMDPEnv
from dqn_tutorial.training import play
from tests.conftest import call, small_config

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


def quick(env: str, **settings: Any) -> Any:
    """Train for a moment, and evaluate."""
    settings = {"max_steps": 120, "learning_starts": 60} | settings
    agent = get_model(small_config(env, **settings))
    for _ in train(agent):
        pass
    return evaluate(agent, 3)


def with_step(change: Callable[..., Any], after: int = 0) -> type[Line]:
    """Return a Line whose steps after so many return something else."""

    class Changed(Line):
        def step(self, action: Any) -> Any:
            returned = super().step(action)
            return change(*returned) if self.clock > after else returned

    return Changed


def with_reset(change: Callable[..., Any]) -> type[Line]:
    class Changed(Line):
        def reset(self, **given: Any) -> Any:
            return change(*super().reset(**given))

    return Changed


class NoSeed(Line):
    def reset(self) -> Any:  # type: ignore[override]
        return super().reset()


def wrapped() -> Any:
    return gym.wrappers.RescaleObservation(NoSeed(), np.float32(0), np.float32(1))


class NoSpace(gym.Env[Any, Any]):
    action_space = spaces.Discrete(2)


class NoEnv:
    observation_space, action_space = Line.observation_space, Line.action_space


class Wants(Line):
    def __init__(self, size: int) -> None:
        self.size = size


OLD = "The old interface of Gym"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            with_step(lambda s, r, end, _, info: (s, r, end, info)),
            f"step returned 4 values, DQN needs 5: observation, reward, .*{OLD}",
        ),
        (with_step(lambda *five: (*five, 1)), "step returned more than 5 values|6 val"),
        (with_step(lambda *_: None), "step returned no tuple|of type NoneType"),
        (with_reset(lambda seen, _: seen), f"reset returned one value, .*{OLD}"),
        (with_reset(lambda *two: (*two, 1)), "reset returned 3 values, DQN needs 2"),
        (NoSeed, f"reset does not take `seed` and `options`.*{OLD}"),
        (wrapped, "reset does not take `seed`"),
        (NoSpace, "there is no observation_space"),
        (NoEnv, "must inherit from the gymnasium.Env class"),
        (Wants, "missing 1 required positional argument: 'size'"),
    ],
)
@pytest.mark.parametrize("time_limit", [30, None])
def test_a_broken_interface_is_told_before_training(
    kind: Any, message: str, time_limit: int | None, name: Callable[..., str]
) -> None:
    id = name(kind, time_limit)
    with pytest.raises(Refused, match=f"env.name = '{id}': .*(?:{message})"):
        get_model(small_config(id))


@pytest.mark.parametrize("after", [0, 9])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (np.zeros(3, np.float32), r"of shape \(3,\) that is not of shape \(2,\)"),
        (np.zeros((2, 1), np.float32), r"of shape \(2, 1\)"),
        (np.zeros((1, 2), np.float32), r"of shape \(1, 2\)"),
        (None, "None"),
        (0.5, "0.5"),
        (["a", "b"], "'b'"),
        ([[1], [1, 2]], r"\[\[1\], \[1, 2\]\]"),
        (np.zeros(2, complex), "complex|0.+0.j"),
    ],
)
def test_an_observation_that_is_not_of_its_space_is_refused(
    wrong: Any, told: str, after: int, name: Callable[..., str]
) -> None:
    id = name(with_step(lambda _, *rest: (wrong, *rest), after))
    with pytest.raises(Refused, match=f"env.name = '{id}': step returned an .*{told}"):
        quick(id)


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize(
    "wrong", [None, [1.0], np.array([1.0]), (1, 0), "1.0", 1 + 0j, "no"]
)
def test_a_reward_is_one_number_and_an_end_is_true_or_false(
    wrong: Any, place: int, name: Callable[..., str]
) -> None:
    def change(*returned: Any) -> Any:
        return *returned[:place], wrong, *returned[place + 1 :]

    id = name(with_step(change, after=9))
    kind = ["reward", "terminated", "truncated"][place - 1]
    told = re.escape(f"step returned {kind} = {wrong!r}: it must be")
    with pytest.raises(Refused, match=f"env.name = '{id}': {told}"):
        quick(id)


@pytest.mark.parametrize("number", [int, np.float32, np.int64, np.array, torch.tensor])
def test_numbers_of_every_kind_will_do(number: Any, name: Callable[..., str]) -> None:
    def change(seen: Any, reward: Any, end: Any, cut: Any, info: Any) -> Any:
        return seen.tolist(), number(reward), number(int(end)), np.bool_(cut), info

    usual, other = name(Line), name(with_step(change))
    envs = [make_vector_env(one, 2) for one in (usual, other)]
    assert envs[0].reset(seed=1)[0].dtype == envs[1].reset(seed=1)[0].dtype
    actions = np.random.default_rng(0).integers(2, size=(60, 2))
    assert same(*(walk(one, actions) for one in envs))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1e60, 1e300])
def test_a_number_that_float32_cannot_hold_is_refused_at_the_start(
    wrong: float, name: Callable[..., str]
) -> None:
    for change in (
        lambda s, r, *rest: (s, wrong, *rest),
        lambda s, *rest: (np.array([0.0, wrong]), *rest),
    ):
        kind = with_step(change)
        kind.observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
        told = re.escape(f"{wrong}: each number must be finite, and at most 3.4e+38")
        with pytest.raises(Refused, match=told):
            env_spec(name(kind))
        gym.registry.pop("Changed-v0")


@pytest.mark.parametrize("info", [None, [1], 3, {"lap": None}, {"a": [1, "b"]}])
def test_any_info_is_allowed(info: Any, name: Callable[..., str]) -> None:
    kind = with_step(lambda *five: (*five[:4], info))
    assert len(quick(name(kind), n_envs=3)) == 3
    gym.registry.pop("Changed-v0")
    assert len(quick(name(with_reset(lambda seen, _: (seen, info))))) == 3


class OwnTrouble(Line):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        raise self.trouble

    trouble: Exception = TypeError("reset() got an unexpected keyword 'seed'")


@pytest.mark.parametrize("where", ["reset", "step", "__init__"])
@pytest.mark.parametrize("trouble", [TypeError, ValueError, ImportError, KeyError])
def test_what_the_environments_own_code_raises_passes_as_it_is(
    trouble: Any, where: str, name: Callable[..., str]
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise trouble("cannot unpack my own trouble, got 4")

    if where == "reset":  # a signature as it should be
        fail.__signature__ = inspect.signature(Line.reset)  # type: ignore[attr-defined]
    id = name(type("Own", (Line,), {where: fail}))
    with pytest.raises(trouble, match="my own trouble") as caught:
        env_spec(id)
    assert not isinstance(caught.value, Refused)
    chain = [caught.value, caught.value.__context__]
    files = [row.path.name for one in chain if one for row in rows_of(one)]
    assert Path(__file__).name in files


def rows_of(error: BaseException) -> Any:
    return pytest.ExceptionInfo.from_exception(error).traceback[1:]


ADAPTED = [
    spaces.Discrete(5, start=2),
    spaces.MultiBinary(3),
    spaces.MultiBinary([2, 2]),
    spaces.MultiDiscrete([2, 3]),
    spaces.Dict(a=spaces.Discrete(3), b=spaces.Box(-1, 1, (2, 2)), c=spaces.Box(0, 1)),
    spaces.Tuple([spaces.MultiBinary(2), spaces.Dict(x=spaces.Box(0, 1, (2,)))]),
    spaces.Box(0, 9, (), np.float64),
    spaces.Box(0, 255, (3,), np.uint8),
    spaces.Box(0, 1, (3,), bool),
]


class Sampling(Line):
    """Sees whatever its space allows."""

    def __init__(self, space: gym.Space[Any]) -> None:
        self.observation_space = copy.deepcopy(space)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        gym.Env.reset(self, seed=seed)
        self.observation_space.seed(int(self.np_random.integers(1 << 30)))
        self.place, self.clock = 0, 0
        return self.look(), {}

    def look(self) -> Any:
        return self.observation_space.sample()


@pytest.mark.parametrize("space", ADAPTED, ids=str)
def test_observations_are_flattened_as_gymnasium_flattens_them(
    space: gym.Space[Any], name: Callable[..., str]
) -> None:
    id = name(Sampling, kwargs={"space": space})
    one = gym.wrappers.FlattenObservation(gym.make(id))
    ours = make_vector_env(id, 1)
    assert ours.single_observation_space == one.observation_space
    assert (ours.reset(seed=3)[0][0] == one.reset(seed=3)[0]).all()
    for _ in range(3):
        seen = ours.step(np.array([1]))[0][0]
        assert (seen == one.step(1)[0]).all() and seen.dtype == ours.observations.dtype  # type: ignore[attr-defined]
    assert quick(id).shape == (3,)


@pytest.mark.parametrize(
    ("space", "wrong"),
    [
        (spaces.Discrete(5), 5),
        (spaces.Discrete(5), np.zeros(5)),
        (spaces.MultiBinary(3), np.zeros(2, np.int8)),
        (spaces.MultiDiscrete([2, 3]), np.array([0, 3])),
        (spaces.Dict(a=spaces.Discrete(3)), {"b": 1}),
        (spaces.Dict(a=spaces.Box(0, 1, (2,))), {"a": np.zeros(3)}),
        (spaces.Tuple([spaces.Discrete(3)]), (1, 1)),
        (spaces.Box(0, 1, ()), np.zeros(1)),
        (spaces.Box(0, 9, (2,), np.uint8), [0.5, 1]),
        (spaces.Box(0, 9, (2,), np.uint8), [0, -1]),
    ],
    ids=str,
)
def test_an_observation_outside_a_space_of_parts_is_refused(
    space: gym.Space[Any], wrong: Any, name: Callable[..., str]
) -> None:
    kind = type("Odd", (Line,), {"look": lambda _: wrong, "observation_space": space})
    with pytest.raises(Refused, match="'Odd-v0': reset returned an observation"):
        env_spec(name(kind))


def test_whole_numbers_in_a_box_of_bytes_and_numbers_beyond_it_will_do(
    name: Callable[..., str],
) -> None:
    box = spaces.Box(0, 9, (2,), np.uint8)
    kind = type("Odd", (Line,), {"look": lambda _: [3, 255], "observation_space": box})
    assert make_vector_env(name(kind), 2).reset(seed=0)[0].tolist() == [[3, 255]] * 2


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (spaces.Box(0, 1, (0,)), r"observations Box.*\(0,\).*: there is no number in"),
        (spaces.Text(3), "observations Text.*: they are not a fixed number of numbers"),
        (spaces.Sequence(spaces.Discrete(2)), "observations Sequence"),
        (spaces.Graph(spaces.Box(0, 1), None), "observations Graph"),
        (spaces.Dict(a=spaces.Text(3)), r"observations Text.*\(in Dict\)"),
    ],
)
def test_observations_that_no_network_reads_are_refused_by_name(
    space: gym.Space[Any], message: str, name: Callable[..., str]
) -> None:
    with pytest.raises(Refused, match=f"env.name = 'Sampling-v0' has {message}"):
        env_spec(name(Sampling, kwargs={"space": space}))


def test_an_image_needs_a_network_of_its_own(name: Callable[..., str]) -> None:
    id = name(Sampling, kwargs={"space": spaces.Box(0, 255, (4, 4, 3), np.uint8)})
    assert env_spec(id).dim_state == (4, 4, 3)
    with pytest.raises(ValueError, match=r"DQNNet needs .*FlattenObservation"):
        get_model(small_config(id))
    report = check_environment(id)
    assert not report.fits and "FlattenObservation" in str(report)


KNOBS = [
    (spaces.MultiDiscrete([3, 3]), 9),
    (spaces.MultiDiscrete([2, 3], start=[1, 5]), 6),
    (spaces.MultiDiscrete([[2, 2], [1, 3]]), 12),
    (spaces.MultiBinary(3), 8),
    (spaces.MultiBinary([2, 2]), 16),
    (spaces.Tuple([spaces.Discrete(2), spaces.Discrete(2, start=-1)]), 4),
]


@pytest.mark.parametrize(("space", "n"), KNOBS, ids=str)
def test_combinations_of_actions_are_to_be_numbered_and_the_line_works(
    space: Any, n: int, name: Callable[..., str]
) -> None:
    taken: list[str] = []

    class Knobs(Line):
        action_space = space

        def step(self, action: Any) -> Any:
            assert space.contains(action), action
            taken.append(str(action))
            return super().step(0)

    with pytest.raises(
        Refused, match=rf"there are {n} combinations.* Discrete\({n}\)"
    ) as caught:
        env_spec(name(Knobs))
    assert "DDPG" not in str(caught.value) and "endless" not in str(caught.value)
    (line,) = re.findall(r"`(.*)`", str(caught.value))
    names = {"np": np, "Discrete": spaces.Discrete}
    names |= {"TransformAction": gym.wrappers.TransformAction, "env": Knobs()}
    better = eval(line, names)
    for action in range(n):
        better.reset(seed=0)
        better.step(np.int64(action))
    assert len(set(taken)) == n
    gym.registry.pop("Knobs-v0")

    def numbered() -> Any:
        return eval(line, names | {"env": Knobs()})

    assert quick(name(numbered)).shape == (3,)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (spaces.Box(0, 1, (2,)), "endlessly many here. DDPG and SAC"),
        (spaces.MultiBinary(64), f"there are {2**64} combinations here, too many"),
        (spaces.Text(3), "these cannot be numbered"),
        (spaces.Dict(a=spaces.Discrete(2)), "these cannot be numbered"),
    ],
)
def test_actions_that_cannot_be_numbered_are_refused(
    space: Any, message: str, name: Callable[..., str]
) -> None:
    kind = type("Acts", (Line,), {"action_space": space})
    with pytest.raises(Refused, match=f"env.name = 'Acts-v0' has actions .*{message}"):
        env_spec(name(kind))


class Port(Line):
    """There can be one at a time."""

    taken = most = opened = 0

    def __init__(self) -> None:
        if Port.taken:
            raise RuntimeError("port 5005 is in use")
        Port.taken, Port.opened = 1, Port.opened + 1

    def close(self) -> None:
        Port.taken = 0


def test_one_copy_is_enough(name: Callable[..., str]) -> None:
    id = name(Port)
    with pytest.warns(UserWarning, match=r"a second copy .*port 5005 is in use"):
        assert env_spec(id).one_copy
    assert Port.taken == 0
    with pytest.warns(UserWarning, match="a second copy"):
        agent = get_model(small_config(id, max_steps=60, learning_starts=30))
    for _ in train(agent):
        pass
    usual = get_model(small_config(name(Line)))
    for mine, its in zip(
        agent.critic.online.parameters(), usual.critic.online.parameters(), strict=True
    ):
        its.data.copy_(mine.data)
    # each episode begins as it would among many
    assert (evaluate(agent, 23, 5) == evaluate(usual, 23, 5)).all()
    assert len(play(agent)) > 1 and Port.taken == 0
    with (
        pytest.warns(UserWarning, match="a second copy"),
        pytest.raises(Refused, match=r"n_envs x training\.n_seeds = 2 is not allowed"),
    ):
        get_model(small_config(id, n_envs=2))
    with pytest.raises(RuntimeError, match="port 5005"):  # and the first is closed
        make_vector_env(id, 2)
    assert Port.taken == 0


def test_an_evaluation_opens_twenty_copies_at_most(name: Callable[..., str]) -> None:
    class Counted(Windy):
        open = most = 0

        def __init__(self) -> None:
            Counted.open += 1
            Counted.most = max(Counted.most, Counted.open)

        def close(self) -> None:
            Counted.open -= 1

    id = name(Counted)
    for n_seeds, episodes, most in ((1, 45, 15), (1, 3, 3), (3, 10, 15), (30, 2, 30)):
        agent = get_model(small_config(id, n_seeds=n_seeds))
        Counted.most = 0
        returns = evaluate(agent, episodes, seed=2)
        assert (Counted.most, Counted.open) == (most, 0)
        # as of Gymnasium's, all at once
        n = returns.size
        envs = gym.vector.SyncVectorEnv([lambda: gym.make(id)] * n)
        state, _ = envs.reset(seed=env_seed(2, "evaluation"))
        total, running = np.zeros(n), np.ones(n, bool)
        while running.any():
            action = agent.select_action(state.reshape(*returns.shape, 2), False)
            state, reward, terminated, truncated, _ = envs.step(action.ravel())
            total += reward * running
            running &= ~(terminated | truncated)
        envs.close()
        assert (total.reshape(returns.shape) == returns).all()


def test_an_episode_without_an_end_is_cut_off_with_a_word(
    name: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Far(Line):
        def step(self, action: Any) -> Any:
            self.clock += 1
            return np.zeros(2, np.float32), 0.5, False, False, {}

    id = name(Far, None)
    monkeypatch.setattr("dqn_tutorial.envs.LONGEST", 50)
    agent = get_model(small_config(id))
    told = rf"env.name = '{id}' has no time limit \(max_episode_steps\).* 50 steps"
    with pytest.warns(UserWarning, match=told):
        assert evaluate(agent, 2).tolist() == [25.0, 25.0]
    with pytest.warns(UserWarning, match=told):
        assert len(play(agent)) == 51
    assert any("No time limit" in line for line in check_environment(id).lines)


def test_ten_thousand_steps_are_the_limit_where_there_is_none(
    name: Callable[..., str],
) -> None:
    assert longest_episode(name(Line, None)) == 10_000
    assert longest_episode("cartpole") == 500


def test_an_environment_that_a_seed_does_not_repeat_is_told(
    name: Callable[..., str],
) -> None:
    class Dice(Line):
        rng = np.random.default_rng(0)  # as the global one, seeded by nobody

        def reset(self, **given: Any) -> Any:
            super().reset(**given)
            self.place = int(Dice.rng.integers(-2, 3))
            return self.look(), {}

    with pytest.warns(UserWarning, match=r"does not draw all its random numbers from"):
        env_spec(name(Dice))
    assert "self.np_random" in str(check_environment("Dice-v0"))
    assert "no seed repeats" in str(check_environment(Dice()))
    assert "A seed repeats" in str(check_environment(Windy()))


def test_large_rewards_are_told_with_a_scale(
    name: Callable[..., str], recwarn: pytest.WarningsRecorder
) -> None:
    id = name(with_step(lambda s, _, *rest: (s, -1e6, *rest)))
    with pytest.warns(UserWarning, match=r"1,000,000: .* env.reward_scale = 1e-06"):
        env_spec(id)
    recwarn.clear()
    get_model(small_config(id, reward_scale=1e-6))
    env_spec(name(Line))
    assert not recwarn.list


def test_a_vector_form_is_used_only_where_it_serves(name: Callable[..., str]) -> None:
    class Many(gym.vector.SyncVectorEnv):
        kind: Any = Line
        mode = AutoresetMode.NEXT_STEP

        def __init__(self, num_envs: int, max_episode_steps: int) -> None:
            super().__init__([self.kind] * num_envs, autoreset_mode=self.mode)

    same_step = type("Same", (Many,), {"mode": AutoresetMode.SAME_STEP})
    start = type("From1", (Line,), {"action_space": spaces.Discrete(2, start=1)})
    from_1 = type("From", (Many,), {"kind": start})
    seen = type("Five", (Sampling,), {"__init__": lambda self: None})
    seen.observation_space = spaces.Discrete(5)
    flat = type("Flat", (Many,), {"kind": seen})
    for vector, told in (
        (Many, None),
        (same_step, "not AutoresetMode.NEXT_STEP"),
        (from_1, "not a Discrete that counts from 0"),
        (flat, "not a Box of one axis or more"),
    ):
        id = name(vector.kind, vector_entry_point=vector)
        kind = type(make_vector_env(id, 2))
        assert kind is (Copies if told else Many)
        assert quick(id).shape == (3,)
        gym.registry.pop(id)
        gym.register("Alone-v0", None, vector_entry_point=vector, max_episode_steps=30)
        try:
            if told:
                with pytest.raises(Refused, match=f"'Alone-v0': it has .*{told}"):
                    env_spec("Alone-v0")
            else:
                assert env_spec("Alone-v0").dim_state == 2
        finally:
            gym.registry.pop("Alone-v0")


def test_a_vector_form_that_does_not_keep_its_word_is_refused(
    name: Callable[..., str],
) -> None:
    class Flat(gym.vector.VectorEnv[Any, Any, Any]):
        metadata: ClassVar[Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        single_observation_space, single_action_space = (
            Line.observation_space,
            Line.action_space,
        )

        def __init__(self, num_envs: int, max_episode_steps: int) -> None:
            self.num_envs = num_envs

        def reset(self, **given: Any) -> Any:
            return np.zeros(2), {}

    id = name(Line, vector_entry_point=Flat)
    with pytest.raises(Refused, match=r"reset of its vector form must .*\(2, 2\)"):
        env_spec(id)


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("GymV26Environment-v0", "needs a package that is not installed: .*shimmy"),
        ("Gone-v0", "needs a package .*No module named 'nowhere_at_all'"),
        ("Part-v0", "has no attribute 'Nothing'"),
        ("Empty-v0", "missing 1 required positional argument: 'mdp'"),
    ],
)
def test_what_is_missing_is_named(id: str, message: str) -> None:
    entries = {
        "Gone-v0": "nowhere_at_all:Env",
        "Part-v0": "dqn_tutorial.tasks:Nothing",
        "Empty-v0": None,
    }
    for own, entry in entries.items():
        other = None if entry else "dqn_tutorial.envs:VectorMDPEnv"
        gym.register(own, entry, vector_entry_point=other)
    try:
        with pytest.raises(Refused, match=f"env.name = '{id}'.* {message}"):
            get_model(small_config(id))
    finally:
        for own in entries:
            gym.registry.pop(own)


MODULE = """
import gymnasium as gym
from tests.test_environments import Line

gym.register("Mine-v0", Line, max_episode_steps=30)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Be in a folder with a learner's module, which Python does not yet look into."""
    (tmp_path / "mytask.py").write_text(MODULE)
    (tmp_path / "faulty.py").write_text("import nothing_like_this\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one])
    yield tmp_path
    gym.registry.pop("Mine-v0", None)
    sys.modules.pop("mytask", None)


def test_a_module_is_imported_where_a_person_names_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ["--training.max-steps", "300", "--training.eval-every", "0"]
    for words in (["--env.name", "mytask:Mine-v0"], ["--env.name=mytask:Mine-v0"]):
        assert call(monkeypatch, *words, *short, "--out", str(folder / words[0])) == 0
        saved = (folder / words[0] / "config.yaml").read_text()
        assert "name: Mine-v0" in saved and ":Mine" not in saved
        gym.registry.pop("Mine-v0")
        del sys.modules["mytask"]
    assert make_config("mytask:Mine-v0").env.name == "Mine-v0"
    assert check_environment("mytask:Mine-v0").fits
    assert call(monkeypatch, "check", "mytask:Mine-v0") == 0
    assert "DQN can use 'Mine-v0'" in capsys.readouterr().out


def test_a_name_out_of_a_file_imports_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    (folder / "c.yaml").write_text("env:\n  name: mytask:Mine-v0\n")
    told = "no file may name code to import: import mytask yourself, or --import FILE"
    assert call(monkeypatch, "--config", "c.yaml") == 2
    assert told in capsys.readouterr().err
    for settings in (
        MainConfig(env=EnvConfig(name="mytask:Mine-v0")),
        saved_config({"env.name": "mytask:Mine-v0"}),
    ):
        with pytest.raises(Refused, match=told):
            get_model(settings)
    grid = ["--grid", "env.name: ['mytask:Mine-v0']"]
    assert call(monkeypatch, "sweep", *grid) == 2
    assert told in capsys.readouterr().err
    assert "mytask" not in sys.modules


def test_a_module_that_is_not_there_is_told_apart_from_a_faulty_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    for module in ("nowhere", "nowhere.at_all", "", ".mytask", "no file.py"):
        with pytest.raises(Refused, match="there is no module"):
            make_config(f"{module}:Mine-v0")
    with pytest.raises(ModuleNotFoundError, match="nothing_like_this") as caught:
        make_config("faulty:Mine-v0")
    assert not isinstance(caught.value, Refused)


def test_an_unknown_name_is_told_what_dqn_can_learn_and_how_to_add_ones_own(
    name: Callable[..., str],
) -> None:
    name(Line)
    with pytest.raises(Refused) as caught:
        env_id("xyz")
    text = str(caught.value)
    end = "(--import FILE on the command line, an import in a notebook). Of the known"
    assert "run the file that registers it first" in text and end in text
    for known in ("cartpole", "slipperygrid", "acrobot", "frozenlake", "line"):
        assert re.search(rf"[ ,]{known}\b", text)
    for other in ("pendulum", "mountaincarcontinuous", "ant", "gymv26environment"):
        assert not re.search(rf"[ ,]{other}\b", text)
    assert env_id("pendulum") == "Pendulum-v1"  # which is then refused with the reason


def test_the_check_says_what_to_set(name: Callable[..., str]) -> None:
    class Uneven(Line):
        def look(self) -> Any:
            return np.array([self.place * 1e-3, self.clock * 50], np.float32)

        def step(self, action: Any) -> Any:
            seen, reward, *rest = super().step(action)
            return seen, reward * 5e5, *rest

    id = name(Uneven)
    report = check_environment(id, gamma=0.5)
    assert report.fits and report.lines[0] == f"DQN can use '{id}'."
    text = str(report)
    for told in (
        "Observation 1 went from 0 to ",
        "its space says -1 to 1",
        "set env.observation_scale = (2.5e+02, ",
        "Time limit: 30 steps",
        "20 episodes of random play: ",
        "gamma = 0.5 looks about 2 steps ahead",
        "what is further off hardly counts: training.gamma = 0.9",
        "set env.reward_scale = 1e-05",
        "A seed repeats what happens",
    ):
        assert told in text, (told, text)
    calm = str(check_environment("mountaincar", reward_scale=0.5))
    assert "reward_scale = " not in calm and "cut off (truncated)" in calm


def test_the_check_takes_an_environment_and_leaves_it_open() -> None:
    class Door(Line):
        observation_space = spaces.Dict(a=spaces.Discrete(9))
        action_space = spaces.Discrete(2, start=1)
        is_open = True

        def look(self) -> Any:
            return {"a": min(max(self.place + 4, 0), 8)}

        def step(self, action: Any) -> Any:
            assert self.action_space.contains(action)
            return super().step(action - 1)

        def close(self) -> None:
            self.is_open = False

    door = Door()
    text = str(check_environment(door))
    gc.collect()  # an environment that is forgotten is closed by Gymnasium
    assert "DQN can use 'Door'" in text and door.is_open
    assert "Dict('a': Discrete(9)), 9 numbers when flattened" in text
    assert "Actions: 2, counted from 0, in the environment from 1" in text
    assert "No time limit" in text
    door.observation_space = spaces.Text(3)
    assert not check_environment(door).fits and door.is_open
    report = check_environment(with_step(lambda *five: five[:3])())
    assert not report.fits and "step returned 3 values" in str(report)


def test_the_check_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["acrobot", "--training.gamma", "0.9", "--env.reward-scale", "1e4"]
    assert call(monkeypatch, "check", *words) == 0
    out = capsys.readouterr().out
    assert "gamma = 0.9 looks about 10" in out and "env.reward_scale = 0.1" in out
    assert call(monkeypatch, "check", "pendulum") == 2
    assert "endlessly many" in capsys.readouterr().err
    assert call(monkeypatch, "check", "xyz") == 2
