"""Intervals over seeds: how far a figure measured over a few seeds can be trusted."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def bootstrap_interval(
    values: ArrayLike, level: float = 0.95, resamples: int = 5_000, seed: int = 0
) -> NDArray[np.float64]:
    """Return lower and upper end of the percentile bootstrap interval of the mean over seeds.

    Args:
        values: `[N]`, or `[N, T]` for a curve; the first axis is the seeds, never episodes of one seed.
        level: share of such intervals that hold the true mean, roughly; a little less with few seeds.
        resamples: how often to draw N seeds with replacement.
        seed: of the drawing.

    Returns:
        `[2]`, or `[2, T]`.

    Raises:
        ValueError: fewer than two seeds, or a level that is not between 0 and 1.

    Source: Efron & Tibshirani (1993), chapter 13. Taught in 02_q_learning.
    """
    of_seeds = np.asarray(values, float)
    if of_seeds.ndim == 0 or len(of_seeds) < 2:
        raise ValueError("values must hold at least two seeds along its first axis")
    if not 0 < level < 1:
        raise ValueError(f"level = {level} is not allowed: it must be between 0 and 1")
    n = len(of_seeds)
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    means = counts @ of_seeds / n
    return np.asarray(np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0))


def wilson_interval(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson interval of a share, such as that of seeds that solved a task; z = 1.96 is 95 %.

    Raises:
        ValueError: `successes` is not between 0 and `n`, or `n` is 0.

    Source: Wilson (1927), equation 2. Taught in 07_train_cartpole.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"successes = {successes} of n = {n} is not possible")
    share, spread = successes / n, z * math.sqrt(successes * (n - successes) / n + z**2 / 4) / n
    middle, width = (share + z**2 / (2 * n)) / (1 + z**2 / n), spread / (1 + z**2 / n)
    return max(middle - width, 0.0), min(middle + width, 1.0)
