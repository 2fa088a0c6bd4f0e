"""With which other inputs the right result is what came out."""

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.guard import Behaviour, Wrong, alike
from dqn_tutorial.classroom.check.values import as_array

Inputs = Mapping[str, Any]
Row = tuple[Behaviour, Behaviour, Inputs]  # what came out, what is right, the inputs
Function = Callable[[Inputs], Behaviour]
MOST_SECONDS = 0.2  # of the processor's time, for other inputs


def as_if(right: Function, rows: Sequence[Row]) -> Iterator[str]:
    """Say with which other inputs the right result is what came out, in every case."""
    if any(found[0] == "error" for found, *_ in rows):
        return
    first, end = rows[0][2], time.process_time() + MOST_SECONDS
    for name, other in permutations(first, 2):
        if isinstance(first[name], np.random.Generator):
            continue
        if all(_fits(right, row, {name: row[2][other]}) for row in rows):
            yield f"Your result is right if `{name}` had the numbers of `{other}`."
            return
    for name in first:
        for words, change in OTHERS:
            if time.process_time() > end:
                return
            made = [change(row[2][name]) for row in rows]
            if all(
                new is not None and _fits(right, row, {name: new})
                for row, new in zip(rows, made, strict=True)
            ):
                yield f"Your result is the right one for {words.format(name)}."
                return


def _fits(right: Function, row: Row, other: dict[str, Any]) -> bool:
    found, _, inputs = row
    try:
        return alike(found, right({**copy.deepcopy(dict(inputs)), **other}))
    except (Wrong, ValueError, TypeError, IndexError, RuntimeError):
        return False


def _flags(value: Any, flag: bool | None) -> Any:
    array = as_array(value)
    if array is None or isinstance(value, list) or array.dtype.kind != "b":
        return None
    new = ~array if flag is None else np.full_like(array, flag)
    return as_type(new, value) if array.ndim else bool(new)


def _floats(value: Any, make: Callable[[Any], Any]) -> Any:
    """Return other numbers in the place of floats or of an array of numbers."""
    array = as_array(value)
    if array is None or isinstance(value, list) or array.dtype.kind != "f":
        return None
    with suppress(ValueError, IndexError):
        new = np.asarray(make(array))
        if new.shape == array.shape:
            return as_type(new, value) if array.ndim else float(new)
    return None


def _lasting(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: _floats(value, make)


# in words, and what is made of an input
OTHERS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("the flags of `{0}` all False", lambda x: _flags(x, False)),
    ("the flags of `{0}` all True", lambda x: _flags(x, True)),
    ("the flags of `{0}` turned round", lambda x: _flags(x, None)),
    *(
        (f"`{{0}}` = {number}", _lasting(partial(np.full_like, fill_value=number)))
        for number in (0, 1, 0.5, 0.9, 0.95, 0.99)
    ),
    ("1 - `{0}` in place of `{0}`", _lasting(lambda x: 1 - x)),
    ("the square of `{0}`", _lasting(lambda x: x**2)),
    ("the square root of `{0}`", _lasting(lambda x: np.sqrt(np.abs(x)))),
    ("`{0}` of the other sign", _lasting(lambda x: -x)),
    ("`{0}` without its signs", _lasting(np.abs)),
    ("`{0}` with 0 for its negative numbers", _lasting(lambda x: np.maximum(x, 0))),
    ("`{0}` cut off at -1 and 1", _lasting(lambda x: np.clip(x, -1, 1))),
    ("`{0}` rounded to whole numbers", _lasting(np.round)),
    ("`{0}` cut down to whole numbers", _lasting(np.trunc)),
    ("`{0}` rounded to one digit", _lasting(lambda x: np.round(x, 1))),
    ("`{0}` in reverse order", _lasting(lambda x: x[::-1])),
    ("`{0}` with its last axis reversed", _lasting(lambda x: x[..., ::-1])),
    ("`{0}` moved on by one place", _lasting(lambda x: np.roll(x, 1, 0))),
    ("`{0}` moved back by one place", _lasting(lambda x: np.roll(x, -1, 0))),
    ("`{0}` with its axes swapped", _lasting(lambda x: np.swapaxes(x, 0, 1))),
    ("`{0}` sorted", _lasting(lambda x: np.sort(x, 0))),
    ("the first number of `{0}` everywhere", _lasting(lambda x: 0 * x + x.flat[0])),
    ("the mean of `{0}` everywhere", _lasting(lambda x: 0 * x + x.mean())),
)


def as_type(array: NDArray[Any], like: Any) -> Any:
    """Return numbers as a tensor where `like` is one, of its dtype."""
    if isinstance(like, torch.Tensor):
        return torch.as_tensor(array, dtype=like.dtype)
    return array.astype(np.asarray(like).dtype)
