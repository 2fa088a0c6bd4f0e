"""A limit on the time that a learner's code may take."""

import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from dqn_tutorial.classroom.check.guest import TooLong


@contextmanager
def time_limit(seconds: float) -> Iterator[list[bool]]:
    """Stop code that runs longer by raising `TooLong` in it; what is given is empty as
    long as nothing was raised.

    In the main thread it is raised by a signal, which also ends `time.sleep` and
    waiting for a lock. Elsewhere, and on Windows, it is sent by a second thread and
    raised between two steps of Python. A loop inside C, such as
    `sum(itertools.repeat(0.0))`, is stopped by neither. Code that has imported a module
    gets the time once more: an import costs seconds, but only the first time.

    Source: CPython's `PyThreadState_SetAsyncExc`.
    """
    here, over = threading.get_ident(), threading.Event()
    thrown: list[bool] = []
    throw, give_back = _thrower(here)

    def watch() -> None:
        # without names from `builtins`, which the code may have changed
        pause, n_modules = seconds, sys.modules.__len__()
        while not over.wait(pause):  # again and again, if the code caught it
            if n_modules < (n_modules := sys.modules.__len__()):
                continue
            thrown.append(True)
            throw()
            pause = 0.002

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield thrown
    finally:
        while watcher.is_alive():
            try:
                over.set()
                watcher.join()
            except TooLong:  # one that came late must not leave the watcher behind
                continue
        while thrown:  # one may be on its way
            try:
                for _ in range(1_000):
                    pass
                break
            except TooLong:
                continue
        give_back()


def _is_own(frame: FrameType) -> bool:
    """Say whether code is of a notebook, and of no library, whose cleaning up must not
    be disturbed.
    """
    return frame.f_globals.get("__spec__") is None


def _thrower(here: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return what raises `TooLong` in this thread, and what gives the means back."""
    if not hasattr(signal, "pthread_kill") or here != threading.main_thread().ident:
        throw = ctypes.pythonapi.PyThreadState_SetAsyncExc
        return (
            lambda: throw(ctypes.c_ulong(here), ctypes.py_object(TooLong)),
            lambda: None,
        )

    def again(frame: FrameType, event: str, _: Any) -> Any:
        if not _is_own(frame):
            return None
        if event == "line":
            raise TooLong
        return again

    def stop(_: int, frame: FrameType | None) -> None:
        # should the code catch it: at its next line too
        while frame:
            if _is_own(frame):
                frame.f_trace = again
            frame = frame.f_back
        sys.settrace(again)
        raise TooLong

    old, trace = signal.signal(signal.SIGALRM, stop), sys.gettrace()

    def give_back() -> None:
        sys.settrace(trace)
        signal.signal(signal.SIGALRM, old or signal.SIG_DFL)

    return lambda: signal.pthread_kill(here, signal.SIGALRM), give_back
