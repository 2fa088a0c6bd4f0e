"""Files that older versions wrote load, go on, and give the same results; files of
later versions are refused; renamed settings are found.
"""

import csv
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from dqn_tutorial import __main__ as command_line
from dqn_tutorial import __version__, config, evaluate, load_agent, make_config, runs
from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import logbook, overview
from dqn_tutorial.classroom.live.recording import RECORDING_FORMAT, Recording, play_back
from dqn_tutorial.runs import save_agent
from dqn_tutorial.sweep import SWEEP_FORMAT, blocks_of, sweep
from tests.conftest import call

OLD = Path(__file__).parent / "fixtures" / "files_of_2026_11"
SWEEP = (
    "--env.name slipperygrid --model.critic.width 8 --model.critic.depth 1"
    " --training.learning-starts 160 --training.max-steps 320 --training.eval-every 0"
    " --seeds 0-33 --grid".split()
)


def test_a_run_gives_its_weights_back_and_acts() -> None:
    agent, saved = load_agent(OLD / "run"), load_file(OLD / "run/policy.safetensors")
    for networks in (agent.critic.online, agent.critic.target):
        weights = networks.state_dict()
        assert weights.keys() == saved.keys()
        assert all(torch.equal(weights[name], saved[name]) for name in saved)
    t = agent.config.training
    assert (t.max_steps, t.n_seeds, t.max_grad_norm) == (640, 2, np.inf)
    assert agent.config.env.observation_scale == (1.5, 0.5, 10.0, 1.0)
    result = json.loads((OLD / "run" / "result.json").read_text())
    returns = evaluate(agent, result["episodes"], seed=result["seed"])
    assert returns.mean() == pytest.approx(result["greedy_mean"], abs=0.1)


def test_the_members_of_each_agent_of_a_run_are_its_own(tmp_path: Path) -> None:
    """Files of format 0 hold networks agent by agent, later ones member by member."""
    agent = load_agent(OLD / "run_of_ensembles")
    old = json.loads((OLD / "run_of_ensembles" / "q_values.json").read_text())
    q_values = torch.tensor(old["q_values"]).transpose(0, 1)  # [M, N, B, A]
    torch.testing.assert_close(agent.critic.Q_t(old["state"]), q_values)
    save_agent(agent, tmp_path)
    again = load_agent(tmp_path)
    torch.testing.assert_close(again.critic.Q(old["state"]).detach(), q_values)


def test_the_settings_of_a_run_give_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--config", str(OLD / "run/config.yaml"), "--out", str(tmp_path / "run")]
    assert call(monkeypatch, *words) == 0
    old, new = (
        list(csv.DictReader((folder / "metrics.csv").open()))
        for folder in (OLD / "run", tmp_path / "run")
    )
    assert [row.keys() for row in old] == [row.keys() for row in new]
    for before, after in zip(old, new, strict=True):
        assert float(before["loss"]) == pytest.approx(
            float(after["loss"]), rel=1e-3, nan_ok=True
        )


def sweep_again(
    name: str, folder: Path, patch: pytest.MonkeyPatch
) -> list[dict[str, str]]:
    shutil.copytree(OLD / name, folder / name)
    out = ["model.tau: [0.01, 0.5]", "--out", str(folder / name)]
    assert call(patch, "sweep", *SWEEP, *out) == 0
    for path in (OLD / name / "blocks").iterdir():  # nothing is done twice
        assert (folder / name / "blocks" / path.name).read_bytes() == path.read_bytes()
    with (folder / name / "sweep.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_finished_sweep_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sweep_again("sweep", tmp_path, monkeypatch)
    assert len(rows) == 68
    table = (tmp_path / "sweep" / "sweep.csv").read_bytes()
    assert table == (OLD / "sweep" / "sweep.csv").read_bytes()


def test_an_unfinished_sweep_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sweep_again("sweep_unfinished", tmp_path, monkeypatch)
    with (OLD / "sweep" / "sweep.csv").open() as file:
        whole = list(csv.DictReader(file))
    assert [(row["model.tau"], row["seed"]) for row in rows] == [
        (row["model.tau"], row["seed"]) for row in whole
    ]
    kept = [int(row["seed"]) < 32 for row in rows]
    assert [row for row, old in zip(rows, kept, strict=True) if old] == [
        row for row, old in zip(whole, kept, strict=True) if old
    ]


def test_a_recording_replays_to_the_same_weights() -> None:
    recording = Recording.load(OLD / "recording.json")
    assert recording.n_steps == 560 and len(recording.moves) == 6
    agent = play_back(recording)
    weights, saved = (
        agent.critic.online.state_dict(),
        load_file(OLD / "recording.safetensors"),
    )
    assert agent.step == 560 and agent.n_updates == 83
    for name, values in saved.items():  # to the bit where it was made
        assert torch.allclose(weights[name], values, atol=1e-3), name


def test_progress_shows_the_same_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "progress.json"
    shutil.copy(OLD / "learner.json", path)
    entries = logbook.read(path)
    old = json.loads((OLD / "learner.json").read_text())
    assert entries == {name: entry | {"help": []} for name, entry in old.items()}
    states = [overview.state_of(name, entries) for name in check.EXERCISES]
    assert (states.count("done"), states.count("tried")) == (2, 3)
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(path))
    check.EXERCISES["why_too_large"]("D")
    entries["why_too_large"] |= {"correct": True, "attempts": 3}
    assert logbook.read(path) == entries


