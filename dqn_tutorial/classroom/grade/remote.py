"""An answer in a process of its own, to be called as if it were here: the judge keeps
the right answer, its own copies of all inputs, and the verdict.
"""

import builtins
import inspect
import linecache
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from dqn_tutorial.buffer import ReplayBuffer
from dqn_tutorial.classroom.check import acting, bakery, critic, misconceptions
from dqn_tutorial.classroom.check.guard import Wrong
from dqn_tutorial.classroom.grade import guest, wire
from dqn_tutorial.critic import DQNCritic

SECONDS = 240.0  # for all calls of an answer
N_ASKED = 50_000  # times of a message, which takes longer than a call in one process
# what both sides have
KIT = (misconceptions.as_float32, critic.Net, bakery.Day)
# guest.py and what it imports, without the package
ALONE = """
import sys, types
sys.modules["line"] = home = types.ModuleType("line")
home.__path__ = [sys.argv[2]]
from line.guest import main
main()
"""
KIT_IMPORTS = """
import numpy as np
import torch
from torch.nn import Module
from typing import Any, NamedTuple
from torch import Tensor
"""
# what an answer may ask of the objects that it is given
OFFERED = frozenset(
    "get_bellman_target update update_target Q Q_t act online target state_dict"
    " load_state_dict parameters get_next_batch"
    " get_steps_and_iterator select_action experience_memory store"
    " step reset rows function gamma tau".split()
)


