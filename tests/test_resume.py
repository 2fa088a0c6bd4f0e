"""Whatever ends a run, what was learned is there, and the run goes on to the bit."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import psutil
import pytest
import torch

from dqn_tutorial import (
    MainConfig,
    evaluate,
    get_model,
    load_agent,
    make_config,
    runs,
    train,
)
from dqn_tutorial.checkpoint import CHECKPOINT, alone_in, load_state, save_state
from dqn_tutorial.config import Refused
from dqn_tutorial.runs import resume, run
from dqn_tutorial.sweep import blocks_of, sweep, train_block
from dqn_tutorial.training import Rollout
from tests.conftest import call, small_config

FILES = ("policy.safetensors", "metrics.csv", "evaluations.csv")


class Line(gym.Env[Any, Any]):
    """Walk on a line, now and then pushed by chance."""

    observation_space = gym.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gym.spaces.Discrete(2)
    n_steps, fails_at, what = 0, 10**9, ""

    def look(self) -> Any:
        return np.array([self.place / 4, self.clock / 30], np.float32)

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place, self.clock = int(self.np_random.integers(-2, 3)), 0
        return self.look(), {}

    def step(self, action: Any) -> Any:
        Line.n_steps += 1
        if Line.n_steps >= Line.fails_at and Line.what == "error":
            np.zeros(3) + np.zeros(4)
        pushed = self.np_random.random() < 0.1
        self.place += 1 if (action == 1) != pushed else -1
        self.clock += 1
        reward = float(self.place >= 4) - float(self.place <= -4)
        if Line.n_steps >= Line.fails_at and Line.what == "reward":
            reward = np.nan
        return self.look(), reward, abs(self.place) >= 4, False, {"lap": None}


class Forgetful(Line):
    """The same, but chance is not its own."""

    n_resets = 0

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        Forgetful.n_resets += 1
        self.clock = Forgetful.n_resets % 7
        return self.look(), {}


@pytest.fixture(autouse=True)
def tasks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Line, "n_steps", 0)
    for kind in (Line, Forgetful):
        gym.register(f"{kind.__name__}-v0", kind, max_episode_steps=30)
    yield
    for kind in (Line, Forgetful):
        del gym.registry[f"{kind.__name__}-v0"]


def short(env: str, **settings: Any) -> MainConfig:
    return small_config(
        env,
        **({"max_steps": 800, "learning_starts": 100, "eval_every": 400} | settings),
    )


def stop_at(
    step: int, monkeypatch: pytest.MonkeyPatch, end: Callable[[], None]
) -> None:
    """Let something happen once, when training has come to a step."""

    def watched(*arguments: Any, **named: Any) -> Iterator[Any]:
        is_to_come = True
        for record in train(*arguments, **named):
            if is_to_come and record.step >= step:
                is_to_come = False
                monkeypatch.setattr(runs, "train", train)
                end()
            yield record

    monkeypatch.setattr(runs, "train", watched)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("env", "settings"),
    [
        ("cartpole", {"n_step": 5, "eval_every": 320}),
        ("cartpole", {"n_seeds": 2, "n_members": 2, "max_grad_norm": 1.0}),
        ("Line-v0", {"n_envs": 3, "model": "ddqn", "buffer_size": 300}),
        ("Line-v0", {"n_envs": 2, "target_update_every": 7}),
        ("slipperygrid", {"n_envs": 4}),
        ("rotatingcontext", {"update_ratio": 0.3}),
    ],
)
def test_a_run_goes_on_to_the_bit(
    env: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = short(env, **settings)
    whole = run(config, tmp_path / "whole")
    stop_at(250, monkeypatch, interrupt)
    stopped = run(config, tmp_path / "stopped")
    assert stopped.result["ended"] == "interrupted" and stopped.agent.step < 800
    with pytest.raises(Refused, match=r"this goes on with it: .* --resume"):
        run(config, tmp_path / "stopped")
    stop_at(550, monkeypatch, interrupt)
    resume(tmp_path / "stopped")
    ended = resume(tmp_path / "stopped")
    for name in FILES:
        one, other = tmp_path / "whole" / name, tmp_path / "stopped" / name
        assert one.read_bytes() == other.read_bytes(), name
    same = whole.result.keys() - {"seconds"}
    assert {n: ended.result[n] for n in same} == {n: whole.result[n] for n in same}
    assert not (tmp_path / "stopped" / CHECKPOINT).exists()
    with pytest.raises(Refused, match="never overwritten"):
        run(config, tmp_path / "stopped")


def test_values_held_by_hand_are_held_after_it(tmp_path: Path) -> None:
    agent = get_model(short("cartpole"))
    rollout = Rollout(agent)
    for record in train(agent, rollout=rollout):
        agent.epsilon = 0.25
        if record.step >= 320:
            break
    save_state(agent.state_dict(), tmp_path / "state")
    again = get_model(short("cartpole"))
    again.load_state_dict(load_state(tmp_path / "state"))
    assert (again.epsilon, again.step) == (0.25, 320)
    del again.epsilon
    assert again.epsilon != 0.25


def test_an_environment_that_does_not_come_back_begins_new_episodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at(250, monkeypatch, interrupt)
    with pytest.warns(UserWarning, match=r"self\.np_random"):
        run(short("Forgetful-v0"), tmp_path / "run")
    with pytest.warns(UserWarning, match="training goes on with new episodes"):
        ended = resume(tmp_path / "run")
    assert ended.result["steps"] == 800


@pytest.mark.parametrize("times", [1, 3])  # some programs send it again and again
def test_sigterm_ends_between_two_steps_and_loses_nothing(
    times: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told() -> None:
        for _ in range(times):
            signal.raise_signal(signal.SIGTERM)

    words = "--env.name cartpole --training.max-steps 800 --training.eval-every 0"
    assert call(monkeypatch, *words.split(), "--out", str(tmp_path / "whole")) == 0
    stop_at(250, monkeypatch, told)
    folder = str(tmp_path / "run")
    assert call(monkeypatch, *words.split(), "--out", folder) == 143
    assert f"--resume {folder}" in capsys.readouterr().err
    assert not (tmp_path / "run/result.json").exists()
    with pytest.warns(UserWarning, match="not finished"):
        assert evaluate(load_agent(tmp_path / "run"), 3).min() > 0
    assert call(monkeypatch, "--resume", folder, "--seed", "3") == 2
    assert "leave out --seed" in capsys.readouterr().err
    assert call(monkeypatch, "--resume", folder) == 0
    one, other = (tmp_path / name / FILES[0] for name in ("whole", "run"))
    assert one.read_bytes() == other.read_bytes()
    assert call(monkeypatch, "--resume", folder) == 2
    assert "no run in it that is not finished" in capsys.readouterr().err


def test_a_second_ctrl_c_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice() -> None:
        interrupt()
        interrupt()

    stop_at(250, monkeypatch, twice)
    with pytest.raises(KeyboardInterrupt) as raised:
        run(short("cartpole"), tmp_path / "run")
    assert "--resume" in raised.value.__notes__[0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.warns(UserWarning, match="new episodes"):
        assert resume(tmp_path / "run").result["steps"] == 800


def test_a_killed_run_goes_on_from_its_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a SIGKILL leaves is a copy of the folder at that moment."""
    config = short("Line-v0")
    run(config, tmp_path / "whole")
    monkeypatch.setattr(runs, "SECONDS", 0.0)
    monkeypatch.setattr(runs, "TIMES", 0.0)
    stop_at(
        400,
        monkeypatch,
        lambda: (shutil.copytree(tmp_path / "run", tmp_path / "killed"), None)[1],
    )
    run(config, tmp_path / "run")
    assert sorted(p.name for p in (tmp_path / "killed").iterdir()) == [
        ".lock",
        CHECKPOINT,
        "config.yaml",
    ]
    resume(tmp_path / "killed")
    one, other = (tmp_path / name / FILES[0] for name in ("whole", "killed"))
    assert one.read_bytes() == other.read_bytes()
    assert sorted(p.name for p in (tmp_path / "killed").iterdir()) == [
        "config.yaml",
        *sorted((*FILES, "result.json"), key=lambda name: name),
    ]


