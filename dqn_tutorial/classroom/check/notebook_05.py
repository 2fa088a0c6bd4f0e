"""The exercises of 05_critic."""

import math
from functools import partial
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.critic import (
    LOSS_TRAITS,
    LOSSES,
    loss_of,
    multiples,
    pulled,
    sample_update,
    seen_loss_of,
    update,
)
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.following import (
    MIXTURES,
    each_with_each,
    polyak_of,
    sample_weights,
    watched,
    weights_of,
)
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import (
    TARGET_FLAWS,
    TARGET_TRAITS,
    explained,
    flawed,
    target_of,
    transitions,
)
from dqn_tutorial.classroom.check.values import as_array, shown

HERE = "05_critic"
copies_on_the_star = Exercise(
    "copies_on_the_star",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["copies_on_the_star"], right="C"),
)


_batch = partial(transitions, "reward next_q terminated truncated gamma")


def _sample_batch(rng: np.random.Generator) -> dict[str, Any]:
    """B transitions of A actions, B unlike A; Q of both signs; of each kind of end at
    least one.
    """
    n_actions = int(rng.integers(2, 6))
    size = n_actions + int(rng.integers(2, 6))
    # 1 terminated, 2 cut, 3 both
    ends = rng.permutation(np.concatenate([[0, 1, 2], rng.integers(4, size=size - 3)]))
    return _batch(
        rng.normal(size=size),
        rng.normal(size=(size, n_actions)),
        ends % 2 == 1,
        ends >= 2,
        round(rng.uniform(0.5, 0.95), 2),
    )


def _of_flags(
    end: Function = lambda t, u: t, rest: Function = lambda y, u: y, **parts: Any
) -> Function:
    """Return a target of two flags: what counts as the end, and what is made of y."""
    target = target_of(**parts)
    return lambda r, q, t, u, g: rest(target(r, q.detach(), end(t, u), g), u)


_FLAG_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("stops at truncation", {"end": lambda t, u: t | u}),
    ("truncation wins", {"end": lambda t, u: t & ~u}),
    ("truncation for termination", {"end": lambda t, u: u}),
    ("both flags needed", {"end": lambda t, u: t & u}),
    ("exclusive or", {"end": lambda t, u: t ^ u}),
    ("truncated masked", {"rest": lambda y, u: y * ~u}),
)
td_target = Exercise(
    "td_target",
    HERE,
    10,
    2,
    explained(
        by_values(
            _sample_batch,
            _of_flags(),
            flawed(_of_flags, (*_FLAG_FLAWS, *TARGET_FLAWS)),
            TARGET_TRAITS,
            by_hand=[
                _batch([1], [[2, 4]], [False], [False], 0.5),
                _batch([1], [[2, 4]], [True], [False], 0.5),
                _batch([1], [[2, 4]], [False], [True], 0.5),
                _batch([1], [[2, 4]], [True], [True], 0.5),
                _batch([1], [[2, 4]], [True], [False], 0.0),
                _batch([3, 1, 2], [[-2, -4], [4, 6], [8, 2]], [0, 1, 0], [0, 0, 0], 1),
            ],
        )
    ),
    also=("target",),
    solution=_of_flags(),
)


def _sample_clock(rng: np.random.Generator) -> dict[str, Any]:
    """A gamma, and a prize that working for ever beats."""
    gamma, share = round(rng.uniform(0.7, 0.95), 2), float(rng.uniform(0.2, 0.8))
    return {"gamma": gamma, "prize": 1 + share * gamma / (1 - gamma)}


def _flips_at(
    reward: Function = lambda g: 1.0,
    discount: Function = lambda g: g,
    after: Function = lambda g, c: c,
    last: Function = lambda share: share,
    prize: Function = lambda g, c: c,
) -> Function:
    """Return the share at which c = reward + discount * (1 - share) * after, c being
    the prize.
    """

    def share(g: float, given: float) -> float:
        c = prize(g, given)
        return float(last(1 - (c - reward(g)) / (discount(g) * after(g, c))))

    return share


