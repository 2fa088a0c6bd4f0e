"""The Q-network, and the form in which K of them are evaluated at once."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dqn_tutorial.config import Refused

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
}


def _linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """Return a linear layer with PyTorch's usual uniform start, from `generator`."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]
    bound = n_in**-0.5
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


class MLP(nn.Sequential):
    """Linear layers with an activation between them: `[..., dim_state]` in,
    `[..., dim_act]` out.

    Args:
        dim_state: numbers in.
        dim_act: numbers out.
        depth: hidden layers; 0 leaves one linear map.
        width: units in each hidden layer.
        act: relu, tanh or silu.
        has_norm: layer normalisation after each hidden linear layer.
        generator: source of the first weights; without one, a fresh generator of seed
            0.

    Raises:
        ValueError: an unknown activation, a size below 1, a negative depth.

    Source: Goodfellow et al. (2016), chapter 6. Taught in 03_q_network.
    """

    def __init__(
        self,
        dim_state: int,
        dim_act: int,
        depth: int = 3,
        width: int = 256,
        act: str = "relu",
        has_norm: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        if act not in _ACTIVATIONS:
            raise Refused(
                f"act = {act!r} is not allowed: choose one of {', '.join(_ACTIVATIONS)}"
            )
        if min(dim_state, dim_act, width) < 1 or depth < 0:
            raise Refused(
                f"sizes {dim_state}, {dim_act}, {width} must be 1 or more and depth ="
                f" {depth} 0 or more"
            )
        generator = generator or torch.Generator().manual_seed(0)
        layers: list[nn.Module] = []
        n_in = dim_state
        for _ in range(depth):
            layers.append(_linear(n_in, width, generator))
            if has_norm:
                layers.append(nn.LayerNorm(width))
            layers.append(_ACTIVATIONS[act]())
            n_in = width
        super().__init__(*layers, _linear(n_in, dim_act, generator))


class DQNNet(MLP):
    """State in, one Q-value per action out: `[..., S]` to `[..., A]`.

    All actions come out at once, so one forward pass is enough for the maximum over
    actions. Arguments and errors as in `MLP`.

    Source: Mnih et al. (2015), figure 1. Taught in 03_q_network.
    """


def stack_weights(weights: Sequence[Tensor | None]) -> Any:
    """Return a parameter of K weights, `[K, ...]`; None where the layers do without."""
    present = [weight.detach() for weight in weights if weight is not None]
    return nn.Parameter(torch.stack(present)) if present else None


def _rows(layers: Sequence[Any], name: str) -> Any:
    """Stack a vector of weights of each layer, `[K, 1, W]`."""
    weights = [getattr(layer, name) for layer in layers]
    return stack_weights([None if w is None else w[None] for w in weights])


class StackedLinear(nn.Module):
    """K linear layers at once, `[K, B, I]` to `[K, B, O]`: one batched matrix product.

    Source: PyTorch's `baddbmm`.
    """

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = stack_weights([layer.weight.T for layer in layers])  # [K, I, O]
        self.bias = _rows(layers, "bias")  # [K, 1, O]

    def forward(self, x: Tensor) -> Tensor:
        """Return member k's layer applied to `x[k]`."""
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)


class StackedLayerNorm(nn.Module):
    """K layer normalisations at once, `[K, B, W]` to `[K, B, W]`.

    Source: Ba et al. (2016).
    """

    def __init__(self, layers: Sequence[nn.LayerNorm]) -> None:
        super().__init__()
        self.weight = _rows(layers, "weight")  # [K, 1, W]
        self.bias = _rows(layers, "bias")  # [K, 1, W]
        self.eps = layers[0].eps

    def forward(self, x: Tensor) -> Tensor:
        """Return member k's normalisation of `x[k]`."""
        y: Tensor = nn.functional.layer_norm(x, x.shape[-1:], eps=self.eps)
        y = y * self.weight
        return y if self.bias is None else y + self.bias


# what stands for K layers of a kind; a further kind may be added
STACKED: dict[type[nn.Module], type[Any]] = {
    nn.Linear: StackedLinear,
    nn.LayerNorm: StackedLayerNorm,
}


def stack(members: Sequence[nn.Module]) -> nn.Module:
    """Return a network that does the work of K equally built ones, member k on batch k:
    `[K, B, S]` to `[K, B, A]`. The members stay as they are.

    It is a copy of the first in which each layer with weights is the stacked layer of
    all. So its `forward` sees an axis more in front than it would alone, and must count
    axes from the end: `mean(-1)`, never `mean(1)`. `check_stack` finds out whether it
    does.

    Raises:
        TypeError: a member holds weights in a layer of a kind that `STACKED` lacks.
    """
    first = copy.deepcopy(members[0])
    stacked = dict[nn.Module, nn.Module]()  # a layer used twice is stacked once
    for path, layer in list(first.named_modules(remove_duplicate=False)):
        if next(layer.parameters(recurse=False), None) is None:
            continue
        if type(layer) not in STACKED:
            known = ", ".join(kind.__name__ for kind in STACKED)
            raise Refused(
                f"{type(layer).__name__} holds weights of its own: members are stacked"
                f" from {known} layers"
            )
        if layer not in stacked:
            of_members = [member.get_submodule(path) for member in members]
            stacked[layer] = STACKED[type(layer)](of_members)
        if not path:
            return stacked[layer]
        parent, _, name = path.rpartition(".")
        setattr(first.get_submodule(parent), name, stacked[layer])
    return first


def check_stack(members: Sequence[nn.Module], of_state: tuple[int, ...]) -> None:
    """Refuse networks of which two compute something else stacked than one by one.

    Args:
        members: the networks; they are left as they are.
        of_state: the shape of a state.

    Raises:
        ValueError: they do, on random states. TypeError: as in `stack`.
    """
    name = type(members[0]).__name__
    pair = [copy.deepcopy(member).eval() for member in (members[0], members[-1])]
    generator = torch.Generator().manual_seed(0)
    state = torch.randn(2, 3, *of_state, generator=generator)  # [K, B, S]
    with torch.no_grad():
        for weight in [weight for network in pair for weight in network.parameters()]:
            # a weight that is 0 would hide much
            noise = torch.randn(weight.shape, generator=generator)
            weight.add_(noise, alpha=0.1)
        each = [network(batch) for network, batch in zip(pair, state, strict=True)]
        alone, stacked = torch.stack(each), stack(pair)
        try:
            together, reason = stacked(state), "its values differ"
        except (
            Exception
        ) as error:  # whatever a learner's forward does with an axis more
            together, reason = torch.zeros(0), f"{type(error).__name__}: {error}"
    if len(list(stacked.parameters())) != len(list(pair[0].parameters())):
        raise Refused(
            f"{name} shares a weight between layers: share the whole layer instead"
        )
    if (
        together.shape != alone.shape
        or not (together - alone).abs().max() <= 1e-4 * alone.abs().max()
    ):
        raise Refused(
            f"{name} computes something else on [K, B, S], K networks at once, than on"
            f" [B, S] ({reason}): its forward must count axes from the end, such as"
            " mean(-1), and what differs between two networks must be their weights"
        )
