"""The small labs: each shows, answers a moved control, drops what is no longer wanted,
and says what went wrong.
"""

import html
import signal
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ipywidgets")

from dqn_tutorial.classroom.live import small, tabular_labs, training_labs
from dqn_tutorial.classroom.live.small import (
    Answer,
    Panel,
    SmallLab,
    bands,
    draw_bands,
    slider,
)
from dqn_tutorial.classroom.live.widget_view import view_bundle
from dqn_tutorial.classroom.pictures.figures import new_figure
from dqn_tutorial.stats import bootstrap_interval

LABS: dict[str, tuple[Callable[[], SmallLab], str, Any]] = {
    "gamma": (tabular_labs.gamma_lab, "gamma", 0.985),
    "step size": (tabular_labs.step_size_lab, "alpha", 0.05),
    "correlation": (tabular_labs.correlation_lab, "memory", 2_000),
    "target": (tabular_labs.target_lab, "tau", 0.01),
    "network": (training_labs.network_lab, "factor", 10.0),
    "epsilon": (training_labs.epsilon_lab, "fraction", 1.0),
    "ensemble": (training_labs.ensemble_lab, "reduce", "max"),
}
SECONDS = 120  # long enough for any machine: how fast a lab is, is not tested


def nothing(share: float) -> None:
    """Progress that nobody looks at."""


class Page:
    """What would be on the page: the outputs in their order, and the updates of those
    with a handle.
    """

    def __init__(self) -> None:
        self.outputs: list[dict[str, str]] = []
        self.updates: list[dict[str, str]] = []

    def display(
        self, bundle: dict[str, str], raw: bool, metadata: Any = None, **_: bool
    ) -> "Page":
        self.outputs.append(bundle)
        return self

    def update(self, bundle: dict[str, str], raw: bool, metadata: Any) -> None:
        self.updates.append(bundle)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    page = Page()
    monkeypatch.setattr(small, "display", page.display)
    return page


@pytest.mark.parametrize("name", LABS)
def test_each_lab_shows_and_its_picture_changes_when_a_control_moves(
    name: str, page: Page
) -> None:
    build, control, value = LABS[name]
    lab = build()
    if "members" in lab.controls:
        lab.controls["members"].value = 2  # with one member there is nothing to combine
    lab._ipython_display_()
    question, controls, picture = page.outputs
    assert question["text/plain"] == lab.question and lab.question.endswith("?")
    assert "application/vnd.jupyter.widget-view+json" in controls
    # no measured number: a stored notebook must hold
    assert picture["text/plain"] == f"Figure: {lab.alt}"
    assert f'alt="{html.escape(lab.alt)}"' in picture["text/markdown"]
    assert "data:image/png" in picture["text/markdown"]
    first = lab.status.value
    assert any(letter.isdigit() for letter in first)
    lab.controls[control].value = value
    assert lab.wait(SECONDS)
    assert (
        len(page.updates) == 1 and page.updates[0]["image/png"] != picture["image/png"]
    )
    assert lab.status.value != first and "failed" not in lab.status.value
    assert page.updates[0]["text/plain"].startswith(f"Figure: {lab.alt} ")
    for widget in lab.controls.values():
        # ipywidgets 7 gives a slider no tooltip
        assert widget.description and getattr(widget, "tooltip", widget.description)


