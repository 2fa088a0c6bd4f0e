"""The exercises of 08_what_matters."""

import itertools
import math
from collections.abc import Callable
from contextlib import suppress
from statistics import NormalDist
from types import CodeType
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.diagnosis import known
from dqn_tutorial.classroom.check.exercise import Exercise, Function, by_values
from dqn_tutorial.classroom.check.guard import (
    OwnError,
    Wrong,
    behaviour,
    guarded,
    listed,
)
from dqn_tutorial.classroom.check.misconceptions import around, flawed
from dqn_tutorial.classroom.check.otherwise import Row
from dqn_tutorial.classroom.check.values import as_array, describe

HERE = "08_what_matters"
Flaws = tuple[tuple[str, dict[str, Any]], ...]
SIGNS = (">", "<", "=", "?")


def _effect(
    above: Function = lambda m, low, high, s: low > 0 and m >= s,
    below: Function = lambda m, low, high, s: high < 0 and m <= -s,
    none: Function = lambda m, low, high, s: -s < low and high < s,
    words: Function = lambda sign: sign,
    is_none_first: bool = False,
) -> Callable[[float, float, float, float], Any]:
    """Return a choice of a sign made of parts: when the first is larger, when it is
    smaller, when no effect counts, which sign stands for which, and whether the third
    of these is asked first.
    """

    def sign(mean: float, low: float, high: float, smallest: float) -> Any:
        given = mean, low, high, smallest
        parts = [(above, ">"), (below, "<")]
        parts.insert(0 if is_none_first else 2, (none, "="))
        return words(next((found for holds, found in parts if holds(*given)), "?"))

    return sign


def _both(key: str, above: Function) -> tuple[str, dict[str, Any]]:
    """Return a flaw of both sides, given for the upper one."""
    return key, {
        "above": above,
        "below": lambda m, low, high, s: above(-m, -high, -low, s),
    }


WRONG_NONE: tuple[tuple[str, Function], ...] = (
    ("one end for none", lambda m, low, high, s: high < s),
    ("one end for none", lambda m, low, high, s: -s < low),
    ("one end for none", lambda m, low, high, s: -s < low or high < s),
    ("one end for none", lambda m, low, high, s: low < s and high < s),
    ("one end for none", lambda m, low, high, s: abs(low) < s),
    ("one end for none", lambda m, low, high, s: abs(high) < s),
    ("one end for none", lambda m, low, high, s: min(abs(low), abs(high)) < s),
    ("width for ends", lambda m, low, high, s: high - low < s),
    ("width for ends", lambda m, low, high, s: high - low < 2 * s),
)


def _or_none(none: Function) -> Function:
    return lambda m, low, high, s: none(m, low, high, s) or max(-low, high) < s


