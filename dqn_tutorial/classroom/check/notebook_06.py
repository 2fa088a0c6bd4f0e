"""The exercises of 06_agent."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe
from dqn_tutorial.mdp import Array
from dqn_tutorial.models import get_model, make_config

HERE = "06_agent"
Choice = Callable[[NDArray[Any], float, int], NDArray[Any]]
Table = tuple[NDArray[Any], NDArray[Any], int]


def _choose(
    own: Any,
    q_values: NDArray[Any],
    epsilon: float,
    seed: int,
    is_training: bool = True,
) -> NDArray[Any]:
    """Ask for actions and refuse what is none."""
    given = np.random.default_rng(seed)
    result = own(q_values=q_values, epsilon=epsilon, rng=given, is_training=is_training)
    action, (n_states, n_actions) = as_array(result), q_values.shape
    if action is None or action.shape != (n_states,):
        if action is not None and action.shape == (n_actions,):
            raise Wrong("one for each action")
        raise Wrong("other shape", result=describe(result))
    if action.dtype.kind == "f":
        raise Wrong("float actions")
    if action.dtype.kind not in "iu":
        raise Wrong(
            "other type",
            f"Return whole numbers, shape [B]; you return {describe(result)}.",
        )
    if action.min() < 0 or action.max() >= n_actions:
        raise Wrong("no such action")
    return action


def _flaw_of_chance(choose: Choice, tables: list[Table], epsilon: float = 0.4) -> str:
    """Return the key of what is wrong with the chance in epsilon-greedy choices for
    batches of states, or nothing.

    Limits are five standard deviations or more away from what a right answer gives.

    Args:
        choose: takes Q-values [B, A], epsilon and a seed, gives the actions [B].
        tables: for each batch its Q-values, the greedy actions and a seed; B is the
            same in all.
        epsilon: with which coins are judged.
    """
    chosen = [choose(q_values, epsilon, seed) for q_values, _, seed in tables]
    moved = [
        action != greedy for action, (_, greedy, _) in zip(chosen, tables, strict=True)
    ]
    whole = np.array([flags.mean() for flags in moved])
    if (whole == 0).mean() > 0.2:
        return "one coin"
    if all(
        len(set(action[flags])) <= 1
        for action, flags in zip(chosen, moved, strict=True)
    ):
        return "one random action"
    n_actions = np.array([q_values.shape[1] for q_values, _, _ in tables])
    for side in (0 * n_actions, n_actions - 1):
        if not any(
            (action[flags] == a).any()
            for action, flags, a in zip(chosen, moved, side, strict=True)
        ):
            return "action left out"
    p = epsilon * (n_actions - 1) / n_actions
    if abs((whole - p).mean()) > 0.03:
        return (
            "never hits the greedy"
            if abs(whole.mean() - epsilon) < 0.03
            else "other probability"
        )
    for n in set(n_actions.tolist()):
        moves = [
            action[flags]
            for action, flags, of in zip(chosen, moved, n_actions, strict=True)
            if of == n
        ]
        share = np.bincount(np.concatenate(moves), minlength=n)
        if np.abs(share / share.sum() - 1 / n).max() > 0.12:
            return "uneven"
    scaled = (np.array(moved) - p[:, None]) / np.sqrt(p * (1 - p))[:, None]
    return _flaw_of_coins(scaled) or _flaw_of_actions(choose, tables)


def _flaw_of_coins(scaled: Array) -> str:
    """Look at coins [batches, B] of mean 0 and variance 1: at how many fall in a batch,
    and at each pair of states.
    """
    n_batches, n_states = scaled.shape
    # for independent coins both numbers are near 1
    spread = (scaled.sum(1) ** 2).mean() / n_states
    pairs = (scaled.T @ scaled)[np.triu_indices(n_states, k=1)] ** 2 / n_batches
    if spread > 1.7 or pairs.mean() > 1.2:
        return "coins shared"
    return "fixed number" if spread < 0.55 else ""


def _flaw_of_actions(choose: Choice, tables: list[Table]) -> str:
    """Where all is chance, look at how the numbers of each action vary, and at states
    that never change.
    """
    excess, freedom, same = 0.0, 0, []
    for q_values, _, seed in tables:
        n_states, n_actions = q_values.shape
        action, other = (choose(q_values, 1.0, k) for k in (seed, seed + 1))
        even = n_states / n_actions
        freedom += n_actions - 1
        excess += (
            (np.bincount(action, minlength=n_actions) - even) ** 2 / even
        ).sum() - (n_actions - 1)
        same.append((action == other).mean() - 1 / n_actions)
    if abs(excess) > 6 * np.sqrt(2 * freedom):  # chi-square
        return "dealt out" if excess < 0 else "actions shared"
    return "own seed" if np.mean(same) > 0.03 else ""


def _judge_actions(answer: Any, rng: np.random.Generator) -> None:
    own = guarded(answer)

    def table(n_states: int, n_actions: int) -> Table:
        q_values = rng.normal(size=(n_states, n_actions)) - 1.5
        return q_values, q_values.argmax(-1), int(rng.integers(1 << 30))

    q_values, greedy, seed = table(2_000, 5)
    at_0, at_1 = _choose(own, q_values, 0.0, seed), _choose(own, q_values, 1.0, seed)
    measured = _choose(own, q_values, 0.9, seed, is_training=False)
    if (at_1 == greedy).all():
        raise Wrong(
            "epsilon inverted"
            if (at_0 != greedy).any()
            else "greedy when told to explore"
        )
    if (at_0 != greedy).any():
        raise Wrong("not greedy")
    if (measured != greedy).any():
        raise Wrong("explores when measured")
    first, again, *others = (
        _choose(own, q_values[:50], 0.5, seed + k) for k in (0, *range(17))
    )
    if not np.array_equal(first, again):
        raise Wrong("another generator")
    if all(np.array_equal(first, other) for other in others):
        raise Wrong("own seed")
    tables = [table(60, int(n_actions)) for n_actions in rng.integers(3, 6, size=150)]
    if key := _flaw_of_chance(partial(_choose, own), tables):
        raise Wrong(key)


def _chosen(
    q_values: NDArray[Any], epsilon: float, rng: np.random.Generator, is_training: bool
) -> NDArray[Any]:
    """Choose an action for each state, epsilon-greedily."""
    greedy: NDArray[Any] = q_values.argmax(-1)
    if not is_training:
        return greedy
    explored = rng.random(len(greedy)) < epsilon
    anything = rng.integers(q_values.shape[1], size=len(greedy))
    return np.asarray(np.where(explored, anything, greedy))


choose_actions = Exercise(
    "choose_actions",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_actions,
    solution=_chosen,
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


def _sample_agent(rng: np.random.Generator) -> dict[str, Any]:
    """A small agent whose networks differ, and steps of all kinds in its memory."""
    size = int(rng.integers(4, 9))
    config = make_config(
        "slipperygrid",
        width=int(rng.integers(4, 9)),
        depth=1,
        gamma=0.9,
        learning_rate=0.02,
        tau=float(rng.uniform(0.1, 0.4)),
        seed=int(rng.integers(1 << 30)),
    )
    agent = get_model(config)
    states = np.eye(16, dtype=np.float32)
    for end in rng.permutation([0, 1, 2, 3] * 5):
        state, next_state = states[rng.integers(16, size=2)]
        what = state, rng.integers(4), rng.normal() + 1, next_state, end % 2 == 1
        agent.experience_memory.store(*what, end > 1)
    batch = agent.experience_memory.get_next_batch(16)
    for _ in range(8):
        agent.critic.update(batch.state, batch.action, batch.reward + 1)
    memory = agent.experience_memory
    return {"critic": agent.critic, "memory": memory, "batch_size": size}


def _as_values(learn: Any) -> Any:
    """Return a function that learns, and gives Q-values of both networks."""
    if not callable(learn):
        return learn

    @wraps(learn)
    def learned(critic: Any, memory: Any, batch_size: int) -> dict[str, Any]:
        learn(critic, memory, batch_size)
        states = torch.eye(16)[[6, 10]]
        with torch.no_grad():
            return {
                "Q": critic.Q(states).flatten(),
                "Q_t": critic.Q_t(states).flatten(),
            }

    return learned


def _learn(
    target: Function = lambda critic, batch: critic.get_bellman_target(
        batch.reward, batch.next_state, batch.terminated, batch.discount
    ),
    order: str = "UT",
    draws: int = 1,
) -> Function:
    """Return a learning step made of rules: its target, the order of update (U) and
    move of the target network (T), and how many batches it draws.
    """

    def learn(critic: Any, memory: Any, batch_size: int) -> None:
        batches = [memory.get_next_batch(batch_size) for _ in range(draws)]
        y = target(critic, batches[0])
        for what in order:
            if what == "T":
                critic.update_target()
            else:
                critic.update(batches[-1].state, batches[-1].action, y)

    return learn


def _masked(flags: Function) -> Function:
    return _learn(
        lambda critic, batch: critic.get_bellman_target(
            batch.reward, batch.next_state, flags(batch), batch.discount
        )
    )


learn_once = Exercise(
    "learn_once",
    HERE,
    minutes=10,
    difficulty=2,
    solution=_learn(),
    judge=by_values(
        _sample_agent,
        _as_values(_learn()),
        [
            (key, _as_values(wrong))
            for key, wrong in (
                ("target stays", _learn(order="U")),
                ("target first", _learn(order="TU")),
                ("no update", _learn(order="T")),
                ("nothing happens", _learn(order="")),
                ("two updates", _learn(order="UUT")),
                ("two batches", _learn(draws=2)),
                ("truncated stops", _masked(lambda batch: batch.truncated)),
                (
                    "truncated stops",
                    _masked(lambda batch: batch.terminated | batch.truncated),
                ),
                ("no bootstrap", _learn(lambda critic, batch: batch.reward)),
                (
                    "the same state",
                    _learn(
                        lambda critic, batch: critic.get_bellman_target(
                            batch.reward, batch.state, batch.terminated, batch.discount
                        )
                    ),
                ),
            )
        ],
        seen_as=_as_values,
    ),
)


class _Memory:
    """What was stored, one tuple for each call."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []

    def store(
        self,
        state: Any,
        action: Any,
        reward: Any,
        next_state: Any,
        terminated: Any,
        truncated: Any,
        is_reset: Any = None,
    ) -> None:
        """Keep copies, as the replay memory does."""
        if is_reset is None:
            is_reset = np.zeros(np.shape(terminated), bool)
        row = state, action, reward, next_state, terminated, truncated, is_reset
        self.rows.append(tuple(np.array(value) for value in row))


