"""Answers to the exercises of 11_your_own_environment."""

from typing import NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete

from tests.exercises import Answers


class Day(NamedTuple):
    slot: int = 0
    shelf: int = 0
    ready: int = 0
    later: int = 0


def hour_in_one_line(day, bake, customers):
    sold = min(day.shelf, customers)
    return Day(
        day.slot + 1, min(day.shelf - sold + 4 * day.ready, 6), day.later, bake
    ), sold


def hour_one_by_one(day, bake, customers):
    slot, shelf, ready, later = day
    sold = 0
    for _ in range(customers):
        if shelf > 0:
            shelf, sold = shelf - 1, sold + 1
    for _ in range(4 * ready):
        if shelf < 6:
            shelf += 1
    return (slot + 1, shelf, later, bake), sold


def hour_with_replace(day, bake, customers):
    left = max(day.shelf - customers, 0)
    sold = day.shelf - left
    if day.ready:
        left = min(left + 4, 6)
    moved = day._replace(shelf=left, ready=day.later, later=bake)
    return moved._replace(slot=day.slot + 1), sold


def hour_bread_first(day, bake, customers):
    shelf = min(day.shelf + 4 * day.ready, 6)
    sold = min(shelf, customers)
    return Day(day.slot + 1, shelf - sold, day.later, bake), sold


def hour_cut_first(day, bake, customers):
    sold = min(customers, day.shelf)
    shelf = min(6, day.shelf + 4 * day.ready)
    return Day(day.slot + 1, shelf - sold, day.later, bake), sold


def hour_without_places(day, bake, customers):
    sold = min(customers, day.shelf)
    return Day(day.slot + 1, day.shelf - sold + 4 * day.ready, day.later, bake), sold


def hour_all_served(day, bake, customers):
    after, _ = hour_in_one_line(day, bake, customers)
    return after, customers


def hour_baked_at_once(day, bake, customers):
    sold = min(customers, day.shelf)
    shelf = min(6, day.shelf - sold + 4 * bake)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_of_single_loaves(day, bake, customers):
    sold = min(customers, day.shelf)
    shelf = min(6, day.shelf - sold + day.ready)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_oven_exchanged(day, bake, customers):
    (slot, shelf, ready, later), sold = hour_in_one_line(day, bake, customers)
    return Day(slot, shelf, later, ready), sold


def hour_oven_still(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(ready=day.ready, later=day.later), sold


def hour_clock_still(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(slot=day.slot), sold


def hour_day_alone(day, bake, customers):
    return hour_in_one_line(day, bake, customers)[0]


def hour_of_a_number(day, bake, customers):
    return day.slot + 1, min(day.shelf, customers)


def sight_in_order(day):
    return np.array([day.slot / 12, day.shelf / 6, day.ready, day.later], "float32")


def sight_one_hot(day):
    row = np.zeros(13 + 7 + 2, np.float32)
    row[[day.slot, 13 + day.shelf]] = 1
    row[20:] = day.ready, day.later
    return row


def sight_as_one_number(day):
    number = ((day.slot * 7 + day.shelf) * 2 + day.ready) * 2 + day.later
    return np.float32([number / (13 * 28)])


def sight_without_clock(day):
    return np.float32([day.shelf / 6, day.ready, day.later])


def sight_without_shelf(day):
    return np.float32([day.slot / 12, day.ready, day.later])


def sight_without_oven(day):
    return np.float32([day.slot / 12, day.shelf / 6, day.later])


def sight_without_later(day):
    return np.float32([day.slot / 12, day.shelf / 6, day.ready])


def sight_of_all_trays(day):
    trays = (day.ready + day.later) / 2
    return np.float32([day.slot / 12, day.shelf / 6, trays])


def sight_as_it_is(day):
    return np.float32([day.slot, day.shelf, day.ready, day.later])


def sight_in_float64(day):
    return np.array([day.slot / 12, day.shelf / 6, day.ready, day.later])


def sight_as_a_list(day):
    return [day.slot / 12, day.shelf / 6, day.ready, day.later]


class Plain(gym.Env):
    """Right; what is written otherwise is in its subclasses."""

    def __init__(self, see, pay):
        self.see, self.pay = see, pay
        self.observation_space = Box(0, 1, see(Day()).shape)
        self.action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.day = Day()
        return self.see(self.day), {}

    def customers(self):
        return self.np_random.binomial(4, 0.4)

    def pass_by(self, action):
        """Let half an hour pass; return what it pays."""
        customers = self.customers()
        self.day, sold = hour_with_replace(self.day, action, customers)
        return self.pay(sold, customers - sold, action)

    def step(self, action):
        reward = self.pass_by(action)
        return self.see(self.day), reward, self.day.slot == 12, False, {}


class WithInfo(Plain):
    def step(self, action):
        state, reward, over, cut, _ = super().step(int(action))
        return state, float(reward), bool(over), cut, {"slot": self.day.slot}


class Counting(Plain):
    def reset(self, *, seed=None, options=None):
        self.n = 0
        return super().reset(seed=seed, options=options)

    def step(self, action):
        self.n += 1
        reward = self.pass_by(action)
        return self.see(self.day), reward, self.n >= 12, False, {}


class Endless(Plain):
    def step(self, action):
        return (*super().step(action)[:2], False, False, {})


class Cut(Plain):
    def step(self, action):
        state, reward, over, _, info = super().step(action)
        return state, reward, False, over, info


class Both(Plain):
    def step(self, action):
        state, reward, over, _, info = super().step(action)
        return state, reward, over, over, info


class Early(Plain):
    def step(self, action):
        reward = self.pass_by(action)
        return self.see(self.day), reward, self.day.slot >= 11, False, {}


class Late(Plain):
    def step(self, action):
        over = self.day.slot == 12
        reward = self.pass_by(action)
        return self.see(self.day), reward, over, False, {}


class Behind(Plain):
    def step(self, action):
        state = self.see(self.day)
        reward = self.pass_by(action)
        return state, reward, self.day.slot == 12, False, {}


class AllCustomers(Plain):
    def pass_by(self, action):
        customers = self.customers()
        self.day, sold = hour_with_replace(self.day, action, customers)
        return self.pay(sold, customers, action)


class OneLongDay(Plain):
    def __init__(self, see, pay):
        super().__init__(see, pay)
        self.day = Day()

    def reset(self, *, seed=None, options=None):
        gym.Env.reset(self, seed=seed)
        return self.see(self.day), {}


class SameSeed(Plain):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=0)


class GlobalChance(Plain):
    def customers(self):
        return np.random.binomial(4, 0.4)  # noqa: NPY002


class NoSuper(Plain):
    def reset(self, *, seed=None, options=None):
        self.day = Day()
        return self.see(self.day), {}


class OldReset(Plain):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0]


