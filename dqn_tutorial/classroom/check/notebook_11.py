"""The exercises of 11_your_own_environment."""

import inspect
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check import bakery
from dqn_tutorial.classroom.check.bakery import PLACES, SLOTS, TRAY, Bakery, Day
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import around
from dqn_tutorial.classroom.check.values import agree, as_array, describe

HERE = "11_your_own_environment"


def _sample_half_hour(rng: np.random.Generator) -> dict[str, Any]:
    """Half-hours in which the shelf runs out, is too full, or neither."""
    shelf = int(rng.integers(PLACES + 1))
    day = Day(int(rng.integers(SLOTS)), shelf, *map(int, rng.integers(2, size=2)))
    return {
        "day": day,
        "bake": int(rng.integers(2)),
        "customers": int(rng.integers(bakery.PASSING + 1)),
    }


def _parts(answer: Any, day: Day, bake: int, customers: int) -> Any:
    """Return what a half-hour gave, by name."""
    result = answer(day, bake, customers)
    if result is None:
        return None
    if not isinstance(result, tuple) or len(result) != 2:
        raise Wrong("no pair", returned=describe(result))
    after, sold = result
    if not isinstance(after, tuple) or len(after) != len(day):
        raise Wrong("no day", returned=describe(after))
    return dict(zip(day._fields, after, strict=True)) | {"sold": sold}


def _mistaken(change: Callable[[Day, int, int], Any]) -> Any:
    return lambda day, bake, customers: _parts(change, day, bake, customers)


def _fresh_first(day: Day, bake: int, customers: int) -> tuple[Day, int]:
    filled = min(day.shelf + TRAY * day.ready, PLACES)
    sold = min(filled, customers)
    return Day(day.slot + 1, filled - sold, day.later, bake), sold


def _full_too_early(day: Day, bake: int, customers: int) -> tuple[Day, int]:
    sold = min(day.shelf, customers)
    shelf = min(day.shelf + TRAY * day.ready, PLACES) - sold
    return Day(day.slot + 1, shelf, day.later, bake), sold


def _after(
    shelf: Callable[[Day, int, int], int] | None = None,
    sold: Callable[[Day, int], int] = lambda day, customers: min(day.shelf, customers),
    **parts: Callable[[Day, int], int],
) -> Any:
    """Return a half-hour in which some parts are computed in another way."""

    def half_hour(day: Day, bake: int, customers: int) -> tuple[Day, int]:
        after, _ = bakery.half_hour(day, bake, customers)
        changes = {name: part(day, bake) for name, part in parts.items()}
        if shelf is not None:
            changes["shelf"] = shelf(day, bake, customers)
        return after._replace(**changes), sold(day, customers)

    return _mistaken(half_hour)


half_hour = Exercise(
    "half_hour",
    HERE,
    minutes=10,
    difficulty=2,
    judge=by_values(
        _sample_half_hour,
        _mistaken(bakery.half_hour),
        {
            "fresh bread first": _mistaken(_fresh_first),
            "full too early": _mistaken(_full_too_early),
            "no room": _after(
                lambda day, bake, c: day.shelf - min(day.shelf, c) + TRAY * day.ready
            ),
            "all are served": _after(sold=lambda day, customers: customers),
            "baked at once": _after(
                lambda day, bake, c: min(
                    day.shelf - min(day.shelf, c) + TRAY * bake, PLACES
                )
            ),
            "one loaf a tray": _after(
                lambda day, bake, c: min(
                    day.shelf - min(day.shelf, c) + day.ready, PLACES
                )
            ),
            "oven exchanged": _after(
                ready=lambda day, bake: bake, later=lambda day, bake: day.later
            ),
            "oven stands still": _after(
                ready=lambda day, bake: day.ready, later=lambda day, bake: day.later
            ),
            "clock stands still": _after(slot=lambda day, bake: day.slot),
        }.items(),
        seen_as=around(_parts),
    ),
    solution=bakery.half_hour,
)

_OPEN = [day for day in bakery.DAYS if day.slot < SLOTS]
_HIDDEN = {
    "hides the clock": "slot",
    "hides the shelf": "shelf",
    "hides the oven": "ready",
    "hides the later tray": "later",
}


