"""A working copy of the course: notebooks that are the learner's own, which a newer
release brings up to date without touching what the learner wrote.
"""

import difflib
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import tyro
from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

from dqn_tutorial.checkpoint import whole
from dqn_tutorial.classroom.check.texts import PACKAGE, RELEASE
from dqn_tutorial.config import Refused, nearest

BASE = ".course"  # the notebooks as they were delivered, by which changes are told
KEPT = "kept"  # what was replaced


@dataclass(frozen=True)
class Arguments:
    """Open the course in JupyterLab, as a copy that is yours. The same command brings
    the copy up to date with a newer release and keeps what you wrote. Words after `--`
    are for JupyterLab.
    """

    folder: tyro.conf.Positional[Path] = Path("course")
    """Folder of the copy; made if there is none."""
    changes: bool = False
    """Only show what you changed."""
    reset: str = ""
    """Only put one notebook back as it was delivered, named by its number; yours is
    kept.
    """


def course(argv: Sequence[str]) -> None:
    """Do what the command line asks for.

    Raises:
        ValueError: a folder that holds something else or cannot be written to, or no
            such notebook.
    """
    words = list(argv)
    n_own = words.index("--") if "--" in words else len(words)
    arguments = tyro.cli(Arguments, args=words[:n_own], prog="dqn-tutorial course")
    folder = arguments.folder.absolute()
    try:
        if arguments.changes:
            show_changes(folder)
        elif arguments.reset:
            reset(folder, arguments.reset)
        else:
            update(folder)
    except OSError as error:
        raise Refused(f"{error}: name another folder") from error
    if not (arguments.changes or arguments.reset):
        open_in_jupyterlab(folder, words[n_own + 1 :])


def update(folder: Path, release: Path = RELEASE) -> None:
    """Make a working copy, or bring one up to date; print what was done.

    Cells that the learner changed, added or removed stay so, the others become those of
    the release. A notebook that is replaced is kept beside the others.

    Args:
        folder: the working copy.
        release: folder of the notebooks as they are delivered.

    Raises:
        ValueError: the folder holds something else.
    """
    notebooks, base = folder / "notebooks", folder / BASE
    if folder.exists() and not base.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} holds something else: name a folder of its own")
    if not base.exists():
        print(f"Your copy of the course: {notebooks}")
    for place in (notebooks, base):
        place.mkdir(parents=True, exist_ok=True)
    _lay_package(folder / PACKAGE.name)
    for page in release.glob("*.md"):
        shutil.copy(page, notebooks)
    progress = release / "progress.json"  # of who worked in the release itself
    if progress.exists() and not (notebooks / progress.name).exists():
        shutil.copy(progress, notebooks)
    for new in sorted(release.glob("*.ipynb")):
        before, own = base / new.name, notebooks / new.name
        if not own.exists():
            _write(new.read_bytes(), own)
        elif not before.exists() or new.read_bytes() != before.read_bytes():
            _merge(before, own, new)
        _write(new.read_bytes(), before)


def _merge(before: Path, own: Path, new: Path) -> None:
    """Bring the learner's notebook up to date; keep it as it was if it was changed."""
    if before.exists() and own.read_bytes() == before.read_bytes():
        _write(new.read_bytes(), own)
        print(f"{own.name}: the new release")
        return
    kept = _keep(own)
    try:
        joined = merge(*(nbformat.read(path, 4) for path in (before, own, new)))
        _write(nbformat.writes(joined).encode(), own)
        print(f"{own.name}: the new release with your changes; before: {kept}")
    except Exception:  # whatever the file holds: no notebook, cells without their ids
        _write(new.read_bytes(), own)
        print(f"{own.name}: the new release; yours cannot be joined to it: {kept}")


