"""The live lab: controls and pictures around the worker, shown by one line in a
notebook.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]
import numpy as np
from IPython import get_ipython
from IPython.display import display

from dqn_tutorial.classroom.live.canvas import Canvas
from dqn_tutorial.classroom.live.controls import Controls, lab_config
from dqn_tutorial.classroom.live.names import Names, unseen
from dqn_tutorial.classroom.live.pictures import WIDTH, Pictures
from dqn_tutorial.classroom.live.recording import Recording
from dqn_tutorial.classroom.live.run import Run
from dqn_tutorial.classroom.live.widget_view import view_bundle
from dqn_tutorial.classroom.live.worker import Worker
from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.classroom.pictures.figures import (
    frame_png,
    image_bundle,
    image_metadata,
)
from dqn_tutorial.config import MainConfig

# seconds between two sentences for the reader, who may have them read out
WORDS_EVERY = 5.0
# seconds between two pictures in an output, and until a page has loaded the canvas
OUTPUT_EVERY, LOADED_AFTER = 0.5, 5.0
WHY_SLOW = (
    "<p>This page shows 2 pictures a second. For more, install anywidget where the"
    " Jupyter server runs.</p>"
)
ABOUT = (
    "Live lab: returns, errors, Q-values and the policy map of the agent in training."
)
NEXT_TO = "The agent in its environment, as the lab last saw it."
# in place of a picture
NOTHING = {"text/markdown": "", "text/plain": ""}
_SHOWN: dict[str, "LiveLab"] = {}  # by cell


class LiveLab:
    """Trains in the background while controls are moved; shown as the last line of a
    cell.

    Args:
        config: settings; `lab_config()` if left out. Training ends with Stop, or with
            the budget of these settings.
        frames_per_second: how often the pictures are drawn, at most.

    Attributes:
        recording: the run so far, with every move; see `Recording`.

    Taught in 07_train_cartpole.
    """

    def __init__(
        self, config: MainConfig | None = None, frames_per_second: float = 8
    ) -> None:
        config = config or lab_config()
        self.worker = Worker(config, self._report, self._draw, frames_per_second)
        self.worker.speed = 500
        self.controls = Controls(self.worker, config)
        self.canvas, self.why_slow = Canvas(), widgets.HTML()
        self.box = unseen(self.canvas)
        self.controls.view.children += (self.why_slow, self.box, unseen(Names()))
        self.canvas.observe(self._page_opened, names="n_views")
        self._page: _Page | None = None
        self._still: tuple[bytes, str, str] | None = None
        self._lock = threading.RLock()
        self._n_shown, self._said_of = 0, ""
        self._next_words = self._next_output = 0.0

    def _ipython_display_(self) -> None:
        cell = _cell()
        # the cell was run again: its first lab has no place on the page now
        if _SHOWN.get(cell, self) is not self:
            _SHOWN[cell].close()
        _SHOWN[cell] = self
        display(
            view_bundle(self.controls.view, "Run the cell to get the controls."),
            raw=True,
        )
        pictures = Pictures(self.worker.config.env.name)
        still = _still(pictures, None)
        handles = [
            display(bundle, metadata=image_metadata(bundle), raw=True, display_id=True)
            for bundle in _bundles(*still)
        ]
        # all at once: a run that goes on draws on the old page until here
        with self._lock:
            self._page = _Page(pictures, handles, time.monotonic() + LOADED_AFTER)
            self._still, self.canvas.is_alone = still, False
            self._n_shown = 1 + max(self._n_shown, self.canvas.n_views)
            self.box.layout.display = "none"
        self._report()

    @property
    def recording(self) -> Recording:
        """The run so far, ready to be saved or played back. Taught in
        07_train_cartpole.
        """
        return self.worker.recording

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until training has ended; False if the seconds ran out first. An
        interrupt ends it as Stop does.

        Raises:
            Exception: what ended the training, if it was an error.
        """
        try:
            ended = self.worker.wait(timeout)
        except KeyboardInterrupt:
            self.close()
            return True
        if ended and self.worker.error is not None:
            raise self.worker.error
        return ended

    def close(self) -> None:
        """End the run, keep its pictures, and wait for its thread."""
        self.worker.tell("stop")
        self.worker.wait()

    def _report(self) -> None:
        now, state = time.monotonic(), self.worker.state
        in_words = (
            now >= self._next_words or state != "running" or state != self._said_of
        )
        if in_words:
            self._next_words, self._said_of = now + WORDS_EVERY, state
        self.controls.show_state(in_words)

    def _draw(self, final: bool) -> None:
        with self._lock:
            page, run = self._page, self.worker.run
            if page is None:  # not displayed
                return
            env = (run.config if run else self.worker.config).env.name
            if run is None or page.pictures.env != env:
                page.pictures = Pictures(env)
            if final or run is None:
                self._rest(page, run)
            else:
                self._move(page, run)

    def _rest(self, page: "_Page", run: Run | None) -> None:
        """Show a picture that stays: in the output, which the notebook keeps."""
        self._still = _still(page.pictures, run)
        if self.canvas.is_alone:
            self.canvas.show_still(*self._still)
        else:
            page.show(*_bundles(*self._still))
            self.box.layout.display = "none"
        self.why_slow.value = ""

    def _move(self, page: "_Page", run: Run) -> None:
        """Show a moment: on the canvas where there is one, else in the output."""
        now = time.monotonic()
        if self.canvas.n_views:
            self.canvas.show(
                page.pictures.frame(run), _agent(page.pictures, run), ABOUT
            )
            self._use_canvas(page)
        elif now >= self._next_output:
            picture = frame_png(page.pictures.frame(run))
            page.show(*_bundles(picture, _agent(page.pictures, run), ABOUT))
            self._next_output = time.monotonic() + OUTPUT_EVERY
            self.why_slow.value = WHY_SLOW if now >= page.loaded_at else ""

    def _use_canvas(self, page: "_Page") -> None:
        if self.box.layout.display == "none":
            # in this order: a page that grows keeps its place
            self.box.layout.display = None
            page.show(NOTHING, NOTHING)
            self.why_slow.value = ""

    def _page_opened(self, change: Any) -> None:
        """Let the canvas stay where a page was opened again: its outputs are out of
        reach.
        """
        with self._lock:
            page, still = self._page, self._still
            if page is None or still is None or self.canvas.n_views <= self._n_shown:
                return
            if self.worker.state != "running":
                self.canvas.show_still(*still)
            self._use_canvas(page)
            self.canvas.is_alone = True


