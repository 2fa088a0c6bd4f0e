"""The bakery of 11_your_own_environment: what the notebook's learner writes, whole, and
the same task as a finite MDP.
"""

from collections.abc import Callable
from functools import cache
from itertools import product
from math import comb
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from dqn_tutorial.mdp import MDP

SLOTS, PLACES, TRAY = 12, 6, 4  # half-hours in a day; loaves on the shelf, on a tray
PASSING, BUYS = 4, 0.4  # people in a half-hour, and the chance that one wants a loaf
Pay = Callable[[int, int, int], float]  # of sold, missed and baked


class Day(NamedTuple):
    """Where the bakery stands."""

    slot: int = 0  # half-hours since it opened
    shelf: int = 0  # loaves to sell
    ready: int = 0  # trays that come out at the end of this half-hour
    later: int = 0  # trays that come out at the end of the next


def half_hour(day: Day, bake: int, customers: int) -> tuple[Day, int]:
    """Return the day half an hour later, and the loaves sold."""
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - sold + TRAY * day.ready, PLACES)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def see(day: Day) -> NDArray[np.float32]:
    """Return all that the future depends on, each number from 0 to 1."""
    row = (day.shelf / PLACES, day.ready, day.later, day.slot / SLOTS)
    return np.array(row, np.float32)


def profit(sold: int, missed: int, baked: int) -> float:
    """Return euros: one for a loaf, less two for a tray."""
    return 1.0 * sold - 2.0 * baked


class Bakery(gym.Env[Any, Any]):
    """The task for Gymnasium."""

    def __init__(
        self, see: Callable[[Day], NDArray[np.float32]] = see, pay: Pay = profit
    ) -> None:
        self.see, self.pay = see, pay
        self.observation_space = Box(0, 1, see(Day()).shape)
        self.action_space = Discrete(2)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Open the shop."""
        super().reset(seed=seed)
        self.day = Day()
        return self.see(self.day), {}

    def step(
        self, action: int
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Let half an hour pass."""
        customers = int(self.np_random.binomial(PASSING, BUYS))
        self.day, sold = half_hour(self.day, int(action), customers)
        reward = self.pay(sold, customers - sold, int(action))
        return self.see(self.day), reward, self.day.slot == SLOTS, False, {}


DAYS = [
    Day(*numbers)
    for numbers in product(range(SLOTS + 1), range(PLACES + 1), range(2), range(2))
]
CHANCES = [
    comb(PASSING, k) * BUYS**k * (1 - BUYS) ** (PASSING - k) for k in range(PASSING + 1)
]


def bakery_mdp(pay: Pay = profit) -> MDP:
    """Return the bakery as an MDP whose states are `DAYS`."""
    number = {day: i for i, day in enumerate(DAYS)}
    n, terminal = len(DAYS), np.array([day.slot == SLOTS for day in DAYS])
    p, r = np.zeros((n, 2, n)), np.zeros((n, 2, n))
    p[terminal, :, terminal] = 1
    for i, bake, customers in product(np.flatnonzero(~terminal), (0, 1), range(5)):
        after, sold = half_hour(DAYS[i], bake, customers)
        j = number[after]
        p[i, bake, j] += CHANCES[customers]
        r[i, bake, j] += CHANCES[customers] * pay(sold, customers - sold, bake)
    reward = np.divide(r, p, out=np.zeros_like(r), where=p > 0)
    return MDP(p, reward, terminal, np.eye(n)[number[Day()]], 1.0)


@cache
def _for_profit() -> MDP:
    return bakery_mdp()


def best_earnings(
    pay: Pay | None = None, of_ties: Callable[..., Any] = np.max
) -> float:
    """Return the most that a day can bring in euros to a policy that is best for
    another pay; for none, to any. With `np.min` for `of_ties` it is the least.
    """
    money = _for_profit()
    paid = money if pay is None else bakery_mdp(pay)
    expected, chosen = ((mdp.transition * mdp.reward).sum(-1) for mdp in (money, paid))
    v, earned = np.zeros(len(DAYS)), np.zeros(len(DAYS))
    for _ in range(SLOTS):  # from closing time backwards
        q, brings = chosen + money.transition @ v, expected + money.transition @ earned
        is_best = q >= q.max(-1, keepdims=True) - 1e-9
        earned = of_ties(np.ma.array(brings, mask=~is_best), axis=-1).data
        v = q.max(-1)
    return float(money.start @ earned)
