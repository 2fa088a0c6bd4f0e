"""The exercises of 01_bellman_equation."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    Trait,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import NotAttempted, Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe
from dqn_tutorial.mdp import Array

HERE = "01_bellman_equation"


def _of_shape(key: str, shape: Callable[[Mapping[str, Any]], tuple[int, ...]]) -> Trait:
    def refuses(value: Any, inputs: Mapping[str, Any]) -> bool:
        array = as_array(value)
        return array is not None and array.shape == shape(inputs) != (1,)

    return key, refuses


def _sample_rewards(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "rewards": rng.normal(size=int(rng.integers(1, 7))),
        "gamma": float(rng.uniform(0.5, 0.95)),
    }


def _weighted(rewards: Array, gamma: float) -> float:
    return float(rewards @ gamma ** np.arange(len(rewards)))


discounted_return = Exercise(
    "discounted_return",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_rewards,
        _weighted,
        [
            ("no discount", lambda r, g: r.sum()),
            ("all too late", lambda r, g: g * _weighted(r, g)),
            ("from the wrong end", lambda r, g: _weighted(r[::-1], g)),
            ("one gamma for all", lambda r, g: r[0] + g * r[1:].sum()),
            ("last one lost", lambda r, g: _weighted(r[:-1], g)),
            ("first one only", lambda r, g: r[0]),
        ],
        [_of_shape("one for each step", lambda inputs: inputs["rewards"].shape)],
    ),
    solution=_weighted,
)

what_is_seen = Exercise(
    "what_is_seen",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["what_is_seen"], right="C"),
)

aim_at_the_wall = Exercise(
    "aim_at_the_wall",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["aim_at_the_wall"], right="B"),
)


def backup(p: Array, r: Array, g: float, v: Array) -> Array:
    """Return the values `[..., A]` of the actions, given those of the next states.
    Source: Sutton & Barto (2018), equation 3.14. Taught in 01_bellman_equation.
    """
    return np.asarray((p * (r + g * v)).sum(-1))


WRONG_BACKUPS: tuple[tuple[str, Function], ...] = (
    ("value of s", lambda p, r, end, g, v: (p * (r + g * v[:, None, None])).sum(-1)),
    ("no discount", lambda p, r, end, g, v: (p * (r + v)).sum(-1)),
    ("reward discounted", lambda p, r, end, g, v: g * (p * (r + v)).sum(-1)),
    ("reward masked", lambda p, r, end, g, v: (p * ~end * (r + g * v)).sum(-1)),
    ("mean over states", lambda p, r, end, g, v: (r + g * v).mean(-1)),
    ("brackets", lambda p, r, end, g, v: (p * r + g * v).sum(-1)),
    ("brackets", lambda p, r, end, g, v: (p * r).sum(-1) + g * v.sum()),
    ("last one only", lambda p, r, end, g, v: (p * (r + g * v))[..., -1]),
    ("terminal not 0", lambda p, r, end, g, v: backup(p, r, g, v)),
)


def _wrong_backups(
    task: Callable[[Function], Function] = lambda wrong: wrong,
) -> list[tuple[str, Function]]:
    """Return what `task` makes of each wrong backup, with and without a mask on what it
    reads and writes.
    """

    def made(backup: Function, reads: bool, writes: bool) -> Function:
        def wrong(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
            q = backup(p, r, end, g, np.where(end, 0, v) if reads else v)
            return np.where(end[:, None], 0, q) if writes else q

        return task(wrong)

    return [
        (key, made(f, x, y))
        for key, f in WRONG_BACKUPS
        for x in (True, False)
        for y in (True, False)
    ]


def _sample_mdp(rng: np.random.Generator, ends_last: bool = False) -> dict[str, Any]:
    """Return a small random MDP, S above A, with one or two terminal states; the last
    one too if asked for.
    """
    n_states, n_actions = ((4, 2), (5, 2), (6, 2), (4, 3))[rng.integers(4)]
    transition = (
        0.7 * rng.dirichlet(np.full(n_states, 0.3), (n_states, n_actions))
        + 0.3 / n_states
    )
    reward, terminal = rng.normal(size=transition.shape), np.zeros(n_states, bool)
    terminal[rng.permutation(n_states)[: int(rng.integers(1, 3))]] = True
    terminal[-1] |= ends_last
    transition[terminal], reward[terminal] = np.eye(n_states)[terminal][:, None], 0.0
    return {
        "transition": transition,
        "reward": reward,
        "terminal": terminal,
        "gamma": float(rng.uniform(0.6, 0.93)),
    }


def _sample_policy(rng: np.random.Generator) -> dict[str, Any]:
    mdp = _sample_mdp(rng)
    n_states, n_actions = mdp["transition"].shape[:2]
    return mdp | {
        "policy": rng.dirichlet(np.ones(n_actions), n_states),
        "v": rng.normal(size=n_states),
    }


def _expected(p: Array, r: Array, end: Array, g: float, pi: Array, v: Array) -> Array:
    return np.asarray((pi * backup(p, r, g, np.where(end, 0, v))).sum(-1))


def _in_place(p: Array, r: Array, end: Array, g: float, pi: Array, v: Array) -> Array:
    v = np.where(end, 0, v)
    for s in range(len(v)):
        v[s] = pi[s] @ backup(p[s], r[s], g, v)
    return v


def _summed_in_place(
    p: Array, r: Array, end: Array, g: float, pi: Array, v: Array
) -> Array:
    v = np.where(end, 0, v)
    for s in range(len(v)):
        v[s] = 0
        for a in range(pi.shape[1]):
            v[s] += pi[s, a] * backup(p[s, a], r[s, a], g, v)
    return v


_judge_expectation = by_values(
    _sample_policy,
    _expected,
    [
        ("in place", _in_place),
        ("in place", _summed_in_place),
        (
            "best action",
            lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).max(-1),
        ),
        (
            "policy ignored",
            lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).mean(-1),
        ),
        (
            "policy left out",
            lambda p, r, end, g, pi, v: backup(p, r, g, np.where(end, 0, v)).sum(-1),
        ),
        (
            "terminal kept",
            lambda p, r, end, g, pi, v: np.where(
                end, v, _expected(p, r, end, g, pi, v)
            ),
        ),
        (
            "terminal kept",
            lambda p, r, end, g, pi, v: np.where(
                end, v, (pi * backup(p, r, g, v)).sum(-1)
            ),
        ),
        *_wrong_backups(
            lambda wrong: (
                lambda p, r, end, g, pi, v: (pi * wrong(p, r, end, g, v)).sum(-1)
            )
        ),
    ],
    [_of_shape("action values", lambda inputs: inputs["policy"].shape)],
)
expectation_backup = Exercise(
    "expectation_backup",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_expectation,
    also=("backup",),
    solution=_expected,
)


def _sample_action_values(rng: np.random.Generator) -> dict[str, Any]:
    n_states, n_actions = ((4, 2), (5, 3), (6, 2), (6, 4))[rng.integers(4)]
    q = rng.normal(size=(n_states, n_actions))
    q[rng.integers(n_states)] = 0.0  # a terminal state, all its actions equal
    return {"q": q}


def _greedy(q: Array) -> Array:
    return np.eye(q.shape[-1])[q.argmax(-1)]


greedy_improvement = Exercise(
    "greedy_improvement",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_action_values,
        _greedy,
        [
            ("all of the equal", lambda q: q == q.max(-1, keepdims=True)),
            ("all of the equal", lambda q: 1.0 * (q == q.max(-1, keepdims=True))),
            ("values for chances", lambda q: q * _greedy(q)),
            ("smallest value", lambda q: _greedy(-q)),
            ("size for value", lambda q: _greedy(abs(q))),
            ("maximum over states", lambda q: 1.0 * (q == q.max(0))),
            ("maximum over states", lambda q: np.eye(len(q))[q.argmax(0)].T),
            ("one maximum", lambda q: 1.0 * (q == q.max())),
        ],
        [
            _of_shape("one for each state", lambda inputs: inputs["q"].shape[:1]),
            _of_shape("one for each action", lambda inputs: inputs["q"].shape[1:]),
        ],
    ),
    solution=_greedy,
)


def _sample_table(rng: np.random.Generator) -> dict[str, Any]:
    return (mdp := _sample_mdp(rng)) | {
        "q": rng.normal(size=mdp["transition"].shape[:2]) - 0.7
    }


def _optimal(best: Function = lambda q: q.max(-1)) -> Function:
    return lambda p, r, end, g, q: backup(p, r, g, np.where(end, 0, best(q)))


def _table_in_place(places: Callable[[Array], Iterable[Any]]) -> Function:
    """Return a backup that writes one place after the other: entries, or rows."""

    def wrong(p: Array, r: Array, end: Array, g: float, q: Array) -> Array:
        q = np.where(end[:, None], 0, q)
        for place in places(q):
            q[place] = backup(p[place], r[place], g, q.max(-1))
        return q

    return wrong


_judge_optimality = by_values(
    _sample_table,
    _optimal(),
    [
        (
            "maximum too early",
            lambda p, r, end, g, q: (
                backup(p, r, 0, end) + g * (p @ (q * ~end[:, None])).max(-1)
            ),
        ),
        (
            "maximum too early",
            lambda p, r, end, g, q: backup(p, r, 0, end) + g * (p @ q).max(-1),
        ),
        ("maximum over states", lambda p, r, end, g, q: r + g * q.max(0)),
        ("maximum over states", lambda p, r, end, g, q: p @ q.max(0)),
        ("maximum over states", _optimal(lambda q: q.max(0))),
        ("one maximum", _optimal(lambda q: q.max())),
        ("maximum from 0", _optimal(lambda q: q.max(-1).clip(0))),
        ("action for value", _optimal(lambda q: q.argmax(-1))),
        ("mean for maximum", _optimal(lambda q: q.mean(-1))),
        ("same action", lambda p, r, end, g, q: backup(p, r, g, (q * ~end[:, None]).T)),
        ("in place", _table_in_place(lambda q: np.ndindex(q.shape))),
        ("in place", _table_in_place(lambda q: range(len(q)))),
        (
            "terminal kept",
            lambda p, r, end, g, q: np.where(
                end[:, None], q, _optimal()(p, r, end, g, q)
            ),
        ),
        (
            "terminal kept",
            lambda p, r, end, g, q: np.where(
                end[:, None], q, backup(p, r, g, q.max(-1))
            ),
        ),
        *_wrong_backups(
            lambda wrong: lambda p, r, end, g, q: wrong(p, r, end, g, q.max(-1))
        ),
    ],
    [_of_shape("values of states", lambda inputs: inputs["terminal"].shape)],
)
optimality_backup = Exercise(
    "optimality_backup",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_optimality,
    also=("backup",),
    solution=_optimal(),
)


def _sweep(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
    return np.where(end, 0, backup(p, r, g, v).max(-1))


def _sweep_in_place(p: Array, r: Array, end: Array, g: float, v: Array) -> Array:
    for s in range(len(v)):
        v[s] = backup(p[s], r[s], g, v).max()
    return v


_wrong_sweeps: tuple[tuple[str, Function], ...] = (
    ("mean for maximum", lambda p, r, end, g, v: backup(p, r, g, v).mean(-1)),
    ("maximum from 0", lambda p, r, end, g, v: _sweep(p, r, end, g, v).clip(0)),
    *_wrong_backups(lambda wrong: lambda *given: wrong(*given).max(-1)),
)


def _judge_iteration(answer: Any, rng: np.random.Generator) -> None:
    cases = [
        _sample_mdp(rng, k % 3 == 2) | {"tolerance": float(rng.uniform(1e-5, 1e-4))}
        for k in range(9)
    ]
    # values that rise from 0, that fall, and both
    for case, sign in zip(cases, (1, -1, 0) * 3, strict=True):
        case["reward"] = sign * abs(case["reward"]) if sign else case["reward"]
    pairs = [(_values(guarded(answer)(**case), case), case) for case in cases]
    right = [_is_near(*pair, _sweep) for pair in pairs]
    if all(right):
        # refuse loops that stop well on small tables by chance: two states of twelve
        # move, against each other; a gamma of 0.98 makes them move for long
        for key, gamma in (("few move", 0.9), ("many sweeps", 0.98)):
            if not _is_right(answer, _slow_table(gamma, 1.0, -1.0)):
                raise Wrong(key)
        return
    ends = [(value[end := case["terminal"]], end.argmax()) for value, case in pairs]
    if any(values.any() for values, _ in ends):
        values, state = next(found for found in ends if found[0].any())
        raise Wrong("terminal kept", state=state, value=values[0])
    wrong = [
        ("one sweep", _sweep, 1),
        ("one sweep", _sweep_in_place, 1),
        *((*pair, 400) for pair in _wrong_sweeps),
    ]
    for key, sweep, n_sweeps in wrong:
        if all(_is_near(*pair, sweep, n_sweeps) for pair in pairs):
            raise Wrong(key)
    if all(value.dtype.kind in "biu" for value, _ in pairs):
        raise Wrong("whole numbers")
    if len({*right[::3]}) == len({*right[1::3]}) == 1 and right[0] != right[1]:
        has_sign = any(
            _is_right(answer, _slow_table(0.9, sign, sign)) for sign in (1.0, -1.0)
        )
        raise Wrong("sign of the move" if has_sign else "largest value")
    value, case = pairs[right.index(False)]
    transition, reward, terminal, gamma, _ = case.values()
    move = np.abs(_sweep(transition, reward, terminal, gamma, value) - value).max()
    raise Wrong("still moving", move=move, tolerance=case["tolerance"])


def _slow_table(gamma: float, *paid: float) -> dict[str, Any]:
    """Return twelve states: two that stay where they are and are paid this in each
    step, two that are paid much once, with either sign, so that no move of the others
    shows in the largest value or the norm, and eight without pay.
    """
    transition, reward = np.zeros((2, 12, 2, 12))
    transition[:, :, 11] = 1.0
    transition[:2], reward[:2] = np.eye(12)[:2, None], np.array(paid)[:, None, None]
    reward[2, :, 11], reward[3, :, 11] = 1e4, -1e4
    return {
        "transition": transition,
        "reward": reward,
        "terminal": np.arange(12) == 11,
        "gamma": gamma,
        "tolerance": 1e-2,
    }


def _is_right(answer: Any, case: Mapping[str, Any]) -> bool:
    return _is_near(_values(guarded(answer)(**case), case), case, _sweep)


def _values(result: Any, case: Mapping[str, Any]) -> Array:
    value, n_states = as_array(result), len(case["terminal"])
    if value is None or value.shape != (n_states,):
        raise Wrong(
            "other shape",
            f"Asked for is a number for each state, [{n_states}], not"
            f" {describe(result)}.",
        )
    if (
        (is_nan := np.isnan(value)).any()
        and (np.abs(value[~is_nan]) < 1e6).all()
        and not is_nan.all()
    ):
        raise Wrong("nan", state=is_nan.argmax())
    if not (np.abs(value) < 1e6).all():
        raise Wrong(
            "not finite",
            "Your values grow beyond all bounds or end as `nan`. Are gamma and p both"
            " in every sweep?",
        )
    return value


def _is_near(
    value: Array, case: Mapping[str, Any], sweep: Function, n_sweeps: int = 400
) -> bool:
    v = np.zeros(len(value))
    with np.errstate(all="ignore"):
        for _ in range(n_sweeps):
            v = sweep(*[*case.values()][:4], v)
        return bool(
            np.abs(value - v).max() <= case["tolerance"] / (1 - case["gamma"]) + 1e-4
        )


def _iterated(p: Array, r: Array, end: Array, g: float, tolerance: float) -> Array:
    v, move = np.zeros(len(end)), np.inf
    while move > tolerance:
        new_v = _sweep(p, r, end, g, v)
        v, move = new_v, np.abs(new_v - v).max()
    return v


value_iteration = Exercise(
    "value_iteration",
    HERE,
    minutes=15,
    difficulty=3,
    judge=_judge_iteration,
    also=("optimality_backup", "backup"),
    solution=_iterated,
)

GAMMA = 0.9  # of the two exercises that follow
LOST = 0.1


def value_lost(p: Array, r: Array, end: Array) -> float:
    """Return how much less, in the state where it costs most, the policy of the
    misprinted optimality equation is worth; of equal actions it takes the better.
    """
    q, misprinted = np.zeros((2, *p.shape[:2]))
    for _ in range(400):
        q = _optimal()(p, r, end, GAMMA, q)
        misprinted = np.where(
            end[:, None],
            0.0,
            backup(p, r, 0.0, np.zeros(len(p))) + GAMMA * (p @ misprinted).max(-1),
        )
    best = misprinted >= misprinted.max(-1, keepdims=True) - 1e-6
    policy, v = _greedy(np.where(best, q, -np.inf)), np.zeros(len(p))
    for _ in range(400):
        v = _expected(p, r, end, GAMMA, policy, v)
    return float((q.max(-1) - v).max())


def _judge_misprint(answer: Any, rng: np.random.Generator) -> None:
    p, r, end = _tables(guarded(answer)())
    if len(p) > 4:
        raise Wrong("too many states", n=len(p))
    if (p < 0).any() or not np.allclose(p.sum(-1), 1):
        raise Wrong("no probabilities")
    if not (np.abs(r) <= 1).all():
        raise Wrong("large rewards", value=np.abs(r).max())
    if not np.allclose(p[end], np.eye(len(p))[end][:, None]) or r[end].any():
        raise Wrong("goes on after the end", state=end.argmax())
    if (p.max(-1) > 1 - 1e-9).all():
        raise Wrong("nothing slips")
    lost = value_lost(p, r, end)
    if lost < 1e-6:
        raise Wrong("nothing lost")
    if lost < LOST - 1e-6:
        raise Wrong("too little", lost=lost)


def _tables(result: Any) -> tuple[Array, Array, NDArray[np.bool_]]:
    found = (
        [as_array(part) for part in result]
        if isinstance(result, tuple | list) and len(result) == 3
        else []
    )
    match found:
        case [np.ndarray() as p, np.ndarray() as r, np.ndarray() as end] if (
            p.ndim == 3
            and p.shape == r.shape == (len(end), p.shape[1], len(end))
            and end.ndim == 1
            and p.size
        ):
            return p.astype(float), r.astype(float), end.astype(bool)
    shapes = ", ".join(map(describe, result)) if found else describe(result)
    raise Wrong("other shapes", shapes=shapes)


def _gamble() -> tuple[Array, Array, Array]:
    """Return a task in which one must see what came out before one chooses."""
    transition, reward = np.zeros((2, 4, 2, 4))
    transition[0, 0, [1, 2]] = 0.5
    transition[0, 1, 3] = transition[1:, :, 3] = 1.0
    reward[0, 1, 3] = 0.5
    reward[[1, 2], [0, 1], 3], reward[[1, 2], [1, 0], 3] = 1.0, -1.0
    return transition, reward, np.arange(4) == 3


misprint_task = Exercise(
    "misprint_task",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_misprint,
    solution=_gamble,
)


def _judge_sweep(answer: Any, rng: np.random.Generator) -> None:
    if isinstance(answer, str) and answer.strip() == "?":
        raise NotAttempted
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise Wrong("no number") from None
    for key, value in (
        ("hole forgotten", 0.9 * 0.64),
        ("no discount", 0.64 - 0.1),
        ("reward discounted", 0.9 * (0.64 - 0.1)),
        ("never slips", 0.9 * 0.8),
        ("never slips", 0.9),
        ("first sweep", 0.0),
        ("first sweep", -0.1),
        ("last chance left out", 0.9 * 0.8 - 0.1),
    ):
        if abs(number - value) < 2e-3:
            raise Wrong(key)
    if not abs(number - SECOND_SWEEP) < 2e-3:
        raise Wrong("other number")


SECOND_SWEEP = 0.8 * GAMMA * 0.8 - 0.1  # v_2 of cell 1
second_sweep = Exercise(
    "second_sweep", HERE, minutes=5, difficulty=1, judge=_judge_sweep
)
