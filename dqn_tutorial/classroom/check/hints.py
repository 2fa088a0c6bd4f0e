"""Help with an exercise, a step at a time: the misconception, the hint, the lines of
the solution in another order, the solution.
"""

import ast
import re
import textwrap
import zlib
from dataclasses import dataclass

import numpy as np

from dqn_tutorial.classroom.check import logbook
from dqn_tutorial.classroom.check.exercise import LAST, Exercise
from dqn_tutorial.classroom.check.texts import folded

FENCE = re.compile(r"```(?:python)?\n(.*?)\n```", re.S)
_GIVEN: dict[str, list[str]] = {}  # steps of help, by exercise


@dataclass(frozen=True)
class Help:
    """Words for the learner, with code in fences."""

    words: str

    def __repr__(self) -> str:
        return FENCE.sub(r"\1", self.words)

    def _repr_markdown_(self) -> str:
        return self.words


def unordered(exercise: Exercise) -> str:
    """Return the lines of the solution without their indentation, in another order, or
    nothing where there are fewer than three.
    """
    code = FENCE.search(folded(exercise.notebook, exercise.name, "Solution"))
    source = code[1] if code else ""
    bodies = [
        node.body
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    ]
    own = [
        line
        for body in bodies
        for part in body
        if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        for line in textwrap.dedent(ast.get_source_segment(source, part) or "").split(
            "\n"
        )
    ]
    own = [line.strip() for line in own if line.strip()]
    if len(own) < 3:
        return ""
    rng = np.random.default_rng(zlib.crc32(exercise.name.encode()))
    return "\n".join(own[k] for k in rng.permutation(len(own)))


def hint(exercise: Exercise) -> Help:
    """Return the next step of help."""
    last = LAST.get(exercise.name)
    steps = {
        "misconception": last.hint if last else "",
        "hint": folded(exercise.notebook, exercise.name, "Hint"),
        "lines": "In order and indented, these lines make a solution."
        f"\n\n```\n{own}\n```"
        if (own := unordered(exercise))
        else "",
    }
    given = _GIVEN.setdefault(exercise.name, [])
    left = [step for step, words in steps.items() if words and step not in given]
    if not left:
        is_there = folded(exercise.notebook, exercise.name, "Solution")
        more = f' `check.solution("{exercise.name}")` shows one.' if is_there else ""
        return Help(f"That was all.{more}")
    given.append(left[0])
    logbook.note_help(exercise.name, left[0])
    return Help(steps[left[0]])


def solution(exercise: Exercise) -> Help:
    """Return the solution that stands folded in the notebook; in the version for
    students there is none.
    """
    logbook.note_help(exercise.name, "solution")
    found = folded(exercise.notebook, exercise.name, "Solution")
    return Help(found or "This notebook holds no solution: ask your teacher.")
