"""Every notebook's solutions, one after the other as a learner would enter them: each
check says `correct`, and the cells that go on use the learner's own.
"""

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import logbook
from tests.test_exercises import NOTEBOOKS, cells_of, notebooks, solution_of

IMPORTS = ast.Import | ast.ImportFrom


@pytest.mark.parametrize("stem", notebooks())
def test_all_solutions_are_correct_in_their_notebook(
    stem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercises = [e for e in check.EXERCISES.values() if e.notebook == stem]
    solutions = {cells_of(e)[1].source: (e.name, solution_of(e)) for e in exercises}
    cells = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    kept = tmp_path / "progress.json"
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(kept))
    names: dict[str, Any] = {}
    for source in code:  # its imports are all that they need
        body = [n for n in ast.parse(source).body if isinstance(n, IMPORTS)]
        exec(ast.unparse(ast.Module(body, [])), names)
    for stub in filter(solutions.get, code):
        name, source = solutions[stub]
        answer, _, checked = source.rpartition("\n")
        exec(compile(answer, f"<solution of {name}>", "exec"), names)
        verdict = eval(checked, names)
        assert repr(verdict) == f"{name}: correct."
        assert "correct" in verdict._repr_html_()
        if check.EXERCISES[name].solution is not None:
            assert check.EXERCISES[name].function is not check.EXERCISES[name].solution
    assert {
        name: (entry["correct"], entry["attempts"])
        for name, entry in logbook.read(kept).items()
    } == {exercise.name: (True, 1) for exercise in exercises}