class _Agent:
    """An agent whose action can be told from its state, and from being measured."""

    def __init__(self) -> None:
        self.experience_memory = _Memory()

    def select_action(self, state: Any, is_training: bool = True) -> NDArray[Any]:
        """Return one action for each state."""
        total: NDArray[Any] = np.asarray(state).sum(-1).astype(int)
        return (total + (not is_training)) % 4


class _Env:
    """An environment that answers what it was given, each time one step later."""

    def __init__(self, answers: list[tuple[Any, ...]]) -> None:
        self.answers = answers
        self.actions: list[NDArray[Any]] = []

    def step(self, action: Any) -> tuple[Any, ...]:
        """Return the next answer."""
        answer = self.answers[len(self.actions) % len(self.answers)]
        self.actions.append(np.array(action))
        return (*(np.array(value) for value in answer), {})


def _sample_vector_step(rng: np.random.Generator) -> dict[str, Any]:
    """A step of E environments: ends of all kinds, and some that only reset."""
    size = int(rng.integers(5, 9))
    kinds = rng.permutation(np.concatenate([[0, 1, 2, 3], rng.integers(4, size=size)]))
    size = len(kinds)

    def numbers() -> NDArray[Any]:
        return rng.integers(100, size=(size, 2)).astype(np.float32)

    answers = [
        (numbers(), rng.normal(size=size), kinds % 2 == 1, kinds > 1) for _ in range(2)
    ]
    is_reset = rng.permutation(np.arange(size) < 3)
    return {
        "agent": _Agent(),
        "env": _Env(answers),
        "state": numbers(),
        "is_reset": is_reset,
    }


