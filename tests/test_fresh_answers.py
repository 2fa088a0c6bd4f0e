"""Answers that were written from the exercises' texts alone, by people who had not seen
the checks, each with the sentence that a teacher would say fixed before it was judged.

All of the last set are judged, and each second one of the older sets; all of these too
where the environment variable FRESH_ALL is 1.
"""

import linecache
import os
import re
import tomllib
import zlib
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check.bakery import Day

FRESH = tomllib.loads(
    (Path(__file__).parent / "fresh_answers.toml").read_text(encoding="utf-8")
)["answer"]
N_OLDER = 540
STEP = 1 if os.environ.get("FRESH_ALL") == "1" else 2
CHOSEN = [*range(0, N_OLDER, STEP), *range(N_OLDER, len(FRESH))]
ANSWER = re.compile("your_|Your|answer")
NAMES = {
    "check": check,
    "np": np,
    "torch": torch,
    "gym": gym,
    "Box": Box,
    "Discrete": Discrete,
    "SLOTS": 12,
    "PLACES": 6,
    "TRAY": 4,
    "Day": Day,
}


def function_of(code: str, place: str) -> Any:
    """Run an answer's code as a cell of its own and return its function, class or
    letters.
    """
    linecache.cache[place] = (len(code), None, code.splitlines(True), place)
    names: dict[str, Any] = dict(NAMES)
    exec(compile(code, place, "exec"), names)
    return [value for name, value in names.items() if ANSWER.match(name)][-1]


@pytest.mark.parametrize("k", CHOSEN)
def test_an_answer_is_judged_as_its_teacher_does(k: int) -> None:
    answer = FRESH[k]
    function = function_of(answer["code"], f"<answer {k}>")
    verdict = check.EXERCISES[answer["exercise"]].verdict(
        function,
        zlib.crc32(answer["exercise"].encode()),  # as a learner's check
    )
    wanted = "correct" if answer["right"] else "not yet"
    assert verdict.status == wanted, (answer["says"], verdict)
    assert verdict.key == answer.get("key", ""), (answer["says"], verdict)


def test_there_are_many() -> None:
    right = sum(answer["right"] for answer in FRESH)
    assert right >= 60 and len(FRESH) - right >= 150