def _of_steps(n_steps: int, g: float, c: float) -> float:
    """Return the share at which the value of that many steps of work is the prize."""
    low, high = 0.0, 1.0
    for _ in range(40):
        share = (low + high) / 2
        goes_on = g * (1 - share)
        is_more = (1 - goes_on**n_steps) / (1 - goes_on) > c
        low, high = (share, high) if is_more else (low, share)
    return low


def _of_nearest_work(k: float, g: float, c: float, step: float) -> float:
    """Return which of two neighbouring shares, k steps and one more, brings work nearer
    to the prize, in steps.
    """
    return min((k, k + 1), key=lambda k: abs(1 / (1 - g * (1 - k * step)) - c))


def _spaced(step: float) -> list[tuple[str, Function]]:
    """Return answers that are a whole number of steps: the last before the flip, the
    first past it, the nearest by share and by work.
    """

    def made(to_whole: Function) -> tuple[str, Function]:
        right = _flips_at()
        return "even steps", lambda g, c: to_whole(right(g, c) / step, g, c) * step

    return [
        made(lambda k, g, c: math.floor(k)),
        made(lambda k, g, c: math.ceil(k)),
        made(lambda k, g, c: round(k)),
        made(lambda k, g, c: _of_nearest_work(math.floor(k), g, c, step)),
    ]


_STEPS = 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 1e-4, 1 / 99, 1 / 999


cut_share = Exercise(
    "cut_share",
    HERE,
    10,
    2,
    by_values(
        _sample_clock,
        _flips_at(),
        [
            ("prize unused", lambda g, c: 1 - g),
            *flawed(
                _flips_at,
                [
                    ("share that goes on", {"last": lambda share: 1 - share}),
                    ("steps for share", {"last": lambda share: 1 / share}),
                    ("other sign", {"last": lambda share: -share}),
                    ("no discount", {"discount": lambda g: 1.0}),
                    ("discounted twice", {"discount": lambda g: g * g}),
                    ("gamma upside down", {"discount": lambda g: 1 / g}),
                    ("reward forgotten", {"reward": lambda g: 0.0}),
                    ("reward subtracted", {"reward": lambda g: -1.0}),
                    ("reward discounted", {"reward": lambda g: g}),
                    ("truth for the maximum", {"after": lambda g, c: 1 / (1 - g)}),
                    ("prize left out", {"after": lambda g, c: 1.0}),
                    ("prize discounted", {"prize": lambda g, c: g * c}),
                ],
            ),
            *{
                "one for all": lambda g, c: 1 / 21,
                "survives once": lambda g, c: 1 - c * (1 - g),
                "loss added": lambda g, c: 1 / c - (1 - g),
                "only cut steps pay": lambda g, c: (c - g * c) / (1 - g * c),
                "reward cut": lambda g, c: 1 - c / (1 + g * c),
            }.items(),
            ("survives once", lambda g, c: (1 / (1 - g) - c) / (1 / (1 - g) - 1)),
            ("prize discounted", lambda g, c: 1 - (g * c - 1) / (g * c)),
            ("share of the truth", lambda g, c: c * (1 - g) - 1),
            ("share of the truth", lambda g, c: 1 / (1 - g) - c),
            ("share of the truth", lambda g, c: 1 / (1 - g) / c - 1),
            ("share of the truth", lambda g, c: c * (1 - g)),
            ("brackets", lambda g, c: 1 - (c - 1) / g * c),
            ("brackets", lambda g, c: 1 - c - 1 / (g * c)),
            ("brackets", lambda g, c: 1 - c - 1 / g * c),
            *(spaced for step in _STEPS for spaced in _spaced(step)),
            *(("few steps", partial(_of_steps, n)) for n in (*range(2, 121), 150)),
            *(("few steps", partial(_of_steps, n)) for n in (200, 250, 300, 400, 500)),
        ],
        by_hand=[
            {"gamma": 0.5, "prize": 1.6},
            {"gamma": 0.8, "prize": 2.5},
            {"gamma": 0.9, "prize": 7.0},
            {"gamma": 0.99, "prize": 50.0},
        ],
    ),
    solution=_flips_at(),
)


