"""A process that holds one answer and nothing of the course, run by `remote.py`.

The answer can talk only to the judge, over the line. On Linux it sees no other process
and no network, reads no file but those of Python and its libraries, writes none, and
has a user without rights where the grader is root. Elsewhere some of that is missing,
and the grader says what.

Source: Linux's namespaces(7), landlock(7), getrlimit(2).
"""

import __future__

import ast
import builtins
import ctypes
import inspect
import os
import signal
import socket
import sys
import sysconfig
import traceback
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch

from .blocks import Open
from .wire import Wire

SECONDS = 120  # of the processor's time
ROOM = 1 << 30  # bytes of memory, above what the libraries take
N_PROCESSES = 64
NOBODY = 65534
# what Python says before it does something, and an answer has no reason for
REFUSED = (
    "os.",
    "shutil.",
    "subprocess.",
    "socket.",
    "ctypes.dlopen",
    "ctypes.call_function",
    "pty.",
    "fcntl.",
    "tempfile.",
    "webbrowser.",
    "mmap.",
)
LOOKS = ("os.listdir", "os.scandir", "os.putenv", "os.unsetenv")
FLAGS = {"processes": 0x20000000, "network": 0x40000000, "memory of others": 0x08000000}
NEW_USER = 0x10000000
DEFINES = (
    ast.FunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.Import,
    ast.ImportFrom,
)
LAZY = (
    __future__.annotations.compiler_flag
)  # what stands in annotations need not be there


def readable() -> list[str]:
    """Return the places of Python and its libraries, without this package."""
    paths = sysconfig.get_paths()
    roots = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    roots |= {str(Path(m.__file__ or "").parents[1]) for m in (np, torch, gymnasium)}
    return [
        entry.path
        for root in sorted(roots)
        if os.path.isdir(root)
        for entry in os.scandir(root)
        if "dqn_tutorial" not in entry.name and not entry.name.endswith("-packages")
    ]


def enclose(places: list[str]) -> list[str]:
    """Take away what an answer does not need; return what could not be taken away."""
    import resource

    missing = []
    status = Path("/proc/self/statm")
    if status.exists():
        size = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    else:
        missing.append("memory")
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # of a file that it writes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not _lock_files(places):
        missing.append("files")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (N_PROCESSES, N_PROCESSES))
    sys.addaudithook(_refusal(tuple(places)))
    return missing


def _refusal(places: tuple[str, ...]) -> Any:
    def refuse(event: str, given: tuple[Any, ...]) -> None:
        if event == "open":
            name, mode = str(given[0]), str(given[1])
            if name.startswith(places) and not set(mode) & set("wax+"):
                return
        elif event in LOOKS or not event.startswith(REFUSED):
            return
        raise PermissionError(f"when it is graded, an answer may not use `{event}`")

    return refuse


