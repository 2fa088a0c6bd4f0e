"""The exercises of 04_replay_buffer."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.common import around, known
from dqn_tutorial.classroom.check.exercise import Exercise, Trait, beyond_chance, by_values, choice
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.values import as_array, describe

HERE = "04_replay_buffer"
FORGETTING = {
    "A": "Both learners saw the same steps and made the same number of updates, each with 32 samples.",
    "C": "Three step sizes were tried, and the newest stay behind even where each seed may take its best afterwards.",
    "D": "That is what notebook 03 measured. Here an episode is one step: no next state, no target that moves along.",
}
forgetting = Exercise("forgetting", HERE, minutes=5, difficulty=1, judge=choice(FORGETTING, right="B"))

REUSED = 1000.0  # what the environment adds to its array after the call


def _draw_store(rng: np.random.Generator) -> dict[str, Any]:
    """A ring that is empty, partly filled or full."""
    length, dim_state, turns = int(rng.integers(3, 7)), int(rng.integers(2, 5)), rng.uniform(0, 3)
    n_stored = int(turns * length)
    rows = [rng.integers(1, 10, dim_state) * float(row < n_stored) for row in range(length)]
    step = rng.integers(10, 99, dim_state).astype(float)
    return {"rows": rows, "next_row": n_stored % length, "size": min(n_stored, length), "step": step}


@around
def _played(
    answer: Callable[..., Any], rows: list[Any], next_row: int, size: int, step: NDArray[Any]
) -> dict[str, Any]:
    """Call a storing function as an environment does that goes on in the array `step`; return all that it did."""
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
    after: Callable[[int, int, int], int] = lambda next_row, size, length: (next_row + 1) % length,
    grown: Callable[[int, int, int], int] = lambda next_row, size, length: min(size + 1, length),
) -> Any:
    """Return a storing function made of three rules for (next_row, size, length)."""

    def store(rows: list[Any], next_row: int, size: int, step: NDArray[Any]) -> tuple[int, int]:
        rows[row(next_row, size, len(rows))] = step.copy()
        return after(next_row, size, len(rows)), grown(next_row, size, len(rows))

    return _played(store)


def _is_shifted(result: Any, inputs: Mapping[str, Any]) -> bool:
    is_full = inputs["size"] == len(inputs["rows"]) > inputs["next_row"] + 1
    return is_full and np.array_equal(result["rows"][:-1], inputs["rows"][1:])


def _is_swapped(result: Any, inputs: Mapping[str, Any]) -> bool:
    right = _ring()(**{**inputs, "rows": list(inputs["rows"])})
    return bool(right["size"] != right["next_row"] == result["size"] and result["next_row"] == right["size"])


STORE = {
    "rows grow": "Your list of rows gets longer. A ring keeps its length: the new step takes the place of an old row.",
    "nothing stored": "`rows` is the same after the call. Write into it; a new list of the same name is another list.",
    "stops when full": "Once the ring is full you store nothing more, and the learner never sees newer steps.",
    "numbers swapped": "You return the size first and the next row second. Asked for is the other order.",
    "stale view": "The row you stored changed when the environment went on in the same array: you kept a reference to "
    "`step`. Keep its numbers as they are now.",
    "rows shifted": "You move all rows to make room. In a ring nothing moves: the new step overwrites one row.",
    "not two numbers": "Return two whole numbers: the row of the next step, and how many rows are filled.",
    "row left out": "Your next row is one too far, so the ring leaves out a row. Follow it through N = 3.",
    "next row from size": "Your next row follows the size. In a full ring the size stays, and the row goes on.",
    "number stays": "`next_row`, `size` or both stay as they were, though the ring holds a step more.",
    "index not wrapped": "After the last row your next row lies beyond the end. There the ring goes on with row 0.",
    "size not capped": "Your size grows beyond the number of rows. In a full ring each new step replaces an old one.",
    "off by one": "You write one row too late. `next_row` is the row of this step; only afterwards it moves on.",
    "newest overwritten": "You write over the newest step, just before `next_row`. The oldest is the one to go.",
    "size as row": "You write where `size` points. Once the ring is full `size` stays, while the oldest row changes.",
    "last row unused": "You turn back to row 0 one row too early, so the last row is never written.",
    "size wraps": "Your size goes back to 0 with the row. A full ring stays full: its old rows are still there.",
}


def _judge_store(answer: Any, rng: np.random.Generator) -> None:
    refused: list[tuple[str, Callable[[Any, Mapping[str, Any]], bool]]] = [
        ("rows grow", lambda out, given: len(out["rows"]) > len(given["rows"])),
        (
            "nothing stored",
            lambda out, given: given["size"] < len(given["rows"]) and np.array_equal(out["rows"], given["rows"]),
        ),
        ("stops when full", lambda out, given: np.array_equal(out["rows"], given["rows"])),
        ("stale view", lambda out, given: any((row > REUSED).any() for row in out["rows"])),
        ("rows shifted", _is_shifted),
        ("not two numbers", lambda out, given: "returned" in out),
        ("numbers swapped", _is_swapped),
        ("index not wrapped", lambda out, given: out["next_row"] == len(given["rows"]) == given["next_row"] + 1),
        ("size not capped", lambda out, given: out["size"] == len(given["rows"]) + 1),
    ]
    wrong = (
        ("row left out", _ring(after=lambda next_row, size, length: (next_row + 1) % length + 1)),
        ("row left out", _ring(after=lambda next_row, size, length: (next_row + 2) % length)),
        ("next row from size", _ring(after=lambda next_row, size, length: min(size + 1, length) % length)),
        ("number stays", _ring(after=lambda next_row, *_: next_row)),
        ("number stays", _ring(grown=lambda next_row, size, length: size)),
        ("number stays", _ring(after=lambda next_row, *_: next_row, grown=lambda next_row, size, length: size)),
        ("off by one", _ring(row=lambda next_row, size, length: (next_row + 1) % length)),
        ("off by one", _ring(row=lambda next_row, size, length: next_row + 1)),
        ("newest overwritten", _ring(row=lambda next_row, size, length: next_row - 1)),
        ("size as row", _ring(row=lambda next_row, size, length: size)),
        ("size as row", _ring(row=lambda next_row, size, length: size % length)),
        ("last row unused", _ring(after=lambda next_row, size, length: (next_row + 1) % (length - 1))),
        ("size wraps", _ring(grown=lambda next_row, size, length: (next_row + 1) % length)),
    )
    traits = [Trait(key, STORE[key], refuses) for key, refuses in refused]
    by_values(_draw_store, _ring(), known(STORE, *wrong), traits, inputs_it_changes=("rows",))(_played(answer), rng)


ring_store = Exercise("ring_store", HERE, minutes=10, difficulty=2, judge=_judge_store)


def _draw_flags(rng: np.random.Generator) -> dict[str, Any]:
    """Flags of an environment's steps with both kinds of end; none at a step that only resets."""
    while True:
        over, ends = False, rng.integers(3, size=int(rng.integers(8, 16)))  # 0 goes on, 1 terminated, 2 truncated
        for step in range(len(ends)):
            ends[step] *= not over
            over = ends[step] > 0
        if {1, 2} <= set(ends[:-1].tolist()):
            return {"terminated": ends == 1, "truncated": ends == 2}


