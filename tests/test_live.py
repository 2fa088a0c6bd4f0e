"""The live lab without a browser: what is recorded can be played back, bit for bit, and
the thread does as it is told.
"""

import base64
import io
import json
import math
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dqn_tutorial.agent import DQN, Agent
from dqn_tutorial.classroom.live import LiveLab, Recording, load_lesson, play_back
from dqn_tutorial.classroom.live.controls import lab_config
from dqn_tutorial.classroom.live.lab import STORIES
from dqn_tutorial.classroom.live.live_view import Frames, plain
from dqn_tutorial.classroom.live.pictures import WIDTH
from dqn_tutorial.classroom.live.recording import LIVE_VALUES, Move, record_of
from dqn_tutorial.classroom.live.run import ANGLE, VELOCITY, Run, policy_map
from dqn_tutorial.classroom.live.worker import Worker
from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.config import DQNConfig, flatten, override
from dqn_tutorial.models import MODELS
from dqn_tutorial.training import Record, train


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.002)


def weights(agent: Agent) -> list[torch.Tensor]:
    return [
        weight.detach()
        for weight in (
            *agent.critic.online.parameters(),
            *agent.critic.target.parameters(),
        )
    ]


def worker(seed: int = 0, **settings: object) -> Worker:
    small = {
        "model.critic.width": 16,
        "model.critic.depth": 1,
        "training.learning_starts": 100,
    }
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


def image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def step_of(lab: Worker) -> int:
    return lab.run.step if lab.run else 0


@pytest.mark.parametrize("seed", range(5))
def test_a_run_in_which_five_sliders_were_moved_a_hundred_times_plays_back_bit_for_bit(
    seed: int,
) -> None:
    lab, rng = worker(seed), np.random.default_rng(seed)
    lab.tell("start")
    for move in range(100):
        name = LIVE_VALUES[move % 5]
        value = (
            None
            if rng.random() < 0.1
            else float(
                rng.uniform(0.001, 0.01) if name == "learning_rate" else rng.random()
            )
        )
        lab.move(name, value)
        target = step_of(lab) + int(rng.integers(1, 12))
        wait_until(lambda target=target: step_of(lab) >= target)
    stop(lab)
    assert lab.run is not None
    recording = lab.recording
    assert (
        len(recording.moves) == 100
        and len({move.step for move in recording.moves}) > 50
    )
    again = play_back(recording)
    assert all(
        torch.equal(a, b)
        for a, b in zip(weights(lab.run.agent), weights(again), strict=True)
    )
    shorter = Recording(recording.settings, recording.moves[:40], recording.n_steps)
    assert not torch.equal(weights(play_back(shorter))[0], weights(again)[0]), (
        "the moves did nothing"
    )


def test_step_is_one_environment_step_and_one_update_and_plays_back() -> None:
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
    assert torch.equal(weights(play_back(lab.recording))[0], weights(lab.run.agent)[0])


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
    wait_until(lambda: threading.active_count() == before)
    start(lab, until_after=10)
    stop(lab)
    assert lab.recording.moves == (Move(0, "tau", 0.5),), (
        "what a slider holds, holds in the next run"
    )


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


def test_showing_a_running_lab_again_never_draws_one_picture_in_two_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inside = False

    def watched(run: Run | None, env: str) -> tuple[bytes, str]:
        nonlocal inside
        assert not inside
        inside = True
        time.sleep(0.01)
        inside = False
        return b"", "a picture"

    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.still", watched)
    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.OUTPUT_EVERY", 0)
    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.OUTPUT_PAUSE", 0)
    FakePage(monkeypatch)
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


def test_a_run_that_cannot_begin_is_told_in_words() -> None:
    lab = LiveLab(override(lab_config(), {"model.critic.critic_type": "MyCritic"}))
    lab.worker.tell("start")
    with pytest.raises(ValueError, match="MyCritic"):
        lab.wait(20)
    assert (
        "MyCritic" in lab.controls.words.value
        and 'data-state="failed"' in lab.controls.state.value
    )
    lab.worker.config = lab_config()
    start(lab.worker, until_after=10)
    lab.close()
    assert "Stopped at step" in lab.controls.words.value


