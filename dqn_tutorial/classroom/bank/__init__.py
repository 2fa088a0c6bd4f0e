"""One bank of questions, predictions, cards and exam items, and how each reads where
nothing runs.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dqn_tutorial.config import Refused, nearest

LETTERS, UNSURE = "ABCD", "?"
# in the order in which they are read
SITTINGS = "01a 01b 02a 02b 03a 03b 04 05a 05b 06a 06b 07a 07b 08 09 10 11".split()
KINDS = "concept parallel prediction card exam".split()


class Question(NamedTuple):
    """An entry of the bank; texts are Markdown."""

    name: str
    kind: str  # one of KINDS
    sitting: str  # whose goal it belongs to
    stem: str
    key: str  # a letter, a number, or the answer in words
    why: str  # the reason of the key, in a sentence or two
    choices: tuple[str, ...] = ()  # A, B, ..., or none
    wrong: Mapping[str, str] = {}  # what who chooses that letter believes
    again: str = ""  # where to read again: a notebook and its heading's anchor
    parallel: str = ""  # the same question with other numbers, another story
    sketches: str = ""  # the picture that shows the choices
    within: float = 0.0  # how far a number may be off
    before: bool = False  # asked before the course too


@cache
def bank() -> Mapping[str, Question]:
    """Return all entries by name, in the order of the file."""
    text = Path(__file__).with_name("bank.toml").read_text(encoding="utf-8")
    return {
        name: Question(
            name, **own | {"choices": tuple(map(_line, own.get("choices", ())))}
        )
        for name, own in tomllib.loads(text).items()
    }


def named(name: str) -> Question:
    """Return an entry. Raises a ValueError that names the nearest if it is none."""
    if name not in bank():
        raise Refused(f"there is no question {name!r}: {nearest(name, bank())}")
    return bank()[name]


def of(kind: str, sitting: str = "") -> list[Question]:
    """Return the entries of a kind, of one sitting or of all."""
    return [
        own
        for own in bank().values()
        if own.kind == kind and sitting in ("", own.sitting)
    ]


def before_the_course() -> list[Question]:
    """Return the questions that are asked in plain words before the course."""
    return [question for question in of("concept") if question.before]


def after_the_course(half: int) -> list[tuple[int, Question]]:
    """Return the concept questions of the first or the second half with their numbers,
    from 1; those that were asked before the course in their parallel form.
    """
    own = [named(q.parallel) if q.before else q for q in of("concept")]
    middle = len(own) // 2
    part = slice(middle) if half == 1 else slice(middle, None)
    return list(enumerate(own, 1))[part]


def two_before(sitting: str) -> str:
    """Return the sitting whose cards are asked again in this one, or nothing. Raises a
    ValueError that names the nearest if there is no such sitting.
    """
    if sitting not in SITTINGS:
        raise Refused(f"there is no sitting {sitting!r}: {nearest(sitting, SITTINGS)}")
    place = SITTINGS.index(sitting) - 2
    return SITTINGS[place] if place >= 0 else ""


def as_markdown(question: Question) -> str:
    """Return the stem and its choices; not to know is always one of them."""
    letters = [
        f"- **{a}** {own}" for a, own in zip(LETTERS, question.choices, strict=False)
    ]
    if letters or question.kind == "prediction":
        letters.append(f"- **{UNSURE}** I don't know")
    return "\n".join([question.stem.strip(), "", *letters]).strip()


def is_right(question: Question, answer: str) -> bool:
    """Compare a letter or a number with the key; not to know is not right."""
    if question.choices or answer == UNSURE:
        return answer == question.key
    return abs(float(answer) - float(question.key)) <= question.within


def told(answer: str) -> str:
    """Say what was answered."""
    return "You did not know." if answer == UNSURE else f"You said **{answer}**."


def compared(question: Question, answer: str) -> str:
    """Say what was predicted and what came out."""
    if is_right(question, answer):
        return f"You said **{answer}**, and it was **{question.key}**: right."
    return f"{told(answer)[:-1]}, it was **{question.key}**."


def feedback(question: Question, answer: str) -> str:
    """Say in Markdown what is right and why, what a wrong answer believes, and where to
    read again.
    """
    parts = [f"**{question.key}** is right."]
    if is_right(question, answer):
        parts = [f"Yes, {parts[0]}"]
    elif belief := question.wrong.get(answer):
        parts.append(f"The idea behind {answer}: *{belief}*.")
    parts.append(_line(question.why))
    if question.again:
        file, _, anchor = question.again.partition("#")
        where = f"{file}.ipynb" + (f"#{anchor}" if anchor else "")
        parts.append(f"Read again: [notebook {file[:2]}]({where}).")
    return " ".join(parts)


def folded(summary: str, content: str, is_open: bool = False) -> str:
    """Return Markdown that a reader opens by its summary."""
    tag = "<details open>" if is_open else "<details>"
    return f"{tag}<summary>{summary}</summary>\n\n{content}\n\n</details>"


def _line(text: str) -> str:
    return " ".join(text.split())
