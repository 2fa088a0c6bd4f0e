"""A learner's working copy: new releases come in, nothing of the learner's is lost."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dqn_tutorial.classroom import course

ROOT = Path(__file__).parent.parent
NAME = "00_start.ipynb"


def write(folder: Path, *cells: str, name: str = NAME) -> Path:
    """Write a notebook of cells, each given as `id: source`."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [cell.split(": ", 1) for cell in cells]
    book = new_notebook(cells=[new_code_cell(text, id=key) for key, text in parts])
    nbformat.write(book, folder / name)
    return folder


def sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, 4).cells]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write(tmp_path / "release", "a: title", "b: x = 1", "c: stub", "d: end")


@pytest.fixture
def own(tmp_path: Path, release: Path) -> Path:
    course.update(tmp_path / "copy", release)
    return tmp_path / "copy" / "notebooks" / NAME


def kept(own: Path) -> list[Path]:
    return sorted((own.parent.parent / "kept").glob("*"))


def test_the_same_release_again_changes_nothing(
    own: Path, release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(own.parent, "a: mine")
    capsys.readouterr()
    course.update(own.parent.parent, release)
    assert (sources(own), kept(own), capsys.readouterr().out) == (["mine"], [], "")
    own.unlink()
    course.update(own.parent.parent, release)
    assert sources(own) == ["title", "x = 1", "stub", "end"]


def test_a_new_release_takes_nothing_from_the_learner(
    own: Path, release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = "e: before all", "a: title", "c: solved", "f: after mine", "g: twice"
    write(own.parent, *mine)
    before = own.read_bytes()
    write(release, "a: new title", "h: inserted", "b: x = 1", "c: new stub", "d: fin")
    course.update(own.parent.parent, release)
    assert sources(own) == [
        *("before all", "new title", "inserted"),  # x = 1, removed, stays away
        *("solved", "after mine", "twice"),
        "fin",  # removed, but it is another now
    ]
    assert [path.read_bytes() for path in kept(own)] == [before]
    assert "with your changes" in capsys.readouterr().out


def test_a_cell_that_left_the_release_stays_if_it_was_changed(
    own: Path, release: Path
) -> None:
    write(own.parent, "a: title", "b: x = 1", "c: solved", "d: end")
    write(release, "a: title", "d: end")
    course.update(own.parent.parent, release)
    assert sources(own) == ["title", "solved", "end"]


def test_outputs_of_cells_that_nobody_changed_stay(own: Path, release: Path) -> None:
    book = nbformat.read(own, 4)
    book.cells[1].outputs = [nbformat.v4.new_output("stream", text="seen")]
    nbformat.write(book, own)
    write(release, "a: new title", "b: x = 1", "c: stub", "d: end")
    course.update(own.parent.parent, release)
    first, second, *_ = nbformat.read(own, 4).cells
    assert first.source == "new title" and second.outputs[0].text == "seen"


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", "other cells", "no ids"])
def test_what_cannot_be_joined_is_kept(own: Path, release: Path, content: str) -> None:
    if content == "other cells":
        write(own.parent, "1: title", "2: x = 1", "3: solved", "4: end")
    elif content == "no ids":
        book = nbformat.read(own, 4)
        book.nbformat_minor = 4
        for cell in book.cells:
            del cell["id"]
        nbformat.write(book, own)
    else:
        own.write_text(content)
        with pytest.raises(ValueError, match=rf"{NAME} is no notebook: --reset"):
            course.show_changes(own.parent.parent)
    before = own.read_bytes()
    write(release, "a: new title")
    course.update(own.parent.parent, release)
    assert sources(own) == ["new title"]
    assert [path.read_bytes() for path in kept(own)] == [before]


def test_an_unchanged_notebook_becomes_the_new_one(own: Path, release: Path) -> None:
    write(release, "a: new title")
    course.update(own.parent.parent, release)
    assert sources(own) == ["new title"] and not kept(own)


def test_one_notebook_is_put_back(own: Path, release: Path) -> None:
    write(own.parent, "a: mine")
    course.reset(own.parent.parent, "00")
    assert sources(own) == ["title", "x = 1", "stub", "end"]
    assert sources(kept(own)[0]) == ["mine"]
    with pytest.raises(ValueError, match=r"no notebook '17'.*00_start"):
        course.reset(own.parent.parent, "17")


def test_changes_are_shown(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = own.parent.parent
    capsys.readouterr()
    course.show_changes(folder)
    assert capsys.readouterr().out == ""
    write(own.parent, "a: title", "b: x = 1", "c: solved", "d: end")
    course.show_changes(folder)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line[0] in "-+"] == [
        f"--- {NAME}, as delivered",
        f"+++ {NAME}, yours",
        "-stub",
        "+solved",
    ]


def test_progress_made_in_the_release_itself_comes_along(
    tmp_path: Path, release: Path
) -> None:
    (release / "progress.json").write_text("{}")
    course.update(tmp_path / "copy", release)
    progress = tmp_path / "copy" / "notebooks" / "progress.json"
    progress.write_text('{"mine": 1}')
    course.update(tmp_path / "copy", release)
    assert progress.read_text() == '{"mine": 1}'


def test_a_folder_of_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "open_in_jupyterlab", lambda *_: None)
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds something else"):
        course.course([str(tmp_path)])
    with pytest.raises(ValueError, match="name another folder"):
        course.course([str(tmp_path / "thesis.txt" / "course")])
    with pytest.raises(ValueError, match="holds no copy"):
        course.course([str(tmp_path), "--changes"])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_links_lead_somewhere_in_a_copy(tmp_path: Path) -> None:
    course.update(tmp_path / "copy")
    notebooks = tmp_path / "copy" / "notebooks"
    links = [
        (path.name, target)
        for path in sorted(notebooks.glob("*.ipynb"))
        for cell in nbformat.read(path, 4).cells
        if cell.cell_type == "markdown"
        for target in re.findall(r"\]\(([\w./]+\.\w+)[)#]", cell.source)
    ]
    assert len(links) > 10
    assert not [link for link in links if not (notebooks / link[1]).exists()]
    assert (notebooks / "../dqn_tutorial/plain.py").exists()


def test_cells_keep_their_ids_when_notebooks_are_executed() -> None:
    """By them a newer release finds the learner's cells."""
    sys.path.insert(0, str(ROOT / "tools"))
    from execute_notebooks import strip_noise

    book = new_notebook(cells=[new_markdown_cell("new", id="f00d"), new_code_cell("1")])
    ids = [cell.id for cell in book.cells]
    strip_noise(book)
    assert [cell.id for cell in book.cells] == ids


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distributions, made where the course was opened before."""
    folder, checkout = (tmp_path_factory.mktemp(name) for name in ("dist", "checkout"))
    left_out = {".git", ".venv", "course", "runs"}
    shutil.copytree(
        ROOT,
        checkout,
        dirs_exist_ok=True,
        ignore=lambda place, names: (
            left_out & set(names) if Path(place) == ROOT else ()
        ),
    )
    course.update(checkout / "course", checkout / "notebooks")
    link = checkout / "course/dqn_tutorial"
    link.unlink()
    link.symlink_to(checkout / "dqn_tutorial", target_is_directory=True)
    words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(words, cwd=checkout, check=True, capture_output=True)
    return folder


def test_the_wheel_opens_the_course(built: Path, tmp_path: Path) -> None:
    """Outside the checkout, from the wheel alone, notebook 00 runs in the copy."""
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    code = "from dqn_tutorial.classroom import course as c; c.update(c.Path('mine'))"
    env = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
    notebooks = tmp_path / "mine" / "notebooks"
    pages = "*.ipynb", "*.md"
    names = {path.name for page in pages for path in (ROOT / "notebooks").glob(page)}
    assert {path.name for path in notebooks.iterdir()} == names
    book = nbformat.read(notebooks / "00_start_here.ipynb", 4)
    asked = "import dqn_tutorial; print(dqn_tutorial.__file__)"
    book.cells.append(new_code_cell(asked))
    client = NotebookClient(
        book, timeout=300, resources={"metadata": {"path": str(notebooks)}}
    )
    client.execute(env=env)
    said = book.cells[-1].outputs[0].text
    assert Path(said.strip()).is_relative_to(tmp_path / "installed")


def test_the_sdist_is_whole(built: Path) -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        inside = {name.partition("/")[2] for name in opened.getnames()}
    assert set(done.stdout.split()) - inside <= {".gitignore"}