def _as_step(step: Any) -> Any:
    """Return a function that takes a step, and gives what was stored and returned."""
    if not callable(step):
        return step

    @wraps(step)
    def taken(agent: Any, env: Any, state: Any, is_reset: Any) -> dict[str, Any]:
        result = step(agent, env, state, is_reset)
        rows = agent.experience_memory.rows
        if not env.actions:
            raise Wrong("no step")
        if len(env.actions) > 1:
            raise Wrong("two steps")
        if not rows:
            raise Wrong("nothing stored")
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise Wrong("no pair")
        names = "state action reward next_state terminated truncated is_reset".split()
        stored = {f"stored {n}": v for n, v in zip(names, rows[0], strict=True)}
        flags = np.asarray(result[1])
        return stored | {"state": np.asarray(result[0]), "is_reset": flags}

    return taken


def _step(
    row: Function = lambda old, new, over, cut, reset: (old, new, over, cut, reset),
    back: Function = lambda old, new, over, cut: (new, over | cut),
    is_training: bool = True,
) -> Function:
    """Return a step made of rules: what is stored, and what is handed on."""

    def step(agent: Any, env: Any, state: Any, is_reset: Any) -> tuple[Any, Any]:
        action = agent.select_action(state, is_training)
        new, reward, over, cut, _ = env.step(action)
        old, end, *flags = row(state, new, over, cut, is_reset)
        agent.experience_memory.store(old, action, reward, end, *flags)
        result: tuple[Any, Any] = back(state, new, over, cut)
        return result

    return step


act_and_store = Exercise(
    "act_and_store",
    HERE,
    minutes=10,
    difficulty=2,
    solution=_step(),
    judge=by_values(
        _sample_vector_step,
        _as_step(_step()),
        [
            (key, _as_step(wrong))
            for key, wrong in (
                ("state lost", _step(lambda s, n, o, c, r: (n, n, o, c, r))),
                ("no reset flag", _step(lambda s, n, o, c, r: (s, n, o, c))),
                ("reset too early", _step(lambda s, n, o, c, r: (s, n, o, c, o | c))),
                ("flags exchanged", _step(lambda s, n, o, c, r: (s, n, c, o, r))),
                ("flags merged", _step(lambda s, n, o, c, r: (s, n, o | c, c, r))),
                ("only terminated", _step(back=lambda s, n, o, c: (n, o))),
                ("stands still", _step(back=lambda s, n, o, c: (s, o | c))),
                ("does not explore", _step(is_training=False)),
            )
        ],
        seen_as=_as_step,
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
