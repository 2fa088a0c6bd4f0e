"""An exercise: what it asks, how an answer is judged, and the verdict that a learner
reads.
"""

import math
import time
import tomllib
import zlib
from collections import ChainMap, Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check import logbook
from dqn_tutorial.classroom.check.cases import alike_in_kind, case_of, form_of
from dqn_tutorial.classroom.check.diagnosis import known
from dqn_tutorial.classroom.check.facts import facts_of, is_open, without_guesses
from dqn_tutorial.classroom.check.guard import (
    CALLS,
    NotAttempted,
    OwnError,
    Wrong,
    alike,
    behaviour,
    guarded,
    listed,
    quoted,
)
from dqn_tutorial.classroom.check.guest import chance_kept
from dqn_tutorial.classroom.check.otherwise import Row
from dqn_tutorial.classroom.check.texts import section
from dqn_tutorial.classroom.check.values import as_array, describe, shown
from dqn_tutorial.classroom.check.verdict import Verdict

N_CASES = 20
SLOW = 0.1  # seconds of a judge
Function = Callable[..., Any]
Judge = Callable[[Any, np.random.Generator], None]
_ACCEPTED: dict[str, Any] = {}  # the learner's right answers, by exercise
FAILED: Counter[str] = Counter()  # tries since the last right answer, by exercise
LAST: dict[str, Verdict] = {}  # by exercise
_NO_ANSWER = object()
# a key, and whether it fits a result and its inputs
Trait = tuple[str, Callable[[Any, Mapping[str, Any]], bool]]
# by exercise, or by the name of a section that several share, and by key
MESSAGES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("messages.toml").read_text(encoding="utf-8")
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

    def __repr__(self) -> str:
        return f"An exercise of {self.notebook}: check.{self.name}(your answer)."

    def __call__(self, answer: Any = _NO_ANSWER) -> Verdict:
        if answer is _NO_ANSWER:
            words = "Give your answer in the brackets."
            return Verdict(self.name, "not attempted yet", message=words)
        # the same inputs at each try
        verdict = self.verdict(answer, seed=zlib.crc32(self.name.encode()))
        _ACCEPTED.pop(self.name, None)
        LAST[self.name] = verdict
        if verdict.status == "not attempted yet":
            return verdict
        if verdict.status == "correct":
            _ACCEPTED[self.name] = answer
            del FAILED[self.name]
        else:
            FAILED[self.name] += 1
            if FAILED[self.name] > 1:
                parts = [verdict.message, verdict.hint, self._again(verdict.key)]
                verdict = replace(verdict, message="\n".join(filter(None, parts)))
        try:
            logbook.note(self.name, verdict.status == "correct", verdict.key)
        # a broken file must not cost the learner the verdict
        except (OSError, ValueError) as error:
            return replace(
                verdict,
                message=f"{verdict.message}\n(Not kept as progress: {error})".strip(),
            )
        return verdict

    def _again(self, key: str) -> str:
        """Say where to read again."""
        names = *key.split(" + "), self.name
        places = [MESSAGES["again"].get(one, "") for one in names]
        places = [one for one in places if one[:2] <= self.notebook[:2]]  # never ahead
        notebook, _, heading = next(filter(None, places), "").partition("#")
        if not heading:
            notebook, heading = self.notebook, section(self.notebook, self.name)
        return f"Read again: {notebook}, section {quoted(heading)}." if heading else ""

    def verdict(self, answer: Any, seed: int) -> Verdict:
        """Judge an answer on the inputs of a seed."""
        CALLS.clear()
        begun = time.process_time()
        try:
            with chance_kept():
                self.judge(answer, np.random.default_rng(seed))
        except NotAttempted as stub:
            return Verdict(self.name, "not attempted yet", message=str(stub))
        except (Wrong, OwnError) as error:
            is_slow = time.process_time() - begun > SLOW
            return self._refusal(answer, seed, error, is_slow)
        finally:
            CALLS.clear()
        return Verdict(self.name, "correct")

    def _refusal(
        self, answer: Any, seed: int, error: Wrong | OwnError, is_slow: bool
    ) -> Verdict:
        """Say at once what came out, and later why."""
        key, words, first, calls = "an error", "", str(error), [*CALLS]
        if isinstance(error, Wrong):
            key, words = error.key, self._words_of(error)
            first, words = (error.case, words) if error.case else (words, "")
        is_left = is_open(key, words or first, self._texts())

        def later() -> str:
            facts = facts_of(self.judge, answer, seed, error, calls, is_slow, is_left)
            CALLS.clear()
            return "\n".join([without_guesses(words, facts), *facts]).strip()

        error.__traceback__ = None  # it holds all that was computed
        return Verdict(self.name, "not yet", key, first, later)

    def _texts(self) -> Mapping[str, str]:
        names = self.name, *self.also, "error"
        return ChainMap(*(MESSAGES.get(name, {}) for name in names))

    def _words_of(self, wrong: Wrong) -> str:
        """Return what an exercise says of a misconception, or of two at once."""
        sections = self._texts()
        texts = [
            sections.get(key, wrong.details.get("facts", ""))
            for key in wrong.key.split(" + ")
        ]
        return " ".join(
            text.format(**wrong.details) if wrong.details else text for text in texts
        ).strip()


