"""Backups on small tables, right and wrong: what exercises about the Bellman equation
are judged by.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import Function, Judge
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import flawed
from dqn_tutorial.classroom.check.values import agree
from dqn_tutorial.mdp import Array

# a piece of an error of NumPy, and the key of what it means here
ERRORS = (
    ("could not be broadcast", "shapes do not fit"),
    ("matmul: Input operand", "shapes do not fit"),
    ("not aligned", "shapes do not fit"),
    ("einstein sum", "shapes do not fit"),
    ("out of bounds for axis", "wrong index"),
    ("more than one element is ambiguous", "array as flag"),
    ("bitwise_xor", "caret"),
    ("for ^", "caret"),
)


def explained(judge: Judge) -> Judge:
    """Return a judge that says of known errors of NumPy what they mean here."""

    def judge_with_words(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except OwnError as error:
            for piece, key in ERRORS:
                if piece in str(error):
                    raise Wrong(key, str(error)) from None
            raise

    return judge_with_words


def add_facts(wrong: Wrong, facts: Sequence[str]) -> None:
    """Say these of a mistake without a name, and of what is known already only whether
    an input has no influence or the result changes from call to call.
    """
    known = re.findall(
        r"Your result does not depend[^.]+\.|Two calls[^.]+\.", wrong.details["facts"]
    )
    wrong.details["facts"] = " ".join([*known, *facts])


def _certain(chances: Array) -> Array:
    return np.asarray(np.eye(chances.shape[-1])[chances.argmax(-1)])


# in words, the input, and what it becomes
SIMPLER: tuple[tuple[str, str, Function], ...] = (
    ("`reward` all 0", "reward", lambda x: 0 * x),
    ("`v` all 0", "v", lambda x: 0 * x),
    ("`q` all 0", "q", lambda x: 0 * x),
    ("equal values of all actions", "q", lambda x: x[:, :1] + 0 * x),
    ("a policy that leaves nothing to chance", "policy", _certain),
    ("no terminal state", "terminal", lambda x: x & False),
    ("transitions without chance", "transition", _certain),
)


def simplified(judge: Judge, right: Function, cases: Sequence[dict[str, Any]]) -> Judge:
    """Return a judge that says of a mistake without a name with which simpler inputs it
    does not show.
    """

    def judge_further(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            if "facts" in wrong.details:
                found = [
                    words
                    for words, name, simpler in SIMPLER
                    if name in cases[0]
                    and is_right_on(
                        answer, right, [c | {name: simpler(c[name])} for c in cases]
                    )
                ]
                words = (
                    f"Your result is right with {' and also with '.join(found[:2])}."
                )
                add_facts(wrong, [words] if found else [])
            raise

    return judge_further


def is_right_on(answer: Any, right: Function, cases: Sequence[dict[str, Any]]) -> bool:
    """Say whether an answer gives what a function does."""
    call = guarded(answer)
    try:
        return all(agree(call(**case), right(*case.values())) for case in cases)
    except (Wrong, OwnError):
        return False


def backup(p: Array, r: Array, g: float, v: Array) -> Array:
    """Return the values `[..., A]` of the actions, given those of the next states.
    Source: Sutton & Barto (2018), equation 3.14. Taught in 01_bellman_equation.
    """
    return np.asarray((p * (r + g * v)).sum(-1))


def ends_as_0(x: Array, end: Array) -> Array:
    """Return values `[S]` or action values `[S, A]` with 0 for terminal states."""
    return np.where(end[(..., *(None,) * (x.ndim - 1))], 0, x)


def backup_of(
    best: Function = lambda v: v,
    mask: Function = ends_as_0,
    reach: Function = lambda p, x: p @ x,
    now: Function = lambda p, r, end, g: (p * r).sum(-1),
    factor: Function = lambda g: g,
    over: Function | None = None,
) -> Function:
    """Return a backup `[S, A]` made of parts: `best` makes the values of the next
    states from what came in, `reach` and `now` are means over the next states, `over`
    is the mean of both at once.
    """

    def made(p: Array, r: Array, end: Array, g: float, given: Array) -> Array:
        x = mask(best(given), end)
        if over is not None:
            return np.asarray(over(p, r + factor(g) * x))
        return np.asarray(now(p, r, end, g) + factor(g) * reach(p, x))

    return made


def _likeliest(p: Array, parts: Array) -> Array:
    return np.take_along_axis(parts, p.argmax(-1)[..., None], -1)[..., 0]


BACKUP_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("terminal not 0", {"mask": lambda x, end: x}),
    ("mask inverted", {"mask": lambda x, end: ends_as_0(x, ~end)}),
    ("no discount", {"factor": lambda g: 1.0}),
    ("future left out", {"factor": lambda g: 0.0}),
    ("future subtracted", {"factor": lambda g: -g}),
    ("discounted twice", {"factor": lambda g: g * g}),
    ("reward discounted", {"now": lambda p, r, end, g: g * (p * r).sum(-1)}),
    ("reward masked", {"now": lambda p, r, end, g: (p * ~end * r).sum(-1)}),
    ("reward left out", {"now": lambda p, r, end, g: 0.0}),
    ("rewards averaged", {"now": lambda p, r, end, g: r.mean(-1)}),
    ("rewards added", {"now": lambda p, r, end, g: r.sum(-1)}),
    ("value of s", {"reach": lambda p, x: x[:, None]}),
    ("brackets", {"reach": lambda p, x: x.sum()}),
    ("brackets", {"reach": lambda p, x: x.mean()}),
    ("mean over states", {"over": lambda p, x: x.mean(-1)}),
    ("p left out", {"over": lambda p, x: x.sum(-1)}),
)
# the rarer ones, which are not combined with others
RARE_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("rewards of ends only", {"now": lambda p, r, end, g: (p * end * r).sum(-1)}),
    ("from s' to s", {"reach": lambda p, x: np.einsum("tas,t->sa", p, x)}),
    ("from s' to s", {"over": lambda p, x: np.einsum("tas,sat->sa", p, x)}),
    ("last one only", {"over": lambda p, x: (p * x)[..., -1]}),
    ("best next state", {"over": lambda p, x: x.max(-1)}),
    ("best next state", {"over": lambda p, x: (p * x).max(-1)}),
    ("likeliest state", {"over": _likeliest}),
    ("sum over actions", {"over": lambda p, x: (p * x).sum(1)}),
    ("divided again", {"over": lambda p, x: (p * x).mean(-1)}),
)


def _in_place(places: Callable[[Array], Iterable[Any]]) -> Function:
    """Make of a backup one that writes one place after the other where it reads."""

    def run(sweep: Function) -> Function:
        def wrong(*given: Any) -> Array:
            *tables, x = given
            x = x.copy()
            for place in places(x):
                x[place] = sweep(*tables, x)[place]
            return np.asarray(x)

        return wrong

    return run


def _twice(sweep: Function) -> Function:
    return lambda *given: sweep(*given[:-1], sweep(*given))


def _first(new: Array, others: Array) -> Array:
    return np.concatenate([new[:1], others[1:]])


def _before_ends(new: Array, end: Array) -> Array:
    return ends_as_0(new, np.maximum.accumulate(end))


def to_the_end(sweep: Function) -> Function:
    """Make of a backup one that is repeated until nothing moves."""

    def wrong(*given: Any) -> Array:
        *tables, x = given
        for _ in range(500):
            x = sweep(*tables, x)
        return np.asarray(x)

    return wrong


SWEEP_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("in place", {"run": _in_place(lambda x: range(len(x)))}),
    ("in place", {"run": _in_place(lambda x: np.ndindex(x.shape))}),
    (
        "terminal kept",
        {"write": lambda new, old, end: ends_as_0(new, end) + ends_as_0(old, ~end)},
    ),
    *BACKUP_FLAWS,
)
RARE_SWEEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("in place", {"run": _in_place(lambda x: range(len(x))[::-1])}),
    ("starts from the old", {"write": lambda new, old, end: new + old}),
    ("starts from the old", {"write": lambda new, old, end: ends_as_0(new + old, end)}),
    ("first state only", {"write": lambda new, old, end: _first(new, 0 * old)}),
    ("first state only", {"write": lambda new, old, end: _first(new, old)}),
    ("always 0", {"write": lambda new, old, end: 0 * new}),
    ("ends at the first end", {"write": lambda new, old, end: _before_ends(new, end)}),
    ("rounded", {"write": lambda new, old, end: new.round(2)}),
    ("rounded", {"write": lambda new, old, end: new.round(3)}),
    ("more than one sweep", {"run": _twice}),
    *RARE_FLAWS,
)


def expectation_of(
    mix: Function = lambda pi, q: (pi * q).sum(-1),
    write: Function = lambda new, old, end: new,
    run: Function = lambda sweep: sweep,
    **parts: Any,
) -> Function:
    """Return a backup under a policy made of parts. Source: Sutton & Barto (2018),
    equation 4.5.
    """
    values = backup_of(**parts)

    def sweep(p: Array, r: Array, end: Array, g: float, pi: Array, v: Array) -> Array:
        """Return the values `[S]` after one backup under the policy."""
        return np.asarray(write(mix(pi, values(p, r, end, g, v)), v, end))

    return run(sweep)  # type: ignore[no-any-return]


def table_of(
    write: Function = lambda new, old, end: new,
    run: Function = lambda sweep: sweep,
    **parts: Any,
) -> Function:
    """Return a backup of action values made of parts. Source: Sutton & Barto (2018),
    equation 3.20.
    """
    values = backup_of(**{"best": lambda q: q.max(-1)} | parts)

    def sweep(p: Array, r: Array, end: Array, g: float, q: Array) -> Array:
        """Return the action values `[S, A]` after one backup."""
        return np.asarray(write(values(p, r, end, g, q), q, end))

    return run(sweep)  # type: ignore[no-any-return]


def wrong_sweeps(
    build: Callable[..., Function], flaws: Sequence[tuple[str, dict[str, Any]]]
) -> list[tuple[str, Function]]:
    """Return backups with one of these flaws, of `SWEEP_FLAWS` and of `RARE_SWEEPS`,
    and with two that are not rare; all also such that write 0 for terminal states.
    """
    masked = {"write": lambda new, old, end: ends_as_0(new, end)}
    return [
        *(
            (key, build(**base | parts))
            for base in ({}, masked)
            for key, parts in RARE_SWEEPS
        ),
        *flawed(build, (*SWEEP_FLAWS, *flaws)),
        *flawed(partial(build, **masked), (*SWEEP_FLAWS, *flaws)),
    ]


expected_backup, optimal_backup = expectation_of(), table_of()


def greedy(q: Array) -> Array:
    """Return the greedy policy, `[S, A]`, the first of equals. Source: Sutton & Barto
    (2018), section 4.2.
    """
    return np.asarray(np.eye(q.shape[-1])[q.argmax(-1)])


def task(
    transition: Any,
    reward: Any,
    terminal: Any,
    gamma: float,
    **more: Any,
) -> dict[str, Any]:
    """Return the inputs of a backup by name; lists of numbers become arrays."""
    return {
        "transition": np.array(transition, float),
        "reward": np.array(reward, float),
        "terminal": np.array(terminal),
        "gamma": gamma,
    } | {
        name: np.array(value, float) if isinstance(value, list) else value
        for name, value in more.items()
    }


# p, r, terminal and gamma: one end, three actions, three states, no end
SMALL: tuple[tuple[Any, ...], ...] = (
    ([[[0.5, 0.5]], [[0, 1]]], [[[2, 4]], [[0, 0]]], [False, True], 0.5),
    (
        [[[1, 0], [0, 1], [0.5, 0.5]], [[0, 1]] * 3],
        [[[2, 0], [0, 8], [4, 4]], [[0, 0]] * 3],
        [False, True],
        0.5,
    ),
    (
        [[[0.25, 0.5, 0.25]], [[0.5, 0, 0.5]], [[0, 0, 1]]],
        [[[0, 4, 8]], [[2, 0, 2]], [[0, 0, 0]]],
        [False, False, True],
        0.5,
    ),
    ([[[0, 1]], [[1, 0]]], [[[0, 2]], [[4, 0]]], [False, False], 0.5),
)


def sample_mdp(rng: np.random.Generator, ends_last: bool = False) -> dict[str, Any]:
    """Return a small random MDP, S above A, with one or two terminal states; the last
    one too if asked for.
    """
    n_states, n_actions = ((4, 2), (5, 2), (6, 2), (4, 3))[rng.integers(4)]
    transition = (
        0.7 * rng.dirichlet(np.full(n_states, 0.3), (n_states, n_actions))
        + 0.3 / n_states
    )
    reward = rng.normal(size=transition.shape).round(1)
    terminal = np.zeros(n_states, bool)
    terminal[rng.permutation(n_states)[: int(rng.integers(1, 3))]] = True
    terminal[-1] |= ends_last
    transition[terminal], reward[terminal] = np.eye(n_states)[terminal][:, None], 0.0
    return {
        "transition": transition,
        "reward": reward,
        "terminal": terminal,
        "gamma": round(float(rng.uniform(0.6, 0.93)), 2),
    }
