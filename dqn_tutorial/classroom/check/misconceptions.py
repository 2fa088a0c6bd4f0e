"""Misconceptions that exercises of several notebooks share, about targets and losses,
and PyTorch's errors in plain words.
"""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import huber_loss

from dqn_tutorial.classroom.check.exercise import Function, Judge, Trait
from dqn_tutorial.classroom.check.guard import OwnError, Wrong
from dqn_tutorial.classroom.check.values import as_array, flat, shape_of
from dqn_tutorial.targets import td_target

# pieces of an error with its line, and a key
ERRORS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("return_types.",), "max gives a pair"),
    (("can't multiply sequence", ".max("), "max gives a pair"),
    (("only integer tensors of a single element", ".max("), "max gives a pair"),
    (("and 'tuple'", "max("), "max gives a pair"),
    (("(operator.invert)",), "inverts a number"),
    (
        ("Boolean value of Tensor with more than one value is ambiguous",),
        "one flag for all",
    ),
    (
        ("truth value of an array with more than one element is ambiguous",),
        "one flag for all",
    ),
    (("Index tensor must have the same number of dimensions",), "index needs an axis"),
    (("a leaf Variable that requires grad",), "recorded step"),
    (("element 0 of tensors does not require grad",), "no gradient asked for"),
    (("'NoneType'", ".grad"), "no backward"),
    (("backward through the graph a second time",), "backward inside"),
    (("operator, with a bool tensor",), "minus of flags"),
    (("operator, on a bool tensor",), "minus of flags"),
    (("boolean index did not match",), "mask on another axis"),
)


def in_either_order(
    *flaws: tuple[str, dict[str, Any]],
) -> list[tuple[str, dict[str, Any]]]:
    """Return flaws of the value of the next state whose shape does not fit, with two
    orders of the product: these raise errors of two texts.
    """
    return [
        (key, {**parts, **more})
        for key, parts in flaws
        for more in ({}, {"combine": lambda r, g, keep, v: r + g * v * keep})
    ]


def with_actions(r: Tensor, g: float, keep: Tensor, v: Tensor) -> Tensor:
    """Return r + g * keep * v for a v with an axis of actions."""
    return r[..., None] + g * keep[..., None] * v