def by_values(
    sample: Callable[[np.random.Generator], dict[str, Any]],
    right: Function,
    misconceptions: Collection[tuple[str, Function]] = (),
    traits: Collection[Trait] = (),
    inputs_it_changes: tuple[str, ...] = (),
    seen_as: Function = lambda answer: answer,
    by_hand: Sequence[dict[str, Any]] = (),
) -> Judge:
    """Return a judge for a function whose result is determined by its inputs.

    A wrong answer is shown the first case on which it differs. One that behaves as a
    misconception does, by value or by error, on every case or on every random one, is
    refused by its key.

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
        by_hand: the smallest inputs, with numbers that can be computed by hand; they
            come first, and hold the special cases.
    """

    def judge(answer: Any, rng: np.random.Generator) -> None:
        cases = [*by_hand, *(sample(rng) for _ in range(N_CASES))]
        own = guarded(seen_as(answer), inputs_it_changes)
        wanted = [behaviour(trusted(right), case) for case in cases]
        try:
            compare(own, cases, wanted)
        except (Wrong, OwnError) as error:
            pairs = [*zip(cases, wanted, strict=True)]
            error.retry = lambda: all(
                alike_in_kind(behaviour(own, case), want) for case, want in pairs
            )
            raise

    trusted = partial(guarded, inputs_it_changes=inputs_it_changes, seconds=math.inf)

    def compare(own: Function, cases: list[Any], wanted: list[Any]) -> None:
        seen = []
        for case in cases:
            try:
                seen.append(behaviour(own, case))
            except Wrong as wrong:
                wrong.case = wrong.case or f"The inputs were {listed(case, shown)}."
                wrong.inputs = case
                raise
        rows: list[Row] = list(zip(seen, wanted, cases, strict=True))
        for key, refuses in traits:
            for (kind, result), want, inputs in sorted(rows, key=_size):
                if kind == "value" and refuses(result, inputs):
                    raise _of(inputs, Wrong(key, case_of(result, want[1], inputs)))
        different = [row for row in rows if not alike_in_kind(row[0], row[1])]
        if not different:
            return
        n_small = len(by_hand)
        is_small = any(row is different[0] for row in rows[:n_small])
        first = different[0] if is_small else min(different, key=_size)
        (kind, result), want, shown_inputs = first
        form = form_of(kind, result, want[1], shown_inputs)
        for some in (rows, rows[n_small:]):
            # else whatever is right there too would be named
            if all(alike(found, asked) for found, asked, _ in some):
                continue
            for key, wrong_one in misconceptions:
                made = trusted(wrong_one)
                if all(
                    alike(found, behaviour(made, inputs)) for found, _, inputs in some
                ):
                    words = form.case if form else case_of(result, want[1], first[2])
                    raise _of(shown_inputs, Wrong(key, words))
        if kind == "error":
            raise result
        if form:
            raise _of(shown_inputs, form)
        for (other, found), *_ in different:
            if other == "error":  # of a later case: it says more than numbers do
                raise found
        facts = known(partial(behaviour, own), partial(behaviour, trusted(right)), rows)
        words = case_of(result, want[1], shown_inputs)
        raise _of(shown_inputs, Wrong("other values", words, facts=facts))

    return judge


def _of(inputs: Mapping[str, Any], wrong: Wrong) -> Wrong:
    wrong.inputs = inputs
    return wrong


def _size(row: Row) -> int:
    """Return how many numbers the inputs of a case hold."""
    return sum(
        array.size
        for value in row[2].values()
        if (array := as_array(value)) is not None
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
        letter = answer.strip(" .)").upper()
        if letter in replies:
            raise Wrong(f"answer {letter}", replies[letter])
        if letter != right:
            raise Wrong(
                "no letter",
                f"answer = {answer!r} is not allowed: it must be one of"
                f" {', '.join(letters)}.",
            )

    return judge