polyak = Exercise(
    "polyak",
    HERE,
    10,
    2,
    explained(
        by_values(
            sample_weights,
            watched(polyak_of()),
            [
                *flawed(lambda **parts: watched(polyak_of(**parts)), MIXTURES),
                ("each with each", watched(each_with_each)),
            ],
            # that the second must not change, `watched` says in its own words
            inputs_it_changes=("target", "online"),
            seen_as=watched,
            by_hand=[
                weights_of([[[2]]], [[[6]]], 0.25),
                weights_of([[[1, -2]], [3]], [[[5, 6]], [-1]], 0.5),
                weights_of([[[2]]], [[[6]]], 1.0),
            ],
        )
    ),
    solution=polyak_of(),
)


critic_loss = Exercise(
    "critic_loss",
    HERE,
    15,
    3,
    explained(
        by_values(
            sample_update,
            seen_loss_of(),
            LOSSES,
            LOSS_TRAITS,
            seen_as=pulled,
            by_hand=[
                update(
                    multiples(20, 10), multiples(4, 2), [[1]], [1], [1], [[2]], [0], 0.5
                ),
                update(
                    multiples(20, 10),
                    multiples(4, 2),
                    [[1], [2]],
                    [1, 0],
                    [1, 3],
                    [[2], [1]],
                    [0, 1],
                    0.5,
                ),
                update(
                    multiples(20, 10, 30),
                    multiples(-4, 2, 1),
                    [[1], [-2]],
                    [0, 1],
                    [1, 2],
                    [[3], [-1]],
                    [0, 1],
                    0.5,
                ),
            ],
        )
    ),
    also=("target", "loss"),
    solution=loss_of(),
)


def _are_tenths(pairs: list[tuple[float, ...]]) -> bool:
    """Say whether the first features are rounded to tenths and not all 0."""
    firsts = np.array(pairs)[:, 0]
    return bool(firsts.any() and np.allclose(firsts, firsts.round(1), 0, 1e-9))


def _judge_features(answer: Any, rng: np.random.Generator) -> None:
    """Ask for features of two states at several gammas; refuse those at which w does
    not grow.
    """
    gammas = [0.9, 0.4, 0.2, 0.05, 0.95, *rng.uniform(0.05, 0.95, 4).round(2).tolist()]
    pairs = []
    for gamma in gammas:
        result = guarded(answer)(gamma=gamma)
        pair = as_array(list(result) if isinstance(result, tuple) else result)
        if pair is None or pair.shape != (2,) or not np.isfinite(pair).all():
            raise Wrong("no pair", found=shown(result))
        pairs.append(tuple(map(float, pair)))
    for gamma, (first, second) in zip(gammas, pairs, strict=True):
        factor = 1 + 0.1 * (gamma * second - first) * first
        case = (
            f"Inputs: `gamma` {gamma:g}.\nYours: ({first:.3g}, {second:.3g}), so each"
            f" update multiplies w by {factor:.4g}."
        )
        refused = {
            "too large": max(abs(first), abs(second)) > 1,
            "rounded to 0": first == 0 and _are_tenths(pairs),
            "stands still": first == 0,
            "opposite signs": first * second < 0,
            "second not larger": abs(second) <= abs(first),
            "same at every gamma": (
                not abs(first) < abs(gamma * second) and len(set(pairs)) == 1
            ),
            "on the border": np.isclose(gamma * second, first, 1e-6, 0),
            "not for every gamma": abs(first) > abs(gamma * second),
        }
        for key, is_so in refused.items():
            if is_so:
                least = first / second if second else math.inf
                raise Wrong(key, case, target=gamma * second, first=first, least=least)


diverging_features = Exercise(
    "diverging_features",
    HERE,
    10,
    2,
    _judge_features,
    solution=lambda gamma: (gamma / 2, 1.0),
)