EFFECT_FLAWS: Flaws = (
    (
        "interval not asked",
        {
            "above": lambda m, low, high, s: m >= s,
            "below": lambda m, low, high, s: m <= -s,
            "none": lambda m, low, high, s: abs(m) < s,
        },
    ),
    (
        "sign of the mean",
        {
            "above": lambda m, low, high, s: m > 0,
            "below": lambda m, low, high, s: m < 0,
            "none": lambda m, low, high, s: True,
        },
    ),
    _both("interval not asked", lambda m, low, high, s: m >= s),
    _both("interval not asked", lambda m, low, high, s: m > s),
    _both("size not asked", lambda m, low, high, s: low > 0),
    _both("whole beyond", lambda m, low, high, s: low >= s),
    _both("whole beyond", lambda m, low, high, s: low > s),
    _both("end for mean", lambda m, low, high, s: low > 0 and high >= s),
    _both("edge at 0", lambda m, low, high, s: low >= 0 and m >= s),
    _both("more than the smallest", lambda m, low, high, s: low > 0 and m > s),
    _both("above or large", lambda m, low, high, s: low > 0 or m >= s),
    ("minus left out", {"below": lambda m, low, high, s: high < 0 and m <= s}),
    ("one side only", {"below": lambda m, low, high, s: False}),
    ("one side only", {"below": lambda m, low, high, s: high < 0 and m >= s}),
    ("interval not asked", {"below": lambda m, low, high, s: low < 0 and m <= -s}),
    ("interval not asked", {"above": lambda m, low, high, s: high > 0 and m >= s}),
    ("none for unknown", {"none": lambda m, low, high, s: low <= 0 <= high}),
    (
        "none for unknown",
        {"none": lambda m, low, high, s: low <= 0 <= high or max(-low, high) < s},
    ),
    ("none for unknown", {"none": lambda m, low, high, s: True}),
    ("never none", {"none": lambda m, low, high, s: False}),
    ("none by the mean", {"none": lambda m, low, high, s: abs(m) < s}),
    (
        "none by the mean + none holds 0",
        {"none": lambda m, low, high, s: low <= 0 <= high and abs(m) < s},
    ),
    ("none beside 0", {"none": lambda m, low, high, s: low > 0 or high < 0}),
    (
        "none holds 0",
        {"none": lambda m, low, high, s: low <= 0 <= high and max(-low, high) < s},
    ),
    *((key, {"none": none}) for key, none in WRONG_NONE),
    *((key, {"none": none, "is_none_first": True}) for key, none in WRONG_NONE),
    *(
        (key, {"none": _or_none(none), "is_none_first": True})
        for key, none in WRONG_NONE
    ),
    ("edge of none", {"none": lambda m, low, high, s: -s <= low and high <= s}),
    ("signs exchanged", {"words": lambda sign: {">": "<", "<": ">"}.get(sign, sign)}),
    ("size for sign", {"words": lambda sign: ">" if sign == "<" else sign}),
    ("size for sign", {"words": lambda sign: "<" if sign == ">" else sign}),
    ("always one sign", {"words": lambda sign: "?"}),
    ("always one sign", {"words": lambda sign: "="}),
    ("always one sign", {"words": lambda sign: ">"}),
    ("none and unknown", {"words": lambda sign: {"=": "?", "?": "="}.get(sign, sign)}),
)


@around
def _said(
    answer: Function, mean: float, low: float, high: float, smallest: float
) -> Any:
    """Return what an answer says, in Python's text; refuse all but the four signs."""
    given = answer(mean, low, high, smallest)
    if given is None:
        return None
    array = np.asarray(given) if isinstance(given, str | np.ndarray) else None
    if array is not None and array.shape == () and array.dtype.kind == "U":
        if (sign := str(array)) in SIGNS:
            return sign
    asked = f"asked for is one of the signs {', '.join(SIGNS)} as text"
    raise Wrong("no sign", f"Your function returns {describe(given)}; {asked}.")


def _comparison(
    mean: float, low: float, high: float, smallest: float = 10.0
) -> dict[str, float]:
    # + 0: no minus before a 0
    return {"mean": mean + 0, "low": low + 0, "high": high + 0, "smallest": smallest}


# in which of four regions, cut at 0 and at the smallest difference on both sides, the
# lower end, the mean and the upper end may lie
_REGIONS = [*itertools.combinations_with_replacement(range(-2, 2), 3)]
_in_turn = itertools.cycle(_REGIONS)


def _sample_comparison(rng: np.random.Generator) -> dict[str, float]:
    """A comparison, each way to lie as often as the others."""
    unit = float(rng.choice([10, 50]))
    places = unit * (np.array(next(_in_turn)) + rng.uniform(0.1, 0.9, 3))
    low, mean, high = np.sort(places.round(1)).tolist()
    return _comparison(mean, low, high, unit)


