"""The bakery as a class for Gymnasium, played for two days, and wrong ones."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from unittest import mock

import gymnasium as gym
import numpy as np

from dqn_tutorial.classroom.check import bakery
from dqn_tutorial.classroom.check.bakery import SLOTS, TRAY, Bakery, Day
from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import flawed
from dqn_tutorial.classroom.check.values import agree, describe, shown

ALL_WHO_PASS = re.compile(r"binomial\((?:n=)?4,")
COLUMNS = "observation", "reward", "terminated", "truncated"


def _pay(sold: int, missed: int, baked: int) -> float:
    return 3.0 * sold - missed - 5.0 * baked


def played(answer: Any, pay: Function = _pay) -> Any:
    """Return a function that plays two days in the learner's environment, and says what
    came back: a row for each reset and each step.
    """

    def play(seed: int, actions: list[int]) -> list[list[Any]]:
        if not (isinstance(answer, type) and hasattr(answer, "step")):
            raise Wrong("no class", returned=describe(answer))
        return [*_two_days(answer(bakery.see, pay), seed, actions)]

    methods = (
        [vars(answer).get(name) for name in ("reset", "step")]
        if isinstance(answer, type)
        else []
    )
    codes = [(one, getattr(one, "__code__", None)) for one in methods]
    stubs = [
        one for one, code in codes if code and "NotImplementedError" in code.co_names
    ]
    vars(play)["__signature__"] = inspect.signature(play)
    # whose lines an error names, and what tells an untouched stub
    vars(play)["__wrapped__"] = next(iter([*stubs, *methods[1:]]), None) or play
    return play


def _two_days(env: Any, seed: int, actions: list[int]) -> Iterator[list[Any]]:
    before: Any = None
    for first, own in ((seed, actions[:SLOTS]), (None, actions[SLOTS:])):
        returned = env.reset(seed=first)
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise Wrong("reset returns two", returned=_count(returned))
        for action in [None, *own]:
            if action is not None:
                returned = env.step(action)
                if not isinstance(returned, tuple) or len(returned) != 5:
                    raise Wrong("step returns five", returned=_count(returned))
            if any(np.asarray(flag).dtype != bool for flag in returned[2:4]):
                raise Wrong("no flags")
            if not isinstance(returned[-1], dict):
                raise Wrong("no dict", returned=describe(returned[-1]))
            if returned[0] is before and isinstance(before, np.ndarray):
                raise Wrong("same array")
            before = returned[0]
            yield [np.array(value) for value in returned[:-1]]


def _count(returned: Any) -> str:
    return f"{len(returned)} values" if isinstance(returned, tuple) else "no tuple"


def bakery_of(
    seeds: Function = lambda env, seed: seed,
    opens: Function = lambda env: Day(),
    draws: Function = lambda env: env.np_random.binomial(4, 0.4),
    baked: Callable[[int], int] = lambda action: action,
    missed: Function = lambda env, customers, sold: customers - sold,
    pays: Function = lambda env, sold, missed, action: env.pay(sold, missed, action),
    is_over: Function = lambda before, after: after.slot == SLOTS,
    flags: Function = lambda over: (over, False),
    first: Function = lambda env: env.see(env.day),
    shows: Function = lambda env, before, after: env.see(after),
    keeps: Function = lambda before, after: after,
    hour: Function = bakery.half_hour,
) -> type:
    """Return a bakery made of rules: which seed it uses, how a day opens, who comes,
    ...
    """

    class Other(Bakery):
        ever = 0.0

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            gym.Env.reset(self, seed=seeds(self, seed))
            self.customers: Any = None
            self.today = 0.0
            self.day = opens(self)
            return first(self), {}

        def step(self, action: int) -> Any:
            before, customers = self.day, draws(self)
            after, sold = hour(before, baked(action), customers)
            self.day = keeps(before, after)
            reward = float(pays(self, sold, missed(self, customers, sold), action))
            pay = self.pay(sold, customers - sold, action)
            self.today, self.ever = self.today + pay, self.ever + pay
            over = flags(is_over(before, after))
            return shows(self, before, after), reward, *over, {}

    return Other


def _old_day(env: Any) -> Day:
    return getattr(env, "day", Day())


def _first_seed(env: Any, seed: int | None) -> int | None:
    env.seed = getattr(env, "seed", seed)
    return int(env.seed) if env.seed is not None else None


def _once_a_day(env: Any) -> int:
    if env.customers is None:
        env.customers = int(env.np_random.binomial(4, 0.4))
    return int(env.customers)


def _drawn(env: Any) -> int:
    return int(env.np_random.binomial(4, 0.4))


def _at_the_end(env: Any, *case: int) -> float:
    return env.pay(*case) if env.day.slot == SLOTS else 0.0


def _all_at_the_end(env: Any, *case: int) -> float:
    return env.today + env.pay(*case) if env.day.slot == SLOTS else 0.0


def _extra_draw(env: Any) -> Day:
    _drawn(env)
    return Day()


CLASS_FLAWS: list[tuple[str, dict[str, Any]]] = [
    ("never ends", {"flags": lambda over: (False, False)}),
    ("never ends", {"is_over": lambda before, after: before.slot == SLOTS}),
    ("never ends", {"is_over": lambda before, after: after.slot > SLOTS}),
    ("ends as truncated", {"flags": lambda over: (False, over)}),
    ("both flags", {"flags": lambda over: (over, over)}),
    ("ends at once", {"flags": lambda over: (True, False)}),
    ("end turned round", {"flags": lambda over: (not over, False)}),
    ("truncated meanwhile", {"flags": lambda over: (over, not over)}),
    ("truncated meanwhile", {"flags": lambda over: (over, True)}),
    ("day not kept", {"keeps": lambda before, after: before}),
    ("arguments exchanged", {"hour": lambda day, a, b: bakery.half_hour(day, b, a)}),
    ("one step early", {"is_over": lambda before, after: after.slot >= SLOTS - 1}),
    ("ends when sold out", {"is_over": lambda before, after: after.shelf == 0}),
    ("old day seen", {"shows": lambda env, before, after: env.see(before)}),
    (
        "resets itself",
        {"shows": lambda env, _, day: env.see(Day() if day.slot == SLOTS else day)},
    ),
    (
        "day for observation",
        {"first": lambda env: env.day, "shows": lambda env, before, after: after},
    ),
    ("day for observation", {"shows": lambda env, before, after: after}),
    ("day for observation", {"first": lambda env: env.day}),
    ("customers for missed", {"missed": lambda env, customers, sold: customers}),
    ("missed turned round", {"missed": lambda env, customers, sold: sold - customers}),
    ("nobody missed", {"missed": lambda env, customers, sold: 0}),
    (
        "missed from the new shelf",
        {"missed": lambda env, customers, sold: max(customers - env.day.shelf, 0)},
    ),
    ("missed drawn anew", {"missed": lambda env, customers, sold: _drawn(env) - sold}),
    ("all who pass", {"missed": lambda env, customers, sold: bakery.PASSING - sold}),
    ("pay not asked", {"pays": lambda env, sold, missed, action: sold}),
    ("pay not asked", {"pays": lambda env, sold, missed, action: sold - 2 * action}),
    ("pay not asked", {"pays": lambda env, sold, missed, action: 0}),
    ("sum so far", {"pays": lambda env, a, b, c: env.today + env.pay(a, b, c)}),
    ("sum so far", {"pays": lambda env, a, b, c: env.ever + env.pay(a, b, c)}),
    ("paid at the end", {"pays": _at_the_end}),
    ("paid at the end", {"pays": _all_at_the_end}),
    ("pay turned round", {"pays": lambda env, a, b, c: -env.pay(a, b, c)}),
    ("another order", {"pays": lambda env, a, b, c: env.pay(b, a, c)}),
    ("another order", {"pays": lambda env, a, b, c: env.pay(a, c, b)}),
    ("another order", {"pays": lambda env, a, b, c: env.pay(c, a, b)}),
    ("tray not paid", {"pays": lambda env, sold, missed, _: env.pay(sold, missed, 0)}),
    (
        "later trays paid",
        {"pays": lambda env, sold, missed, _: env.pay(sold, missed, env.day.ready)},
    ),
    ("loaves paid", {"pays": lambda env, a, b, c: env.pay(a, b, TRAY * c)}),
    ("action not used", {"baked": lambda action: 0}),
    ("action not used", {"baked": lambda action: 1}),
    ("action turned round", {"baked": lambda action: 1 - action}),
    ("no chance", {"draws": lambda env: 1}),
    ("no chance", {"draws": lambda env: 2}),
    ("no chance", {"draws": lambda env: bakery.PASSING}),
    ("other chance", {"draws": lambda env: env.np_random.binomial(4, 0.6)}),
    ("other chance", {"draws": lambda env: env.np_random.integers(5)}),
    ("other chance", {"draws": lambda env: env.np_random.integers(4)}),
    ("other chance", {"draws": lambda env: env.np_random.binomial(1, 0.4)}),
    ("other chance", {"draws": lambda env: int((env.np_random.random(4) < 0.4).sum())}),
    ("drawn twice", {"draws": lambda env: (_drawn(env), _drawn(env))[0]}),
    ("drawn twice", {"draws": lambda env: (_drawn(env), _drawn(env))[1]}),
    ("customers once a day", {"draws": _once_a_day}),
    ("drawn in reset", {"opens": _extra_draw}),
    ("day goes on", {"opens": _old_day}),
    ("its own seed", {"seeds": lambda env, seed: 0}),
    ("its own seed", {"seeds": lambda env, seed: 42}),
    ("each day alike", {"seeds": _first_seed}),
    *(("each day alike", {"seeds": lambda _, s, k=k: s or k}) for k in (0, 1, 42)),
]


def judge_class(answer: object, rng: np.random.Generator) -> None:
    """Judge the learner's class by two days of it."""
    own = guarded(played(answer))
    cases: list[dict[str, Any]] = [
        {"seed": seed, "actions": rng.integers(2, size=2 * SLOTS).tolist()}
        for seed in (1, 2, int(rng.integers(3, 1_000)))
    ]
    seen = [own(**case) for case in cases]
    for case, rows in zip(cases, seen, strict=True):
        if not agree(rows, own(**case)):
            words = f"Inputs: `seed` {case['seed']}, twice."
            raise Wrong("no seed repeats it", words, cause=_cause(answer))
    wanted = [played(Bakery)(**case) for case in cases]
    if agree(seen, wanted):
        return
    words = _first_difference(cases, seen, wanted)
    for key, other in flawed(bakery_of, CLASS_FLAWS):
        if all(
            agree(found, made)
            for case, rows in zip(cases, seen, strict=True)
            for found, made in zip(
                rows, _two_days(other(bakery.see, _pay), **case), strict=True
            )
        ):
            raise Wrong(key, words)
    changed = cases[0] | {"seed": 3}
    if agree(seen[0], own(**changed)):
        raise Wrong("its own seed", words)
    if _drawn_from(answer)[2] > 1:
        raise Wrong("drawn twice", words)
    raise Wrong("other column", words)


