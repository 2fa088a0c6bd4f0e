"""Parts of an update of Q-learning, and what goes wrong in them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.classroom.check.misconceptions import around, flawed
from dqn_tutorial.classroom.check.values import agree, as_array
from dqn_tutorial.mdp import Array

# wrong parts that the targets of Q-learning and of Expected SARSA have in common
TARGET_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ignores terminated", {"keep": lambda end: True}),
    ("mask inverted", {"keep": lambda end: end}),
    ("bits inverted", {"keep": lambda end: -2 if end else -1}),
    ("no bootstrap", {"keep": lambda end: False}),
    ("reward masked", {"reward": lambda r, end, g: r * (not end)}),
    ("reward discounted", {"reward": lambda r, end, g: g * r}),
    ("reward weighted", {"reward": lambda r, end, g: (1 - g) * r}),
    ("reward left out", {"reward": lambda r, end, g: 0}),
    ("reward only at the end", {"reward": lambda r, end, g: r * end}),
    ("reward subtracted", {"reward": lambda r, end, g: -r}),
    ("reward clipped", {"reward": lambda r, end, g: np.clip(r, -1, 1)}),
    ("reward clipped", {"reward": lambda r, end, g: np.sign(r)}),
    ("no discount", {"discount": lambda g: 1.0}),
    ("discounted twice", {"discount": lambda g: g * g}),
    ("next value subtracted", {"discount": lambda g: -g}),
    ("gamma from 1", {"discount": lambda g: 1 - g}),
)


def by_name(names: str, *cases: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Return inputs by name; what is a list is an array."""
    return [
        {
            name: np.array(value) if isinstance(value, list) else value
            for name, value in zip(names.split(), case, strict=True)
        }
        for case in cases
    ]


def sample_step(rng: np.random.Generator) -> dict[str, Any]:
    """A table, S above A, and one transition in it; actions other than 0, values of
    both signs.
    """
    n_states, n_actions = ((4, 3), (5, 2), (3, 4))[rng.integers(3)]
    q = rng.normal(size=(n_states, n_actions)).round(2) - 0.5
    state = int(rng.integers(n_states))
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
        "reward": round(float(rng.normal(scale=2)), 1),
        "next_state": (state + move) % n_states,
        "terminated": bool(rng.random() < 0.4) and not stays and move != 0,
        "alpha": round(float(rng.uniform(0.1, 0.4)), 2),
        "gamma": round(float(rng.uniform(0.6, 0.95)), 2),
    }


STEPS = by_name(
    "q state action reward next_state terminated alpha gamma",
    ([[2.0, 1.0], [4.0, 3.0]], 0, 1, 2.0, 1, False, 0.5, 0.5),
    ([[2.0, 1.0], [4.0, 3.0]], 0, 1, 2.0, 1, True, 0.5, 0.5),
    ([[1.0, 4.0], [2.0, 3.0]], 0, 1, 1.0, 0, False, 0.5, 0.5),  # stays, the best
    ([[-1.0, -2.0], [-4.0, -3.0]], 0, 1, 3.0, 1, False, 0.5, 1.0),
    ([[2.0, 1.0], [3.0, 4.0], [0.0, 1.0]], 2, 1, -1.0, 1, False, 1.0, 0.5),
    ([[4.0], [1.0]], 1, 0, 2.0, 0, False, 0.25, 0.5),  # one action
)


@around
def returning(answer: Function, q: Array, *given: Any) -> Any:
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
        raise Wrong("two tables")
    return q if result is None else result


def _towards(own: float, old: float, r: float, f: float, b: float, end: bool) -> float:
    return own + b * (r + f - old)