def test_an_error_of_the_environment_keeps_its_traceback_and_what_was_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Line, "what", "error")
    monkeypatch.setattr(Line, "fails_at", 500)
    words = "--env.name Line-v0 --training.max-steps 800 --training.eval-every 0"
    with pytest.raises(ValueError, match="broadcast") as raised:
        call(monkeypatch, *words.split(), "--out", str(tmp_path / "run"))
    assert raised.traceback[-1].name == "step"
    assert f"--resume {tmp_path / 'run'}" in raised.value.__notes__[1]
    monkeypatch.setattr(Line, "fails_at", 10**9)
    with pytest.warns(UserWarning, match="new episodes"):
        ended = resume(tmp_path / "run")
    assert ended.result["steps"] == 800
    assert len(ended.log.episodes) > 20


def test_a_number_that_is_none_ends_the_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Line, "what", "reward")
    monkeypatch.setattr(Line, "fails_at", 500)
    words = "--env.name Line-v0 --training.max-steps 800 --training.eval-every 0"
    assert call(monkeypatch, *words.split(), "--out", str(tmp_path / "run")) == 1
    message = capsys.readouterr().err
    assert "reward = nan at step" in message and "'Line-v0'" in message
    assert "Traceback" not in message and "--resume" in message
    with pytest.warns(UserWarning, match="not finished"):
        monkeypatch.setattr(Line, "fails_at", 10**9)
        agent = load_agent(tmp_path / "run")
    assert all(weight.isfinite().all() for weight in agent.critic.online.parameters())


