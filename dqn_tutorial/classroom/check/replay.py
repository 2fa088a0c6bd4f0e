"""The exercises of 04_replay_buffer."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.common import around, known
from dqn_tutorial.classroom.check.exercise import Exercise, Trait, by_values, choice
from dqn_tutorial.classroom.check.values import as_array

HERE = "04_replay_buffer"
FORGETTING = {
    "A": (
        "Both learners saw the same steps and made the same number of updates, each"
        " with 32 samples."
    ),
    "C": (
        "Three step sizes were tried, and the newest stay behind even where each seed"
        " may take its best afterwards."
    ),
    "D": (
        "That is what notebook 03 measured. Here an episode is one step: no next state,"
        " no target that moves along."
    ),
}
forgetting = Exercise(
    "forgetting", HERE, minutes=5, difficulty=1, judge=choice(FORGETTING, right="B")
)

REUSED = 1000.0  # what the environment adds to its array after the call


def _draw_store(rng: np.random.Generator) -> dict[str, Any]:
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
    step = rng.integers(10, 99, dim_state).astype(float)
    return {
        "rows": rows,
        "next_row": n_stored % length,
        "size": min(n_stored, length),
        "step": step,
    }


@around
def _played(
    answer: Callable[..., Any],
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


def _is_shifted(result: Any, inputs: Mapping[str, Any]) -> bool:
    is_full = inputs["size"] == len(inputs["rows"]) > inputs["next_row"] + 1
    return is_full and np.array_equal(result["rows"][:-1], inputs["rows"][1:])


def _is_swapped(result: Any, inputs: Mapping[str, Any]) -> bool:
    right = _ring()(**{**inputs, "rows": list(inputs["rows"])})
    return bool(
        right["size"] != right["next_row"] == result["size"]
        and result["next_row"] == right["size"]
    )


STORE = {
    "rows grow": (
        "Your list of rows gets longer. A ring keeps its length: the new step takes the"
        " place of an old row."
    ),
    "nothing stored": (
        "`rows` is the same after the call. Write into it; a new list of the same name"
        " is another list."
    ),
    "stops when full": (
        "Once the ring is full you store nothing more, and the learner never sees newer"
        " steps."
    ),
    "numbers swapped": (
        "You return the size first and the next row second. Asked for is the other"
        " order."
    ),
    "stale view": (
        "The row you stored changed when the environment went on in the same array: you"
        " kept a reference to `step`. Keep its numbers as they are now."
    ),
    "rows shifted": (
        "You move all rows to make room. In a ring nothing moves: the new step"
        " overwrites one row."
    ),
    "not two numbers": (
        "Return two whole numbers: the row of the next step, and how many rows are"
        " filled."
    ),
    "row left out": (
        "Your next row is one too far, so the ring leaves out a row. Follow it through"
        " N = 3."
    ),
    "next row from size": (
        "Your next row follows the size. In a full ring the size stays, and the row"
        " goes on."
    ),
    "number stays": (
        "`next_row`, `size` or both stay as they were, though the ring holds a step"
        " more."
    ),
    "index not wrapped": (
        "After the last row your next row lies beyond the end. There the ring goes on"
        " with row 0."
    ),
    "size not capped": (
        "Your size grows beyond the number of rows. In a full ring each new step"
        " replaces an old one."
    ),
    "off by one": (
        "You write one row too late. `next_row` is the row of this step; only"
        " afterwards it moves on."
    ),
    "newest overwritten": (
        "You write over the newest step, just before `next_row`. The oldest is the one"
        " to go."
    ),
    "size as row": (
        "You write where `size` points. Once the ring is full `size` stays, while the"
        " oldest row changes."
    ),
    "last row unused": (
        "You turn back to row 0 one row too early, so the last row is never written."
    ),
    "size wraps": (
        "Your size goes back to 0 with the row. A full ring stays full: its old rows"
        " are still there."
    ),
}


def _judge_store(answer: Any, rng: np.random.Generator) -> None:
    refused: list[tuple[str, Callable[[Any, Mapping[str, Any]], bool]]] = [
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
        ("size not capped", lambda out, given: out["size"] == len(given["rows"]) + 1),
    ]
    wrong = (
        (
            "row left out",
            _ring(after=lambda next_row, size, length: (next_row + 1) % length + 1),
        ),
        (
            "row left out",
            _ring(after=lambda next_row, size, length: (next_row + 2) % length),
        ),
        (
            "next row from size",
            _ring(after=lambda next_row, size, length: min(size + 1, length) % length),
        ),
        ("number stays", _ring(after=lambda next_row, *_: next_row)),
        ("number stays", _ring(grown=lambda next_row, size, length: size)),
        (
            "number stays",
            _ring(
                after=lambda next_row, *_: next_row,
                grown=lambda next_row, size, length: size,
            ),
        ),
        (
            "off by one",
            _ring(row=lambda next_row, size, length: (next_row + 1) % length),
        ),
        ("off by one", _ring(row=lambda next_row, size, length: next_row + 1)),
        ("newest overwritten", _ring(row=lambda next_row, size, length: next_row - 1)),
        ("size as row", _ring(row=lambda next_row, size, length: size)),
        ("size as row", _ring(row=lambda next_row, size, length: size % length)),
        (
            "last row unused",
            _ring(after=lambda next_row, size, length: (next_row + 1) % (length - 1)),
        ),
        (
            "size wraps",
            _ring(grown=lambda next_row, size, length: (next_row + 1) % length),
        ),
    )
    traits = [Trait(key, STORE[key], refuses) for key, refuses in refused]
    by_values(
        _draw_store, _ring(), known(STORE, *wrong), traits, inputs_it_changes=("rows",)
    )(_played(answer), rng)


ring_store = Exercise("ring_store", HERE, minutes=10, difficulty=2, judge=_judge_store)


def _draw_flags(rng: np.random.Generator) -> dict[str, Any]:
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


FLAGS = {
    "last step lost": (
        "You drop the step that ends an episode. It is a transition, often the one with"
        " the most to learn; the step *after* it only resets."
    ),
    "ignores truncated": (
        "You keep the reset after a truncated step. Gymnasium resets after both kinds"
        " of end."
    ),
    "ignores terminated": (
        "You keep the reset after a terminated step. Gymnasium resets after both kinds"
        " of end."
    ),
    "end meets start": (
        "The flag of the last step comes back at step 0: `np.roll` goes round. Nothing"
        " precedes step 0."
    ),
    "inverted": "Your mask is True at the resets and False at the transitions.",
    "wrong direction": (
        "You drop the step before the end of an episode. A reset comes after the flag."
    ),
    "both dropped": (
        "You drop the reset, and also the step before it that ended the episode. That"
        " one is a transition."
    ),
    "nothing dropped": (
        "Your mask is True at every step. An episode ends with either flag; no step"
        " here has both."
    ),
    "bits inverted": (
        "`~` makes False of True, but -1 of 0 and -2 of 1. Invert the flags while they"
        " are bool."
    ),
    "row numbers": (
        "These are numbers of steps. Asked for is a mask: one bool for each step."
    ),
}
KEPT: dict[str, Callable[..., Any]] = {
    "last step lost": lambda over, cut: ~(over | cut),
    "ignores truncated": lambda over, cut: ~_later(over),
    "ignores terminated": lambda over, cut: ~_later(cut),
    "end meets start": lambda over, cut: ~np.roll(over | cut, 1),
    "inverted": lambda over, cut: _later(over | cut),
    "wrong direction": lambda over, cut: np.append(~(over | cut)[1:], True),
    "both dropped": lambda over, cut: ~(over | cut | _later(over | cut)),
    "nothing dropped": lambda over, cut: ~(over & cut),
    "row numbers": lambda over, cut: np.flatnonzero(~_later(over | cut)),
}
_inverted = Trait(
    "bits inverted",
    FLAGS["bits inverted"],
    lambda mask, inputs: bool(np.any(as_array(mask) == -2)),
)
_judge_flags = by_values(
    _draw_flags,
    lambda over, cut: ~_later(over | cut),
    known(FLAGS, *KEPT.items()),
    [_inverted],
)
is_transition = Exercise(
    "is_transition", HERE, minutes=5, difficulty=2, judge=_judge_flags
)
