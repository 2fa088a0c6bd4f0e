"""The exercises of 06_agent."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.common import known
from dqn_tutorial.classroom.check.exercise import Exercise, by_values, choice
from dqn_tutorial.classroom.check.frequencies import Table, flaw_of_chance
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe

HERE = "06_agent"
PLAYED = {
    "A": (
        "The Q-values are near Q* at the end, for every seed. They were trained long"
        " enough."
    ),
    "C": (
        "That makes scores and Q-values differ in size, for any policy. It does not"
        " make one policy's returns lower than those of another."
    ),
    "D": (
        "If that were so, their distance to Q* would be large. It was measured, and it"
        " is small."
    ),
}
behaviour_return = Exercise(
    "behaviour_return", HERE, minutes=5, difficulty=1, judge=choice(PLAYED, right="B")
)


def _draw_step(rng: np.random.Generator) -> dict[str, Any]:
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


EPSILON = {
    "never flat": (
        "Your line goes on falling after `duration` steps, below `end` and in the end"
        " below 0. From there on it should be flat."
    ),
    "towards zero": (
        "Your line heads for 0 and is cut off at `end`, so it is flat too early. It"
        " reaches `end` at step `duration`."
    ),
    "falls from 1": (
        "Your line falls by 1 over `duration` steps. It has only the way from `start`"
        " to `end` to fall."
    ),
    "towards nothing": "Your line falls from `start` to 0. It should end at `end`.",
    "upside down": (
        "Your line begins at `end` and rises to `start`. Exploration is to fall."
    ),
    "one jump": (
        "Your epsilon stays at `start` and then jumps to `end`. Whole-number division"
        " of the steps does that."
    ),
    "starts over": (
        "Your line starts over after `duration` steps. It falls once; then epsilon"
        " stays at `end`."
    ),
    "one step off": (
        "Your line is off by one step. From `start` at step 0 to `end` at step"
        " `duration` it falls `duration` times, each time by as much."
    ),
    "starts at 1": "Your line begins at 1. It should begin at `start`.",
    "a curve": (
        "Your epsilon falls by a constant factor, which is a curve. Asked for is a"
        " straight line."
    ),
}


def _line(share: Callable[[int, int], float]) -> Callable[..., float]:
    """Return a schedule that has gone this share of the way from `start` to `end`, but
    never more than all of it.
    """
    return lambda t, start, end, duration: (
        start + (end - start) * min(share(t, duration), 1.0)
    )


_wrong_schedules: list[tuple[str, Callable[..., Any]]] = [
    (
        "never flat",
        lambda t, start, end, duration: start + (end - start) * t / duration,
    ),
    (
        "towards zero",
        lambda t, start, end, duration: max(end, start * (1 - t / duration)),
    ),
    ("falls from 1", lambda t, start, end, duration: max(end, start - t / duration)),
    (
        "towards nothing",
        lambda t, start, end, duration: start * (1 - min(t / duration, 1)),
    ),
    (
        "upside down",
        lambda t, start, end, duration: end + (start - end) * min(t / duration, 1),
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
        lambda t, start, end, duration: start * (end / start) ** min(t / duration, 1),
    ),
]
epsilon_at = Exercise(
    "epsilon_at",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _draw_step,
        _line(lambda t, duration: t / duration),
        known(EPSILON, *_wrong_schedules),
    ),
)

ACTIONS = {
    "one for each action": (
        "You return one number for each action: the maximum ran over the states. Each"
        " state asks for the best of its own actions, along the last axis."
    ),
    "other shape": "Return one action for each state, shape [B]",
    "float actions": "Your actions are floats. An action is an index, a whole number.",
    "no such action": (
        "You return actions that do not exist. With A actions they are 0 to A - 1."
    ),
    "explores when measured": (
        "You explore with `is_training=False`. The policy is measured there: nothing is"
        " left to chance."
    ),
    "greedy when told to explore": (
        "At epsilon = 1 you are still greedy in every state. All should be chance."
    ),
    "epsilon inverted": (
        "Your coin is the wrong way round: at epsilon = 0 all is chance. Epsilon is the"
        " probability of a random action."
    ),
    "not greedy": (
        "At epsilon = 0 your action is not always the one with the largest Q-value of"
        " its state."
    ),
    "one coin": (
        "One coin falls for the whole batch: all states explore together or none does."
        " Each needs its own."
    ),
    "one random action": (
        "All states of a batch that explore take the same action. Each draws one."
    ),
    "never hits the greedy": (
        "Your random actions leave out the greedy one. Chance takes any action, each as"
        " likely, and may hit the greedy one too."
    ),
    "action left out": (
        "There is an action that chance never takes. An upper bound of `integers` is"
        " itself not drawn."
    ),
    "fixed number": (
        "As many states explore in each batch. With a coin for each state the number"
        " varies."
    ),
    "uneven": (
        "By chance some actions come much more often than others. Each should be as"
        " likely."
    ),
    "other probability": (
        "The share of actions that are not greedy is wrong. A coin falls with"
        " probability epsilon, and then each of the A actions is as likely."
    ),
    "another generator": (
        "Two calls with generators of the same seed give different actions: your chance"
        " comes from elsewhere, and no run can be repeated. Use `rng`."
    ),
    "own seed": (
        "Generators of different seeds give the same actions: your code has a seed of"
        " its own. Use `rng`."
    ),
    "dealt out": (
        "By chance each action comes about as often as the others in every batch, as if"
        " dealt in turn or from a deck. With a draw for each state the numbers vary."
    ),
    "actions shared": (
        "States share their random actions: one draw serves several of them. Each draws"
        " its own."
    ),
    "coins shared": (
        "States share their coins: whether one explores tells whether another does."
        " Each needs its own."
    ),
}


def _wrong(key: str) -> Wrong:
    return Wrong(key, ACTIONS[key])


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
            raise _wrong("one for each action")
        raise Wrong(
            "other shape", f"{ACTIONS['other shape']}; you return {describe(result)}."
        )
    if action.dtype.kind == "f":
        raise _wrong("float actions")
    if action.dtype.kind not in "iu":
        raise Wrong(
            "other type",
            f"Return whole numbers, shape [B]; you return {describe(result)}.",
        )
    if action.min() < 0 or action.max() >= n_actions:
        raise _wrong("no such action")
    return action


def _judge_actions(answer: Any, rng: np.random.Generator) -> None:
    own = guarded(answer)

    def table(n_states: int, n_actions: int) -> Table:
        q_values = rng.normal(size=(n_states, n_actions)) - 1.5
        return q_values, q_values.argmax(-1), int(rng.integers(1 << 30))

    q_values, greedy, seed = table(2_000, 5)
    at_0, at_1 = _choose(own, q_values, 0.0, seed), _choose(own, q_values, 1.0, seed)
    measured = _choose(own, q_values, 0.9, seed, is_training=False)
    if (at_1 == greedy).all():
        raise _wrong(
            "epsilon inverted"
            if (at_0 != greedy).any()
            else "greedy when told to explore"
        )
    if (at_0 != greedy).any():
        raise _wrong("not greedy")
    if (measured != greedy).any():
        raise _wrong("explores when measured")
    first, again, *others = (
        _choose(own, q_values[:50], 0.5, seed + k) for k in (0, *range(17))
    )
    if not np.array_equal(first, again):
        raise _wrong("another generator")
    if all(np.array_equal(first, other) for other in others):
        raise _wrong("own seed")
    tables = [table(60, int(n_actions)) for n_actions in rng.integers(3, 6, size=150)]
    if key := flaw_of_chance(partial(_choose, own), tables):
        raise _wrong(key)


choose_actions = Exercise(
    "choose_actions", HERE, minutes=15, difficulty=2, judge=_judge_actions
)
