"""Every notebook with all solutions in it: its checks say `correct`, and all other
cells say what they said before.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import logbook
from dqn_tutorial.classroom.check.exercise import Exercise, Verdict
from tests.test_exercises import NOTEBOOKS, cells_of, notebooks, solution_of


def solved_copy(stem: str, folder: Path) -> Path:
    """Write the notebook with a solution in each exercise, and the output that it
    should have.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4)
    for exercise in of_notebook(stem):
        _, stub, _ = cells_of(exercise)
        (cell,) = (
            cell
            for cell in notebook.cells
            if cell.cell_type == "code" and cell.source == stub.source
        )
        verdict = Verdict(exercise.name, "correct")
        shown = {"text/plain": repr(verdict), "text/html": verdict._repr_html_()}
        cell.source = solution_of(exercise)
        cell.outputs = [
            nbformat.v4.new_output(
                "execute_result", shown, execution_count=cell.execution_count
            )
        ]
    path = folder / f"{stem}.ipynb"
    nbformat.write(notebook, path)
    return path


def of_notebook(stem: str) -> list[Exercise]:
    return [
        exercise for exercise in check.EXERCISES.values() if exercise.notebook == stem
    ]


@pytest.mark.parametrize("stem", notebooks())
def test_with_all_solutions_in_it_every_cell_still_says_the_same(
    stem: str, tmp_path: Path
) -> None:
    assert of_notebook(stem)
    kept, root = tmp_path / "progress.json", NOTEBOOKS.parent
    words = [
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        "--nbval",
        "--nbval-current-env",
    ]
    words += [
        "--nbval-cell-timeout=300",
        f"--nbval-sanitize-with={root / 'tests' / 'nbval_sanitize.cfg'}",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, solved_copy(stem, tmp_path)],
        env=os.environ | {"DQN_TUTORIAL_PROGRESS": str(kept), "PYTHONPATH": str(root)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    progress = logbook.read(kept)
    assert {
        name: (entry["correct"], entry["attempts"]) for name, entry in progress.items()
    } == {exercise.name: (True, 1) for exercise in of_notebook(stem)}
