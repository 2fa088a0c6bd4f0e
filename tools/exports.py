"""The exercises of a notebook as an assignment for nbgrader or otter-grader, made of
the course's own cells: text, solution, a public test, a hidden one on other inputs.

Usage: python -m tools.exports (nbgrader | otter) [FOLDER] [--seed N]

Neither keeps an answer away from the checks as `python -m dqn_tutorial grade` does.
"""

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.classroom.check.hints import FENCE
from dqn_tutorial.classroom.check.texts import folded

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
TEST = """verdict = check.EXERCISES["{name}"].verdict({answer}, seed={seed})
assert verdict.status == "correct", verdict"""


class Part(NamedTuple):
    """An exercise, with its text, the learner's cell, and the name that is checked."""

    exercise: Exercise
    text: str
    stub: str
    answer: str


def parts_of(book: Any, stem: str) -> Iterator[Part]:
    """Return the exercises of a notebook, in its order."""
    for above, cell in zip(book.cells, book.cells[1:], strict=False):
        found = re.search(r"(?m)^check\.(\w+)\((\w+)\)$", cell.source)
        if cell.cell_type != "code" or not found or found[1] not in check.EXERCISES:
            continue
        _, heading, text = above.source.partition("### Exercise ")
        stub = cell.source.replace(found[0], "").strip()
        yield Part(check.EXERCISES[found[1]], heading + text, stub, found[2])


def imports_of(book: Any) -> str:
    """Return the lines that import, once each; in an assignment all come first."""
    lines = [
        ast.unparse(node)
        for cell in book.cells
        if cell.cell_type == "code"
        for node in ast.parse(re.sub(r"(?m)^[%!].*$", "", cell.source)).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return "\n".join(dict.fromkeys(lines))


def solved(part: Part, begin: str, end: str) -> str:
    """Return the stub with the solution between marks: in the bodies that the stub
    leaves open, and below it whatever else there is. So a release says of the inputs
    what the stub does, and an answer is "?" until it is given: without that, a question
    left open had the answer of the one before.
    """
    code = FENCE.search(folded(part.exercise.notebook, part.exercise.name, "Solution"))
    theirs, lines = (code[1] if code else "").splitlines(), part.stub.splitlines()
    tree, stub = ast.parse("\n".join(theirs)), ast.parse(part.stub)
    bodies = {
        node.name: node.body[1:] if ast.get_docstring(node) else node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    places = [
        (node.body[-1], bodies[node.name])
        for node in ast.walk(stub)
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Raise)
    ]
    there = {getattr(node, "name", "") for node in stub.body} - {""}
    rest = [node for node in tree.body if getattr(node, "name", "") not in there]
    for left, body in sorted(places, key=lambda place: -place[0].lineno):
        lines[left.lineno - 1 : left.end_lineno] = _marked(theirs, body, begin, end)
    more = [line for node in rest for line in _marked(theirs, [node], begin, end)]
    return "\n".join([*lines, *more])


def _marked(lines: list[str], body: list[ast.stmt], begin: str, end: str) -> list[str]:
    spaces = " " * body[0].col_offset
    own = lines[body[0].lineno - 1 : body[-1].end_lineno]
    return [spaces + begin, *own, spaces + end]


def for_nbgrader(book: Any, stem: str, seed: int) -> Any:
    """Return the source of an assignment of nbgrader.

    Source: nbgrader's documentation, cell metadata, schema version 3.
    """
    cells = [new_code_cell(imports_of(book))]
    for part in parts_of(book, stem):
        name, points = part.exercise.name, part.exercise.difficulty
        public = TEST.format(name=name, answer=part.answer, seed=0)
        hidden = TEST.format(name=name, answer=part.answer, seed=seed)
        marks = "### BEGIN SOLUTION", "### END SOLUTION"
        hide = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
        test = "\n".join([public, hide[0], hidden, hide[1]])
        cells += [
            new_markdown_cell(part.text),
            new_code_cell(solved(part, *marks), metadata=_graded(name, solution=True)),
            new_code_cell(
                test,
                metadata=_graded(
                    f"test_{name}", grade=True, locked=True, points=points
                ),
            ),
        ]
    return _book(cells)


def _graded(name: str, **more: Any) -> dict[str, Any]:
    flags = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"nbgrader": {"grade_id": name, "schema_version": 3, **flags, **more}}


def for_otter(book: Any, stem: str, seed: int) -> Any:
    """Return the source of an assignment of otter-grader.

    Source: otter-grader's documentation, notebook format of version 4 and later.
    """
    # the cell that otter begins with stays: without it each check stops with an error,
    # and all tests run at the end, where `answer` is that of the last question
    flags = "export_cell: false\ncheck_all_cell: false"
    config = f"# ASSIGNMENT CONFIG\n{flags}"
    cells = [
        new_raw_cell(f"{config}\ntests:\n  files: true"),
        new_code_cell(imports_of(book)),
    ]
    for part in parts_of(book, stem):
        name, points = part.exercise.name, part.exercise.difficulty
        public = TEST.format(name=name, answer=part.answer, seed=0)
        hidden = TEST.format(name=name, answer=part.answer, seed=seed)
        cells += [
            new_raw_cell(f"# BEGIN QUESTION\nname: {name}\npoints: {points}"),
            new_markdown_cell(part.text),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(solved(part, "# BEGIN SOLUTION", "# END SOLUTION")),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            new_code_cell(public),
            new_code_cell(f"# HIDDEN\n{hidden}"),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
        ]
    return _book(cells)


def _book(cells: list[Any]) -> Any:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for k, cell in enumerate(cells):
        cell.id = f"cell-{k}"
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def main() -> None:
    """Write an assignment for each notebook with exercises: for nbgrader as
    source/NAME/NAME.ipynb, for otter-grader as NAME.ipynb.
    """
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("grader", choices=("nbgrader", "otter"))
    words.add_argument("folder", nargs="?", type=Path)
    words.add_argument("--seed", type=int, default=1, help="of the hidden inputs")
    given = words.parse_args()
    folder = given.folder or Path("class") / given.grader
    make = for_nbgrader if given.grader == "nbgrader" else for_otter
    stems = sorted({exercise.notebook for exercise in check.EXERCISES.values()})
    for stem in stems:
        book = make(nbformat.read(NOTEBOOKS / f"{stem}.ipynb", 4), stem, given.seed)
        nbformat.validate(book)
        own = folder / "source" / stem if given.grader == "nbgrader" else folder
        own.mkdir(parents=True, exist_ok=True)
        nbformat.write(book, own / f"{stem}.ipynb")
    print(f"{folder}: {len(stems)} assignments for {given.grader}")


if __name__ == "__main__":
    main()
