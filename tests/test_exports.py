"""Assignments for other graders hold every exercise, its solution between their marks,
and tests that the solution passes.
"""

import ast
import re
from typing import Any

import nbformat
import pytest

from dqn_tutorial.classroom import check
from tests.test_exercises import NOTEBOOKS, notebooks
from tools import exports

MARKED = re.compile(r"( *)#+ BEGIN SOLUTION\n.*?\n *#+ END SOLUTION", re.S)


@pytest.mark.parametrize("stem", notebooks())
def test_each_exercise_has_its_cells_and_no_solution_once_it_is_cut(stem: str) -> None:
    book = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", 4)
    names = [e.name for e in check.EXERCISES.values() if e.notebook == stem]
    parts = [*exports.parts_of(book, stem)]
    assert sorted(part.exercise.name for part in parts) == sorted(names)
    for part in parts:
        solved = exports.solved(part, "# BEGIN SOLUTION", "# END SOLUTION")
        cut = MARKED.sub(r"\1...", solved)
        for text in (solved, cut):
            ast.parse(text)
        assert solved != cut and part.text.startswith("### Exercise ")
        # what is handed out is the stub, with its shapes, its keys and its "?"
        is_open = "raise NotImplementedError" in part.stub
        stub = part.stub.replace("raise NotImplementedError", "...")
        assert cut == (stub if is_open else f"{stub}\n...")


def test_nbgrader_gets_points_and_locked_tests_and_otter_its_marks() -> None:
    book = nbformat.read(NOTEBOOKS / "05_critic.ipynb", 4)
    graded = [
        cell.metadata.nbgrader
        for cell in exports.for_nbgrader(book, "05_critic", 3).cells
        if "nbgrader" in cell.metadata
    ]
    tests = [cell for cell in graded if cell.grade]
    assert sum(cell.points for cell in tests) == 12 and all(t.locked for t in tests)
    assert len({cell.grade_id for cell in graded}) == len(graded) == 2 * len(tests)
    cells = exports.for_otter(book, "05_critic", 3).cells
    raw = [cell.source.split("\n")[0] for cell in cells if cell.cell_type == "raw"]
    for what in ("QUESTION", "SOLUTION", "TESTS"):
        assert raw.count(f"# BEGIN {what}") == raw.count(f"# END {what}") == 6
    # each check needs the cell that otter begins with: else it runs at the end
    assert "init_cell" not in cells[0].source


def test_what_a_solution_has_beside_the_stub_is_below_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = "def half(x):\n    return x / 2\n\n\ndef own(x):\n    return half(x)"
    monkeypatch.setattr(exports, "folded", lambda *_: f"```python\n{code}\n```")
    stub = 'def own(x):  # a number\n    """Halve it."""\n    raise NotImplementedError'
    part = exports.Part(check.EXERCISES["cut_share"], "", stub, "own")
    solved = exports.solved(part, "# BEGIN SOLUTION", "# END SOLUTION")
    names: dict[str, Any] = {}
    exec(solved, names)
    assert names["own"](3) == 1.5
    stub = stub.replace("raise NotImplementedError", "...")
    assert MARKED.sub(r"\1...", solved) == f"{stub}\n..."


def test_a_test_of_an_assignment_can_fail() -> None:
    source = exports.TEST.format(name="cut_share", answer="answer", seed=3)
    exercise = check.EXERCISES["cut_share"]
    exec(source, {"check": check, "answer": exercise.solution})
    with pytest.raises(AssertionError, match="not yet"):
        exec(source, {"check": check, "answer": lambda gamma, prize: 1 - gamma})
