"""A run in which controls were moved, as data: kept, saved, and played back with the
same result, without a screen.
"""

import json
import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from dqn_tutorial.agent import Agent
from dqn_tutorial.checkpoint import reading, write_whole
from dqn_tutorial.config import (
    MainConfig,
    flatten,
    nearest,
    refuse,
    take_format,
)
from dqn_tutorial.models import get_model, saved_config
from dqn_tutorial.schedules import SCHEDULES, is_in_range, range_of
from dqn_tutorial.training import Record, train

RECORDING_FORMAT = 1  # of the file; the first had no number: 0
LIVE_VALUES = tuple(SCHEDULES)  # what may be moved while an agent learns


class Move(NamedTuple):
    """One change of a control."""

    step: int  # made after the record of this environment step; 0: before the first
    name: str  # one of LIVE_VALUES
    value: float | None  # None: back to the schedule


@dataclass(frozen=True)
class Recording:
    """What a run needs to happen again: its settings, the moves made in it, and its
    length.

    Args:
        settings: by their dotted names, as `config.flatten` gives them; what is left
            out has its default.
        moves: in the order in which they were made.
        n_steps: environment steps of one agent.

    Raises:
        ValueError: a setting, a move or a length that is not allowed; the message names
            field, value and what is.
    """

    settings: dict[str, Any]
    moves: tuple[Move, ...]
    n_steps: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "moves", tuple(Move(*move) for move in self.moves))
        _require(
            "n_steps",
            self.n_steps,
            type(self.n_steps) is int and self.n_steps >= 0,
            "a whole number, 0 or more",
        )
        before = 0
        for number, (step, name, value) in enumerate(self.moves):
            field = f"moves[{number}]"
            _require(
                f"{field}.name",
                name,
                name in LIVE_VALUES,
                nearest(str(name), LIVE_VALUES),
            )
            _require(
                f"{field}.step",
                step,
                type(step) is int and step >= before,
                f"a whole number, {before} or more",
            )
            _require(
                f"{field}.step",
                step,
                step <= self.n_steps,
                f"at most n_steps = {self.n_steps}",
            )
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            allowed = f"null or {range_of(name)}"
            fits = value is None or (is_number and is_in_range(name, value))
            _require(f"{field}.value", value, fits, allowed)
            before = step
        # all of them, as they were understood
        object.__setattr__(self, "settings", flatten(self.config))
        max_steps = self.config.training.max_steps
        _require(
            "n_steps",
            self.n_steps,
            self.n_steps <= max_steps,
            f"at most training.max_steps = {max_steps}",
        )

    @property
    def config(self) -> MainConfig:
        """The settings as a configuration. Taught in 07_train_cartpole."""
        _require(
            "settings",
            type(self.settings).__name__,
            isinstance(self.settings, dict),
            "an object of settings",
        )
        return saved_config(self.settings)

    def save(self, path: str | Path) -> None:
        """Write it as JSON."""
        settings = {
            name: str(value) if value == math.inf else value
            for name, value in self.settings.items()
        }
        content = {
            "format": RECORDING_FORMAT,
            "settings": settings,
            "moves": [list(move) for move in self.moves],
            "n_steps": self.n_steps,
        }
        write_whole(Path(path), json.dumps(content, indent=1, allow_nan=False) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> "Recording":
        """Read what `save` wrote.

        Raises:
            ValueError: not such a file; as in `Recording`.
        """
        with reading(path):
            return _read(Path(path).read_text(encoding="utf-8"), str(path))


def record_of(config: MainConfig, moves: list[Move], n_steps: int) -> Recording:
    """Return the recording of a run of `config` up to `n_steps`."""
    return Recording(
        flatten(config), tuple(move for move in moves if move.step <= n_steps), n_steps
    )


def load_lesson(name: str) -> Recording:
    """Return a recording that comes with the course, such as "epsilon_to_one".

    Raises:
        ValueError: no such lesson; the nearest name is given.

    Taught in 07_train_cartpole.
    """
    folder = resources.files("dqn_tutorial.classroom.live") / "lessons"
    names = sorted(
        item.name.removesuffix(".json")
        for item in folder.iterdir()
        if item.name.endswith(".json")
    )
    _require("lesson", name, name in names, nearest(name, names))
    return _read(
        (folder / f"{name}.json").read_text(encoding="utf-8"), f"lesson {name}"
    )


def make_move(agent: Agent, name: str, value: float | None) -> None:
    """Give an agent's live value a number, or, with None, give it back to its schedule.

    Raises:
        ValueError: a number that is not allowed.
    """
    if value is None:
        delattr(agent, name)
    else:
        setattr(agent, name, value)


def play_back(
    recording: Recording, on_record: Callable[[Agent, Record], None] | None = None
) -> Agent:
    """Run a recording again: each move is made at the first record at or after its
    step, one of step 0 before all.

    Args:
        recording: of a live run, or written by hand.
        on_record: called with the agent and each record, before the moves of that
            record.

    Returns:
        The agent, with the weights that it had at the end of the recorded run, bit for
        bit.

    Raises:
        ValueError: a model that is not registered here.

    Taught in 07_train_cartpole.
    """
    config = recording.config
    agent, moves = get_model(config), list(recording.moves)

    def move_until(step: int) -> None:
        while moves and moves[0].step <= step:
            _, name, value = moves.pop(0)
            make_move(agent, name, value)

    move_until(0)
    # or fewer, if the budget ends before
    n_records = math.ceil(recording.n_steps / config.training.n_envs)
    with closing(train(agent)) as records:
        for record in islice(records, n_records):
            if on_record is not None:
                on_record(agent, record)
            move_until(record.step)
    return agent


def _read(text: str, source: str) -> Recording:
    content = json.loads(text)
    take_format(content, RECORDING_FORMAT, source)
    fields = ["settings", "moves", "n_steps"]
    _require(
        f"{source}: fields",
        content,
        isinstance(content, dict) and sorted(content) == sorted(fields),
        f"{fields}",
    )
    moves = content["moves"]
    triples = isinstance(moves, list) and all(
        isinstance(move, list) and len(move) == 3 for move in moves
    )
    _require("moves", moves, triples, "a list of [step, name, value]")
    return Recording(content["settings"], moves, content["n_steps"])


def _require(name: str, value: Any, holds: bool, allowed: str) -> None:
    if not holds:
        is_sentence = allowed.startswith(("did you mean", "allowed:"))
        refuse(name, value, allowed if is_sentence else f"it must be {allowed}")
