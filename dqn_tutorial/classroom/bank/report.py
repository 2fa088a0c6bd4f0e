"""What a class has done: `python -m dqn_tutorial report FOLDER` reads the learners'
progress files.
"""

import csv
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from secrets import token_bytes
from statistics import median
from typing import Any

import tyro

from dqn_tutorial.classroom.bank import UNSURE, Question, bank
from dqn_tutorial.classroom.check import EXERCISES, logbook
from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.config import Refused

UNKNOWN = "unknown"  # where an exercise of another version of the course is counted
QUESTIONS = "questions"  # where the questions of the bank are counted
Row = dict[str, Any]
# of an exercise that was not tried
NOTHING: Row = {"correct": False, "attempts": 0, "refusals": [], "help": []}


@dataclass(frozen=True)
class Arguments:
    """The words of the command."""

    folder: tyro.conf.Positional[Path]
    """Folder with a file NAME.json or NAME/progress.json for each learner, at any
    depth.
    """
    csv: Path | None = None
    """File to write with a line for each learner and exercise or question."""
    key: Path | None = None
    """File with a line NAME,ALIAS for each learner: the report has the alias. It gets a
    line for each name that it does not have.
    """


def report(argv: Sequence[str]) -> None:
    """Print the report that the command line asks for.

    Raises:
        ValueError: no such folder, no progress file in it, a CSV file or a key that
            cannot be written, or a key that gives no alias or one twice.
    """
    arguments = tyro.cli(
        Arguments,
        args=list(argv),
        prog="python -m dqn_tutorial report",
        description=(
            "Say what the learners of a class have done, from their progress files."
        ),
    )
    learners = read_folder(arguments.folder)
    if arguments.key:
        learners = under_aliases(learners, arguments.key)
    rows = rows_of(learners, EXERCISES)
    if arguments.csv:
        write_csv(arguments.csv, rows)
    tables = learners_table(rows), exercises_table(rows), questions_table(rows, bank())
    print(*filter(None, tables), sep="\n\n")


