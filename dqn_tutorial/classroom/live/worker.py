"""The threads of the labs: one that lives only while there is work, so that an open
notebook without a run has none, and the one that owns a live run. It trains, evaluates
and draws; everybody else only leaves it notes.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from dqn_tutorial.classroom.live.recording import Recording, record_of
from dqn_tutorial.classroom.live.run import Run
from dqn_tutorial.config import MainConfig, override
from dqn_tutorial.schedules import SCHEDULES

# seconds; at full speed the other threads get their turn this often
HAND_OVER_EVERY = 0.02


class Background:
    """Does work in a thread of its own, piece by piece, until nothing is left to do.

    Args:
        name: of the thread.
        work: does one piece, and tells its errors itself: a traceback of a thread lands
            in another cell.
        is_done: called after each piece, whether nothing is left.
    """

    def __init__(
        self, name: str, work: Callable[[], None], is_done: Callable[[], bool]
    ) -> None:
        self._name, self._do_one, self._is_done = name, work, is_done
        self._thread: threading.Thread | None = None
        self._ended, self._lock = threading.Event(), threading.Lock()
        self._ended.set()

    def wake(self) -> None:
        """See to it that what was asked for before this call is done; returns at
        once.
        """
        with self._lock:
            if self._thread is None:
                self._ended.clear()
                self._thread = threading.Thread(
                    target=self._work, name=self._name, daemon=True
                )
                self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; False if the seconds ran out first."""
        # no join: Python 3.11 takes a thread whose join was interrupted for dead
        return self._ended.wait(timeout)

    def _work(self) -> None:
        while True:
            with suppress(Exception):  # should telling an error be what failed
                self._do_one()
            # so that nothing can be asked for between the look and the end
            with self._lock:
                if self._is_done():
                    self._thread = None
                    self._ended.set()
                    return


class Wish(NamedTuple):
    """A control that was moved, on its way to the agent."""

    name: str
    value: float | None
    at: float  # time.monotonic() of the callback


