"""The command line, most of it in this process, its promise to the letter as a
subprocess.
"""

import csv
import inspect
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import tyro
from PIL import Image

import dqn_tutorial
from dqn_tutorial import MainConfig, evaluate, load_agent
from dqn_tutorial import __main__ as command_line
from dqn_tutorial import models as registry
from dqn_tutorial.config import Settings, flatten
from dqn_tutorial.runs import save_agent
from tests.conftest import call

QUICK = [
    "--training.max-steps",
    "1_600",
    "--training.learning_starts",
    "800",
    "--training.eval-every",
    "800",
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "one"
    words = [
        sys.executable,
        "-m",
        "dqn_tutorial",
        "--model.name",
        "dqn",
        "--env.name",
        "cartpole",
    ]
    done = subprocess.run(
        [*words, *QUICK, "--progress", "--out", folder],
        capture_output=True,
        text=True,
        check=True,
    )
    for shown in ("return=", "epsilon=", "loss=", "step/s"):
        assert shown in done.stderr
    for shown in (
        "greedy mean, 100 fresh episodes",
        "standard deviation",
        "minimum",
        "updates",
        "seconds of training",
    ):
        assert shown in done.stdout
    return folder


def test_a_run_leaves_its_folder(finished: Path) -> None:
    result = json.loads((finished / "result.json").read_text())
    assert {
        "greedy_mean",
        "greedy_std",
        "greedy_min",
        "episodes",
        "seed",
        "steps",
        "updates",
        "seconds",
        "weights",
    } <= set(result)
    assert (
        result["steps"],
        result["episodes"],
        result["weights"],
        result["ended"],
    ) == (1_600, 100, "last", "budget")
    rows = list(csv.DictReader((finished / "metrics.csv").open()))
    assert len(rows) == 50 and float(rows[-1]["step"]) == 1_600
    assert [row["step"] for row in rows if row["greedy_return"]] == ["800", "1600"]
    with Image.open(finished / "learning_curve.png") as picture:
        assert picture.size[0] > 800
    assert "Greedy evaluations" in (finished / "learning_curve.txt").read_text()
    svg = ElementTree.fromstring((finished / "agent.svg").read_text())
    assert svg.get("aria-label") and svg.findall(
        ".//{http://www.w3.org/2000/svg}animateTransform"
    )


def test_the_saved_policy_is_the_one_that_was_evaluated(finished: Path) -> None:
    result = json.loads((finished / "result.json").read_text())
    assert evaluate(
        load_agent(finished), 100, seed=result["seed"]
    ).mean() == pytest.approx(result["greedy_mean"])


def test_the_resolved_settings_give_the_same_run_again(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        call(
            monkeypatch,
            "--config",
            str(finished / "config.yaml"),
            "--out",
            str(tmp_path / "again"),
        )
        == 0
    )
    first, again = load_agent(finished), load_agent(tmp_path / "again")
    states = np.linspace(-1, 1, 40).reshape(10, 4)
    assert (first.critic.Q(states) == again.critic.Q(states)).all()
    assert (finished / "metrics.csv").read_text() == (
        tmp_path / "again" / "metrics.csv"
    ).read_text()


def test_a_run_is_never_overwritten(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (finished / "result.json").read_text()
    assert call(monkeypatch, *QUICK, "--out", str(finished)) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert (finished / "result.json").read_text() == before


def test_an_agent_trained_elsewhere_comes_back_here(
    finished: Path, tmp_path: Path
) -> None:
    (tmp_path / "policy.safetensors").write_bytes(
        (finished / "policy.safetensors").read_bytes()
    )
    settings = (finished / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(
        settings.replace("device: cpu", "device: cuda:7")
    )
    assert (
        settings.count("device: cpu") == 1
        and load_agent(tmp_path).critic.device.type == "cpu"
    )


def test_a_layer_under_two_names_is_saved_and_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Twice(torch.nn.Module):
        def __init__(self, dim_state: int, dim_act: int, *_: object) -> None:
            super().__init__()
            self.one = torch.nn.Linear(dim_state, dim_state)
            self.two, self.last = self.one, torch.nn.Linear(dim_state, dim_act)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.two(self.one(x)))

    monkeypatch.setitem(registry.ARCHS, "Twice", Twice)
    with torch.random.fork_rng():  # this network draws from the global generator
        agent = registry.get_model(registry.make_config("cartpole", arch="Twice"))
        save_agent(agent, tmp_path)
        again = load_agent(tmp_path)
    state = torch.ones(2, 4)
    assert torch.equal(again.critic.Q(state), agent.critic.Q_t(state))


def test_the_end_of_the_budget_is_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [
        "--training.max-steps",
        "1_000",
        "--training.eval-every",
        "600",
        "--out",
        str(tmp_path / "run"),
    ]
    assert call(monkeypatch, *words) == 0
    rows = csv.DictReader((tmp_path / "run" / "evaluations.csv").open())
    assert [row["step"] for row in rows] == ["608", "992"]  # 32 steps at a time


@pytest.mark.parametrize("every", ["0", "320"])
def test_an_interrupted_evaluation_costs_nothing(
    every: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dqn_tutorial.runs.evaluate", interrupted)
    words = "--seed 3 --training.max-steps 320 --training.eval-every"
    out = ["--out", str(tmp_path / "run")]
    assert call(monkeypatch, *words.split(), every, *out) == 130
    assert "this goes on: python -m dqn_tutorial --resume" in capsys.readouterr().err
    assert (tmp_path / "run/metrics.csv").exists() == (every == "0")
    with pytest.warns(UserWarning, match="not finished"):
        assert load_agent(tmp_path / "run").critic.seeds == (3,)


def test_load_agent_refuses_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no trained run"):
        load_agent(tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--model.critic.exploraton-rate", "0.1"],
            "did you mean '--model.critic.exploration-rate'",
        ),
        (
            ["--model.critic.exploraton_rate=0.1"],
            "did you mean '--model.critic.exploration-rate'",
        ),
        (["--env.name", "pendulum"], "DQN needs Discrete actions, because"),
        (
            ["--env.name", "slipperygrid", "--training.stop-when-solved"],
            "has no return from which it counts as solved",
        ),
        (["--model.name", "dqnn"], "did you mean 'dqn'"),
        (["--model.patience", "3"], "is an option of model 'own', not of 'dqn'"),
        (["trian"], "unknown command 'trian': did you mean 'train'"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
        (["--import", "nowhere.py"], "is not a Python file"),
    ],
)
@pytest.mark.usefixtures("own_model")
def test_mistakes_are_refused(
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, *words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--training.gamma", "1.5"],
        ["--training.max-steps", "many"],
        ["--training.max-steps"],
    ],
)
def test_impossible_values_are_refused(
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        call(monkeypatch, *words)
    assert stopped.value.code == 2
    assert words[0].rpartition(".")[2] in capsys.readouterr().err.replace("_", "-")


def test_the_command_line_stands_above_the_file_above_the_preset(
    tmp_path: Path,
) -> None:
    (tmp_path / "c.yaml").write_text(
        "env: {name: acrobot}\ntraining: {n_step: 4, gamma: 0.9}\n"
    )
    config, _ = command_line.parse(
        [
            "--config",
            str(tmp_path / "c.yaml"),
            "--training.gamma",
            "0.8",
            "--training.n_envs=8",
        ],
        command_line.Arguments,
    )
    assert (
        config.env.name,
        config.training.n_step,
        config.training.gamma,
        config.training.n_envs,
    ) == (
        "acrobot",
        4,
        0.8,
        8,
    )
    assert config.model.loss == "HuberLoss"  # of the preset


def test_help_names_every_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call(monkeypatch, "--help")
    text = capsys.readouterr().out
    for option in (
        "--seed",
        "--out",
        "--config",
        "--import",
        "--progress",
        "--training.n-step",
        "--model.critic.n-members",
    ):
        assert option in text
    assert "Rewards summed before the target bootstraps" in re.sub(r"[│\s]+", " ", text)


def options_of(group: type, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield each option of a group of settings, and the comment above its field."""
    lines = inspect.getsource(group).splitlines()
    hints = get_type_hints(group)
    for item in fields(group):
        if is_dataclass(hints[item.name]):
            yield from options_of(hints[item.name], f"{prefix}{item.name}.")
            continue
        place = next(n for n, line in enumerate(lines) if f"    {item.name}: " in line)
        comment: list[str] = []
        while lines[place - 1 - len(comment)].startswith("    # "):
            comment.insert(0, lines[place - 1 - len(comment)].removeprefix("    # "))
        yield f"--{prefix}{item.name}".replace("_", "-"), " ".join(comment)


def test_help_tells_what_stands_above_each_field(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        call(monkeypatch, "--model.name", "ddqn", "--help")
    text = re.sub(r"[│\s]+", " ", capsys.readouterr().out)
    options = list(options_of(MainConfig, ""))
    assert len(options) == len(flatten(MainConfig()))
    for option, comment in options:
        assert len(comment) > 10 and comment.endswith(".")
        found = re.search(rf"{option}[ ,][^()]*? ({re.escape(comment)})", text)
        assert found, (option, comment)


def test_help_names_the_other_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call(monkeypatch, "--help")
    text = re.sub(r"[│\s]+", " ", capsys.readouterr().out)
    for command in set(command_line.COMMANDS) - {"train"}:
        assert f"python -m dqn_tutorial {command}" in text


def test_the_version_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"dqn-tutorial {dqn_tutorial.__version__}\n"


def test_the_words_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    check, cli = Settings.__post_init__, tyro.cli

    def counted(settings: Settings) -> None:
        calls.append(type(settings).__name__)
        check(settings)

    def parsed(*args: Any, **words: Any) -> Any:
        calls.append("cli")
        return cli(*args, **words)

    monkeypatch.setattr(Settings, "__post_init__", counted)
    monkeypatch.setattr(tyro, "cli", parsed)
    words = ["--model.tau", "0.1"]
    assert command_line.parse(words, command_line.Arguments)[0].model.tau == 0.1
    assert calls.count("cli") == 1 and calls.count("MainConfig") <= 3


def test_without_the_classrooms_packages_a_run_says_what_pictures_need(
    tmp_path: Path,
) -> None:
    code = (
        "import sys\n"
        "missing = ['matplotlib', 'PIL', 'IPython', 'ipywidgets', 'anywidget']\n"
        "sys.modules.update(dict.fromkeys(missing))\n"
        "from dqn_tutorial.__main__ import main\n"
        "print(main())\n"
        "sys.argv = ['dqn_tutorial', 'report', '.']\n"
        "print(main())\n"
    )
    words = [*QUICK, "--out", str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True
    )
    needed = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert len(needed) == 1 and 'install "dqn-tutorial[course]"' in needed[0]
    assert done.stdout.splitlines()[-2:] == ["0", "2"]
    assert "report needs" in done.stderr and "dqn-tutorial[course]" in done.stderr
    assert load_agent(tmp_path / "run").config.training.max_steps == 1_600
    assert not (tmp_path / "run" / "learning_curve.png").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--env.name", "acrobot"],
        ["--env.name", "MountainCar-v0"],
        ["--env.name", "slipperygrid"],
        ["--model.name", "ddqn"],
        ["--model.critic.n_members", "3", "--training.n-seeds", "2"],
    ],
)
def test_other_environments_and_models_train(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [
        "--training.max-steps",
        "640",
        "--training.learning-starts",
        "320",
        "--training.eval-every",
        "0",
    ]
    assert call(monkeypatch, *words, *quick, "--out", str(tmp_path / "run")) == 0
    assert json.loads((tmp_path / "run" / "result.json").read_text())["updates"] > 0


def test_many_seeds_leave_a_learning_curve_with_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "--training.n-seeds",
        "4",
        "--seed",
        "7",
        *QUICK,
        "--out",
        str(tmp_path / "run"),
    ]
    assert call(monkeypatch, *words) == 0
    rows = list(csv.DictReader((tmp_path / "run" / "evaluations.csv").open()))
    assert [row["step"] for row in rows] == ["800", "1600"]
    for row in rows:
        returns = [float(row[f"seed_{seed}"]) for seed in (7, 8, 9, 10)]
        assert float(row["greedy_mean"]) == pytest.approx(sum(returns) / 4)
        assert (
            min(returns)
            <= float(row["mean_low"])
            <= float(row["greedy_mean"])
            <= float(row["mean_high"])
        )
        assert (
            float(row["iqm_low"])
            <= float(row["greedy_iqm"])
            <= float(row["iqm_high"])
            <= max(returns)
        )
    shown = capsys.readouterr().out
    assert (
        "95 % interval" in shown and f"{float(rows[-1]['greedy_iqm']):.1f} [" in shown
    )
    assert "4 seeds" in (tmp_path / "run" / "learning_curve.txt").read_text()


def test_a_learners_module_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass\n"
        "from dqn_tutorial import DQN, DQNConfig, register\n"
        "@dataclass(frozen=True)\n"
        "class MineConfig(DQNConfig):\n"
        "    name: str = 'mine'\n"
        "register('mine', DQN, MineConfig)\n"
    )
    words = [
        "--import",
        str(tmp_path / "mine.py"),
        "--model.name",
        "mine",
        *QUICK,
        "--out",
        str(tmp_path / "run"),
    ]
    assert call(monkeypatch, *words) == 0
    assert json.loads((tmp_path / "run" / "result.json").read_text())["model"] == "mine"
    del registry.MODELS["mine"]


def test_training_stops_when_solved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [
        "--training.stop-when-solved",
        "--training.eval-every",
        "1600",
        "--seed",
        "22",
        "--out",
        str(tmp_path / "run"),
    ]
    assert call(monkeypatch, *words) == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert (
        result["ended"] == "solved"
        and result["steps"] < 50_000
        and result["greedy_mean"] >= 475
    )


@pytest.mark.skipif(sys.platform == "win32", reason="sends the signal of Ctrl-C")
def test_ctrl_c_keeps_what_was_learned(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "dqn_tutorial",
        "--training.max-steps",
        "100_000_000",
        "--progress",
        "--out",
        tmp_path / "run",
    ]
    # tests that run in the background of a shell inherit that interrupts are ignored
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed,
    )
    assert process.stderr is not None
    seen = ""
    while "return=" not in seen:  # training has begun
        seen += process.stderr.read(1)
        assert process.poll() is None, seen
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in err
    assert "Interrupted: this is what was learned until then." in out
    assert (
        json.loads((tmp_path / "run" / "result.json").read_text())["ended"]
        == "interrupted"
    )
    assert load_agent(tmp_path / "run").config.env.name == "cartpole"
