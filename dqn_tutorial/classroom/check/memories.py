"""A test of other people's memories, run on memories with copies and without."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe, shape_of

# an array that was stored, and the numbers that it held then
Log = list[tuple[Any, Any]]
Shows = Callable[[Any, Any], Any]  # what a memory shows, from the two


def _memory(keep: Function, read: Function, log: Log) -> type:
    """Return a class of memories by what they keep of an array, and what they show; it
    notes what is stored.
    """

    class Memory:
        def __init__(self) -> None:
            self._kept: list[Any] = []

        def store(self, step: Any) -> None:
            if not hasattr(step, "__array__"):
                words = f"Your test stores {describe(step)}; asked for is an array."
                raise Wrong("no array stored", words)
            log.append((step, np.array(step)))
            self._kept.append(keep(step))

        def rows(self) -> list[Any]:
            return [read(row) for row in self._kept]

    return Memory


def _view(step: Any) -> Any:
    return np.asarray(step)[...]


def _same(row: Any) -> Any:
    return row


# what a memory does: whether it keeps copies, what it keeps, and what it shows
MEMORIES: dict[str, tuple[bool, Function, Function]] = {
    "copies each step": (True, np.array, _same),
    "copies each step, and once more when it is read": (True, np.array, np.array),
    "copies each step into a part of an array of its own": (
        True,
        lambda step: _view(np.array(step)),
        _same,
    ),
    "keeps the array itself": (False, _same, _same),
    "keeps a view of the array": (False, _view, _same),
    "keeps a view of the array, and copies it when it is read": (
        False,
        _view,
        np.array,
    ),
}
_COPY, _, _, _ITSELF, _VIEW, _LATE = MEMORIES


def _others(step: Any, was: Any) -> Any:
    """Return numbers that were never stored."""
    return np.full_like(was, 119)


def _untouched(step: Any, was: Any) -> Any:
    """Return the old numbers where the array still holds them, others elsewhere."""
    return np.where(step == was, was, _others(step, was))


def _accepts(answer: Any, shows: Shows) -> bool | None:
    """Say what a test says of a memory that shows this; None where it raises."""
    log: Log = []

    class Memory(_memory(_same, _same, log)):  # type: ignore[misc]
        def rows(self) -> list[Any]:
            return [shows(step, was) for step, was in log]

    with suppress(Wrong, OwnError):
        return _told(answer, Memory)
    return None


def _reads_late(answer: Any) -> bool:
    """Say whether a test reads a memory after the array has changed."""
    changes: list[bool] = []

    def shows(step: Any, was: Any) -> Any:
        changes.append(not np.array_equal(step, was))
        return step

    return _accepts(answer, shows) is None or any(changes)


# pieces of an error's text, and a key
_ERRORS = (
    ("missing 1 required positional argument", "no memory made"),
    ("__init__() takes 1 positional argument", "no memory made"),
    ("'method' object is not", "rows not called"),
    ("'function' object is not", "rows not called"),
)


def judge_test(answer: Any, rng: np.random.Generator) -> None:
    """Judge a test of memories by what it says of each."""
    said: dict[str, bool] = {}
    memories: dict[str, type] = {}
    has_stored: dict[str, bool] = {}
    has_changed: dict[str, bool] = {}
    for name, (_, keep, read) in MEMORIES.items():
        log: Log = []
        memory = _memory(keep, read, log)
        memory.__doc__, memories[name] = name, memory
        said[name] = _told(answer, memory)
        has_stored[name] = bool(log)
        has_changed[name] = any(not np.array_equal(step, was) for step, was in log)
    right = {name: copies for name, (copies, *_) in MEMORIES.items()}
    missed = [name for name in right if said[name] != right[name]]
    if not missed:
        return
    case = (
        f"Inputs: a `Memory` that {missed[0]}.\nRight: {right[missed[0]]}.\n"
        f"Yours: {said[missed[0]]}."
    )
    accepts, late = partial(_accepts, answer), partial(_reads_late, answer)
    signs: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("nothing given to it", lambda: not has_stored[_ITSELF]),
        (
            "array never changes",
            lambda: all(said.values()) and not has_changed[_ITSELF],
        ),
        ("read before the change", lambda: all(said.values()) and not late()),
        ("any numbers do", lambda: all(said.values()) and accepts(_others) is True),
        (
            "untouched numbers do",
            lambda: all(said.values()) and accepts(_untouched) is True,
        ),
        ("never fails", lambda: all(said.values())),
        ("always fails", lambda: not any(said.values())),
        (
            "new numbers wanted",
            lambda: (
                said[_ITSELF]
                and not said[_COPY]
                and has_changed[_ITSELF]
                and said[_LATE]
                and accepts(_others) is False
            ),
        ),
        ("memories inverted", lambda: said[_ITSELF] and not said[_COPY]),
        ("copy refused", lambda: any(right[name] for name in missed)),
        ("two readings", lambda: said[_ITSELF] and not said[_LATE]),
        ("view missed", lambda: said[_VIEW] and not said[_ITSELF]),
        ("other values", lambda: said[_ITSELF] or said[_VIEW]),
        (
            "writes into the memory",
            lambda: has_changed[_ITSELF] and not has_changed[_COPY],
        ),
        ("read too early", lambda: has_changed[_LATE]),
        ("late copy missed", lambda: True),
    )
    wrong = Wrong(next(key for key, fits in signs if fits()), case)
    wrong.inputs = {"Memory": memories[missed[0]]}
    raise wrong


def _told(answer: Any, memory: type) -> bool:
    """Return what a test says of a memory."""
    try:
        result = guarded(answer)(Memory=memory)
    except OwnError as error:
        if isinstance(error.error, AssertionError):
            raise Wrong("raises for False", str(error)) from None
        for piece, key in _ERRORS:
            if piece in str(error):
                raise Wrong(key, str(error)) from None
        raise
    flag = as_array(result)
    if flag is None or shape_of(result) or flag.dtype.kind != "b":
        raise Wrong("no bool", f"Your function returns {describe(result)}.")
    return bool(flag)
