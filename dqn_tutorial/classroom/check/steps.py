"""Steps of SGD on a linear map made of parts, and wrong parts."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.parts import Flaw, by_pairs


def _taken(w: Tensor, s: Tensor, a: Tensor) -> Tensor:
    return one_hot(a, len(w))


def last_of_each(w: Tensor, s: Tensor, a: Tensor) -> Tensor:
    """Return the actions taken as flags [B, A], of each action the last one only."""
    taken = _taken(w, s, a)
    return taken * (taken.flip(0).cumsum(0).flip(0) == 1)


def step_of(
    error: Function = lambda w, s, a, y: y[:, None] - s @ w.T,
    hit: Function = _taken,
    state: Function = lambda s: s,
    size: Function = lambda hit, n: n,
    scale: Function = lambda rate: 2 * rate,
    step: Function = lambda w, change, rate: w + change,
    order: Callable[[Function], Function] = lambda once: once,
) -> Function:
    """Return a step of SGD made of parts, a function of `sgd_step`'s arguments: 2/B
    times the sum over i of (y_i - q_i) s_i is added to the rows of the actions taken.
    """

    def once(
        w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float, size_of: int = 0
    ) -> Any:
        hits = hit(w, s, a)
        pull = (hits * error(w, s, a, y)).T @ state(s) / size(hits, size_of or len(a))
        return step(w, scale(rate) * pull, rate)

    return order(once)


def one_by_one(once: Function) -> Function:
    """Return the step that is taken for a sample after the other."""

    def steps(w: Tensor, s: Tensor, a: Tensor, y: Tensor, rate: float) -> Any:
        for i in range(len(a)):
            row = slice(i, i + 1)
            w = once(w, s[row], a[row], y[row], rate, len(a))
        return w

    return steps


def _one(w: Tensor, a: Tensor, place: int) -> Tensor:
    """Return the action of one sample as flags [B, A], 0 for the others."""
    flags = torch.zeros(len(a), len(w))
    flags[place, a[place]] = 1
    return flags


def _everywhere(w: Tensor, s: Tensor, a: Tensor) -> Tensor:
    return torch.ones(len(s), len(w))


def _best(w: Tensor, s: Tensor) -> Tensor:
    return (s @ w.T).amax(-1, keepdim=True)


def _mean_target(w: Tensor, s: Tensor, a: Tensor, y: Tensor) -> Tensor:
    return y.mean() - s @ w.T


def _root(w: Tensor, s: Tensor, a: Tensor, y: Tensor) -> Tensor:
    error = y[:, None] - s @ w.T
    return error / 2 / by_pairs(error, a).square().mean().sqrt()


def _columns(w: Tensor, s: Tensor, a: Tensor, y: Tensor) -> Tensor:
    """Return for each sample and row the sum over all y_j of that row's action."""
    taken = one_hot(a, len(w)).float()
    return y @ taken - taken.sum(0) * (s @ w.T)