class Slow:
    """An answer that takes until it is let go, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.asked: list[int] = []
        self.finished: list[int] = []
        self.go.set()

    def __call__(self, tell: small.Tell, n: int) -> Answer:
        self.asked.append(n)
        self.begun.set()
        self.go.wait(SECONDS)
        tell(0.5)
        if n < 0:
            raise ValueError("n must not be <negative>")
        self.finished.append(n)
        return {"words": f"n is {n}"}


def empty(answer: Answer, before: Answer | None) -> Any:
    """Draw nothing."""
    return new_figure()[0]


@pytest.fixture
def slow(page: Page) -> tuple[Slow, SmallLab]:
    picture = Slow()
    lab = SmallLab(
        "How many?",
        {"n": slider("n", range(-1, 10), 0, "a number")},
        picture,
        empty,
        "A figure with nothing.",
    )
    lab._ipython_display_()
    return picture, lab


def test_a_widget_of_any_version_is_shown_with_words_where_it_cannot_be() -> None:
    """That of ipywidgets 7 has no `_repr_mimebundle_`."""
    shown = view_bundle(SimpleNamespace(model_id="abc"), "Run the cell.")
    view = {"version_major": 2, "version_minor": 0, "model_id": "abc"}
    assert shown == {
        "application/vnd.jupyter.widget-view+json": view,
        "text/plain": "Run the cell.",
    }


def test_the_newest_request_wins_and_no_thread_is_left(
    slow: tuple[Slow, SmallLab], page: Page
) -> None:
    picture, lab = slow
    picture.go.clear()
    picture.begun.clear()
    lab.controls["n"].value = 1
    assert picture.begun.wait(SECONDS)
    for n in range(2, 10):  # moved while 1 is being computed
        lab.controls["n"].value = n
    thread = lab._background._thread
    assert thread is not None and not lab.wait(0.01)
    picture.go.set()
    assert lab.wait(SECONDS)
    assert picture.asked == [0, 1, 9] and picture.finished == [0, 9]
    assert len(page.updates) == 1 and "n is 9" in lab.status.value
    thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"),
    reason="there is no way to interrupt only this process here",
)
def test_an_interrupted_wait_does_not_lose_sight_of_the_thread(
    slow: tuple[Slow, SmallLab],
) -> None:
    picture, lab = slow
    picture.go.clear()
    lab.controls["n"].value = 1
    main = threading.main_thread().ident
    assert main is not None
    # tests started in the background of a shell ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        lab.wait(SECONDS)
    assert not lab.wait(0.01), "it still draws"
    picture.go.set()
    assert lab.wait(SECONDS) and picture.finished == [0, 1]


def test_an_error_is_shown_in_the_lab_and_the_next_move_works(
    slow: tuple[Slow, SmallLab], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    escaped: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", escaped.append)
    lab = slow[1]
    lab.controls["n"].value = -1
    assert lab.wait(SECONDS)
    assert "failed: ValueError: n must not be &lt;negative&gt;" in lab.status.value
    assert not escaped and not page.updates
    lab.controls["n"].value = 3
    assert lab.wait(SECONDS) and "n is 3" in lab.status.value


def test_a_lab_that_cannot_tell_its_error_comes_to_an_end_and_the_next_move_works(
    slow: tuple[Slow, SmallLab], monkeypatch: pytest.MonkeyPatch
) -> None:
    escaped: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", escaped.append)
    lab = slow[1]
    with monkeypatch.context() as closed:
        closed.setattr(
            lab,
            "_say",
            lambda words: (_ for _ in ()).throw(OSError("the page is closed")),
        )
        lab.controls["n"].value = -1
        assert lab.wait(10)
    lab.controls["n"].value = 3
    assert lab.wait(SECONDS) and "n is 3" in lab.status.value and not escaped


def test_an_error_of_the_first_picture_belongs_to_the_cell(page: Page) -> None:
    lab = SmallLab(
        "How many?",
        {"n": slider("n", range(-1, 10), -1, "a number")},
        Slow(),
        empty,
        "A figure with nothing.",
    )
    with pytest.raises(ValueError, match="negative"):
        lab._ipython_display_()


def test_a_lab_that_is_shown_again_is_drawn_again(
    slow: tuple[Slow, SmallLab], page: Page
) -> None:
    picture, lab = slow
    lab._ipython_display_()
    assert len(page.outputs) == 6 and not page.updates
    lab.controls["n"].value = 2
    assert lab.wait(SECONDS) and picture.asked == [0, 0, 2]


def test_the_band_holds_the_mean_and_the_previous_mean_stays_in_grey() -> None:
    seen = 10 ** (1 + 0.1 * np.random.default_rng(1).standard_normal((16, 2)))

    def measure(
        tell: small.Tell, factor: float
    ) -> tuple[list[float], list[small.Floats]]:
        return [1.0, 2.0], [factor * seen]

    answer = bands(measure, "x", [Panel("title", "size", (0.1, 1e4), is_log=True)])
    before = answer(nothing, factor=1.0)
    figure, words = draw_bands(before, None), before["words"]
    (line,), (band,) = figure.axes[0].lines, figure.axes[0].collections
    np.testing.assert_allclose(line.get_ydata(), 10 ** np.log10(seen).mean(0))
    low, high = bootstrap_interval(np.log10(seen), 0.99, resamples=1_000)
    edges = band.get_paths()[0].vertices[:, 1]
    np.testing.assert_allclose(
        [edges.min(), edges.max()], [10 ** low.min(), 10 ** high.max()]
    )
    assert f"{10 ** low[-1]:.3g} to {10 ** high[-1]:.3g}" in words and "size" in words
    figure = draw_bands(answer(nothing, factor=100.0), before)
    assert [line.get_label() for line in figure.axes[0].lines] == [
        "before the move",
        "mean of 16 seeds",
    ]
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), line.get_ydata())


def test_the_long_way_is_taken_from_0985_on() -> None:
    short = ["78%", "78%", "81%"]
    for gamma, share in zip((0.9, 0.975, 0.98), short, strict=True):
        assert share in tabular_labs.best_way(nothing, gamma)["words"]
    for gamma in (0.985, 0.995):
        words = tabular_labs.best_way(nothing, gamma)["words"]
        assert "98%" in words and "35.6 steps" in words


FRESH = 5_000  # the first of seeds that no lab shows


@pytest.mark.parametrize(
    "measure, better, worse",
    [
        (
            tabular_labs.learn_table,
            {"alpha": 0.05, "epsilon": 1.0},
            {"alpha": 0.01, "epsilon": 1.0},
        ),
        (
            tabular_labs.learn_table,
            {"alpha": 0.05, "epsilon": 1.0},
            {"alpha": 0.5, "epsilon": 1.0},
        ),
        (
            tabular_labs.learn_table,
            {"alpha": 0.05, "epsilon": 1.0},
            {"alpha": 0.05, "epsilon": 0.05},
        ),
        (tabular_labs.learn_star, {"tau": 0.01}, {"tau": 0.0}),
        (tabular_labs.learn_star, {"tau": 0.01}, {"tau": 0.03}),
        (
            training_labs.fit_networks,
            {"width": 16, "factor": 10.0},
            {"width": 256, "factor": 1.0},
        ),
        (
            training_labs.learn_grid,
            {"start": 1.0, "final": 1.0, "fraction": 0.1},
            {"start": 1.0, "final": 0.05, "fraction": 0.1},
        ),
        (
            training_labs.learn_noisy_grid,
            {"members": 4, "reduce": "min"},
            {"members": 1, "reduce": "mean"},
        ),
        (
            training_labs.learn_noisy_grid,
            {"members": 1, "reduce": "mean"},
            {"members": 4, "reduce": "max"},
        ),
    ],
)
def test_the_answers_hold_on_seeds_of_their_own(
    measure: Callable[..., Any], better: dict[str, Any], worse: dict[str, Any]
) -> None:
    of_better, of_worse = (
        measure(nothing, seed=FRESH, **values)[1][0][:, -1]
        for values in (better, worse)
    )
    if measure in (tabular_labs.learn_star, training_labs.fit_networks):
        # as the lab shows them
        of_better, of_worse = np.log10(of_better), np.log10(of_worse)
    assert bootstrap_interval(of_better)[1] < bootstrap_interval(of_worse)[0]


def test_a_longer_memory_helps_and_a_larger_batch_does_not() -> None:
    def accuracy(batch_size: int, memory: int) -> small.Floats:
        return tabular_labs.learn_circle(nothing, batch_size, memory, seed=FRESH)[1][0][
            :, -1
        ]

    alike, larger, longer = accuracy(32, 32), accuracy(128, 32), accuracy(32, 2_000)
    assert bootstrap_interval(longer - alike)[0] > 0.05
    assert np.abs(bootstrap_interval(larger - alike)).max() < 0.02


def test_what_is_learned_best_is_not_what_earns_most() -> None:
    always, falling = (
        training_labs.learn_grid(
            nothing, start=1.0, final=final, fraction=0.5, seed=FRESH
        )[1][1][:, -1]
        for final in (1.0, 0.05)
    )
    assert bootstrap_interval(falling)[0] > 0.2 > -0.5 > bootstrap_interval(always)[1]
