"""A thread that lives only while there is work, so that an open notebook without a run
has none.
"""

import threading
from collections.abc import Callable
from contextlib import suppress


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
