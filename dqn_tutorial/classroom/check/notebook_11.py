"""The exercises of 11_your_own_environment."""

from itertools import product
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check import bakery
from dqn_tutorial.classroom.check.bakeries import judge_class
from dqn_tutorial.classroom.check.bakery import Bakery, Day
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong, guarded
from dqn_tutorial.classroom.check.half_hours import (
    HALF_HOUR_FLAWS,
    by_name,
    half_hour_of,
    in_place,
    judge_sight,
    sample_half_hour,
)
from dqn_tutorial.classroom.check.misconceptions import around, flawed
from dqn_tutorial.classroom.check.values import as_array, describe

HERE = "11_your_own_environment"


half_hour = Exercise(
    "half_hour",
    HERE,
    minutes=10,
    difficulty=2,
    judge=by_values(
        sample_half_hour,
        half_hour_of(),
        [*flawed(half_hour_of, HALF_HOUR_FLAWS), ("day changed in place", in_place)],
        seen_as=around(by_name),
        by_hand=[
            {"day": day, "bake": bake, "customers": customers}
            for day, bake, customers in (
                (Day(0, 2, 0, 0), 0, 3),
                (Day(1, 3, 1, 0), 0, 2),
                (Day(2, 5, 1, 1), 1, 1),
                (Day(3, 0, 1, 0), 1, 4),
                (Day(11, 6, 0, 1), 1, 0),
                (Day(4, 3, 0, 0), 0, 2),
            )
        ],
    ),
    solution=bakery.half_hour,
)

all_it_needs = Exercise(
    "all_it_needs",
    HERE,
    minutes=10,
    difficulty=2,
    judge=judge_sight,
    solution=bakery.see,
)
bakery_class = Exercise(
    "bakery_class",
    HERE,
    minutes=20,
    difficulty=2,
    judge=judge_class,
    solution=Bakery,
)
clock_or_limit = Exercise(
    "clock_or_limit",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["clock_or_limit"], right="B"),
)

Case = tuple[int, int, int]  # sold, missed and baked
_SALES = [(sold, missed) for sold in range(5) for missed in range(5 - sold)]
# a wish of the owner, and what a half-hour that is worse for it changes
_WISHES = {
    "wish for sales": (-1, 0, 0),
    "wish for the missed": (0, 1, 0),
    "wish for trays": (0, 0, 1),
}


def _table_of(own: Any) -> dict[Case, float]:
    """Return a reward for all that can happen in a half-hour."""
    paid: dict[Case, float] = {}
    for (sold, missed), baked in product(_SALES, (0, 1)):
        returned = own(sold=sold, missed=missed, baked=baked)
        number = as_array(returned)
        if number is None or number.shape or not np.isfinite(number):
            raise Wrong("no number", returned=describe(returned))
        paid[sold, missed, baked] = float(number)
    return paid


def _told(paid: dict[Case, float], *cases: Case) -> str:
    return "\n".join(
        "Inputs: `sold` {}, `missed` {}, `baked` {}. Yours: {:g}.".format(
            *case, paid[case]
        )
        for case in cases
    )


def _judge_pay(answer: object, rng: np.random.Generator) -> None:
    own = guarded(answer)
    paid = _table_of(own)
    for case, again in _table_of(own).items():
        if again != paid[case]:
            raise Wrong("another each time", _told(paid, case) + f" Then: {again:g}.")
    for key, step in _WISHES.items():
        for case, pay in paid.items():
            worse = case[0] + step[0], case[1] + step[1], case[2] + step[2]
            if paid.get(worse, pay) > pay + 1e-9:
                raise Wrong(key, _told(paid, case, worse))
    if np.ptp(list(paid.values())) == 0:
        raise Wrong("always the same", _told(paid, (0, 4, 1), (4, 0, 0)))
    by_missed = {(case[1], pay) for case, pay in paid.items()}
    if len(by_missed) == len({missed for missed, _ in by_missed}):
        raise Wrong("seen before", _told(paid, (4, 0, 0), (0, 0, 1), (0, 1, 0)))
    least, most = (
        bakery.best_earnings(lambda *case: paid[case], of_ties=pick)
        for pick in (np.min, np.max)
    )
    half = bakery.best_earnings() / 2
    if most <= half:
        return
    earned = f"{most:.2f}" if most - least < 0.005 else f"{least:.2f} to {most:.2f}"
    words = (
        f"For your reward the best policies earn {earned} euros a day; asked for is at"
        f" most {half:.2f}."
    )
    money = np.array([bakery.profit(*case) for case in paid])
    slope, offset = np.polyfit(money, list(paid.values()), 1)
    if np.allclose(slope * money + offset, list(paid.values())):
        raise Wrong("profit itself", words)
    raise Wrong("some still earn" if least <= half else "still earns", words)


misleading_reward = Exercise(
    "misleading_reward",
    HERE,
    minutes=15,
    difficulty=3,
    judge=_judge_pay,
    solution=lambda sold, missed, baked: float(sold - 10 * baked),
)

ASKED = {"the lift": "4", "the thermostat": "5", "the water tank": "3"}
_EARLIER = {"the lift": "3", "the thermostat": "34", "the water tank": ""}


def _judge_questions(answer: object, rng: np.random.Generator) -> None:
    if isinstance(answer, str) and answer.strip() == "?":
        raise NotAttempted
    digits = "".join(filter(str.isalnum, answer)) if isinstance(answer, str) else ""
    if len(digits) != 3 or not set(digits) <= set("1234567"):
        raise Wrong("no digits", returned=repr(answer))
    wrong: dict[str, str] = {}  # a task and what is to be said of it
    for (task, right), digit in zip(ASKED.items(), digits, strict=True):
        if digit in "12":
            wrong[task] = "the first two"
        elif digit != right:
            wrong[task] = f"{task} {digit}" if digit in _EARLIER[task] else task
    if wrong:
        keys = " + ".join(dict.fromkeys(wrong.values()))
        is_none = len(wrong) == len(ASKED)
        words = "None is right" if is_none else f"Right but for {' and '.join(wrong)}"
        raise Wrong(keys, f"{words}.")


first_question = Exercise(
    "first_question", HERE, minutes=10, difficulty=2, judge=_judge_questions
)