class OldStep(Plain):
    def step(self, action):
        state, reward, over, _, info = super().step(action)
        return state, reward, over, info


class FreeTrays(Plain):
    def pass_by(self, action):
        customers = self.customers()
        self.day, sold = hour_with_replace(self.day, action, customers)
        return self.pay(sold, customers - sold, 0)


def a_function(see, pay):
    return Plain(see, pay)


def pay_for_service(sold, missed, baked):
    return -missed


def pay_dear_trays(sold, missed, baked):
    return sold - 5 * baked


def pay_for_sales(sold, missed, baked):
    return np.float64(sold)


def pay_no_flour(sold, missed, baked):
    return -3.5 if baked else 0.0


def pay_money(sold, missed, baked):
    return 1.0 * sold - 2.0 * baked


def pay_cautious(sold, missed, baked):
    return sold - missed - 2.5 * baked


def pay_bonus(sold, missed, baked):
    return sold + 0.5 * baked


def pay_waiting(sold, missed, baked):
    return sold + missed


def pay_full_shelf(sold, missed, baked):
    return -sold


def pay_nothing(sold, missed, baked):
    return 0


def pay_words(sold, missed, baked):
    return "much"


def pay_twice(sold, missed, baked):
    return [sold, -baked]


def pay_share(sold, missed, baked):
    return np.float64(sold) / np.float64(sold + missed or np.nan)


ANSWERS = {
    "half_hour": Answers(
        correct=[hour_in_one_line, hour_one_by_one, hour_with_replace],
        wrong=[
            (hour_bread_first, "fresh bread first"),
            (hour_cut_first, "full too early"),
            (hour_without_places, "no room"),
            (hour_all_served, "all are served"),
            (hour_baked_at_once, "baked at once"),
            (hour_of_single_loaves, "one loaf a tray"),
            (hour_oven_exchanged, "oven exchanged"),
            (hour_oven_still, "oven stands still"),
            (hour_clock_still, "clock stands still"),
            (hour_day_alone, "no pair"),
            (hour_of_a_number, "no day"),
        ],
    ),
    "all_it_needs": Answers(
        correct=[sight_in_order, sight_one_hot, sight_as_one_number],
        wrong=[
            (sight_without_clock, "hides the clock"),
            (sight_without_shelf, "hides the shelf"),
            (sight_without_oven, "hides the oven"),
            (sight_without_later, "hides the later tray"),
            (sight_of_all_trays, "two look alike"),
            (sight_as_it_is, "leaves its space"),
            (sight_in_float64, "not float32"),
            (sight_as_a_list, "no row"),
        ],
    ),
    "bakery_class": Answers(
        correct=[Plain, WithInfo, Counting],
        wrong=[
            (Endless, "never ends"),
            (Cut, "ends as truncated"),
            (Both, "both flags"),
            (Early, "one step early"),
            (Late, "never ends"),
            (Behind, "old day seen"),
            (AllCustomers, "customers for missed"),
            (OneLongDay, "day goes on"),
            (SameSeed, "its own seed"),
            (GlobalChance, "no seed repeats it"),
            (NoSuper, "no seed repeats it"),
            (OldReset, "reset returns two"),
            (OldStep, "step returns five"),
            (FreeTrays, "other column"),
            (a_function, "no class"),
        ],
    ),
    "clock_or_limit": Answers(
        correct=["B", "b", " B "],
        wrong=[
            ("A", "answer A"),
            ("C", "answer C"),
            ("D", "answer D"),
            ("E", "no letter"),
            ("BC", "no letter"),
            (2, "no letter"),
        ],
    ),
    "misleading_reward": Answers(
        correct=[pay_dear_trays, pay_for_sales, pay_no_flour],
        wrong=[
            (pay_money, "still earns"),
            (pay_cautious, "still earns"),
            (pay_bonus, "wish for trays"),
            (pay_waiting, "wish for the missed"),
            (pay_full_shelf, "wish for sales"),
            (pay_nothing, "always the same"),
            (pay_for_service, "seen before"),
            (pay_words, "no number"),
            (pay_twice, "no number"),
            (pay_share, "no number"),
        ],
    ),
    "first_question": Answers(
        correct=["453", " 453", "4 5 3"],
        wrong=[
            ("253", "the lift"),
            ("443", "the thermostat"),
            ("456", "the water tank"),
            ("45", "no digits"),
            ("458", "no digits"),
            (453, "no digits"),
        ],
    ),
}
