"""The exercises of 02_q_learning."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.common import around, known
from dqn_tutorial.classroom.check.exercise import Exercise, Trait, by_values, choice
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.classroom.check.values import agree, as_array
from dqn_tutorial.mdp import Array

HERE = "02_q_learning"
Function = Callable[..., Any]

FLOOR = {
    "A": (
        "The cell below the figure compares the third with the last quarter of the run"
        " for alpha = 0.1: equally far from q*. And the curve of 0.5 is level from"
        " early on."
    ),
    "B": (
        "The falling step size learned from random actions too, and came within 0.2 of"
        " q* in all 32 runs."
    ),
    "C": (
        "The falling step size bootstraps from its own table too, and its curve goes on"
        " falling."
    ),
}
step_size_floor = Exercise(
    "step_size_floor", HERE, minutes=5, difficulty=1, judge=choice(FLOOR, right="D")
)


def _draw_step(rng: np.random.Generator) -> dict[str, Any]:
    """A table, S above A, and one transition in it; actions other than 0, values of
    both signs.
    """
    n_states, n_actions = ((4, 3), (5, 2), (6, 2))[rng.integers(3)]
    q, state = rng.normal(size=(n_states, n_actions)) - 0.5, int(rng.integers(n_states))
    action, move = int(rng.integers(1, n_actions)), int(rng.integers(-2, n_states))
    stays = move < 0
    # stay where the best action was taken: who writes first and reads then reads
    # another maximum
    if stays:
        q[state, action], move = q[state].max() + 2, 0
    return {
        "q": q,
        "state": state,
        "action": action,
        "reward": float(rng.normal()),
        "next_state": (state + move) % n_states,
        "terminated": bool(rng.random() < 0.4) and not stays,
        "alpha": float(rng.uniform(0.1, 0.4)),
        "gamma": float(rng.uniform(0.6, 0.95)),
    }


@around
def _returning(answer: Callable[..., Any], q: Array, *given: Any) -> Any:
    """Make of an update in place one that returns the table; refuse two tables that
    differ.
    """
    before = q.copy()
    result = answer(q, *given)
    table = as_array(result)
    if (
        table is not None
        and table.shape == q.shape
        and not (agree(q, before) or agree(table, q))
    ):
        raise Wrong("two tables", UPDATE["two tables"])
    return q if result is None else result


def _entry(rule: Function) -> Function:
    """Return an update in which the entry becomes rule(q, s, a, r, t, end, alpha, g), t
    being the next state.
    """

    def update(q: Array, s: int, a: int, *given: Any) -> Array:
        new = q.copy()
        new[s, a] = rule(q, s, a, *given)
        return new

    return update


def _towards(target: Function) -> Function:
    """Return an update by alpha times the TD error of target(q, s, a, r, t, end, g)."""
    return _entry(
        lambda q, s, a, r, t, end, alpha, g: (
            q[s, a] + alpha * (target(q, s, a, r, t, end, g) - q[s, a])
        )
    )


def _y(q: Array, s: int, a: int, r: float, t: int, end: bool, g: float) -> float:
    return float(r + g * (not end) * q[t].max())


def _target_with(f: Function, masked: bool) -> Function:
    return _towards(
        lambda q, s, a, r, t, end, g: f(q, s, a, r, t, g, not (end and masked))
    )


def _step_with(f: Function) -> Function:
    return _entry(
        lambda q, s, a, r, t, end, alpha, g: f(
            q[s, a], _y(q, s, a, r, t, end, g), alpha
        )
    )


def _moves_others(result: Any, inputs: Mapping[str, Any]) -> bool:
    table, q = as_array(result), inputs["q"].copy()
    if table is None or table.shape != q.shape:
        return False
    q[inputs["state"], inputs["action"]] = table[inputs["state"], inputs["action"]]
    return not np.allclose(table, q, 1e-6, 1e-6)


def _twice(
    q: Array, s: int, a: int, r: float, t: int, end: bool, alpha: float, g: float
) -> Array:
    new = q.copy()
    new[s, a] += alpha * (r - new[s, a])
    new[s, a] += alpha * g * (not end) * new[t].max()
    return new


UPDATE = {
    "nothing changed": (
        "The table is the same as before. If you have made a new one, return it. (A"
        " number taken out of q is a copy.)"
    ),
    "two tables": (
        "You return a new table, and `q` has changed too, in another way. Either change"
        " `q` in place or leave it alone: others may still need it."
    ),
    "skips the last step": (
        "You change nothing where the episode has terminated. That step brought a"
        " reward to learn."
    ),
    "ignores terminated": (
        "You bootstrap from terminal states too. Nothing follows the end, whatever the"
        " table says."
    ),
    "mask inverted": (
        "Your mask is the wrong way round: you bootstrap where the episode terminated"
        " and nowhere else."
    ),
    "bits inverted": (
        "`terminated` is a Python bool here, and `~True` is -2. Say `(not terminated)`,"
        " in brackets."
    ),
    "reward masked": (
        "Your mask multiplies the reward too. The last reward counts; only what would"
        " follow it is 0."
    ),
    "no discount": (
        "The next value enters in full. What comes one step later counts gamma times as"
        " much."
    ),
    "reward discounted": (
        "Your gamma multiplies the reward too. The reward comes with this step and"
        " counts in full."
    ),
    "same action": (
        "You value in s' the action just taken in s. The target wants the best action"
        " there."
    ),
    "row of the state": (
        "Your maximum is over the actions of the state you come from. It belongs to the"
        " next state."
    ),
    "action for value": (
        "`argmax` gives the number of the best action. The target needs its value."
    ),
    "no step size": (
        "You write the target itself into the table. One sample is noisy: go the share"
        " alpha of the way."
    ),
    "last step in full": (
        "Where the episode ends you write the reward itself into the table. That step"
        " too goes only the share alpha of the way."
    ),
    "reads what it wrote": (
        "You change the entry twice, and the second time read what the first has"
        " written. Where s' is s itself, that is another value: compute the whole"
        " target first."
    ),
    "mean for maximum": (
        "You average over the actions in s'. The target wants the best action there."
    ),
    "minimum for maximum": (
        "You value s' by its worst action. The target wants the best action there."
    ),
    "one maximum": (
        "You take the largest value of the whole table. The target wants the best"
        " action in s'."
    ),
    "brackets": (
        "Your alpha multiplies the reward alone. It belongs before the whole TD error,"
        " in brackets."
    ),
    "shares swapped": (
        "You keep the share alpha of the old value. It is the other way round: alpha of"
        " the target."
    ),
    "old value kept whole": (
        "You add a share of the target and keep the old value whole. The shares must"
        " sum to 1."
    ),
    "old value lost": (
        "You store alpha times the TD error. That is the step; the new value is the old"
        " one plus it."
    ),
    "wrong way": (
        "Your step leads away from the target. The way to it is target minus old value."
    ),
}
_wrong_updates = (
    ("nothing changed", _entry(lambda q, s, a, *given: q[s, a])),
    (
        "skips the last step",
        _towards(
            lambda q, s, a, r, t, end, g: q[s, a] if end else _y(q, s, a, r, t, end, g)
        ),
    ),
    (
        "last step in full",
        _entry(
            lambda q, s, a, r, t, end, b, g: (
                r if end else q[s, a] + b * (_y(q, s, a, r, t, end, g) - q[s, a])
            )
        ),
    ),
    (
        "mask inverted",
        _towards(lambda q, s, a, r, t, end, g: _y(q, s, a, r, t, not end, g)),
    ),
    (
        "bits inverted",
        _towards(
            lambda q, s, a, r, t, end, g: r + g * (-2 if end else -1) * q[t].max()
        ),
    ),
    (
        "reward masked",
        _towards(lambda q, s, a, r, t, end, g: (not end) * _y(q, s, a, r, t, end, g)),
    ),
    ("no step size", _step_with(lambda old, y, alpha: y)),
    ("old value kept whole", _step_with(lambda old, y, alpha: old + alpha * y)),
    ("old value lost", _step_with(lambda old, y, alpha: alpha * (y - old))),
    ("wrong way", _step_with(lambda old, y, alpha: old - alpha * (y - old))),
    ("shares swapped", _step_with(lambda old, y, alpha: alpha * old + (1 - alpha) * y)),
    (
        "brackets",
        _entry(
            lambda q, s, a, r, t, end, alpha, g: alpha * r + g * (not end) * q[t].max()
        ),
    ),
    ("reads what it wrote", _twice),
)
_wrong_targets: tuple[tuple[str, Function], ...] = (  # with the mask m, and without
    ("no discount", lambda q, s, a, r, t, g, m: r + m * q[t].max()),
    ("reward discounted", lambda q, s, a, r, t, g, m: g * (r + m * q[t].max())),
    ("same action", lambda q, s, a, r, t, g, m: r + g * m * q[t, a]),
    ("row of the state", lambda q, s, a, r, t, g, m: r + g * m * q[s].max()),
    ("action for value", lambda q, s, a, r, t, g, m: r + g * m * q[t].argmax()),
    ("mean for maximum", lambda q, s, a, r, t, g, m: r + g * m * q[t].mean()),
    ("minimum for maximum", lambda q, s, a, r, t, g, m: r + g * m * q[t].min()),
    ("one maximum", lambda q, s, a, r, t, g, m: r + g * m * q.max()),
    ("ignores terminated", lambda q, s, a, r, t, g, m: r + g * q[t].max()),
)
_known_updates = [
    *known(UPDATE, *_wrong_updates),
    *known(
        UPDATE,
        *[
            (key, _target_with(f, masked))
            for key, f in _wrong_targets
            for masked in (True, False)
        ],
    ),
]
_one_pair = (
    "You change other entries than that of `state` and `action`. One step tells"
    " something about one pair."
)
_no_table = (
    "You return one number. Return the table, or change it in place and return nothing."
)
_traits = [
    Trait("other entries", _one_pair, _moves_others),
    Trait(
        "one number",
        _no_table,
        lambda value, inputs: as_array(value) is not None and np.ndim(value) == 0,
    ),
]


def _judge_update(answer: Any, rng: np.random.Generator) -> None:
    by_values(_draw_step, _towards(_y), _known_updates, _traits, ("q",))(
        _returning(answer), rng
    )


table_update = Exercise(
    "table_update", HERE, minutes=10, difficulty=2, judge=_judge_update
)
