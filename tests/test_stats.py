"""Intervals: known values, and how often they hold the truth."""

import numpy as np
import pytest

from dqn_tutorial.stats import bootstrap_interval, wilson_interval


def test_wilson_by_hand() -> None:
    # 8 of 10: (0.8 + 0.19208) / 1.38416 +- 1.96 sqrt(0.016 + 0.009604) / 1.38416
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=2e-4)
    assert wilson_interval(100, 100) == pytest.approx((0.9630, 1.0), abs=2e-4)
    assert wilson_interval(0, 20)[0] == 0.0


def test_coverage_of_the_wilson_interval(rng: np.random.Generator) -> None:
    for share in (0.3, 0.9):
        held = [
            low <= share <= high for low, high in (wilson_interval(int(k), 32) for k in rng.binomial(32, share, 4_000))
        ]
        assert 0.90 <= np.mean(held) <= 0.98


def test_coverage_of_the_bootstrap_interval(rng: np.random.Generator) -> None:
    held = []
    for _ in range(600):
        low, high = bootstrap_interval(rng.exponential(size=32), resamples=400, seed=int(rng.integers(2**31)))
        held.append(low <= 1 <= high)
    assert 0.90 <= np.mean(held) <= 0.98


def test_a_curve_gets_an_interval_at_each_point(rng: np.random.Generator) -> None:
    curves = rng.normal(size=(16, 5))
    band = bootstrap_interval(curves)
    assert band.shape == (2, 5)
    assert (band[0] < curves.mean(0)).all() and (curves.mean(0) < band[1]).all()
    assert band[:, 2] == pytest.approx(bootstrap_interval(curves[:, 2]))


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two seeds"):
        bootstrap_interval([1.0])
    with pytest.raises(ValueError, match=r"level = 95"):
        bootstrap_interval([1.0, 2.0], level=95)
    with pytest.raises(ValueError, match="successes = 5 of n = 4"):
        wilson_interval(5, 4)
