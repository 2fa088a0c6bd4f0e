"""Where the course runs elsewhere: in a container, in a public CI, in Colab."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import hosted  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = PROJECT["requires-python"].removeprefix(">=")
PIP = "ran = []\nget_ipython().register_magic_function(ran.append, 'line', 'pip')"
HIDE = "import sys\nsys.modules['dqn_tutorial'] = None"


def test_the_package_is_installed_only_where_it_is_missing() -> None:
    book = new_notebook(cells=[new_markdown_cell("# Title")])
    hosted.give_cells(book, "00.ipynb", "https://github.com/a/b", "v1.0")
    assert [cell.cell_type for cell in book.cells] == ["markdown", "markdown", "code"]
    install = book.cells[2].source
    steps = PIP, install, "print(*ran)", HIDE, install, "print(*ran)"
    book.cells = [new_code_cell(step) for step in steps]
    NotebookClient(book, timeout=60).execute(cwd=str(ROOT))
    there, missing = (book.cells[k].outputs[0].text.strip() for k in (2, 5))
    assert there == ""
    address = "git+https://github.com/a/b@v1.0"
    assert missing == f'install --quiet "dqn-tutorial[classroom] @ {address}"'


def test_links_come_and_go_with_the_address() -> None:
    path = ROOT / "notebooks" / "00_start_here.ipynb"
    book, before = nbformat.read(path, 4), nbformat.read(path, 4)
    for _ in range(2):
        hosted.give_cells(book, path.name, "https://github.com/a/b", "v1.0")
        assert len(book.cells) == len(before.cells) + 2
    assert "github/a/b/blob/v1.0/notebooks/00_start_here.ipynb" in book.cells[1].source
    hosted.give_cells(book, path.name, "", "v1.0")
    assert book == before
    with pytest.raises(ValueError, match="OWNER/NAME"):
        hosted.give_cells(book, path.name, "https://example.org/a", "v1.0")


def test_notebooks_and_readme_have_links_only_once_there_is_an_address() -> None:
    is_set = bool(PROJECT.get("urls", {}).get("Repository"))
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert ("hosted-install" in path.read_text(encoding="utf-8")) == is_set


def test_the_public_ci_is_well_formed_and_safe() -> None:
    """Against the schema of such workflows, and a security linter, both offline."""
    path = ROOT / ".github" / "workflows" / "test.yml"
    python = Path(sys.executable).parent
    for words in (
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        ["zizmor", "--offline", "--quiet"],
    ):
        done = subprocess.run(
            [python / words[0], *words[1:], path], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    matrix = yaml.safe_load(path.read_text())["jobs"]["pinned"]["strategy"]["matrix"]
    assert len(matrix["os"]) == 3 and matrix["python"][0] == "3.11"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "sys.version_info = (3, 10, 13, 'final', 0)",
            f"This is Python 3.10.13 ({sys.executable}); the course needs {NEEDED}",
        ),
        ("sys.modules['ensurepip'] = None", "apt install python3-venv"),
    ],
)
def test_a_python_that_will_not_do_is_told_before_anything_is_done(
    tmp_path: Path, before: str, said: str
) -> None:
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    for path in (*ROOT.glob("*.txt"), ROOT / "pyproject.toml"):
        shutil.copy(path, tmp_path)
    code = (
        f"import sys, runpy; {before}; sys.argv = ['install.py', 'requirements.txt'];"
        " runpy.run_path('tools/install.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1 and not (tmp_path / ".venv").exists()
    assert said in done.stderr and "Traceback" not in done.stderr
