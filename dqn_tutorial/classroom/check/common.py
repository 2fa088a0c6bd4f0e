"""What exercises of several notebooks share: messages about targets, and PyTorch's errors in plain words."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from dqn_tutorial.classroom.check.exercise import PAIR, Judge, Misconception, Trait
from dqn_tutorial.classroom.check.guard import OwnError, Wrong

Misnamed = tuple[tuple[tuple[str, ...], str, str], ...]  # pieces of an error with its line, a key, a message
ERRORS: Misnamed = (
    (("return_types.",), "max gives a pair", PAIR),
    (("can't multiply sequence", ".max("), "max gives a pair", PAIR),
    (("only integer tensors of a single element", ".max("), "max gives a pair", PAIR),
    (
        ("(operator.invert)",),
        "inverts a number",
        "`~` turns True into False, but it is no mask for numbers. Invert the flags while they are bool.",
    ),
    (
        ("Boolean value of Tensor with more than one value is ambiguous",),
        "one flag for all",
        "`not`, `and`, `or` and `if` want a single flag. Tensors are inverted by `~` and joined by `&` and `|`.",
    ),
    (
        ("Index tensor must have the same number of dimensions",),
        "index needs an axis",
        "`gather` wants an index with as many axes as the table: for a table [B, A] the index is [B, 1].",
    ),
    (
        ("a leaf Variable that requires grad",),
        "recorded step",
        "PyTorch records your step as something to differentiate. Tell it not to: the weights are moved here, no loss "
        "goes through them.",
    ),
    (
        ("element 0 of tensors does not require grad",),
        "no gradient asked for",
        "No tensor that went into the loss asks for a gradient. PyTorch records only what follows from one that has "
        "`requires_grad`.",
    ),
    (
        ("'NoneType'", ".grad"),
        "no backward",
        "`grad` is None as long as `backward` has not been called.",
    ),
    (
        ("backward through the graph a second time",),
        "backward inside",
        "Your function has called `backward` already. Return the loss; who called you does the rest.",
    ),
)
TARGET = {
    "broadcast": "Your target has two axes, one number for each pair of samples: a [B, 1] met a [B], or B columns "
    "were picked for every row. Print the shape of each piece; all should be [B].",
    "gradient": "Your target carries a gradient. It is data to learn towards; a gradient through it would also move "
    "the next state's value.",
    "reward masked": "Your mask multiplies the reward too. The reward of the last step was received and counts; only "
    "what would follow it is 0.",
    "mask inverted": "Your mask is the wrong way round: you bootstrap where the episode terminated and nowhere else.",
    "ignores terminated": "You bootstrap through terminated states: what follows the end of an episode is worth 0, "
    "whatever the network says of it.",
    "no discount": "The next state's value enters in full. What comes one step later is worth gamma times as much.",
    "max over the batch": "Your maximum runs over the samples and not over the actions, so it mixes transitions that "
    "have nothing to do with each other. The actions are the last axis.",
}


def explained(judge: Judge) -> Judge:
    """Return a judge that says of known errors of PyTorch what they mean here. Source: this course. Taught in
    05_critic.
    """

    def judge_with_words(answer: Any, rng: np.random.Generator) -> None:
        try:
            judge(answer, rng)
        except OwnError as error:
            for pieces, key, message in ERRORS:
                if all(piece in str(error) for piece in pieces):
                    raise Wrong(key, f"{message}\n{error}") from None
            raise

    return judge_with_words


def around(call: Callable[..., Any]) -> Callable[[Any], Any]:
    """Make of `call(answer, *inputs)` a wrapper of answers: what a judge wants to see of them is their result.

    The wrapped answer keeps its signature; what is no function is left as it is, for the guard to refuse.

    Source: this course. Taught in 05_critic.
    """

    def wrap(answer: Any) -> Any:
        return wraps(answer)(partial(call, answer)) if callable(answer) else answer

    return wrap


def known(messages: Mapping[str, str], *wrong: tuple[str, Callable[..., Any]]) -> list[Misconception]:
    """Return misconceptions from keys and what makes them, each with its message. Source: this course. Taught in
    05_critic.
    """
    return [Misconception(key, messages[key], function) for key, function in wrong]


def target_traits() -> tuple[Trait, ...]:
    """Return what no target may be: one number for each pair, or with a gradient. Source: this course. Taught in
    05_critic.
    """

    def is_square(y: Any, inputs: Mapping[str, Any]) -> bool:
        return getattr(y, "ndim", 1) == 2 and len(set(y.shape)) == 1

    return (
        Trait("broadcast", TARGET["broadcast"], is_square),
        Trait("gradient", TARGET["gradient"], lambda y, inputs: isinstance(y, Tensor) and y.requires_grad),
    )


def as_float32(array: ArrayLike, has_grad: bool = False) -> Tensor:
    """Return a float32 tensor of its own. Source: this course. Taught in 05_critic."""
    return torch.tensor(array, dtype=torch.float32, requires_grad=has_grad)