# wrong parts of `step_of`
SGD_FLAWS: tuple[Flaw, ...] = (
    ("uphill", {"step": lambda w, change, rate: w - change}),
    ("factor two", {"scale": lambda rate: rate}),
    ("no learning rate", {"scale": lambda rate: 2.0}),
    ("factor two + no learning rate", {"scale": lambda rate: 1.0}),
    ("sum for mean", {"size": lambda hit, n: 1}),
    (
        "factor two + sum for mean",
        {"scale": lambda rate: rate, "size": lambda hit, n: 1},
    ),
    ("mean over all actions", {"size": lambda hit, n: n * hit.shape[1]}),
    ("mean of each action", {"size": lambda hit, n: hit.sum(0).clamp(1)[:, None]}),
    ("all actions", {"hit": _everywhere}),
    ("greedy action", {"hit": lambda w, s, a: _taken(w, s, (s @ w.T).argmax(-1))}),
    ("repeated actions lost", {"hit": last_of_each}),
    ("broadcast", {"error": _mean_target}),
    ("broadcast + sum for mean", {"error": _mean_target, "size": lambda hit, n: 1 / n}),
    ("one sample at a time", {"order": one_by_one}),
)
_ERRORS: tuple[tuple[str, Function], ...] = (
    ("prediction left out", lambda w, s, a, y: y[:, None]),
    ("target left out", lambda w, s, a, y: -s @ w.T),
    ("prediction added", lambda w, s, a, y: y[:, None] + s @ w.T),
    ("error squared", lambda w, s, a, y: (y[:, None] - s @ w.T).square()),
    ("no square", lambda w, s, a, y: torch.full((len(s), len(w)), 0.5)),
    ("no square", lambda w, s, a, y: torch.full((len(s), len(w)), -0.5)),
    ("absolute error", lambda w, s, a, y: (y[:, None] - s @ w.T).sign() / 2),
    ("Huber", lambda w, s, a, y: (y[:, None] - s @ w.T).clamp(-1, 1) / 2),
    ("root", _root),
    (
        "square of the mean",
        lambda w, s, a, y: by_pairs(y[:, None] - s @ w.T, a).mean().expand(len(s), 1),
    ),
)
_STEPS: tuple[tuple[str, Function], ...] = (
    ("gradient returned", lambda w, change, rate: -change / rate),
    ("gradient returned", lambda w, change, rate: change / rate),
    ("change returned", lambda w, change, rate: change),
    ("change returned", lambda w, change, rate: -change),
    ("nothing changed", lambda w, change, rate: w),
    ("transposed", lambda w, change, rate: (w + change).T),
    ("Adam", lambda w, change, rate: w + rate * change.sign()),
)


def _times(n: int) -> Callable[[Function], Function]:
    """Return what makes n steps of one."""

    def many(once: Function) -> Function:
        def steps(w: Tensor, *given: Any) -> Any:
            for _ in range(n):
                w = once(w, *given)
            return w

        return steps

    return many


_ORDERS: tuple[tuple[str, Function], ...] = (
    *(("several steps", _times(n)) for n in (2, 3, 5, 10)),
    (
        "loss returned",
        lambda once: lambda w, s, a, y, g: (y - by_pairs(s @ w.T, a)).square().mean(),
    ),
    (
        "one row for each sample",
        lambda once: (
            lambda w, s, a, y, g: (
                w[a] + 2 * g / len(a) * (y - by_pairs(s @ w.T, a))[:, None] * s
            )
        ),
    ),
)
MORE_SGD_FLAWS: tuple[Flaw, ...] = (
    *((key, {"error": wrong}) for key, wrong in _ERRORS),
    *((key, {"step": wrong}) for key, wrong in _STEPS),
    *((key, {"order": wrong}) for key, wrong in _ORDERS),
    ("greedy action", {"error": lambda w, s, a, y: y[:, None] - _best(w, s)}),
    (
        "row of the best",
        {
            "hit": lambda w, s, a: _taken(w, s, (s @ w.T).argmax(-1)),
            "error": lambda w, s, a, y: by_pairs(y[:, None] - s @ w.T, a)[:, None],
        },
    ),
    ("divided by the learning rate", {"scale": lambda rate: 2 / rate}),
    ("twice as long", {"scale": lambda rate: 4 * rate}),
    ("number of actions", {"size": lambda hit, n: hit.shape[1]}),
    ("mean of the states", {"state": lambda s: s.mean(0).expand_as(s)}),
    ("state left out", {"state": torch.ones_like}),
    ("state squared", {"state": torch.square}),
    (
        "repeated actions lost",
        {"hit": lambda w, s, a: last_of_each(w, s, a.flip(0)).flip(0)},
    ),
    *(
        ("one sample only", {"hit": lambda w, s, a, place=place: _one(w, a, place)})
        for place in (0, -1)
    ),
    *(
        (
            "one sample only + sum for mean",
            {
                "hit": lambda w, s, a, place=place: _one(w, a, place),
                "size": lambda hit, n: 1,
            },
        )
        for place in (0, -1)
    ),
    (
        "columns for rows",
        {"hit": _everywhere, "error": _columns, "size": lambda hit, n: n * n},
    ),
    (
        "all rows moved",
        {
            "hit": _everywhere,
            "error": lambda w, s, a, y: by_pairs(y[:, None] - s @ w.T, a)[:, None],
        },
    ),
)
