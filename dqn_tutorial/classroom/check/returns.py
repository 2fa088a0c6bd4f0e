"""Returns and greedy policies made of parts, right and wrong."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.backups import add_facts, greedy
from dqn_tutorial.classroom.check.exercise import Function, Judge
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, shown
from dqn_tutorial.mdp import Array


def return_of(
    rewards: Function = lambda r: r,
    weight: Function = lambda g, k: g**k,
    total: Function = lambda terms, w: terms.sum(),
) -> Function:
    """Return a discounted return made of parts: the rewards that count, their weights
    for k = 0, 1, ..., and what is made of the terms. Source: Sutton & Barto (2018),
    equation 3.8.
    """

    def made(r: Array, g: float) -> float:
        used = rewards(r)
        w = weight(g, np.arange(len(used)))
        return float(total(w * used, w))

    return made


def _until_zero(r: Array) -> Array:
    return r[: [*(r == 0), True].index(True)]


RETURN_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("always 0", {"total": lambda terms, w: 0.0}),
    ("no discount", {"weight": lambda g, k: np.ones(len(k))}),
    ("all too late", {"weight": lambda g, k: g ** (k + 1)}),
    ("from the wrong end", {"rewards": lambda r: r[::-1]}),
    ("one gamma for all", {"weight": lambda g, k: np.where(k, g, 1)}),
    ("one gamma for all", {"weight": lambda g, k: np.full(len(k), g)}),
    ("one power for all", {"weight": lambda g, k: np.full(len(k), g ** len(k))}),
    ("one power for all", {"weight": lambda g, k: np.full(len(k), g ** (len(k) - 1))}),
    ("product for power", {"weight": lambda g, k: g * k}),
    ("product for power", {"weight": lambda g, k: g * (k + 1)}),
    ("product for power", {"weight": lambda g, k: np.where(k, g * k, 1)}),
    ("straight line", {"weight": lambda g, k: np.linspace(1, g, len(k))}),
    ("straight line", {"weight": lambda g, k: 1 - (1 - g) * k}),
    ("base and exponent", {"weight": lambda g, k: k**g}),
    ("inverse", {"weight": lambda g, k: g**-k}),
    ("inverse", {"weight": lambda g, k: (1 + g) ** -k}),
    ("discounted twice", {"weight": lambda g, k: g ** (2 * k)}),
    ("powers of powers", {"weight": lambda g, k: g ** (k * (k + 1) / 2)}),
    ("powers of powers", {"weight": lambda g, k: g ** (k * (k - 1) / 2)}),
    ("powers of powers", {"weight": lambda g, k: np.where(k, g**2.0 ** (k - 1), 1)}),
    ("powers of powers", {"weight": lambda g, k: g**2.0**k}),
    ("complement", {"weight": lambda g, k: (1 - g) ** k}),
    ("complement", {"weight": lambda g, k: (1 - g) * g**k}),
    ("old sum kept", {"weight": lambda g, k: (1 + g) ** k}),
    ("last one lost", {"rewards": lambda r: r[:-1]}),
    ("first one lost", {"rewards": lambda r: r[1:]}),
    ("first one lost", {"weight": lambda g, k: np.where(k, g**k, 0)}),
    ("first one only", {"rewards": lambda r: r[:1]}),
    ("two steps only", {"rewards": lambda r: r[:2]}),
    ("power of the reward", {"rewards": lambda r: r ** np.arange(len(r))}),
    ("sign lost", {"rewards": abs}),
    ("counted twice", {"rewards": lambda r: np.append(r, r[-1])}),
    ("counted twice", {"weight": lambda g, k: np.where(k, g**k, 2)}),
    ("running sums", {"rewards": lambda r: r.cumsum()}),
    ("running sums", {"rewards": lambda r: r[::-1].cumsum()[::-1]}),
    ("running sums", {"total": lambda terms, w: terms.cumsum().sum()}),
    ("stops at 0", {"rewards": _until_zero}),
    ("last term only", {"total": lambda terms, w: [0, *terms][-1]}),
    ("mean for sum", {"total": lambda terms, w: terms.sum() / max(len(w), 1)}),
    ("mean for sum", {"total": lambda terms, w: terms.sum() / (w.sum() or 1)}),
    *(
        (
            "rounded",
            {"total": lambda terms, w, cut=cut, n=n: cut(float(terms.sum()), n)},
        )
        for cut in (round, np.round)
        for n in (0, 1, 2, 3)
    ),
    ("rounded", {"total": lambda terms, w: int(terms.sum())}),
    ("largest term", {"total": lambda terms, w: max([*terms], default=0)}),
)


def weighed(judge: Judge) -> Judge:
    """Return a judge that says of a mistake without a name how a return weights its
    rewards, where it is a weighted sum.
    """
    gamma, n = 0.5, 3

    def judge_by_weights(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except Wrong as wrong:
            if "facts" in wrong.details:
                try:
                    call = guarded(answer)
                    rows = [*np.eye(n), np.array([1.0, -2.0, 3.0])]
                    found = [float(call(rewards=row, gamma=gamma)) for row in rows]
                except (Wrong, OwnError, TypeError, ValueError):
                    raise wrong from None
                w, right = np.array(found[:n]), gamma ** np.arange(n)
                if np.isclose(w @ rows[-1], found[-1]) and not np.allclose(w, right):
                    words = (
                        f"With gamma = {gamma} you weight three rewards by {shown(w)};"
                        f" right is {shown(right)}."
                    )
                    add_facts(wrong, [words])
            raise

    return judge_by_weights


def no_certainty(policy: Any, inputs: Mapping[str, Any]) -> bool:
    """Say whether a policy leaves a chance to actions that are not the best."""
    array, q = as_array(policy), inputs["q"]
    if array is None or array.shape != q.shape or array.dtype.kind != "f":
        return False
    has_one = (q == q.max(-1, keepdims=True)).sum(-1) == 1
    is_policy = (array > -1e-9).all() and np.allclose(array.sum(-1), 1)
    return bool(is_policy and (array.max(-1)[has_one] < 0.999).any())


def policy_of(
    score: Function = lambda q: q,
    pick: Function = lambda q: q.argmax(-1),
    mark: Function = lambda q, best: np.eye(q.shape[1])[best],
) -> Function:
    """Return a policy made of parts: what is compared, which action is picked in each
    state, and what the table then holds.
    """
    return lambda q: np.asarray(mark(score(q), pick(score(q))))


def _columns(q: Array, best: Array) -> Array:
    policy = np.zeros_like(q)
    policy[:, best] = 1.0
    return policy


def _rows(q: Array, best: Array) -> Array:
    policy = np.zeros_like(q)
    policy[best] = 1.0
    return policy


def _equal(q: Array) -> Array:
    return np.asarray(q == q.max(-1, keepdims=True))


def _records(q: Array) -> Array:
    before = np.maximum.accumulate(q, -1)[:, :-1]
    return np.hstack([np.ones((len(q), 1)), q[:, 1:] > before])


def _first_row(policy: Array) -> Array:
    return np.where(np.arange(len(policy))[:, None], 0, policy)


def _after_the_last_rise(q: Array) -> Array:
    rises = np.hstack([np.zeros((len(q), 1), bool), q[:, 1:] > q[:, :-1]])
    return np.asarray((rises * np.arange(q.shape[1])).max(-1))


GREEDY_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("smallest value", {"score": lambda q: -q}),
    ("size for value", {"score": abs}),
    ("last of the equal", {"pick": lambda q: q.shape[1] - 1 - q[:, ::-1].argmax(-1)}),
    (
        "nearly the largest",
        {"pick": lambda q: np.isclose(q, q.max(-1, keepdims=True)).argmax(-1)},
    ),
    ("counted from 1", {"pick": lambda q: q.argmax(-1) - 1}),
    ("counted from 1", {"pick": lambda q: (q.argmax(-1) + 1) % q.shape[1]}),
    ("compares neighbours", {"pick": _after_the_last_rise}),
    ("starts from 0", {"pick": lambda q: np.where(q.max(-1) > 0, q.argmax(-1), 0)}),
    ("starts from 0", {"mark": lambda q, best: greedy(q) * (q > 0)}),
    ("all of the equal", {"mark": lambda q, best: _equal(q)}),
    ("all of the equal", {"mark": lambda q, best: 1.0 * _equal(q)}),
    (
        "shared",
        {"mark": lambda q, best: _equal(q) / _equal(q).sum(-1, keepdims=True)},
    ),
    ("values for chances", {"mark": lambda q, best: q * greedy(q)}),
    ("threshold", {"mark": lambda q, best: q > 0}),
    ("threshold", {"mark": lambda q, best: 1.0 * (q > 0)}),
    ("threshold", {"mark": lambda q, best: 1.0 * (q > q.mean(-1, keepdims=True))}),
    ("ranks", {"mark": lambda q, best: q.argsort(-1)}),
    ("ranks", {"mark": lambda q, best: q.argsort(-1).argsort(-1)}),
    ("whole columns", {"mark": _columns}),
    ("whole rows", {"mark": _rows}),
    ("old ones stay", {"mark": lambda q, best: _records(q)}),
    ("old ones stay", {"mark": lambda q, best: _records(q) * (q > 0)}),
    ("first state only", {"mark": lambda q, best: _first_row(greedy(q))}),
    ("as many columns as states", {"mark": lambda q, best: np.eye(len(q))[best]}),
    ("as many columns as states", {"mark": lambda q, best: np.eye(max(q.shape))[best]}),
    ("the others", {"mark": lambda q, best: 1 - greedy(q)}),
    ("maximum over states", {"mark": lambda q, best: 1.0 * (q == q.max(0))}),
    ("maximum over states", {"mark": lambda q, best: np.eye(len(q))[q.argmax(0)].T}),
    ("one maximum", {"mark": lambda q, best: 1.0 * (q == q.max())}),
    ("one maximum", {"pick": lambda q: np.full(len(q), q.argmax() % q.shape[1])}),
    (
        "one maximum",
        {"mark": lambda q, best: np.eye(q.size)[q.argmax()].reshape(q.shape)},
    ),
)
