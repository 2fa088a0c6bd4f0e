"""The n-step target of a window of steps, made of rules, right ones and wrong ones."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import Function


def sample_window(rng: np.random.Generator) -> dict[str, Any]:
    """Up to six steps; the first end in it, if any, is of each kind; behind it
    anything, of other episodes.
    """
    # no end, over, cut, both
    n, kind = int(rng.integers(3, 7)), int(rng.choice(4, p=[0.22, 0.13, 0.4, 0.25]))
    first = int(rng.integers(n))
    flags = rng.random((2, n)) < 0.4
    flags[:, : first if kind else n] = False
    flags[:, first] = [kind in (1, 3), kind in (2, 3)]
    rewards, next_v = rng.normal(size=n), rng.normal(size=n) + 2.0
    return {
        "rewards": rewards,
        "terminated": flags[0],
        "truncated": flags[1],
        "next_v": next_v,
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


def _first(ends: Any) -> int:
    return int(np.append(np.flatnonzero(ends), len(ends) - 1)[0]) + 1


def window(
    ends: Function = lambda over, cut: over | cut,
    length: Function = _first,
    stops: Function = lambda over, cut: over,
    power: Function = lambda m, n, ended: m,
    value: Function = lambda next_v, m: next_v[m - 1],
    summed: Function = lambda over, cut, m: m,
    reward_power: Callable[[int, int], int] = lambda k, m: k,
    joined: Function = lambda total, bootstrap, m: total + bootstrap,
) -> Callable[..., float]:
    """Return an n-step target made of rules: what ends a window, its length m of n
    steps, what stops the bootstrap, ...
    """

    def target(rewards: Any, over: Any, cut: Any, next_v: Any, gamma: float) -> float:
        n, m = len(rewards), length(ends(over, cut))
        n_summed = summed(over[m - 1], cut[m - 1], m)
        total = sum(gamma ** reward_power(k, m) * rewards[k] for k in range(n_summed))
        future = 0.0 if stops(over, cut)[m - 1] else value(next_v, m)
        return float(
            joined(total, gamma ** power(m, n, over[m - 1] or cut[m - 1]) * future, m)
        )

    return target


def at_each_step(rewards: Any, over: Any, cut: Any, next_v: Any, gamma: float) -> float:
    """Return a wrong target that bootstraps at every step of its window."""
    m = _first(over | cut)
    steps = rewards + gamma * next_v * ~over
    return float(gamma ** np.arange(m) @ steps[:m])


_nothing: Function = lambda over, cut: over & False  # noqa: E731
_last_value: dict[str, Any] = {"value": lambda next_v, m: next_v[-1]}
WINDOW_FLAWS: list[tuple[str, dict[str, Any]]] = [
    ("crosses the end", {"ends": _nothing, "stops": _nothing}),
    ("crosses the end", {"ends": _nothing}),
    ("crosses the end", {"ends": _nothing, "stops": lambda t, c: t | t.any()}),
    ("crosses the end", {"ends": _nothing, "stops": lambda t, c: t | (t | c).any()}),
    ("crosses truncation", {"ends": lambda over, cut: over}),
    ("crosses termination", {"ends": lambda over, cut: cut}),
    ("both flags needed", {"ends": lambda over, cut: over & cut}),
    ("either or", {"ends": lambda over, cut: over ^ cut}),
    ("one flag for all", {"ends": lambda over, cut: over or cut}),
    ("no end found", {"length": lambda ends: int(ends.argmax()) + 1}),
    ("no end in it", {"length": lambda ends: int(np.flatnonzero(ends)[0]) + 1}),
    ("no end in it", {"length": lambda ends: ends.tolist().index(True) + 1}),
    (
        "no end in it",
        {"length": lambda ends: next(k for k in range(99) if ends[k]) + 1},
    ),
    ("last end", {"length": lambda ends: len(ends) + 1 - _first(ends[::-1])}),
    (
        "last end",
        {"length": lambda ends: int(([len(ends) - 1, *ends.nonzero()[0]])[-1]) + 1},
    ),
    ("end left out", {"length": lambda ends: _first(ends) - int(ends.any())}),
    ("one step only", {"length": lambda ends: 1}),
    ("looks behind the end", {"stops": lambda over, cut: over | over.any()}),
    ("looks behind the end", {"stops": lambda over, cut: over & False | over[-1]}),
    ("bootstraps at the end", {"stops": _nothing}),
    ("stops at truncation", {"stops": lambda over, cut: over | cut}),
    ("only where truncated", {"stops": lambda over, cut: ~cut}),
    ("only where truncated", {"stops": lambda over, cut: over | ~cut}),
    ("mask inverted", {"stops": lambda over, cut: ~over}),
    ("no bootstrap", {"stops": lambda over, cut: over | True}),
    ("truncated wins", {"stops": lambda over, cut: over & ~cut}),
    ("gamma to the n", {"power": lambda m, n, ended: n}),
    ("bootstrap not discounted", {"power": lambda m, n, ended: 0}),
    ("bootstrap not discounted", {"power": lambda m, n, ended: 0 if ended else m}),
    ("one gamma for all", {"power": lambda m, n, ended: 1}),
    ("power too small", {"power": lambda m, n, ended: m - 1}),
    ("power too small", {"power": lambda m, n, ended: m - bool(ended)}),
    ("power too large", {"power": lambda m, n, ended: m + 1}),
    ("last value", _last_value),
    ("last value", _last_value | {"power": lambda m, n, ended: n}),
    ("first value", {"value": lambda next_v, m: next_v[0]}),
    ("value too late", {"value": lambda next_v, m: next_v[m]}),
    ("value too late", {"value": lambda next_v, m: next_v[min(m, len(next_v) - 1)]}),
    ("value too early", {"value": lambda next_v, m: next_v[max(m - 2, 0)]}),
    ("value too early", {"value": lambda next_v, m: next_v[m - 2]}),
    ("largest value", {"value": lambda next_v, m: next_v.max()}),
    ("largest value", {"value": lambda next_v, m: next_v[:m].max()}),
    ("last reward lost", {"summed": lambda over, cut, m: m - (over or cut)}),
    ("last reward lost", {"summed": lambda over, cut, m: m - over}),
    ("last reward lost", {"summed": lambda over, cut, m: m - cut}),
    ("one reward short", {"summed": lambda over, cut, m: m - 1}),
    ("first reward alone", {"summed": lambda over, cut, m: 1}),
    ("rewards from gamma", {"reward_power": lambda k, m: k + 1}),
    ("no discount", {"reward_power": lambda k, m: 0}),
    ("reward not discounted further", {"reward_power": lambda k, m: min(k, 1)}),
    ("from the wrong end", {"reward_power": lambda k, m: m - 1 - k}),
    ("a mean", {"joined": lambda total, bootstrap, m: total / max(m, 1) + bootstrap}),
    ("a mean", {"joined": lambda total, bootstrap, m: (total + bootstrap) / max(m, 1)}),
    ("bootstrap subtracted", {"joined": lambda total, bootstrap, m: total - bootstrap}),
    ("bootstrap alone", {"joined": lambda total, bootstrap, m: bootstrap}),
]


def by_hand_window(
    ends: list[int], gamma: float = 0.5, dtype: str = "float64"
) -> dict[str, Any]:
    """A window with ends of these kinds: 0, none, 1, terminated, 2, truncated, or 3,
    both.
    """
    n = len(ends)
    return {
        "rewards": np.array([4, 2, 8, 16][:n], dtype),
        "terminated": np.array(ends) % 2 == 1,
        "truncated": np.array(ends) > 1,
        "next_v": np.array([40, 80, 20, 60][:n], dtype),
        "gamma": gamma,
    }