effect_or_luck = Exercise(
    "effect_or_luck",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_comparison,
        _effect(),
        flawed(_effect, EFFECT_FLAWS),
        seen_as=_said,
        by_hand=[
            case
            for mean, low, high in (
                (20.0, 10.0, 30.0),
                (20.0, 17.0, 23.0),
                (12.0, 2.0, 22.0),
                (12.0, -2.0, 26.0),
                (4.0, 2.0, 14.0),
                (6.0, 2.0, 9.0),
                (1.0, -6.0, 8.0),
                (1.0, -18.0, 20.0),
                (3.0, -3.0, 12.0),
                (12.0, 0.0, 24.0),
                (10.0, 4.0, 16.0),
                (0.0, -10.0, 10.0),
                (1.0, 1.0, 1.0),
            )
            for case in (
                _comparison(mean, low, high),
                _comparison(-mean, -high, -low),
            )
        ],
    ),
    solution=_effect(),
)

INTERVAL, MEAN = 2.58, 1.28  # standard deviations: 99 % on both sides, 9 of 10 above
WITHIN = 0.06


def _number(
    interval: float = INTERVAL,
    mean: float = MEAN,
    ratio: Function = lambda spread, effect: spread / effect,
    of: Function = lambda z, ratio: (z * ratio) ** 2,
) -> Callable[[float, float], float]:
    """Return a number of seeds, not rounded, made of parts: how far the interval and
    the mean reach in standard deviations, the fraction, and what is made of them.
    """
    return lambda spread, effect: of(interval + mean, ratio(spread, effect))


NUMBER_FLAWS: Flaws = (
    ("half of them", {"mean": 0.0}),
    ("interval forgotten", {"interval": 0.0}),
    ("shorter interval", {"interval": 1.96}),
    ("shorter interval", {"interval": 1.645}),
    ("one-sided interval", {"interval": 2.33}),
    ("whole width", {"interval": 2 * INTERVAL}),
    ("half width", {"interval": INTERVAL / 2}),
    ("mean above effect", {"mean": -MEAN}),
    ("more than 9 of 10", {"mean": 1.645}),
    ("more than 9 of 10", {"mean": 1.96}),
    ("probability for deviations", {"mean": 0.9}),
    ("square forgotten", {"of": lambda z, ratio: z * ratio}),
    ("root for square", {"of": lambda z, ratio: (z * ratio) ** 0.5}),
    ("both left out", {"of": lambda z, ratio: ratio**2}),
    ("both left out + square forgotten", {"of": lambda z, ratio: ratio}),
    ("multiplied", {"of": lambda z, ratio: (INTERVAL * MEAN * ratio) ** 2}),
    ("half squared", {"of": lambda z, ratio: z * ratio**2}),
    ("half squared", {"of": lambda z, ratio: z**2 * ratio}),
    ("squares added", {"of": lambda z, ratio: (INTERVAL**2 + MEAN**2) * ratio**2}),
    ("two groups", {"of": lambda z, ratio: 2 * (z * ratio) ** 2}),
    ("fraction inverted", {"ratio": lambda spread, effect: effect / spread}),
    ("1.5 once more", {"ratio": lambda spread, effect: spread / (1.5 * effect)}),
    ("1.5 once more", {"ratio": lambda spread, effect: 1.5 * spread / effect}),
    ("1.5 once more", {"of": lambda z, ratio: 1.5 * (z * ratio) ** 2}),
    ("spread not squared", {"ratio": lambda spread, effect: spread**0.5 / effect}),
    ("effect not squared", {"ratio": lambda spread, effect: spread / effect**0.5}),
)


def _seeds(spread: float, effect: float) -> int:
    return math.ceil(_number()(spread, effect))


def _is_near(n: float, wanted: float, within: float = WITHIN) -> bool:
    """Say whether a number is close enough: what was simulated may be a little off,
    what was computed is off by less than one.
    """
    return abs(n - wanted) <= max(1, within * wanted)


def _asked(own: Function, case: dict[str, float]) -> float:
    """Return the number of seeds that an answer gives."""
    returned = own(**case)
    array = as_array(returned)
    if (
        array is None
        or array.size != 1
        or array.dtype.kind not in "iuf"
        or not np.isfinite(array).all()
    ):
        raise Wrong(
            "no number",
            f"Your function returns {describe(returned)}; asked for is a number of"
            f" seeds.\nThe inputs were {listed(case)}.",
        )
    return float(array.reshape(()))


