"""The live lab without a browser: what is recorded can be replayed, bit for bit, and the thread does as it is told."""

import json
import math
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dqn_tutorial.agent import Agent
from dqn_tutorial.classroom.live import LiveLab, Recording, load_lesson, replay
from dqn_tutorial.classroom.live.controls import lab_config
from dqn_tutorial.classroom.live.pictures import Pictures
from dqn_tutorial.classroom.live.recording import LIVE_VALUES, Move
from dqn_tutorial.classroom.live.run import Run
from dqn_tutorial.classroom.live.worker import Worker
from dqn_tutorial.settings import flatten, override


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.002)


def weights(agent: Agent) -> list[torch.Tensor]:
    return [weight.detach() for weight in (*agent.critic.online.parameters(), *agent.critic.target.parameters())]


def worker(seed: int = 0, **settings: object) -> Worker:
    small = {"model.critic.width": 16, "model.critic.depth": 1, "training.learning_starts": 100}
    return Worker(override(lab_config(seed=seed), small | settings))


def start(lab: Worker, until_after: int) -> None:
    lab.tell("start")
    wait_until(lambda: step_of(lab) > until_after)


def pause(lab: Worker) -> None:
    lab.tell("pause")
    wait_until(lambda: lab.state == "paused")


def stop(lab: Worker) -> None:
    lab.tell("stop")
    assert lab.wait(20)


def step_of(lab: Worker) -> int:
    return lab.run.step if lab.run else 0


@pytest.mark.parametrize("seed", range(5))
def test_a_run_in_which_five_sliders_were_moved_a_hundred_times_is_replayed_bit_for_bit(seed: int) -> None:
    lab, rng = worker(seed), np.random.default_rng(seed)
    lab.tell("start")
    for move in range(100):
        name = LIVE_VALUES[move % 5]
        value = (
            None if rng.random() < 0.1 else float(rng.uniform(0.001, 0.01) if name == "learning_rate" else rng.random())
        )
        lab.move(name, value)
        target = step_of(lab) + int(rng.integers(1, 12))
        wait_until(lambda target=target: step_of(lab) >= target)
    stop(lab)
    assert lab.run is not None
    recording = lab.recording
    assert len(recording.moves) == 100 and len({move.step for move in recording.moves}) > 50
    again = replay(recording)
    assert all(torch.equal(a, b) for a, b in zip(weights(lab.run.agent), weights(again), strict=True))
    shorter = Recording(recording.settings, recording.moves[:40], recording.n_steps)
    assert not torch.equal(weights(replay(shorter))[0], weights(again)[0]), "the moves did nothing"


def test_step_is_one_environment_step_and_one_update_and_replays() -> None:
    lab = worker()
    start(lab, until_after=300)
    pause(lab)
    assert lab.run is not None
    for _ in range(3):
        step, updates = lab.run.step, lab.run.agent.n_updates
        lab.tell("step")
        wait_until(lambda step=step: step_of(lab) == step + 1)
        assert lab.run.agent.n_updates == updates + 1
    stop(lab)
    assert torch.equal(weights(replay(lab.recording))[0], weights(lab.run.agent)[0])


def test_pause_stands_still_keeps_moves_and_goes_on() -> None:
    lab = worker()
    start(lab, until_after=50)
    pause(lab)
    step = step_of(lab)
    lab.move("epsilon", 0.5)
    wait_until(lambda: lab.run is not None and lab.run.agent.epsilon == 0.5)
    time.sleep(0.1)
    assert step_of(lab) == step and lab.recording.moves == (Move(step, "epsilon", 0.5),)
    start(lab, until_after=step + 50)
    stop(lab)


def test_reset_forgets_and_stop_leaves_no_thread() -> None:
    before = threading.active_count()
    lab = worker()
    lab.move("tau", 0.5)
    start(lab, until_after=50)
    lab.tell("reset")
    assert lab.wait(20) and lab.run is None and lab.state == "idle"
    assert threading.active_count() == before
    start(lab, until_after=10)
    stop(lab)
    assert lab.recording.moves == (Move(0, "tau", 0.5),), "what a slider holds, holds in the next run"


def test_the_speed_is_kept_and_may_change() -> None:
    lab = worker()
    lab.speed = 20
    lab.tell("start")
    wait_until(lambda: step_of(lab) >= 1)
    first, start = step_of(lab), time.monotonic()
    time.sleep(1)
    assert step_of(lab) - first <= 20 * (time.monotonic() - start) + 5
    lab.speed = math.inf
    wait_until(lambda: step_of(lab) > 500)
    stop(lab)


