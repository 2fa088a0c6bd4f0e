"""The exercises of 04_replay_buffer."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.chance import beyond_chance
from dqn_tutorial.classroom.check.exercise import (
    MESSAGES,
    Exercise,
    Function,
    by_values,
    choice,
)
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.misconceptions import around
from dqn_tutorial.classroom.check.values import as_array, describe

HERE = "04_replay_buffer"
forgetting = Exercise(
    "forgetting",
    HERE,
    minutes=5,
    difficulty=1,
    judge=choice(MESSAGES["forgetting"], right="B"),
)

REUSED = 1000.0  # what the environment adds to its array after the call


def _sample_store(rng: np.random.Generator) -> dict[str, Any]:
    """A ring that is empty, partly filled or full."""
    length, dim_state, turns = (
        int(rng.integers(3, 7)),
        int(rng.integers(2, 5)),
        rng.uniform(0, 3),
    )
    n_stored = int(turns * length)
    rows = [
        rng.integers(1, 10, dim_state) * float(row < n_stored) for row in range(length)
    ]
    return {
        "rows": rows,
        "next_row": n_stored % length,
        "size": min(n_stored, length),
        "step": rng.integers(10, 99, dim_state).astype(float),
    }


@around
def _played(
    answer: Function,
    rows: list[Any],
    next_row: int,
    size: int,
    step: NDArray[Any],
) -> dict[str, Any]:
    """Call a storing function as an environment does that goes on in the array `step`;
    return all that it did.
    """
    result = answer(rows, next_row, size, step)
    step += REUSED
    kept = [np.array(row, float) for row in rows]
    step -= REUSED
    pair = as_array(list(result) if isinstance(result, tuple) else result)
    if pair is None or pair.shape != (2,) or pair.dtype.kind not in "iu":
        return {"rows": kept, "returned": result}
    return {"rows": kept, "next_row": int(pair[0]), "size": int(pair[1])}


def _ring(
    row: Callable[[int, int, int], int] = lambda next_row, size, length: next_row,
    after: Callable[[int, int, int], int] = lambda next_row, size, length: (
        (next_row + 1) % length
    ),
    grown: Callable[[int, int, int], int] = lambda next_row, size, length: min(
        size + 1, length
    ),
) -> Any:
    """Return a storing function made of three rules for (next_row, size, length)."""

    def store(
        rows: list[Any], next_row: int, size: int, step: NDArray[Any]
    ) -> tuple[int, int]:
        rows[row(next_row, size, len(rows))] = step.copy()
        return after(next_row, size, len(rows)), grown(next_row, size, len(rows))

    return _played(store)


def _stored(
    rows: list[Any], next_row: int, size: int, step: NDArray[Any]
) -> tuple[int, int]:
    """Store a step as the folded solution does."""
    rows[next_row] = step.copy()
    return (next_row + 1) % len(rows), min(size + 1, len(rows))


def _is_shifted(result: Any, inputs: Mapping[str, Any]) -> bool:
    is_full = inputs["size"] == len(inputs["rows"]) > inputs["next_row"] + 1
    return is_full and np.array_equal(result["rows"][:-1], inputs["rows"][1:])


def _is_swapped(result: Any, inputs: Mapping[str, Any]) -> bool:
    right = _ring()(**{**inputs, "rows": list(inputs["rows"])})
    return bool(
        right["size"] != right["next_row"] == result["size"]
        and result["next_row"] == right["size"]
    )


ring_store = Exercise(
    "ring_store",
    HERE,
    minutes=10,
    difficulty=2,
    judge=by_values(
        _sample_store,
        _ring(),
        [
            ("row left out", _ring(after=lambda i, size, n: (i + 1) % n + 1)),
            ("row left out", _ring(after=lambda i, size, n: (i + 2) % n)),
            (
                "next row from size",
                _ring(after=lambda i, size, n: min(size + 1, n) % n),
            ),
            ("number stays", _ring(after=lambda i, *_: i)),
            ("number stays", _ring(grown=lambda i, size, n: size)),
            (
                "number stays",
                _ring(after=lambda i, *_: i, grown=lambda i, size, n: size),
            ),
            ("off by one", _ring(row=lambda i, size, n: (i + 1) % n)),
            ("off by one", _ring(row=lambda i, size, n: i + 1)),
            ("newest overwritten", _ring(row=lambda i, size, n: i - 1)),
            ("size as row", _ring(row=lambda i, size, n: size)),
            ("size as row", _ring(row=lambda i, size, n: size % n)),
            ("last row unused", _ring(after=lambda i, size, n: (i + 1) % (n - 1))),
            ("size wraps", _ring(grown=lambda i, size, n: (i + 1) % n)),
        ],
        [
            ("rows grow", lambda out, given: len(out["rows"]) > len(given["rows"])),
            (
                "nothing stored",
                lambda out, given: (
                    given["size"] < len(given["rows"])
                    and np.array_equal(out["rows"], given["rows"])
                ),
            ),
            (
                "stops when full",
                lambda out, given: np.array_equal(out["rows"], given["rows"]),
            ),
            (
                "stale view",
                lambda out, given: any((row > REUSED).any() for row in out["rows"]),
            ),
            ("rows shifted", _is_shifted),
            ("not two numbers", lambda out, given: "returned" in out),
            ("numbers swapped", _is_swapped),
            (
                "index not wrapped",
                lambda out, given: (
                    out["next_row"] == len(given["rows"]) == given["next_row"] + 1
                ),
            ),
            (
                "size not capped",
                lambda out, given: out["size"] == len(given["rows"]) + 1,
            ),
        ],
        inputs_it_changes=("rows",),
        seen_as=_played,
    ),
    solution=_stored,
)


def _sample_flags(rng: np.random.Generator) -> dict[str, Any]:
    """Flags of an environment's steps with both kinds of end; none at a step that only
    resets.
    """
    while True:
        # 0 goes on, 1 terminated, 2 truncated
        over, ends = False, rng.integers(3, size=int(rng.integers(8, 16)))
        for step in range(len(ends)):
            ends[step] *= not over
            over = ends[step] > 0
        if {1, 2} <= set(ends[:-1].tolist()):
            return {"terminated": ends == 1, "truncated": ends == 2}


def _later(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.append(False, flags[:-1])


def _kept(over: NDArray[np.bool_], cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ~_later(over | cut)


is_transition = Exercise(
    "is_transition",
    HERE,
    minutes=5,
    difficulty=1,
    judge=by_values(
        _sample_flags,
        _kept,
        {
            "last step lost": lambda over, cut: ~(over | cut),
            "ignores truncated": lambda over, cut: ~_later(over),
            "ignores terminated": lambda over, cut: ~_later(cut),
            "end meets start": lambda over, cut: ~np.roll(over | cut, 1),
            "inverted": lambda over, cut: _later(over | cut),
            "wrong direction": lambda over, cut: np.append(~(over | cut)[1:], True),
            "both dropped": lambda over, cut: ~(over | cut | _later(over | cut)),
            "nothing dropped": lambda over, cut: ~(over & cut),
            "row numbers": lambda over, cut: np.flatnonzero(~_later(over | cut)),
        }.items(),
        [("bits inverted", lambda mask, inputs: bool(np.any(as_array(mask) == -2)))],
    ),
    solution=_kept,
)


def _sample_ring(rng: np.random.Generator, is_full: bool) -> dict[str, Any]:
    filled = int(rng.integers(6, 10))
    is_reset = np.zeros(filled if is_full else filled + filled // 2, bool)
    is_reset[rng.choice(filled - 1, 2, replace=False)] = True
    return {
        "is_reset": is_reset,
        "n_stored": filled + (int(rng.integers(1, 90)) if is_full else 0),
        "batch_size": 4000,
    }


def _rows_of(own: Function, inputs: dict[str, Any], seed: int) -> NDArray[Any]:
    """Return the rows that were drawn, as an array of that many numbers."""
    try:
        result = own(**inputs, rng=np.random.default_rng(seed))
    except OwnError as error:
        if "larger sample than population" in str(error).lower():
            raise Wrong("without replacement") from None
        raise
    rows = as_array(result)
    if rows is None or rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise Wrong(
            "no row numbers",
            "Return an array of whole numbers, shape [batch_size], not"
            f" {describe(result)}.",
        )
    if len(rows) != inputs["batch_size"]:
        is_distinct = len(set(rows.tolist())) == len(rows)
        raise Wrong("without replacement" if is_distinct else "other batch size")
    return rows


def _judge_random(answer: Any, rng: np.random.Generator) -> None:
    own, seen = guarded(answer), []
    for case in range(8):
        inputs, seed = (
            _sample_ring(rng, is_full=case % 2 == 1),
            int(rng.integers(1 << 30)),
        )
        is_reset = inputs["is_reset"]
        filled = min(inputs["n_stored"], len(is_reset))
        seen.append((_rows_of(own, inputs, seed), is_reset, filled))
    again, other = _rows_of(own, inputs, seed), _rows_of(own, inputs, seed + 1)

    of_pairs, of_rows = beyond_chance([rows for rows, *_ in seen])
    # what refuses, where: any or all cases
    signs: tuple[tuple[str, Callable[..., bool], Callable[..., bool]], ...] = (
        (
            "one row too many",
            lambda rows, is_reset, filled: rows.max() == filled and rows.min() >= 0,
            all,
        ),
        (
            "outside the ring",
            lambda rows, is_reset, filled: (
                rows.max() >= len(is_reset) or rows.min() < 0
            ),
            any,
        ),
        ("empty rows", lambda rows, is_reset, filled: rows.max() >= filled, any),
        (
            "one for all",
            lambda rows, is_reset, filled: len(set(rows.tolist())) == 1,
            all,
        ),
        (
            "positions for rows",
            lambda rows, is_reset, filled: rows.max() == (~is_reset[:filled]).sum() - 1,
            all,
        ),
        ("resets drawn", lambda rows, is_reset, filled: is_reset[rows].any(), any),
        ("last row never", lambda rows, is_reset, filled: rows.max() < filled - 1, all),
        (
            "row never",
            lambda rows, is_reset, filled: (
                len(set(rows.tolist())) < (~is_reset[:filled]).sum()
            ),
            any,
        ),
        ("not independent", lambda *_: of_pairs > 5, all),
        ("equal shares", lambda *_: of_rows < -5, all),
        ("uneven", lambda *_: of_rows > 5, all),
        ("another generator", lambda *_: not np.array_equal(again, seen[-1][0]), all),
        ("own seed", lambda *_: np.array_equal(again, other), all),
    )
    for key, refuses, where in signs:
        if where(refuses(*one) for one in seen):
            raise Wrong(key)


def _drawn(
    is_reset: NDArray[np.bool_],
    n_stored: int,
    batch_size: int,
    rng: np.random.Generator,
) -> NDArray[Any]:
    return rng.choice(np.flatnonzero(~is_reset[:n_stored]), batch_size)


random_rows = Exercise(
    "random_rows",
    HERE,
    minutes=10,
    difficulty=2,
    judge=_judge_random,
    solution=_drawn,
)


def _memory(keep: Function, read: Function = lambda row: row) -> type:
    """Return a class of memories by what they keep of an array, and what they show."""

    class Memory:
        def __init__(self) -> None:
            self._kept: list[Any] = []

        def store(self, step: Any) -> None:
            self._kept.append(keep(step))

        def rows(self) -> list[Any]:
            return [read(row) for row in self._kept]

    return Memory


def _view(step: Any) -> Any:
    return np.asarray(step)[...]


# name of a memory: whether it keeps copies, and how it is made
_MEMORIES = {
    "copy": (True, _memory(np.array)),
    "late copy of a copy": (True, _memory(np.array, np.array)),
    "itself": (False, _memory(lambda step: step)),
    "view": (False, _memory(_view)),
    "late copy": (False, _memory(_view, np.array)),
}


def _judge_test(answer: Any, rng: np.random.Generator) -> None:
    own, said = guarded(answer), {}
    for name, (_, made) in _MEMORIES.items():
        result = as_array(own(Memory=made))
        if result is None or result.shape or result.dtype.kind != "b":
            raise Wrong("no bool")
        said[name] = bool(result)
    right = {name: copies for name, (copies, _) in _MEMORIES.items()}
    if said == right:
        return
    for key, seen in (
        ("never fails", dict.fromkeys(right, True)),
        ("always fails", dict.fromkeys(right, False)),
        ("inverted", {name: not copies for name, copies in right.items()}),
    ):
        if said == seen:
            raise Wrong(key)
    if not (said["copy"] and said["late copy of a copy"]):
        raise Wrong("copy refused")
    raise Wrong("view missed" if said["view"] else "late copy missed")


def _tells(made: Any) -> bool:
    memory, step = made(), np.zeros(2)
    memory.store(step)
    step += 1
    return bool((memory.rows()[0] == 0).all())


copy_test = Exercise(
    "copy_test", HERE, minutes=10, difficulty=2, judge=_judge_test, solution=_tells
)
