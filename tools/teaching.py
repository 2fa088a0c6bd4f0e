"""The parts of the teacher's guide that the bank holds already: goals, questions with
the belief behind each wrong answer, exam items.

A page of the guide has a line for each: `{goal} 01a`, `{question} first_sweep`,
`{exam} 01a`, and `{room}` for what `tools/room.py` found. `build.py` fills them in.
"""

import re
import tomllib

from dqn_tutorial.classroom.bank import LETTERS, Question, named, of
from tools.exam import ROOT
from tools.varied import VARIED

LINE = re.compile(r"(?m)^\{(goal|question|exam)\} (\w+)$")
GOALS = tomllib.loads(
    (ROOT / "dqn_tutorial/classroom/bank/goals.toml").read_text(encoding="utf-8")
)


def goal(sitting: str) -> str:
    """Return what a sitting is for."""
    return f"Students can {' '.join(GOALS[sitting]['goal'].split())}."


def quoted(text: str) -> str:
    """Return Markdown as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def answers(question: Question) -> str:
    """Return the right answer with its reason, then each wrong one with its belief."""
    right, wrong = f"**{question.key}**", []
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        if letter == question.key:
            right = f"**{letter}**, *{choice}*"
        else:
            wrong.append(f"- **{letter}**, *{choice}*: {question.wrong[letter]}")
    lines = [f"- Right: {right}. {' '.join(question.why.split())}", *wrong]
    return "\n".join(lines)


def asked(name: str) -> str:
    """Return a question as the guide shows it."""
    question = named(name)
    large = f'<a href="project.html#{name}">On the projector</a>'
    return "\n\n".join(
        [quoted(question.stem), answers(question), large * bool(question.choices)]
    ).strip()


def examined(sitting: str) -> str:
    """Return the exam items of a sitting, worked."""
    parts = []
    for question in of("exam", sitting):
        varies = "Its numbers vary by a seed.\n\n" * (question.name in VARIED)
        told = f"**{question.key}**\n\n{question.why.strip()}"
        if question.choices:
            told = answers(question)
        head = f"### `{question.name}`"
        parts.append(f"{head}\n\n{varies}{quoted(question.stem)}\n\n{told}")
    return "\n\n".join(parts)


def filled(text: str) -> str:
    """Return a page of the guide with its lines filled in.

    Raises:
        ValueError: a question that the bank does not have.
    """
    parts = {"goal": goal, "question": asked, "exam": examined}
    if "{room}\n" in text:
        measured = (ROOT / "benchmarks/results/room.md").read_text(encoding="utf-8")
        text = text.replace("{room}\n", measured.partition("\n")[2])
    return LINE.sub(lambda found: parts[found[1]](found[2]), text)
