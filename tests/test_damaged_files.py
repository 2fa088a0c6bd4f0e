"""Two hundred damaged and hostile files: each is refused in a sentence, and no code is
run.
"""

import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dqn_tutorial import get_model, load_agent, runs
from dqn_tutorial.classroom.check import logbook
from dqn_tutorial.classroom.live.recording import Recording
from dqn_tutorial.config import Refused, read_settings
from dqn_tutorial.models import saved_config
from dqn_tutorial.runs import resume
from dqn_tutorial.sweep import blocks_of, sweep
from tests.conftest import small_config

OLD = Path(__file__).parent / "fixtures" / "files_of_2026_11"
NO_JSON = [b"", b"\xff\xfe", b"{", b"[" * 100_000, b'{"format": 1, ', b"nul", b"\0" * 9]
WRONG_JSON = [b"3", b"null", b"[]", b'{"format": 99}', b'{"format": -1}', b'"text"']
SWEEP_CONFIG = small_config("slipperygrid", max_steps=64, width=4)


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> Any:
        return raise_alarm, ()


def raise_alarm() -> None:
    raise SystemExit("code was run")


PICKLED = pickle.dumps(Evil())
HOSTILE_YAML = [
    "!!python/object/apply:tests.test_damaged_files.raise_alarm []",
    "a: !!python/name:os.system",
    "a: &a [*a, *a]\nb: *a",
    "training: &t {training: *t}",
    "env:\n  name: tests.test_damaged_files:CartPole-v1",
    "env: {name: 'os:Own-v0'}",
    "model: {name: os.system}",
    "model: {critic: {arch: 'os:system'}}",
    "model: {critic: {critic_type: __import__}}",
    "training: {device: 'exec'}",
    "training: {batch_size: 1e400}",
    "seed: .nan",
    "training: {max_steps: [1, 2]}",
    "training: 3",
    "- 1",
    "\t",
    "a: b: c",
    "\0",
    "training: {gamma: .inf}",
    "format: 99",
    "a: " + "[" * 3_000,
]
HOSTILE_YAML += [  # each name stands for ten of the one before
    "a0: &a0 [x]\n"
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
]


def cut(sound: bytes, rng: np.random.Generator, n: int) -> Iterator[bytes]:
    """Give beginnings of a file."""
    yield from (sound[:size] for size in rng.integers(1, len(sound) - 2, size=n))


def changed(content: Any, rng: np.random.Generator, n: int) -> Iterator[bytes]:
    """Give JSON with a value, somewhere, that is of another kind."""
    for _ in range(n):
        new = json.loads(json.dumps(content))
        place, key = new, rng.choice(list(new))
        while isinstance(place[key], dict | list) and place[key] and rng.random() < 0.7:
            place = place[key]
            names = list(place) if isinstance(place, dict) else range(len(place))
            key = names[int(rng.integers(len(names)))]
        others = (
            [None, "x", -7.5] if isinstance(place[key], dict | list) else [{"a": 1}]
        )
        place[key] = others[int(rng.integers(len(others)))]
        if json.dumps(new) != json.dumps(content):
            yield json.dumps(new).encode()


def refused(read: Callable[[Path], object], path: Path, content: bytes) -> str:
    """Return what is said of a file with that content."""
    path.write_bytes(content)
    with pytest.raises(Refused) as raised:
        read(path)
    assert len(str(raised.value)) < 1_000
    return str(raised.value)


def test_settings(tmp_path: Path) -> None:
    def read(path: Path) -> None:
        get_model(saved_config(read_settings(path)))

    for text in HOSTILE_YAML:
        refused(read, tmp_path / "a.yaml", text.encode())
    for content in (
        b"\xff\xfe",
        PICKLED,
        b"training = [",
        b"[training]\nmax_steps = 0",
    ):
        refused(read, tmp_path / "a.toml", content)


@pytest.mark.parametrize(
    ("name", "file", "read"),
    [
        ("recording", "recording.json", lambda p: get_model(Recording.load(p).config)),
        ("progress", "learner.json", logbook.read),
    ],
)
def test_recordings_and_progress(
    name: str, file: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    sound = (OLD / file).read_bytes()
    damaged = [*NO_JSON, *WRONG_JSON, PICKLED, *cut(sound, rng, 15)]
    if name == "recording":
        damaged += changed(json.loads(sound), rng, 25)
        hostile = json.loads(sound)
        hostile["settings"]["env.name"] = "tests.test_damaged_files:Own-v0"
        damaged.append(json.dumps(hostile).encode())
    for content in damaged:
        refused(read, tmp_path / file, content)


def test_runs(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    shutil.copytree(OLD / "run", tmp_path / "run")
    policy = tmp_path / "run/policy.safetensors"
    sound = policy.read_bytes()
    other = (OLD / "run_of_ensembles/policy.safetensors").read_bytes()
    for content in [b"", PICKLED, other, b"\xff" * 64, *cut(sound, rng, 12)]:
        assert str(policy) in refused(
            lambda _: load_agent(tmp_path / "run"), policy, content
        )
    policy.write_bytes(sound)
    config = tmp_path / "run/config.yaml"
    for text in HOSTILE_YAML:
        refused(lambda _: load_agent(tmp_path / "run"), config, text.encode())


def test_checkpoints(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    folder = tmp_path / "run"
    shutil.copytree(OLD / "run_unfinished", folder)
    path = folder / runs.CHECKPOINT
    sound = path.read_bytes()
    head = int.from_bytes(sound[:8], "little")
    for place in rng.integers(8, 8 + head, size=20):  # names, shapes, numbers
        broken = sound[:place] + bytes([255 - sound[place]]) + sound[place + 1 :]
        assert str(path) in refused(lambda _: resume(folder), path, broken)
    for content in [b"", PICKLED, *cut(sound, rng, 12)]:
        assert str(path) in refused(lambda _: resume(folder), path, content)


def test_sweeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = "dqn_tutorial.sweep._executor"
    monkeypatch.setattr(here, lambda _: ThreadPoolExecutor(1))
    rng = np.random.default_rng(4)
    blocks, folder = blocks_of([({}, SWEEP_CONFIG)], range(2)), tmp_path / "sweep"
    sweep(blocks, folder, None)
    plan, block = folder / "sweep.json", next((folder / "blocks").iterdir())
    for path in (plan, block):
        sound = path.read_bytes()
        for content in [*NO_JSON, b"3", b"null", PICKLED, *cut(sound, rng, 8)]:
            said = refused(lambda _: sweep(blocks, folder, None), path, content)
            assert str(folder) in said
        path.write_bytes(sound)