# wrong parts of `target_of`, whatever its value of the next state
STEP_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ignores terminated", {"keep": torch.ones_like}),
    ("mask inverted", {"keep": lambda t: t}),
    ("bits flipped", {"keep": lambda t: ~t.int()}),
    ("one flag", {"keep": lambda t: ~t.any()}),
    ("one flag", {"keep": lambda t: ~t.all()}),
    ("reward masked", {"combine": lambda r, g, keep, v: (r + g * v) * keep}),
    ("reward masked", {"reward": lambda r, t, g: r * ~t}),
    ("reward discounted", {"reward": lambda r, t, g: g * r}),
    ("reward subtracted", {"reward": lambda r, t, g: -r}),
    ("reward left out", {"reward": lambda r, t, g: 0 * r}),
    ("reward times 1 - gamma", {"reward": lambda r, t, g: (1 - g) * r}),
    ("no discount", {"discount": lambda g: 1.0}),
    ("discounted twice", {"discount": lambda g: g * g}),
    ("1 - gamma for gamma", {"discount": lambda g: 1 - g}),
    ("next value subtracted", {"discount": lambda g: -g}),
    ("no next value", {"discount": lambda g: 0.0}),
    ("reward times value", {"combine": lambda r, g, keep, v: (r + g) * keep * v}),
    ("rows left out", {"combine": lambda r, g, keep, v: (r + g * v)[keep]}),
    ("one transition", {"last": lambda y: y[0]}),
    ("one transition", {"last": lambda y: y[-1]}),
    ("one number", {"last": lambda y: y.mean()}),
    ("one number", {"last": lambda y: y.sum()}),
    ("batch axis squeezed", {"last": lambda y: y.squeeze()}),
)
TARGET_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    *STEP_FLAWS,
    ("one maximum", {"value": lambda q: q.max()}),
    ("mean of actions", {"value": lambda q: q.mean(-1)}),
    ("sum of actions", {"value": lambda q: q.sum(-1)}),
    ("minimum for maximum", {"value": lambda q: q.amin(-1)}),
    ("first action", {"value": lambda q: q[..., 0]}),
    ("first action", {"value": lambda q: q[..., -1]}),
    ("maximum from 0", {"value": lambda q: q.amax(-1).clamp(min=0)}),
    ("size for value", {"value": lambda q: q.abs().amax(-1)}),
    ("action for value", {"value": lambda q: q.argmax(-1)}),
    ("action for value", {"value": lambda q: q.argmin(-1)}),
    ("mean of actions", {"value": lambda q: q.mean()}),
    ("soft maximum", {"value": lambda q: (q.softmax(-1) * q).sum(-1)}),
    ("soft maximum", {"value": lambda q: q.logsumexp(-1)}),
    *in_either_order(
        ("max over the batch", {"value": lambda q: q.amax(-2)}),
        ("no maximum", {"value": lambda q: q}),
    ),
    ("no maximum", {"value": lambda q: q, "combine": with_actions}),
)
LOSS_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sum for mean", {"mean": lambda error: error.square().sum()}),
    ("no square", {"mean": lambda error: error.mean()}),
    ("no square", {"mean": lambda error: -error.mean()}),
    ("absolute error", {"mean": lambda error: error.abs().mean()}),
    ("half the square", {"mean": lambda error: error.square().mean() / 2}),
    ("root", {"mean": lambda error: error.square().mean().sqrt()}),
    ("square of the mean", {"mean": lambda error: error.mean().square()}),
    (
        "Huber",
        {"mean": lambda error: huber_loss(error, torch.zeros_like(error))},
    ),
    ("ascent", {"mean": lambda error: -error.square().mean()}),
    ("largest error", {"mean": lambda error: error.square().max()}),
    ("divided twice", {"mean": lambda error: error.square().mean() / len(error)}),
    (
        "half the square + sum for mean",
        {"mean": lambda error: error.square().sum() / 2},
    ),
    ("absolute error + sum for mean", {"mean": lambda error: error.abs().sum()}),
    ("errors clipped", {"mean": lambda error: error.clamp(-1, 1).square().mean()}),
    ("variance", {"mean": lambda error: error.var(correction=0)}),
    (
        "variance",
        {
            "mean": lambda error: (
                error.var(correction=0) * len(error) / max(len(error) - 1, 1)
            )
        },
    ),
    ("one sample", {"mean": lambda error: error.flatten()[0].square()}),
    ("one sample", {"mean": lambda error: error.flatten()[-1].square()}),
    ("one sample", {"mean": lambda error: error.flatten()[-1].square() / len(error)}),
)


# what no target may be: one number for each pair, a column, or with a gradient
TARGET_TRAITS: tuple[Trait, ...] = (
    (
        "broadcast",
        lambda y, inputs: shape_of(y) == 2 * shape_of(inputs["reward"]) != (1, 1),
    ),
    (
        "axis left over",
        lambda y, inputs: shape_of(y) == (*shape_of(inputs["reward"]), 1) != (1, 1),
    ),
    ("gradient", lambda y, inputs: isinstance(y, Tensor) and y.requires_grad),
)


