"""The exercises of 02_q_learning."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import around
from dqn_tutorial.classroom.check.values import agree, as_array, shown
from dqn_tutorial.mdp import Array

HERE = "02_q_learning"
step_size_floor = Exercise(
    "step_size_floor",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["step_size_floor"], right="D"),
)


def _sample_step(rng: np.random.Generator) -> dict[str, Any]:
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
def _returning(answer: Function, q: Array, *given: Any) -> Any:
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
table_update = Exercise(
    "table_update",
    HERE,
    minutes=10,
    difficulty=2,
    judge=by_values(
        _sample_step,
        _towards(_y),
        [
            *_wrong_updates,
            *(
                (key, _target_with(f, masked))
                for key, f in _wrong_targets
                for masked in (True, False)
            ),
        ],
        [
            ("other entries", _moves_others),
            (
                "one number",
                lambda value, inputs: (
                    as_array(value) is not None and np.ndim(value) == 0
                ),
            ),
        ],
        inputs_it_changes=("q",),
        seen_as=_returning,
    ),
)


N_CALLS = 3_000
CLOSE = 0.045  # five standard deviations of a frequency among so many calls
# q_values and epsilon give the probability of each action
Law = Callable[[Array, float], Array]


def _law(
    greedy: Function = np.argmax, explored: Function = lambda n, best, e: np.ones(n)
) -> Law:
    def law(q: Array, epsilon: float) -> Array:
        best = int(greedy(q))
        weights = explored(len(q), best, epsilon)
        return np.asarray(
            epsilon * weights / weights.sum() + (1 - epsilon) * np.eye(len(q))[best]
        )

    return law


def _two_coins(left: Function) -> Law:
    """Return what comes of a second coin for the greedy action, with the action that is
    left where neither falls.
    """

    def law(q: Array, epsilon: float) -> Array:
        missed = epsilon * (1 - epsilon)
        return np.asarray(
            _law()(q, epsilon)
            + missed * (np.eye(len(q))[left(q)] - np.eye(len(q))[q.argmax()])
        )

    return law


LAWS: list[tuple[str, Law]] = [
    ("epsilon inverted", lambda q, e: _law()(q, 1 - e)),
    ("greedy action left out", _law(explored=lambda n, best, e: 1 - np.eye(n)[best])),
    ("first action left out", _law(explored=lambda n, best, e: 1 - np.eye(n)[0])),
    ("last action left out", _law(explored=lambda n, best, e: 1 - np.eye(n)[-1])),
    ("always greedy", lambda q, e: _law()(q, 0)),
    ("always random", lambda q, e: _law()(q, 1)),
    ("smallest value", _law(np.argmin)),
    ("maximum from 0", _law(lambda q: q.clip(0).argmax())),
    ("size for value", _law(lambda q: np.abs(q).argmax())),
    (
        "one number twice",
        _law(explored=lambda n, best, e: np.clip((e or 1) * n - np.arange(n), 0, 1)),
    ),
    ("two coins", _two_coins(lambda q: 0)),
    ("two coins", _two_coins(lambda q: -1)),
]


@around
def _many(
    answer: Function,
    q_values: Array,
    epsilon: float,
    rng: np.random.Generator,
) -> Any:
    """Make of a choice one that returns many, and the first of them once more from the
    same state of the generator.
    """
    again = copy.deepcopy(rng)
    before = copy.deepcopy(again.bit_generator.state)
    actions = [answer(q_values, epsilon, rng) for _ in range(N_CALLS)]
    return {
        "actions": actions,
        "again": [answer(q_values, epsilon, again) for _ in range(50)],
        "is still": again.bit_generator.state == before,
    }


def _plan(rng: np.random.Generator) -> list[tuple[float, ...]]:
    """Return numbers of actions, greedy actions, their values and epsilons of the
    cases.

    Where both branches are at work the greedy actions differ and none is the first, one
    is the last, and once all values are negative: nothing fixed does for them.
    """
    n, best = np.transpose(rng.permutation([(4, 1), (3, 2), (5, 3)])).tolist()
    return [
        (3, 4, *n),
        (0, 2, *best),
        (0.5, 3.0, *rng.permutation([0.5, -0.5, 3.0]).tolist()),
        (0.0, 1.0, *rng.uniform(0.35, 0.6, 3)),
    ]


def _judge_choice(answer: Any, rng: np.random.Generator) -> None:
    cases, found, is_still = [], [], True
    for n, best, top, epsilon in zip(*_plan(rng), strict=True):
        case = (
            np.insert(rng.permutation(np.linspace(-2.0, top, n)[:-1]), best, top),
            float(epsilon),
        )
        result = guarded(_many(answer), ("rng",))(
            q_values=case[0], epsilon=case[1], rng=rng
        )
        actions = _whole(result["actions"], case[0])
        if not np.array_equal(actions[:50], _whole(result["again"], case[0])):
            raise Wrong("other generator")
        if (
            result["is still"]
            and 0 < epsilon < 1
            and (actions != case[0].argmax()).any()
        ):
            raise Wrong("generator made anew")
        is_still &= result["is still"]
        cases.append(case)
        found.append(np.bincount(actions, minlength=len(case[0])) / N_CALLS)

    def fits(law: Law) -> list[bool]:
        return [
            bool(np.abs(share - law(*case)).max() < CLOSE)
            for share, case in zip(found, cases, strict=True)
        ]

    if all(right := fits(_law())):
        return
    for key, law in LAWS:
        if all(fits(law)):
            raise Wrong(key)
    if is_still:
        raise Wrong("generator made anew")
    (q, epsilon), share = cases[right.index(False)], found[right.index(False)]
    raise Wrong(
        "other frequencies",
        epsilon=epsilon,
        q=shown(q),
        calls=N_CALLS,
        found=shown(share),
        wanted=shown(_law()(q, epsilon)),
    )


def _whole(results: list[Any], q: Array) -> NDArray[np.int64]:
    """Return the actions as an array; refuse what is none."""
    if any(result is None for result in results):
        raise Wrong("returns nothing")
    for result in results:
        number = as_array(result)
        if (
            number is None
            or number.ndim
            or number.dtype.kind not in "iu"
            or not 0 <= number < len(q)
        ):
            key = (
                "value for action"
                if isinstance(result, float) and result in q
                else "no action"
            )
            found = f"`{result}`, a {type(result).__name__}"
            raise Wrong(key, n=len(q), found=found)
    return np.array([int(result) for result in results])


epsilon_greedy_action = Exercise(
    "epsilon_greedy_action", HERE, minutes=10, difficulty=2, judge=_judge_choice
)
