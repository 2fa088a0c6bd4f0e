"""Whatever an answer does, the session is as it was, and the message is true."""

import builtins
import linecache
import math
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import guard
from dqn_tutorial.classroom.check.guest import MOST_PRINTED

OWNERS = (builtins, math, random, time, np, np.random, torch, torch.nn.functional)
RIGHT = "(gamma ** np.arange(len(rewards)) * rewards).sum()"
# lines of an answer to `discounted_return`; its key, empty where it is right; words of
# the message
HOSTILE: dict[str, tuple[str, str, str]] = {
    "patches allclose": (
        "np.allclose = np.isclose = lambda *a, **k: True\nreturn 7.0",
        "other values",
        "Yours: 7",
    ),
    "patches the arithmetic": (
        f"np.asarray = np.add = lambda *a: None\nreturn {RIGHT}",
        "",
        "",
    ),
    "patches len": (f"y = {RIGHT}\nbuiltins.len = lambda x: 0\nreturn y", "", ""),
    "removes isinstance": (f"del builtins.isinstance\nreturn {RIGHT}", "", ""),
    "patches print": (f"builtins.print = None\nreturn {RIGHT}", "", ""),
    "adds a name": (f"np.mine = math.mine = 3\nreturn {RIGHT}", "", ""),
    "patches chance": (
        f"random.random = np.random.default_rng = lambda *a: 0.5\nreturn {RIGHT}",
        "",
        "",
    ),
    "patches torch": (
        f"torch.no_grad = torch.nn.functional.relu = None\nreturn {RIGHT}",
        "",
        "",
    ),
    "patches tensors": (
        f"torch.Tensor.mean = lambda self, *a: self\nreturn {RIGHT}",
        "",
        "",
    ),
    "stops time": (f"time.monotonic = lambda: 0.0\nreturn {RIGHT}", "", ""),
    "switches gradients off": (
        f"torch.set_grad_enabled(False)\nreturn {RIGHT}",
        "",
        "",
    ),
    "enters no_grad": (f"torch.no_grad().__enter__()\nreturn {RIGHT}", "", ""),
    "another dtype": (
        f"torch.set_default_dtype(torch.float64)\nreturn {RIGHT}",
        "",
        "",
    ),
    "errors raise": (f"np.seterr(all='raise')\nreturn {RIGHT}", "", ""),
    "another precision": (
        "np.set_printoptions(precision=1)\nreturn 1 / 3",
        "other values",
        "0.333",
    ),
    "seeds": (
        f"np.random.seed(0); random.seed(0); torch.manual_seed(0)\nreturn {RIGHT}",
        "",
        "",
    ),
    "draws a figure": (f"plt.plot(rewards)\nreturn {RIGHT}", "", ""),
    "moves away": (f"os.chdir('/')\nos.environ['A'] = 'b'\nreturn {RIGHT}", "", ""),
    "clears the environment": (f"os.environ.clear()\nreturn {RIGHT}", "", ""),
    "deep recursion": (
        f"sys.setrecursionlimit(5_000)\nsys.path.clear()\nreturn {RIGHT}",
        "",
        "",
    ),
    "sleeps": ("time.sleep(60)", "endless", "stopped after 0.3 seconds"),
    "sleeps for ever in pieces": (
        "while True:\n    try:\n        time.sleep(60)\n    except:\n        pass",
        "endless",
        "stopped after 0.3 seconds",
    ),
    "locks twice": (
        "lock = threading.Lock()\nlock.acquire()\nlock.acquire()",
        "endless",
        "`lock.acquire()`",
    ),
    "waits for an event": (
        "threading.Event().wait()",
        "endless",
        "stopped after 0.3 seconds",
    ),
    "patches while it loops": (
        "np.allclose = None\nwhile True:\n    builtins.len = None",
        "endless",
        "in line",
    ),
    "one long print": (f"print('x' * 725_000)\nreturn {RIGHT}", "", ""),
    "many prints": (
        f"for k in range(20_000): print(k, file=sys.stderr)\nreturn {RIGHT}",
        "",
        "",
    ),
    "closes stdout": (f"sys.stdout.close()\nreturn {RIGHT}", "", ""),
    "no stdout": (f"sys.stdout = sys.stderr = None\nreturn {RIGHT}", "", ""),
    "three million floats": (
        "return [0.1] * 3_000_000",
        "other type",
        "returns a list",
    ),
    "a list in itself": (
        "own = []\nown.append(own)\nreturn own",
        "other type",
        "returns a list",
    ),
    "a deep list": (
        "own = [1.0]\nfor _ in range(5_000): own = [own]\nreturn own",
        "other type",
        "returns a list",
    ),
    "an error without words": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
        "an error",
        "stopped with `Odd`",
    ),
    "an error that is none": (
        "class Odd(BaseException): pass\nraise Odd('out')",
        "an error",
        "`Odd: out`",
    ),
    "a long error": ("raise ValueError('x' * 100_000)", "an error", "[cut]"),
    "an error in backticks": (
        "raise ValueError('use `*this*`')",
        "an error",
        "`` ValueError: use `*this*` ``",
    ),
    "the error of PyTorch's types": (
        "return torch.nn.functional.mse_loss(torch.tensor(1), torch.tensor(2))",
        "an error",
        "NotImplementedError",
    ),
    "ends Python": ("os._exit(3)", "ends Python", "`os._exit(3)`"),
    "leaves": ("raise SystemExit", "ends Python", "ends Python itself"),
    "no array": (
        "class Odd:\n    def __array__(self, *a): raise ValueError\nreturn Odd()",
        "other type",
        "returns an Odd",
    ),
}
NAMES = {
    "np": np,
    "torch": torch,
    "math": math,
    "random": random,
    "builtins": builtins,
    "os": os,
    "sys": sys,
    "time": time,
    "threading": threading,
    "plt": plt,
}