def test_a_last_picture_that_fails_is_told_in_words_too() -> None:
    def broken(final: bool) -> None:
        if final:
            raise OSError("no canvas")

    said: list[str] = []
    lab = Worker(lab_config(), report=lambda: said.append(lab.state), draw=broken)
    start(lab, until_after=10)
    stop(lab)
    assert isinstance(lab.error, OSError) and said[-1] == "failed"


def test_a_failing_picture_is_told_in_words() -> None:
    def broken(final: bool) -> None:
        raise OSError("no canvas")

    said: list[str] = []
    lab = Worker(lab_config(), report=lambda: said.append(lab.state), draw=broken)
    lab.tell("start")
    assert lab.wait(20) and isinstance(lab.error, OSError)
    assert said[-1] == "failed"


@pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"),
    reason="there is no way to interrupt only this process here",
)
def test_an_interrupted_wait_ends_the_run_and_its_thread() -> None:
    lab = LiveLab()
    lab.worker.speed = math.inf
    lab.worker.tell("start")
    wait_until(lambda: step_of(lab.worker) > 10)
    thread = lab.worker._background._thread
    assert thread is not None
    main = threading.main_thread().ident
    assert main is not None
    # tests started in the background of a shell ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
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
    # which evaluates nothing
    assert torch.equal(weights(play_back(lab.recording))[0], weights(lab.run.agent)[0])


def test_a_slider_that_follows_its_schedule_is_no_move_of_the_learner() -> None:
    lab = LiveLab()
    lab.worker.speed = math.inf
    lab.worker.tell("start")
    wait_until(lambda: step_of(lab.worker) > 400)
    lab.controls.show_state(in_words=False)
    wait_until(lambda: lab.controls.sliders["epsilon"].value < 1)
    lab.controls.sliders["epsilon"].value = 0.25
    wait_until(lambda: len(lab.recording.moves) == 1)
    lab.controls.show_state(in_words=True)
    assert lab.controls.sliders["epsilon"].value == 0.25
    lab.close()
    assert [(move.name, move.value) for move in lab.recording.moves] == [
        ("epsilon", 0.25)
    ]