SMALL = make_config("cartpole", max_steps=64, width=8, depth=1, eval_every=0)
WRITTEN = [
    ("run/config.yaml", config.RUN_FORMAT),
    ("run/result.json", config.RUN_FORMAT),
    ("sweep/sweep.json", SWEEP_FORMAT),
    ("recording.json", RECORDING_FORMAT),
    ("progress.json", logbook.PROGRESS_FORMAT),
]


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each kind, as written now."""
    folder = tmp_path_factory.mktemp("today")
    runs.run(SMALL, folder / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dqn_tutorial.sweep._executor", lambda _: ThreadPoolExecutor(1))
        sweep(blocks_of([({}, SMALL)], range(2)), folder / "sweep", None)
    Recording(config.flatten(SMALL), (), 32).save(folder / "recording.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DQN_TUTORIAL_PROGRESS", str(folder / "progress.json"))
        logbook.note("aim_at_the_wall", True, "")
    return folder


def content_of(path: Path) -> dict[str, Any]:
    read = yaml.safe_load if path.suffix == ".yaml" else json.loads
    return dict(read(path.read_text()))


def load(folder: Path, name: str) -> object:
    """Load what a file belongs to, through the reader of its kind."""
    if name.startswith("run"):
        return load_agent(folder / "run")
    if name.startswith("sweep"):
        blocks = blocks_of([({}, SMALL)], range(2))
        return sweep(blocks, folder / "sweep", None).read_bytes()
    if name == "recording.json":
        return Recording.load(folder / name)
    return logbook.read(folder / name)


@pytest.mark.parametrize(("name", "number"), WRITTEN)
def test_a_file_tells_its_format_and_a_later_one_is_refused_untouched(
    name: str, number: int, today: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(today, tmp_path / "copy"))
    content = content_of(folder / name)
    assert content["format"] == number and next(iter(content)) == "format"
    load(folder, name)
    if name == "run/result.json":  # which no one reads; config.yaml speaks for both
        return
    text = (folder / name).read_text().replace("format: 1", "format: 2")
    (folder / name).write_text(text.replace('"format": 1', '"format": 2'))
    before = (folder / name).read_bytes()
    needed = rf"format 2.*dqn-tutorial {__version__}.*newer version"
    with pytest.raises(ValueError, match=needed):
        load(folder, name)
    if name == "progress.json":
        monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(folder / name))
        verdict = check.EXERCISES["why_too_large"]("D")
        assert verdict.status == "correct" and "newer version" in verdict.message
    assert (folder / name).read_bytes() == before


def test_a_setting_under_its_old_name_is_found_by_every_reader(
    today: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: load(today, name) for name, _ in WRITTEN[2:4]}
    folder = Path(shutil.copytree(today, tmp_path / "copy"))
    for name, _ in WRITTEN:
        old = (folder / name).read_text().replace("n_step:", "window:")
        (folder / name).write_text(old.replace('.n_step"', '.window"'))
    for name in ("run/config.yaml", "recording.json"):
        with pytest.raises(ValueError, match=r"unknown setting 'training\.window'"):
            load(folder, name)
    with pytest.raises(ValueError, match="holds another sweep"):
        load(folder, "sweep/sweep.json")
    monkeypatch.setitem(config.RENAMED, "training.window", "training.n_step")
    assert load_agent(folder / "run").config == load_agent(today / "run").config
    assert before == {name: load(folder, name) for name, _ in WRITTEN[2:4]}
    words = ["--config", str(folder / "run/config.yaml")]
    assert command_line.parse(words, command_line.Arguments)[0].training.n_step == 10