def merge(base: Any, own: Any, new: Any) -> Any:
    """Return the new notebook with the learner's changes. A cell is taken whole: lines
    of two versions in one cell would be code that nobody wrote.

    Args:
        base: the notebook from which both were made.
        own: the learner's.
        new: of the newer release.

    Raises:
        ValueError: most cells of the learner's notebook are not those of the base, as
            where an editor gave them new ids.
    """
    before, mine = ({cell.id: cell for cell in book.cells} for book in (base, own))
    if 2 * len(before.keys() & mine.keys()) < len(before):
        raise Refused("most cells are others than those of the base")
    now = {cell.id for cell in new.cells}
    added: dict[str, list[Any]] = {}  # after which cell: what only the learner has
    place = ""
    for cell in own.cells:
        if cell.id in now:
            place = cell.id
        elif cell.id not in before or cell.source != before[cell.id].source:
            added.setdefault(place, []).append(cell)
    cells = added.get("", [])
    for cell in new.cells:
        old, kept = before.get(cell.id), mine.get(cell.id)
        if old is None or kept is None or old.source == kept.source != cell.source:
            is_removed = kept is None and old is not None and old.source == cell.source
            cells += [] if is_removed else [cell]
        else:
            cells.append(kept)
        cells += added.get(cell.id, [])
    return nbformat.from_dict(new | {"cells": cells})


def reset(folder: Path, name: str) -> None:
    """Put a notebook back as it was delivered; the learner's is kept.

    Args:
        folder: the working copy.
        name: of the notebook, or how it begins.

    Raises:
        ValueError: no such notebook.
    """
    names = [path.name for path in _delivered(folder)]
    found = [each for each in names if each.startswith(name)]
    if not found:
        raise Refused(f"no notebook {name!r}: {nearest(name, names)}")
    own = folder / "notebooks" / found[0]
    if own.exists():
        print(f"Yours is kept: {_keep(own)}")
    _write((folder / BASE / own.name).read_bytes(), own)
    print(f"{own.name} is as it was delivered.")


def show_changes(folder: Path) -> None:
    """Print how the learner's notebooks differ from those delivered, outputs left out.

    Raises:
        ValueError: no working copy is there, or a file of it is no notebook.
    """
    for before in _delivered(folder):
        own = folder / "notebooks" / before.name
        if own.exists():
            names = f"{own.name}, as delivered", f"{own.name}, yours"
            for line in difflib.unified_diff(
                _lines(before), _lines(own), *names, n=1, lineterm=""
            ):
                print(line)


def _lines(path: Path) -> list[str]:
    """Return the lines of all cells, an empty one after each cell."""
    try:
        cells = nbformat.read(path, 4).cells
    except Exception as error:
        raise Refused(f"{path} is no notebook: --reset puts it back") from error
    return [line for cell in cells for line in [*cell.source.splitlines(), ""]]


def open_in_jupyterlab(folder: Path, options: Sequence[str]) -> None:
    """Start JupyterLab on a working copy, for this machine alone; no settings are
    written into the folders of the user.

    Args:
        folder: the working copy.
        options: of JupyterLab, above the ones given here.
    """
    settings: dict[str, Any] = {
        "ip": "127.0.0.1",
        "allow_remote_access": False,
        "disable_check_xsrf": False,
        "allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
        "root_dir": str(folder),
        "log_level": "WARN",
    }
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        settings["open_browser"] = False  # the address is printed
    given = " ".join(options)
    words = [
        f"--ServerApp.{name}={value}"
        for name, value in settings.items()
        if f"{name}=" not in given
    ]
    start = "/lab/tree/notebooks/00_start_here.ipynb"
    # for this server alone: no question about news lies over the page
    paths = str(Path(__file__).parent), os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    LabApp.launch_instance([*words, f"--LabApp.default_url={start}", *options])


def _delivered(folder: Path) -> list[Path]:
    if not (folder / BASE).exists():
        raise Refused(f"{folder} holds no copy of the course")
    return sorted((folder / BASE).glob("*.ipynb"))


def _keep(path: Path) -> Path:
    """Copy a notebook to where nothing is ever replaced; return that place."""
    place = path.parent.parent / KEPT
    place.mkdir(exist_ok=True)
    now = datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")
    return Path(shutil.copy(path, place / f"{path.stem} {now}{path.suffix}"))


def _write(content: bytes, path: Path) -> None:
    with whole(path) as unfinished:
        unfinished.write_bytes(content)


def _lay_package(place: Path) -> None:
    """Lay the package beside the notebooks, to be read: their links lead there."""
    if place.is_symlink():
        place.unlink()
    try:
        place.symlink_to(PACKAGE, target_is_directory=True)
    except OSError:  # Windows asks for a right that few have
        shutil.copytree(PACKAGE, place, dirs_exist_ok=True)
