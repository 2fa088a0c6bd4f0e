"""Run every cell of notebooks twice, as a learner does who tries things, and print what
breaks or says something else the second time.

Two orders: each cell twice before the next, and all cells twice in one kernel. A cell
may refuse a second run in a sentence that says what to run `again`. Every other
exercise is solved in its second run, so that the notebook is half done. Then all cells
once with every exercise solved, and once with every one answered wrongly.

Usage: python tools/rerun_notebooks.py [NOTEBOOK ...]   (all of notebooks/ if none is
named)
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
ORDERS = ("each cell twice", "Run All twice")
# so that a developer's own progress is left alone
_FOLDER = tempfile.TemporaryDirectory()
os.environ.setdefault(
    "DQN_TUTORIAL_PROGRESS", str(Path(_FOLDER.name) / "progress.json")
)


class Second(NamedTuple):
    """What a cell did in its second run."""

    number: int  # as in the prompt of the stored notebook
    error: str  # its first line, empty if none
    differs: bool  # in text, from the first run


@contextmanager
def kernel() -> Iterator[NotebookClient]:
    """A kernel in the folder of the notebooks."""
    client = NotebookClient(
        nbformat.v4.new_notebook(),
        timeout=600,
        allow_errors=True,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    with client.setup_kernel():
        yield client


def run(client: NotebookClient, source: str) -> tuple[str, str]:
    """Run a cell; return the text of its output and the first line of its error."""
    cell = nbformat.v4.new_code_cell(source)
    client.nb.cells = [cell]
    client.execute_cell(cell, 0)
    said, error = "", ""
    for output in cell.outputs:
        if output.output_type == "error":
            error = f"{output.ename}: {output.evalue}".splitlines()[0]
        said += output.get("text") or output.get("data", {}).get("text/plain", "")
    # where a kernel cuts what a cell prints is a matter of time
    return re.sub(r"\n+", "\n", said).strip(), error


def solved(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return the solutions of the exercises by the ids of their cells."""
    found = {}
    for stub, below in zip(notebook.cells, notebook.cells[1:], strict=False):
        fence = re.search(
            r"(?s)Solution</summary>.*?```python\n(.*?)\n```", below.source
        )
        if stub.cell_type == "code" and fence:
            found[stub.id] = f"{fence[1]}\n\n\n{stub.source.splitlines()[-1]}"
    return found


def wrongly(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return a wrong answer to each exercise by the id of its cell."""
    stubs = {cell.id: cell.source for cell in notebook.cells}
    return {
        name: re.sub(r"raise NotImplementedError.*", "return None", stubs[name])
        .replace('"?"', '"Z"')
        .replace("...", "None")
        for name in solved(notebook)
    }


def rerun(
    client: NotebookClient, path: Path, order: str, left_out: Collection[str] = ()
) -> Iterator[Second]:
    """Run a notebook twice in one of the `ORDERS`, without the cells of some ids, in a
    namespace that is emptied first.
    """
    notebook = nbformat.read(path, as_version=4)
    answers = dict(list(solved(notebook).items())[::2])
    cells = [
        (number, cell)
        for number, cell in enumerate(
            (cell for cell in notebook.cells if cell.cell_type == "code"), 1
        )
        if cell.id not in left_out
    ]
    each_twice = [pair for pair in cells for _ in range(2)]
    run(client, "%reset -f")
    before: dict[str, str] = {}
    for number, cell in each_twice if order == ORDERS[0] else cells * 2:
        is_second = cell.id in before
        source = answers.get(cell.id, cell.source) if is_second else cell.source
        said, error = run(client, source)
        if error and not is_second:
            yield Second(number, f"in the first run: {error}", True)
        if is_second:
            other = said != before[cell.id] and cell.id not in answers
            yield Second(number, error, other)
        before[cell.id] = said


def answered(
    client: NotebookClient, path: Path, answers: Callable[..., dict[str, str]]
) -> Iterator[Second]:
    """Run a notebook once with these answers in the cells of its exercises."""
    notebook = nbformat.read(path, as_version=4)
    sources = answers(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        _, error = run(client, sources.get(cell.id, cell.source))
        yield Second(number, error, False)


def breaks(second: Second) -> bool:
    """Whether a cell stopped without saying which cell to run again."""
    return bool(second.error) and "again" not in second.error


def main() -> int:
    """Print a row for each notebook and order; the exit status is the number of cells
    that break.
    """
    paths = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    broken = 0
    print(f"{'notebook':24}{'order':17}{'cells':>6}{'break':>6}  say something else")
    for path in paths:
        orders = {order: partial(rerun, order=order) for order in ORDERS}
        orders["all solved"] = partial(answered, answers=solved)
        orders["all wrong"] = partial(answered, answers=wrongly)
        for order, cells_run in orders.items():
            with kernel() as client:
                rows = list(cells_run(client, path))
            bad = [row for row in rows if breaks(row)]
            others = [f"[{row.number}]" for row in rows if row.differs]
            figures = f"{len(rows):6}{len(bad):6}"
            print(f"{path.stem:24}{order:17}{figures}  {' '.join(others)}", flush=True)
            for row in rows:
                if row.error:
                    print(f"    [{row.number}] {row.error}", flush=True)
            broken += len(bad)
    return broken


if __name__ == "__main__":
    sys.exit(main())
