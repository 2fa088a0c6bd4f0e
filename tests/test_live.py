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
from numpy.typing import NDArray
from PIL import Image

from dqn_tutorial.agent import DQN, Agent
from dqn_tutorial.classroom.live import LiveLab, Recording, load_lesson, play_back
from dqn_tutorial.classroom.live.canvas import Canvas
from dqn_tutorial.classroom.live.controls import lab_config
from dqn_tutorial.classroom.live.pictures import WIDTH, Pictures
from dqn_tutorial.classroom.live.recording import LIVE_VALUES, Move
from dqn_tutorial.classroom.live.run import Run
from dqn_tutorial.classroom.live.worker import Worker
from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.classroom.pictures.figures import frame_png
from dqn_tutorial.config import DQNConfig, flatten, override
from dqn_tutorial.models import MODELS
from dqn_tutorial.training import Record, train


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
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


def painted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame in the colours that are sent."""
    return np.asarray(image(frame_png(pixels)))


def on_the_page(canvas: Canvas) -> NDArray[np.uint8]:
    """What the browser makes of it: the whole picture, and the patches over it."""
    page = image(canvas.whole)
    for x, y, png in canvas.frame["patches"]:
        page.paste(image(png), (x, y))
    return np.asarray(page)


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
    class Watched(Pictures):
        inside = False

        def still(self, run: Run | None) -> tuple[bytes, str]:
            assert not self.inside
            self.inside = True
            result = super().still(run)
            self.inside = False
            return result

        def frame(self, run: Run) -> NDArray[np.uint8]:
            assert not self.inside
            self.inside = True
            time.sleep(0.01)
            result = super().frame(run)
            self.inside = False
            return result

    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.Pictures", Watched)
    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.OUTPUT_EVERY", 0)
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
    assert lab.worker._wishes[-1][:2] == ("tau", 0.1)


@pytest.mark.parametrize("network", ["online", "target"])
def test_the_policy_map_asks_the_networks_that_act_greedily_of_the_first_agent(
    network: str,
) -> None:
    two = {
        "training.n_seeds": 2,
        "model.critic.n_members": 2,
        "model.critic.greedy_network": network,
    }
    run, pictures = Run(override(lab_config(), two)), Pictures("cartpole")
    critic = run.agent.critic
    for weight in critic.target.parameters():
        weight.mul_(2)
    pictures.still(run)
    q = (
        (critic.Q if network == "online" else critic.Q_t)(pictures._states)[:, 0]
        .mean(0)
        .detach()
    )
    image: Any = pictures._map[0]
    shown = image.get_array() * run.config.env.reward_scale
    np.testing.assert_allclose(shown, q.max(-1).values.reshape(33, 33), rtol=1e-5)


def test_a_frame_with_new_ends_of_curves_is_the_frame_drawn_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # so that every other one is dropped soon
    monkeypatch.setattr("dqn_tutorial.classroom.live.run.MOST_POINTS", 100)
    # evaluations come at fixed steps, however slow the machine is
    monkeypatch.setattr("dqn_tutorial.classroom.live.run.EVALUATION_SHARE", 1)
    run, ends, whole = Run(lab_config()), Pictures("cartpole"), Pictures("cartpole")
    for curve in (*ends._curves[2:], *whole._curves[2:]):
        curve.set_linestyle("-")  # dashes begin anew at each end
    for frame in range(30):
        for _ in range(100 if frame else 1_000):
            run.advance()
        monkeypatch.setattr("dqn_tutorial.classroom.live.pictures.WHOLE_EVERY", 1)
        expected = whole.frame(run).astype(int)
        monkeypatch.setattr("dqn_tutorial.classroom.live.pictures.WHOLE_EVERY", 1_000)
        got = ends.frame(run).astype(int)
        # to the right is the map, which is of its last whole frame
        left = got.shape[1] * 6 // 10
        assert (abs(got - expected)[:, :left].max(-1) > 60).sum() < 20, frame  # pixels


def test_parts_that_changed_make_the_whole_frame_on_the_page() -> None:
    run, pictures, canvas = Run(lab_config()), Pictures("cartpole"), Canvas()
    sent = n_whole = 0
    for frame in range(40):
        for _ in range(20 if frame else 400):
            run.advance()
        before, pixels = canvas.whole, pictures.frame(run)
        canvas.show(pixels, "<svg></svg>", "a run")
        assert (on_the_page(canvas) == painted(pixels)).all(), frame
        n_whole += canvas.whole is not before
        sent += sum(len(png) for *_, png in canvas.frame["patches"])
    assert 1 <= n_whole < 10 and sent < 40 * len(canvas.whole) / 4
    white = np.full((2, 2, 4), 255, np.uint8)
    assert (painted(white) == 255).all(), "the picture that stays is white"


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

    def n_pictures(self, lab: LiveLab) -> int:
        """How many first pictures a reader sees of a lab that was shown once."""
        shown = [bundle for bundle in self.outputs[1:2] if "image/png" in bundle]
        return len(shown) + (lab.box.layout.display != "none")


@pytest.mark.parametrize("has_canvas", [True, False])
def test_there_is_one_picture_at_every_moment(
    monkeypatch: pytest.MonkeyPatch, has_canvas: bool
) -> None:
    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.OUTPUT_EVERY", 0.05)
    monkeypatch.setattr("dqn_tutorial.classroom.live.lab.LOADED_AFTER", 0.2)
    page, lab = FakePage(monkeypatch), LiveLab(frames_per_second=1_000)
    counts: list[int] = []
    draw = lab.worker._draw

    def counted(final: bool) -> None:
        draw(final)
        counts.append(page.n_pictures(lab))

    lab.worker._draw = counted
    lab._ipython_display_()
    counts.append(page.n_pictures(lab))
    lab.canvas.n_views = int(has_canvas)
    for _ in range(2):
        start(lab.worker, until_after=0)
        if has_canvas:
            wait_until(lambda: lab.box.layout.display is None)
            assert (
                "image/png" not in page.outputs[1]
                and not page.outputs[1]["text/markdown"]
            )
        else:
            wait_until(lambda: "2 pictures a second" in lab.why_slow.value)
            seen = len(page.seen)
            wait_until(lambda seen=seen: len(page.seen) >= seen + 2)
            assert page.seen[-1] != page.seen[-2], "it stands still"
        pause(lab.worker)
        wait_until(lambda: "image/png" in page.outputs[1])
        wait_until(lambda: lab.box.layout.display == "none")
        wait_until(lambda: not lab.why_slow.value)
    lab.close()
    lab.worker.tell("reset")
    assert lab.wait(20) and set(counts) == {1}


def test_a_page_that_loads_the_canvas_late_gets_it_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, lab = FakePage(monkeypatch), LiveLab(frames_per_second=1_000)
    lab._ipython_display_()
    start(lab.worker, until_after=0)
    wait_until(lambda: bool(page.seen))
    assert lab.box.layout.display == "none"
    lab.canvas.n_views = 1
    wait_until(lambda: lab.box.layout.display is None)
    wait_until(lambda: page.n_pictures(lab) == 1)
    lab.close()


def test_where_a_page_was_opened_again_the_canvas_is_the_one_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, lab = FakePage(monkeypatch), LiveLab()
    lab._ipython_display_()
    lab.canvas.n_views = 1
    start(lab.worker, until_after=0)
    pause(lab.worker)
    wait_until(lambda: lab.box.layout.display == "none")
    lab.canvas.n_views = 2
    assert lab.canvas.is_alone and page.n_pictures(lab) == 1
    assert image(lab.canvas.whole).width == 2 * WIDTH
    start(lab.worker, until_after=step_of(lab.worker))
    wait_until(lambda: image(lab.canvas.whole).width == WIDTH)
    lab.close()
    assert image(lab.canvas.whole).width == 2 * WIDTH and page.n_pictures(lab) == 1
    lab._ipython_display_()  # in a new cell, whose outputs can be reached
    assert not lab.canvas.is_alone and "image/png" in page.outputs[4]
    assert lab.box.layout.display == "none"


def test_a_run_at_rest_is_kept_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    page, lab = FakePage(monkeypatch), LiveLab()
    assert lab.box in lab.controls.view.children
    lab._ipython_display_()
    lab.canvas.n_views = 1
    assert not lab.canvas.frame
    start(lab.worker, until_after=200)
    assert image(lab.canvas.whole).width == WIDTH
    for tell in (pause, stop):
        tell(lab.worker)
        wait_until(lambda: "image/png" in page.outputs[1])
        kept = page.outputs[1]
        assert image(base64.b64decode(kept["image/png"])).width == 2 * WIDTH
        assert "Live lab" in kept["text/plain"] and "steps" in kept["text/plain"]
        assert kept["image/png"] in kept["text/markdown"]


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