def _lock_files(places: list[str]) -> bool:
    """Let this process read these places only, and write nowhere; say whether the
    system can do that.
    """
    if sys.platform != "linux":
        return False
    system = ctypes.CDLL(None, use_errno=True)
    version = system.syscall(444, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    n_rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    rules = (ctypes.c_uint64 * 2)((1 << n_rights) - 1, 3)  # files; TCP
    size = ctypes.c_size_t(16 if version > 3 else 8)
    fence = system.syscall(444, rules, size, 0)

    class Beneath(ctypes.Structure):
        _pack_ = 1
        _fields_ = (("rights", ctypes.c_uint64), ("place", ctypes.c_int32))

    for place in places:
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
        rights = 4 | (8 if os.path.isdir(place) else 0)  # read files, list folders
        rule = Beneath(rights, opened)
        system.syscall(445, fence, 1, ctypes.byref(rule), 0)
        os.close(opened)
    system.prctl(38, 1, 0, 0, 0)  # no new privileges
    is_locked: bool = system.syscall(446, fence, 0) == 0
    os.close(fence)
    return is_locked


def _unshare() -> list[str]:
    """Leave the network and the processes of others; return what could not be left."""
    if sys.platform != "linux":
        return [*FLAGS]
    system = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() and system.unshare(NEW_USER):
        return [*FLAGS]
    return [name for name, flag in FLAGS.items() if system.unshare(flag)]


class Answer:
    """The answer, and what is asked of it."""

    def __init__(self, line: socket.socket) -> None:
        self.kinds: dict[str, type] = {}
        self.own: Any = None
        self.held: list[Any] = []
        self.wire = Wire(line, -1, self.kinds, lambda value: isinstance(value, Open))
        self.wire.ask = self.ask

    def ask(self, *question: Any) -> Any:
        """Ask the judge about an object of its own."""
        before = set(self.wire.objects)
        self.wire.send("ask", *question)
        kind, values = self.wire.receive()
        if question[0] == "call" and question[1]._kind == "function":
            self.wire.keep(before)  # it keeps nothing of what it was given
        if kind == "error":
            name, text = values
            error = getattr(builtins, name, RuntimeError)
            raise error(text)
        return values[0]

    def serve(self, missing: list[str]) -> None:
        """Answer the judge until the line is closed."""
        self.wire.send("ready", missing)
        while True:
            self._serve_one(*self.wire.receive())

    def _serve_one(self, kind: str, values: list[Any]) -> None:
        try:
            self.wire.send("value", getattr(self, kind)(*values))
        except ConnectionError:
            raise
        except BaseException as error:
            self.wire.send("error", *_told(error))

    def load(
        self, kit: str, parts: list[list[str]], names: dict[str, Any], own: str
    ) -> Any:
        """Define the answer; say what it is."""
        space: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(kit, "<kit>", "exec", LAZY, True), space)
        self.kinds.update({k: v for k, v in space.items() if isinstance(v, type)})
        space = {"__name__": "__main__"}
        for name, value in names.items():
            space[name] = self.kinds[value[1:]] if str(value).startswith("=") else value
        first: BaseException | None = None
        for file, source in parts:
            for node in ast.parse(source).body:
                if not isinstance(node, DEFINES):
                    continue
                try:
                    one = compile(ast.Module([node], []), file, "exec", LAZY, True)
                    exec(one, space)
                except Exception as error:  # of a line that the answer may not need
                    first = first or error
        if own not in space:
            raise first or NameError(f"name {own!r} is not defined")
        self.own = space[own]
        if isinstance(self.own, type):
            return ("class",)
        return (
            ("function", _parameters(self.own))
            if callable(self.own)
            else ("value", self.own)
        )

    def call(self, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call the answer."""
        return self.own(*given, **named)

    def make(self, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Make an object of the class that the answer is; return its number."""
        self.held.append(self.own(*given, **named))
        return len(self.held) - 1

    def method(
        self, number: int, name: str, given: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        """Call a method of such an object."""
        return getattr(self.held[number], name)(*given, **named)


def _parameters(function: Any) -> Any:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[p.name, int(p.kind), p.default is not p.empty] for p in found]


def _told(error: BaseException) -> tuple[Any, ...]:
    """Return the names of an error's kinds, its words, the learner's line that it came
    through last, and whether that line raised it.
    """
    names = [kind.__name__ for kind in type(error).__mro__]
    try:
        text = str(error)[:2000]
    except Exception:
        text = ""
    lines = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    own = [line for file, line in lines if file == "<answer>"]
    is_own = bool(lines) and lines[-1][0] == "<answer>"
    return names, text, own[-1] if own else 0, is_own


def warm_up() -> None:
    """Load now what libraries load late: later their files may be closed."""
    weight = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([weight])
    torch.nn.functional.mse_loss(weight, torch.ones(2)).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    np.random.default_rng(0).normal(size=2)
    np.array2string(np.ones(2))
    repr(torch.ones(2))


def main() -> None:
    """Make a process for each answer that is sent for, until the grader is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    torch.set_num_threads(1)
    warm_up()
    places = readable()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, opened, *_ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            missing = _unshare()
            if (pid := os.fork()) == 0:
                control.close()
                os.setsid()
                line = socket.socket(fileno=opened[0])
                try:
                    Answer(line).serve(missing + enclose(places))
                finally:
                    os._exit(0)
            control.send(pid.to_bytes(8, "little"))
            control.close()
            os.close(opened[0])
            os.waitpid(pid, 0)
            os._exit(0)
        os.close(opened[0])