def explained(judge: Judge) -> Judge:
    """Return a judge that says of known errors of PyTorch what they mean here."""

    def judge_with_words(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except OwnError as error:
            for pieces, key in (*ERRORS, *TENSOR_ERRORS):
                if all(piece in str(error) for piece in pieces):
                    raise Wrong(key, str(error)) from None
            raise

    return judge_with_words


def flawed(
    build: Callable[..., Any], flaws: Sequence[tuple[str, dict[str, Any]]]
) -> list[tuple[str, Any]]:
    """Return what `build(**parts)` makes with one wrong part, then with two.

    Args:
        build: makes a function of parts, all of which have a right default.
        flaws: the key of a misconception, and the parts that it gets wrong.
    """
    return [(key, build(**parts)) for key, parts in flaws] + [
        (f"{one} + {other}", build(**parts, **more))
        for (one, parts), (other, more) in combinations(flaws, 2)
        if one != other and not parts.keys() & more.keys()
    ]


def around(call: Function) -> Callable[[Any], Any]:
    """Make of `call(answer, *inputs)` a wrapper of answers: what a judge wants to see
    of them is their result.

    The wrapped answer keeps its signature; what is no function is left as it is, for
    the guard to refuse.
    """

    def wrap(answer: Any) -> Any:
        return wraps(answer)(partial(call, answer)) if callable(answer) else answer

    return wrap


def plain_target(
    reward: Tensor, next_q: Tensor, terminated: Tensor, gamma: float
) -> Tensor:
    """Return the TD target of DQN, as data."""
    return td_target(reward, next_q.detach(), terminated, gamma)


def target_of(
    reward: Function = lambda r, t, g: r,
    discount: Function = lambda g: g,
    keep: Function = lambda t: ~t,
    value: Function = lambda q: q.amax(-1),
    combine: Function = lambda r, g, keep, v: r + g * keep * v,
    last: Function = lambda y: y,
) -> Function:
    """Return a TD target made of parts: a function like `plain_target`, but with the
    gradient that comes in, and of as many tables of next values as `value` takes.
    """

    def target(r: Tensor, *given: Any) -> Tensor:
        *tables, t, g = given
        y = combine(reward(r, t, g), discount(g), keep(t), value(*tables))
        return torch.as_tensor(last(y))

    return target


def refuse_backward(leaves: Sequence[Tensor]) -> None:
    """Refuse an answer that left gradients in its inputs."""
    if any(leaf.grad is not None for leaf in leaves):
        raise Wrong("backward inside")


def refuse_changes(network: Module, before: Module, name: str) -> None:
    """Refuse an answer that left gradients in a network, or other weights."""
    new, old = list(network.parameters()), list(before.parameters())
    refuse_backward(new)
    if [weight.requires_grad for weight in new] != [
        weight.requires_grad for weight in old
    ]:
        raise Wrong("weights frozen", name=name)
    if flat(new).dtype != flat(old).dtype or not torch.equal(flat(new), flat(old)):
        raise Wrong("weights moved", name=name)


def gradients(loss: Any, leaves: Sequence[Tensor]) -> list[Tensor]:
    """Return the gradients of a loss, 0 where it has none.

    An error on the way is said in words of its own: the learner's code had finished by
    then.
    """
    if loss is not None and as_array(loss) is None:
        raise Wrong(
            "other type",
            f"Your function returns a {type(loss).__name__}; asked for is a tensor with"
            " a single number.",
        )
    found = [torch.zeros_like(leaf) for leaf in leaves]
    asked = [i for i, leaf in enumerate(leaves) if leaf.requires_grad]
    if not asked or not isinstance(loss, Tensor) or not loss.requires_grad:
        return found
    try:
        pulled = torch.autograd.grad(
            loss.sum(),
            [leaves[i] for i in asked],
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
    except RuntimeError as error:
        key = "backward inside" if "a second time" in str(error) else "no way back"
        raise Wrong(key) from None
    for i, gradient in zip(asked, pulled, strict=True):
        found[i] = gradient
    return found


def as_float32(array: ArrayLike, has_grad: bool = False) -> Tensor:
    """Return a float32 tensor of its own."""
    return torch.tensor(array, dtype=torch.float32, requires_grad=has_grad)


def transitions(names: str, *given: Any) -> dict[str, Any]:
    """Return inputs by name as an agent meets them: flags as bool, actions as int64,
    all other numbers as float32, Q-values of next states with a gradient; what is no
    list and no array stays as it is.
    """
    made = {}
    for name, value in zip(names.split(), given, strict=True):
        if not isinstance(value, list | np.ndarray):
            made[name] = value
        elif name in ("terminated", "truncated"):
            made[name] = torch.tensor(value, dtype=torch.bool)
        elif name == "action":
            made[name] = torch.tensor(value)
        else:
            made[name] = as_float32(value, has_grad=name.startswith("next_q"))
    return made


# the same as `ERRORS`, about indices, sizes and types
TENSOR_ERRORS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("out of bounds for dimension",), "index too large"),
    (("indexing tensors could not be broadcast together",), "indices of two lengths"),
    (("Expected dtype int",), "float index"),
    (("tensors used as indices must be",), "float index"),
    (("only integers, slices",), "float index"),
    (("Expected a long tensor for index",), "float index"),
    (("one_hot is only applicable",), "float index"),
    (("Size does not match at dimension",), "index longer than table"),
    (("Can't call numpy()",), "NumPy takes data"),
    (("must match the size of tensor b",), "sizes do not meet"),
    (("shapes cannot be multiplied",), "inner sizes"),
    (("size mismatch, got input",), "inner sizes"),
    (("have the same dtype",), "two dtypes"),
    (("only for scalar outputs",), "backward of many"),
    (("NoneType", "unsupported operand"), "no backward"),
    (("bitwise_xor",), "caret"),
)
