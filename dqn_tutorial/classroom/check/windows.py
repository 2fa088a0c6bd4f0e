"""The n-step target of 06_agent: windows of rewards that an episode's end may cut
short.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.agent import HERE
from dqn_tutorial.classroom.check.common import known
from dqn_tutorial.classroom.check.exercise import Exercise, by_values


def _draw_window(rng: np.random.Generator) -> dict[str, Any]:
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
    gamma = float(rng.uniform(0.5, 0.95))
    return {
        "rewards": rewards,
        "terminated": flags[0],
        "truncated": flags[1],
        "next_v": next_v,
        "gamma": gamma,
    }


def _window(
    length: Callable[[Any, Any], Any] = lambda over, cut: over | cut,
    stops: Callable[[Any, Any], Any] = lambda over, cut: over,
    power: Callable[[int, int], int] = lambda m, n: m,
    value_at: Callable[[int, int], int] = lambda m, n: m - 1,
    n_rewards: Callable[[bool, int], int] = lambda ended, m: m,
    reward_power: Callable[[int], int] = lambda k: k,
) -> Callable[..., float]:
    """Return an n-step target made of rules: what ends a window of m of n steps, what
    stops the bootstrap, ...
    """

    def target(rewards: Any, over: Any, cut: Any, next_v: Any, gamma: float) -> float:
        ends, n = np.flatnonzero(length(over, cut)), len(rewards)
        m = int(ends[0]) + 1 if len(ends) else n
        ended = bool(over[m - 1] or cut[m - 1])
        total = sum(
            gamma ** reward_power(k) * rewards[k] for k in range(n_rewards(ended, m))
        )
        value = 0.0 if stops(over, cut)[m - 1] else next_v[value_at(m, n)]
        return float(total + gamma ** power(m, n) * value)

    return target


N_STEP = {
    "crosses the end": (
        "You sum rewards of the next episode: the window ends with the first step that"
        " is terminated or truncated. What follows has nothing to do with the action."
    ),
    "no end found": (
        "You take a window without an end as one step long: `argmax` gives 0 where no"
        " flag is set, too."
    ),
    "looks behind the end": (
        "A flag behind the end of the window stops your bootstrap. It belongs to"
        " another episode; what counts is the last step summed."
    ),
    "crosses truncation": (
        "Your window goes on after a truncated step. The next reward belongs to another"
        " episode."
    ),
    "bootstraps at the end": (
        "You bootstrap although the window ended with terminated: nothing follows"
        " there."
    ),
    "stops at truncation": (
        "You do not bootstrap where the window ended with truncated. The task goes on"
        " there, so the state after the last step keeps its value."
    ),
    "only where truncated": (
        "A window that holds no end lacks its bootstrap: the task goes on there as"
        " well, and the state after the last step has a value."
    ),
    "no bootstrap": (
        "You sum rewards and nothing else. What follows the window counts too, unless"
        " the task has ended."
    ),
    "truncated wins": (
        "Where both flags are set you bootstrap. The task has ended, so terminated"
        " wins."
    ),
    "gamma to the n": (
        "You discount the bootstrap by gamma to the n, although the window summed fewer"
        " steps. The power is the number of rewards summed."
    ),
    "bootstrap not discounted": (
        "Your bootstrap enters in full. It comes after all the rewards and counts less."
    ),
    "one gamma for all": (
        "You discount the bootstrap by a single gamma, however many rewards come before"
        " it. Each step brings a factor."
    ),
    "power too small": (
        "Your power of gamma for the bootstrap is one too small: its value comes after"
        " the last reward."
    ),
    "last value": (
        "You bootstrap with the last entry of `next_v`, whatever the window. It belongs"
        " to a later step."
    ),
    "first value": (
        "You bootstrap with the value after the first step. Take the one after the last"
        " step summed."
    ),
    "last reward lost": (
        "You leave out the reward of the step that ends the episode. It was received,"
        " so it counts."
    ),
    "rewards from gamma": (
        "Your first reward is discounted already. It comes at once, with gamma to"
        " the 0."
    ),
    "no discount": (
        "Your rewards are not discounted. The k-th of them counts gamma to the (k - 1)."
    ),
}
_nothing, _only = (lambda over, cut: over & False), (lambda over, cut: over)
_wrong_windows = [
    ("crosses the end", _window(length=_nothing, stops=_nothing)),
    ("crosses the end", _window(length=_nothing)),
    (
        "crosses the end",
        _window(length=_nothing, stops=lambda over, cut: over | over.any()),
    ),
    (
        "no end found",
        _window(length=lambda over, cut: (over | cut) | ~(over | cut).any()),
    ),
    ("looks behind the end", _window(stops=lambda over, cut: over | over.any())),
    ("crosses truncation", _window(length=_only)),
    ("bootstraps at the end", _window(stops=_nothing)),
    ("stops at truncation", _window(stops=lambda over, cut: over | cut)),
    ("only where truncated", _window(stops=lambda over, cut: ~cut)),
    ("only where truncated", _window(stops=lambda over, cut: over | ~cut)),
    ("no bootstrap", _window(stops=lambda over, cut: over | True)),
    ("truncated wins", _window(stops=lambda over, cut: over & ~cut)),
    ("gamma to the n", _window(power=lambda m, n: n)),
    ("bootstrap not discounted", _window(power=lambda m, n: 0)),
    ("one gamma for all", _window(power=lambda m, n: 1)),
    ("power too small", _window(power=lambda m, n: m - 1)),
    ("last value", _window(value_at=lambda m, n: n - 1)),
    ("last value", _window(value_at=lambda m, n: n - 1, power=lambda m, n: n)),
    ("first value", _window(value_at=lambda m, n: 0)),
    ("last reward lost", _window(n_rewards=lambda ended, m: m - ended)),
    ("rewards from gamma", _window(reward_power=lambda k: k + 1)),
    ("no discount", _window(reward_power=lambda k: 0)),
]
_judge_n_step = by_values(_draw_window, _window(), known(N_STEP, *_wrong_windows))
n_step_target = Exercise(
    "n_step_target", HERE, minutes=20, difficulty=3, judge=_judge_n_step
)