def _judge_sight(answer: object, rng: np.random.Generator) -> None:
    own, seen = guarded(answer), dict[Day, tuple[float, ...]]()
    for day in bakery.DAYS:
        returned = own(day=day)
        row = as_array(returned)
        if not isinstance(returned, np.ndarray) or row is None or row.ndim != 1:
            raise Wrong("no row", returned=describe(returned))
        if row.dtype != np.float32:
            raise Wrong("not float32", dtype=row.dtype)
        if not ((row >= 0) & (row <= 1)).all():
            raise Wrong("leaves its space", day=day, value=f"{row.max():g}")
        seen[day] = tuple(row.tolist())
    if len({len(row) for row in seen.values()}) > 1:
        raise Wrong("no row", returned="rows of several lengths")
    looks = {seen[day] for day in _OPEN}
    if len(looks) == len(_OPEN):
        return
    for key, name in _HIDDEN.items():
        if all(seen[day] == seen[day._replace(**{name: 0})] for day in _OPEN):
            raise Wrong(key)
    first: dict[tuple[float, ...], Day] = {}
    for day in _OPEN:
        if seen[day] in first:
            raise Wrong("two look alike", one=first[seen[day]], other=day)
        first[seen[day]] = day


all_it_needs = Exercise(
    "all_it_needs",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_sight,
    solution=bakery.see,
)


def _pay(sold: int, missed: int, baked: int) -> float:
    return 1.0 * sold - 0.3 * missed - 2.0 * baked


def played(answer: Any) -> Any:
    """Return a function that plays two days in the learner's environment, and these
    two once more, and says what came back.
    """

    def play(seed: int, actions: list[int]) -> dict[str, Any]:
        if not (isinstance(answer, type) and hasattr(answer, "step")):
            raise Wrong("no class", returned=describe(answer))
        days = [_two_days(answer(bakery.see, _pay), seed, actions) for _ in range(2)]
        same = all(map(np.array_equal, days[0].values(), days[1].values()))
        return days[0] | {"repeats": same}

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


def _two_days(env: Any, seed: int, actions: list[int]) -> dict[str, Any]:
    seen, steps = [], []
    for first, own in ((seed, actions[:SLOTS]), (None, actions[SLOTS:])):
        opened = env.reset(seed=first)
        if not isinstance(opened, tuple) or len(opened) != 2:
            raise Wrong("reset returns two", returned=describe(opened))
        seen.append(np.asarray(opened[0]))
        for action in own:
            returned = env.step(action)
            if not isinstance(returned, tuple) or len(returned) != 5:
                raise Wrong("step returns five", returned=_count(returned))
            seen.append(np.asarray(returned[0]))
            steps.append(returned[1:4])
    rewards, terminated, truncated = map(np.array, zip(*steps, strict=True))
    columns = {"observation": np.array(seen), "reward": rewards}
    return columns | {"terminated": terminated, "truncated": truncated}


def _count(returned: Any) -> str:
    return f"{len(returned)} values" if isinstance(returned, tuple) else "no tuple"


def _other(
    step: Callable[..., Any] = Bakery.step, reset: Callable[..., Any] = Bakery.reset
) -> type:
    return type("Other", (Bakery,), {"step": step, "reset": reset})


def _told(
    change: Callable[[Any, Day, tuple[Any, ...]], tuple[Any, ...]],
) -> type:
    """Return a bakery whose step says something else of what happened."""

    def step(self: Any, action: int) -> Any:
        before = self.day
        return change(self, before, Bakery.step(self, action))

    return _other(step)


def _paid_for_customers(self: Any, action: int) -> Any:
    customers = int(self.np_random.binomial(bakery.PASSING, bakery.BUYS))
    self.day, sold = bakery.half_hour(self.day, action, customers)
    reward = self.pay(sold, customers, action)
    return self.see(self.day), reward, self.day.slot == SLOTS, False, {}


def _goes_on(self: Any, *, seed: int | None = None, options: Any = None) -> Any:
    day = getattr(self, "day", Day())
    Bakery.reset(self, seed=seed)
    self.day = day
    return self.see(day), {}


