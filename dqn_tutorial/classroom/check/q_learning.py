"""The exercises of 02_q_learning."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.common import around, known
from dqn_tutorial.classroom.check.exercise import Exercise, Trait, by_values, choice
from dqn_tutorial.classroom.check.guard import Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, shown
from dqn_tutorial.mdp import Array

HERE = "02_q_learning"
N_DRAWS = 3_000
CLOSE = 0.045  # five standard deviations of a frequency among so many draws
Function = Callable[..., Any]

FLOOR = {
    "A": "The cell below the figure measures the third and the last quarter of these two curves: they are equally far "
    "from q*, so they have stopped falling.",
    "B": "The falling step size learned from random actions too, and came within 0.2 of q* in all 32 runs.",
    "C": "The falling step size bootstraps from its own table too, and its curve goes on falling.",
}
step_size_floor = Exercise("step_size_floor", HERE, minutes=5, difficulty=1, judge=choice(FLOOR, right="D"))


def _draw_step(rng: np.random.Generator) -> dict[str, Any]:
    """A table, S above A, and one transition in it; actions other than 0, values of both signs."""
    n_states, n_actions = ((4, 3), (5, 2), (6, 2))[rng.integers(3)]
    q, state = rng.normal(size=(n_states, n_actions)) - 0.5, int(rng.integers(n_states))
    action, move = int(rng.integers(1, n_actions)), int(rng.integers(-2, n_states))
    stays = move < 0
    if stays:  # stay where the best action was taken: who writes first and reads then reads another maximum
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
    """Make of an update in place one that returns the table."""
    result = answer(q, *given)
    return q if result is None else result


def _entry(rule: Function) -> Function:
    """Return an update in which the entry becomes rule(q, s, a, r, t, end, alpha, g), t being the next state."""

    def update(q: Array, s: int, a: int, *given: Any) -> Array:
        new = q.copy()
        new[s, a] = rule(q, s, a, *given)
        return new

    return update


def _towards(target: Function) -> Function:
    """Return an update by alpha times the TD error of target(q, s, a, r, t, end, g)."""
    return _entry(lambda q, s, a, r, t, end, alpha, g: q[s, a] + alpha * (target(q, s, a, r, t, end, g) - q[s, a]))


def _y(q: Array, s: int, a: int, r: float, t: int, end: bool, g: float) -> float:
    return float(r + g * (not end) * q[t].max())


def _target_with(f: Function, masked: bool) -> Function:
    return _towards(lambda q, s, a, r, t, end, g: f(q, s, a, r, t, g, not (end and masked)))


def _step_with(f: Function) -> Function:
    return _entry(lambda q, s, a, r, t, end, alpha, g: f(q[s, a], _y(q, s, a, r, t, end, g), alpha))


def _moves_others(result: Any, inputs: Mapping[str, Any]) -> bool:
    table, q = as_array(result), inputs["q"].copy()
    if table is None or table.shape != q.shape:
        return False
    q[inputs["state"], inputs["action"]] = table[inputs["state"], inputs["action"]]
    return not np.allclose(table, q, 1e-6, 1e-6)


def _twice(q: Array, s: int, a: int, r: float, t: int, end: bool, alpha: float, g: float) -> Array:
    new = q.copy()
    new[s, a] += alpha * (r - new[s, a])
    new[s, a] += alpha * g * (not end) * new[t].max()
    return new


UPDATE = {
    "nothing changed": "The table is the same as before. If you have made a new one, return it. (A number "
    "taken out of q is a copy.)",
    "skips the last step": "You change nothing where the episode has terminated. That step brought a reward to learn.",
    "ignores terminated": "You bootstrap from terminal states too. Nothing follows the end, whatever the table says.",
    "mask inverted": "Your mask is the wrong way round: you bootstrap where the episode terminated and nowhere else.",
    "bits inverted": "`terminated` is a Python bool here, and `~True` is -2. Say `(not terminated)`, in brackets.",
    "reward masked": "Your mask multiplies the reward too. The last reward counts; only what would follow it is 0.",
    "no discount": "The next value enters in full. What comes one step later counts gamma times as much.",
    "reward discounted": "Your gamma multiplies the reward too. The reward comes with this step and counts in full.",
    "same action": "You value in s' the action just taken in s. The target wants the best action there.",
    "row of the state": "Your maximum is over the actions of the state you come from. It belongs to the next state.",
    "action for value": "`argmax` gives the number of the best action. The target needs its value.",
    "no step size": "You write the target itself into the table. One sample is noisy: go the share alpha of the way.",
    "reads what it wrote": "You change the entry twice, and the second time read what the first has written. Where s' "
    "is s itself, that is another value: compute the whole target first.",
    "mean for maximum": "You average over the actions in s'. The target wants the best action there.",
    "one maximum": "You take the largest value of the whole table. The target wants the best action in s'.",
    "brackets": "Your alpha multiplies the reward alone. It belongs before the whole TD error, in brackets.",
    "shares swapped": "You keep the share alpha of the old value. It is the other way round: alpha of the target.",
    "old value kept whole": "You add a share of the target and keep the old value whole. The shares must sum to 1.",
    "old value lost": "You store alpha times the TD error. That is the step; the new value is the old one plus it.",
    "wrong way": "Your step leads away from the target. The way to it is target minus old value.",
}
_wrong_updates = (
    ("nothing changed", _entry(lambda q, s, a, *given: q[s, a])),
    ("skips the last step", _towards(lambda q, s, a, r, t, end, g: q[s, a] if end else _y(q, s, a, r, t, end, g))),
    ("mask inverted", _towards(lambda q, s, a, r, t, end, g: _y(q, s, a, r, t, not end, g))),
    ("bits inverted", _towards(lambda q, s, a, r, t, end, g: r + g * (-2 if end else -1) * q[t].max())),
    ("reward masked", _towards(lambda q, s, a, r, t, end, g: (not end) * _y(q, s, a, r, t, end, g))),
    ("no step size", _step_with(lambda old, y, alpha: y)),
    ("old value kept whole", _step_with(lambda old, y, alpha: old + alpha * y)),
    ("old value lost", _step_with(lambda old, y, alpha: alpha * (y - old))),
    ("wrong way", _step_with(lambda old, y, alpha: old - alpha * (y - old))),
    ("shares swapped", _step_with(lambda old, y, alpha: alpha * old + (1 - alpha) * y)),
    ("brackets", _entry(lambda q, s, a, r, t, end, alpha, g: alpha * r + g * (not end) * q[t].max())),
    ("reads what it wrote", _twice),
)
_wrong_targets: tuple[tuple[str, Function], ...] = (  # with the mask m, and without
    ("no discount", lambda q, s, a, r, t, g, m: r + m * q[t].max()),
    ("reward discounted", lambda q, s, a, r, t, g, m: g * (r + m * q[t].max())),
    ("same action", lambda q, s, a, r, t, g, m: r + g * m * q[t, a]),
    ("row of the state", lambda q, s, a, r, t, g, m: r + g * m * q[s].max()),
    ("action for value", lambda q, s, a, r, t, g, m: r + g * m * q[t].argmax()),
    ("mean for maximum", lambda q, s, a, r, t, g, m: r + g * m * q[t].mean()),
    ("one maximum", lambda q, s, a, r, t, g, m: r + g * m * q.max()),
    ("ignores terminated", lambda q, s, a, r, t, g, m: r + g * q[t].max()),
)
_known_updates = [
    *known(UPDATE, *_wrong_updates),
    *known(UPDATE, *[(key, _target_with(f, masked)) for key, f in _wrong_targets for masked in (True, False)]),
]
_one_pair = "You change other entries than that of `state` and `action`. One step tells something about one pair."
_no_table = "You return one number. Return the table, or change it in place and return nothing."
_traits = [
    Trait("other entries", _one_pair, _moves_others),
    Trait("one number", _no_table, lambda value, inputs: as_array(value) is not None and np.ndim(value) == 0),
]


def _judge_update(answer: Any, rng: np.random.Generator) -> None:
    by_values(_draw_step, _towards(_y), _known_updates, _traits, ("q",))(_returning(answer), rng)


table_update = Exercise("table_update", HERE, minutes=10, difficulty=2, judge=_judge_update)


GREEDY = {
    "returns nothing": "In some calls your function returns None. Does each branch end with a `return`?",
    "value for action": "You return a Q-value. Asked for is the number of an action.",
    "no action": "Asked for is one whole number from 0 to A - 1. With {n} actions you returned {found}.",
    "other generator": "Not all of your chance comes from `rng`: started anew in the same state, your choices differ.",
    "epsilon inverted": "Your coin is read the wrong way round: with probability epsilon the action is random.",
    "greedy action left out": "Your random actions never are the greedy one. Random means any of the A actions.",
    "first action left out": "Your random actions never are action 0. `rng.integers(1, n)` starts at 1.",
    "last action left out": "Your random actions never are the last one. `rng.integers(n)` stops at n - 1.",
    "generator made anew": "You leave `rng` alone. A generator made anew in each call repeats its first numbers.",
    "always greedy": "Your function never explores, whatever epsilon is.",
    "always random": "Your function acts at random whatever epsilon is, and never uses what has been learned.",
    "smallest value": "Your greedy action is that of the smallest Q-value.",
    "size for value": "Your greedy action has the largest Q-value without its sign. A large negative one is bad.",
    "one number twice": "One number decides whether to explore and which action. It is below epsilon then, so the "
    "first actions come up too often. Draw a second one.",
    "other frequencies": "With epsilon = {epsilon:.2f} and `q_values` {q}, {draws:,} calls gave the actions with the "
    "frequencies {found}; right is {wanted}.",
}
Law = Callable[[Array, float], Array]  # q_values and epsilon give the probability of each action


def _law(greedy: Function = np.argmax, explored: Function = lambda n, best, e: np.ones(n)) -> Law:
    def law(q: Array, epsilon: float) -> Array:
        best = int(greedy(q))
        weights = explored(len(q), best, epsilon)
        return np.asarray(epsilon * weights / weights.sum() + (1 - epsilon) * np.eye(len(q))[best])

    return law


LAWS: dict[str, Law] = {
    "epsilon inverted": lambda q, e: _law()(q, 1 - e),
    "greedy action left out": _law(explored=lambda n, best, e: 1 - np.eye(n)[best]),
    "first action left out": _law(explored=lambda n, best, e: 1 - np.eye(n)[0]),
    "last action left out": _law(explored=lambda n, best, e: 1 - np.eye(n)[-1]),
    "always greedy": lambda q, e: _law()(q, 0),
    "always random": lambda q, e: _law()(q, 1),
    "smallest value": _law(np.argmin),
    "size for value": _law(lambda q: np.abs(q).argmax()),
    "one number twice": _law(explored=lambda n, best, e: np.clip((e or 1) * n - np.arange(n), 0, 1)),
}


@around
def _many(answer: Callable[..., Any], q_values: Array, epsilon: float, rng: np.random.Generator) -> Any:
    """Make of a choice one that returns many, and the first of them once more from the same state of the generator."""
    again = copy.deepcopy(rng)
    before = copy.deepcopy(again.bit_generator.state)
    actions = [answer(q_values, epsilon, rng) for _ in range(N_DRAWS)]
    repeated = [answer(q_values, epsilon, again) for _ in range(50)]
    return {"actions": actions, "again": repeated, "is still": again.bit_generator.state == before}


def _judge_choice(answer: Any, rng: np.random.Generator) -> None:
    cases, found, is_still = [], [], True
    for epsilon, top in zip((0.0, 1.0, *rng.uniform(0.35, 0.6, 3)), (0.5, 3.0, 0.5, 3.0, 0.5), strict=True):
        case = (rng.permutation(np.linspace(-2.0, top, int(rng.integers(3, 6)))), float(epsilon))
        result = guarded(_many(answer), ("rng",))(q_values=case[0], epsilon=case[1], rng=rng)
        actions = _whole(result["actions"], case[0])
        if not np.array_equal(actions[:50], _whole(result["again"], case[0])):
            raise Wrong("other generator", GREEDY["other generator"])
        if result["is still"] and 0 < epsilon < 1 and (actions != case[0].argmax()).any():
            raise Wrong("generator made anew", GREEDY["generator made anew"])
        is_still &= result["is still"]
        cases.append(case)
        found.append(np.bincount(actions, minlength=len(case[0])) / N_DRAWS)

    def fits(law: Law) -> list[bool]:
        return [bool(np.abs(share - law(*case)).max() < CLOSE) for share, case in zip(found, cases, strict=True)]

    if all(right := fits(_law())):
        return
    for key, law in LAWS.items():
        if all(fits(law)):
            raise Wrong(key, GREEDY[key])
    if is_still:
        raise Wrong("generator made anew", GREEDY["generator made anew"])
    (q, epsilon), share = cases[right.index(False)], found[right.index(False)]
    words = {"epsilon": epsilon, "q": shown(q), "found": shown(share), "wanted": shown(_law()(q, epsilon))}
    raise Wrong("other frequencies", GREEDY["other frequencies"].format(draws=N_DRAWS, **words))


def _whole(results: list[Any], q: Array) -> NDArray[np.int64]:
    """Return the actions as an array; refuse what is none."""
    if any(result is None for result in results):
        raise Wrong("returns nothing", GREEDY["returns nothing"])
    for result in results:
        number = as_array(result)
        if number is None or number.ndim or number.dtype.kind not in "iu" or not 0 <= number < len(q):
            key = "value for action" if isinstance(result, float) and result in q else "no action"
            raise Wrong(key, GREEDY[key].format(n=len(q), found=f"`{result!r}`"))
    return np.array([int(result) for result in results])


epsilon_greedy_action = Exercise("epsilon_greedy_action", HERE, minutes=15, difficulty=3, judge=_judge_choice)
