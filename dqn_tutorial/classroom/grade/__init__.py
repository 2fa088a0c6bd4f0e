"""Grading: `python -m dqn_tutorial grade FOLDER` judges the answers in a folder of
notebooks. Each runs in a process of its own; the judge, the right answer and the
verdict are in another.
"""

import csv
import html
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import tyro

from dqn_tutorial.classroom.check import EXERCISES, frequencies, guard
from dqn_tutorial.classroom.check.exercise import MESSAGES, Exercise
from dqn_tutorial.classroom.check.overview import number_of
from dqn_tutorial.classroom.check.pulls import UNNAMED
from dqn_tutorial.classroom.check.verdict import Verdict
from dqn_tutorial.classroom.grade import remote, sources
from dqn_tutorial.config import Refused

# a known misconception brings this share of the points; an answer that is wrong in form
# or in another way brings none
SHARE = 0.5
MOST_SAID = 3_000  # letters of what is said of an answer
SECONDS = 10.0  # for a call: the process is another one, and the machine may be busy
FORM = frozenset(UNNAMED) | set(MESSAGES["error"])
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em }}
code {{ white-space: pre-wrap }}</style>
<h1>{title}</h1>
<p>{points}</p>
{parts}
</html>
"""


@dataclass(frozen=True)
class Arguments:
    """Judge the answers in a folder of notebooks, and write a table of points,
    grades.csv, and a page of feedback for each notebook.

    An exercise brings as many points as its difficulty says. An answer must be right
    for the inputs of the notebook's check and for others, drawn from the seed. A
    misconception that the course knows brings half of the points.
    """

    folder: tyro.conf.Positional[Path]
    """Folder with files NAME.ipynb or NAME/NOTEBOOK.ipynb, at any depth."""
    out: Path = Path("grades")
    """Folder of the table and the pages."""
    seed: int = 0
    """Of the inputs that no learner has seen: a number that you keep to yourself."""


@dataclass(frozen=True)
class Mark:
    """What an answer brings. Attributes: exercise: the exercise. verdict: what the
    check says of it. points: at most the exercise's difficulty. remark: for the
    teacher.
    """

    exercise: Exercise
    verdict: Verdict
    points: float = 0.0
    remark: str = ""


def grade(argv: Sequence[str]) -> None:
    """Do what the command line asks for.

    Raises:
        ValueError: a folder without notebooks, one that cannot be written to, or a
            system without processes of their own.
    """
    arguments = tyro.cli(
        Arguments, args=list(argv), prog="python -m dqn_tutorial grade"
    )
    folder, out = arguments.folder, arguments.out
    paths = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not paths:
        raise Refused(f"folder = {str(folder)!r} holds no notebook")
    if sys.platform == "win32":
        raise Refused("grade needs Linux or macOS: it limits the process of an answer")
    rows = []
    try:
        (out / "feedback").mkdir(parents=True, exist_ok=True)
        with remote.Prison() as prison:
            if prison.missing:
                print(
                    "This system does not keep answers away from:",
                    ", ".join(prison.missing),
                )
            for path in paths:
                name = path.relative_to(folder).with_suffix("").as_posix()
                marks, words = marks_of(path, arguments.seed, prison)
                own = [row_of(name, mark) for mark in marks]
                rows += own or [{"notebook file": name, "remark": words}]
                page = out / "feedback" / f"{name}.html"
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(page_of(name, marks, words), encoding="utf-8")
                print(f"{name}: {words or in_points(marks)}", flush=True)
        with (out / "grades.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(
                file,
                [*row_of("", Mark(next(iter(EXERCISES.values())), Verdict("", "")))],
            )
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise Refused(f"out = {str(out)!r} cannot be written to: {error}") from error
    print(f"written to {out / 'grades.csv'}")


def marks_of(path: Path, seed: int, prison: remote.Prison) -> tuple[list[Mark], str]:
    """Return a mark for each exercise of a learner's notebook, or words that say why
    there is none.
    """
    try:
        cells = sources.read_cells(path)
    except ValueError as error:
        return [], str(error)
    stem = sources.notebook_of(cells)
    if not stem:
        return [], "it holds no exercise of the course"
    own = [exercise for exercise in EXERCISES.values() if exercise.notebook == stem]
    return [mark_of(cells, exercise, seed, prison) for exercise in own], ""


def mark_of(
    cells: Sequence[str], exercise: Exercise, seed: int, prison: remote.Prison
) -> Mark:
    """Judge one answer: on the inputs of the notebook's check, then on others."""
    name = exercise.name
    try:
        source = sources.source_of(cells, name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        words = f"Your cell is no Python: {error}."
        return Mark(exercise, Verdict(name, "not yet", "an error", words))
    if source is None:
        return Mark(exercise, Verdict(name, "not attempted yet"), remark="not there")
    if source.uses:
        words = (
            f"Your code uses `{source.uses}` of the package. Write the lines yourself."
        )
        return Mark(exercise, Verdict(name, "not yet", "calls the package", words))
    guest = remote.Guest(
        prison, remote.kit_source(), source.parts, source.names, source.own
    )
    try:
        answer = remote.answer_of(guest)
        seeds = zlib.crc32(name.encode()), zlib.crc32(f"{seed} {name}".encode())
        verdict = Verdict(name, "correct")
        with (
            mock.patch.object(guard, "SECONDS", SECONDS),
            mock.patch.object(frequencies, "SECONDS_FOR_MANY", 10 * SECONDS),
        ):
            for one in seeds:
                was, verdict = verdict, exercise.verdict(answer, one)
                if verdict.status != "correct":
                    break
        if verdict.status != was.status and one == seeds[1]:
            remark = "right for the notebook's inputs alone: look at it"
            return Mark(exercise, verdict, 0.0, guest.remark or remark)
        return Mark(exercise, verdict, points(exercise, verdict), guest.remark)
    except guard.Wrong as wrong:
        return Mark(exercise, Verdict(name, "not yet", wrong.key, wrong.case))
    except SystemExit:
        words = "Your code ends its process."
        return Mark(exercise, Verdict(name, "not yet", "ends Python", words))
    except Exception as error:
        words = f"Your code stopped with {type(error).__name__}: {error}"[:300]
        verdict = Verdict(name, "not yet", "an error", words)
        return Mark(exercise, verdict, remark="stopped: look at it")
    finally:
        guest.end()


def points(exercise: Exercise, verdict: Verdict) -> float:
    """Return the points of a verdict: all, half of a known misconception, or none."""
    if verdict.status == "correct":
        return float(exercise.difficulty)
    tables = [MESSAGES.get(name, {}) for name in (exercise.name, *exercise.also)]
    keys = set(verdict.key.split(" + "))
    is_known = keys <= {key for table in tables for key in table} - FORM
    is_asked = verdict.status == "not yet" and is_known
    return SHARE * exercise.difficulty if is_asked else 0.0


def row_of(name: str, mark: Mark) -> dict[str, Any]:
    """Return the row of the table for an answer."""
    if name.startswith(("=", "+", "-", "@")):  # a table's program would compute it
        name = f"'{name}"
    return {
        "notebook file": name,
        "notebook": mark.exercise.notebook,
        "exercise": mark.exercise.name,
        "points": f"{mark.points:g}",
        "of": mark.exercise.difficulty,
        "status": mark.verdict.status,
        "misconception": mark.verdict.key,
        "remark": mark.remark,
    }


def in_points(marks: Sequence[Mark]) -> str:
    """Return the sum of points in words."""
    total = sum(mark.exercise.difficulty for mark in marks)
    return f"{sum(mark.points for mark in marks):g} of {total} points"


def page_of(name: str, marks: Sequence[Mark], words: str) -> str:
    """Return the page of feedback, in the check's own sentences."""
    parts = []
    for mark in marks:
        number, verdict = number_of(mark.exercise.name, EXERCISES), mark.verdict
        said = "\n".join(filter(None, (verdict.message, verdict.hint)))[:MOST_SAID]
        shown = Verdict(verdict.exercise, verdict.status, message=said)
        head = f"Exercise {number}: {mark.points:g} of {mark.exercise.difficulty}"
        parts.append(f"<h2>{html.escape(head)}</h2>\n{shown._repr_html_()}")
    return PAGE.format(
        title=html.escape(name),
        points=html.escape(words or in_points(marks)),
        parts="\n".join(parts),
    )
