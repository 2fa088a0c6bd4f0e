"""Every notebook's solutions, one after the other as a learner would enter them: each
check says `correct`, and no other cell uses what they define.
"""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import logbook
from tests.test_exercises import NOTEBOOKS, cells_of, notebooks, solution_of


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
    exec(code[0], names)  # its imports are all that they need
    before = dict(names)
    for stub in filter(solutions.get, code):
        name, source = solutions[stub]
        answer, _, checked = source.rpartition("\n")
        exec(compile(answer, f"<solution of {name}>", "exec"), names)
        verdict = eval(checked, names)
        assert repr(verdict) == f"{name}: correct."
        assert "correct" in verdict._repr_html_()
    assert {
        name: (entry["correct"], entry["attempts"])
        for name, entry in logbook.read(kept).items()
    } == {exercise.name: (True, 1) for exercise in exercises}
    # all other cells say what they said, as none uses what a solution defines
    new = {name for name in names if names[name] is not before.get(name)}
    others = " ".join(source for source in code if source not in solutions)
    assert not new & set(re.findall(r"\w+", others)) and len(new) >= 3
