"""Answers to the exercises of 11_your_own_environment."""

from typing import NamedTuple

import gymnasium as gym
import numpy as np
import torch
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


def hour_whole_trays(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = day.shelf - sold
    if shelf + 4 <= 6 and day.ready:
        shelf += 4
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_below_zero(day, bake, customers):
    shelf = day.shelf - customers
    sold = customers
    shelf = min(shelf + 4 * day.ready, 6)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_in_place(day, bake, customers):
    day.shelf -= min(day.shelf, customers)
    return day, 1


def hour_with_shelf_alone(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - sold + day.ready * 4, 6)
    return day._replace(shelf=shelf), sold


def hour_later_first(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - sold + day.later * 4, 6)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_in_loaves(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - sold + day.ready * 4, 6)
    return Day(day.slot + 1, shelf, day.later, bake * 4), sold


def hour_of_the_missed(day, bake, customers):
    sold = customers - day.shelf if customers > day.shelf else 0
    shelf = min(max(day.shelf - customers, 0) + day.ready * 4, 6)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_sold_twice(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf + day.ready * 4, 6)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_at_least_full(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = max(day.shelf - sold + day.ready * 4, 6)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_turned_round(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - sold + day.ready * 4, 6)
    return sold, Day(day.slot + 1, shelf, day.later, bake)


def hour_short_oven(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - sold + day.ready * 4, 6)
    return Day(day.slot + 1, shelf, day.later + bake, 0), sold


def hour_in_another_order(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - sold + day.ready * 4, 6)
    return Day(shelf, day.slot + 1, day.later, bake), sold


def hour_of_one_customer(day, bake, customers):
    sold = min(day.shelf, customers, 1)
    return Day(
        day.slot + 1, min(day.shelf - sold + 4 * day.ready, 6), day.later, bake
    ), sold


def hour_filled_up(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = day.shelf - sold
    if day.ready:
        shelf = 6
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_of_lists(day, bake, customers):
    shelf = list(range(day.shelf))
    sold = 0
    while customers and shelf:
        shelf.pop()
        customers -= 1
        sold += 1
    shelf = (shelf + [0] * 4 * day.ready)[:6]
    return day._replace(
        slot=day.slot + 1, shelf=len(shelf), ready=day.later, later=bake
    ), sold


def hour_in_numpy(day, bake, customers):
    sold = np.minimum(day.shelf, customers)
    return [
        Day(
            day.slot + 1,
            np.clip(day.shelf - sold + 4 * day.ready, 0, 6),
            day.later,
            int(bool(bake)),
        ),
        sold,
    ]


def sight_from_minus_one(day):
    return np.float32([day.slot / 12 * 2 - 1, day.shelf / 6, day.ready, day.later])


def sight_of_whole_days(day):
    return np.float32([day.slot // 12, day.shelf / 6, day.ready, day.later])


def sight_of_a_full_shelf(day):
    return np.float32([day.slot / 12, day.shelf // 6, day.ready, day.later])


def sight_rounded(day):
    return np.float32([round(day.slot / 12, 1), day.shelf / 6, day.ready, day.later])


def sight_cut_off(day):
    return np.float32([day.slot / 12, min(day.shelf, 4) / 4, day.ready, day.later])


def sight_folded(day):
    noon = abs(day.slot - 6) / 6
    return np.float32([noon, day.shelf / 6, day.ready, day.later])


def sight_starting_over(day):
    return np.float32([day.slot % 4 / 4, day.shelf / 6, day.ready, day.later])


def sight_of_shares(day):
    row = np.array(day, np.float32)
    return row / max(row.sum(), 1)


def sight_when_sold_out(day):
    slot = day.slot / 12 if day.shelf == 0 else 0
    return np.float32([slot, day.shelf / 6, day.ready, day.later])


def sight_without_trays(day):
    return np.float32([day.slot / 12, day.shelf / 6])


def sight_in_torch(day):
    return torch.tensor([day.slot / 12, day.shelf / 6, day.ready, day.later])


def sight_by_chance(day):
    chance = np.random.rand()  # noqa: NPY002
    return np.float32([chance, day.shelf / 6, day.ready, day.later])


def sight_of_nothing(day):
    return np.float32([0.5, 0.5, 0.5, 0.5])


def sight_of_two_lengths(day):
    return (
        np.float32([day.slot / 12, day.shelf / 6, day.ready])
        if day.later
        else np.float32([day.slot / 12, day.shelf / 6, day.ready, 0])
    )


def sight_divided(day):
    return np.array(day, np.float32) / np.float32([12, 6, 1, 1])


def sight_of_places(day):
    out = np.zeros(12 * 7 * 4, np.float32)
    if day.slot < 12:
        out[((day.slot * 7 + day.shelf) * 2 + day.ready) * 2 + day.later] = 1
    return out


class CutEachTime(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        self.day, sold = hour_with_replace(self.day, action, c)
        return (
            self.see(self.day),
            self.pay(sold, c, action),
            self.day.slot == 12,
            True,
            {},
        )


class Forgetful(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        new, sold = hour_with_replace(self.day, action, c)
        return (
            self.see(new),
            self.pay(sold, c - sold, action),
            new.slot == 12,
            False,
            {},
        )


class RawDay(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        self.day, sold = hour_with_replace(self.day, action, c)
        return (
            np.array(self.day),
            self.pay(sold, c - sold, action),
            self.day.slot == 12,
            False,
            {},
        )


class OwnProfit(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        self.day, sold = hour_with_replace(self.day, action, c)
        return (
            self.see(self.day),
            1.0 * sold - 2 * action,
            self.day.slot == 12,
            False,
            {},
        )


class SeedZero(Plain):
    def reset(self, *, seed=None, options=None):
        self.np_random = np.random.default_rng(0)
        self.day = Day()
        return self.see(self.day), {}


class DrawsAgain(Plain):
    def step(self, action):
        self.day, sold = hour_with_replace(
            self.day, action, self.np_random.binomial(4, 0.4)
        )
        missed = self.np_random.binomial(4, 0.4) - sold
        return (
            self.see(self.day),
            self.pay(sold, missed, action),
            self.day.slot == 12,
            False,
            {},
        )


class ResetsItself(Plain):
    def step(self, action):
        s, r, t, c, i = super().step(action)
        if t:
            s, _ = self.reset()
        return s, r, t, c, i


class NoInfo(Plain):
    def step(self, action):
        s, r, t, c, _ = super().step(action)
        return s, r, t, c, None


class OneArray(Plain):
    def reset(self, *, seed=None, options=None):
        self.buf = super().reset(seed=seed)[0]
        return self.buf, {}

    def step(self, action):
        s, r, t, c, i = super().step(action)
        self.buf[:] = s
        return self.buf, r, t, c, i


class PaysLoaves(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        self.day, sold = hour_with_replace(self.day, action, c)
        return (
            self.see(self.day),
            self.pay(sold, c - sold, 4 * action),
            self.day.slot == 12,
            False,
            {},
        )


class Exchanged(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        self.day, sold = hour_in_one_line(self.day, c, action)
        return (
            self.see(self.day),
            self.pay(sold, c - sold, action),
            self.day.slot == 12,
            False,
            {},
        )


class SumSoFar(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        self.day, sold = hour_with_replace(self.day, action, c)
        self.total = getattr(self, "total", 0) + self.pay(sold, c - sold, action)
        return self.see(self.day), self.total, self.day.slot == 12, False, {}


class PaidAtTheEnd(Plain):
    def step(self, action):
        c = self.np_random.binomial(4, 0.4)
        self.day, sold = hour_with_replace(self.day, action, c)
        r = self.pay(sold, c - sold, action)
        return (
            self.see(self.day),
            r if self.day.slot == 12 else 0.0,
            self.day.slot == 12,
            False,
            {},
        )


class ZeroForNone(Plain):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed or 0)
        self.day = Day()
        return self.see(self.day), {}


class Loss(Plain):
    def step(self, action):
        s, r, t, c, i = super().step(action)
        return s, -r, t, c, i


class NumbersForFlags(Plain):
    def step(self, action):
        s, r, t, c, i = super().step(action)
        return s, r, int(t), c, i


class KeptElsewhere(Plain):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = Day()
        self.obs = self.see(self.state)
        return self.obs, {"day": self.state}

    def step(self, action):
        n = int(self.np_random.binomial(4, 0.4))
        shelf = self.state.shelf
        self.state, sold = hour_with_replace(self.state, int(action), n)
        self.obs = self.see(self.state)
        return (
            self.obs,
            self.pay(sold, max(n - shelf, 0), int(action)),
            bool(self.state[0] >= 12),
            False,
            {},
        )


def hour_of_debts(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = min(day.shelf - customers + 4 * day.ready, 6)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_of_old_bread(day, bake, customers):
    sold = min(day.shelf, customers)
    shelf = 4 if day.ready else day.shelf - sold
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_with_four_places(day, bake, customers):
    sold = min(day.shelf, customers)
    return Day(
        day.slot + 1, min(day.shelf - sold + 4 * day.ready, 4), day.later, bake
    ), sold


def hour_sold_out(day, bake, customers):
    sold = day.shelf if customers else 0
    shelf = min(day.shelf - sold + 4 * day.ready, 6)
    return Day(day.slot + 1, shelf, day.later, bake), sold


def hour_without_oven(day, bake, customers):
    sold = min(day.shelf, customers)
    return Day(day.slot + 1, day.shelf - sold, day.later, bake), sold


def hour_of_both_trays(day, bake, customers):
    sold = min(day.shelf, customers)
    loaves = day.shelf - sold + 4 * (day.ready + day.later)
    return Day(day.slot + 1, min(loaves, 6), day.later, bake), sold


def hour_of_adding(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(ready=day.ready + day.later), sold


def hour_without_new_tray(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(later=0), sold


def hour_again(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(slot=after.slot % 12), sold


def hour_before_closing(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(slot=min(after.slot, 11)), sold


def hour_to_go(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(slot=day.slot - 1), sold


def hour_of_minutes(day, bake, customers):
    after, sold = hour_in_one_line(day, bake, customers)
    return after._replace(slot=day.slot + 30), sold


class Changed(Plain):
    """Right but for what its subclasses change in what `step` returns, or in what
    `pay` is given.
    """

    def flags(self, over):
        return over, False

    def paid(self, sold, customers, action):
        return self.pay(sold, customers - sold, action)

    def step(self, action):
        customers = self.customers()
        self.day, sold = hour_with_replace(self.day, action, customers)
        reward = self.paid(sold, customers, action)
        over, cut = self.flags(self.day.slot == 12)
        return self.see(self.day), reward, over, cut, {}


class EndsAtOnce(Changed):
    def flags(self, over):
        return True, False


class CutMeanwhile(Changed):
    def flags(self, over):
        return over, True


class EndsInverted(Changed):
    def flags(self, over):
        return not over, False


class SoldOut(Changed):
    def flags(self, over):
        return self.day.shelf == 0, False


class Negative(Changed):
    def paid(self, sold, customers, action):
        return self.pay(sold, sold - customers, action)


class NobodyMissed(Changed):
    def paid(self, sold, customers, action):
        return self.pay(sold, 0, action)


class NewShelf(Changed):
    def paid(self, sold, customers, action):
        return self.pay(sold, max(0, customers - self.day.shelf), action)


class AllWhoPass(Changed):
    def paid(self, sold, customers, action):
        return self.pay(sold, 4 - sold, action)


class AnotherOrder(Changed):
    def paid(self, sold, customers, action):
        return self.pay(sold, action, customers - sold)


class PaysWhenReady(Changed):
    def paid(self, sold, customers, action):
        return self.pay(sold, customers - sold, self.day.ready)


class NeverBakes(Plain):
    def pass_by(self, action):
        customers = self.customers()
        self.day, sold = hour_with_replace(self.day, 0, customers)
        return self.pay(sold, customers - sold, action)


class OtherWay(Plain):
    def pass_by(self, action):
        customers = self.customers()
        self.day, sold = hour_with_replace(self.day, 1 - action, customers)
        return self.pay(sold, customers - sold, action)


class AlwaysTwo(Plain):
    def customers(self):
        return 2


class Dice(Plain):
    def customers(self):
        return self.np_random.integers(0, 5)


class LooksTwice(Plain):
    def customers(self):
        self.np_random.binomial(4, 0.4)
        return self.np_random.binomial(4, 0.4)


class OnceADay(Plain):
    def reset(self, *, seed=None, options=None):
        seen = super().reset(seed=seed)
        self.today = self.np_random.binomial(4, 0.4)
        return seen

    def customers(self):
        return self.today


class EarlyCustomers(Plain):
    def reset(self, *, seed=None, options=None):
        seen = super().reset(seed=seed)
        self.waiting = self.customers()
        return seen


class HalfTheReward(Changed):
    def paid(self, sold, customers, action):
        return super().paid(sold, customers, action) / 2


def pay_profit_in_cents(sold, missed, baked):
    return 100 * (sold - 2 * baked) + 5


def pay_by_chance(sold, missed, baked):
    return np.random.rand() + sold  # noqa: NPY002


def pay_if_any_is_sold(sold, missed, baked):
    return float(sold > 0) - 2.0 * baked * (missed > 0)


_SEEN = np.zeros(4, dtype=np.float32)


def the_same_array(day):
    _SEEN[:] = day.slot / 12, day.shelf / 6, day.ready, day.later
    return _SEEN


ANSWERS = {
    "half_hour": Answers(
        correct=[
            hour_in_one_line,
            hour_one_by_one,
            hour_with_replace,
            hour_of_lists,
            hour_in_numpy,
        ],
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
            (hour_whole_trays, "whole tray lost"),
            (hour_below_zero, "all are served + shelf below zero"),
            (hour_of_debts, "shelf below zero"),
            (hour_in_place, "day changed in place"),
            (hour_with_shelf_alone, "oven stands still + clock stands still"),
            (hour_later_first, "one tray too early"),
            (hour_in_loaves, "loaves for trays"),
            (hour_of_the_missed, "missed for sold"),
            (hour_sold_twice, "sold bread stays"),
            (hour_at_least_full, "maximum for minimum"),
            (hour_turned_round, "pair exchanged"),
            (hour_short_oven, "one half-hour in the oven"),
            (hour_in_another_order, "order of a day"),
            (hour_of_one_customer, "one is served"),
            (hour_filled_up, "tray fills the shelf"),
            (hour_of_old_bread, "old bread gone"),
            (hour_with_four_places, "numbers exchanged"),
            (hour_sold_out, "shelf sold out"),
            (hour_without_oven, "nothing comes out"),
            (hour_of_both_trays, "both trays come out"),
            (hour_of_adding, "tray stays in"),
            (hour_without_new_tray, "new tray forgotten"),
            (hour_again, "clock starts over"),
            (hour_before_closing, "clock stops early"),
            (hour_to_go, "clock runs back"),
            (hour_of_minutes, "clock in minutes"),
        ],
    ),
    "all_it_needs": Answers(
        correct=[
            sight_in_order,
            sight_one_hot,
            sight_as_one_number,
            sight_divided,
            sight_of_places,
        ],
        wrong=[
            (the_same_array, "one array for all"),
            (sight_without_clock, "hides the clock"),
            (sight_without_shelf, "hides the shelf"),
            (sight_without_oven, "hides the oven"),
            (sight_without_later, "hides the later tray"),
            (sight_of_all_trays, "two look alike"),
            (sight_as_it_is, "leaves its space"),
            (sight_in_float64, "not float32"),
            (sight_as_a_list, "no row"),
            (sight_in_torch, "no row"),
            (sight_of_two_lengths, "no row"),
            (sight_from_minus_one, "below its space"),
            (sight_of_whole_days, "hides the clock"),
            (sight_of_a_full_shelf, "coarse"),
            (sight_rounded, "coarse"),
            (sight_cut_off, "cut off"),
            (sight_folded, "folded"),
            (sight_starting_over, "starts over"),
            (sight_of_shares, "measured by itself"),
            (sight_when_sold_out, "partly hidden"),
            (sight_without_trays, "hides the oven + hides the later tray"),
            (sight_by_chance, "another each time"),
            (sight_of_nothing, "always the same"),
        ],
    ),
    "bakery_class": Answers(
        correct=[Plain, WithInfo, Counting, KeptElsewhere],
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
            (FreeTrays, "tray not paid"),
            (CutEachTime, "truncated meanwhile + customers for missed"),
            (CutMeanwhile, "truncated meanwhile"),
            (Forgetful, "day not kept"),
            (RawDay, "day for observation"),
            (OwnProfit, "pay not asked"),
            (SeedZero, "its own seed"),
            (DrawsAgain, "missed drawn anew"),
            (ResetsItself, "resets itself"),
            (NoInfo, "no dict"),
            (OneArray, "same array"),
            (PaysLoaves, "loaves paid"),
            (Exchanged, "arguments exchanged"),
            (SumSoFar, "sum so far"),
            (PaidAtTheEnd, "paid at the end"),
            (ZeroForNone, "each day alike"),
            (Loss, "pay turned round"),
            (NumbersForFlags, "no flags"),
            (EndsAtOnce, "ends at once"),
            (EndsInverted, "end turned round"),
            (SoldOut, "ends when sold out"),
            (Negative, "missed turned round"),
            (NobodyMissed, "nobody missed"),
            (NewShelf, "missed from the new shelf"),
            (AllWhoPass, "all who pass"),
            (AnotherOrder, "another order"),
            (PaysWhenReady, "later trays paid"),
            (NeverBakes, "action not used"),
            (OtherWay, "action turned round"),
            (AlwaysTwo, "no chance"),
            (Dice, "other chance"),
            (LooksTwice, "drawn twice"),
            (OnceADay, "customers once a day"),
            (EarlyCustomers, "drawn in reset"),
            (HalfTheReward, "other column"),
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
            (pay_money, "profit itself"),
            (pay_cautious, "still earns"),
            (pay_bonus, "wish for trays"),
            (pay_waiting, "wish for the missed"),
            (pay_full_shelf, "wish for sales"),
            (pay_nothing, "always the same"),
            (pay_for_service, "seen before"),
            (pay_words, "no number"),
            (pay_twice, "no number"),
            (pay_share, "no number"),
            (pay_profit_in_cents, "profit itself"),
            (pay_by_chance, "another each time"),
            (pay_if_any_is_sold, "some still earn"),
        ],
    ),
    "first_question": Answers(
        correct=["453", " 453", "4 5 3", "4, 5, 3"],
        wrong=[
            ("253", "the first two"),
            ("353", "the lift 3"),
            ("653", "the lift"),
            ("433", "the thermostat 3"),
            ("443", "the thermostat 4"),
            ("463", "the thermostat"),
            ("554", "the lift + the water tank"),
            ("456", "the water tank"),
            ("45", "no digits"),
            ("458", "no digits"),
            (453, "no digits"),
        ],
    ),
}
