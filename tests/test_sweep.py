"""The sweep: the same table from one machine or a cluster, through kills and
interruptions, and nothing done twice.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dqn_tutorial import make_config, train
from dqn_tutorial.agent import Agent
from dqn_tutorial.config import Refused, override
from dqn_tutorial.sweep import (
    _train_and_end,
    blocks_of,
    parse_grid,
    parse_seeds,
    train_block,
)
from dqn_tutorial.training import Rollout
from tests.conftest import call

GRID = ["training.batch_size: [16, 32]", "model.tau: [0.01, 1.0]"]
SHORT = (
    "--training.max-steps 1600 --training.learning-starts 320 --training.eval-every 0"
    " --seeds 7-42".split()
)


def words_of(out: Path, *words: str) -> list[str]:
    return ["sweep", *SHORT, "--grid", *GRID, "--out", str(out), *words]


def command(out: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "dqn_tutorial", *words_of(out, *words)]


def run(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(out, *words), capture_output=True, text=True, timeout=300
    )


def finished(out: Path) -> dict[str, int]:
    return {
        path.name: path.stat().st_mtime_ns for path in (out / "blocks").glob("*.json")
    }


def own_workers(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that a sweep has started on this machine."""
    found = subprocess.run(
        ["pgrep", "-f", "-P", str(process.pid), "spawn_main"],
        capture_output=True,
        text=True,
    )
    return [int(pid) for pid in found.stdout.split()]


