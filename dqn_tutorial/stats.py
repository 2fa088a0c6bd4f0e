"""Intervals over seeds: how far a figure measured over a few seeds can be trusted."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def interquartile_mean(values: ArrayLike) -> NDArray[np.float64]:
    """Return the mean of the middle half of the seeds: the lowest and the highest
    quarter are left out.

    A few failed seeds do not move it, so look at the mean and at the share of solved
    seeds beside it.

    Args:
        values: `[N]`, or `[N, T]` for a curve; the first axis is the seeds.

    Returns:
        a number, or `[T]`. Where N is no multiple of 4, the seeds at the edges count in
        part.

    Source: Agarwal et al. (2021), section 4.3.
    """
    of_seeds = np.asarray(values, float)
    return np.asarray(
        _trimmed_means(of_seeds, np.ones((1, len(of_seeds)), int), trim=0.25)[0]
    )


def _trimmed_means(
    of_seeds: NDArray[np.float64], counts: NDArray[np.int64], trim: float
) -> NDArray[np.float64]:
    """Return the mean of each of R resamples of the seeds `[N, ...]`, given how often
    it drew each, `[R, N]`.

    The share `trim` is cut off on either side.
    """
    n = len(of_seeds)
    if trim == 0:
        return np.asarray(counts @ of_seeds / n)
    if of_seeds.ndim > 1:
        return np.stack(
            [
                _trimmed_means(of_seeds[:, t], counts, trim)
                for t in range(of_seeds.shape[1])
            ],
            axis=-1,
        )
    order = of_seeds.argsort()
    # seed i fills the places from lower to upper among the n sorted ones
    upper = counts[:, order].cumsum(1)
    lower = upper - counts[:, order]
    kept = upper.clip(trim * n, (1 - trim) * n) - lower.clip(trim * n, (1 - trim) * n)
    return np.asarray(kept @ of_seeds[order] / ((1 - 2 * trim) * n))


def bootstrap_interval(
    values: ArrayLike,
    level: float = 0.95,
    resamples: int = 5_000,
    seed: int = 0,
    trim: float = 0.0,
) -> NDArray[np.float64]:
    """Return lower and upper end of the percentile bootstrap interval of the mean over
    seeds.

    Args:
        values: `[N]`, or `[N, T]` for a curve; the first axis is the seeds, never
            episodes of one seed.
        level: share of such intervals that hold the true mean, roughly; a little less
            with few seeds.
        resamples: how often to draw N seeds with replacement.
        seed: of the drawing.
        trim: share of the seeds left out on either side: 0 for the mean, 0.25 for the
            interquartile mean.

    Returns:
        `[2]`, or `[2, T]`.

    Raises:
        ValueError: fewer than two seeds, a level that is not between 0 and 1, or a trim
            that is not below 0.5.

    Source: Efron & Tibshirani (1993), chapter 13. Taught in 02_q_learning.
    """
    of_seeds = np.asarray(values, float)
    if of_seeds.ndim == 0 or len(of_seeds) < 2:
        raise ValueError("values must hold at least two seeds along its first axis")
    if not 0 < level < 1:
        raise ValueError(f"level = {level} is not allowed: it must be between 0 and 1")
    if not 0 <= trim < 0.5:
        raise ValueError(
            f"trim = {trim} is not allowed: it must be 0 or more and below 0.5"
        )
    n = len(of_seeds)
    counts = np.random.default_rng(seed).multinomial(
        n, np.full(n, 1 / n), size=resamples
    )
    means = _trimmed_means(of_seeds, counts, trim)
    return np.asarray(np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0))


def wilson_interval(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson interval of a share, such as that of seeds that solved a task;
    z = 1.96 is 95 %.

    Raises:
        ValueError: `successes` is not between 0 and `n`, or `n` is 0.

    Source: Wilson (1927), equation 2. Taught in 07_train_cartpole.
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"successes = {successes} of n = {n} is not possible")
    share, spread = (
        successes / n,
        z * math.sqrt(successes * (n - successes) / n + z**2 / 4) / n,
    )
    middle, width = (share + z**2 / (2 * n)) / (1 + z**2 / n), spread / (1 + z**2 / n)
    return max(middle - width, 0.0), min(middle + width, 1.0)


def newcombe_interval(
    successes: tuple[int, int], n: tuple[int, int], z: float = 1.96
) -> tuple[float, float]:
    """Return the interval of the difference of two shares, first less second, from the
    Wilson interval of each.

    Raises:
        ValueError: as in `wilson_interval`.

    Source: Newcombe (1998), method 10.
    """
    (low_1, high_1), (low_2, high_2) = (
        wilson_interval(k, m, z) for k, m in zip(successes, n, strict=True)
    )
    share_1, share_2 = successes[0] / n[0], successes[1] / n[1]
    below, above = (
        math.hypot(share_1 - low_1, high_2 - share_2),
        math.hypot(high_1 - share_1, share_2 - low_2),
    )
    return share_1 - share_2 - below, share_1 - share_2 + above


def probability_of_improvement(
    first: ArrayLike,
    second: ArrayLike,
    level: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return how often a seed of `first` is above a seed of `second`, over all pairs,
    and the ends of its interval.

    A tie counts half, so 0.5 says that neither is ahead.

    Args:
        first, second: `[N]` and `[M]`, a figure of each seed.
        level, resamples, seed: of the percentile bootstrap over the seeds of either
            side.

    Source: Agarwal et al. (2021), section 4.3; Mann & Whitney (1947). Taught in
    08_what_matters.
    """
    # [N, M]
    wins = (
        np.sign(np.subtract.outer(np.asarray(first, float), np.asarray(second, float)))
        + 1
    ) / 2
    rng, (n, m) = np.random.default_rng(seed), wins.shape
    drawn = [
        rng.multinomial(size, np.full(size, 1 / size), size=resamples) / size
        for size in (n, m)
    ]
    low, high = np.quantile(
        ((drawn[0] @ wins) * drawn[1]).sum(1), [(1 - level) / 2, (1 + level) / 2]
    )
    return float(wins.mean()), float(low), float(high)


def sign_flip_p_value(
    difference: ArrayLike, flips: int = 20_000, seed: int = 0
) -> float:
    """Return the p-value of a mean difference over paired seeds: were there no effect,
    each sign would be a coin.

    Args:
        difference: `[N]`, of each seed.
        flips: random draws of all N signs; the smallest p-value is 1 / (flips + 1).
        seed: of the drawing.

    Source: Fisher (1935), section 21. Taught in 08_what_matters.
    """
    of_seeds = np.asarray(difference, float)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(flips, len(of_seeds)))
    # equal sums may round differently
    as_far = np.abs(signs @ of_seeds) >= abs(of_seeds.sum()) * (1 - 1e-12)
    return float((as_far.sum() + 1) / (flips + 1))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted for their number: all below 0.05 are found with a chance
    of at most 5 % for any error.

    Args:
        p_values: `[M]`, one for each comparison of a family.

    Source: Holm (1979). Taught in 08_what_matters.
    """
    p = np.asarray(p_values, float)
    order = p.argsort()
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(
        max=1
    )
    return adjusted
