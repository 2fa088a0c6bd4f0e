"""Environments drawn at random, sound and odd, each with what may become of it."""

import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from hypothesis import strategies as st

from dqn_tutorial import make_config
from tests.generate import OWN, REFUSED, STOPPED, TOLD, TRAINED, outcome


class Task(NamedTuple):
    """An environment, and what may become of an agent in it."""

    expected: tuple[str, ...]
    seen: Any = spaces.Box(-1, 1, (3,), np.float32)
    acts: Any = spaces.Discrete(2)
    flaw: str = ""  # of FLAWS, or of `Odd`
    error: type[Exception] | None = None  # raised in the method that `flaw` names
    late: bool = False  # the flaw shows after 25 steps, else at once
    reward: Any = 1.0
    info: str = "{}"  # evaluated at each step t
    limit: int | None = 20  # steps of an episode
    n_envs: int = 1


def _instead(place: int, value: Any) -> Callable[[list[Any]], Any]:
    return lambda stepped: [*stepped[:place], value, *stepped[place + 1 :]]


NOT_ONE, UNTOLD = ((REFUSED,), (TOLD,)), ((STOPPED, REFUSED), (STOPPED,))
EITHER = ((TRAINED, REFUSED), (TRAINED, TOLD))
# of what step returns, to what it returns instead, and what may become of that at the
# first step, and later
FLAWS: dict[
    str, tuple[Callable[[list[Any]], Any], tuple[tuple[str, ...], tuple[str, ...]]]
] = {
    **{f"reward {v}": (_instead(1, v), UNTOLD) for v in (math.nan, math.inf, 1e308)},
    **{
        f"reward {v!r}": (_instead(1, v), NOT_ONE)
        for v in ("1.0", [1.0], 1j, np.ones(2), {})
    },
    "reward None": (_instead(1, None), ((REFUSED,), (TOLD, STOPPED))),
    "reward [1]": (_instead(1, np.ones(1)), ((TRAINED, REFUSED), (TRAINED, TOLD))),
    **{
        f"observation of {n}": (_instead(0, np.zeros(n, np.float32)), NOT_ONE)
        for n in (0, 1, 4, (3, 1), (1, 3))
    },
    **{f"observation {v!r}": (_instead(0, v), NOT_ONE) for v in (None, 0.5, "up", {})},
    **{
        f"observation of {v}": (_instead(0, np.full(3, v)), UNTOLD)
        for v in (math.nan, math.inf, 1e300)
    },
    "observation outside": (_instead(0, np.full(3, 9, np.float32)), EITHER),
    "observation float64": (_instead(0, np.zeros(3)), ((TRAINED,), (TRAINED,))),
    **{f"info {v!r}": (_instead(4, v), EITHER) for v in (None, [], "text")},
    **{f"terminated {v!r}": (_instead(2, v), EITHER) for v in (None, "no", 0)},
    "four values": (lambda stepped: [*stepped[:2], *stepped[3:]], NOT_ONE),
    "three values": (lambda stepped: stepped[:3], NOT_ONE),
    "nothing": (lambda stepped: None, NOT_ONE),
}
INFOS = (
    *("{}", "{'t': t}", "{'t': t if t % 3 else None}", "{'a': [1] * (t % 4)}"),
    *("{str(t): t}", "{'a': {'b': {'c': t}}}", "{'x': 'text' if t % 2 else 1.5}"),
)
REWARDS = (1, 0.5, True, np.float32(1), np.float64(-1), np.int64(2), np.bool_(True), -3)
ERRORS = (
    *(ValueError, TypeError, RuntimeError, KeyError, IndexError, ZeroDivisionError),
    *(AttributeError, AssertionError, OSError, StopIteration, FloatingPointError),
    *(ImportError, MemoryError, gym.error.Error, gym.error.DependencyNotInstalled),
)
OLD = "old reset", "reset without seed", "init wants more", "no space", "no Env"


class Odd(gym.Env[Any, Any]):
    """The environment of a `Task`."""

    there = 0

    def __init__(self, task: Task) -> None:
        self.task, self.steps, self.resets = task, 0, 0
        self.observation_space = task.seen
        if task.flaw != "no space":
            self.action_space = task.acts
        Odd.there += 1
        self.trouble("init")
        if task.flaw == "one copy only" and Odd.there > 1:
            raise RuntimeError("boom")

    def trouble(self, place: str) -> None:
        is_late = self.steps >= 25 or (place == "reset" and self.resets > 1)
        if self.task.flaw == place and self.task.error and is_late >= self.task.late:
            raise self.task.error("boom")

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.resets += 1
        self.trouble("reset")
        if seed is not None:
            self.observation_space.seed(seed)
        if self.task.flaw == "old reset":
            return self.observation_space.sample()
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        self.trouble("step")
        task, seen = self.task, self.observation_space.sample()
        reward = random.random() if task.flaw == "global chance" else task.reward
        over = task.flaw == "ends at once"
        info = eval(task.info, {"t": self.steps})
        stepped = [seen, reward, over, False, info]
        if task.flaw in FLAWS and self.steps >= 25 * task.late:
            stepped = FLAWS[task.flaw][0](stepped)
        return tuple(stepped) if stepped else None

    def close(self) -> None:
        Odd.there -= 1
        self.trouble("close")


