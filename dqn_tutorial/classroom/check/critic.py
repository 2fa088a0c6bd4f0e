"""The loss of one update in 05_critic: its cases, what is compared of it, and how it
goes wrong.
"""

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import one_hot

from dqn_tutorial.classroom.check.exercise import Function, Trait
from dqn_tutorial.classroom.check.misconceptions import (
    LOSS_FLAWS,
    TARGET_FLAWS,
    around,
    as_float32,
    flawed,
    gradients,
    refuse_changes,
    target_of,
    transitions,
)
from dqn_tutorial.classroom.check.values import flat, shape_of

TO_ONLINE, TO_TARGET = "gradient of online", "gradient of target_network"


class Net(Module):
    """A network of one layer: Q-values [B, A] of states [B, S]. It is copied often,
    and fast.
    """

    def __init__(self, weight: Any, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(as_float32(weight))  # [A, S]
        self.bias = bias  # a number: what the network says of a state of zeros

    def forward(self, state: Tensor) -> Tensor:
        return state @ self.weight.mT + self.bias

    def __deepcopy__(self, memo: dict[int, Any]) -> "Net":
        return Net(self.weight.tolist(), self.bias)

    def __repr__(self) -> str:
        if self.weight.shape[1] > 1:
            return type(self).__name__
        return f"Q(s) = [{', '.join(f'{w:g} s' for w in self.weight.flatten())}]"


def multiples(*factors: float) -> Net:
    """Return a network that can be computed by hand: each Q-value is a multiple of the
    only number s of the state.
    """
    return Net([[factor] for factor in factors])


update = partial(
    transitions,
    "online target_network state action reward next_state terminated gamma",
)


def sample_update(rng: np.random.Generator) -> dict[str, Any]:
    """Two networks that differ, and a batch for them."""
    n_actions = int(rng.integers(2, 5))
    size = n_actions + int(rng.integers(3, 7))
    online, target_network = (
        Net(weight, bias=0.5) for weight in rng.normal(size=(2, n_actions, 3))
    )
    # the first one in a process imports for seconds, and some answers make one
    torch.optim.SGD(online.parameters())
    return update(
        online,
        target_network,
        rng.normal(size=(size, 3)),
        rng.integers(n_actions, size=size),
        rng.normal(size=size),
        rng.normal(size=(size, 3)),
        rng.permutation(np.arange(size) % 3 == 0),
        round(rng.uniform(0.5, 0.95), 2),
    )


@around
def pulled(
    answer: Function, online: Module, target_network: Module, *batch: Any
) -> dict[str, Any] | None:
    """Compute a loss and its gradient to either network, as numbers that can be
    compared.
    """
    before = copy.deepcopy({"online": online, "target_network": target_network})
    loss = answer(online, target_network, *batch)
    refuse_changes(online, before["online"], "online")
    refuse_changes(target_network, before["target_network"], "target_network")
    return _with_gradients(loss, online, target_network)


def _with_gradients(
    loss: Any, online: Module, target_network: Module
) -> dict[str, Any] | None:
    """An axis of one number is left out of the loss: an optimiser takes both."""
    own, other = list(online.parameters()), list(target_network.parameters())
    to_all = gradients(loss, [*own, *other])
    to_online, to_target = flat(to_all[: len(own)]), flat(to_all[len(own) :])
    if loss is None:
        return None
    if isinstance(loss, Tensor) and loss.ndim and loss.numel() == 1:
        loss = loss.reshape(())
    return {"loss": loss, TO_ONLINE: to_online, TO_TARGET: to_target}


def _taken(q: Module, s: Tensor, a: Tensor) -> Tensor:
    return torch.gather(q(s), -1, a[:, None])[:, 0]


def loss_of(
    table: Function = lambda q, lag, n, a: lag(n).detach(),
    after: Function = lambda s, n: n,
    predict: Function = lambda q, s, a, n, t: _taken(q, s, a),
    among: Function = lambda error, t, a: error,
    mean: Function = lambda error: error.square().mean(),
    **parts: Any,
) -> Any:
    """Return a loss made of parts: the values of the next state, which state that is,
    the prediction, which errors count, their mean, and those of `target_of`.
    """
    target = target_of(**parts)

    def loss(q: Module, lag: Module, *batch: Any) -> Tensor:
        s, a, r, n, t, g = batch
        y = target(r, table(q, lag, after(s, n), a), t, g)
        return torch.as_tensor(mean(among(y - predict(q, s, a, n, t), t, a)))

    return loss


def seen_loss_of(**parts: Any) -> Any:
    """Return what `pulled` shows of such a loss. Our own changes no network."""
    loss = loss_of(**parts)
    return lambda q, lag, *batch: _with_gradients(loss(q, lag, *batch), q, lag)


def _in_turn(chooses: Tensor, values: Tensor) -> Tensor:
    """Return the one value of each row that another table chooses, [B, 1]."""
    return values.gather(-1, chooses.argmax(-1, keepdim=True)).detach()


LOSS_PARTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("full gradient", {"table": lambda q, lag, n, a: q(n)}),
    ("online in the target", {"table": lambda q, lag, n, a: q(n).detach()}),
    ("Double DQN", {"table": lambda q, lag, n, a: _in_turn(q(n), lag(n))}),
    ("roles exchanged", {"table": lambda q, lag, n, a: _in_turn(lag(n), q(n))}),
    (
        "both networks",
        {"table": lambda q, lag, n, a: torch.minimum(q(n), lag(n)).detach()},
    ),
    ("both networks", {"table": lambda q, lag, n, a: (q(n) + lag(n)).detach() / 2}),
    (
        "old action",
        {"table": lambda q, lag, n, a: _taken(lag, n, a)[:, None].detach()},
    ),
    ("value of s", {"after": lambda s, n: s}),
    ("prediction of s'", {"predict": lambda q, s, a, n, t: _taken(q, n, a)}),
    ("prediction masked", {"predict": lambda q, s, a, n, t: _taken(q, s, a) * ~t}),
    ("largest for taken", {"predict": lambda q, s, a, n, t: q(s).amax(-1)}),
    ("mean for taken", {"predict": lambda q, s, a, n, t: q(s).mean(-1)}),
    ("one action for all", {"predict": lambda q, s, a, n, t: q(s)[:, 0]}),
    ("pairs", {"predict": lambda q, s, a, n, t: _taken(q, s, a)[:, None]}),
    ("pairs", {"predict": lambda q, s, a, n, t: q(s)[:, a]}),
    ("pairs", {"predict": lambda q, s, a, n, t: q(s)[:, a].mT}),
    # what takes nothing away raises the error of the other order of the difference
    ("not gathered", {"predict": lambda q, s, a, n, t: q(s)}),
    ("not gathered", {"predict": lambda q, s, a, n, t: q(s) - 0 * a}),
    ("rows for columns", {"predict": lambda q, s, a, n, t: q(s)[a]}),
    ("rows for columns", {"predict": lambda q, s, a, n, t: q(s)[a] - 0 * a}),
    # transposed, [A, B], so that each target meets all actions of its own state
    ("all actions", {"predict": lambda q, s, a, n, t: q(s).mT}),
    (
        "zeros for the others",
        {"predict": lambda q, s, a, n, t: (q(s) * one_hot(a, q(s).shape[1])).mT},
    ),
    (
        "divided by the actions",
        {
            "predict": lambda q, s, a, n, t: q(s).mT,
            "among": lambda error, t, a: error * one_hot(a, len(error)).mT,
        },
    ),
    ("ends left out", {"among": lambda error, t, a: error[~t]}),
    ("ends left out", {"among": lambda error, t, a: error * ~t}),
    *(flaw for flaw in TARGET_FLAWS if flaw[0] != "batch axis squeezed"),
    *LOSS_FLAWS,
)
# the flaws that come two at a time: for all pairs a learner would have to wait
_OFTEN = (
    "full gradient",
    "online in the target",
    "Double DQN",
    "value of s",
    "largest for taken",
    "pairs",
    "ignores terminated",
    "mask inverted",
    "reward masked",
    "reward discounted",
    "no discount",
    "mean of actions",
    "sum for mean",
    "no square",
    "absolute error",
    "half the square",
    "square of the mean",
    "Huber",
)
LOSSES: tuple[tuple[str, Any], ...] = (
    *((key, seen_loss_of(**parts)) for key, parts in LOSS_PARTS),
    *flawed(seen_loss_of, [flaw for flaw in LOSS_PARTS if flaw[0] in _OFTEN]),
)


def _no_gradient(result: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    # where all errors are 0, a gradient may be so too
    is_made = getattr(result["loss"], "grad_fn", None) is not None
    return not is_made and not result[TO_ONLINE].any()


LOSS_TRAITS: tuple[Trait, ...] = (
    (
        "networks exchanged",
        lambda result, inputs: (
            not result[TO_ONLINE].any() and bool(result[TO_TARGET].any())
        ),
    ),
    ("gradient to the target", lambda result, inputs: bool(result[TO_TARGET].any())),
    ("not one number", lambda result, inputs: shape_of(result["loss"]) != ()),
    (
        "plain number",
        lambda result, inputs: (
            not isinstance(result["loss"], Tensor) and _no_gradient(result, inputs)
        ),
    ),
    (
        "asked too late",
        lambda result, inputs: (
            getattr(result["loss"], "requires_grad", False)
            and _no_gradient(result, inputs)
        ),
    ),
    ("no gradient", _no_gradient),
)