def _drawn_from(answer: Any, seed: int = 12) -> tuple[bool, bool, int]:
    """Say of an environment's first step whether the seed has reached `np_random`,
    whether anything is drawn from it, and how often all the customers.
    """
    found: list[tuple[bool, bool, int]] = []

    def step() -> int:
        env = answer(bakery.see, _pay)
        env.reset(seed=seed)
        is_seeded, rng = env.np_random_seed == seed, env.np_random
        before, env.np_random = rng.bit_generator.state, mock.Mock(wraps=rng)
        env.step(0)
        calls = " ".join(map(str, env.np_random.method_calls))
        is_used = rng.bit_generator.state != before
        found.append((is_seeded, is_used, len(ALL_WHO_PASS.findall(calls))))
        return 0

    with suppress(Wrong, OwnError):
        guarded(step)()
    return found[0] if found else (True, True, 0)


def _cause(answer: Any) -> str:
    """Say why the seed repeats nothing."""
    is_seeded, is_used, _ = _drawn_from(answer)
    if not is_used:
        return (
            "Your `step` draws nothing from `self.np_random`, so its chance comes from"
            " elsewhere: draw there, and let `super().reset(seed=seed)` prepare it."
        )
    if not is_seeded:
        return (
            "You draw from `self.np_random`, but the seed does not reach it: call"
            " `super().reset(seed=seed)`, with the seed, in your `reset`."
        )
    return "You draw from `self.np_random`, and something else by chance as well."


