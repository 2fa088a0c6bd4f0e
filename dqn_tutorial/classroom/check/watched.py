"""A tolerance that notes what it is compared with."""

import sys
from itertools import combinations
from types import CodeType
from typing import Any, ClassVar

import numpy as np

from dqn_tutorial.classroom.check.values import as_array


class Watched(np.float64):
    """A number that notes what it is compared with, and which local variables of a
    function are one array then.

    Attributes:
        code: of that function.
        seen: each number that was compared, the largest size of an array, and the
            names of two variables, or none.
    """

    code: ClassVar[CodeType | None] = None
    seen: ClassVar[list[tuple[float, tuple[str, ...]]]] = []

    def __deepcopy__(self, memo: Any) -> "Watched":
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *given: Any, **more: Any) -> Any:
        if ufunc in (np.less, np.less_equal, np.greater, np.greater_equal):
            self._note(*(x for x in given if x is not self))
        plain = (float(x) if isinstance(x, Watched) else x for x in given)
        return getattr(ufunc, method)(*plain, **more)

    def __lt__(self, other: Any) -> Any:
        self._note(other)
        return float(self) < other

    def __le__(self, other: Any) -> Any:
        self._note(other)
        return float(self) <= other

    def __gt__(self, other: Any) -> Any:
        self._note(other)
        return float(self) > other

    def __ge__(self, other: Any) -> Any:
        self._note(other)
        return float(self) >= other

    def _note(self, *others: Any) -> None:
        frame = sys._getframe(1)
        while frame.f_back and frame.f_code is not self.code:
            frame = frame.f_back
        own = frame.f_locals if frame.f_code is self.code else {}
        arrays = [
            (name, x)
            for name, x in own.items()
            if isinstance(x, np.ndarray) and x.ndim == 1 and x.dtype.kind == "f"
        ]
        alike = [
            (one, other)
            for (one, x), (other, y) in combinations(arrays, 2)
            if x.shape == y.shape and np.shares_memory(x, y)
        ]
        for x in map(as_array, others):
            if x is not None and x.size:
                self.seen.append((float(np.abs(x).max()), (*alike, ())[0]))


def last_compared(code: CodeType | None, run: Any, number: float) -> Any:
    """Return what the last note of a watched number holds after `run(number)`, which
    may raise; (nan, ()) where none was made.
    """
    Watched.code, Watched.seen = code, [(float("nan"), ())]
    run(Watched(number))
    return Watched.seen[-1]
