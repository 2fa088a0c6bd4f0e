"""Answers made of parts, and wrong parts: picking a Q-value, a loss, TD errors."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.misconceptions import (
    LOSS_FLAWS,
    TARGET_FLAWS,
    flawed,
    target_of,
)
from dqn_tutorial.classroom.check.pulls import with_gradients

Flaw = tuple[str, dict[str, Any]]  # a key, and the parts that are wrong


def named(
    build: Callable[..., Any], often: Sequence[Flaw], seldom: Sequence[Flaw] = ()
) -> list[tuple[str, Any]]:
    """Return what `build(**parts)` makes with one flaw, then with two that come often:
    for all pairs a learner would have to wait.
    """
    made = flawed(build, often)
    single, pairs = made[: len(often)], made[len(often) :]
    return [*single, *((key, build(**parts)) for key, parts in seldom), *pairs]


def by_pairs(q: Tensor, a: Tensor) -> Tensor:
    """Return the values of the actions taken."""
    return q[torch.arange(len(a)), a]


def pick_of(
    pick: Function = by_pairs, then: Function = lambda values: values
) -> Function:
    """Return a function of q and a, made of parts, that picks Q-values."""
    return lambda q, a: then(pick(q, a))


def _mask(q: Tensor, a: Tensor) -> Tensor:
    return one_hot(a, q.shape[1])


def _flat(q: Tensor, a: Tensor, stride: int) -> Tensor:
    return q.flatten()[torch.arange(len(a)) * stride + a]


def _clamped(q: Tensor, a: Tensor, stride: int) -> Tensor:
    return q.flatten()[(torch.arange(len(a)) * stride + a).clamp(0, q.numel() - 1)]


def _around(q: Tensor, a: Tensor, stride: int) -> Tensor:
    return q.flatten()[(torch.arange(len(a)) * stride + a) % q.numel()]


def _upper_rows(q: Tensor, a: Tensor) -> Tensor:
    return q[torch.arange(q.shape[1]), a]


_PICKS: tuple[tuple[str, Function], ...] = (
    ("columns for rows", lambda q, a: q[:, a]),
    ("columns for rows", lambda q, a: q[:, a].mean(1)),
    ("columns for rows", lambda q, a: q[:, a].sum(1)),
    ("columns for rows", lambda q, a: q[:, a].amax(1)),
    ("rows by action", lambda q, a: q[a]),
    ("first sample only", lambda q, a: q[0, a]),
    ("first sample only", lambda q, a: q[:1, a]),
    ("axis of the samples", lambda q, a: q[a, 0]),
    ("axes swapped", lambda q, a: q[a, torch.arange(len(a))]),
    ("greedy action", lambda q, a: q.amax(-1)),
    ("smallest value", lambda q, a: q.amin(-1)),
    ("number of the best", lambda q, a: q.argmax(-1).float()),
    ("ignores the action", lambda q, a: q[:, 0]),
    ("ignores the action", lambda q, a: q[:, -1]),
    ("ignores the action", lambda q, a: q.diagonal()),
    ("action of one sample", lambda q, a: q[:, a[0]]),
    ("action of one sample", lambda q, a: q[:, a[-1]]),
    ("counted from 1", lambda q, a: by_pairs(q, a - 1)),
    ("counted from 1", lambda q, a: by_pairs(q, (a - 1).clamp(0))),
    ("counted from 1", lambda q, a: by_pairs(q, a + 1)),
    ("counted from 1", lambda q, a: q.gather(1, a[:, None] + 1)[:, 0]),
    ("counted from 1", lambda q, a: by_pairs(q, (a + 1) % q.shape[1])),
    ("counted from 1", lambda q, a: by_pairs(q, (a + 1).clamp(max=q.shape[1] - 1))),
    ("counted from the end", lambda q, a: by_pairs(q, q.shape[1] - 1 - a)),
    ("counted from the end", lambda q, a: by_pairs(q, -a)),
    ("action returned", lambda q, a: a.float()),
    ("nothing written", lambda q, a: torch.zeros(len(a))),
    ("action as factor", lambda q, a: q * a[:, None]),
    ("action as factor", lambda q, a: (q * a[:, None]).sum(1)),
    ("action as factor", lambda q, a: by_pairs(q, a) * a),
    ("zeros left", lambda q, a: q * _mask(q, a)),
    ("other actions", lambda q, a: (q * (1 - _mask(q, a))).sum(1)),
    ("all actions added", lambda q, a: q.sum(1)),
    ("summed over the samples", lambda q, a: (q * _mask(q, a)).sum(0)),
    ("summed over the samples", lambda q, a: q.T @ _mask(q, a).float()),
    ("summed over the samples", lambda q, a: _mask(q, a).float().T @ q),
    ("maximum of the mask", lambda q, a: (q * _mask(q, a)).amax(1)),
    ("mean of the mask", lambda q, a: (q * _mask(q, a)).mean(1)),
    ("as many as actions", lambda q, a: _upper_rows(q, a[torch.arange(q.shape[1])])),
    ("flat index", lambda q, a: _flat(q, a, 0)),
    ("flat index", lambda q, a: _flat(q, a, 1)),
    ("rows of B places", lambda q, a: _flat(q, a, len(a))),
    ("rows of B places", lambda q, a: _clamped(q, a, len(a))),
    ("rows of B places", lambda q, a: _around(q, a, len(a))),
    *(
        ("flat index", lambda q, a, flat=flat, k=k: flat(q, a, q.shape[1] + k))
        for k in (-1, 1)
        for flat in (_flat, _clamped, _around)
    ),
    ("sorted first", lambda q, a: by_pairs(q.sort(-1).values, a)),
    ("sorted first", lambda q, a: by_pairs(q.sort(-1, descending=True).values, a)),
    ("softmax", lambda q, a: by_pairs(q.softmax(-1), a)),
)
_ENDS: tuple[tuple[str, Function], ...] = (
    ("axis left over", lambda values: values[..., None].squeeze(0)),
    ("axis in front", lambda values: values[None]),
    ("one number", lambda values: values[0]),
    ("one number", lambda values: values[-1]),
    ("one number", lambda values: values[:1]),
    ("one number", torch.sum),
    ("one number", torch.mean),
    ("whole numbers", torch.trunc),
    ("whole numbers", torch.round),
    ("without sign", torch.abs),
)
# wrong parts of `pick_of`
PICK_FLAWS: tuple[Flaw, ...] = (
    *((key, {"pick": pick}) for key, pick in _PICKS),
    ("squeezed away", {"then": torch.squeeze}),
    ("axis left over", {"then": lambda values: values[..., None]}),
)
MORE_PICK_FLAWS: tuple[Flaw, ...] = tuple((key, {"then": then}) for key, then in _ENDS)

loss_seen = with_gradients("loss", {"q_value": 0, "td_target": 1})


def loss_of(
    prediction: Function = lambda q: q,
    target: Function = torch.detach,
    error: Function = lambda y, q: y - q[:, 0],
    mean: Function = lambda error: error.square().mean(),
) -> Any:
    """Return a loss made of parts, seen with its gradients."""
    return loss_seen(lambda q, y: mean(error(target(y), prediction(q))))


def _itself(y: Tensor) -> Tensor:
    return y


def _one(y: Tensor, q: Tensor, place: int) -> Tensor:
    """Return the errors with 0 for all but one."""
    error = y - q[:, 0]
    return error * one_hot(torch.arange(len(y))[place], len(y))


# wrong parts of `loss_of`
ERROR_FLAWS: tuple[Flaw, ...] = (
    ("roles swapped", {"prediction": torch.detach, "target": _itself}),
    ("prediction cut off", {"prediction": torch.detach}),
    ("target not data", {"target": _itself}),
    ("broadcast", {"error": torch.sub}),
    (
        "broadcast + sum for mean",
        {"error": torch.sub, "mean": lambda error: error.square().sum()},
    ),
    *LOSS_FLAWS,
    ("no single number", {"mean": torch.square}),
)
_ERRORS: tuple[tuple[str, Function], ...] = (
    ("one sample", lambda y, q: _one(y, q, 0)),
    ("one sample", lambda y, q: _one(y, q, -1)),
    ("first target for all", lambda y, q: y[0] - q[:, 0]),
    ("first prediction for all", lambda y, q: y - q[0]),
    ("mean of the targets", lambda y, q: y.mean() - q[:, 0]),
    ("errors added", lambda y, q: y + q[:, 0]),
)


def _deviation(error: Tensor) -> Tensor:
    # by hand: `std` of one sample warns
    apart = error - error.mean()
    return (apart.square().sum() / (len(error) - 1)).sqrt()


_MEANS: tuple[tuple[str, Function], ...] = (
    ("norm", lambda error: error.square().sum().sqrt()),
    ("no square", lambda error: 2 * error.mean()),
    ("no square + sum for mean", torch.sum),
    ("no square + sum for mean", lambda error: -error.sum()),
    ("absolute error + sum for mean", lambda error: error.abs().sum()),
    ("square of the mean", lambda error: error.sum().square() / len(error)),
    ("square of the sum", lambda error: error.sum().square()),
    ("B - 1", lambda error: error.square().sum() / (len(error) - 1)),
    ("squared twice", lambda error: error.square().mean().square()),
    ("squared twice", lambda error: error.square().square().mean()),
    ("variance", lambda error: error.var(correction=0).sqrt()),
    ("variance", _deviation),
    ("twice the mean", lambda error: 2 * error.square().mean()),
    ("third power", lambda error: error.pow(3).mean()),
    ("median", lambda error: error.square().median()),
)
MORE_ERROR_FLAWS: tuple[Flaw, ...] = (
    (
        "broadcast",
        {"error": torch.sub, "mean": lambda error: error.square().sum() / len(error)},
    ),
    *((key, {"error": wrong}) for key, wrong in _ERRORS),
    *((key, {"mean": wrong}) for key, wrong in _MEANS),
)

errors_seen = with_gradients("errors", {"q_values": 0, "next_q": 3})


def error_of(
    cut: Function = lambda q: q,
    prediction: Function = lambda q, n, a, t, g: by_pairs(q, a),
    following: Function = lambda q, n, a: n,
    data: Function = torch.detach,
    difference: Function = torch.sub,
    then: Function = lambda error, t: error,
    **of_target: Any,
) -> Any:
    """Return TD errors made of parts, seen with their gradients."""
    target = target_of(**of_target)

    def errors(q: Tensor, a: Tensor, r: Tensor, n: Tensor, t: Tensor, g: float) -> Any:
        y = target(r, data(following(q, n, a)), t, g)
        return then(difference(y, prediction(cut(q), n, a, t, g)), t)

    return errors_seen(errors)


def _at(q: Tensor, a: Tensor) -> Tensor:
    # [B, 1], so that any mean or maximum over the actions is this value
    return by_pairs(q, a)[:, None]


# the errors are made of the target afterwards, so it keeps its shape
_TARGETS = [flaw for flaw in TARGET_FLAWS if "last" not in flaw[1]]
_FREQUENT = (
    "ignores terminated",
    "mask inverted",
    "reward masked",
    "reward discounted",
    "no discount",
    "one maximum",
    "mean of actions",
    "max over the batch",
)
# wrong parts of `error_of`
NETWORK_FLAWS: tuple[Flaw, ...] = (
    *(flaw for flaw in _TARGETS if flaw[0] in _FREQUENT),
    ("target not data", {"data": lambda n: n}),
    ("prediction cut off", {"cut": torch.detach}),
    ("sign", {"then": lambda error, t: -error}),
    ("same state", {"following": lambda q, n, a: q}),
    ("next action", {"following": lambda q, n, a: _at(n, a)}),
    ("greedy action", {"prediction": lambda q, n, a, t, g: q.amax(-1)}),
    (
        "same state + next state predicts",
        {
            "following": lambda q, n, a: q,
            "prediction": lambda q, n, a, t, g: by_pairs(n, a),
        },
    ),
    ("all pairs", {"difference": lambda y, q: y[:, None] - q}),
    ("all pairs", {"difference": lambda y, q: y - q[:, None]}),
)
_PREDICTIONS: tuple[tuple[str, Function], ...] = (
    ("ignores the action", lambda q, n, a, t, g: q[:, 0]),
    ("next state predicts", lambda q, n, a, t, g: by_pairs(n, a)),
    ("next state predicts", lambda q, n, a, t, g: by_pairs(n.detach(), a)),
    ("prediction discounted", lambda q, n, a, t, g: g * by_pairs(q, a)),
    ("prediction discounted", lambda q, n, a, t, g: g * ~t * by_pairs(q, a)),
    ("prediction masked", lambda q, n, a, t, g: ~t * by_pairs(q, a)),
    ("columns for rows", lambda q, n, a, t, g: q[:, a]),
    ("rows by action", lambda q, n, a, t, g: q[a]),
    ("all actions predicted", lambda q, n, a, t, g: q),
    ("axis of the samples", lambda q, n, a, t, g: q[a, 0]),
)
_AFTERWARDS: tuple[tuple[str, Function], ...] = (
    ("last error masked", lambda error, t: error * ~t),
    ("last steps dropped", lambda error, t: error[~t]),
    ("error squared", lambda error, t: error.square()),
    ("absolute error", lambda error, t: error.abs()),
    ("one number", lambda error, t: error.square().mean()),
    ("one number", lambda error, t: error.square().sum()),
    ("one number", lambda error, t: error.mean()),
    ("one number", lambda error, t: error.sum()),
    ("axis left over", lambda error, t: error[:, None]),
    ("batch axis squeezed", lambda error, t: error.squeeze()),
)
# a maximum with `keepdim`
_COLUMNS: tuple[dict[str, Any], ...] = tuple(
    {"value": lambda q: q.amax(-1, keepdim=True), "difference": minus, "then": then}
    for minus in (torch.sub, lambda y, q: y - q[:, None])
    for then in (
        lambda error, t: error,
        lambda error, t: error.mean(1),
        lambda error, t: error.mean(0),
        lambda error, t: error.sum(1),
        lambda error, t: error.sum(0),
        lambda error, t: error[:, 0],
        lambda error, t: error[0],
    )
)
MORE_NETWORK_FLAWS: tuple[Flaw, ...] = (
    *(("maximum in a column", parts) for parts in _COLUMNS),
    *_TARGETS,
    (
        "action of the same state",
        {"following": lambda q, n, a: _at(n, q.argmax(-1))},
    ),
    ("one flag", {"keep": lambda t: ~t[0].expand_as(t)}),
    ("prediction added", {"difference": torch.add}),
    ("target returned", {"difference": lambda y, q: y}),
    ("prediction returned", {"difference": lambda y, q: q}),
    *((key, {"prediction": wrong}) for key, wrong in _PREDICTIONS),
    *((key, {"then": then}) for key, then in _AFTERWARDS),
)