_WRONG_CLASSES = {
    "never ends": _told(lambda env, day, five: (*five[:2], False, *five[3:])),
    "ends as truncated": _told(
        lambda env, day, five: (*five[:2], False, five[2], five[4])
    ),
    "both flags": _told(lambda env, day, five: (*five[:3], five[2], five[4])),
    "one step early": _told(
        lambda env, day, five: (*five[:2], env.day.slot >= SLOTS - 1, *five[3:])
    ),
    "old day seen": _told(lambda env, day, five: (env.see(day), *five[1:])),
    "customers for missed": _other(_paid_for_customers),
    "day goes on": _other(reset=_goes_on),
    "its own seed": _other(
        reset=lambda self, *, seed=None, options=None: Bakery.reset(self, seed=0)
    ),
}


def _judge_class(answer: object, rng: np.random.Generator) -> None:
    own = guarded(played(answer))
    cases = [
        {"seed": int(rng.integers(1, 1_000)), "actions": rng.integers(2, size=24)}
        for _ in range(3)
    ]
    seen = [own(**case) for case in cases]
    if not all(days["repeats"] for days in seen):
        raise Wrong("no seed repeats it")
    wanted = [played(Bakery)(**case) for case in cases]
    if agree(seen, wanted):
        return
    for key, other in _WRONG_CLASSES.items():
        if agree(seen, [played(other)(**case) for case in cases]):
            raise Wrong(key)
    for name, column in wanted[0].items():
        for k, (one, right) in enumerate(zip(seen[0][name], column, strict=False)):
            if not agree(one, right):
                raise Wrong("other column", name=name, k=k, one=one, right=right)
    raise Wrong("other column", name="kind of number", k=0, one="another", right="ours")


bakery_class = Exercise(
    "bakery_class",
    HERE,
    minutes=20,
    difficulty=2,
    judge=_judge_class,
    solution=Bakery,
)
clock_or_limit = Exercise(
    "clock_or_limit",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["clock_or_limit"], right="B"),
)

_SALES = [(sold, missed) for sold in range(5) for missed in range(5 - sold)]
# a wish of the owner, and what a half-hour that is worse for it changes
_WISHES = {
    "wish for sales": (-1, 0, 0),
    "wish for the missed": (0, 1, 0),
    "wish for trays": (0, 0, 1),
}


def _judge_pay(answer: object, rng: np.random.Generator) -> None:
    own, paid = guarded(answer), dict[tuple[int, int, int], float]()
    for (sold, missed), baked in product(_SALES, (0, 1)):
        returned = own(sold=sold, missed=missed, baked=baked)
        number = as_array(returned)
        if number is None or number.shape or not np.isfinite(number):
            raise Wrong("no number", returned=describe(returned))
        paid[sold, missed, baked] = float(number)
    for key, step in _WISHES.items():
        for case, pay in paid.items():
            worse = tuple(a + b for a, b in zip(case, step, strict=True))
            if paid.get(worse, pay) > pay + 1e-9:  # type: ignore[arg-type]
                raise Wrong(key, at=case, worse=worse, pay=pay, more=paid[worse])  # type: ignore[index]
    if np.ptp(list(paid.values())) == 0:
        raise Wrong("always the same")
    by_missed = {(case[1], pay) for case, pay in paid.items()}
    if len(by_missed) == len({missed for missed, _ in by_missed}):
        raise Wrong("seen before")
    earned, most = (
        bakery.best_earnings(lambda *case: paid[case]),
        bakery.best_earnings(),
    )
    if earned > most / 2:
        raise Wrong("still earns", earned=earned, half=most / 2)


misleading_reward = Exercise(
    "misleading_reward",
    HERE,
    minutes=15,
    difficulty=3,
    judge=_judge_pay,
    solution=lambda sold, missed, baked: float(sold - 10 * baked),
)

ASKED = {"the lift": "4", "the thermostat": "5", "the water tank": "3"}


def _judge_questions(answer: object, rng: np.random.Generator) -> None:
    if isinstance(answer, str) and answer.strip() == "?":
        raise NotAttempted
    digits = answer.replace(" ", "") if isinstance(answer, str) else ""
    if len(digits) != 3 or not set(digits) <= set("1234567"):
        raise Wrong("no digits", returned=repr(answer))
    for (task, right), digit in zip(ASKED.items(), digits, strict=True):
        if digit != right:
            raise Wrong(task)


first_question = Exercise(
    "first_question", HERE, minutes=10, difficulty=2, judge=_judge_questions
)
