"""A random batch of rows judged: which rows it can hold, how often, and from whose
chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.chance import beyond_chance
from dqn_tutorial.classroom.check.exercise import Function
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded, listed
from dqn_tutorial.classroom.check.misconceptions import flawed
from dqn_tutorial.classroom.check.values import as_array, describe, shown

Rows = NDArray[np.int64]
Inputs = dict[str, Any]
N_FEW, N_MANY = 200, 4000  # draws that show which rows can come, and how often
CLOSE = 0.045  # five standard deviations of a share among so many
N_CALLS = 60  # with small batches: without replacement one in four has a row twice
MOST_SHOWN = 10


def _possible(
    filled: Function = min,
    keep: Function = lambda is_reset: ~is_reset,
    dropped: Function = lambda n_stored, size: -1,
    named: Function = lambda rows: rows,
) -> Callable[[NDArray[np.bool_], int], Rows]:
    """Return a rule for the rows that may come, made of parts: how many are taken for
    filled, which flags are kept, which row is left out, and by which number a row goes.
    """

    def rows(is_reset: NDArray[np.bool_], n_stored: int) -> Rows:
        size = len(is_reset)
        # behind the ring nothing is flagged
        may = np.append(keep(is_reset), np.ones(n_stored + 1, bool))
        good = np.flatnonzero(may[: max(filled(n_stored, size), 0)])
        return np.asarray(named(good[good != dropped(n_stored, size)]))

    return rows


ROW_FLAWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("empty rows", {"filled": lambda n, size: size}),
    ("outside the ring", {"filled": lambda n, size: n}),
    ("outside the ring", {"filled": lambda n, size: n + 1}),
    ("outside the ring", {"filled": max}),
    ("one row too many", {"filled": lambda n, size: min(n, size) + 1}),
    ("one row too many", {"filled": lambda n, size: min(n + 1, size)}),
    ("last row never", {"filled": lambda n, size: min(n, size) - 1}),
    ("last row never", {"filled": lambda n, size: min(n, size - 1)}),
    ("last row never", {"filled": lambda n, size: min(n - 1, size)}),
    ("remainder for size", {"filled": lambda n, size: n % size}),
    ("remainder for size", {"filled": lambda n, size: n % size or size}),
    ("resets drawn", {"keep": np.ones_like}),
    ("only resets", {"keep": lambda is_reset: is_reset}),
    ("mask one row off", {"keep": lambda is_reset: ~np.roll(is_reset, 1)}),
    ("mask one row off", {"keep": lambda is_reset: ~np.roll(is_reset, -1)}),
    ("mask one row off", {"keep": lambda r: ~np.append(False, r[:-1])}),
    ("mask one row off", {"keep": lambda r: ~np.append(r[1:], False)}),
    ("end dropped too", {"keep": lambda r: ~(r | np.roll(r, -1))}),
    ("end dropped too", {"keep": lambda r: ~(r | np.append(r[1:], False))}),
    ("row 0 never", {"dropped": lambda n, size: 0}),
    ("newest never", {"dropped": lambda n, size: (n - 1) % size}),
    ("oldest never", {"dropped": lambda n, size: n % size}),
    ("rows from 1", {"named": lambda rows: rows + 1}),
    ("positions for rows", {"named": lambda rows: np.arange(len(rows))}),
)


def _replaced(by: Function) -> Function:
    """Return the weights of rows where a reset is replaced by another row."""

    def weights(good: NDArray[np.bool_]) -> NDArray[np.float64]:
        found, rows = good.astype(float), np.flatnonzero(good)
        for reset in np.flatnonzero(~good):
            found[by(rows, reset)] += 1
        return found

    return weights


def _next(rows: Rows, reset: int) -> int:
    return int(rows[np.searchsorted(rows, reset) % len(rows)])


def _ends_halved(good: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows = np.flatnonzero(good)
    found = good.astype(float)
    found[rows[[0, -1]]] = 0.5
    return found


# from which rows may be drawn to the weights of all filled ones
UNEVEN: tuple[tuple[str, Function], ...] = (
    ("neighbour for a reset", _replaced(_next)),
    (
        "neighbour for a reset",
        _replaced(lambda rows, reset: rows[np.searchsorted(rows, reset) - 1]),
    ),
    ("one row for all resets", _replaced(lambda rows, reset: rows[0])),
    ("one row for all resets", _replaced(lambda rows, reset: rows[-1])),
    ("ends half as often", _ends_halved),
)


@dataclass(frozen=True)
class Draw:
    """What came of a call. Attributes: inputs: of the call. rows: that came, none where
    there was an error. error: where there was one.
    """

    inputs: Inputs
    rows: Rows | None = None
    error: OwnError | None = None

    @property
    def may(self) -> set[int]:
        """The rows that may come."""
        return set(_possible()(*self.ring).tolist())

    @property
    def came(self) -> set[int]:
        """The rows that came."""
        return set() if self.rows is None else set(self.rows.tolist())

    @property
    def ring(self) -> tuple[NDArray[np.bool_], int]:
        """Which rows only reset, and how many steps were stored."""
        return self.inputs["is_reset"], self.inputs["n_stored"]

    def fits(self, rule: Function) -> bool:
        """Say whether a rule allows just the rows that came, or is as wrong as the call
        where that ended with an error.
        """
        allowed = set(rule(*self.ring).tolist())
        return self.came == allowed if self.error is None else allowed != self.may

    def case(self, yours: str = "") -> str:
        """Show the call: what went in, which rows may come, and which came."""
        right = ", ".join(map(str, sorted(self.may)))
        if self.rows is not None and not yours:
            rows, counts = np.unique(self.rows, return_counts=True)
            shares = zip(rows[:MOST_SHOWN], counts / len(self.rows), strict=False)
            yours = ", ".join(f"row {row} in {share:.0%}" for row, share in shares)
            yours += ", ..." if len(rows) > MOST_SHOWN else ""
        return (
            f"Inputs: {listed(self.inputs, shown)}.\nRight: rows {right}, each in"
            f" {1 / len(self.may):.0%} of the draws.\nYours: {yours}."
        )


def _inputs(size: int, resets: Sequence[int], n_stored: int, batch_size: int) -> Inputs:
    is_reset = np.zeros(size, bool)
    is_reset[list(resets)] = True
    return {"is_reset": is_reset, "n_stored": n_stored, "batch_size": batch_size}


# rows of the ring, those that only reset, and how many steps were stored: partly
# filled, just full, with a second round, without a reset
BY_HAND: tuple[tuple[int, tuple[int, ...], int], ...] = (
    (3, (1,), 3),
    (4, (), 2),
    (4, (1,), 3),
    (3, (), 4),
    (3, (0,), 7),
    (3, (), 6),
)


def _sample(rng: np.random.Generator, is_full: bool) -> Inputs:
    filled = int(rng.integers(6, 10))
    size = filled if is_full else filled + filled // 2
    # no two in a row: an episode has a step at least
    first = int(rng.integers(1, filled - 3))
    resets = first, int(rng.integers(first + 2, filled - 1))
    n_stored = filled + (int(rng.integers(1, 90)) if is_full else 0)
    return _inputs(size, resets, n_stored, N_MANY)


def _draw(own: Function, inputs: Inputs, seed: int) -> Draw:
    """Call an answer; refuse what is no array of row numbers of the right length."""
    try:
        result = own(**inputs, rng=np.random.default_rng(seed))
    except OwnError as error:
        text = str(error).lower()
        if "sample" in text and "larger" in text and "population" in text:
            raise Wrong("without replacement", str(error)) from None
        return Draw(inputs, error=error)
    said = f"The inputs were {listed(inputs, shown)}."
    rows, asked = as_array(result), inputs["batch_size"]
    if rows is None or rows.ndim != 1:
        raise Wrong(
            "no row numbers",
            f"Your function returns {describe(result)}; asked for is an array of whole"
            f" numbers, shape [{asked}].\n{said}",
        )
    if rows.dtype.kind not in "iu":
        raise Wrong(
            "mask for rows" if rows.dtype.kind == "b" else "no row numbers",
            f"Your function returns {describe(result)}; asked for are whole"
            f" numbers.\n{said}",
        )
    if len(rows) != asked:
        n_distinct = len(set(rows.tolist()))
        key = "without replacement" if len(rows) == n_distinct > 1 else ""
        if key and len(rows) > 5 and (np.diff(rows) > 0).all():
            key = "not drawn"
        raise Wrong(
            key or "other batch size",
            f"Your batch holds {len(rows)} rows; asked for are {asked}.\n{said}",
        )
    return Draw(inputs, rows.astype(int))


def judge_draws(answer: Any, rng: np.random.Generator) -> None:
    """Judge draws of rows by what can come, how often, and from whose chance."""
    own = guarded(answer)

    def draw(inputs: Inputs) -> Draw:
        seed = int(rng.integers(1 << 30))
        try:
            return _draw(own, inputs, seed)
        except Wrong as wrong:
            if wrong.key != "endless":
                raise
            _draw(own, {**inputs, "batch_size": 2}, seed)
            raise Wrong("whole batch again", wrong.case) from None

    draw(_inputs(8, (4,), 8, N_FEW))  # for its form
    small = [draw(_inputs(*ring, N_FEW)) for ring in BY_HAND]
    large = [draw(_sample(rng, is_full=case % 2 == 1)) for case in range(8)]
    if all(one.came == one.may for one in large):
        _judge_shares(small, large)
    _judge_possible([*small, *large])
    _judge_chance(own, int(rng.integers(1 << 30)))

    few = [draw(_inputs(6, (1,), 6, 4)) for _ in range(N_CALLS)]
    if all(len(one.came) == 4 for one in few):
        raise Wrong(
            "without replacement",
            few[0].case(f"in {N_CALLS} such batches no row came twice"),
        )
    # a ring with a single transition, and a batch of one row
    _judge_possible([draw(_inputs(2, (), 1, N_FEW))])
    draw(_inputs(*BY_HAND[0], 1))


def _judge_possible(draws: Sequence[Draw]) -> None:
    """Refuse an answer where rows come that may not, or never come."""
    wrong = [one for one in draws if one.error or one.came != one.may]
    came = [one for one in wrong if one.error is None]
    if not wrong:
        return
    if came and all(len(one.came) == 1 for one in draws if not one.error):
        raise Wrong("one for all", came[0].case())
    for key, rule in flawed(_possible, ROW_FLAWS):
        if came and all(one.fits(rule) for one in draws):
            is_rare = key == "resets drawn" and _resets_are_rare(draws)
            raise Wrong("drawn again once" if is_rare else key, came[0].case())
    if wrong[0].error and not came:
        raise wrong[0].error
    first = came[0]
    extra = first.came - first.may
    is_reset, n_stored = first.ring
    if any(row < 0 or row >= len(is_reset) for row in extra):
        key = "outside the ring"
    elif any(row >= n_stored for row in extra):
        key = "empty rows"
    else:
        key = "resets drawn" if extra else "row never"
    raise Wrong(key, first.case())


def _resets_are_rare(draws: Sequence[Draw]) -> bool:
    """Say whether resets come less often than other rows in every large batch."""
    large = [one for one in draws if one.rows is not None and len(one.rows) == N_MANY]
    shares = [
        (one.ring[0][one.rows].mean(), one.ring[0][: one.ring[1]].mean())
        for one in large
    ]
    return all(found < 0.8 * even for found, even in shares)


def _judge_shares(small: Sequence[Draw], large: Sequence[Draw]) -> None:
    """Refuse rows that depend on each other, or come too often or too evenly."""
    batches = [one.rows for one in large if one.rows is not None]
    of_pairs, of_rows = beyond_chance(batches)
    if of_pairs > 5:
        begin = ", ".join(map(str, batches[0][:MOST_SHOWN]))
        raise Wrong("not independent", large[0].case(f"a batch that begins {begin}"))
    if of_rows < -5:
        raise Wrong("equal shares", large[0].case())
    if of_rows <= 5:
        return
    key = next(
        (
            key
            for key, weights in UNEVEN
            if all(_has_shares(one, weights) for one in large)
        ),
        "uneven",
    )
    raise Wrong(key, max(small, key=_unevenness).case())


def _unevenness(one: Draw) -> float:
    _, counts = np.unique(np.asarray(one.rows), return_counts=True)
    return float(counts.max() / counts.min())


def _has_shares(one: Draw, weights: Function) -> bool:
    is_reset, n_stored = one.ring
    wanted = weights(~is_reset[:n_stored])
    found = np.bincount(np.asarray(one.rows), minlength=len(wanted)) / N_MANY
    return bool(np.allclose(found, wanted / wanted.sum(), rtol=0, atol=CLOSE))


def _judge_chance(own: Function, seed: int) -> None:
    """Refuse draws that do not come from the generator that was given."""
    inputs = _inputs(8, (4,), 8, N_MANY)  # so many that sorted ones differ too
    one, again, other = (_draw(own, inputs, k) for k in (seed, seed, seed + 1))
    a, b, c = (one.rows, again.rows, other.rows)
    assert a is not None and b is not None and c is not None
    shown_rows = [", ".join(map(str, rows[:MOST_SHOWN])) for rows in (a, b, c)]
    if not np.array_equal(a, b):
        raise Wrong(
            "another generator",
            "Two calls with generators of the same seed begin with the rows"
            f" {shown_rows[0]} and {shown_rows[1]}. Right: the same rows.",
        )
    if np.array_equal(a, c):
        raise Wrong(
            "own seed",
            "Two calls with generators of two seeds begin with the rows"
            f" {shown_rows[0]} and {shown_rows[2]}. Right: other rows.",
        )
