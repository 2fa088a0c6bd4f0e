"""Two versions of the notebooks for a class: one without solutions and answers, one
with all of them unfolded.

Usage: python -m tools.class_kit [FOLDER]   (class, if none is named)

The student version hides from a glance, not from a search: the package that it runs on
holds every solution. Cells with the tag `teacher` are in the teacher's version alone.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
PAGE = "dqn_tutorial/plain.py"  # what a notebook has opened; a copy goes with it
FOLDED = re.compile(r"<details><summary>(.*?)</summary>.*?</details>\n*", re.S)
# what is folded in a notebook and gives something away
GIVES_AWAY = re.compile(
    r"Answer|Solution|Lines|What came out|What they found|Our points|.*spoils|To think"
)
# from such a cell to the next heading no output is kept
QUESTION = re.compile(r"[Pp]redict\b|\bpredict\(|\bprediction = |\bask\(")
# nor is that of such a cell
SHOWS = re.compile(
    r"\b(?:check|ledger|clinic)\.|\b(?:reveal|cards|show_code)\(|getsource"
)


def for_students(book: Any) -> Any:
    """Return a notebook without what gives an answer away: folded answers and
    solutions, outputs that show one, cells for the teacher.
    """
    cells, is_asked = [], False
    for cell in book.cells:
        if "teacher" in cell.metadata.get("tags", []):
            continue
        cell = nbformat.from_dict(cell)
        is_asked = bool(QUESTION.search(cell.source)) or (
            is_asked and not re.search(r"(?m)^#+ ", cell.source)
        )
        if cell.cell_type == "markdown":
            cell.source = FOLDED.sub(_left_of, cell.source).strip()
            if not cell.source:
                continue
        elif is_asked or SHOWS.search(cell.source) or _answers(cell.outputs):
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
    return nbformat.from_dict(book | {"cells": cells})


def _left_of(fold: re.Match[str]) -> str:
    """Return a fold, or, where it gives something away, the question that it bears."""
    title = fold[1]
    if not GIVES_AWAY.match(title):
        return fold[0]
    return f"{title}\n\n" if title.endswith("?") else ""


def _answers(outputs: Any) -> bool:
    summaries = re.findall(r"<summary>(.*?)</summary>", json.dumps(outputs))
    return any(map(GIVES_AWAY.match, summaries))


def for_teachers(book: Any) -> Any:
    """Return a notebook with all that is folded open."""
    return nbformat.reads(
        nbformat.writes(book).replace("<details>", "<details open>"), 4
    )


def main(folder: Path) -> None:
    """Write both versions."""
    for name, version in (("student", for_students), ("teacher", for_teachers)):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            text = path.read_text(encoding="utf-8")
            text = text.replace(f"(../{PAGE})", "(plain.py)")
            book = version(nbformat.reads(text, 4))
            nbformat.validate(book)
            nbformat.write(book, place / path.name)
        for page in (*NOTEBOOKS.glob("*.md"), ROOT / PAGE):
            shutil.copy(page, place)
        print(f"{place}: {len([*place.glob('*.ipynb')])} notebooks")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "class"))