def _later(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.append(False, flags[:-1])


FLAGS = {
    "last step lost": "You drop the step that ends an episode. It is a transition, often the one with the most to "
    "learn; the step *after* it only resets.",
    "ignores truncated": "You keep the reset after a truncated step. Gymnasium resets after both kinds of end.",
    "ignores terminated": "You keep the reset after a terminated step. Gymnasium resets after both kinds of end.",
    "end meets start": "The flag of the last step comes back at step 0: `np.roll` goes round. Nothing precedes step 0.",
    "inverted": "Your mask is True at the resets and False at the transitions.",
    "wrong direction": "You drop the step before the end of an episode. A reset comes after the flag.",
    "both dropped": "You drop the reset, and also the step before it that ended the episode. That one is a transition.",
    "nothing dropped": "Your mask is True at every step. An episode ends with either flag; no step here has both.",
    "bits inverted": "`~` makes False of True, but -1 of 0 and -2 of 1. Invert the flags while they are bool.",
    "row numbers": "These are numbers of steps. Asked for is a mask: one bool for each step.",
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
_inverted = Trait("bits inverted", FLAGS["bits inverted"], lambda mask, inputs: bool(np.any(as_array(mask) == -2)))
_judge_flags = by_values(_draw_flags, lambda over, cut: ~_later(over | cut), known(FLAGS, *KEPT.items()), [_inverted])
is_transition = Exercise("is_transition", HERE, minutes=5, difficulty=2, judge=_judge_flags)

RANDOM = {
    "without replacement": "You draw without replacement, so no row comes twice and a batch cannot be larger than the "
    "memory. DQN draws each sample from all rows.",
    "other batch size": "Your batch does not have `batch_size` rows. Whatever you throw away must be drawn again.",
    "one row too many": "You also draw the row just behind the filled ones. Of n rows the last has the number n - 1.",
    "outside the ring": "You draw rows that the ring does not have. Its rows are 0 to N - 1, whatever `n_stored` is.",
    "empty rows": "You draw rows that hold nothing yet. While the ring fills, only `n_stored` rows are used.",
    "one for all": "All rows of your batch are the same one. Each sample is drawn anew.",
    "not independent": "Which row comes next depends on the rows before it. Draw every sample by itself: stretches of "
    "alike samples are what the memory is to avoid.",
    "equal shares": "Every row comes almost equally often: rows are dealt out. Drawn, they would leave that to chance.",
    "positions for rows": "You return positions in the list of transitions. Look up which row stands at each position.",
    "resets drawn": "You draw steps that only reset the environment. Their action was ignored, so they teach nothing.",
    "last row never": "The last filled row is never drawn. An upper bound of `integers` is itself not drawn.",
    "row never": "There is a transition that you never draw. Each should have the same probability.",
    "uneven": "Some rows come much more often than others. Each transition should have the same probability.",
    "another generator": "Two calls with generators of the same seed give different rows: your draws come from "
    "elsewhere, and no run can be repeated. Use `rng`.",
    "own seed": "Generators of different seeds give the same rows: your code has a seed of its own. Use `rng`.",
}


def _draw_ring(rng: np.random.Generator, is_full: bool) -> dict[str, Any]:
    filled = int(rng.integers(6, 10))
    is_reset = np.zeros(filled if is_full else filled + filled // 2, bool)
    is_reset[rng.choice(filled - 1, 2, replace=False)] = True
    return {"is_reset": is_reset, "n_stored": filled + (int(rng.integers(1, 90)) if is_full else 0), "batch_size": 4000}


def _rows_of(own: Callable[..., Any], inputs: dict[str, Any], seed: int) -> NDArray[Any]:
    """Return the rows that were drawn, as an array of that many numbers."""
    try:
        result = own(**inputs, rng=np.random.default_rng(seed))
    except OwnError as error:
        if "larger sample than population" in str(error).lower():
            raise Wrong("without replacement", RANDOM["without replacement"]) from None
        raise
    rows = as_array(result)
    if rows is None or rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise Wrong("no row numbers", f"Return an array of whole numbers, shape [batch_size], not {describe(result)}.")
    if len(rows) != inputs["batch_size"]:
        key = "without replacement" if len(set(rows.tolist())) == len(rows) else "other batch size"
        raise Wrong(key, RANDOM[key])
    return rows


def _judge_random(answer: Any, rng: np.random.Generator) -> None:
    own, drawn = guarded(answer), []
    for case in range(8):
        inputs, seed = _draw_ring(rng, is_full=case % 2 == 1), int(rng.integers(1 << 30))
        is_reset = inputs["is_reset"]
        drawn.append((_rows_of(own, inputs, seed), is_reset, min(inputs["n_stored"], len(is_reset))))
    again, other = _rows_of(own, inputs, seed), _rows_of(own, inputs, seed + 1)

    of_pairs, of_rows = beyond_chance([rows for rows, *_ in drawn])
    signs: tuple[tuple[str, Callable[..., bool], Callable[..., bool]], ...] = (  # what refuses, where: any or all cases
        ("one row too many", lambda rows, is_reset, filled: rows.max() == filled and rows.min() >= 0, all),
        ("outside the ring", lambda rows, is_reset, filled: rows.max() >= len(is_reset) or rows.min() < 0, any),
        ("empty rows", lambda rows, is_reset, filled: rows.max() >= filled, any),
        ("one for all", lambda rows, is_reset, filled: len(set(rows.tolist())) == 1, all),
        ("positions for rows", lambda rows, is_reset, filled: rows.max() == (~is_reset[:filled]).sum() - 1, all),
        ("resets drawn", lambda rows, is_reset, filled: is_reset[rows].any(), any),
        ("last row never", lambda rows, is_reset, filled: rows.max() < filled - 1, all),
        ("row never", lambda rows, is_reset, filled: len(set(rows.tolist())) < (~is_reset[:filled]).sum(), any),
        ("not independent", lambda *_: of_pairs > 5, all),
        ("equal shares", lambda *_: of_rows < -5, all),
        ("uneven", lambda *_: of_rows > 5, all),
        ("another generator", lambda *_: not np.array_equal(again, drawn[-1][0]), all),
        ("own seed", lambda *_: np.array_equal(again, other), all),
    )
    for key, refuses, where in signs:
        if where(refuses(*one) for one in drawn):
            raise Wrong(key, RANDOM[key])


random_rows = Exercise("random_rows", HERE, minutes=10, difficulty=3, judge=_judge_random)
