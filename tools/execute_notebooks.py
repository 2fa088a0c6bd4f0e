"""Execute notebooks in place and strip what differs from run to run, so that a second
run leaves no diff.

Usage: python tools/execute_notebooks.py [NOTEBOOK ...]   (all of notebooks/ if none is
named)
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
# so that a developer's own progress does not reach the stored outputs
_FOLDER = tempfile.TemporaryDirectory()
os.environ.setdefault(
    "DQN_TUTORIAL_PROGRESS", str(Path(_FOLDER.name) / "progress.json")
)
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}


def strip_noise(notebook: nbformat.NotebookNode) -> None:
    """Remove timestamps, widget state and versions; join split stream outputs."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {"tags": tags} if (tags := cell.metadata.get("tags")) else {}
        )
        for output in cell.get("outputs", []):
            if "metadata" in output:  # only what tells of pictures stays
                kept = {k: v for k, v in output.metadata.items() if "image/" in k}
                output.metadata = nbformat.from_dict(kept)
            output.pop("transient", None)
            # lives as long as its kernel
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)


def joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Join neighbouring pieces of one stream: where a kernel cuts what a cell prints is
    a matter of time.
    """
    whole: list[nbformat.NotebookNode] = []
    for output in outputs:
        if (
            whole
            and output.output_type == "stream" == whole[-1].output_type
            and output.name == whole[-1].name
        ):
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


def execute(path: Path) -> float:
    """Run a notebook top to bottom in a fresh kernel, write it back, and return the
    seconds it took.
    """
    notebook = nbformat.read(path, as_version=4)
    started = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    seconds = time.perf_counter() - started
    strip_noise(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return seconds


def main() -> int:
    """Execute the named notebooks, or all; the exit status is the number of those that
    failed.
    """
    paths = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    failed = 0
    for path in paths:
        try:
            print(f"{path.name}: {execute(path):.1f} s", flush=True)
        except CellExecutionError as error:
            failed += 1
            print(f"{path.name}: failed\n{error}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