@pytest.mark.parametrize("value", [0.012, 1e-6, 0.01])
def test_a_model_may_bring_a_value_that_its_slider_does_not_have(
    monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    @dataclass(frozen=True)
    class MyConfig(DQNConfig):
        name: str = "mine"
        tau: float = value

    monkeypatch.setitem(MODELS, "mine", (DQN, MyConfig))
    lab = LiveLab()
    lab.worker.speed = math.inf
    lab.controls.model.value, lab.controls.env.value = "mine", "slipperygrid"
    lab.controls.buttons["start"].click()
    wait_until(lambda: step_of(lab.worker) > 10)
    lab.close()
    slider, run = lab.controls.sliders["tau"], lab.worker.run
    assert run is not None and run.config.model.name == "mine"
    assert slider.value == run.agent.tau == value and not run.moves
    numbers = [number for _, number in slider.options]
    assert numbers == sorted(set(numbers)) and value in numbers
    slider.value = 0.1
    wait_until(lambda: lab.worker.held == {"tau": 0.1})


@pytest.mark.parametrize("network", ["online", "target"])
def test_the_policy_map_asks_the_networks_that_act_greedily_of_the_first_agent(
    network: str,
) -> None:
    two = {
        "training.n_seeds": 2,
        "model.critic.n_members": 2,
        "model.critic.greedy_network": network,
    }
    run = Run(override(lab_config(), two))
    critic = run.agent.critic
    for weight in critic.target.parameters():
        weight.mul_(2)
    value, right = policy_map(run.agent)
    # the state of a place on the map
    state = np.zeros(4, np.float32)
    state[2], state[3] = ANGLE * (20 / 16 - 1), VELOCITY * (5 / 16 - 1)
    q = (critic.Q if network == "online" else critic.Q_t)(state)[:, 0].mean(0).detach()
    shown = value[5, 20] * run.config.env.reward_scale
    np.testing.assert_allclose(shown, q.max(), rtol=1e-5)
    assert right[5, 20] == (q[1] > q[0])


class Page:
    """What a page knows of a run, by the frames that it got."""

    def __init__(self) -> None:
        self.n_resets = self.n_frames = 0

    def take(self, frame: dict[str, Any]) -> None:
        json.dumps(frame, allow_nan=False)  # as it is sent
        self.n_frames += 1
        if frame.get("reset"):
            self.n_resets += 1
            self.now: dict[str, Any] = {}
            self.points: dict[str, list[Any]] = {name: [] for name in CURVES}
        for name in CURVES:
            self.points[name] += [list(point) for point in frame.pop(name, [])]
        self.now |= frame


CURVES = ("episodes", "evaluations", "errors", "moves")


def test_a_frame_holds_what_is_new_and_a_page_opened_late_gets_everything_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # so that every other loss is dropped soon
    monkeypatch.setattr("dqn_tutorial.classroom.live.run.MOST_POINTS", 100)
    run, frames, page, late = Run(lab_config()), Frames(0), Page(), Page()
    last = 0
    for frame in range(40):
        for _ in range(100):
            run.advance()
        if frame == 20:
            run.move("gamma", 0.9)
            run.step_once()
        if frame == 25:
            whole = frames.next(run, "cartpole", whole=True)
            late.take(dict(whole))
            page.take(whole)
            assert whole["map"], "the map that is known"
        else:
            news = frames.next(run, "cartpole", whole=False)
            assert all(last < step <= run.step for step, _ in news["episodes"])
            if frame > 25:
                late.take(dict(news))
            page.take(news)
        last = run.step
    for one in (page, late):
        for name in ("episodes", "evaluations"):
            assert one.points[name] == [list(point) for point in getattr(run, name)]
        assert one.points["moves"] == [[2_100, "gamma", 0.9]]
        steps = [step for step, *_ in one.points["errors"]]
        assert steps == sorted(set(steps)) and {e[0] for e in run.errors} <= set(steps)
        assert one.now["step"] == run.step and one.now["env"] == "CartPole-v1"
        assert one.now["actions"] == ("left", "right")
    assert (page.n_resets, late.n_resets) == (2, 1)
    np.testing.assert_allclose(page.now["q_values"], run.record.q_values, rtol=1e-3)


def test_a_frame_of_another_run_begins_anew() -> None:
    first, second = Run(lab_config()), Run(lab_config("acrobot"))
    frames = Frames(1)
    first.advance()
    assert frames.next(first, "cartpole", whole=False)["reset"]
    assert "reset" not in frames.next(first, "cartpole", whole=False)
    second.advance()
    frame = frames.next(second, "acrobot", whole=False)
    assert frame["reset"] and frame["run"] == 1 and frame["svg"].startswith("<svg")
    idle = frames.next(None, "acrobot", whole=False)
    assert idle["reset"] and idle["map"] is None and "step" not in idle


def test_what_is_no_number_is_sent_as_none() -> None:
    assert plain([1.23456, math.nan, -math.inf]) == [1.235, None, None]


class FakePage:
    """What would be on the page of a lab: controls, and then two outputs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outputs: list[dict[str, str]] = []
        self.seen: list[dict[str, str]] = []  # of the first picture
        monkeypatch.setattr("dqn_tutorial.classroom.live.lab.display", self.display)

    def display(self, bundle: dict[str, str], **_: Any) -> SimpleNamespace:
        place = len(self.outputs)
        self.outputs.append(bundle)

        def update(bundle: dict[str, str], **_: Any) -> None:
            self.outputs[place] = bundle
            if place == 1:
                self.seen.append(bundle)

        return SimpleNamespace(update=update)


def sent_to(lab: LiveLab, monkeypatch: pytest.MonkeyPatch) -> list[Page]:
    """What two pages know that show the lab from now on, one for each run."""
    pages = [Page(), Page()]

    def send(frame: dict[str, Any]) -> None:
        pages[frame["run"]].take(frame)

    monkeypatch.setattr(lab.view, "send", send)
    return pages


def hello(lab: LiveLab) -> None:
    lab._hear({"type": "hello"})


def test_where_a_page_has_the_view_only_pictures_of_a_rest_go_into_the_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, lab = FakePage(monkeypatch), LiveLab(frames_per_second=1_000)
    seen, _ = sent_to(lab, monkeypatch)
    lab._ipython_display_()
    assert lab.box.layout.display == "none" and not seen.n_frames
    hello(lab)
    assert seen.n_resets == 1 and seen.now["state"] == "idle"
    assert lab.box.layout.display is None
    start(lab.worker, until_after=100)
    assert not page.seen and seen.n_frames > 2
    for number, tell in enumerate((pause, stop), 1):
        tell(lab.worker)
        wait_until(lambda number=number: len(page.seen) == number)
        kept = page.outputs[1]
        assert image(base64.b64decode(kept["image/png"])).width == 2 * WIDTH
        assert "Live lab" in kept["text/plain"] and "steps" in kept["text/plain"]
        assert kept["image/png"] in kept["text/markdown"]
        wait_until(lambda: seen.now["state"] == lab.worker.state)
    lab.worker.tell("reset")
    assert lab.wait(20) and seen.now["state"] == "idle" and "step" not in seen.now


def test_where_no_page_has_the_view_the_output_shows_the_run_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drawn(run: Run | None, env: str) -> tuple[bytes, str]:
        return b"", f"{run.step if run else 0} steps"

    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.still", drawn)
    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.OUTPUT_EVERY", 0.05)
    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.LOADED_AFTER", 0.2)
    page, lab = FakePage(monkeypatch), LiveLab(frames_per_second=1_000)
    lab._ipython_display_()
    for _ in range(2):
        start(lab.worker, until_after=step_of(lab.worker))
        wait_until(lambda: "install anywidget" in lab.why_slow.value)
        count = len(page.seen)
        wait_until(lambda count=count: len(page.seen) >= count + 2)
        assert page.seen[-1] != page.seen[-2], "it stands still"
        pause(lab.worker)
        wait_until(lambda: not lab.why_slow.value)
    start(lab.worker, until_after=step_of(lab.worker))
    wait_until(lambda: "install anywidget" in lab.why_slow.value)
    hello(lab)  # a page that has loaded it late
    assert not lab.why_slow.value and lab.box.layout.display is None
    lab.close()


def test_what_is_pressed_in_the_view_acts_as_if_pressed_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = LiveLab(frames_per_second=100)
    seen, _ = sent_to(lab, monkeypatch)
    hello(lab)
    lab._hear({"type": "move", "name": "gamma", "value": 0.9})
    wait_until(lambda: seen.now["gamma"] == 0.9)
    assert lab.controls.sliders["gamma"].value == 0.9
    lab._hear({"type": "tell", "command": "start"})
    wait_until(lambda: step_of(lab.worker) > 20)
    lab._hear({"type": "move", "name": "learning_rate", "value": 0.0123})
    lab._hear({"type": "move", "name": "epsilon", "value": 0.25})
    wait_until(lambda: len(lab.recording.moves) == 3)
    lab._hear({"type": "move", "name": "epsilon", "value": None})
    wait_until(lambda: len(lab.recording.moves) == 4)
    assert lab.controls.sliders["learning_rate"].value == 0.0123
    lab.controls.sliders["tau"].value = 0.1  # and the other way round
    wait_until(lambda: seen.now["tau"] == 0.1)
    lab._hear({"type": "tell", "command": "pause"})
    wait_until(lambda: seen.now["state"] == "paused")
    lab.close()
    assert [(move.name, move.value) for move in lab.recording.moves] == [
        ("gamma", 0.9),
        ("learning_rate", 0.0123),
        ("epsilon", 0.25),
        ("epsilon", None),
        ("tau", 0.1),
    ]


STEEP = {"name": "steep", "settings": {"training.gamma": 0.5}, "moves": {}}
SHORT = {"name": "short", "settings": {}, "moves": {"gamma": 0, "epsilon": 0.5}}
LAZY = {"name": "lazy", "settings": {}, "moves": {"tau": 0}}


def tell_story(lab: Worker, story: dict[str, Any]) -> None:
    lab.story = story
    lab.tell("story")
    wanted = [None, story] if lab.is_beside else [story]
    wait_until(lambda: [run.story for run in lab.runs] == wanted)
    wait_until(lambda: step_of(lab) > 20)


@pytest.mark.parametrize("story", [STEEP, SHORT])
def test_a_story_beside_a_run_without_it_goes_in_step_and_changes_nothing_there(
    story: dict[str, Any],
) -> None:
    lab = worker()
    lab.is_beside = True
    lab.move("gamma", 0.7)  # which the story does not take over
    tell_story(lab, story)
    lab.move("learning_rate", 0.002)
    lab.move("gamma", 0.8)
    wait_until(lambda: step_of(lab) > 300)
    stop(lab)
    left, right = lab.runs
    assert left.step == right.step and (left.story, right.story) == (None, story)
    assert {"learning_rate": 0.002, "gamma": 0.8} == left.agent.live.held
    own = {"learning_rate": 0.002} | story["moves"]
    assert own == right.agent.live.held, "what a story tells, it keeps"
    for run in (left, right):
        recording = record_of(run.config, run.moves, run.step)
        assert torch.equal(weights(play_back(recording))[0], weights(run.agent)[0])
    assert not torch.equal(weights(left.agent)[0], weights(right.agent)[0])


def test_a_story_of_moves_goes_on_in_the_run_and_the_next_one_takes_them_back() -> None:
    lab = worker()
    lab.move("epsilon", 0.25)
    start(lab, until_after=150)
    run, step = lab.run, step_of(lab)
    tell_story(lab, SHORT)
    assert lab.run is run and lab.values["gamma"] == 0 and lab.values["epsilon"] == 0.5
    tell_story(lab, LAZY)
    assert lab.run is run and lab.run.story == LAZY and step_of(lab) > step
    assert (lab.values["epsilon"], lab.values["tau"]) == (0.25, 0)
    assert lab.values["gamma"] == lab.config.training.gamma
    tell_story(lab, STEEP)
    assert lab.run is not run and lab.values["gamma"] == 0.5
    fresh = lab.run
    tell_story(lab, LAZY)
    assert lab.run is not fresh and lab.run.config == lab.config, "the chosen settings"
    lab.is_beside = True
    tell_story(lab, LAZY)
    assert len(lab.runs) == 2
    lab.is_beside = False
    left = lab.run
    tell_story(lab, LAZY)
    assert lab.runs == [left] and left.story == LAZY
    lab.tell("reset")
    assert lab.wait(20)
    start(lab, until_after=10)
    stop(lab)
    assert lab.run.agent.live.held == {"epsilon": 0.25}, "a reset forgets the story"


def test_the_stories_can_be_told() -> None:
    assert [story["name"] for story in STORIES] == [
        "no target network",
        "epsilon = 1",
        "raw observations",
        "gamma 0",
    ]
    for story in STORIES:
        assert set(story) == {"name", "label", "settings", "moves", "look"}
        lab = worker()
        tell_story(lab, story)
        stop(lab)
        assert lab.error is None and lab.run.agent.live.held == story["moves"]
        told = flatten(lab.run.config)
        assert all(
            list(np.ravel(told[k])) == list(np.ravel(v))
            for k, v in story["settings"].items()
        )


def test_a_sentence_is_read_out_at_a_change_of_state_and_then_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = LiveLab(frames_per_second=100)
    said: list[str] = []
    lab.controls.words.observe(lambda change: said.append(change["new"]), "value")
    lab._report()
    start(lab.worker, until_after=300)  # half a second, some fifty frames
    pause(lab.worker)
    wait_until(lambda: "Paused at" in lab.controls.words.value)
    lab.close()
    states = [re.findall(r">(\w+)", words)[0] for words in said]
    assert states == ["Press", "Running", "Paused", "Stopped"]


def test_after_a_reset_the_picture_is_that_of_a_lab_without_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, lab = FakePage(monkeypatch), LiveLab()
    lab._ipython_display_()
    first = page.outputs[1:]
    start(lab.worker, until_after=200)
    lab.close()
    assert page.outputs[1]["image/png"] != first[0]["image/png"]
    lab.worker.tell("reset")
    assert lab.wait(20) and page.outputs[1:] == first


def test_each_state_has_a_picture_of_its_own() -> None:
    floor = {
        draw_agent("dqn_tutorial/SlipperyGrid-v0", state, "the grid")
        for state in np.eye(16)
    }
    assert len(floor) == 16
    others = {
        draw_agent("an/Other-v0", state, "two dots")
        for state in ([0, 1], [1, 0], [0, 0], [5, 7], [7, 5])
    }
    assert len(others) == 5


@pytest.mark.parametrize("n_frames", [16, 500])
def test_an_agent_moves_once_for_at_most_five_seconds_and_not_where_motion_is_unwanted(
    n_frames: int,
) -> None:
    states = np.eye(16)[np.arange(n_frames) % 16]
    moving = draw_agent("dqn_tutorial/SlipperyGrid-v0", states, "the grid")
    seconds = [float(text) for text in re.findall(r'dur="([\d.]+)s"', moving)]
    assert seconds == [min(n_frames / 50, 5)] and "repeatCount" not in moving
    calm = moving.partition('<g class="agent-still">')[2]
    assert "<circle" in calm and "<animate" not in calm
    assert re.search(
        r"prefers-reduced-motion: reduce\)\{\.agent-moves\{display:none\}", moving
    )


def test_a_recording_survives_its_file(tmp_path: Path) -> None:
    recording = load_lesson("epsilon_to_one")
    recording.save(tmp_path / "again.json")
    assert Recording.load(tmp_path / "again.json") == recording
    assert [(move.step, move.value) for move in recording.moves] == [
        (6_000, 1.0),
        (9_000, None),
    ]


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
def test_a_recording_that_cannot_be_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    content = {"settings": {"seed": 3}, "moves": [], "n_steps": 100} | change
    (tmp_path / "bad.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        Recording.load(tmp_path / "bad.json")


def small_recording(
    n_steps: int, max_steps: int, moves: tuple[Move, ...] = ()
) -> Recording:
    sizes = {
        "training.n_envs": 4,
        "training.max_steps": max_steps,
        "training.learning_starts": 0,
    }
    return Recording(flatten(override(lab_config(), sizes)), moves, n_steps)


def test_a_budget_that_is_no_multiple_of_the_environments_ends_the_play_back() -> None:
    steps: list[int] = []
    for n_steps, last in ((0, None), (1, 4), (8, 8), (10, 8)):
        steps.clear()
        agent = play_back(
            small_recording(n_steps, max_steps=10),
            lambda _, record: steps.append(record.step),
        )
        assert (steps[-1] if steps else None) == last
        assert agent.step == (last or 0)


def test_playing_back_closes_its_environments_whatever_its_reader_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[bool] = []

    def watched(agent: Agent) -> Iterator[Record]:
        try:
            yield from train(agent)
        finally:
            closed.append(True)

    def broken(agent: Agent, record: Record) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("dqn_tutorial.classroom.live.recording.train", watched)
    with pytest.raises(OSError, match="full") as caught:
        play_back(small_recording(8, max_steps=10), broken)
    # which holds the frames, and so the records, if nobody closed them
    assert closed and caught


def test_moves_apply_at_the_first_record_at_or_after_their_step() -> None:
    config = override(lab_config(), {"training.n_envs": 4})
    seen: dict[int, float] = {}
    play_back(
        Recording(flatten(config), (Move(10, "epsilon", 0.5),), 24),
        lambda agent, record: seen.update({record.step: record.epsilon}),
    )
    # made after record 12
    assert [step for step, epsilon in seen.items() if epsilon == 0.5] == [16, 20, 24]
