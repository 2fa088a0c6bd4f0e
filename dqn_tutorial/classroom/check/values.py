"""Comparing what a learner's code gave with what was asked: tensors, arrays, numbers,
or tuples and dicts of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

RTOL, ATOL = 1e-4, 1e-5  # float32 and another order of operations stay well within


def as_array(value: Any, depth: int = 4) -> NDArray[Any] | None:
    """Return tensors, arrays, numbers and lists of them, nested to this depth, as an
    array, everything else as None.

    Floats that NumPy does not know, such as bfloat16, come as float32, sparse tensors
    in full.
    """
    if isinstance(value, torch.Tensor):
        is_foreign = value.is_floating_point() and value.dtype not in (
            torch.float16,
            torch.float32,
            torch.float64,
        )
        try:
            value = (
                (value.float() if is_foreign else value).to_dense().numpy(force=True)
            )
        except (RuntimeError, TypeError):  # no numbers in it, or none that NumPy has
            return None
    if isinstance(value, list):
        if not depth:
            return None
        if not all(type(one) in (bool, int, float) for one in value):
            value = [as_array(one, depth - 1) for one in value]
            if any(one is None for one in value):
                return None
    if isinstance(value, np.ndarray | np.generic | bool | int | float | list):
        try:
            array = np.asarray(value)
        except ValueError:  # a ragged list
            return None
        return array if array.dtype.kind in "biuf" else None
    return None


def kind_of(value: Any) -> str:
    """Return in which form numbers come: a tensor, an array, a number, or a list."""
    if isinstance(value, torch.Tensor):
        return "tensor"
    if isinstance(value, np.ndarray):
        return "array" if value.ndim else "number"
    return type(value).__name__ if isinstance(value, list) else "number"


def agree(value: Any, other: Any) -> bool:
    """Say whether two results are the same up to rounding: structure, shape, whole
    numbers or not, and values.

    Where `other` holds whole numbers or flags, so must `value`; where it holds floats,
    whole numbers do too. Of other objects, such as generators, only the type is
    compared.
    """
    if isinstance(other, Mapping):
        return (
            isinstance(value, Mapping)
            and value.keys() == other.keys()
            and all(agree(value[k], other[k]) for k in other)
        )
    a, b = as_array(value), as_array(other)
    # a list where its tensors have several shapes
    if isinstance(other, tuple | list) and b is None:
        return (
            isinstance(value, tuple if isinstance(other, tuple) else list)
            and len(value) == len(other)
            and all(map(agree, value, other))
        )
    if a is None or b is None:
        return (
            a is None
            and b is None
            and type(value) is type(other)
            and (not isinstance(value, str) or value == other)
        )
    kinds = {"b": "b", "i": "iu", "u": "iu", "f": "fiu"}
    if a.shape != b.shape or a.dtype.kind not in kinds[b.dtype.kind]:
        return False
    return bool(np.allclose(a, b, RTOL, ATOL, equal_nan=True))


def describe(value: Any) -> str:
    """Return shape and kind of a value, or the value itself where it is a number."""
    array = as_array(value)
    if isinstance(value, tuple) and all(type(one) is int for one in value):
        return repr(value)
    if array is None:
        is_net = isinstance(value, torch.nn.Module) and "\n" not in repr(value)
        return f"({value if is_net else type(value).__name__})"
    if array.ndim == 0:
        return f"{array.item():.4g}" if array.dtype.kind == "f" else str(array.item())
    return f"{list(array.shape)} {array.dtype}"


def shown(value: Any) -> str:
    """Return small values in full, large ones by shape and kind."""
    array = as_array(value)
    parts = (
        [as_array(item) for item in value]
        if array is None and isinstance(value, list)
        else []
    )
    # tensors of several shapes
    if parts and sum(99 if part is None else part.size for part in parts) <= 12:
        return f"[{', '.join(map(shown, parts))}]"
    if array is None or array.size > 12:
        return describe(value)
    return np.array2string(
        array, precision=3, suppress_small=True, separator=", "
    ).replace("\n", "")


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of an array, a list or a number, () of all else."""
    array = as_array(value)
    return () if array is None else array.shape


def flat(weights: Iterable[torch.Tensor]) -> torch.Tensor:
    """Return the numbers of all weights in one row, a copy."""
    return torch.cat([weight.detach().flatten() for weight in weights])
