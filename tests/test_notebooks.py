"""The form of the notebooks: executed, short cells, a text alternative for every
figure. nbval checks what they say.
"""

import ast
import html
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

from dqn_tutorial.classroom.pictures.figures import words_for
from tests.writing import sittings

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
MINUTES = re.compile(r"\*\*Time:\*\* (\d+) minutes")


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_notebook
def test_every_cell_was_executed_in_order_without_error_or_warning(path: Path) -> None:
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", (
                cell.source
            )


def lines_of(cell: Any) -> list[str]:
    """Return the lines of a cell, without blank ones and imports."""
    imported: set[int] = set()
    for node in ast.parse(re.sub(r"(?m)^\s*[%!].*$", "pass", cell.source)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= set(range(node.lineno, (node.end_lineno or 0) + 1))
    lines = enumerate(cell.source.splitlines(), 1)
    return [line for number, line in lines if line.strip() and number not in imported]


@each_notebook
def test_cells_and_definitions_are_short(path: Path) -> None:
    for cell in code_cells(path):
        lines = lines_of(cell)
        tree = ast.parse(re.sub(r"(?m)^\s*[%!].*$", "pass", cell.source))
        defines = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        assert len(lines) <= (15 if defines else 12), cell.source
        for node in defines:
            assert (node.end_lineno or 0) - node.lineno < 15, cell.source


@each_notebook
def test_every_picture_has_a_text_alternative_in_the_page(path: Path) -> None:
    page, _ = HTMLExporter().from_notebook_node(read(path))
    body = re.sub(r"(?s)<(style|script).*?</\1>", "", page)
    pictures = re.findall(r"<img\b[^>]*>", body)
    assert all(
        len(html.unescape(m[1])) > 20
        for tag in pictures
        if (m := re.search(r'alt="([^"]*)"', tag)) or pytest.fail(tag[:200])
    )
    for tag in re.findall(r"<svg\b[^>]*>", body):
        assert "aria-label" in tag
    for cell in code_cells(path):
        for output in cell.outputs:
            if "data" in output:
                if {"image/png", "image/svg+xml"} & set(output.data):
                    assert "<img alt=" in output.data.get("text/markdown", ""), (
                        "a picture that was not shown by plots.show"
                    )


@each_notebook
def test_it_starts_with_time_and_ends_with_what_comes_next(path: Path) -> None:
    cells = read(path).cells
    stated = MINUTES.search(cells[0].source)
    assert cells[0].source.startswith("# ") and stated
    assert int(stated[1]) == sum(sitting.stated for sitting in sittings(path.stem))
    assert "**Next:**" in cells[-1].source


def test_the_map_states_the_minutes_of_the_notebooks() -> None:
    table = "\n".join(cell.source for cell in read(NOTEBOOKS[0]).cells)
    rows = re.findall(r"\| \**(\d\d) [^|]*\|[^|]*\| (\d+) \|", table)
    assert len(rows) >= 11
    for path in NOTEBOOKS:
        for number, stated in rows:
            if path.stem.startswith(number):
                own = sum(sitting.stated for sitting in sittings(path.stem))
                assert own == int(stated), number


def test_no_two_notebooks_repeat_six_lines_of_code() -> None:
    places: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for path in NOTEBOOKS:
        for cell in code_cells(path):
            lines = [line.strip() for line in lines_of(cell)]
            for first in range(len(lines) - 5):
                places[tuple(lines[first : first + 6])].add(path.stem)
    repeated = {lines: where for lines, where in places.items() if len(where) > 1}
    assert not repeated


def test_a_figure_without_words_or_with_an_unknown_name_is_refused() -> None:
    assert words_for("What a reader must know.") == "What a reader must know."
    assert " " in words_for("learning-one-run")
    for alt in ("", " ", "learning-one-runn"):
        with pytest.raises(ValueError, match="say in a sentence"):
            words_for(alt)
