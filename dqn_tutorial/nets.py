"""The Q-network, and the form in which K of them are evaluated at once."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
}


def _linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """Return a linear layer with PyTorch's usual uniform start, drawn from
    `generator`.
    """
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]
    bound = n_in**-0.5
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


class MLP(nn.Sequential):
    """Linear layers with an activation between them: `[..., dim_in]` in,
    `[..., dim_out]` out.

    Args:
        dim_in: numbers in.
        dim_out: numbers out.
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
        dim_in: int,
        dim_out: int,
        depth: int = 3,
        width: int = 256,
        act: str = "relu",
        has_norm: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        if act not in _ACTIVATIONS:
            raise ValueError(
                f"act = {act!r} is not allowed: choose one of {', '.join(_ACTIVATIONS)}"
            )
        if min(dim_in, dim_out, width) < 1 or depth < 0:
            raise ValueError(
                f"sizes {dim_in}, {dim_out}, {width} must be 1 or more and depth ="
                f" {depth} 0 or more"
            )
        generator = generator or torch.Generator().manual_seed(0)
        layers: list[nn.Module] = []
        for _ in range(depth):
            layers.append(_linear(dim_in, width, generator))
            if has_norm:
                layers.append(nn.LayerNorm(width))
            layers.append(_ACTIVATIONS[act]())
            dim_in = width
        super().__init__(*layers, _linear(dim_in, dim_out, generator))


class DQNNet(MLP):
    """State in, one Q-value per action out: `[S] -> [A]`, `[B, S] -> [B, A]`.

    All actions come out at once, so one forward pass is enough for the maximum over
    actions. Arguments and errors as in `MLP`.

    Source: Mnih et al. (2015), figure 1. Taught in 03_q_network.
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
        super().__init__(dim_state, dim_act, depth, width, act, has_norm, generator)


def _rows(layers: Sequence[nn.Module], name: str) -> Any:
    """Stack a vector of weights of each layer, `[K, 1, W]`; None where the layers do
    without.
    """
    rows: list[Any] = [getattr(layer, name) for layer in layers]
    return (
        None
        if rows[0] is None
        else nn.Parameter(torch.stack([row.detach()[None] for row in rows]))
    )


class StackedLinear(nn.Module):
    """K linear layers at once, `[K, B, I] -> [K, B, O]`: one batched matrix product.

    Source: PyTorch's `baddbmm`.
    """

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        # [K, I, O]
        self.weight = nn.Parameter(
            torch.stack([layer.weight.detach().T for layer in layers])
        )
        self.bias = _rows(layers, "bias")  # [K, 1, O]

    def forward(self, x: Tensor) -> Tensor:
        """Return member k's layer applied to `x[k]`. Source: PyTorch's `baddbmm`."""
        return (
            x @ self.weight
            if self.bias is None
            else torch.baddbmm(self.bias, x, self.weight)
        )


class StackedLayerNorm(nn.Module):
    """K layer normalisations at once, `[K, B, W] -> [K, B, W]`.

    Source: Ba et al. (2016).
    """

    def __init__(self, layers: Sequence[nn.LayerNorm]) -> None:
        super().__init__()
        self.weight = _rows(layers, "weight")  # [K, 1, W]
        self.bias = _rows(layers, "bias")  # [K, 1, W]
        self.eps = layers[0].eps

    def forward(self, x: Tensor) -> Tensor:
        """Return member k's normalisation of `x[k]`. Source: Ba et al. (2016)."""
        y: Tensor = (
            nn.functional.layer_norm(x, x.shape[-1:], eps=self.eps) * self.weight
        )
        return y if self.bias is None else y + self.bias


_STACKED: dict[type[nn.Module], type[Any]] = {
    nn.Linear: StackedLinear,
    nn.LayerNorm: StackedLayerNorm,
}


def stack(members: Sequence[nn.Module]) -> nn.Module:
    """Turn K equally built networks into one that maps `[K, B, S] -> [K, B, A]`, member
    k on batch k.

    The first member is taken over: each of its layers with weights becomes the stacked
    layer of all members. So its `forward` sees an axis more in front than it would
    alone, and must count axes from the end: `mean(-1)`, never `mean(1)`. `check_stack`
    finds out whether it does.

    Raises:
        TypeError: a member holds weights in a layer other than `nn.Linear` or
            `nn.LayerNorm`.

    Taught in 03_q_network.
    """
    # a layer used twice is stacked once
    first, stacked = members[0], dict[nn.Module, nn.Module]()
    for path, layer in list(first.named_modules(remove_duplicate=False)):
        if next(layer.parameters(recurse=False), None) is None:
            continue
        if type(layer) not in _STACKED:
            known = ", ".join(kind.__name__ for kind in _STACKED)
            raise TypeError(
                f"{type(layer).__name__} holds weights of its own: members are stacked"
                f" from {known} layers"
            )
        if layer not in stacked:
            stacked[layer] = _STACKED[type(layer)](
                [member.get_submodule(path) for member in members]
            )
        if not path:
            return stacked[layer]
        parent, _, name = path.rpartition(".")
        setattr(first.get_submodule(parent), name, stacked[layer])
    return first


def check_stack(members: Sequence[nn.Module], dim_state: int) -> None:
    """Refuse networks of which two compute something else stacked than one by one; they
    are left as they are.

    Raises:
        ValueError: they do, on random states. TypeError: as in `stack`.
    """
    pair = [copy.deepcopy(member).eval() for member in (members[0], members[-1])]
    generator = torch.Generator().manual_seed(0)
    state = torch.randn(2, 3, dim_state, generator=generator)  # [K, B, S]
    with torch.no_grad():
        for weight in [weight for network in pair for weight in network.parameters()]:
            # one that is 0 would hide much
            weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.1)
        alone = torch.stack(
            [network(batch) for network, batch in zip(pair, state, strict=True)]
        )
        n_weights = len(list(pair[0].parameters()))
        stacked = stack(pair)
        try:
            together, reason = stacked(state), "its values differ"
        # whatever a learner's forward does with an axis more
        except Exception as error:
            together, reason = torch.zeros(0), f"{type(error).__name__}: {error}"
    if len(list(stacked.parameters())) != n_weights:
        raise ValueError(
            f"{type(members[0]).__name__} shares a weight between layers: share the"
            " whole layer instead"
        )
    if (
        together.shape != alone.shape
        or not (together - alone).abs().max() <= 1e-4 * alone.abs().max()
    ):
        raise ValueError(
            f"{type(members[0]).__name__} computes something else on [K, B, S], K"
            f" networks at once, than on [B, S] ({reason}): its forward must count axes"
            " from the end, such as mean(-1), and what differs between two networks"
            " must be their weights"
        )