def session() -> dict[str, Any]:
    """What an answer could change."""
    return {
        "names": [
            {name: id(value) for name, value in vars(owner).items()} for owner in OWNERS
        ],
        "grad": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(),
        "errors": np.geterr(),
        "print": np.get_printoptions(),
        "chance": (
            random.getstate(),
            str(np.random.get_state()),  # noqa: NPY002
            torch.get_rng_state().tolist(),
        ),
        "figures": plt.get_fignums(),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "limit": sys.getrecursionlimit(),
        "path": [*sys.path],
        "streams": (sys.stdout, sys.stderr),
    }


def answer_of(lines: str) -> Any:
    source = "def answer(rewards, gamma):\n    " + lines.replace("\n", "\n    ")
    names: dict[str, Any] = dict(NAMES)
    exec(compile(source, "<answer>", "exec"), names)
    return names["answer"]


@pytest.fixture(autouse=True)
def short_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(tmp_path / "progress.json"))
    yield


@pytest.mark.parametrize("lines, key, words", HOSTILE.values(), ids=HOSTILE)
def test_the_session_is_as_before_and_the_message_true(
    lines: str,
    key: str,
    words: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if key == "endless":
        monkeypatch.setattr(guard, "SECONDS", 0.3)
    source = "def answer(rewards, gamma):\n    " + lines.replace("\n", "\n    ")
    linecache.cache["<answer>"] = (0, None, source.splitlines(True), "<answer>")
    before, begun = session(), time.monotonic()
    threads = {*threading.enumerate()}
    verdict = check.discounted_return(answer_of(lines))
    took = time.monotonic() - begun
    assert session() == before and {*threading.enumerate()} <= threads
    assert (verdict.status, verdict.key) == ("not yet" if key else "correct", key), (
        verdict
    )
    assert words in verdict.message and len(verdict.message) < 2_000
    said = capfd.readouterr()
    assert len(said.out) <= MOST_PRINTED + 20 and not said.err
    assert took < 20  # not the minute that it wanted
    del linecache.cache["<answer>"]


def test_there_are_thirty_of_them() -> None:
    assert len(HOSTILE) >= 30
