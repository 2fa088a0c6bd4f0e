"""The live lab: controls and pictures around the worker, shown by one line in a
notebook.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from IPython import get_ipython
from IPython.display import display

from dqn_tutorial.classroom.live.canvas import Canvas
from dqn_tutorial.classroom.live.controls import Controls, lab_config
from dqn_tutorial.classroom.live.pictures import WIDTH, Pictures
from dqn_tutorial.classroom.live.recording import Recording
from dqn_tutorial.classroom.live.run import Run
from dqn_tutorial.classroom.live.widget_view import view_bundle
from dqn_tutorial.classroom.live.worker import Worker
from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.classroom.pictures.figures import image_bundle
from dqn_tutorial.config import MainConfig

WORDS_EVERY = 1.0  # seconds between two sentences for the reader
ABOUT = (
    "Live lab: returns, errors, Q-values and the policy map of the agent in training."
)
NEXT_TO = "The agent in its environment, as the lab last saw it."
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
        self.canvas = Canvas()
        self.controls.view.children += (self.canvas,)
        self._page: _Page | None = None
        self._next_words = 0.0

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
        output = display(
            _output(*pictures.still(None), _agent(pictures, None)),
            raw=True,
            display_id=True,
        )
        # all at once: a run that goes on draws on the old page until here
        self._page = _Page(pictures, output)
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
        now = time.monotonic()
        in_words = now >= self._next_words or self.worker.state != "running"
        if in_words:
            self._next_words = now + WORDS_EVERY
        self.controls.show_state(in_words)

    def _draw(self, final: bool) -> None:
        page, run = self._page, self.worker.run
        if page is None:  # not displayed
            return
        env = (run.config if run else self.worker.config).env.name
        if run is None or page.pictures.env != env:
            page.pictures = Pictures(env)
        agent = _agent(page.pictures, run)
        if final or run is None:
            data, words = page.pictures.still(run)
            page.output.update(_output(data, words, agent), raw=True)
            self.canvas.show_still(data, agent, f"{ABOUT} {words}")
        else:
            self.canvas.show(page.pictures.frame(run), agent, ABOUT)


@dataclass
class _Page:
    """What stands on the page: the pictures, and the handle of the output that keeps
    them.
    """

    pictures: Pictures
    output: Any


def _agent(pictures: Pictures, run: Run | None) -> str:
    state = (
        np.zeros(pictures.spec.dim_state)
        if run is None or run.record is None
        else run.record.state
    )
    return draw_agent(pictures.spec.id, state, NEXT_TO)


def _output(data: bytes, words: str, agent: str) -> dict[str, str]:
    """Return both pictures in one output, which stays in the notebook."""
    both = (
        image_bundle(data, f"{ABOUT} {words}", WIDTH),
        image_bundle(agent, NEXT_TO, 360),
    )
    html, plain = (
        "\n".join(bundle[mime] for bundle in both)
        for mime in ("text/html", "text/plain")
    )
    return {"text/html": f'<div class="live-still">{html}</div>', "text/plain": plain}


def _cell() -> str:
    """Return the id of the cell that is running, so that running it again is known as
    such.
    """
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return str(parent.get("metadata", {}).get("cellId", ""))
