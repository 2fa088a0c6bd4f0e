"""The questions of the bank that a program can mark, in GIFT, which learning platforms
such as Moodle read.

Usage: python -m tools.gift [FILE]   (runs/exam/questions.gift if left out)
"""

import re
import sys
from pathlib import Path

from dqn_tutorial.classroom.bank import LETTERS, Question, bank
from tools.exam import ROOT, as_html

SPECIAL = re.compile(r"[~=#{}:\\]")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
KINDS = {"concept": "Concept", "parallel": "Concept, second form"}
KINDS |= {"prediction": "Prediction", "exam": "Exam"}


def escaped(text: str) -> str:
    """Return text in which nothing is a sign of GIFT, on one line."""
    return SPECIAL.sub(lambda found: f"\\{found[0]}", text).replace("\n", "\\n")


def formula(text: str, is_block: bool) -> str:
    """Return LaTeX between the marks by which platforms find it."""
    begin, end = (r"\[", r"\]") if is_block else (r"\(", r"\)")
    return begin + text.replace("&", "&amp;").replace("<", "&lt;") + end


def written(text: str) -> str:
    """Return Markdown as GIFT's HTML."""
    return escaped(as_html(text, formula))


def can_be_marked(question: Question) -> bool:
    """Whether a question has choices, or a number as its key."""
    return bool(question.choices or NUMBER.fullmatch(question.key))


def as_gift(question: Question) -> str:
    """Return a question that can be marked: its name, stem, answers, the belief behind
    each wrong one, and the reason.
    """
    if question.choices:
        lines = []
        for letter, choice in zip(LETTERS, question.choices, strict=False):
            if letter == question.key:
                lines.append(f"={written(choice)}")
            else:
                belief = written(f"*{question.wrong[letter]}*")
                lines.append(f"~{written(choice)}#{belief}")
        answers = "\n".join(lines)
    else:
        answers = f"#{question.key}:{question.within:g}"
    stem = written(question.stem)
    return (
        f"::{question.name}::[html]{stem}{{\n{answers}\n####{written(question.why)}\n}}"
    )


def export() -> str:
    """Return all questions that can be marked, by kind and sitting."""
    parts, before = [], ""
    for question in sorted(
        filter(can_be_marked, bank().values()), key=lambda own: (own.kind, own.sitting)
    ):
        category = f"DQN/{KINDS[question.kind]}/{question.sitting}"
        parts += [f"$CATEGORY: {category}"] if category != before else []
        parts.append(as_gift(question))
        before = category
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    out = Path((sys.argv[1:] or [ROOT / "runs" / "exam" / "questions.gift"])[0])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(export(), encoding="utf-8")
    print(out)