def wait_for(happened: object, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of one process; others must give the same bytes."""
    out = tmp_path_factory.mktemp("sweep") / "local"
    with pytest.MonkeyPatch.context() as patch:
        assert call(patch, *words_of(out)) == 0
    return out


def test_the_table_has_a_row_for_each_cell_and_seed(local: Path) -> None:
    lines = (local / "sweep.csv").read_text().splitlines()
    assert lines[0] == "training.batch_size,model.tau,seed,greedy_mean"
    keys = [tuple(line.split(",")[:3]) for line in lines[1:]]
    assert keys == [
        (b, tau, str(seed))
        for b in ("16", "32")
        for tau in ("0.01", "1.0")
        for seed in range(7, 43)
    ]
    values = {line.split(",")[3] for line in lines[1:]}
    assert len(values) > 50, "the runs are the same"
    assert len(finished(local)) == 8  # blocks of 32 and 4 seeds in each of four cells


def test_done_again_it_measures_nothing(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, table = finished(local), (local / "sweep.csv").read_bytes()
    assert call(monkeypatch, *words_of(local)) == 0
    assert finished(local) == before and (local / "sweep.csv").read_bytes() == table


def test_an_interrupted_sweep_goes_on_where_it_stopped(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "interrupted"
    restore = (
        (lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        if os.name == "posix"
        else None
    )
    process = subprocess.Popen(
        command(out), stderr=subprocess.PIPE, text=True, preexec_fn=restore
    )
    wait_for(lambda: len(finished(out)) >= 2)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=300)
    kept = finished(out)
    assert (
        process.returncode == 2
        and "the same command goes on" in error
        and "Traceback" not in error
    )
    assert 2 <= len(kept) < 8 and not (out / "sweep.csv").exists()
    assert call(monkeypatch, *words_of(out)) == 0
    assert {name: when for name, when in finished(out).items() if name in kept} == kept
    assert (out / "sweep.csv").read_bytes() == (local / "sweep.csv").read_bytes()


def test_a_killed_process_loses_nothing(local: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    process = subprocess.Popen(command(out), stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(finished(out)) >= 1)
    os.kill(own_workers(process)[0], signal.SIGKILL)
    _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert (out / "sweep.csv").read_bytes() == (local / "sweep.csv").read_bytes()


def test_a_worker_that_was_told_to_end_begins_no_other_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*_: object) -> None:
        raise KeyboardInterrupt(signal.SIGTERM)

    def end(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("dqn_tutorial.sweep.train_block", told)
    monkeypatch.setattr("os._exit", end)
    with pytest.raises(SystemExit, match="1"):
        _train_and_end({}, None, tmp_path / "block.safetensors")


def test_a_training_that_is_interrupted_is_no_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(agent: Agent, rollout: Rollout) -> Iterator[object]:
        for record in train(agent, rollout=rollout):
            if record.step == 64:
                signal.raise_signal(signal.SIGINT)
            yield record

    monkeypatch.setattr("dqn_tutorial.runs.train", interrupted)
    (block,) = blocks_of([({}, make_config("cartpole", max_steps=1_600))], range(1))
    with pytest.raises(Refused, match="interrupted"):
        train_block(block.settings)


def test_a_row_tells_the_first_solve_where_training_looks_for_it() -> None:
    config = make_config(
        "cartpole",
        max_steps=640,
        learning_starts=320,
        eval_every=320,
        stop_when_solved=True,
    )
    for asked, columns in (
        (config, ["seed", "first_solve", "greedy_mean"]),
        (
            override(config, {"training.stop_when_solved": False}),
            ["seed", "greedy_mean"],
        ),
    ):
        (block,) = blocks_of([({}, asked)], range(2))
        assert [list(row) for row in train_block(block.settings)] == [columns] * 2


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    pytest.importorskip(
        "distributed", reason="the cluster needs distributed, which is not installed"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [sys.executable, "-m", "dask"]
    own = ["--host", "127.0.0.1", "--no-dashboard"]
    words = [[*dask, "scheduler", "--port", address.rpartition(":")[2], *own]]
    words += [[*dask, "worker", address, "--nthreads", "1", "--no-nanny", *own]] * 2
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": tmp_path,
    }
    processes = [subprocess.Popen(each, **quiet) for each in words]  # type: ignore[call-overload]
    yield address, processes
    for process in processes:
        process.kill()
        process.wait()


def test_a_cluster_that_loses_a_worker_gives_the_same_table(
    local: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, (_, _, worker) = cluster
    out = tmp_path / "cluster"
    process = subprocess.Popen(
        command(out, "--scheduler", address), stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: len(finished(out)) >= 2)
    assert not own_workers(process)
    worker.kill()
    _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert (out / "sweep.csv").read_bytes() == (local / "sweep.csv").read_bytes()


def test_a_scheduler_that_does_not_answer_is_said_at_once(tmp_path: Path) -> None:
    pytest.importorskip(
        "distributed", reason="the cluster needs distributed, which is not installed"
    )
    done = run(tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert (
        done.returncode == 2
        and "scheduler = 'tcp://127.0.0.1:1' does not answer" in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_another_sweep_and_foreign_files_are_left_alone(
    local: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = finished(local)
    assert call(monkeypatch, *words_of(local, "--training.gamma", "0.9")) == 2
    assert "holds another sweep" in capsys.readouterr().err
    assert finished(local) == before
    (tmp_path / "thesis.txt").write_text("all of it")
    assert call(monkeypatch, *words_of(tmp_path)) == 2
    assert "is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--grid", "training.batch_sise: [1, 2]"],
            "did you mean '--training.batch-size'",
        ),
        (["--grid", "training.batch_size: 5"], "write 'training.batch_size: [32, 64]'"),
        (
            ["--grid", "training.batch_size: []"],
            "write 'training.batch_size: [32, 64]'",
        ),
        (["--grid", "training.batch_size: [0]"], "batch_size = 0"),
        (["--grid", "seed: [1, 2]"], "seeds are given by --seeds"),
        (["--grid", "training.n-seeds: [1, 2]"], "seeds are given by --seeds"),
        (["--grid", "1: [2]"], "unknown option '--1'"),
        (
            ["--env.name", "slipperygrid", "--training.stop-when-solved"],
            "has no return from which it counts as solved",
        ),
        (["--seeds", "9-3"], "seeds = '9-3'"),
        (["--training.n-seeds", "5"], "give its first and last seed"),
        (["--sheduler", "x"], "--scheduler"),
    ],
)
def test_bad_input_is_refused_before_any_work(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert call(monkeypatch, "sweep", "--out", str(out), *words) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_grid_is_every_combination_in_order() -> None:
    cells = parse_grid(
        ["model.tau: [0.1, 1]", "env.observation-scale: [[1, 2], [3, 4]]"]
    )
    assert [tuple(cell.values()) for cell in cells] == [
        (0.1, [1, 2]),
        (0.1, [3, 4]),
        (1, [1, 2]),
        (1, [3, 4]),
    ]
    assert list(cells[0]) == ["model.tau", "env.observation_scale"] and parse_grid(
        []
    ) == [{}]
    with pytest.raises(ValueError, match="given twice"):
        parse_grid(["model.tau: [1]", "model.tau: [2]"])
    assert parse_seeds("3-5") == range(3, 6) and parse_seeds("7") == range(7, 8)


def test_blocks_do_not_depend_on_who_does_the_work() -> None:
    blocks = blocks_of(
        [({}, make_config("cartpole")), ({}, make_config("acrobot"))], range(5, 75)
    )
    sizes = [
        (block.settings["seed"], block.settings["training.n_seeds"]) for block in blocks
    ]
    assert sizes == [(5, 32), (37, 32), (69, 6)] * 2
    assert len({block.name for block in blocks}) == 6 and re.fullmatch(
        r"0001-69", blocks[-1].name
    )


def test_a_failing_cell_does_not_lose_the_others(tmp_path: Path) -> None:
    learner = tmp_path / "fails.py"
    learner.write_text(
        "from dataclasses import dataclass\n"
        "from dqn_tutorial import DQN, DQNConfig, register\n"
        "class Fails(DQN):\n"
        "    def learn(self, max_iter=1, n_epochs=0):\n"
        "        if self.config.training.batch_size == 16:\n"
        "            raise ZeroDivisionError('on purpose')\n"
        "        return super().learn(max_iter, n_epochs)\n"
        "@dataclass(frozen=True)\n"
        "class FailsConfig(DQNConfig):\n"
        "    name: str = 'fails'\n"
        "register('fails', Fails, FailsConfig)\n"
    )
    done = run(tmp_path / "out", "--import", str(learner), "--model.name", "fails")
    assert (
        done.returncode == 2
        and "on purpose" in done.stderr
        and "'training.batch_size': 16" in done.stderr
    )
    assert (
        len(finished(tmp_path / "out")) == 4
        and not (tmp_path / "out" / "sweep.csv").exists()
    )
