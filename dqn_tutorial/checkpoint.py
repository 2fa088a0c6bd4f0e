"""Files that are there whole or not at all, and the one that a run goes on from."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from dqn_tutorial.config import Refused, take_format

CHECKPOINT_FORMAT = 1
CHECKPOINT = "checkpoint.safetensors"
LOCK = ".lock"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write a file to, which takes its name once it is complete:
    whatever happens, the old or the new one is there.

    Raises:
        Refused: it cannot be written, as on a full disk.

    Source: POSIX, rename.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            unfinished.unlink()
        why = getattr(error, "strerror", None) or error
        raise Refused(f"{path} cannot be written: {why}") from error


def write_whole(path: Path, content: str) -> None:
    """Write a text file as `whole` says."""
    with whole(path) as unfinished:
        unfinished.write_text(content, encoding="utf-8", newline="")


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn whatever a damaged file brings about into one sentence that names it."""
    try:
        yield
    except Refused:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,
        RecursionError,
        RuntimeError,
        SafetensorError,
        TypeError,
        ValueError,
    ) as error:
        why = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise Refused(f"{path} cannot be read: {why:.200}") from error


def save_state(state: Mapping[str, Any], path: Path) -> None:
    """Write nested dicts and lists of numbers, words, arrays and tensors.

    Source: safetensors.
    """
    tensors: dict[str, torch.Tensor] = {}
    plain = json.dumps({"format": CHECKPOINT_FORMAT, **_without(state, tensors)})
    with whole(path) as unfinished:
        save_file(tensors, unfinished, {"state": plain})


def load_state(path: Path) -> dict[str, Any]:
    """Return what `save_state` wrote, with NumPy arrays for arrays and tensors.

    Raises:
        Refused: the file is missing, damaged, or of a later version.
    """
    with reading(path), safe_open(path, "pt") as file:
        state = json.loads(file.metadata()["state"])
        take_format(state, CHECKPOINT_FORMAT, path)
        return dict(_with(state, file))


def _without(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """Return the value with a name in the place of each tensor, and collect those."""
    if isinstance(value, dict):
        return {name: _without(own, tensors) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [_without(own, tensors) for own in value]
    name = str(len(tensors))
    if isinstance(value, np.ndarray):
        tensors[name] = torch.from_numpy(
            np.ascontiguousarray(value).reshape(value.shape)
        )
        return {"array": name}
    if isinstance(value, torch.Tensor):  # a tensor of two names is refused there
        tensors[name] = value.detach().cpu().clone().contiguous()
        return {"tensor": name}
    return value.item() if isinstance(value, np.generic) else value


def _with(value: Any, file: Any) -> Any:
    """Return the value with the tensors in their places."""
    if isinstance(value, list):
        return [_with(own, file) for own in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"array"}:
        return file.get_tensor(value["array"]).numpy()
    if value.keys() == {"tensor"}:
        return file.get_tensor(value["tensor"])
    return {name: _with(own, file) for name, own in value.items()}


@contextmanager
def signals_wait() -> Iterator[list[int]]:
    """Collect Ctrl-C and SIGTERM instead of obeying: the caller ends where it can go on
    from. Ctrl-C as the second is a KeyboardInterrupt at once; SIGTERM is not, since
    programs send it more than once.
    """
    caught: list[int] = []

    def note(number: int, frame: object) -> None:
        if caught:
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            return
        caught.append(number)
        with suppress(OSError):  # nobody may be there to read it
            print("\nending after this step; Ctrl-C again: at once", file=sys.stderr)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, note)
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder for this process.

    Raises:
        Refused: another process works in it, or it cannot be made.

    Source: filelock.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise Refused(f"{folder} is in use: another process trains in it") from None
    except OSError as error:
        raise Refused(f"{folder} cannot be used: {error.strerror}") from error
    try:
        yield
    finally:
        # held still, so that nobody else can hold what is removed
        with suppress(PermissionError):  # Windows keeps an open file
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()
