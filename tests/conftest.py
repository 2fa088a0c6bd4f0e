"""What every test shares: a guard on the global random generators, and small agents."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# two processes share the cores; a second thread would only spin. Kernels inherit it
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
import torch

from dqn_tutorial import (
    DQN,
    DQNConfig,
    DQNCritic,
    DQNCriticConfig,
    MainConfig,
    make_config,
    register,
)
from dqn_tutorial import __main__ as command_line
from dqn_tutorial import models as registry

# so that no test and no kernel of nbval notes progress beside the notebooks
_FOLDER = tempfile.TemporaryDirectory()
os.environ.setdefault(
    "DQN_TUTORIAL_PROGRESS", str(Path(_FOLDER.name) / "progress.json")
)


@pytest.fixture(autouse=True)
def global_generators_are_left_alone() -> Iterator[None]:
    """Fail a test that draws from, or seeds, a global generator of NumPy or PyTorch.

    That nothing of ours imports Python's `random` is tested in test_house.py; a library
    of the command line does.
    """

    def states() -> list[Any]:
        of_numpy = np.random.get_state()[1].tolist()  # noqa: NPY002
        return [of_numpy, torch.get_rng_state().tolist()]

    before = states()
    yield
    assert states() == before, "a global random generator was used"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def make_critic() -> Callable[..., DQNCritic]:
    """Build a small critic of 4 numbers in and 3 actions out; settings by their last
    name.
    """

    def build(**settings: Any) -> DQNCritic:
        return DQNCritic(small_config(**settings), dim_state=4, dim_act=3)

    return build


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command in this process, a sweep too: a new one needs seconds to begin."""
    monkeypatch.setattr(sys, "argv", ["dqn_tutorial", *words])
    here = "dqn_tutorial.sweep._executor"
    monkeypatch.setattr(here, lambda _: ThreadPoolExecutor(1))
    return command_line.main()


def small_config(env: str = "cartpole", **settings: Any) -> MainConfig:
    return make_config(
        env, **({"width": 16, "depth": 1, "batch_size": 32, "eval_every": 0} | settings)
    )


class OwnCritic(DQNCritic):
    """A learner's critic."""


@dataclass(frozen=True)
class OwnConfig(DQNConfig):
    """A learner's settings, one of them new."""

    name: str = "own"
    patience: int = 3
    critic: DQNCriticConfig = field(
        default_factory=lambda: DQNCriticConfig(critic_type="OwnCritic")
    )


@pytest.fixture
def own_model() -> Iterator[None]:
    register("own", DQN, OwnConfig, critic=OwnCritic)
    yield
    del registry.MODELS["own"], registry.CRITICS["OwnCritic"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for all tests of a module."""
    from tests.jupyter import chromium, skip_without_browser  # needs Playwright

    skip_without_browser()
    with chromium() as browser:
        yield browser