def update_of(
    reward: Function = lambda r, end, g: r,
    discount: Function = lambda g: g,
    keep: Function = lambda end: not end,
    read: Function = lambda own, r, b: own,
    value: Function = lambda q, s, a, t: q[t].max(),
    old: Function = lambda q, s, a, t, g, f: q[s, a],
    step: Function = _towards,
) -> Function:
    """Return an update of Q-learning made of parts.

    Args:
        reward: what of it enters the target.
        discount: the factor of what follows.
        keep: whether it counts.
        read: what stands in the entry when the target reads the table.
        value: of the next state.
        old: what is subtracted from the target; it knows the two factors, without
            and with the mask.
        step: the new entry, from its own old value, what is subtracted, the reward,
            what follows, the step size and whether the episode ended.
    """

    def update(
        q: Array, s: int, a: int, r: float, t: int, end: bool, b: float, g: float
    ) -> Array:
        new, own = q.copy(), q[s, a]
        new[s, a] = read(own, r, b)
        factor = discount(g) * keep(end)
        less, future = old(q, s, a, t, g, factor), factor * value(new, s, a, t)
        new[s, a] = step(own, less, reward(r, end, g), future, b, end)
        return new

    return update


UPDATE_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    *TARGET_FLAWS,
    ("same action", {"value": lambda q, s, a, t: q[t, a]}),
    ("first action", {"value": lambda q, s, a, t: q[t, 0]}),
    ("row of the state", {"value": lambda q, s, a, t: q[s].max()}),
    ("best action of the state", {"value": lambda q, s, a, t: q[t, q[s].argmax()]}),
    ("the entry itself", {"value": lambda q, s, a, t: q[s, a]}),
    ("action for value", {"value": lambda q, s, a, t: q[t].argmax()}),
    ("mean for maximum", {"value": lambda q, s, a, t: q[t].mean()}),
    ("sum for maximum", {"value": lambda q, s, a, t: q[t].sum()}),
    ("minimum for maximum", {"value": lambda q, s, a, t: q[t].min()}),
    ("one maximum", {"value": lambda q, s, a, t: q.max()}),
    ("column for row", {"value": lambda q, s, a, t: q[:, a].max()}),
    ("column for row", {"value": lambda q, s, a, t: q[:, t].max()}),
    ("maximum from 0", {"value": lambda q, s, a, t: max(q[t].max(), 0)}),
    ("size for value", {"value": lambda q, s, a, t: np.abs(q[t]).max()}),
    ("reads what it wrote", {"read": lambda own, r, b: own + b * (r - own)}),
    ("reads what it wrote", {"read": lambda own, r, b: (1 - b) * own}),
    ("reads what it wrote", {"read": lambda own, r, b: own + b * r}),
    ("old value kept whole", {"old": lambda *given: 0}),
    ("old value discounted", {"old": lambda q, s, a, t, g, f: g * q[s, a]}),
    ("old value discounted", {"old": lambda q, s, a, t, g, f: f * q[s, a]}),
    ("other value subtracted", {"old": lambda q, s, a, t, *_: q[t, a]}),
    ("other value subtracted", {"old": lambda q, s, a, t, *_: q[t].max()}),
    ("best value subtracted", {"old": lambda q, s, a, t, *_: q[s].max()}),
    ("nothing changed", {"step": lambda own, old, r, f, b, end: own}),
    (
        "skips the last step",
        {
            "step": lambda own, *given: own if given[-1] else _towards(own, *given),
        },
    ),
    (
        "only the last step",
        {
            "step": lambda own, *given: _towards(own, *given) if given[-1] else own,
        },
    ),
    (
        "old value kept at the end",
        {
            "step": lambda own, old, r, f, b, end: _towards(
                own, 0 if end else old, r, f, b, end
            )
        },
    ),
    (
        "error squared",
        {"step": lambda own, old, r, f, b, end: own + b * (r + f - old) ** 2},
    ),
    (
        "last step in full",
        {
            "step": lambda own, old, r, f, b, end: _towards(
                own, old, r, f, 1 if end else b, end
            )
        },
    ),
    ("no step size", {"step": lambda own, old, r, f, b, end: own + r + f - old}),
    ("old value lost", {"step": lambda own, old, r, f, b, end: b * (r + f - old)}),
    ("old share lost", {"step": lambda own, old, r, f, b, end: b * (r + f)}),
    ("wrong way", {"step": lambda own, old, r, f, b, end: own - b * (r + f - old)}),
    (
        "shares swapped",
        {"step": lambda own, old, r, f, b, end: b * own + (1 - b) * (r + f)},
    ),
    ("target in full", {"step": lambda own, old, r, f, b, end: (1 - b) * own + r + f}),
    ("brackets", {"step": lambda own, old, r, f, b, end: own + b * r + f - old}),
    ("brackets", {"step": lambda own, old, r, f, b, end: own + b * r + f}),
    ("brackets", {"step": lambda own, old, r, f, b, end: own + r + b * (f - old)}),
    ("brackets", {"step": lambda own, old, r, f, b, end: r + b * (f - old)}),
    ("brackets", {"step": lambda own, old, r, f, b, end: own + b * (r - old) + f}),
    (
        "step doubled",
        {"step": lambda own, old, r, f, b, e: own + 2 * b * (r + f - old)},
    ),
    ("only upwards", {"step": lambda own, *given: max(own, _towards(own, *given))}),
    (
        "sizes added",
        {"step": lambda own, old, r, f, b, end: own + b * abs(r + f - old)},
    ),
)


