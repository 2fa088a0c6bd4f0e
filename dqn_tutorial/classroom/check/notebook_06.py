"""The exercises of 06_agent."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.coins import chosen, judge_actions
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong
from dqn_tutorial.classroom.check.loop import (
    as_step,
    as_values,
    learning,
    masked,
    sample_agent,
    sample_vector_step,
    stepping,
)
from dqn_tutorial.classroom.check.values import as_array

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
        float(rng.uniform(0.02, 0.2)),
    )
    step = int(
        rng.choice(
            [0.0, 1.0, rng.uniform(0.05, 0.95), rng.uniform(1.1, 1.9)],
            p=[0.1, 0.1, 0.4, 0.4],
        )
        * duration
    )
    return {
        "step": step,
        "start": end + float(rng.uniform(0.3, 0.7)),
        "end": end,
        "duration": duration,
    }


def _line(share: Callable[[int, int], float]) -> Callable[..., float]:
    """Return a schedule that has gone this share of the way from `start` to `end`, but
    never more than all of it.
    """
    return lambda t, start, end, duration: (
        start + (end - start) * min(share(t, duration), 1.0)
    )


epsilon_at = Exercise(
    "epsilon_at",
    HERE,
    minutes=5,
    difficulty=1,
    solution=_line(lambda t, duration: t / duration),
    judge=by_values(
        _sample_step,
        _line(lambda t, duration: t / duration),
        [
            (
                "never flat",
                lambda t, start, end, duration: start + (end - start) * t / duration,
            ),
            (
                "towards zero",
                lambda t, start, end, duration: max(end, start * (1 - t / duration)),
            ),
            (
                "falls from 1",
                lambda t, start, end, duration: max(end, start - t / duration),
            ),
            (
                "towards nothing",
                lambda t, start, end, duration: start * (1 - min(t / duration, 1)),
            ),
            (
                "upside down",
                lambda t, start, end, duration: (
                    end + (start - end) * min(t / duration, 1)
                ),
            ),
            ("one jump", _line(lambda t, duration: t // duration)),
            ("starts over", _line(lambda t, duration: t % duration / duration)),
            ("one step off", _line(lambda t, duration: t / (duration - 1))),
            ("one step off", _line(lambda t, duration: (t + 1) / duration)),
            ("one step off", _line(lambda t, duration: max(t - 1, 0) / duration)),
            (
                "starts at 1",
                lambda t, start, end, duration: 1 + (end - 1) * min(t / duration, 1),
            ),
            (
                "a curve",
                lambda t, start, end, duration: (
                    start * (end / start) ** min(t / duration, 1)
                ),
            ),
        ],
    ),
)


learn_once = Exercise(
    "learn_once",
    HERE,
    minutes=10,
    difficulty=2,
    solution=learning(),
    judge=by_values(
        sample_agent,
        as_values(learning()),
        [
            (key, as_values(wrong))
            for key, wrong in (
                ("target stays", learning(order="U")),
                ("target first", learning(order="TU")),
                ("no update", learning(order="T")),
                ("nothing happens", learning(order="")),
                ("two updates", learning(order="UUT")),
                ("two batches", learning(draws=2)),
                ("truncated stops", masked(lambda batch: batch.truncated)),
                (
                    "truncated stops",
                    masked(lambda batch: batch.terminated | batch.truncated),
                ),
                ("no bootstrap", learning(lambda critic, batch: batch.reward)),
                (
                    "the same state",
                    learning(
                        lambda critic, batch: critic.get_bellman_target(
                            batch.reward, batch.state, batch.terminated, batch.discount
                        )
                    ),
                ),
            )
        ],
        seen_as=as_values,
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
            (key, as_step(wrong))
            for key, wrong in (
                ("state lost", stepping(lambda s, n, o, c, r: (n, n, o, c, r))),
                ("no reset flag", stepping(lambda s, n, o, c, r: (s, n, o, c))),
                (
                    "reset too early",
                    stepping(lambda s, n, o, c, r: (s, n, o, c, o | c)),
                ),
                ("flags exchanged", stepping(lambda s, n, o, c, r: (s, n, c, o, r))),
                ("flags merged", stepping(lambda s, n, o, c, r: (s, n, o | c, c, r))),
                ("only terminated", stepping(back=lambda s, n, o, c: (n, o))),
                ("stands still", stepping(back=lambda s, n, o, c: (s, o | c))),
                ("does not explore", stepping(is_training=False)),
            )
        ],
        seen_as=as_step,
    ),
)


behaviour_return = Exercise(
    "behaviour_return",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["behaviour_return"], right="B"),
)


def _sample_window(rng: np.random.Generator) -> dict[str, Any]:
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


_nothing, _only = (lambda over, cut: over & False), (lambda over, cut: over)
n_step_target = Exercise(
    "n_step_target",
    HERE,
    minutes=15,
    difficulty=3,
    solution=_window(),
    judge=by_values(
        _sample_window,
        _window(),
        [
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
            (
                "looks behind the end",
                _window(stops=lambda over, cut: over | over.any()),
            ),
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


def _n_changed(is_end: list[bool], newest: int, n: int = 3) -> int:
    """Count the windows of a full ring that are longer where they do not stop at the
    newest step.
    """

    def length(start: int, last: int | None) -> int:
        for m in range(1, n):
            row = (start + m - 1) % len(is_end)
            if is_end[row] or row == last:
                return m
        return n

    starts = range(len(is_end))
    return sum(length(row, newest) != length(row, None) for row in starts)


def _judge_ring(answer: Any, rng: np.random.Generator) -> None:
    if not isinstance(answer, Mapping) or set(answer) != {"is_end", "newest"}:
        raise Wrong("other names")
    is_end, newest = answer["is_end"], answer["newest"]
    if "?" in (str(newest), *map(str, np.ravel(is_end))):
        raise NotAttempted
    flags = as_array(list(is_end) if isinstance(is_end, tuple) else is_end)
    if flags is None or flags.shape != (4,):
        raise Wrong("not four")
    if flags.dtype.kind != "b":
        raise Wrong("no flags")
    row = as_array(newest)
    if row is None or row.shape or row.dtype.kind not in "iu" or row not in range(4):
        raise Wrong("no such row")
    n_changed = _n_changed(flags.tolist(), int(row))
    if n_changed != 1:
        raise Wrong("none longer" if n_changed == 0 else "two longer")


newest_step = Exercise("newest_step", HERE, minutes=10, difficulty=2, judge=_judge_ring)
RIGHT = {
    "mask": "D",
    "target": "C",
    "argmin": "E",
    "gradient": "A",
    "coin": "B",
    "mean": "C",
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
    for name, letter in given.items():
        if letter not in (RIGHT[name], "?"):
            raise Wrong(name)
    if open_ones:
        raise NotAttempted(f"Right so far; still open: {', '.join(open_ones)}.")


page_changes = Exercise(
    "page_changes", HERE, minutes=10, difficulty=2, judge=_judge_changes
)
