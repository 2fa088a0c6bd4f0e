"""Whether draws are as independent and as even as chance makes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
