"""The student version gives no solution away, and leaves all that students need."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check.exercise import Exercise
from tests.test_exercises import NOTEBOOKS, cells_of, folded, solution_of
from tools.class_kit import FOLDED, for_students, for_teachers, main

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
STUDENT = {path.stem: for_students(nbformat.read(path, 4)) for path in PATHS}


ANYWHERE = {"with torch.no_grad():"}


def without_comment(text: str) -> list[str]:
    return [line.split("  #")[0].strip() for line in text.splitlines()]


def lines_of(exercise: Exercise) -> set[str]:
    """The lines of a solution that the notebook has not given up to its stub."""
    cells = nbformat.read(NOTEBOOKS / f"{exercise.notebook}.ipynb", 4).cells
    stub = cells_of(exercise)[1]
    place = next(k for k, cell in enumerate(cells) if cell.id == stub.id)
    given = "\n".join(FOLDED.sub("", cell.source) for cell in cells[: place + 1])
    return {
        line
        for line in without_comment(solution_of(exercise))
        if len(line) > 10 and line not in given and line not in ANYWHERE
    }


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a notebook: sources, outputs, metadata, attachments."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (
            text for pair in value.items() for one in pair for text in texts_in(one)
        )
    elif isinstance(value, list):
        yield from (text for one in value for text in texts_in(one))


@pytest.mark.parametrize("name", check.EXERCISES)
def test_nothing_of_a_solution_is_left(name: str) -> None:
    exercise = check.EXERCISES[name]
    lines = lines_of(exercise)
    book = json.loads(nbformat.writes(STUDENT[exercise.notebook]))
    text = "\n".join(texts_in(book))
    left = {line for line in lines if line in text}
    assert not left
    whole = nbformat.read(NOTEBOOKS / f"{exercise.notebook}.ipynb", 4)
    assert lines or name == "page_changes"  # six letters
    assert all(line in "\n".join(c.source for c in whole.cells) for line in lines)
    _, stub, below = cells_of(exercise)
    sources = [cell.source for cell in STUDENT[exercise.notebook].cells]
    assert stub.source in sources and folded(below, "Hint") in "\n".join(sources)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_what_is_kept_and_what_is_opened(path: Any) -> None:
    book, mine = nbformat.read(path, 4), STUDENT[path.stem]
    assert not re.search(
        r"<summary>(Answer|Solution|What came|To think)", nbformat.writes(mine)
    )
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    assert code == [cell.source for cell in mine.cells if cell.cell_type == "code"]
    for cell in mine.cells:
        if cell.cell_type == "code":
            ast.parse(re.sub(r"(?m)^%.*", "", cell.source))
    opened = for_teachers(book)
    assert "<details>" not in nbformat.writes(opened)
    assert len(opened.cells) == len(book.cells)


def test_a_cell_for_the_teacher_is_in_one_version_alone() -> None:
    cell = nbformat.v4.new_markdown_cell("Ask now.", metadata={"tags": ["teacher"]})
    book = nbformat.v4.new_notebook(cells=[cell])
    assert not for_students(book).cells and for_teachers(book).cells == [cell]


def test_every_link_leads_to_a_file_of_the_kit(tmp_path: Path) -> None:
    main(tmp_path)
    for path in tmp_path.rglob("*.ipynb"):
        cells = nbformat.read(path, 4).cells
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", text):
            assert (path.parent / link).is_file(), (path.name, link)
