"""What a line carries besides plain values: memory that arrays and tensors lie in,
results with gradients from the other side, objects that stay there.
"""

from typing import Any

import numpy as np
import torch

MOST_NUMBERS = 1_000_000  # of an array, which may be larger than its memory


class Block:
    """Memory that arrays and tensors lie in, as bytes."""

    def __init__(self, memory: Any) -> None:
        self.memory = memory
        self.start: int = memory.__array_interface__["data"][0]


class Pulled(torch.autograd.Function):
    """A result that was computed on the other side, with its gradients."""

    @staticmethod
    def forward(ctx: Any, it: Any, error: Any, pulled: Any, *leaves: Any) -> Any:
        ctx.error, ctx.pulled = error, pulled
        return it

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if ctx.error:
            raise RuntimeError(ctx.error)
        flat = grad.flatten()
        grads = [torch.tensordot(flat.to(p.dtype), p, dims=1) for p in ctx.pulled]
        return None, None, None, *grads, None


class _Memory:
    def __init__(self, start: int, size: int, owner: Any) -> None:
        self.owner = owner  # as long as an array lies in it
        self.__array_interface__ = {
            "data": (start, False),
            "shape": (size,),
            "typestr": "|u1",
            "version": 3,
        }


def memory_at(start: int, size: int, owner: Any) -> Any:
    """Return the bytes from an address on as an array, which keeps their owner."""
    if not size:
        return np.empty(0, np.uint8)
    return np.asarray(_Memory(start, size, owner))


def steps_of(it: Any) -> list[int]:
    """Return by how many bytes a step along each axis goes."""
    if isinstance(it, np.ndarray):
        return list(it.strides)
    return [step * it.itemsize for step in it.stride()]


def is_dense(value: Any) -> bool:
    """Say whether an array or a tensor holds plain numbers, and not too many."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf" and value.size <= MOST_NUMBERS
    return value.layout is torch.strided and value.numel() <= MOST_NUMBERS


def is_pcg(value: Any) -> bool:
    """Say whether a generator is of the kind whose state goes over the line."""
    return type(value.bit_generator) is np.random.PCG64


class Open:
    """An object that stays on the other side: only its name goes over the line."""

    def __init__(self, wire: Any, number: int, kind: str) -> None:
        vars(self).update(_wire=wire, _number=number, _kind=kind)

    def __getattr__(self, name: str) -> Any:
        return self._wire.ask("get", self, name)

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._wire.ask("call", self, given, named)

    def __len__(self) -> int:
        return int(self._wire.ask("len", self))
