"""An exercise: what it asks, how an answer is judged, and the verdict that a learner
reads.
"""

import html
import math
import re
import tomllib
import zlib
from collections import ChainMap
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check import logbook
from dqn_tutorial.classroom.check.guard import (
    NotAttempted,
    OwnError,
    Wrong,
    alike,
    behaviour,
    guarded,
    listed,
)
from dqn_tutorial.classroom.check.values import ATOL, RTOL, as_array, describe, shown
from dqn_tutorial.classroom.pictures.figures import GREEN, GREY, RED

N_CASES = 20
COLOURS = {"correct": GREEN, "not yet": RED, "not attempted yet": GREY}
Function = Callable[..., Any]
Judge = Callable[[Any, np.random.Generator], None]
_ACCEPTED: dict[str, Any] = {}  # the learner's right answers, by exercise
# a key, and whether it fits a result and its inputs
Trait = tuple[str, Callable[[Any, Mapping[str, Any]], bool]]
# by exercise, or by the name of a section that several share, and by key
MESSAGES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("messages.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Verdict:
    """What a check says. Attributes: exercise: its name. status: `correct`,
    `not yet` or `not attempted yet`. key: the name of the misconception, empty
    where there is none. message: for the learner.
    """

    exercise: str
    status: str
    key: str = ""
    message: str = ""

    def __repr__(self) -> str:
        return f"{self.exercise}: {self.status}." + (
            f"\n{self.message}" if self.message else ""
        )

    def _repr_html_(self) -> str:
        words = re.sub(
            r"`([^`]*)`", r"<code>\1</code>", html.escape(self.message)
        ).replace("\n", "<br>")
        words = re.sub(r"(?<![*\w])\*(\w+)\*(?![*\w])", r"<em>\1</em>", words)
        return (
            f'<div role="status" style="border-left: 4px solid {COLOURS[self.status]};'
            ' padding: 4px 12px">'
            f"<b>{self.exercise}:"
            f" {self.status}.</b>{' ' + words if words else ''}</div>"
        )


@dataclass(frozen=True)
class Exercise:
    """An exercise; calling it with an answer gives the verdict and notes it in the
    progress file.

    Attributes:
        name: under which notebooks call it, `check.NAME(answer)`.
        notebook: where it stands.
        minutes: a first reader's.
        difficulty: 1 to 3.
        judge: takes the answer and a random generator; raises `Wrong` where it refuses.
        also: sections of `messages.toml` that hold what its own there lacks.
        solution: a right answer, for the cells that go on with it; none for a letter.
    """

    name: str
    notebook: str
    minutes: int
    difficulty: int
    judge: Judge
    also: tuple[str, ...] = ()
    solution: Any = None

    @property
    def function(self) -> Any:
        """The learner's answer if its last check said correct, else the solution."""
        return _ACCEPTED.get(self.name, self.solution)

    def __call__(self, answer: Any) -> Verdict:
        # the same inputs at each try
        verdict = self.verdict(answer, seed=zlib.crc32(self.name.encode()))
        _ACCEPTED.pop(self.name, None)
        if verdict.status == "not attempted yet":
            return verdict
        if verdict.status == "correct":
            _ACCEPTED[self.name] = answer
        try:
            logbook.note(self.name, verdict.status == "correct", verdict.key)
        # a broken file must not cost the learner the verdict
        except (OSError, ValueError) as error:
            return replace(
                verdict,
                message=f"{verdict.message}\n(Not kept as progress: {error})".strip(),
            )
        return verdict

    def verdict(self, answer: Any, seed: int) -> Verdict:
        """Judge an answer on the inputs of a seed."""
        try:
            self.judge(answer, np.random.default_rng(seed))
        except NotAttempted as stub:
            return Verdict(self.name, "not attempted yet", message=str(stub))
        except Wrong as wrong:
            return Verdict(self.name, "not yet", wrong.key, self._message(wrong))
        except OwnError as error:
            return Verdict(self.name, "not yet", "an error", str(error))
        return Verdict(self.name, "correct")

    def _message(self, wrong: Wrong) -> str:
        if wrong.message:
            return wrong.message
        text = ChainMap(*(MESSAGES[name] for name in (self.name, *self.also)))[
            wrong.key
        ]
        return text.format(**wrong.details) if wrong.details else text


def by_values(
    sample: Callable[[np.random.Generator], dict[str, Any]],
    right: Function,
    misconceptions: Collection[tuple[str, Function]] = (),
    traits: Collection[Trait] = (),
    inputs_it_changes: tuple[str, ...] = (),
    seen_as: Function = lambda answer: answer,
) -> Judge:
    """Return a judge for a function whose result is determined by its inputs.

    A wrong answer that behaves on every case as a misconception does, by value or by
    error, is refused by its key; other wrong answers are shown a case on which they
    differ.

    Args:
        sample: random inputs by name, in the order of the arguments; sizes should
            differ from case to case.
        right: takes the inputs by position, gives what is asked for (or changes them,
            see below).
        misconceptions: keys of likely errors and functions that make them, the more
            special first.
        traits: keys of what a result must not be, whatever its values; asked first.
        inputs_it_changes: inputs that the function is to change in place; it may return
            them instead.
        seen_as: makes of an answer the function whose results are compared; `right` and
            the misconceptions are such functions already.
    """

    def judge(answer: Any, rng: np.random.Generator) -> None:
        cases = [sample(rng) for _ in range(N_CASES)]
        own = guarded(seen_as(answer), inputs_it_changes)
        seen = [behaviour(own, case) for case in cases]
        for key, refuses in traits:
            for (kind, result), case in zip(seen, cases, strict=True):
                if kind == "value" and refuses(result, case):
                    raise Wrong(key)
        trusted = partial(
            guarded, inputs_it_changes=inputs_it_changes, seconds=math.inf
        )
        wanted = [behaviour(trusted(right), case) for case in cases]
        different = [
            row
            for row in zip(seen, wanted, cases, strict=True)
            if not alike(row[0], row[1])
        ]
        if not different:
            return
        for key, wrong in misconceptions:
            made = trusted(wrong)
            if all(
                alike(found, behaviour(made, case))
                for found, case in zip(seen, cases, strict=True)
            ):
                raise Wrong(key)
        (kind, result), (_, want), case = min(
            different,
            # what there is to show: the smallest case is the easiest to compute by hand
            key=lambda row: sum(
                array.size
                for value in row[2].values()
                if (array := as_array(value)) is not None
            ),
        )
        _refuse(kind, result, want, case)

    return judge


def _refuse(kind: str, result: Any, wanted: Any, inputs: dict[str, Any]) -> None:
    """Say how one result differs: by error, kind, shape, NaN, dtype, or value."""
    case = f"The inputs were {listed(inputs, shown)}."
    if kind == "error":
        raise result
    a, b = as_array(result), as_array(wanted)
    if b is None:  # several results in a tuple or dict
        raise Wrong(
            "other values",
            f"Your result is {_parts(result)}; right is {_parts(wanted)}.\n{case}",
        )
    if type(result).__module__ == "torch.return_types":
        raise Wrong("max gives a pair", MESSAGES["error"]["max gives a pair"])
    if a is None:
        words = (
            f"Your function returns a {type(result).__name__}; asked for is"
            f" {describe(wanted)}."
        )
        raise Wrong("other type", words)
    if a.shape != b.shape:
        asked = f"{list(b.shape)}" if b.ndim else "a single number, without an axis"
        raise Wrong(
            "other shape",
            f"Your result has shape {list(a.shape)}; asked for is {asked}.\n{case}",
        )
    if (
        a.dtype.kind == "f"
        and np.isnan(a).any()
        and not np.isnan(np.asarray(b, float)).any()
    ):
        raise Wrong("nan", f"Your result holds `nan`, which is no number.\n{case}")
    if np.allclose(np.asarray(a, float), np.asarray(b, float), RTOL, ATOL):
        raise Wrong(
            "other dtype",
            f"Your numbers are right, but they are {a.dtype}; asked for is {b.dtype}.",
        )
    if shown(a) == shown(b):
        apart = np.abs(np.asarray(a, float) - np.asarray(b, float)).max()
        words = (
            f"Some of your numbers differ from the right ones, by {apart:.2g} at most."
            " Is anything rounded?"
        )
        raise Wrong("other values", f"{words}\n{case}")
    words = f"You return {shown(a)}; right is {shown(b)}."
    if b.size > 1:
        place = tuple(int(i) for i in np.argwhere(~np.isclose(a, b, RTOL, ATOL))[0])
        words += (
            f" They first differ at index {list(place)}: {describe(a[place])} for"
            f" {describe(b[place])}."
        )
    raise Wrong("other values", f"{words}\n{case}")


def _parts(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(part)}" for name, part in value.items())
    return (
        f"({', '.join(map(shown, value))})"
        if isinstance(value, tuple)
        else describe(value)
    )


def choice(replies: Mapping[str, str], right: str) -> Judge:
    """Return a judge for a question with lettered answers; "?" is not attempted.

    Args:
        replies: for each wrong letter what it overlooks.
        right: the letter of the right answer.
    """
    letters = sorted([*replies, right])

    def judge(answer: Any, rng: np.random.Generator) -> None:
        if isinstance(answer, str) and answer.strip() == "?":
            raise NotAttempted
        if not isinstance(answer, str):
            raise Wrong(
                "no letter",
                f'Give one letter as text, such as "{letters[0]}", not'
                f" {describe(answer)}.",
            )
        letter = answer.strip().upper()
        if letter in replies:
            raise Wrong(f"answer {letter}", replies[letter])
        if letter != right:
            raise Wrong(
                "no letter",
                f"answer = {answer!r} is not allowed: it must be one of"
                f" {', '.join(letters)}.",
            )

    return judge
