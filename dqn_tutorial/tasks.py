"""Small tasks with known answers, each of which needs one ingredient of DQN: without it
the answer comes out wrong.
"""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from dqn_tutorial.mdp import MDP
from dqn_tutorial.mdp_envs import probes, register_mdp

N_QUADRANTS = 4


def house_numbers(n_houses: int = 8, gamma: float = 0.99) -> MDP:
    """Return a street to walk along, of which one sees the house number only: it needs
    a target network.

    Actions: 0 a house back, 1 a house on. The last house pays 1 and ends the episode;
    one starts at any other house. No value is above 1, but little holds them down:
    raise them all by c, and the TD error of a step that does not end falls by (1 -
    gamma) c only. Without a target network the maximum lifts them at every update.

    Args:
        n_houses: S, 2 or more, numbered from 0.
        gamma: discount factor; walking on is worth gamma^(S - 2 - s), walking back
            gamma times the value there.

    Raises:
        ValueError: fewer than two houses, or a gamma out of range.

    Source for the failure: van Hasselt et al. (2018), on the deadly triad. Taught in
    08_what_matters.
    """
    if n_houses < 2:
        raise ValueError(f"n_houses = {n_houses} is not allowed: it must be 2 or more")
    house, last = np.arange(n_houses), n_houses - 1
    transition = np.zeros((n_houses, 2, n_houses))
    transition[house[:-1], 0, np.maximum(house[:-1] - 1, 0)] = transition[
        house[:-1], 1, house[1:]
    ] = 1
    transition[last, :, last] = 1
    reward = np.zeros_like(transition)
    reward[last - 1, 1, last] = 1
    return MDP(
        transition,
        reward,
        house == last,
        (house < last) / last,
        gamma,
        house[:, None].astype(float),
    )


def casino(n_machines: int = 10) -> MDP:
    """Return a street with a casino whose machines all lose a little on average: it
    needs Double DQN.

    States: 0 street, 1 casino, then three ends: 2 home, 3 won, 4 lost. On the street
    action 0 enters the casino and every other one goes home, for nothing. Inside,
    action a plays machine a: 0.9 or -1.1, each half of the time, and the episode ends.
    So entering is worth -0.1 and is wrong. Episodes start in either place, as often.

    Args:
        n_machines: A, 2 or more.

    Raises:
        ValueError: fewer than two machines.

    Source: after Sutton & Barto (2018), example 6.7. Taught in 08_what_matters.
    """
    if n_machines < 2:
        raise ValueError(
            f"n_machines = {n_machines} is not allowed: it must be 2 or more"
        )
    street, inside, home, won, lost = range(5)
    transition, reward = np.zeros((2, 5, n_machines, 5))
    transition[street, 0, inside] = transition[street, 1:, home] = 1
    transition[inside, :, won] = transition[inside, :, lost] = 0.5
    reward[inside, :, won], reward[inside, :, lost] = 0.9, -1.1
    for end in (home, won, lost):
        transition[end, :, end] = 1
    return MDP(
        transition,
        reward,
        np.arange(5) >= home,
        np.array([0.5, 0.5, 0, 0, 0]),
        gamma=1.0,
    )


def work_or_cash() -> MDP:
    """Return the probe "endless work", of one state: it needs truncation to be told
    from termination.

    Action 0 works, for 1, and goes on; action 1 cashes in 7 and ends the episode. With
    its gamma of 0.9 working for ever is worth 1 / (1 - 0.9) = 10. A time limit belongs
    to the collecting of data, not to the task.

    Source: after Pardo et al. (2018). Taught in 08_what_matters.
    """
    return probes()["endless work"].mdp


def quadrant(angle: ArrayLike) -> NDArray[np.int64]:
    """Return the quadrant, 0 to 3, of angles in radians of any shape: the right action
    of the rotating context.

    Source: Lin (1992), on experience replay. Taught in 08_what_matters.
    """
    turns = np.asarray(angle, float) / (2 * np.pi) % 1
    # a tiny negative angle rounds to a whole turn
    return np.asarray(turns * N_QUADRANTS, np.int64) % N_QUADRANTS


def on_circle(angle: ArrayLike) -> NDArray[np.float32]:
    """Return what an agent sees of angles in radians: cosine and sine, `[...]` to
    `[..., 2]`.

    Taught in 08_what_matters.
    """
    return np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)


class RotatingContext(gym.vector.VectorEnv[Any, Any, Any]):
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
        if turn < 1:
            raise ValueError(f"turn = {turn} is not allowed: it must be 1 or more")
        self.num_envs, self.turn, self.angle = num_envs, turn, np.nan
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = Box(-1, 1, (2,), np.float32)
        self.single_action_space = Discrete(N_QUADRANTS)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.is_over = False

    def _seen(self) -> NDArray[np.float32]:
        return np.tile(on_circle(self.angle), (self.num_envs, 1))

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; a seed, or the first reset, draws the context. Source:
        Gymnasium. Taught in 08_what_matters.
        """
        super().reset(seed=seed if isinstance(seed, int) else None)
        if seed is not None or np.isnan(self.angle):
            self.angle = self.np_random.uniform(0, 2 * np.pi)
        self.is_over = False
        return self._seen(), {}

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[
        NDArray[np.float32],
        NDArray[np.float64],
        NDArray[np.bool_],
        NDArray[np.bool_],
        dict[str, Any],
    ]:
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


class SingleRotatingContext(gym.Env[NDArray[np.float32], np.int64]):
    """One copy of `RotatingContext`, which holds all there is to know. Source:
    Gymnasium.
    """

    def __init__(self, turn: int = 200) -> None:
        self._copy = RotatingContext(1, turn)
        self.observation_space, self.action_space = (
            self._copy.single_observation_space,
            Discrete(N_QUADRANTS),
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode as `RotatingContext` does. Source: Gymnasium. Taught in
        08_what_matters.
        """
        super().reset(seed=seed)
        return self._copy.reset(seed=seed)[0][0], {}

    def step(
        self, action: np.int64
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Answer and end the episode. Source: Gymnasium. Taught in 08_what_matters."""
        seen, reward, terminated, truncated, _ = self._copy.step(np.array([action]))
        return seen[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}


register_mdp("HouseNumbers", house_numbers(), time_limit=20)
register_mdp("Casino", casino(), time_limit=2)
register_mdp("WorkOrCash", work_or_cash(), time_limit=3)
_single, _copies = SingleRotatingContext, RotatingContext  # type: tuple[Any, Any]
gym.register("dqn_tutorial/RotatingContext-v0", _single, vector_entry_point=_copies)
