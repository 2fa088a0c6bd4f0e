"""The Q-network, and the form in which K of them are evaluated at once."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "silu": nn.SiLU}


def _linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """Return a linear layer with PyTorch's usual uniform start, drawn from `generator`."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, n_in, n_out)  # type: ignore[no-untyped-call]
    bound = n_in**-0.5
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


class MLP(nn.Sequential):
    """Linear layers with an activation between them: `[..., dim_in]` in, `[..., dim_out]` out.

    Args:
        dim_in: numbers in.
        dim_out: numbers out.
        depth: hidden layers; 0 leaves one linear map.
        width: units in each hidden layer.
        act: relu, tanh or silu.
        has_norm: layer normalisation after each hidden linear layer.
        generator: source of the first weights; without one, a fresh generator of seed 0.

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
            raise ValueError(f"act = {act!r} is not allowed: choose one of {', '.join(_ACTIVATIONS)}")
        if min(dim_in, dim_out, width) < 1 or depth < 0:
            raise ValueError(f"sizes {dim_in}, {dim_out}, {width} must be 1 or more and depth = {depth} 0 or more")
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

    All actions come out at once, so one forward pass is enough for the maximum over actions.
    Arguments and errors as in `MLP`.

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


class StackedLinear(nn.Module):
    """K linear layers at once, `[K, B, I] -> [K, B, O]`: one batched matrix product.

    Source: PyTorch's `baddbmm`. Taught in 03_q_network.
    """

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))  # [K, I, O]
        self.bias = nn.Parameter(torch.stack([layer.bias.detach()[None] for layer in layers]))  # [K, 1, O]

    def forward(self, x: Tensor) -> Tensor:
        """Return member k's layer applied to `x[k]`. Source: PyTorch's `baddbmm`. Taught in 03_q_network."""
        return torch.baddbmm(self.bias, x, self.weight)


class StackedLayerNorm(nn.Module):
    """K layer normalisations at once, `[K, B, W] -> [K, B, W]`.

    Source: Ba et al. (2016). Taught in 03_q_network.
    """

    def __init__(self, layers: Sequence[nn.LayerNorm]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach()[None] for layer in layers]))  # [K, 1, W]
        self.bias = nn.Parameter(torch.stack([layer.bias.detach()[None] for layer in layers]))  # [K, 1, W]

    def forward(self, x: Tensor) -> Tensor:
        """Return member k's normalisation of `x[k]`. Source: Ba et al. (2016). Taught in 03_q_network."""
        return nn.functional.layer_norm(x, x.shape[-1:]) * self.weight + self.bias


_STACKED: dict[type[nn.Module], type[nn.Module]] = {nn.Linear: StackedLinear, nn.LayerNorm: StackedLayerNorm}


def stack(members: Sequence[nn.Module]) -> nn.Module:
    """Turn K equally built networks into one that maps `[K, B, S] -> [K, B, A]`, member k on batch k.

    The first member is taken over: each of its layers with weights becomes the stacked layer of all members.

    Raises:
        TypeError: a member holds weights in a layer other than `nn.Linear` or `nn.LayerNorm`.

    Source: this course. Taught in 03_q_network.
    """
    first = members[0]
    if type(first) in _STACKED:
        return _STACKED[type(first)](members)
    if next(first.parameters(recurse=False), None) is not None:
        known = ", ".join(kind.__name__ for kind in _STACKED)
        raise TypeError(f"{type(first).__name__} holds weights of its own: members are stacked from {known} layers")
    for name, _ in list(first.named_children()):
        setattr(first, name, stack([cast(nn.Module, getattr(member, name)) for member in members]))
    return first