def read_folder(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the progress of each learner by name; say which files hold none.

    Raises:
        ValueError: no such folder, or no progress file in it.
    """
    if not folder.is_dir():
        raise Refused(f"folder = {str(folder)!r} is not a folder")
    learners: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted(folder.rglob("*.json")):
        place = path.relative_to(folder)
        # copies that Jupyter keeps
        if any(part.startswith(".") for part in place.parts):
            continue
        try:
            progress = logbook.read(path)
        except ValueError as error:
            print(f"warning: skipped: {error}", file=sys.stderr)
            continue
        name = (
            place.parent if path.stem == "progress" else place.with_suffix("")
        ).as_posix()
        name = folder.resolve().name if name == "." else name
        learners[place.as_posix() if name in learners else name] = progress
    if not learners:
        raise Refused(
            f"folder = {str(folder)!r} holds no progress file: NAME.json or"
            " NAME/progress.json"
        )
    return learners


def under_aliases(learners: Mapping[str, Row], key: Path) -> dict[str, Row]:
    """Return the learners by alias, in the order of the aliases, so that the order does
    not tell a name; a name that the key does not have gets the next number.

    Args:
        learners: progress by name.
        key: a CSV file of names and aliases; made if there is none.

    Raises:
        ValueError: a line that is not a name and an alias, an alias of two names, or a
            key that cannot be read or written.
    """
    try:
        text = key.read_text(encoding="utf-8") if key.exists() else ""
        lines = [line for line in csv.reader(text.splitlines()) if line]
        if wrong := [line for line in lines if len(line) != 2 or not line[1].strip()]:
            raise Refused(f"key = {str(key)!r} has {wrong[0]}: it must be NAME,ALIAS")
        aliases = {name.strip(): alias.strip() for name, alias in lines}
        free = (f"L{number:03d}" for number in count(1))
        # in no order that anybody can work out
        for name in sorted(learners.keys() - aliases, key=lambda _: token_bytes()):
            aliases[name] = next(a for a in free if a not in aliases.values())
        twice = [a for a, n in Counter(aliases.values()).items() if n > 1]
        if twice:
            raise Refused(f"key = {str(key)!r} gives {twice[0]!r} to two names")
        with key.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(aliases.items())
    except OSError as error:
        raise Refused(f"key = {str(key)!r}: {error.strerror}") from error
    known = sorted((aliases[name], name) for name in learners)
    return {alias: learners[name] for alias, name in known}


def rows_of(
    learners: Mapping[str, Mapping[str, Mapping[str, Any]]],
    exercises: Mapping[str, Exercise],
) -> list[Row]:
    """Return a row for each learner and exercise, in the order of the course; those it
    does not know, and the questions that were answered, come last.
    """
    places = {name: exercise.notebook for name, exercise in exercises.items()}
    places |= {
        name: QUESTIONS if name.startswith(logbook.ASKED) else UNKNOWN
        for progress in learners.values()
        for name in sorted(progress)
        if name not in exercises
    }
    return [
        {
            "learner": learner,
            "notebook": notebook,
            "exercise": name,
            **progress.get(name, NOTHING),
        }
        for learner, progress in learners.items()
        for name, notebook in places.items()
        if name in exercises or name in progress
    ]


def learners_table(rows: Sequence[Row]) -> str:
    """Return a line for each learner: done of all, done in each notebook, questions
    right of those answered, attempts at exercises.
    """
    places = dict.fromkeys(row["notebook"] for row in rows)
    others = [place for place in (UNKNOWN, QUESTIONS) if place in places]
    notebooks = [place for place in places if place not in others]
    lines = [
        ["learner", "done", *(stem[:2] for stem in notebooks), *others, "attempts"]
    ]
    for learner in dict.fromkeys(row["learner"] for row in rows):
        own = [row for row in rows if row["learner"] == learner]
        parts = [
            [row for row in own if row["notebook"] == stem]
            for stem in [*notebooks, *others]
        ]
        known = [row for row in own if row["notebook"] in notebooks]
        attempts = sum(row["attempts"] for row in own if row["notebook"] != QUESTIONS)
        lines.append([learner, *map(_done_of, [known, *parts]), str(attempts)])
    return _aligned(lines, words=(0,))


def exercises_table(rows: Sequence[Row]) -> str:
    """Return a line for each exercise: how many solved it, how many tried in vain, the
    median attempts of both, and the misconception that most learners had.
    """
    lines = [
        [
            "exercise",
            "notebook",
            "solved",
            "not yet",
            "attempts",
            "commonest misconception",
        ]
    ]
    for name, notebook in dict.fromkeys(
        (row["exercise"], row["notebook"])
        for row in rows
        if row["notebook"] != QUESTIONS
    ):
        tried = [row for row in rows if row["exercise"] == name and row["attempts"]]
        solved = sum(row["correct"] for row in tried)
        learners = Counter(key for row in tried for key in set(row["refusals"]))
        key = min(learners, key=lambda key: (-learners[key], key), default="")
        middle = f"{median(row['attempts'] for row in tried):g}" if tried else "-"
        misconception = f"{key} ({learners[key]})" if key else ""
        lines.append(
            [
                name,
                notebook,
                str(solved),
                str(len(tried) - solved),
                middle,
                misconception,
            ]
        )
    return _aligned(lines, words=(0, 1, 5))


def questions_table(rows: Sequence[Row], questions: Mapping[str, Question]) -> str:
    """Return a line for each question that was answered, in the order of the bank: how
    many were right at once, wrong, or did not know, and the wrong answer that most
    gave, with the misconception behind it; nothing where none was answered.
    """
    given: dict[str, list[Row]] = {name: [] for name in questions}
    for row in rows:
        if row["notebook"] == QUESTIONS:
            name = row["exercise"].removeprefix(logbook.ASKED)
            given.setdefault(name, []).append(row)
    head = "question", "sitting", "right", "wrong", "don't know", "commonest wrong"
    lines: list[Sequence[str]] = [head]
    for name, own in given.items():
        if not own:
            continue
        known = questions.get(name)
        said = [(row["refusals"] or [UNSURE])[-1] for row in own if not row["correct"]]
        wrong = Counter(answer for answer in said if answer != UNSURE)
        answer = min(wrong, key=lambda one: (-wrong[one], one), default="")
        belief = known.wrong.get(answer, "") if known else ""
        words = f"{answer} ({wrong[answer]}){': ' * bool(belief)}{belief}"
        counts = len(own) - len(said), wrong.total(), said.count(UNSURE)
        where = known.sitting if known else UNKNOWN
        lines.append([name, where, *map(str, counts), words if answer else ""])
    return _aligned(lines, words=(0, 1, 5)) if lines[1:] else ""


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows, refusals and steps of help joined by semicolons.

    Raises:
        ValueError: the file cannot be written.
    """
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(
                file,
                ["learner", "notebook", "exercise", *NOTHING],
            )
            writer.writeheader()
            writer.writerows(
                row | {name: "; ".join(row[name]) for name in ("refusals", "help")}
                for row in rows
            )
    except OSError as error:
        raise Refused(
            f"csv = {str(path)!r} cannot be written: {error.strerror}"
        ) from error


def _done_of(rows: Sequence[Row]) -> str:
    return f"{sum(row['correct'] for row in rows)}/{len(rows)}" if rows else "-"


def _aligned(lines: Sequence[Sequence[str]], words: Collection[int]) -> str:
    """Set in columns, those of words to the left, those of numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligns = ["<" if column in words else ">" for column in range(len(widths))]
    return "\n".join(
        "  ".join(
            f"{word:{align}{width}}"
            for word, align, width in zip(line, aligns, widths, strict=True)
        ).rstrip()
        for line in lines
    )
