"""The benchmark's evaluation, clock and tables on tiny inputs; no peer is trained."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))


def balance(state: NDArray[np.float32]) -> NDArray[np.int64]:
    """Push to the side the pole falls to, and against the drift: 500 steps from every
    start.
    """
    return (state @ np.array([0.02, 0.1, 1.0, 0.3]) > 0).astype(np.int64)


def always_left(state: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.zeros(len(state), np.int64)


def test_evaluation_counts_each_episode_once_and_follows_its_seed() -> None:
    from harness import evaluate

    assert (evaluate(balance, 3, seed=0) == 500).all()
    short = evaluate(
        lambda state: np.where(np.arange(20) == 0, balance(state), 0), 20, seed=0
    )
    # the others fell early; their later episodes do not count
    assert short[0] == 500 and (short[1:] <= 11).all()
    left = evaluate(always_left, 20, seed=0)
    assert (left == evaluate(always_left, 20, seed=0)).all()
    assert (left != evaluate(always_left, 20, seed=1)).any()


def test_clock_stands_still_while_evaluating(monkeypatch: pytest.MonkeyPatch) -> None:
    import harness

    clock = iter(range(1_000))  # a second later whenever it is read
    monkeypatch.setattr(harness.time, "process_time", lambda: next(clock))

    def slow(state: NDArray[np.float32]) -> NDArray[np.int64]:
        next(clock)
        return always_left(state)

    meter = harness.Meter(slow, seed=0, to_solve=False)
    meter.start()
    assert not meter.at(1_600, 5)
    meter.stop()
    assert meter.cpu == 2 < next(clock) - 4
    assert not meter.first_solve


def test_first_solve_and_later_evaluations() -> None:
    from harness import Meter

    meter = Meter(balance, seed=0, to_solve=False)
    meter.start()
    for step in (1_599, 1_600, 1_616):
        meter.at(step, step // 8)
    meter.policy = always_left
    meter.at(3_200, 400)
    meter.stop()
    row = meter.row(3_200, 400)
    assert (row["solve_steps"], row["solve_updates"]) == (1_600, 200)
    assert row["later_share"] == 0 and row["end_return"] < 12
    ends = Meter(balance, seed=0, to_solve=True)
    ends.start()
    assert ends.at(1_600, 1)
    ends.stop()
    assert math.isnan(ends.row(1_600, 1)["end_return"])


def rows() -> list[dict[str, Any]]:
    names = (
        "solve_cpu solve_seconds solve_steps solve_updates end_return cpu seconds"
        " later_share".split()
    )
    values = {
        "ours": [(1.0, 500.0), (2.0, 400.0), (3.0, 500.0)],
        "sb3-zoo": [(40.0, 9.0), (math.nan, 9.0), (60.0, 500.0)],
    }
    return [
        {"peer": peer, "seed": seed, "peak_mib": 300.0}
        | dict.fromkeys(names, cpu)
        | {"end_return": end}
        for peer, own in values.items()
        for seed, (cpu, end) in enumerate(own)
    ]


def test_tables_count_an_unsolved_run_as_the_longest() -> None:
    from report import comparison, ended_solved, many, markdown, solved_once, spread

    zoo = rows()[3:]
    assert spread([40.0, math.inf, 60.0], 0) == "60 [40, never]"
    assert spread([math.nan]) == "-"
    assert solved_once(zoo).startswith("2 of 3") and ended_solved(zoo).startswith(
        "1 of 3"
    )
    # 30 times the median of ours, 2
    assert "| 60.00 [40.00, never] | 30.0 |" in comparison(rows())
    assert (
        markdown(["", "a", "b"], [["x", "-", "1"]])
        == "|  | b |\n| --- | --- |\n| x | 1 |"
    )
    population = {"seconds": 2.0, "n_solved": 3, "n_seeds": 3, "peak_mib": 300.0}
    assert "one after another 6.0, 3.0 times as long" in many(
        rows()[:3], {"budget": population}
    )


def test_labs_take_turns_until_all_pairs_are_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import live

    monkeypatch.setattr(live, "SLICES", 1)
    labs = {"with": live.lab(8), "without": live.lab(1e-9)}
    live.measure(labs, pairs=2, seconds=0.2)
    pairs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(pairs) == 2 and all(
        pair.keys() == labs.keys() and min(pair.values()) > 0 for pair in pairs
    )
    assert all(lab.wait(60) and live.step_of(lab) > 2_000 for lab in labs.values())


def test_picture_says_in_words_what_it_shows() -> None:
    from report import picture

    _, alt = picture(rows())
    assert "this package: 2.00 [1.00, 3.00] CPU seconds to the first solve" in alt
    assert "never" in alt
