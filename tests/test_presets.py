"""The presets beyond CartPole, and the tool that measures them, without training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from dqn_tutorial import make_config
from dqn_tutorial.config import flatten
from dqn_tutorial.presets import PRESETS


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))


@pytest.mark.parametrize("env", PRESETS)
def test_a_preset_is_for_a_task_with_a_threshold_and_fits_its_states(env: str) -> None:
    # without making the environment: LunarLander needs a package more
    spec = gym.spec(env)
    assert spec.reward_threshold is not None
    config = flatten(make_config(env))
    assert config["env.name"] == env
    numbers = {"CartPole-v1": 4, "Acrobot-v1": 6, "MountainCar-v0": 2}
    assert len(config["env.observation_scale"]) in (0, numbers.get(env))
    # the last weights count: they are an average, and the last updates change little
    assert config["model.critic.greedy_network"] == "target"
    assert config["training.learning_rate_end"] == 0


def test_mountain_car_keeps_its_optimism_until_it_has_found_the_goal() -> None:
    config = make_config("mountaincar")
    # what Q sinks to where the goal is never reached; a fresh network is near 0
    assert -config.env.reward_scale / (1 - config.training.gamma) <= -99
    # and what chance explores before that is next to nothing
    t, c = config.training, config.model.critic
    assert c.exploration_fraction * t.max_steps <= t.learning_starts


def rows(
    task: str, peer: str, n_seeds: int, means: list[float]
) -> list[dict[str, Any]]:
    of_run = {"n_seeds": n_seeds, "steps": 1_000, "updates": 250, "cpu": 30.0}
    of_run |= {"seconds": 40.0, "peak_mib": 300.0, "commit": "abc"}
    return [
        {"task": task, "peer": peer, "seed": seed, "mean_return": mean} | of_run
        for seed, mean in enumerate(means, 7)
    ]


def test_the_table_counts_solved_and_stuck_seeds(tmp_path: Path) -> None:
    import tasks

    path = tmp_path / "tasks.csv"
    for some in (
        rows("MountainCar-v0", "ours", 4, [-110.0, -110.1, -200.0, -100.0]),
        rows("MountainCar-v0", "sb3-zoo", 1, [-130.0]),
    ):
        tasks.add_rows(some, path)
    found = tasks.read_rows(path)
    assert len(found) == 5 and path.read_text().count("mean_return") == 1
    text = tasks.write_report(found, tmp_path)
    assert "| MountainCar-v0 (-110) | 7-10 | 2 of 4 (≥ 15%) | 1 | -130 | -200 |" in text
    assert (
        "Stable-Baselines3, zoo settings | 7 | 0 of 1 (≥ 0%) | 0 | -130 | -130 |"
        in text
    )
    assert "| 1,000 | 250 | 7.5 |" in text  # 30 CPU seconds, shared by four
    assert (tmp_path / "tasks.md").exists()


def test_what_has_its_rows_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tasks

    jobs: list[tuple[str, int, int]] = []

    def run_job(script: str, job: dict[str, Any]) -> dict[str, Any]:
        jobs.append((job["peer"], job["seed"], job["n_seeds"]))
        if len(jobs) == 2:
            raise RuntimeError("cut off")
        clock = {"cpu": 1.0, "seconds": 1.0, "peak_mib": 1.0}
        means = [-90.0] * job["n_seeds"]
        return {"returns": means, "updates": 1, "steps": 1} | clock

    monkeypatch.setattr(tasks, "run_job", run_job)
    monkeypatch.setattr(tasks, "missing", lambda names: [])
    options = tasks.Options(quick=True, tasks=("Acrobot-v1",), out=tmp_path)
    tasks.main(options)
    first = options.first_seed
    assert jobs == [("ours", first, 2), ("ours", first, 1), ("sb3-zoo", first, 1)]
    tasks.main(replace(options, table_only=True))
    assert len(jobs) == 3
    tasks.main(options)
    assert jobs[3:] == [("ours", first, 1)]


def test_what_is_not_installed_is_skipped_with_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import tasks

    monkeypatch.setattr(tasks.importlib.util, "find_spec", lambda name: None)
    lander, peer = tasks.missing(tuple(tasks.STUCK_AT))
    assert (
        lander.startswith("LunarLander-v3 skipped") and "requirements-box2d" in lander
    )
    assert peer.startswith("sb3-zoo skipped")
    assert tasks.missing(["Acrobot-v1"]) == [peer]