@pytest.mark.parametrize("where", ["observation", "weight"])
def test_other_numbers_that_are_none_end_it_too(where: str) -> None:
    agent = get_model(short("cartpole", learning_rate=1e30))
    if where == "weight":
        with pytest.raises(FloatingPointError, match=r"loss|Q-value"):
            list(train(agent))
        return
    step = gym.envs.classic_control.cartpole.CartPoleVectorEnv.step
    try:
        gym.envs.classic_control.cartpole.CartPoleVectorEnv.step = (  # type: ignore[method-assign]
            lambda self, action: (
                step(self, action)[0] * np.inf,
                *step(self, action)[1:],
            )
        )
        with pytest.raises(FloatingPointError, match="observation = "):
            list(train(agent))
    finally:
        gym.envs.classic_control.cartpole.CartPoleVectorEnv.step = step  # type: ignore[method-assign]


def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path) -> None:
    agent = get_model(short("cartpole"))
    with torch.no_grad():
        next(agent.critic.target.parameters()).fill_(torch.nan)
    with pytest.raises(FloatingPointError, match="nothing is saved"):
        runs.save_agent(agent, tmp_path)
    assert not list(tmp_path.iterdir())


def test_q_values_far_below_the_rewards_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = short("Line-v0", reward_scale=1e6, eval_every=0)
    with pytest.warns(UserWarning, match=r"try env\.reward_scale = 1e") as warned:
        list(train(get_model(config)))
    assert sum("far larger" in str(one.message) for one in warned) == 1


def test_a_full_disk_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(runs, "SECONDS", 0.0)
    monkeypatch.setattr(runs, "TIMES", 0.0)
    stop_at(400, monkeypatch, lambda: monkeypatch.setattr(os, "fsync", full))
    with pytest.raises(Refused, match="cannot be written: No space left") as raised:
        run(short("cartpole"), tmp_path / "run")
    assert "--resume" in raised.value.__notes__[0]
    monkeypatch.undo()
    assert not list((tmp_path / "run").glob("*.part"))
    assert resume(tmp_path / "run").result["steps"] == 800


def test_what_stands_in_a_folder_decides_whether_it_is_used(tmp_path: Path) -> None:
    config = short("cartpole", max_steps=64, eval_every=0)
    for name in ("config.yaml", ".lock", "checkpoint.safetensors.part"):
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / name).touch()
    run(config, tmp_path / "mine")
    (tmp_path / "yours").mkdir()
    (tmp_path / "yours/thesis.txt").touch()
    for folder in ("mine", "yours", "yours/thesis.txt"):
        with pytest.raises(Refused, match="never overwritten"):
            run(config, tmp_path / folder)
    (tmp_path / "held").mkdir()
    with (
        alone_in(tmp_path / "held"),
        pytest.raises(Refused, match="another process trains in it"),
    ):
        run(config, tmp_path / "held")


