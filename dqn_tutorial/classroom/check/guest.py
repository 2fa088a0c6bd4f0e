"""A learner's code as a guest: what it leaves changed in the session is put back."""

import builtins
import io
import math
import os
import random
import sys
import threading
import time

# names of our own: a guest may have put others into `builtins`
from builtins import all, delattr, dict, isinstance, len, map, setattr, vars  # noqa: UP029
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from operator import is_
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import torch

MOST_PRINTED = 2_000  # letters that the prints of one check may take
SHARED: tuple[Any, ...] = (
    builtins,
    math,
    random,
    time,
    threading,
    np,
    np.linalg,
    np.random,
    torch,
    torch.Tensor,
    torch.linalg,
    torch.nn,
    torch.nn.functional,
)


def _set_environment(old: dict[str, str]) -> None:
    if dict(os.environ) != old:
        os.environ.clear()
        os.environ.update(old)


# how a state of the session is read and set
State = tuple[Callable[[], Any], Callable[[Any], Any]]
STATES: tuple[State, ...] = (
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_default_dtype, torch.set_default_dtype),
    (np.geterr, lambda old: np.seterr(**old)),
    (np.get_printoptions, lambda old: np.set_printoptions(**old)),
    (os.getcwd, os.chdir),
    (lambda: dict(os.environ), _set_environment),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (lambda: [*sys.path], lambda old: sys.path.__setitem__(slice(None), old)),
)


CHANCE: tuple[State, ...] = (
    (torch.get_rng_state, torch.set_rng_state),
    (np.random.get_state, np.random.set_state),
    (random.getstate, random.setstate),
)


class Said(io.StringIO):
    """What an answer prints, cut to a length that a reader can take. Closing it, as an
    answer may, loses nothing.
    """

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        super().write(text[: max(MOST_PRINTED - self.tell(), 0)])
        return len(text)

    def close(self) -> None:
        """Stay open."""


# not an Exception, so that an `except Exception` in a loop does not catch it
class TooLong(BaseException):
    """The code ran longer than it may."""


def _refuse_to_end(*_: Any, **__: Any) -> None:
    raise SystemExit


@contextmanager
def chance_kept() -> Iterator[None]:
    """Put the shared random generators back at the end of a check. Within it they go
    on, so that an answer that draws from them is found out.
    """
    states = [(set_back, read()) for read, set_back in CHANCE]
    try:
        yield
    finally:
        for set_back, old in states:
            set_back(old)


@contextmanager
def hosted(said: Said) -> Iterator[None]:
    """Let a learner's code run: keep its prints and warnings, and put back afterwards
    what it changed: modes, figures, environment variables, the working folder. It
    cannot end the kernel.
    """
    states = [(set_back, read()) for read, set_back in STATES]
    pyplot, shell = sys.modules.get("matplotlib.pyplot"), _shell()
    figures = set(pyplot.get_fignums()) if pyplot else set()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(said))
        stack.enter_context(redirect_stderr(said))
        stack.enter_context(
            mock.patch.multiple(os, _exit=_refuse_to_end, abort=_refuse_to_end)
        )
        if shell is not None:
            stack.enter_context(mock.patch.object(shell, "ask_exit", _refuse_to_end))
        try:
            yield
        finally:
            for set_back, old in states:
                set_back(old)
            if pyplot := sys.modules.get("matplotlib.pyplot"):
                for number in set(pyplot.get_fignums()) - figures:
                    pyplot.close(number)


@contextmanager
def unpatched() -> Iterator[Callable[[], None]]:
    """Put back what a learner's code changed in the modules that all share, at the end
    and whenever the function that is given is called, also while the code is being
    stopped.
    """
    before = [(owner, dict(vars(owner))) for owner in SHARED]

    def put_back() -> None:
        left = [*before]
        while left:
            try:
                _put_back(*left[-1])
                left.pop()
            except TooLong:
                continue

    try:
        yield put_back
    finally:
        put_back()


def _shell() -> Any:
    """Return IPython's shell where the code runs in one: its `exit` ends the kernel."""
    IPython = sys.modules.get("IPython")
    return IPython.get_ipython() if IPython else None


def _put_back(owner: Any, before: dict[str, Any]) -> None:
    now = vars(owner)
    if len(now) == len(before) and all(map(is_, now.values(), before.values())):
        return
    for name, value in before.items():
        if now.get(name) is not value:
            setattr(owner, name, value)
    for name in [*now]:  # a module that was imported meanwhile may stay
        if name not in before and not isinstance(now[name], ModuleType):
            delattr(owner, name)