class WithoutSeed(Odd):
    """Of a `reset` that takes no seed."""

    def reset(self) -> Any:  # type: ignore[override]
        return super().reset()


def register(task: Task, name: str = "Odd-v0") -> str:
    """Make the environment known to Gymnasium, and return its name."""
    kind: Any = WithoutSeed if task.flaw == "reset without seed" else Odd
    if task.flaw == "init wants more":
        entry: Any = lambda size, **_: kind(task)  # noqa: E731
    elif task.flaw == "no Env":
        entry = lambda **_: object()  # noqa: E731
    else:
        entry = lambda **_: kind(task)  # noqa: E731
    gym.registry.pop(name, None)
    gym.register(name, entry, max_episode_steps=task.limit)
    return name


def in_task(task: Task) -> str:
    """Return what became of an agent in the environment of a task."""
    Odd.there, name = 0, register(task)
    small = {"width": 8, "depth": 1, "max_steps": 200, "learning_starts": 20}
    return outcome(lambda: make_config(name, n_envs=task.n_envs, **small), name)


def _box(shape: tuple[int, ...], low: float, high: float, kind: Any) -> spaces.Box:
    return spaces.Box(low, high, shape, kind)


def _counted(n: int, start: int) -> spaces.Discrete:
    return spaces.Discrete(n, start=start)


_COUNTED = st.builds(_counted, st.integers(1, 9), st.integers(-3, 3))
_FLAT = st.one_of(
    st.builds(
        _box,
        st.sampled_from(((1,), (3,), (50,))),
        st.sampled_from((0, -1)),
        st.sampled_from((1, 100)),
        st.sampled_from((np.float16, np.float32, np.float64, np.int8, np.int64)),
    ),
    st.just(_box((2,), 0, 255, np.uint8)),
    st.just(_box((2,), -np.inf, np.inf, np.float64)),
    _COUNTED,
    st.builds(spaces.MultiDiscrete, st.lists(st.integers(1, 4), min_size=1)),
    st.builds(spaces.MultiBinary, st.integers(1, 5)),
)
SEEN = st.recursive(
    _FLAT,
    lambda inner: (
        st.builds(spaces.Tuple, st.lists(inner, min_size=1, max_size=3))
        | st.builds(
            spaces.Dict, st.dictionaries(st.sampled_from("abc"), inner, min_size=1)
        )
    ),
    max_leaves=4,
)
_BOX = _box((1,), -1, 1, np.float32)
DOUBTFUL = spaces.Text(4), _box((), -1, 1, np.float32), _box((2, 2), -1, 1, np.float32)
USELESS = (
    *(None, "text", _box((0,), -1, 1, np.float32), spaces.Graph(_BOX, None)),
    *(spaces.Sequence(_BOX), spaces.OneOf([_BOX, spaces.Discrete(2)])),
)
OF_PARTS = (
    *(spaces.MultiDiscrete([3, 3]), spaces.MultiBinary(2)),
    spaces.Tuple([spaces.Discrete(2)] * 2),
)
ENDLESS = None, _BOX, spaces.Dict(a=_BOX), spaces.Graph(_BOX, None), spaces.Text(2)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Draw an environment of one of ten kinds."""

    def of(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    n_envs, late = of(1, 3), of(False, True)
    kind, either = of(*range(10)), EITHER[0]
    if kind == 0:
        flaw = of(*FLAWS)
        return Task(FLAWS[flaw][1][late], flaw=flaw, late=late, n_envs=n_envs)
    if kind == 1:
        flaw = of("init", "reset", "step", "close")
        late &= flaw in ("reset", "step")
        return Task((OWN,), flaw=flaw, error=of(*ERRORS), late=late, n_envs=n_envs)
    if kind == 2:
        return Task((REFUSED,), flaw=of(*OLD), n_envs=n_envs)
    if kind == 3:
        return Task((TRAINED, OWN), flaw="one copy only")
    seen, acts = draw(SEEN), draw(_COUNTED)
    expected, seen, acts, flaw = (
        ((TRAINED,), seen, acts, ""),
        ((TRAINED,), seen, acts, of("ends at once", "global chance", "never ends")),
        (either, of(*DOUBTFUL), acts, ""),
        ((REFUSED,), of(*USELESS), acts, ""),
        ((REFUSED,), seen, of(*ENDLESS), ""),
        (either, seen, of(*OF_PARTS), ""),
    )[kind - 4]
    limit, reward, info = None if flaw == "never ends" else 20, of(*REWARDS), of(*INFOS)
    return Task(expected, seen, acts, flaw, None, False, reward, info, limit, n_envs)
