"""A cell that is run a second time works, or says which cell to run again."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import rerun_notebooks  # noqa: E402

# numbers of cells that take seconds, or need what such a cell changes; all cells are
# run by `make reruns`
LONG = {
    "00": "05 07 09",
    "01": "25",
    "02": "15 25 34 42",
    "03": "75",
    "04": "44",
    "05": "18 39",
    "06": "run-loop 41 49 68",
    "07": "05 10 23 plain six",
    "08": "03 07 11 15 19 24 28 32 36 39 48 53 55",
    "09": "10 12 14 23",
    "10": "24 26 28 32 35",
    "12": "11",
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookClient]:
    progress = tmp_path_factory.mktemp("reruns") / "progress.json"
    with pytest.MonkeyPatch.context() as patch:  # other notebooks show what is done
        patch.setenv("DQN_TUTORIAL_PROGRESS", str(progress))
        with rerun_notebooks.kernel() as client:
            yield client


def left_out(path: Path) -> set[str]:
    """Return the ids of the long cells, and of those that use a name they set."""
    out = {f"cell-{number}" for number in LONG.get(path.stem[:2], "").split()}
    unset: set[str] = set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            tree = list(ast.walk(ast.parse(cell.source)))
            names = [node for node in tree if isinstance(node, ast.Name)]
            used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
            made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
            made |= {node.name for node in tree if isinstance(node, ast.FunctionDef)}
            if cell.id in out or (used - made) & unset:
                out.add(cell.id)
                unset |= made
            else:
                unset -= made
    return out


@pytest.mark.parametrize(
    "path", sorted(rerun_notebooks.NOTEBOOKS.glob("*.ipynb")), ids=lambda p: p.stem
)
def test_each_cell_can_be_run_twice(path: Path, kernel: NotebookClient) -> None:
    out = left_out(path)
    order = rerun_notebooks.ORDERS[0]
    rows = list(rerun_notebooks.rerun(kernel, path, order, out))
    assert rows
    assert list(filter(rerun_notebooks.breaks, rows)) == []


def test_a_cell_that_breaks_is_found(tmp_path: Path, kernel: NotebookClient) -> None:
    cells = "n = 0", "n += 1; assert n == 1", "n += 1; assert n < 4, 'Run [1] again.'"
    book = nbformat.v4.new_notebook(cells=list(map(new_code_cell, cells)))
    nbformat.write(book, tmp_path / "book.ipynb")
    each_twice, all_twice = (
        [
            (row.number, rerun_notebooks.breaks(row))
            for row in rerun_notebooks.rerun(kernel, tmp_path / "book.ipynb", order)
            if row.error
        ]
        for order in rerun_notebooks.ORDERS
    )
    assert each_twice == [(2, True), (3, False)] and all_twice == []