def test_showing_a_running_lab_again_never_draws_one_picture_in_two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(Pictures):
        inside = False

        def still(self, run: Run | None) -> tuple[bytes, str]:
            assert not self.inside
            self.inside = True
            result = super().still(run)
            self.inside = False
            return result

        def frame(self, run: Run) -> bytes:
            assert not self.inside
            self.inside = True
            time.sleep(0.01)
            result = super().frame(run)
            self.inside = False
            return result

    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.Pictures", Watched)
    monkeypatch.setattr(
        "dqn_tutorial.classroom.live.lab.display", lambda *_, **__: SimpleNamespace(update=lambda *_, **__: None)
    )
    lab = LiveLab(frames_per_second=1_000)
    lab._ipython_display_()
    start(lab.worker, until_after=50)
    for _ in range(5):
        lab._ipython_display_()
    assert lab.worker.state == "running", lab.worker.error
    lab.close()


def test_an_error_is_shown_and_raised_by_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = LiveLab()

    def broken(max_iter: int = 1, n_epochs: int = 0) -> None:
        raise RuntimeError("the loss is not a number")

    lab.worker.speed = math.inf
    lab.worker.tell("start")
    wait_until(lambda: lab.worker.run is not None)
    monkeypatch.setattr(lab.worker.run.agent, "learn", broken)
    with pytest.raises(RuntimeError, match="not a number"):
        lab.wait(20)
    assert lab.worker.state == "failed" and "not a number" in lab.controls.words.value


def test_a_failing_picture_is_told_in_words() -> None:
    def broken(final: bool) -> None:
        raise OSError("no canvas")

    said: list[str] = []
    lab = Worker(lab_config(), report=lambda: said.append(lab.state), draw=broken)
    lab.tell("start")
    assert lab.wait(20) and isinstance(lab.error, OSError)
    assert said[-1] == "failed"


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="there is no way to interrupt only this process here")
def test_an_interrupted_wait_ends_the_run_and_its_thread() -> None:
    lab = LiveLab()
    lab.worker.speed = math.inf
    lab.worker.tell("start")
    wait_until(lambda: step_of(lab.worker) > 10)
    thread = lab.worker._thread
    assert thread is not None
    main = threading.main_thread().ident
    assert main is not None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests started in the background of a shell ignore it
    threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT]).start()
    assert lab.wait(20)
    assert lab.worker.state == "stopped"
    thread.join(20)
    assert not thread.is_alive() and "Stopped at step" in lab.controls.words.value


def test_evaluations_do_not_disturb_training() -> None:
    lab = worker()
    start(lab, until_after=2_200)
    stop(lab)
    assert lab.run is not None and lab.run.evaluations
    assert torch.equal(weights(replay(lab.recording))[0], weights(lab.run.agent)[0])  # which evaluates nothing


def test_a_slider_that_follows_its_schedule_is_no_move_of_the_learner() -> None:
    lab = LiveLab()
    lab.worker.speed = math.inf
    lab.worker.tell("start")
    wait_until(lambda: step_of(lab.worker) > 400)
    lab.controls.show_state(in_words=True)
    assert lab.controls.sliders["epsilon"].value < 1
    lab.controls.sliders["epsilon"].value = 0.25
    wait_until(lambda: len(lab.recording.moves) == 1)
    lab.controls.show_state(in_words=True)
    assert lab.controls.sliders["epsilon"].value == 0.25
    lab.close()
    assert [(move.name, move.value) for move in lab.recording.moves] == [("epsilon", 0.25)]


def test_a_recording_survives_its_file(tmp_path: Path) -> None:
    recording = load_lesson("epsilon_to_one")
    recording.save(tmp_path / "again.json")
    assert Recording.load(tmp_path / "again.json") == recording
    assert [(move.step, move.value) for move in recording.moves] == [(6_000, 1.0), (9_000, None)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"moves": [[10, "epsilom", 0.5]]}, "did you mean 'epsilon'"),
        ({"moves": [[10, "epsilon", 1.5]]}, r"moves\[0\].value = 1.5"),
        ({"moves": [[10, "epsilon", 0.5], [5, "tau", 0.5]]}, r"moves\[1\].step = 5"),
        ({"moves": [[200, "epsilon", 0.5]]}, "at most n_steps = 100"),
        ({"moves": "none"}, "a list of"),
        ({"n_steps": -1}, "n_steps = -1"),
        ({"settings": {"training.gama": 0.9}}, "did you mean 'training.gamma'"),
    ],
)
def test_a_recording_that_cannot_be_is_refused(change: dict[str, object], message: str, tmp_path: Path) -> None:
    content = {"settings": {"seed": 3}, "moves": [], "n_steps": 100} | change
    (tmp_path / "bad.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        Recording.load(tmp_path / "bad.json")


def test_moves_apply_at_the_first_record_at_or_after_their_step() -> None:
    config = override(lab_config(), {"training.n_envs": 4})
    seen: dict[int, float] = {}
    replay(
        Recording(flatten(config), (Move(10, "epsilon", 0.5),), 24),
        lambda agent, record: seen.update({record.step: record.epsilon}),
    )
    assert [step for step, epsilon in seen.items() if epsilon == 0.5] == [16, 20, 24]  # made after record 12