class Worker:
    """Runs in the background what it is told.

    Args:
        config: of the next run; takes effect when one begins.
        report: called in the thread after anything changed that a reader of numbers
            wants to know, and at each frame.
        draw: called in the thread for each frame; with True for a picture that will
            stay.
        frames_per_second: how often at most.

    Attributes:
        state: idle, running, paused, stopped or failed.
        run, second: what is trained; the second only beside a story.
        story: what is told, as in stories.json, by the next run, or at once.
        is_beside: whether it is told beside a run without it.
        speed: steps a second; infinity for all it can. May be set at any time.
        held: values of the controls that were moved; they hold in the next run too.
        delays: seconds from the callback to the agent, of the last thousand moves.
        error: what ended the run, if something did.
    """

    def __init__(
        self,
        config: MainConfig,
        report: Callable[[], None] = lambda: None,
        draw: Callable[[bool], None] = lambda final: None,
        frames_per_second: float = 8,
    ) -> None:
        self.config, self.speed, self.state = config, math.inf, "idle"
        self.run: Run | None = None
        self.second: Run | None = None
        self.story: dict[str, Any] | None = None
        self.is_beside = False
        self.error: BaseException | None = None
        self.held: dict[str, float] = {}
        self.delays: deque[float] = deque(maxlen=1_000)
        self._report, self._draw, self._pause = report, draw, 1 / frames_per_second
        self._commands: deque[str] = deque()
        self._wishes: deque[Wish] = deque()
        self._wake = threading.Event()
        self._background = Background("live lab", self._work, self._is_done)
        self._due = self._next_frame = self._next_turn = 0.0

    def tell(self, command: str) -> None:
        """Ask for start, pause, step, reset, stop or story; returns at once."""
        self._commands.append(command)
        self._wake.set()
        self._background.wake()

    def move(self, name: str, value: float | None) -> None:
        """Ask for a new value, or, with None, for the schedule; returns at once.

        Without a run it waits for the next one.
        """
        self._wishes.append(Wish(name, value, time.monotonic()))
        self._wake.set()
        self._background.wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the thread has nothing left to do; False if the time ran out
        first.
        """
        return self._background.wait(timeout)

    @property
    def is_active(self) -> bool:
        """Whether there is a run that learns, or will go on to."""
        return self.state in ("running", "paused")

    @property
    def runs(self) -> list[Run]:
        """The run, and the one beside it."""
        return [run for run in (self.run, self.second) if run is not None]

    @property
    def values(self) -> dict[str, float]:
        """The live values of the run; at rest also those that wait for the next."""
        run = self.run
        if run is None:
            own = {
                name: value(self.config, 0) for name, (value, _) in SCHEDULES.items()
            }
        else:
            own = {name: getattr(run.agent, name) for name in SCHEDULES}
        return own if self.is_active else own | self.held

    @property
    def recording(self) -> Recording:
        """The run so far. Taught in 07_train_cartpole."""
        run = self.run
        if run is None:
            return record_of(self.config, [], 0)
        n_steps = run.step  # read first: a move made meanwhile is left out
        return record_of(run.config, list(run.moves), n_steps)

    def _work(self) -> None:
        try:
            self._obey()
            while self.state == "running" and not self._wake.is_set():
                self._train()
            if self.state == "paused":
                self._wake.wait()
        except Exception as error:
            self.error = error
            self._end("failed")

    def _is_done(self) -> bool:
        return not (self.is_active or self._commands or self._wishes)

    def _obey(self) -> None:
        self._wake.clear()
        self._grant()  # first, so that a move made before Stop is part of the run
        while self._commands:
            command = self._commands.popleft()
            if command == "reset":
                self._close()
                self.run = self.second = self.story = None
                self.state = "idle"
                self._show(final=True)
            elif command == "stop" and self.is_active:
                self._end("stopped")
            elif command == "pause" and self.state == "running":
                self.state = "paused"
                self._show(final=True)
            elif command in ("start", "step", "story"):
                if command == "story":
                    self._tell_story()
                elif not self.is_active:
                    self._begin()
                self.state = "paused" if command == "step" else "running"
                if command == "step" and not self._all(Run.step_once):
                    self._end("stopped")
                else:
                    self._show()
                self._due = time.monotonic()
        self._grant()

    def _grant(self) -> None:
        """Make the moves that were asked for; without a run they wait for the next
        one.
        """
        if not self._wishes:
            return
        for _ in range(len(self._wishes)):
            name, value, at = self._wishes.popleft()
            if value is None:
                self.held.pop(name, None)
            else:
                self.held[name] = value
            if self.is_active:
                for run in self.runs:
                    if run is not self.second or name not in run.told:
                        run.move(name, value)
                self.delays.append(time.monotonic() - at)
        self._report()

    def _begin(self) -> None:
        """Begin a run, with the story if there is one, or one without and one with
        it.
        """
        self._close()
        self.error = self.run = self.second = None
        self.run = self._fresh(None if self.is_beside else self.story)
        if self.is_beside and self.story:
            self.second = self._fresh(self.story)

    def _fresh(self, story: dict[str, Any] | None) -> Run:
        config = override(self.config, story["settings"]) if story else self.config
        run = Run(config, story=story)
        moves = {n: value for n, value in self.held.items() if n not in run.told}
        for name, value in (moves | (story["moves"] if story else {})).items():
            run.move(name, value)
        return run

    def _tell_story(self) -> None:
        """Begin with the story; one of moves goes on in a run of the chosen
        settings.
        """
        run, story = self.run, self.story
        is_fresh = run is None or not self.is_active or run.config != self.config
        if run is None or not story or is_fresh or self.is_beside or story["settings"]:
            self._begin()
        else:
            if self.second:
                self.second.records.close()
            self.second = None
            undone = {name: self.held.get(name) for name in run.told}
            for name, value in (undone | story["moves"]).items():
                run.move(name, value)
            run.story = story

    def _close(self) -> None:
        for run in self.runs:
            run.records.close()

    def _all(self, go_on: Callable[[Run], bool]) -> bool:
        """Let each run go on, in step; False if one has ended."""
        return all([go_on(run) for run in self.runs])

    def _end(self, state: str) -> None:
        self.state = state
        self._close()
        self._show(final=True)

    def _train(self) -> None:
        assert self.run is not None
        now = time.monotonic()
        if now < self._due:
            self._wake.wait(self._due - now)
            return  # a note may have come
        if not self._all(Run.advance):
            self._end("stopped")
            return
        now = time.monotonic()
        # what is lost is lost
        self._due = max(
            self._due + self.run.config.training.n_envs / self.speed, now - 0.1
        )
        if now >= self._next_frame:
            self._show()
            self._next_frame = max(self._next_frame + self._pause, now)
        if self._due <= now and now >= self._next_turn:
            # no sleep at all would keep the interpreter's lock to this thread
            time.sleep(1e-5)
            self._next_turn = now + HAND_OVER_EVERY

    def _show(self, final: bool = False) -> None:
        try:
            self._draw(final)
        # last: who reads that the run has ended finds its pictures; and also where
        # drawing is what failed
        finally:
            self._report()