def _first_difference(
    cases: list[dict[str, Any]], seen: list[Any], wanted: list[Any]
) -> str:
    """Show the first thing that came back otherwise than it should."""
    for case, rows, right in zip(cases, seen, wanted, strict=True):
        sales: list[tuple[int, int, int]] = []

        def noted(sold: int, missed: int, baked: int, to: Any = sales) -> float:
            to.append((sold, missed, baked))
            return _pay(sold, missed, baked)

        played(Bakery, noted)(**case)
        for k, (found, asked) in enumerate(zip(rows, right, strict=True)):
            if agree(found, asked):
                continue
            day, step = divmod(k, SLOTS + 1)
            when = f"step {step}" if step else "`reset`"
            words = f"Inputs: `seed` {case['seed']}, day {day + 1}, {when}"
            if step:
                sold, missed, baked = sales[day * SLOTS + step - 1]
                words += (
                    f"; sold {sold}, missed {missed}, baked {baked}; `pay` gives"
                    " 3 sold - missed - 5 baked"
                )
            return f"{words}.\nRight: {_named(asked)}.\nYours: {_named(found)}."
    return ""


def _named(row: list[Any]) -> str:
    return ", ".join(
        f"{name} {shown(value)}" for name, value in zip(COLUMNS, row, strict=False)
    )
