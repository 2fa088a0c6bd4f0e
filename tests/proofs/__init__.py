"""What the notebooks prove to us and not to the learner: code that runs after a cell.

`notebook_05.py` holds that of notebook 05, in parts that begin with `# %% CELL-ID`.
A part sees a copy of the names of its notebook and can change none. pytest runs
it as the end of the cell (`-p tests.proofs`), `tools/evidence.py` to measure claims.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PART = re.compile(r"(?m)^# %% (\S+)$")
MEASURE = (HERE.parent / "measure.py").read_text(encoding="utf-8")


def file_of(stem: str) -> Path:
    """Return the file of a notebook: of 05_critic that of 05."""
    return HERE / f"notebook_{stem.partition('_')[0]}.py"


def proofs(stem: str) -> dict[str, str]:
    """Return the code that belongs to a notebook, by the id of the cell it follows."""
    path = file_of(stem)
    if not path.exists():
        return {}
    head, *parts = PART.split(path.read_text(encoding="utf-8"))
    return {
        name: f"{head}\n{code}"
        for name, code in zip(parts[::2], parts[1::2], strict=True)
    }


def apart(stem: str, cell: str, code: str) -> str:
    """Return a line that runs code in a copy of the notebook's names."""
    place = f"tests/proofs/{file_of(stem).name}, {cell}"
    return f"exec(compile({code!r}, {place!r}, 'exec'), dict(globals()))"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: Any) -> Iterator[None]:
    """After a cell of nbval has passed, run what it is to prove, and measure the text
    of what it showed.
    """
    yield
    if type(item).__name__ != "IPyNbCell":
        return
    stem, cell = item.parent.path.stem, item.cell.get("id", "")
    parts = [proofs(stem).get(cell, ""), f"{MEASURE}\nwatch()"]
    kernel = item.parent.kernel
    for code in filter(None, parts):
        sent = kernel.execute_cell_input(apart(stem, cell, code), allow_stdin=False)
        kernel.await_reply(sent, timeout=300)
        for said in iter(lambda: kernel.get_message("iopub", timeout=60), None):
            if said["parent_header"].get("msg_id") != sent:
                continue
            if said["msg_type"] == "error":
                pytest.fail("\n".join(said["content"]["traceback"]), pytrace=False)
            if said["content"].get("execution_state") == "idle":
                break
