"""The package's own tasks as environments: a finite MDP, one by one or many at a time,
and a context that goes round a circle.
"""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete, Space
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from dqn_tutorial import tasks
from dqn_tutorial.mdp import MDP, sample_categorical, slippery_grid

VectorEnv = gym.vector.VectorEnv[Any, Any, Any]
States = NDArray[np.float32]
Info = dict[str, Any]
Options = Info | None
Seeds = int | list[int | None] | None
Seen = tuple[States, Info]  # what `reset` returns
Stepped = tuple[States, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]
N_QUADRANTS = 4


def _seen_of(mdp: MDP) -> Space[States]:
    shape = np.asarray(mdp.observations).shape[1:]
    return Box(-np.inf, np.inf, shape, np.float32)


class MDPEnv(gym.Env[States, np.int64]):
    """A finite MDP as a Gymnasium environment.

    Args:
        mdp: the process; its `observations` are what the agent sees.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Sutton & Barto (2018), section 3.1. Taught in 02_q_learning.
    """

    def __init__(self, mdp: MDP, reward_noise: float = 0.0) -> None:
        self.mdp, self.reward_noise = mdp, reward_noise
        self.observation_space = _seen_of(mdp)
        self.action_space = Discrete(mdp.n_actions)
        self._observations = np.asarray(mdp.observations, np.float32)
        self._cumulative = mdp.transition.cumsum(-1)
        self.state = 0  # number of the present state

    def reset(self, *, seed: int | None = None, options: Options = None) -> Seen:
        """Draw a first state. Source: Gymnasium. Taught in 02_q_learning."""
        super().reset(seed=seed)
        self.state = int(self.np_random.choice(self.mdp.n_states, p=self.mdp.start))
        return self._observations[self.state].copy(), {}

    def step(self, action: np.int64) -> tuple[States, float, bool, bool, Info]:
        """Draw the next state and its reward; `terminated` in a terminal state. Source:
        Gymnasium. Taught in 02_q_learning.
        """
        before = self.state
        self.state = int(
            sample_categorical(self._cumulative[before, action], self.np_random)
        )
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


class TaskVectorEnv(VectorEnv):
    """Copies of a task that step together; one whose episode has ended resets at its
    next step. One generator serves them all. Source: Gymnasium, NEXT_STEP autoreset.
    """

    def __init__(self, num_envs: int, seen: Space[States], n_actions: int) -> None:
        self.num_envs = num_envs
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = seen
        self.single_action_space = Discrete(n_actions)
        self.observation_space = batch_space(seen, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed: Seeds = None, options: Options = None) -> Any:
        """Seed the generator; the seeds of a list are joined to one. Source: NumPy's
        `SeedSequence`.
        """
        if isinstance(seed, list):
            given = [one for one in seed if one is not None]
            joined = np.random.SeedSequence(given).generate_state(1)[0]
            seed = joined if given else None
        # Gymnasium's takes Python's numbers alone
        super().reset(seed=None if seed is None else int(seed))


class VectorMDPEnv(TaskVectorEnv):
    """Copies of a finite MDP that step together with a few array operations; the same
    process as `MDPEnv`.

    Args:
        mdp: the process; its `observations` are what the agent sees.
        num_envs: how many copies.
        max_episode_steps: steps after which an episode is truncated.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Gymnasium, NEXT_STEP autoreset.
    """

    def __init__(
        self,
        mdp: MDP,
        num_envs: int = 1,
        max_episode_steps: int = 50,
        reward_noise: float = 0.0,
    ) -> None:
        super().__init__(num_envs, _seen_of(mdp), mdp.n_actions)
        self.mdp, self.reward_noise = mdp, reward_noise
        self.max_episode_steps = max_episode_steps
        self._observations = np.asarray(mdp.observations, np.float32)
        self._cumulative = mdp.transition.cumsum(-1)
        self._start = np.tile(mdp.start.cumsum(), (num_envs, 1))
        self.state, self.length = np.zeros(num_envs, int), np.zeros(num_envs, int)
        self.is_over = np.zeros(num_envs, bool)

    def reset(self, *, seed: Seeds = None, options: Options = None) -> Seen:
        """Draw first states for all copies; one seed serves them all. Source:
        Gymnasium.
        """
        super().reset(seed=seed)
        self.state = sample_categorical(self._start, self.np_random)
        self.length[:], self.is_over[:] = 0, False
        return self._observations[self.state], {}

    def step(self, actions: NDArray[np.int64]) -> Stepped:
        """Step every copy; one whose episode has ended is only reset. Source:
        Gymnasium.
        """
        fresh = sample_categorical(self._start, self.np_random)
        landed = sample_categorical(
            self._cumulative[self.state, actions], self.np_random
        )
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