def test_a_damaged_checkpoint_is_named(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    config = short("cartpole")
    runs.write_settings(config, folder / "config.yaml")
    agent = get_model(config)
    rollout = Rollout(agent)
    for record in train(agent, rollout=rollout):
        if record.step >= 320:
            state = {"agent": agent.state_dict(), "rollout": rollout.state_dict()}
            break
    path = folder / CHECKPOINT
    save_state(state | {"log": runs.Log(config).state_dict()}, path)
    sound = path.read_bytes()
    shorter = {"agent": state["agent"], "rollout": state["rollout"]}
    damaged = [b"", b"\0" * 100, sound[: len(sound) // 2], sound[:-1]]
    for part in (shorter, {}, {"agent": 3, "rollout": [], "log": None}):
        save_state(part, path)
        damaged.append(path.read_bytes())
    for _ in range(8):  # somewhere in the head, which holds names and shapes
        place = int(rng.integers(8, 3_000))
        damaged.append(sound[:place] + bytes([255 - sound[place]]) + sound[place + 1 :])
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(Refused, match=str(path)):
            resume(folder)


def test_a_model_of_ones_own_brings_its_state(tmp_path: Path) -> None:
    """A subclass adds to `state_dict`, as PyTorch's modules do."""
    from dqn_tutorial.agent import DQN

    class Counting(DQN):
        seen = 0

        def learn_from(self, batch: Any) -> Any:
            self.seen += 1
            return super().learn_from(batch)

        def state_dict(self) -> dict[str, Any]:
            return super().state_dict() | {"seen": self.seen}

        def load_state_dict(self, state: Any) -> None:
            super().load_state_dict(state)
            self.seen = state["seen"]

    critic = get_model(short("cartpole")).critic
    agent = Counting(critic.config, critic)
    list(train(agent))
    save_state(agent.state_dict(), tmp_path / "state")
    critic = get_model(short("cartpole")).critic
    again = Counting(critic.config, critic)
    again.load_state_dict(load_state(tmp_path / "state"))
    assert again.seen == agent.seen > 0


def test_a_block_of_a_sweep_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = blocks_of([({}, short("cartpole", eval_every=0))], range(2))
    rows = train_block(block.settings)
    stop_at(400, monkeypatch, interrupt)
    with pytest.raises(Refused, match="interrupted"):
        train_block(block.settings, checkpoint=tmp_path / "block.safetensors")
    monkeypatch.setattr(runs, "train", train)
    saved = load_state(tmp_path / "block.safetensors")
    assert saved["agent"]["step"] == 416
    assert train_block(block.settings, None, tmp_path / "block.safetensors") == rows


def test_two_sweeps_do_not_share_a_folder(tmp_path: Path) -> None:
    blocks = blocks_of([({}, short("cartpole"))], range(1))
    with alone_in(tmp_path / "s"), pytest.raises(Refused, match="another process"):
        sweep(blocks, tmp_path / "s", None)


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_workers_end_with_the_process_that_gives_out_work(tmp_path: Path) -> None:
    words = "sweep --seeds 0-63 --training.max-steps 10_000_000 --out"
    sweeping = subprocess.Popen(
        [sys.executable, "-m", "dqn_tutorial", *words.split(), str(tmp_path / "s")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while not list((tmp_path / "s").glob("blocks/*.safetensors")):
        assert sweeping.poll() is None and time.monotonic() < until
        time.sleep(0.1)
    workers = psutil.Process(sweeping.pid).children(recursive=True)
    assert len(workers) > 1
    sweeping.kill()
    sweeping.wait()
    assert not psutil.wait_procs(workers, timeout=10)[1]
    # and keep what they had until then
    for checkpoint in (tmp_path / "s").glob("blocks/*.safetensors"):
        assert load_state(checkpoint)["log"]["ended"] == "interrupted"


def test_a_loaded_file_names_no_module(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('code was run')")
    agent = get_model(make_config("cartpole"))
    runs.save_agent(agent, tmp_path)
    text = (tmp_path / "config.yaml").read_text()
    for name in ("evil:Own-v0", "evil:CartPole-v1", "os:CartPole-v1"):
        changed = text.replace("name: cartpole", f"name: {name}")
        assert changed != text
        (tmp_path / "config.yaml").write_text(changed)
        with pytest.raises(Refused, match="no file may name code to import"):
            load_agent(tmp_path)


def test_a_sweep_takes_a_task_by_its_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import gymnasium as gym\nfrom tests.test_resume import Line\n"
    text += "gym.register('Mine-v0', Line, max_episode_steps=30)\n"
    (tmp_path / "minetask.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    settings = "--env.name minetask:Mine-v0 --seeds 0-1 --training.max-steps 64"
    words = ["sweep", *settings.split(), "--out", str(tmp_path / "sweep")]
    assert call(monkeypatch, *words) == 0
    assert "minetask" not in (tmp_path / "sweep/sweep.json").read_text()
    assert call(monkeypatch, *words, "--resume", "there") == 2
    del gym.registry["Mine-v0"]