def _misconception(cases: list[dict[str, float]], seen: list[float]) -> str:
    """Return the key whose numbers, rounded or not, are those that were seen, else
    that of a single one whose numbers are close; nothing where none is.
    """
    close = ""
    for key, number in flawed(_number, NUMBER_FLAWS):
        wanted = [number(**case) for case in cases]
        if all(
            abs(n - x) < 2 or math.isclose(n, x, rel_tol=1e-3)
            for n, x in zip(seen, wanted, strict=True)
        ):
            return key
        if " + " not in key and all(map(_is_near, seen, wanted, [0.005] * len(seen))):
            close = close or key
    return close


def _names_in(code: Any) -> set[str]:
    """Return the names that a function's code looks up, inner functions included."""
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return set(code.co_names).union(*map(_names_in, inner))


def _is_lucky(answer: Any, seen: list[float], wanted: list[int]) -> bool:
    """Say whether numbers are drawn and none too large, by shares that vary."""
    names = _names_in(answer.__code__) if hasattr(answer, "__code__") else set()
    shares = [n / right for n, right in zip(seen, wanted, strict=True)]
    draws = any(piece in name for name in names for piece in ("random", "normal"))
    # by chance up to one in twenty too many, but by far more too few
    return draws and max(shares) < 1.05 and max(shares) - min(shares) > 0.1


def _judge_seeds(answer: Any, rng: np.random.Generator) -> None:
    own = guarded(answer)
    # spread in units of effect, and effect; round numbers first
    pairs = [(2.0, 50.0), (4.0, 1.0), *rng.uniform([1.5, 0.5], [5, 80], (4, 2))]
    cases = [
        {"spread": float(ratio * effect), "effect": float(effect)}
        for ratio, effect in pairs
    ]
    seen = [_asked(own, case) for case in cases]
    wanted = [_seeds(**case) for case in cases]
    far = [not _is_near(n, right) for n, right in zip(seen, wanted, strict=True)]
    broken = [n != round(n) for n in seen]
    if not any(far + broken):
        return
    at = (far if any(far) else broken).index(True)
    words = (
        f"Inputs: {listed(cases[at])}.\nRight: {wanted[at]}, up to {WITHIN:.0%} more or"
        f" fewer.\nYours: {seen[at]:g}."
    )
    if not any(far):
        raise Wrong("no whole number", words)
    with suppress(Wrong, OwnError):  # a large case tells apart what is nearly alike
        large = {"spread": 1000.0, "effect": 50.0}
        cases, seen = [*cases, large], [*seen, _asked(own, large)]
    if len({*seen}) > 1 and (key := _misconception(cases, seen)):
        raise Wrong(key + " + no whole number" * all(broken), words)
    rows: list[Row] = [
        (("value", n), ("value", right), case)
        for n, right, case in zip(seen, wanted, cases, strict=False)
    ]
    facts = known(
        lambda inputs: behaviour(own, dict(inputs)),
        lambda inputs: behaviour(guarded(_seeds, seconds=math.inf), dict(inputs)),
        rows,
    )
    if facts:
        raise Wrong("other values", words, facts=facts)
    chances = [
        NormalDist().cdf(case["effect"] * math.sqrt(abs(n)) / case["spread"] - INTERVAL)
        for n, case in zip(seen, cases, strict=True)
    ]
    key = "too few" if seen[at] < wanted[at] else "too many"
    if max(abs(chance - 0.5) for chance in chances) < 0.04:  # simulated
        key = "half of them"
    elif _is_lucky(answer, seen, [_seeds(**case) for case in cases]):
        key = "first lucky number"
    raise Wrong(key, words, chance=chances[at])


seeds_needed = Exercise(
    "seeds_needed", HERE, minutes=10, difficulty=2, judge=_judge_seeds, solution=_seeds
)
