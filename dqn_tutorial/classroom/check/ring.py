"""A ring that stores a step, and what goes wrong in it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import Function, by_values
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.classroom.check.misconceptions import around, flawed
from dqn_tutorial.classroom.check.values import agree, as_array, shown

REUSED = 1000.0  # what the environment adds to its array after the call


def _ring_after(
    n_stored: int, steps: NDArray[np.float64], length: int
) -> dict[str, Any]:
    """Return a ring into which the first `n_stored` steps went, with the next one."""
    rows = [np.zeros(steps.shape[1]) for _ in range(length)]
    for t in range(n_stored):
        rows[t % length] = steps[t].copy()
    return {
        "rows": rows,
        "next_row": n_stored % length,
        "size": min(n_stored, length),
        "step": steps[n_stored],
    }


def _sample_store(rng: np.random.Generator) -> dict[str, Any]:
    """A ring that is empty, partly filled or full."""
    length, width = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    n_stored = int(rng.uniform(0, 3) * length)
    steps = rng.uniform(1, 99, (n_stored + 1, width)).round(1)
    return _ring_after(n_stored, steps, length)


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
    if result is None:
        raise Wrong(
            "returns nothing",
            "Your function returns `None`. Is a `return` missing at its end?",
        )
    parts = list(result) if isinstance(result, tuple) else result
    pair = as_array(parts)
    if pair is None or pair.shape != (2,) or pair.dtype.kind not in "iu":
        words = (
            f"({', '.join(map(shown, parts))})"
            if isinstance(result, tuple)
            else shown(result)
        )
        raise Wrong(
            "not two numbers",
            f"Your function returns {words}; asked for are two whole numbers.",
        )
    stored, own = [np.array(row, float) for row in rows], step.copy()
    step += REUSED
    later = [np.array(row, float) for row in rows]
    step[...] = own
    return {
        "rows": stored,
        "next_row": int(pair[0]),
        "size": int(pair[1]),
        "rows change with step": not agree(later, stored),
    }


def _write(rows: list[Any], row: int, new: Any, size: int) -> None:
    rows[row] = new


def _shift(rows: list[Any], row: int, new: Any, size: int) -> None:
    rows[:] = [*rows[1:], new]


def _shift_when_full(rows: list[Any], row: int, new: Any, size: int) -> None:
    (_shift if size == len(rows) else _write)(rows, row, new, size)


def _stop_when_full(rows: list[Any], row: int, new: Any, size: int) -> None:
    if size < len(rows):
        rows[row] = new


def _push(rows: list[Any], row: int, new: Any, size: int) -> None:
    rows[:] = [*rows[:row], new, *rows[row:-1]]


def _write_one_number(rows: list[Any], row: int, new: Any, size: int) -> None:
    rows[row] = np.append(new[:1], rows[row][1:])


def _add(rows: list[Any], row: int, new: Any, size: int) -> None:
    rows[row] = rows[row] + new


def _write_all(rows: list[Any], row: int, new: Any, size: int) -> None:
    rows[:] = [new for _ in rows]


def _ring(
    keep: Function = np.array,
    length: Function = lambda rows, step: len(rows),
    row: Function = lambda i, size, n: i,
    put: Function = _write,
    after: Function = lambda i, size, n: (i + 1) % n,
    grown: Function = lambda i, size, n: min(size + 1, n),
    pair: Function = lambda next_row, size: (next_row, size),
) -> Any:
    """Return a storing function made of parts: what is kept of a step, which length
    counts, where and how it is written, and what is returned.
    """

    def store(rows: list[Any], next_row: int, size: int, step: NDArray[Any]) -> Any:
        state = next_row, size, length(rows, step)
        put(rows, row(*state), keep(step), size)
        return pair(after(*state), grown(*state))

    return _played(store)


RING_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("stale view", {"keep": lambda step: step}),
    ("numbers cut", {"keep": lambda step: step.astype(int)}),
    ("length of step", {"length": lambda rows, step: len(step)}),
    ("off by one", {"row": lambda i, size, n: (i + 1) % n}),
    ("off by one", {"row": lambda i, size, n: i + 1}),
    ("newest overwritten", {"row": lambda i, size, n: i - 1}),
    ("size as row", {"row": lambda i, size, n: size}),
    ("size as row", {"row": lambda i, size, n: size % n}),
    ("size as row", {"row": lambda i, size, n: min(size, n - 1)}),
    ("size as row", {"row": lambda i, size, n: size - 1}),
    ("always the same row", {"row": lambda i, size, n: n - 1}),
    ("always the same row", {"row": lambda i, size, n: 0}),
    ("nothing stored", {"put": lambda *_: None}),
    ("every row", {"put": _write_all}),
    ("added to the old", {"put": _add}),
    ("part of the step", {"put": _write_one_number}),
    ("rows shifted", {"put": _shift}),
    ("rows shifted", {"put": _push}),
    ("rows shifted", {"put": _shift_when_full}),
    ("stops when full", {"put": _stop_when_full}),
    (
        "stops when full",
        {
            "put": _stop_when_full,
            "after": lambda i, size, n: i if size == n else (i + 1) % n,
        },
    ),
    ("row left out", {"after": lambda i, size, n: (i + 1) % n + 1}),
    ("row left out", {"after": lambda i, size, n: i + 1 if i + 1 < n else 1}),
    ("row left out", {"after": lambda i, size, n: (i + 2) % n}),
    ("next row stays", {"after": lambda i, size, n: i}),
    ("index not wrapped", {"after": lambda i, size, n: i + 1}),
    ("stays at the end", {"after": lambda i, size, n: min(i + 1, n - 1)}),
    ("runs backwards", {"after": lambda i, size, n: (i - 1) % n}),
    ("next row sticks", {"after": lambda i, size, n: i + 1 if size + 1 < n else 0}),
    ("next row sticks", {"after": lambda i, size, n: i + 1 if size < n else 0}),
    ("next row sticks", {"after": lambda i, size, n: i + 1 if size < n else 1}),
    (
        "moves only when full",
        {"after": lambda i, size, n: i if size < n else (i + 1) % n},
    ),
    ("last row unused", {"after": lambda i, size, n: (i + 1) % (n - 1)}),
    ("last row unused", {"after": lambda i, size, n: i + 1 if i + 2 < n else 0}),
    ("remainder by size", {"after": lambda i, size, n: (i + 1) % size}),
    ("remainder by size", {"after": lambda i, size, n: (i + 1) % max(size, 1)}),
    ("remainder by size", {"after": lambda i, size, n: (i + 1) % min(size + 1, n)}),
    ("next row from size", {"after": lambda i, size, n: (size + 1) % n}),
    ("next row from size", {"after": lambda i, size, n: min(size + 1, n)}),
    ("next row from size", {"after": lambda i, size, n: min(size + 1, n - 1)}),
    ("size stays", {"grown": lambda i, size, n: size}),
    ("size not capped", {"grown": lambda i, size, n: size + 1}),
    ("size too small", {"grown": lambda i, size, n: min(size + 1, n - 1)}),
    ("size too small", {"grown": lambda i, size, n: size + (size < n - 1)}),
    ("size is N", {"grown": lambda i, size, n: n}),
    ("maximum for minimum", {"grown": lambda i, size, n: max(size + 1, n)}),
    ("size starts again", {"grown": lambda i, size, n: (i + 1) % n}),
    ("size starts again", {"grown": lambda i, size, n: (size + 1) % n}),
    ("size starts again", {"grown": lambda i, size, n: (size + 1) % (n + 1)}),
    ("size starts again", {"grown": lambda i, size, n: size % n + 1}),
    ("size starts again", {"grown": lambda i, size, n: i + 1}),
    ("size starts again", {"grown": lambda i, size, n: (size + 1) * (size + 1 != n)}),
    (
        "size starts again",
        {"grown": lambda i, size, n: (i + 1) % n if size < n else size},
    ),
    ("numbers swapped", {"pair": lambda next_row, size: (size, next_row)}),
    # both at once, so that a third may join them
    (
        "index not wrapped + size not capped",
        {"after": lambda i, size, n: i + 1, "grown": lambda i, size, n: size + 1},
    ),
    (
        "next row stays + size stays",
        {"after": lambda i, size, n: i, "grown": lambda i, size, n: size},
    ),
)


# step t is [t + 1, (t + 1) / 2]
_PLAIN_STEPS = np.arange(1.0, 8)[:, None] / [1, 2]
judge_ring = by_values(
    _sample_store,
    _ring(),
    flawed(_ring, RING_FLAWS),
    [("rows grow", lambda out, given: len(out["rows"]) > len(given["rows"]))],
    inputs_it_changes=("rows",),
    seen_as=_played,
    by_hand=[
        _ring_after(n_stored, _PLAIN_STEPS, length)
        for n_stored, length in ((0, 3), (1, 3), (2, 3), (3, 3), (4, 3), (5, 3))
    ]
    + [_ring_after(n_stored, _PLAIN_STEPS, 1) for n_stored in (0, 1)],
)
