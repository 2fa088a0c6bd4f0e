"""Assignments for other graders hold every exercise, its solution between their marks,
and tests that the solution passes.
"""

import ast
import re

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
        assert not re.search(rf"(?m)^ *return|^{part.answer} =", cut)
        assert solved != cut and part.text.startswith("### Exercise ")


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


def test_a_test_of_an_assignment_can_fail() -> None:
    source = exports.TEST.format(name="cut_share", answer="answer", seed=3)
    exercise = check.EXERCISES["cut_share"]
    exec(source, {"check": check, "answer": exercise.solution})
    with pytest.raises(AssertionError, match="not yet"):
        exec(source, {"check": check, "answer": lambda gamma, prize: 1 - gamma})