@dataclass
class _Page:
    """What stands on the page: the pictures, the handles of the outputs that keep them,
    and when all of it must have been loaded.
    """

    pictures: Pictures
    handles: list[Any]
    loaded_at: float

    def show(self, *bundles: dict[str, str]) -> None:
        for handle, bundle in zip(self.handles, bundles, strict=True):
            metadata = image_metadata(bundle) if bundle["text/markdown"] else {}
            handle.update(bundle, metadata=metadata, raw=True)


def _agent(pictures: Pictures, run: Run | None) -> str:
    state = (
        np.zeros(pictures.spec.dim_state)
        if run is None or run.record is None
        else run.record.state
    )
    return draw_agent(pictures.spec.id, state, NEXT_TO)


def _still(pictures: Pictures, run: Run | None) -> tuple[bytes, str, str]:
    """Return both pictures, and the first one in words."""
    data, words = pictures.still(run)
    return data, _agent(pictures, run), f"{ABOUT} {words}"


def _bundles(
    data: bytes, agent: str, about: str
) -> tuple[dict[str, str], dict[str, str]]:
    return image_bundle(data, about, WIDTH), image_bundle(agent, NEXT_TO, 360)


def _cell() -> str:
    """Return the id of the cell that is running, so that running it again is known as
    such.
    """
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return str(parent.get("metadata", {}).get("cellId", ""))
