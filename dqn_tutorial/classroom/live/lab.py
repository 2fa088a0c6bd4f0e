"""The live lab: controls and pictures around the worker, shown by one line in a
notebook.
"""

import json
import threading
import time
from pathlib import Path
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]
import numpy as np
from IPython import get_ipython
from IPython.display import display

from dqn_tutorial.classroom.live.controls import Controls, lab_config
from dqn_tutorial.classroom.live.live_view import NEXT_TO, Frames, LiveView
from dqn_tutorial.classroom.live.names import Names, unseen
from dqn_tutorial.classroom.live.pictures import WIDTH, still
from dqn_tutorial.classroom.live.recording import Recording
from dqn_tutorial.classroom.live.widget_view import view_bundle
from dqn_tutorial.classroom.live.worker import Worker
from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.classroom.pictures.figures import image_bundle, image_metadata
from dqn_tutorial.config import MainConfig
from dqn_tutorial.envs import env_spec

# seconds between two sentences for the reader, who may have them read out
WORDS_EVERY = 5.0
# where no page has loaded the view, seconds between two pictures in the outputs, and
# how many times as long as drawing takes; seconds until a page must have loaded it
OUTPUT_EVERY, OUTPUT_PAUSE, LOADED_AFTER = 0.5, 3, 5.0
WHY_SLOW = (
    "<p>This page shows a picture now and then. For one that moves, install anywidget"
    " where the Jupyter server runs.</p>"
)
ABOUT = (
    "Live lab: returns, errors, Q-values and the policy map of the agent in training."
)
STORIES = json.loads(Path(__file__).with_name("stories.json").read_text("utf-8"))
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
        self.view, self.why_slow = LiveView(STORIES, self._hear), widgets.HTML()
        self.box = unseen(self.view)
        self.controls.view.children += (self.why_slow, self.box, unseen(Names()))
        self._frames = Frames(0), Frames(1)
        self._outputs: list[Any] = []  # which the notebook keeps
        self._is_open, self._lock = False, threading.RLock()
        self._next_words = self._next_output = self._loaded_at = 0.0
        self._said_of = ""

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
        with self._lock:
            self._outputs = [
                display(
                    bundle, metadata=image_metadata(bundle), raw=True, display_id=True
                )
                for bundle in self._pictures()
            ]
            self._loaded_at = time.monotonic() + LOADED_AFTER
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
        self._send(False)

    def _send(self, whole: bool) -> None:
        """Tell the pages what is new; all of it where one knows nothing yet."""
        with self._lock:
            if not self._is_open:
                return
            worker = self.worker
            for place, run in enumerate((worker.run, worker.second)):
                if place and run is None:
                    continue
                config = run.config if run else worker.config
                frame = self._frames[place].next(run, config.env.name, whole)
                frame["state"] = worker.state
                if not place:
                    frame |= worker.values
                if worker.state == "failed":
                    frame["words"] = self.controls.sentence()
                self.view.send(frame)

    def _hear(self, message: dict[str, Any]) -> None:
        """Do what was pressed in the view."""
        if message["type"] != "hello":
            self.controls.hear(message, STORIES)
            return
        with self._lock:
            self._is_open = True
            self._send(True)
            self.box.layout.display = None
            self.why_slow.value = ""

    def _draw(self, final: bool) -> None:
        """Show a picture in the outputs: one that stays, or a moment where no page has
        loaded the view.
        """
        self._send(False)  # first: a picture takes a while
        with self._lock:
            now = time.monotonic()
            is_due = not self._is_open and now >= self._next_output
            if not self._outputs or not (final or is_due):
                return
            for output, bundle in zip(self._outputs, self._pictures(), strict=True):
                output.update(bundle, metadata=image_metadata(bundle), raw=True)
            took = time.monotonic() - now
            self._next_output = now + took + max(OUTPUT_EVERY, OUTPUT_PAUSE * took)
            is_slow = not (final or self._is_open) and now >= self._loaded_at
            self.why_slow.value = WHY_SLOW if is_slow else ""

    def _pictures(self) -> list[dict[str, str]]:
        """Return what a notebook keeps: the run, and the agent in its environment."""
        run = self.worker.run
        env = (run.config if run else self.worker.config).env.name
        data, words = still(run, env)
        spec, record = env_spec(env), run.record if run else None
        state = np.zeros(spec.dim_state) if record is None else record.state
        agent = draw_agent(spec.id, state, NEXT_TO)
        about = f"{ABOUT} {words}"
        return [image_bundle(data, about, WIDTH), image_bundle(agent, NEXT_TO, 360)]


def _cell() -> str:
    """Return the id of the cell that is running, so that running it again is known as
    such.
    """
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return str(parent.get("metadata", {}).get("cellId", ""))
