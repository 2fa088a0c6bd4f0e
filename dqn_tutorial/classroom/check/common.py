"""What exercises of several notebooks share: messages about targets, and PyTorch's
errors in plain words.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import huber_loss

from dqn_tutorial.classroom.check.exercise import PAIR, Judge, Misconception, Trait
from dqn_tutorial.classroom.check.guard import OwnError, Wrong
from dqn_tutorial.classroom.check.values import as_array, flat
from dqn_tutorial.targets import td_target

# pieces of an error with its line, a key, a message
Misnamed = tuple[tuple[tuple[str, ...], str, str], ...]
ERRORS: Misnamed = (
    (("return_types.",), "max gives a pair", PAIR),
    (("can't multiply sequence", ".max("), "max gives a pair", PAIR),
    (("only integer tensors of a single element", ".max("), "max gives a pair", PAIR),
    (
        ("(operator.invert)",),
        "inverts a number",
        (
            "`~` turns True into False, but it is no mask for numbers. Invert the flags"
            " while they are bool."
        ),
    ),
    (
        ("Boolean value of Tensor with more than one value is ambiguous",),
        "one flag for all",
        (
            "`not`, `and`, `or` and `if` want a single flag. Tensors are inverted by"
            " `~` and joined by `&` and `|`."
        ),
    ),
    (
        ("Index tensor must have the same number of dimensions",),
        "index needs an axis",
        (
            "`gather` wants an index with as many axes as the table: for a table [B, A]"
            " the index is [B, 1]."
        ),
    ),
    (
        ("a leaf Variable that requires grad",),
        "recorded step",
        (
            "PyTorch records your step as something to differentiate. Tell it not to:"
            " the weights are moved here, no loss goes through them."
        ),
    ),
    (
        ("element 0 of tensors does not require grad",),
        "no gradient asked for",
        (
            "No tensor that went into the loss asks for a gradient. PyTorch records"
            " only what follows from one that has `requires_grad`."
        ),
    ),
    (
        ("'NoneType'", ".grad"),
        "no backward",
        "`grad` is None as long as `backward` has not been called.",
    ),
    (
        ("backward through the graph a second time",),
        "backward inside",
        (
            "Your function has called `backward` already. Return the loss; who called"
            " you does the rest."
        ),
    ),
)
TARGET = {
    "broadcast": (
        "Your target has two axes, one number for each pair of samples: a [B, 1] met a"
        " [B], or B columns were picked for every row. Print the shape of each piece;"
        " all should be [B]."
    ),
    "gradient": (
        "Your target carries a gradient. It is data to learn towards; a gradient"
        " through it would also move the next state's value."
    ),
    "reward masked": (
        "Your mask multiplies the reward too. The reward of the last step was received"
        " and counts; only what would follow it is 0."
    ),
    "mask inverted": (
        "Your mask is the wrong way round: you bootstrap where the episode terminated"
        " and nowhere else."
    ),
    "ignores terminated": (
        "You bootstrap through terminated states: what follows the end of an episode is"
        " worth 0, whatever the network says of it."
    ),
    "no discount": (
        "The next state's value enters in full. What comes one step later is worth"
        " gamma times as much."
    ),
    "max over the batch": (
        "Your maximum runs over the samples and not over the actions, so it mixes"
        " transitions that have nothing to do with each other. The actions are the last"
        " axis."
    ),
    "reward discounted": (
        "You discount the reward too. It came at once; gamma belongs to the next"
        " state's value."
    ),
    "one maximum": (
        "You take one maximum of the whole batch. Each sample has a next state and so a"
        " maximum of its own."
    ),
    "mean of actions": (
        "You take the mean over the next actions: the value of acting at random. Take"
        " the best one."
    ),
    "action for value": (
        "`argmax` gives the number of the best action. The target needs its value."
    ),
    "reward times value": (
        "Your brackets add gamma to the reward and multiply the two by the next state's"
        " value. The reward is a summand; gamma is the factor of what follows."
    ),
    "bits flipped": (
        "`~` of a whole number turns its bits over: of 0 it makes -1 and of 1 it makes"
        " -2, and that is no mask. Invert the flags while they are bool."
    ),
}
_wrong_targets: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("ignores terminated", lambda r, q, t, g: plain_target(r, q, t & False, g)),
    ("mask inverted", lambda r, q, t, g: plain_target(r, q, ~t, g)),
    ("reward masked", lambda r, q, t, g: plain_target(r, q, t, g) * ~t),
    ("no discount", lambda r, q, t, g: plain_target(r, q, t, 1.0)),
    ("reward discounted", lambda r, q, t, g: g * plain_target(r, q, t, 1.0)),
    ("one maximum", lambda r, q, t, g: r + g * ~t * q.detach().max()),
    ("mean of actions", lambda r, q, t, g: r + g * ~t * q.detach().mean(-1)),
    ("action for value", lambda r, q, t, g: r + g * ~t * q.argmax(-1)),
    ("reward times value", lambda r, q, t, g: (r + g) * ~t * q.detach().amax(-1)),
    ("bits flipped", lambda r, q, t, g: r + g * ~t.int() * q.detach().amax(-1)),
    # two orders of one product, for the two
    ("max over the batch", lambda r, q, t, g: r + g * ~t * q.amax(0)),
    # texts of the error that they raise
    ("max over the batch", lambda r, q, t, g: r + g * q.amax(0) * ~t),
)
LOSS = {
    "backward inside": (
        "Your function goes backward itself. It is to return the loss; the training"
        " loop differentiates it, after clearing the old gradients."
    ),
    "no way back": (
        "PyTorch cannot differentiate your loss: a tensor that it is made of was"
        " changed in place after it was used. Make a new tensor instead."
    ),
    "weights moved": (
        "Your function changes the weights of `{}`. A loss only looks at the networks;"
        " steps are for the training loop."
    ),
    "weights frozen": (
        "Your function switches `requires_grad` of the weights of `{}`, and it stays"
        " like that. Leave the networks as they came; whether a gradient flows is"
        " decided at what they return."
    ),
    "sum for mean": (
        "You sum over the batch: twice the batch, twice the step. Asked for is the"
        " mean."
    ),
    "no square": (
        "You average the errors without squaring them: positive and negative ones"
        " cancel."
    ),
    "absolute error": (
        "You average the sizes of the errors, without the square. The lowest point is"
        " then at a median of the targets, not at their mean, and a Q-value is a mean."
    ),
    "half the square": (
        "Your loss is half of what is asked. The lowest point is the same, the gradient"
        " half as large."
    ),
    "root": (
        "You take the root of the mean square. Its gradient does not shrink together"
        " with the errors; asked for is the mean square itself."
    ),
    "square of the mean": (
        "You square the mean of the errors, in which they cancel. Square each, then"
        " average."
    ),
    "Huber": (
        "Your loss grows like the size of a large error and not like its square: it is"
        " Huber's loss."
    ),
}
_wrong_means: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    ("sum for mean", lambda error: error.square().sum()),
    ("no square", lambda error: error.mean()),
    ("no square", lambda error: -error.mean()),
    ("absolute error", lambda error: error.abs().mean()),
    ("half the square", lambda error: error.square().mean() / 2),
    ("root", lambda error: error.square().mean().sqrt()),
    ("square of the mean", lambda error: error.mean().square()),
    ("Huber", lambda error: huber_loss(error, torch.zeros_like(error))),
)


def explained(judge: Judge) -> Judge:
    """Return a judge that says of known errors of PyTorch what they mean here."""

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
    """Make of `call(answer, *inputs)` a wrapper of answers: what a judge wants to see
    of them is their result.

    The wrapped answer keeps its signature; what is no function is left as it is, for
    the guard to refuse.
    """

    def wrap(answer: Any) -> Any:
        return wraps(answer)(partial(call, answer)) if callable(answer) else answer

    return wrap


def known(
    messages: Mapping[str, str], *wrong: tuple[str, Callable[..., Any]]
) -> list[Misconception]:
    """Return misconceptions from keys and what makes them, each with its message."""
    return [Misconception(key, messages[key], function) for key, function in wrong]


def plain_target(
    reward: Tensor, next_q: Tensor, terminated: Tensor, gamma: float
) -> Tensor:
    """Return the TD target of DQN, as data."""
    return td_target(reward, next_q.detach(), terminated, gamma)


def wrong_targets(
    answer_of: Callable[[Callable[..., Any]], Any],
) -> list[Misconception]:
    """Return wrong targets, as answers made of functions of `plain_target`'s
    arguments.
    """
    return known(TARGET, *((key, answer_of(wrong)) for key, wrong in _wrong_targets))


def wrong_losses(
    answer_of: Callable[[Callable[[Tensor], Tensor]], Any],
) -> list[Misconception]:
    """Return other means than that of the squares, as answers made of functions of
    the errors.
    """
    return known(LOSS, *((key, answer_of(mean)) for key, mean in _wrong_means))


def refuse_backward(leaves: Sequence[Tensor]) -> None:
    """Refuse an answer that left gradients in its inputs."""
    if any(leaf.grad is not None for leaf in leaves):
        raise Wrong("backward inside", LOSS["backward inside"])


def refuse_changes(network: Module, before: Module, name: str) -> None:
    """Refuse an answer that left gradients in a network, or other weights."""
    new, old = list(network.parameters()), list(before.parameters())
    refuse_backward(new)
    if [weight.requires_grad for weight in new] != [
        weight.requires_grad for weight in old
    ]:
        raise Wrong("weights frozen", LOSS["weights frozen"].format(name))
    if flat(new).dtype != flat(old).dtype or not torch.equal(flat(new), flat(old)):
        raise Wrong("weights moved", LOSS["weights moved"].format(name))


def gradients(loss: Any, leaves: Sequence[Tensor]) -> list[Tensor]:
    """Return the gradients of a loss, 0 where it has none.

    An error on the way is said in words of its own: the learner's code had finished by
    then.

    Taught in 05_critic.
    """
    if loss is not None and as_array(loss) is None:
        kind = type(loss).__name__
        raise Wrong(
            "other type",
            f"Your function returns a {kind}; asked for is a tensor with a single"
            " number.",
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
        raise Wrong(key, LOSS[key]) from None
    for i, gradient in zip(asked, pulled, strict=True):
        found[i] = gradient
    return found


def target_traits() -> tuple[Trait, ...]:
    """Return what no target may be: one number for each pair, or with a gradient."""

    def is_square(y: Any, inputs: Mapping[str, Any]) -> bool:
        return getattr(y, "ndim", 1) == 2 and len(set(y.shape)) == 1

    return (
        Trait("broadcast", TARGET["broadcast"], is_square),
        Trait(
            "gradient",
            TARGET["gradient"],
            lambda y, inputs: isinstance(y, Tensor) and y.requires_grad,
        ),
    )


def as_float32(array: ArrayLike, has_grad: bool = False) -> Tensor:
    """Return a float32 tensor of its own."""
    return torch.tensor(array, dtype=torch.float32, requires_grad=has_grad)
