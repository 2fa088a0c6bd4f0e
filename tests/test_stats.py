"""Intervals: known values, and how often they hold the truth."""

import numpy as np
import pytest

from dqn_tutorial.stats import (
    bootstrap_interval,
    holm,
    interquartile_mean,
    newcombe_interval,
    probability_of_improvement,
    sign_flip_p_value,
    wilson_interval,
)


def test_wilson_by_hand() -> None:
    # 8 of 10: (0.8 + 0.19208) / 1.38416 +- 1.96 sqrt(0.016 + 0.009604) / 1.38416
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=2e-4)
    assert wilson_interval(100, 100) == pytest.approx((0.9630, 1.0), abs=2e-4)
    assert wilson_interval(0, 20)[0] == 0.0


def test_coverage_of_the_wilson_interval(rng: np.random.Generator) -> None:
    for share in (0.3, 0.9):
        held = [
            low <= share <= high
            for low, high in (
                wilson_interval(int(k), 32) for k in rng.binomial(32, share, 4_000)
            )
        ]
        assert 0.90 <= np.mean(held) <= 0.98


def test_coverage_of_the_bootstrap_interval(rng: np.random.Generator) -> None:
    held = []
    for _ in range(600):
        low, high = bootstrap_interval(
            rng.exponential(size=32), resamples=400, seed=int(rng.integers(2**31))
        )
        held.append(low <= 1 <= high)
    assert 0.90 <= np.mean(held) <= 0.98


def test_the_interquartile_mean_by_hand() -> None:
    assert interquartile_mean([0.0, 9.0, 2.0, 500.0]) == pytest.approx(5.5)
    # of five seeds 1.25 are left out on either side: 2 and 4 count three quarters, 3
    # counts whole
    assert interquartile_mean([1.0, 2.0, 3.0, 4.0, 100.0]) == pytest.approx(
        (0.75 * 2 + 3 + 0.75 * 4) / 2.5
    )
    assert interquartile_mean([[1.0, 7.0]] * 3).tolist() == [1.0, 7.0]


def test_coverage_of_the_interval_of_the_interquartile_mean(
    rng: np.random.Generator,
) -> None:
    # of the exponential distribution
    true = 2 * ((0.75 - 0.75 * np.log(0.75)) - (0.25 - 0.25 * np.log(0.25)))
    held = []
    for _ in range(600):
        seed = int(rng.integers(2**31))
        low, high = bootstrap_interval(
            rng.exponential(size=32), resamples=400, seed=seed, trim=0.25
        )
        held.append(low <= true <= high)
    assert 0.90 <= np.mean(held) <= 0.98


def test_a_curve_gets_an_interval_at_each_point(rng: np.random.Generator) -> None:
    curves = rng.normal(size=(16, 5))
    band = bootstrap_interval(curves)
    assert band.shape == (2, 5)
    assert (band[0] < curves.mean(0)).all() and (curves.mean(0) < band[1]).all()
    assert band[:, 2] == pytest.approx(bootstrap_interval(curves[:, 2]))
    trimmed = bootstrap_interval(curves, trim=0.25)
    assert trimmed[:, 2] == pytest.approx(bootstrap_interval(curves[:, 2], trim=0.25))
    assert not np.allclose(trimmed, band)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two seeds"):
        bootstrap_interval([1.0])
    with pytest.raises(ValueError, match=r"level = 95"):
        bootstrap_interval([1.0, 2.0], level=95)
    with pytest.raises(ValueError, match=r"trim = 0.5"):
        bootstrap_interval([1.0, 2.0], trim=0.5)
    with pytest.raises(ValueError, match="successes = 5 of n = 4"):
        wilson_interval(5, 4)


def test_newcombe_by_hand() -> None:
    # table II of Newcombe (1998): 56/70 less 48/80, method 10
    assert newcombe_interval((56, 48), (70, 80)) == pytest.approx(
        (0.0524, 0.3339), abs=2e-4
    )
    low, high = newcombe_interval((32, 0), (32, 32))
    assert 0.8 < low < 0.9 and high == 1.0


def test_coverage_of_the_newcombe_interval(rng: np.random.Generator) -> None:
    for first, second in ((0.9, 0.6), (0.5, 0.5)):
        pairs = zip(
            rng.binomial(32, first, 3_000), rng.binomial(32, second, 3_000), strict=True
        )
        intervals = [newcombe_interval((int(a), int(b)), (32, 32)) for a, b in pairs]
        assert (
            0.90
            <= np.mean([low <= first - second <= high for low, high in intervals])
            <= 0.98
        )


def test_the_probability_of_improvement_by_hand() -> None:
    assert probability_of_improvement([1, 2, 3], [0, 0]) == (1, 1, 1)
    # one tie of four pairs
    assert probability_of_improvement([1, 2], [2, 3])[0] == pytest.approx(0.5 / 4)
    assert probability_of_improvement([1, 1], [1]) == (0.5, 0.5, 0.5)


def test_coverage_of_the_interval_of_the_probability_of_improvement(
    rng: np.random.Generator,
) -> None:
    true, held = 2 / 3, []  # of exponential variables with rates 1 and 2
    for seed in range(600):
        first, second = rng.exponential(1.0, 32), rng.exponential(0.5, 32)
        _, low, high = probability_of_improvement(
            first, second, resamples=400, seed=seed
        )
        held.append(low <= true <= high)
    assert 0.90 <= np.mean(held) <= 0.98


def test_the_p_value_of_paired_seeds_by_hand() -> None:
    # of the 8 signs of three seeds only +++ and --- reach a sum of 6
    assert sign_flip_p_value([1, 2, 3]) == pytest.approx(2 / 8, abs=0.01)
    assert sign_flip_p_value([0.0, 0.0]) == 1
    assert sign_flip_p_value(np.ones(32)) == pytest.approx(1 / 20_001)


def test_without_an_effect_one_p_value_in_twenty_is_below_five_per_cent(
    rng: np.random.Generator,
) -> None:
    found = [
        sign_flip_p_value(rng.normal(size=16), 500, seed) <= 0.05
        for seed in range(1_000)
    ]
    assert 0.02 <= np.mean(found) <= 0.08


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1, 1])
