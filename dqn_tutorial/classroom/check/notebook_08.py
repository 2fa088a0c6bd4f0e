"""The exercises of 08_what_matters."""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import Exercise, Function
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe

HERE = "08_what_matters"


def _sign(mean: float, low: float, high: float, smallest: float) -> str:
    if low > 0 and mean >= smallest:
        return ">"
    if high < 0 and mean <= -smallest:
        return "<"
    return "=" if -smallest < low and high < smallest else "?"


# (mean, low, high) in units of the smallest difference: every sign, and every way to
# miss one
_CASES = (
    (1.6, 0.8, 2.4),
    (3.0, 1.5, 4.5),
    (1.2, -0.2, 2.6),
    (0.6, 0.2, 1.4),
    (0.5, 0.1, 0.9),
    (0.1, -0.6, 0.8),
    (0.1, -1.8, 2.0),
    (0.3, -0.3, 1.2),
)
_MISTAKEN: Mapping[str, Function] = {
    "interval not asked": lambda mean, low, high, smallest: (
        ">" if mean >= smallest else "<" if mean <= -smallest else "="
    ),
    "size not asked": lambda mean, low, high, smallest: (
        _sign(mean, low, high, 0)
        if low > 0 or high < 0
        else _sign(mean, low, high, smallest)
    ),
    "none for unknown": lambda mean, low, high, smallest: (
        "=" if low <= 0 <= high else _sign(mean, low, high, smallest)
    ),
    "never none": lambda mean, low, high, smallest: _sign(
        mean, low, high, smallest
    ).replace("=", "?"),
    "signs exchanged": lambda mean, low, high, smallest: _sign(
        -mean, -high, -low, smallest
    ),
    "whole beyond": lambda mean, low, high, smallest: (
        ">"
        if low >= smallest
        else "<"
        if high <= -smallest
        else _sign(0, low, high, smallest)
    ),
    "one side only": lambda mean, low, high, smallest: _sign(
        mean, low, high, smallest
    ).replace("<", "?"),
}


def _judge_sign(answer: object, rng: np.random.Generator) -> None:
    own = guarded(answer)
    unit = float(rng.uniform(1, 100))
    cases: list[dict[str, Any]] = [
        {"mean": side * mean, "low": min(ends), "high": max(ends), "smallest": unit}
        for scaled in _CASES
        for side in (1, -1)
        for mean, *rest in [[unit * number for number in scaled]]
        for ends in [[side * end for end in rest]]
    ]
    seen = [own(**case) for case in cases]
    for returned in seen:
        if returned not in (">", "<", "=", "?"):
            raise Wrong("no sign", returned=shown_as_text(returned))
    wanted = [_sign(**case) for case in cases]
    if seen == wanted:
        return
    for key, mistaken in _MISTAKEN.items():
        if seen == [mistaken(**case) for case in cases]:
            raise Wrong(key)
    at = next(k for k in range(len(cases)) if seen[k] != wanted[k])
    raise Wrong("other sign", returned=seen[at], wanted=wanted[at], **cases[at])


def shown_as_text(value: object) -> str:
    """Return a value in words."""
    return repr(value) if isinstance(value, str | bool) else describe(value)


effect_or_luck = Exercise(
    "effect_or_luck", HERE, minutes=5, difficulty=1, judge=_judge_sign, solution=_sign
)

INTERVAL, MEAN = 2.58, 1.28  # standard deviations: 99 % on both sides, 9 of 10 above
_MISCOUNTED: Mapping[str, Function] = {
    "half of them": lambda ratio: (INTERVAL * ratio) ** 2,
    "interval forgotten": lambda ratio: (MEAN * ratio) ** 2,
    "interval of 95 %": lambda ratio: ((1.96 + MEAN) * ratio) ** 2,
    "no square": lambda ratio: (INTERVAL + MEAN) * ratio,
    "inverted": lambda ratio: ((INTERVAL + MEAN) / ratio) ** 2,
}


def _seeds(spread: float, effect: float) -> int:
    return math.ceil(((INTERVAL + MEAN) * spread / effect) ** 2)


def _judge_seeds(answer: object, rng: np.random.Generator) -> None:
    own = guarded(answer)
    # round numbers first: a message shows the first case that is wrong
    ratios = [2.0, *rng.uniform(1.5, 5.0, 4)]
    cases: list[dict[str, Any]] = [
        {"spread": float(ratio * effect), "effect": float(effect)}
        for ratio, effect in zip(
            ratios, [50.0, *rng.uniform(0.5, 80.0, 4)], strict=True
        )
    ]
    seen = []
    for case in cases:
        returned = own(**case)
        array = as_array(returned)
        if array is None or array.size != 1 or array.dtype.kind not in "iuf":
            raise Wrong("no number", returned=shown_as_text(returned))
        seen.append(float(array.reshape(())))
    # what was simulated may be a little off; what was computed is off by less than one
    if all(
        abs(n - _seeds(**case)) <= max(1, 0.06 * _seeds(**case)) and n == round(n)
        for n, case in zip(seen, cases, strict=True)
    ):
        return
    for key, miscounted in _MISCOUNTED.items():
        if all(
            abs(n - miscounted(ratio)) <= 1.01
            for n, ratio in zip(seen, ratios, strict=True)
        ):
            raise Wrong(key)
    for n, case in zip(seen, cases, strict=True):
        if n != round(n):
            raise Wrong("no whole number", returned=n)
        if abs(n - _seeds(**case)) > max(1, 0.06 * _seeds(**case)):
            root = math.sqrt(max(n, 0))
            chance = NormalDist().cdf(case["effect"] * root / case["spread"] - INTERVAL)
            key = "too few" if n < _seeds(**case) else "too many"
            raise Wrong(key, returned=n, chance=chance, **case)


seeds_needed = Exercise(
    "seeds_needed", HERE, minutes=10, difficulty=2, judge=_judge_seeds, solution=_seeds
)
