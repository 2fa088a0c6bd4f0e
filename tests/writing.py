"""What a reader meets in a notebook: its words, sittings, references and apparatus."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
HEAD = re.compile(r"(?m)^## Sitting (\d): .+ \((\d+) minutes\)$")
TIME = re.compile(r"\*\*Time:\*\* (\d+) minutes")
# one that a check judges, or one with pencil and paper
EXERCISE = re.compile(
    r"(?m)^### Exercise \d+\.\d+: .+ \((\d+) minutes, |^### By hand: .+ \((\d+) min"
)
FOLDED = re.compile(r"(?s)<details>.*?</details>")
FENCED = re.compile(r"(?s)^```.*?^```", re.MULTILINE)
LAB = re.compile(r"\b\w+_lab\(")
STEP = re.compile(r"(?m)^\| \d+\. [^|]+ \| (\d+) \|")  # of the plan of a project
WORDS_A_MINUTE, LAB_MINUTES = 130, 5
# minutes of a question, of three cards, of one update number by number
ASKED = {r"\bpredict\(": 1, r"\bcards\(": 2, r"\bmicroscope\(": 3}
# of the cells of a sitting on a slow machine, where it is more than one; in 06b those
# of reading `plain.py`
RUN_MINUTES = {"00": 1, "06b": 8, "07a": 2, "07b": 3, "08": 2, "09": 2, "11": 1}


class Sitting(NamedTuple):
    """A part of a notebook that is read in one go."""

    name: str  # such as 01a
    stated: int  # minutes
    cells: list[Any]


def cells_of(stem: str) -> list[Any]:
    """Return the cells of a notebook."""
    cells: list[Any] = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).cells
    return cells


def prose(cells: list[Any]) -> str:
    """Return what stands in Markdown cells."""
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def counted(text: str) -> int:
    """Return the words of Markdown, code fences and folded parts left out."""
    return len(FENCED.sub("", FOLDED.sub("", text)).split())


def sittings(stem: str) -> list[Sitting]:
    """Return the sittings of a notebook; one that has no heading of its own is one."""
    cells = cells_of(stem)
    starts = [
        (number, found)
        for number, cell in enumerate(cells)
        if cell.cell_type == "markdown" and (found := HEAD.search(cell.source))
    ]
    if not starts:
        stated = TIME.search(cells[0].source)
        assert stated, f"{stem}: no **Time:** in its first cell"
        return [Sitting(stem[:2], int(stated[1]), cells)]
    ends = [number for number, _ in starts[1:]] + [len(cells)]
    return [
        Sitting(
            stem[:2] + "ab"[place],
            int(found[2]),
            cells[start if place else 0 : end],
        )
        for place, ((start, found), end) in enumerate(zip(starts, ends, strict=True))
    ]


def minutes(sitting: Sitting) -> float:
    """Return the minutes that a sitting takes: reading, exercises, labs, runs, and the
    steps of a project's plan.
    """
    text = prose(sitting.cells)
    code = "\n".join(c.source for c in sitting.cells if c.cell_type == "code")
    return (
        counted(text) / WORDS_A_MINUTE
        + sum(int(one or other) for one, other in EXERCISE.findall(text))
        + LAB_MINUTES * len(LAB.findall(code))
        + sum(each * len(re.findall(call, code)) for call, each in ASKED.items())
        + sum(map(int, STEP.findall(FOLDED.sub("", text))))
        + RUN_MINUTES.get(sitting.name, 0)
    )


def trees(cells: list[Any]) -> Iterator[tuple[Any, ast.Module]]:
    """Yield each code cell with its tree."""
    for cell in cells:
        if cell.cell_type == "code":
            yield cell, ast.parse(re.sub(r"(?m)^\s*[%!].*$", "pass", cell.source))


def apparatus(tree: ast.Module) -> Iterator[str]:
    """Yield what serves authors and not learners in a cell."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert():
                yield "assert"
            case ast.Attribute(value=ast.Name(id="ledger"), attr="check"):
                yield "ledger.check"
            case ast.Attribute(attr="testing"):
                yield "testing"
            case ast.Name(id="alt") | ast.keyword(arg="alt"):
                yield "alt"
            case ast.Attribute(attr="spawn") | ast.Name(id="SeedSequence"):
                yield "seeds"
            case ast.Call(
                func=ast.Name(id="show"),
                args=[_, ast.Constant(value=str(words))],
            ) if " " in words:
                yield "alt"
            case ast.Call(func=ast.Name(id="show"), args=[_, ast.JoinedStr()]):
                yield "alt"


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of Markdown: formulas as one word each; no code, tables,
    headings or links' addresses.
    """
    text = re.sub(r"<!--.*?-->", "", FENCED.sub("", text))
    text = re.sub(r"(?s)\$\$.*?\$\$", " FORMULA.\n\n", text)
    text = re.sub(r"(?s)\$[^$]*\$|`[^`]*`", "NUMBER", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"(?m)^(\|.*|#.*|<.*)$", "", text)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", text):
        line = " ".join(block.split())
        for sentence in re.split(r"(?<=[.!?:])[\"*)_]* +(?=[A-Z\"*(_])", line):
            if sentence.strip(" -*"):
                yield sentence
