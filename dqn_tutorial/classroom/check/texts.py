"""What the notebooks say of an exercise: hints and solutions stand there, folded."""

import json
import re
from pathlib import Path

import dqn_tutorial

PACKAGE = Path(dqn_tutorial.__file__).parent
INSIDE = PACKAGE / "notebooks"  # in a wheel; in a checkout they lie beside the package
RELEASE = INSIDE if INSIDE.exists() else PACKAGE.parent / "notebooks"


def cells(notebook: str) -> list[str]:
    """Return the texts of the cells of a notebook, nothing where it is not found."""
    for place in (Path(), RELEASE):  # beside the learner's kernel, or as delivered
        path = place / f"{notebook}.ipynb"
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))["cells"]
            return ["".join(cell["source"]) for cell in found]
    return []


def folded(notebook: str, name: str, summary: str) -> str:
    """Return what is folded under this summary below the stub of an exercise, or
    nothing.
    """
    below = "\n\n".join(cells(notebook)).partition(f"check.{name}(")[2]
    below = below.partition("\n### Exercise ")[0]
    found = re.search(
        rf"<details><summary>{summary}</summary>\n\n(.*?)\n\n</details>", below, re.S
    )
    return found[1] if found else ""


def section(notebook: str, name: str) -> str:
    """Return the heading under which the idea of an exercise stands, or nothing."""
    above, stub, _ = "\n\n".join(cells(notebook)).partition(f"check.{name}(")
    headings = [
        heading
        for heading in re.findall(r"(?m)^##+ (.+)$", above)
        if not re.match(r"Exercise |Transfer|Recap|Sitting", heading)
    ]
    return headings[-1] if stub and headings else ""