def _both_at_the_end(
    q: Array, s: int, a: int, r: float, t: int, end: bool, b: float, g: float
) -> Array:
    new = np.asarray(update_of()(q, s, a, r, t, end, b, g))
    if end:
        new[s, a] += b * (r + g * new[t].max() - new[s, a])
    return new


def _full_and_both(
    q: Array, s: int, a: int, r: float, t: int, end: bool, b: float, g: float
) -> Array:
    new = q.copy()
    new[s, a] = r if end else q[s, a]
    new[s, a] += b * (r + g * new[t].max() - new[s, a])
    return new


WRONG_UPDATES: tuple[tuple[str, Function], ...] = (
    *flawed(update_of, UPDATE_FLAWS),
    (
        "reward times value",
        lambda q, s, a, r, t, end, b, g: update_of(
            lambda *_: 0, lambda g: r + g, lambda end: not end
        )(q, s, a, r, t, end, b, g),
    ),
    (
        "reward times value + ignores terminated",
        lambda q, s, a, r, t, end, b, g: update_of(
            lambda *_: 0, lambda g: r + g, lambda end: True
        )(q, s, a, r, t, end, b, g),
    ),
    ("goes on after the end", _both_at_the_end),
    ("goes on after the end", _full_and_both),
    (
        "alpha and gamma exchanged",
        lambda q, s, a, r, t, end, b, g: update_of()(q, s, a, r, t, end, g, b),
    ),
)


def clears_the_end(result: Any, inputs: Mapping[str, Any]) -> bool:
    """Say whether the row of a terminal state is set to 0."""
    table, (q, s, a, _, t, end, *_) = as_array(result), inputs.values()
    if not end or table is None or table.shape != q.shape or (table[t] != 0).any():
        return False
    others = np.ones(q.shape, bool)
    others[t], others[s, a] = False, False
    return bool(np.isclose(table, q, 1e-6, 1e-6)[others].all())


def loses_others(result: Any, inputs: Mapping[str, Any]) -> bool:
    """Say whether all entries but that of state and action are 0."""
    table, (q, s, a, *_) = as_array(result), inputs.values()
    if table is None or table.shape != q.shape or q.size < 4:
        return False
    others = np.ones(q.shape, bool)
    others[s, a] = False
    return not table[others].any()


def moved(fits: Function) -> Function:
    """Return a trait: another entry than that of state and action changed, and the set
    of all places that changed fits (places, s, a, t).
    """

    def has(result: Any, inputs: Mapping[str, Any]) -> bool:
        table, (q, s, a, _, t, *_) = as_array(result), inputs.values()
        if table is None or table.shape != q.shape:
            return False
        where = np.argwhere(~np.isclose(table, q, 1e-6, 1e-6))
        places = {(int(row), int(column)) for row, column in where}
        return bool(places - {(s, a)}) and bool(fits(places, s, a, t))

    return has
