"""What a memory draws at random, judged by its frequencies: the batch of
04_replay_buffer.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.classroom.check.guard import OwnError, Wrong, guarded
from dqn_tutorial.classroom.check.replay import HERE
from dqn_tutorial.classroom.check.values import as_array, describe

RANDOM = {
    "without replacement": (
        "You draw without replacement, so no row comes twice and a batch cannot be"
        " larger than the memory. DQN draws each sample from all stored transitions."
    ),
    "other batch size": (
        "Your batch does not have `batch_size` rows. Whatever you throw away must be"
        " drawn again."
    ),
    "one row too many": (
        "You also draw the row just behind the filled ones. Of n rows the last has the"
        " number n - 1."
    ),
    "outside the ring": (
        "You draw rows that the ring does not have. Its rows are 0 to N - 1, whatever"
        " `n_stored` is."
    ),
    "empty rows": (
        "You draw rows that hold nothing yet. While the ring fills, only `n_stored`"
        " rows are used."
    ),
    "one for all": (
        "All rows of your batch are the same one. Each sample is drawn anew."
    ),
    "not independent": (
        "Which row comes next depends on the rows before it. Draw every sample by"
        " itself: stretches of alike samples are what the memory is to avoid."
    ),
    "equal shares": (
        "Every row comes almost equally often: rows are dealt out. Drawn, they would"
        " leave that to chance."
    ),
    "positions for rows": (
        "You return positions in the list of transitions. Look up which row stands at"
        " each position."
    ),
    "resets drawn": (
        "You draw steps that only reset the environment. Their action was ignored, so"
        " they teach nothing."
    ),
    "last row never": (
        "The last filled row is never drawn. An upper bound of `integers` is itself not"
        " drawn."
    ),
    "row never": (
        "There is a transition that you never draw. Each should have the same"
        " probability."
    ),
    "uneven": (
        "Some rows come much more often than others. Each transition should have the"
        " same probability."
    ),
    "another generator": (
        "Two calls with generators of the same seed give different rows: your draws"
        " come from elsewhere, and no run can be repeated. Use `rng`."
    ),
    "own seed": (
        "Generators of different seeds give the same rows: your code has a seed of its"
        " own. Use `rng`."
    ),
}


def _draw_ring(rng: np.random.Generator, is_full: bool) -> dict[str, Any]:
    filled = int(rng.integers(6, 10))
    is_reset = np.zeros(filled if is_full else filled + filled // 2, bool)
    is_reset[rng.choice(filled - 1, 2, replace=False)] = True
    return {
        "is_reset": is_reset,
        "n_stored": filled + (int(rng.integers(1, 90)) if is_full else 0),
        "batch_size": 4000,
    }


def _rows_of(
    own: Callable[..., Any], inputs: dict[str, Any], seed: int
) -> NDArray[Any]:
    """Return the rows that were drawn, as an array of that many numbers."""
    try:
        result = own(**inputs, rng=np.random.default_rng(seed))
    except OwnError as error:
        if "larger sample than population" in str(error).lower():
            raise Wrong("without replacement", RANDOM["without replacement"]) from None
        raise
    rows = as_array(result)
    if rows is None or rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise Wrong(
            "no row numbers",
            "Return an array of whole numbers, shape [batch_size], not"
            f" {describe(result)}.",
        )
    if len(rows) != inputs["batch_size"]:
        key = (
            "without replacement"
            if len(set(rows.tolist())) == len(rows)
            else "other batch size"
        )
        raise Wrong(key, RANDOM[key])
    return rows


def beyond_chance(batches: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Return how many standard deviations the chi-square of pairs of neighbours, and
    that of values, lies above chance.

    Both are pooled over the batches. A batch grouped by value, such as a sorted one, is
    as good as any: its pairs do not count. Values that come more equally often than by
    chance give a number far below 0.

    Source: Wilson & Hilferty (1931).
    """
    found = np.zeros((2, 2))  # of pairs and of values: chi-square, degrees of freedom
    for batch in batches:
        _, number, n = np.unique(batch, return_inverse=True, return_counts=True)
        by_chance = np.outer(n, n) / len(batch)
        pairs = np.bincount(
            number * len(n) + np.roll(number, -1), minlength=len(n) ** 2
        ).reshape(by_chance.shape)
        if np.count_nonzero(np.diff(batch)) >= len(n):
            found[0] += ((pairs - by_chance) ** 2 / by_chance).sum(), (len(n) - 1) ** 2
        found[1] += len(n) * n.var() / n.mean(), len(n) - 1
    freedom = found[:, 1].clip(1)
    variance = 2 / (9 * freedom)
    return np.asarray(
        (np.cbrt(found[:, 0] / freedom) - 1 + variance) / np.sqrt(variance)
    )


def _judge_random(answer: Any, rng: np.random.Generator) -> None:
    own, drawn = guarded(answer), []
    for case in range(8):
        inputs, seed = (
            _draw_ring(rng, is_full=case % 2 == 1),
            int(rng.integers(1 << 30)),
        )
        is_reset = inputs["is_reset"]
        drawn.append(
            (
                _rows_of(own, inputs, seed),
                is_reset,
                min(inputs["n_stored"], len(is_reset)),
            )
        )
    again, other = _rows_of(own, inputs, seed), _rows_of(own, inputs, seed + 1)

    of_pairs, of_rows = beyond_chance([rows for rows, *_ in drawn])
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
        ("another generator", lambda *_: not np.array_equal(again, drawn[-1][0]), all),
        ("own seed", lambda *_: np.array_equal(again, other), all),
    )
    for key, refuses, where in signs:
        if where(refuses(*one) for one in drawn):
            raise Wrong(key, RANDOM[key])


random_rows = Exercise(
    "random_rows", HERE, minutes=10, difficulty=3, judge=_judge_random
)
