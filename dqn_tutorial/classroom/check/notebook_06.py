"""The exercises of 06_agent."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.acting import (
    STEPPING_FLAWS,
    as_step,
    by_hand_step,
    four_values,
    sample_vector_step,
    stepping,
)
from dqn_tutorial.classroom.check.coins import chosen, judge_actions
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong, guarded
from dqn_tutorial.classroom.check.loop import (
    FREQUENT_FLAWS,
    OTHER_FLAWS,
    as_values,
    by_hand_batch,
    learning,
    once_each,
    sample_batch,
)
from dqn_tutorial.classroom.check.misconceptions import flawed
from dqn_tutorial.classroom.check.parts import named
from dqn_tutorial.classroom.check.values import as_array
from dqn_tutorial.classroom.check.windows import (
    WINDOW_FLAWS,
    at_each_step,
    by_hand_window,
    sample_window,
    window,
)

HERE = "06_agent"


choose_actions = Exercise(
    "choose_actions",
    HERE,
    minutes=10,
    difficulty=2,
    judge=judge_actions,
    also=("epsilon_greedy_action",),
    solution=chosen,
)


def _sample_step(rng: np.random.Generator) -> dict[str, Any]:
    """A step before, at or after the end of a schedule that falls."""
    duration, end = (
        int(rng.integers(*((3, 21), (20, 5_000))[rng.integers(2)])),
        round(float(rng.uniform(0.02, 0.2)), 2),
    )
    step = int(
        rng.choice(
            [0.0, 1.0, rng.uniform(0.05, 0.95), rng.uniform(1.1, 1.9)],
            p=[0.1, 0.1, 0.4, 0.4],
        )
        * duration
    )
    start = round(end + float(rng.uniform(0.3, 0.7)), 2)
    return {"step": step, "start": start, "end": end, "duration": duration}


def _schedule(
    first: Callable[[float, float], float] = lambda start, end: start,
    last: Callable[[float, float], float] = lambda start, end: end,
    share: Callable[[int, int], float] = lambda t, duration: t / duration,
    cut: Callable[[float], float] = lambda x: min(x, 1.0),
    curve: Function = lambda a, b, x: a + (b - a) * x,
    bound: Callable[[float, float, float], float] = lambda value, start, end: value,
    behind: Callable[[float, float], float] | None = None,
) -> Callable[..., float]:
    """Return a schedule made of rules: the ends of its line, the share of the way that
    is gone, how the share is cut off, ...
    """

    def epsilon(step: int, start: float, end: float, duration: int) -> float:
        a, b = first(start, end), last(start, end)
        value = curve(a, b, cut(share(step, duration)))
        if behind and step > duration:
            value = behind(start, end)
        return float(bound(value, start, end))

    return epsilon


def _floor(value: float, start: float, end: float) -> float:
    return max(value, end)


_SCHEDULE_FLAWS: list[tuple[str, dict[str, Any]]] = [
    ("never flat", {"cut": lambda x: x}),
    ("towards zero", {"last": lambda start, end: 0.0, "bound": _floor}),
    ("falls from 1", {"curve": lambda a, b, x: a - x, "bound": _floor}),
    ("towards nothing", {"last": lambda start, end: 0.0}),
    ("upside down", {"first": lambda s, e: e, "last": lambda s, e: s}),
    ("rises", {"curve": lambda a, b, x: a + (a - b) * x}),
    ("one jump", {"share": lambda t, d: t // d}),
    ("one jump", {"cut": lambda x: float(x > 1)}),
    ("starts over", {"cut": lambda x: x % 1}),
    ("one step off", {"share": lambda t, d: t / (d - 1)}),
    ("one step off", {"share": lambda t, d: t / (d + 1)}),
    ("one step off", {"share": lambda t, d: (t + 1) / d}),
    ("one step off", {"share": lambda t, d: max(t - 1, 0) / d}),
    ("no duration", {"share": lambda t, d: t}),
    ("starts at 1", {"first": lambda start, end: 1.0}),
    ("on top of the end", {"first": lambda start, end: start + end}),
    ("only the fall", {"first": lambda s, e: s - e, "last": lambda s, e: 0.0}),
    ("share alone", {"curve": lambda a, b, x: 1 - x}),
    ("share alone", {"curve": lambda a, b, x: x}),
    ("share alone", {"curve": lambda a, b, x: 1 - x, "bound": _floor}),
    ("a curve", {"curve": lambda a, b, x: a * (max(b, 1e-9) / a) ** x}),
    *(
        ("a curve", {"curve": lambda a, b, x, k=k: b + (a - b) * np.exp(-k * x)} | more)
        for k in (1, 3, 5)
        for more in ({}, {"cut": lambda x: x})
    ),
    ("a curve", {"curve": lambda a, b, x: b + (a - b) * (1 - x) ** 2}),
    ("a curve", {"curve": lambda a, b, x: a + (b - a) * x**2}),
    ("a curve", {"curve": lambda a, b, x: b + (a - b) * (1 + np.cos(np.pi * x)) / 2}),
    ("the way gone", {"curve": lambda a, b, x: (a - b) * x}),
    ("the way gone", {"curve": lambda a, b, x: (a - b) * x if x < 1 else b}),
    ("no step", {"share": lambda t, d: 1 / d}),
    ("another slope", {"share": lambda t, d: t / (2 * d)}),
    ("another slope", {"share": lambda t, d: 2 * t / d}),
    ("zero behind", {"behind": lambda start, end: 0.0}),
    ("start behind", {"behind": lambda start, end: start}),
    ("never falls", {"curve": lambda a, b, x: a}),
    ("minimum for maximum", {"cut": lambda x: x, "bound": lambda v, s, e: min(v, e)}),
    ("end at once", {"curve": lambda a, b, x: b}),
]
_NOTHING_BEHIND: list[tuple[str, Function]] = [
    ("nothing behind", lambda t, a, b, duration: np.linspace(a, b, duration + 1)[t]),
    (
        "nothing behind",
        lambda t, a, b, duration: np.linspace(a, b, duration + 1).tolist()[t],
    ),
]
_judge_values = by_values(
    _sample_step,
    _schedule(),
    [*flawed(_schedule, _SCHEDULE_FLAWS), *_NOTHING_BEHIND],
    by_hand=[
        {"step": step, "start": start, "end": end, "duration": 10}
        for start, end in ((0.8, 0.3), (1.0, 0.1))
        for step in (4, 0, 10, 30)
    ],
)


def _judge_schedule(answer: Any, rng: np.random.Generator) -> None:
    try:
        _judge_values(answer, rng)
    except Wrong as wrong:
        if wrong.key == "other values":
            wrong.details["facts"] = _ends_of(guarded(answer))
            if _is_rounded(guarded(answer)):
                wrong.key = "rounded"
        raise


def _is_rounded(own: Function) -> bool:
    """Say whether a line is right up to rounding to one, two or three decimals."""
    cases = [
        {"step": step, "start": 0.8123, "end": 0.3456, "duration": 37}
        for step in range(0, 60, 3)
    ]
    values = np.array([float(own(**case)) for case in cases])
    right = np.array([_schedule()(**case) for case in cases])
    return any(
        np.allclose(values, values.round(k), atol=1e-6)
        and np.abs(values - right).max() <= 0.5001 / 10**k
        for k in (1, 2, 3)
    )


def _ends_of(own: Function) -> str:
    """Say of an unknown line which of its ends are right."""
    at = {
        step: float(own(step=step, start=0.8, end=0.3, duration=10))
        for step in (0, 10, 30)
    }
    facts = [
        f"At step {step} it is {at[step]:.3g} where `{name}` is {value}."
        for step, name, value in ((0, "start", 0.8), (10, "end", 0.3), (30, "end", 0.3))
        if abs(at[step] - value) > 1e-4
    ]
    words = "With `start` 0.8, `end` 0.3 and `duration` 10 your epsilon is right at"
    if not facts:
        return f"{words} steps 0, 10 and 30, but it is no straight line between them."
    return "With `duration` 10, see its ends. " + " ".join(facts)


epsilon_at = Exercise(
    "epsilon_at",
    HERE,
    minutes=5,
    difficulty=1,
    solution=_schedule(),
    judge=_judge_schedule,
)


learn_once = Exercise(
    "learn_once",
    HERE,
    minutes=10,
    difficulty=2,
    solution=learning(),
    judge=by_values(
        sample_batch,
        as_values(learning()),
        [
            *named(
                lambda **parts: as_values(learning(**parts)),
                FREQUENT_FLAWS,
                OTHER_FLAWS,
            ),
            ("update for each", as_values(once_each)),
        ],
        seen_as=as_values,
        by_hand=[
            by_hand_batch([1.0, 5.0], [0, 0], batch_size=1),
            by_hand_batch([1.0, 5.0], [1, 0], batch_size=1),
            by_hand_batch([1.0, 5.0], [2, 0], batch_size=1),
            by_hand_batch([1.0, 5.0], [3, 0], batch_size=1, tau=1.0),
            by_hand_batch([1.0, 3.0, 5.0, 7.0], [0, 1, 2, 3], batch_size=2),
        ],
    ),
)


act_and_store = Exercise(
    "act_and_store",
    HERE,
    minutes=10,
    difficulty=2,
    solution=stepping(),
    judge=by_values(
        sample_vector_step,
        as_step(stepping()),
        [
            *flawed(lambda **parts: as_step(stepping(**parts)), STEPPING_FLAWS),
            ("four values", as_step(four_values)),
        ],
        seen_as=as_step,
        by_hand=[
            by_hand_step(ends=[0, 1, 2, 3], resets=[0, 0, 0, 0]),
            by_hand_step(ends=[0, 1, 2], resets=[1, 0, 1]),
            by_hand_step(ends=[2], resets=[0]),
            by_hand_step(ends=[0], resets=[1]),
        ],
    ),
)


behaviour_return = Exercise(
    "behaviour_return",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["behaviour_return"], right="B"),
)


n_step_target = Exercise(
    "n_step_target",
    HERE,
    minutes=15,
    difficulty=3,
    solution=window(),
    judge=by_values(
        sample_window,
        window(),
        [*flawed(window, WINDOW_FLAWS), ("bootstrap at each step", at_each_step)],
        by_hand=[
            by_hand_window([0, 0, 0]),
            by_hand_window([0, 1, 0]),
            by_hand_window([0, 2, 0]),
            by_hand_window([0, 3, 0, 0]),
            by_hand_window([0, 2, 1]),
            by_hand_window([1, 0, 2]),
            by_hand_window([0, 0, 1]),
            by_hand_window([0]),
            by_hand_window([0, 0], 0.0),
            by_hand_window([3]),
            by_hand_window([0, 2, 0, 1], 1.0, "float32"),
        ],
    ),
)


price_of_n = Exercise(
    "price_of_n",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["price_of_n"], right="C"),
)


def _lengths(is_end: list[bool], newest: int | None, n: int = 3) -> list[int]:
    """Return how long the window of each row of a full ring is; with `newest` None it
    does not stop at the newest step.
    """

    def length(start: int) -> int:
        for m in range(1, n):
            row = (start + m - 1) % len(is_end)
            if is_end[row] or row == newest:
                return m
        return n

    return [length(row) for row in range(len(is_end))]


def _judge_ring(answer: Any, rng: np.random.Generator) -> None:
    if not isinstance(answer, Mapping) or set(answer) != {"is_end", "newest"}:
        raise Wrong("other names")
    is_end, newest = answer["is_end"], answer["newest"]
    if "?" in (str(newest), *map(str, np.ravel(is_end))):
        raise NotAttempted
    flags = as_array(list(is_end) if isinstance(is_end, tuple) else is_end)
    if np.shape(is_end) != (4,):
        raise Wrong("not four")
    if flags is None or flags.dtype.kind != "b":
        raise Wrong("no flags")
    row = as_array(newest)
    if row is None or row.shape or row.dtype.kind not in "iu":
        raise Wrong("no number")
    if row not in range(4):
        raise Wrong("no such row", row=int(row))
    wanted, found = (_lengths(flags.tolist(), last) for last in (int(row), None))
    longer = [k for k in range(4) if found[k] > wanted[k]]
    oldest, early = (int(row) + 1) % 4, (int(row) + 2) % 4
    if len(longer) != 1:
        case = (
            f"Inputs: `is_end` {flags.tolist()}, `newest` {int(row)}.\nSteps in the"
            f" windows of rows 0 to 3, as it should be: {wanted}.\nWith the bug:"
            f" {found}."
        )
        if not longer:
            raise Wrong("ends everywhere" if flags.all() else "none longer", case)
        causes = [
            key
            for key, place in (("end in the oldest", oldest), ("end too early", early))
            if flags[place]
        ]
        key = " + ".join(causes) or "two longer"
        raise Wrong(key, case, oldest=oldest, early=early)


newest_step = Exercise("newest_step", HERE, minutes=10, difficulty=2, judge=_judge_ring)
CHANGES = "mask", "target", "argmin", "gradient", "coin", "mean"
RIGHT = dict(zip(CHANGES, "DCEABC", strict=True))
# what a letter says of a change
SAID = {
    "A": "the program stops with this change.",
    "B": "all three readings keep their bounds.",
    "C": "the values stay far from q*, but never too large.",
    "D": "values become too large, above any return.",
    "E": "the values are learned well, and only the acting suffers.",
}


def _judge_changes(answer: Any, rng: np.random.Generator) -> None:
    if not isinstance(answer, Mapping) or set(answer) != set(RIGHT):
        raise Wrong("other names")
    given = {name: str(letter).strip().upper() for name, letter in answer.items()}
    open_ones = [name for name, letter in given.items() if letter == "?"]
    if len(open_ones) == len(given):
        raise NotAttempted
    if not set(given.values()) <= set("ABCDE?"):
        raise Wrong("no letter")
    wrong = [name for name, letter in given.items() if letter not in (RIGHT[name], "?")]
    if wrong:
        letters = {name: given[name] for name in wrong}
        said = [f"{name}: {one} says that {SAID[one]}" for name, one in letters.items()]
        raise Wrong(" + ".join(wrong), "\n".join([*said, "That is not so."]))
    if open_ones:
        raise NotAttempted(f"Right so far; still open: {', '.join(open_ones)}.")


page_changes = Exercise(
    "page_changes", HERE, minutes=10, difficulty=2, judge=_judge_changes
)