class Prison:
    """The process that makes one for each answer; a context.

    Attributes:
        missing: what the system cannot keep from an answer.
    """

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        number = theirs.fileno()
        home = os.path.dirname(guest.__file__)
        words = [sys.executable, "-I", "-c", ALONE, str(number), home]
        one = {"OMP_NUM_THREADS": "1", "PATH": os.defpath}
        self.folder = tempfile.TemporaryDirectory()  # empty, and stays so
        self.process = subprocess.Popen(
            words, pass_fds=[number], env=one, cwd=self.folder.name
        )
        theirs.close()
        self.control.settimeout(120)
        first = Guest(self, "", [], {}, "")
        self.missing: list[str] = []
        self.missing = first.start()
        first.end()

    def __enter__(self) -> "Prison":
        return self

    def __exit__(self, *_: object) -> None:
        self.control.close()
        self.process.wait()
        self.folder.cleanup()

    def cell(self) -> tuple[socket.socket, int]:
        """Return the line to a new process, and its number."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        socket.send_fds(self.control, [b"x"], [theirs.fileno()])
        theirs.close()
        return ours, int.from_bytes(self.control.recv(8), "little")


def is_open(value: Any) -> bool:
    """Say whether an object stays here and is asked over the line."""
    if isinstance(value, torch.nn.Module):
        return type(value) not in KIT
    return (
        isinstance(value, DQNCritic | ReplayBuffer | SimpleNamespace)
        or callable(value)
        or type(value).__module__ in (acting.__name__,)
        or hasattr(type(value), "rows")
    )


class Guest:
    """An answer's process, made anew when it is gone."""

    def __init__(
        self,
        prison: Prison,
        kit: str,
        parts: Sequence[tuple[str, str]],
        names: Mapping[str, Any],
        own: str,
    ) -> None:
        self.prison, self.what = prison, (kit, list(map(list, parts)), dict(names), own)
        self.wire: wire.Wire | None = None
        self.remark, self.n_asked = "", 0
        self.until = time.monotonic() + SECONDS

    def start(self) -> list[str]:
        """Start the process; return what cannot be kept from it."""
        line, self.pid = self.prison.cell()
        has_handles = hasattr(os, "pidfd_open")
        self.handle = os.pidfd_open(self.pid) if has_handles else None
        line.settimeout(60)
        kinds = {kind.__name__: kind for kind in KIT if isinstance(kind, type)}
        self.wire = wire.Wire(line, 1, kinds, is_open)
        return [str(word) for word in self.wire.receive()[1][0]]

    def end(self) -> None:
        """End the process with all that it has made."""
        if self.wire:
            self.wire.line.close()
            self.wire = None
            with suppress(ProcessLookupError, PermissionError):
                if self.handle is not None:  # means this process even if it has ended
                    signal.pidfd_send_signal(self.handle, signal.SIGKILL)
                if "processes" in self.prison.missing:
                    os.killpg(self.pid, signal.SIGKILL)
            if self.handle is not None:
                os.close(self.handle)

    def load(self) -> Any:
        """Define the answer in a new process; return what it is."""
        self.start()
        return self.question("load", *self.what)

    def question(self, kind: str, *values: Any, n_calls: int = -1) -> Any:
        """Have the process do something; return the result, raise its error.

        Raises:
            Wrong: the time for this answer is over. SystemExit: the process has ended.
        """
        kind_asked = kind
        try:
            assert self.wire
            self._set_time()
            self.wire.send(kind, *values, n_calls=n_calls)
            while True:
                self._set_time()
                before = set(self.wire.objects)
                self.n_asked += 1
                if self.n_asked > N_ASKED:
                    self.remark = (
                        "asks for objects of the course very often: look at it"
                    )
                kind, found = self.wire.receive()
                if kind != "ask":
                    break
                if kind_asked == "load" and found[0] == "call":
                    # no clock of the judge runs yet
                    words = "nothing is called before the answer itself is"
                    self.wire.send("error", "RuntimeError", words)
                else:
                    self._answer(self.wire, *found)
                if found[0] == "call" and type(found[1]).__name__ == "function":
                    self.wire.keep(before)
        except TimeoutError:
            self.end()
            raise Wrong("endless", "Your code takes too long.") from None
        except Asked as asked:  # the judge's own word on what was asked
            self.end()
            raise asked.error from None
        except Exception:  # no message, or none that means anything
            self.end()
            raise SystemExit from None
        except BaseException:  # stopped by the judge's clock
            self.end()
            raise
        if kind == "error":
            raise_again(self.what[1][-1][1].splitlines(), *found)
        return found[0]

    def _set_time(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        assert self.wire
        self.wire.line.settimeout(left)

    def _answer(self, line: wire.Wire, how: str, it: Any, *more: Any) -> None:
        """Answer what the process asks of an object that it was given."""
        try:
            if not is_open(it):
                raise TypeError("no such object")
            if how == "len":
                found: Any = len(it)
            elif how == "call" and callable(it):
                found = it(*more[0], **more[1])
            elif more[0] in OFFERED or more[0] in _given(it):
                found = getattr(it, more[0])
            else:
                kind = type(it).__name__
                self.remark = (
                    f"asks for {kind}.{more[0]}, which is not at hand: look at it"
                )
                raise AttributeError(f"{kind!r} object has no attribute {more[0]!r}")
            found = _whole(found)
        except Wrong as wrong:
            raise Asked(wrong) from None
        except Exception as error:
            line.send("error", type(error).__name__, str(error))
        else:
            line.send("value", found)

    def call(self, *given: Any, **named: Any) -> Any:
        """Call the answer. The last result is kept: the next one may be the same array,
        changed.
        """
        if self.wire is None:
            self.load()
        return self.question("call", given, named, n_calls=1)

    def make(self, *given: Any, **named: Any) -> Any:
        """Make an object of the answer, which is a class."""
        if self.wire is None:
            self.load()
        return Held(self, self.question("make", given, named))

    def method(self, *question: Any) -> Any:
        """Call a method of such an object."""
        return self.question("method", *question, n_calls=1)


def _whole(found: Any) -> Any:
    if isinstance(found, tuple) and type(found) is tuple:
        return tuple(map(_whole, found))
    return list(found) if inspect.isgenerator(found) else found


def _given(it: Any) -> Any:
    return vars(it) if isinstance(it, SimpleNamespace) else ()


class Asked(Exception):
    """The judge refuses what an answer asked of an object."""

    def __init__(self, error: Wrong) -> None:
        self.error = error


class Held:
    """An object of the answer's class, in its process."""

    def __init__(self, guest: Guest, number: int) -> None:
        self._guest, self._number = guest, number

    def reset(self, *given: Any, **named: Any) -> Any:
        """Ask the object."""
        return self._guest.method(self._number, "reset", given, named)

    def step(self, *given: Any, **named: Any) -> Any:
        """Ask the object."""
        return self._guest.method(self._number, "step", given, named)


def raise_again(
    lines: Sequence[str], names: Sequence[str], text: str, line: int, is_own: bool
) -> None:
    """Raise an error as it was raised in the process.

    Args:
        lines: of the learner's cell.
        names: of the error's class and of those above it.
        text: of the error.
        line: the learner's that it came through last, 0 for none.
        is_own: whether that line raised it.
    """
    known = vars(builtins) | {
        "LinAlgError": np.linalg.LinAlgError,
        "AxisError": np.exceptions.AxisError,
    }
    kind: Any = next(known[name] for name in names if name in known)
    if not issubclass(kind, Exception | SystemExit):
        kind = Exception
    made: Any = type(str(names[0]), (kind,), {"__str__": lambda self: text})
    error = made.__new__(made)
    with suppress(Exception):  # of a kind that wants more than words
        plain = kind(text)
        error = (
            plain if (type(plain).__name__, str(plain)) == (names[0], text) else error
        )
    if not 0 < line <= len(lines):
        raise error
    # the judge quotes this line, and sees no other
    shown = [""] * (line - 1) + [lines[line - 1]]
    linecache.cache["<answer>"] = (0, None, shown, "<answer>")
    words = "raise error" if is_own else "raise_it(error)"
    names_here = {"error": error, "raise_it": _raise_it}
    exec(compile("\n" * (line - 1) + words, "<answer>", "exec"), names_here)


def _raise_it(error: Exception) -> None:
    raise error


def _stand_in(name: str) -> Any:
    """Return a function that has the name of the learner's file and nothing else of
    it: no judge can run the learner's code here by mistake, nor find its lines.
    """

    def stand_in(*given: Any) -> None:
        raise NotImplementedError

    stand_in.__name__ = name
    stand_in.__code__ = stand_in.__code__.replace(
        co_filename="<answer>", co_firstlineno=10**6
    )
    return stand_in


def answer_of(guest: Guest) -> Any:
    """Return an answer as the judges want it: a function or a class that asks the
    process, or a value.

    Raises:
        What the cell raises when it runs.
    """
    what, *more = guest.load()
    own = str(guest.what[-1])
    if what == "value":
        return more[0]
    if what == "class":
        methods = {name: _stand_in(name) for name in ("reset", "step")}
        make = {"__new__": lambda _, *given, **named: guest.make(*given, **named)}
        return type(own, (), {**make, **methods})

    def remote(*given: Any, **named: Any) -> Any:
        return guest.call(*given, **named)

    remote.__name__ = own
    vars(remote)["__wrapped__"] = _stand_in(own)
    if more[0] is not None:
        vars(remote)["__signature__"] = inspect.Signature(
            [
                inspect.Parameter(
                    str(name),
                    list(inspect._ParameterKind)[kind],
                    default=None if has_default else inspect.Parameter.empty,
                )
                for name, kind, has_default in more[0]
            ]
        )
    return remote


def kit_source() -> str:
    """Return the source of what both sides have."""
    return "\n\n".join([KIT_IMPORTS, *(inspect.getsource(one) for one in KIT)])