def register_mdp(
    name: str, mdp: MDP, time_limit: int = 50, reward_noise: float = 0.0
) -> None:
    """Make a finite MDP known to Gymnasium as `dqn_tutorial/NAME-v0`, an environment
    like any other; its words are joined, each with a capital.

    Args:
        name: of letters and digits, as one word or several; in lower case it is the
            short name.
        mdp: the process.
        time_limit: steps after which an episode is truncated.
        reward_noise: standard deviation of normal noise on every reward.

    Source: Gymnasium.
    """
    title = "".join(word[0].upper() + word[1:] for word in name.split())
    gym.registry.pop(f"dqn_tutorial/{title}-v0", None)  # Gymnasium warns of a second
    gym.register(
        f"dqn_tutorial/{title}-v0",
        MDPEnv,  # type: ignore[arg-type]
        max_episode_steps=time_limit,
        kwargs={"mdp": mdp, "reward_noise": reward_noise},
        vector_entry_point=VectorMDPEnv,  # type: ignore[arg-type]
    )


def quadrant(angle: ArrayLike) -> NDArray[np.int64]:
    """Return the quadrant, 0 to 3, of angles in radians of any shape: the right action
    of the rotating context.

    Source: Lin (1992), on experience replay. Taught in 08_what_matters.
    """
    turns = np.asarray(angle, float) / (2 * np.pi) % 1
    # a tiny negative angle rounds to a whole turn
    return np.asarray(turns * N_QUADRANTS, np.int64) % N_QUADRANTS


def on_circle(angle: ArrayLike) -> States:
    """Return what an agent sees of angles in radians: cosine and sine, `[...]` to
    `[..., 2]`.

    Taught in 08_what_matters.
    """
    return np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)


class RotatingContext(TaskVectorEnv):
    """A context that goes slowly round a circle, and copies of an environment that see
    it: it needs replay.

    An episode is one step: 1 for the action that is the context's quadrant, 0 for
    another. All copies live in one world and see one context, as one sees one time of
    day; copies at different places of the circle would mix a batch by themselves, and
    nothing would be left for a memory to do. A step that only resets does not move the
    context.

    Args:
        num_envs: how many copies.
        turn: steps in which the context goes round once.

    Attributes:
        angle: of the context, in radians; nan before the first reset, which draws it.

    Raises:
        ValueError: a turn of less than 1 step.

    Source: after Lin (1992), on experience replay.
    """

    def __init__(self, num_envs: int = 1, turn: int = 200) -> None:
        tasks.at_least(1, "turn", turn)
        super().__init__(num_envs, Box(-1, 1, (2,), np.float32), N_QUADRANTS)
        self.turn, self.angle = turn, np.nan
        self.is_over = False

    def _seen(self) -> States:
        return np.tile(on_circle(self.angle), (self.num_envs, 1))

    def reset(self, *, seed: Seeds = None, options: Options = None) -> Seen:
        """Begin an episode; a seed, or the first reset, draws the context. Source:
        Gymnasium. Taught in 08_what_matters.
        """
        super().reset(seed=seed)
        if seed is not None or np.isnan(self.angle):
            self.angle = self.np_random.uniform(0, 2 * np.pi)
        self.is_over = False
        return self._seen(), {}

    def step(self, actions: NDArray[np.int64]) -> Stepped:
        """Answer every copy and end its episode, or, after an end, only reset. Source:
        Gymnasium. Taught in 08_what_matters.
        """
        acts = not self.is_over
        reward = (acts * (np.asarray(actions) == quadrant(self.angle))).astype(float)
        self.angle = (self.angle + acts * 2 * np.pi / self.turn) % (2 * np.pi)
        self.is_over = acts
        return (
            self._seen(),
            reward,
            np.full(self.num_envs, acts),
            np.zeros(self.num_envs, bool),
            {},
        )


class SingleRotatingContext(gym.Env[States, np.int64]):
    """One copy of `RotatingContext`, which holds all there is to know. Source:
    Gymnasium.
    """

    def __init__(self, turn: int = 200) -> None:
        self._copy = RotatingContext(1, turn)
        self.observation_space = self._copy.single_observation_space
        self.action_space = Discrete(N_QUADRANTS)

    def reset(self, *, seed: int | None = None, options: Options = None) -> Seen:
        """Begin an episode as `RotatingContext` does. Source: Gymnasium. Taught in
        08_what_matters.
        """
        super().reset(seed=seed)
        return self._copy.reset(seed=seed)[0][0], {}

    def step(self, action: np.int64) -> tuple[States, float, bool, bool, Info]:
        """Answer and end the episode. Source: Gymnasium. Taught in 08_what_matters."""
        seen, reward, terminated, truncated, _ = self._copy.step(np.array([action]))
        return seen[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}


register_mdp("SlipperyGrid", slippery_grid())
register_mdp("HouseNumbers", tasks.house_numbers(), time_limit=20)
register_mdp("Casino", tasks.casino(), time_limit=2)
register_mdp("WorkOrCash", tasks.work_or_cash(), time_limit=3)
register_mdp("CombinationLock", tasks.combination_lock(), time_limit=20)
register_mdp("ForwardChain", tasks.forward_chain())
for _name, _probe in tasks.probes().items():
    register_mdp(f"probe {_name}", _probe.mdp, _probe.time_limit)
gym.register(
    "dqn_tutorial/RotatingContext-v0",
    SingleRotatingContext,  # type: ignore[arg-type]
    vector_entry_point=RotatingContext,  # type: ignore[arg-type]
)
