"""What of a learner's notebook is run: the cell of an exercise, and what it needs of
other cells. What the course's own notebook defines is taken from there.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CellType, CodeType, FunctionType, SimpleNamespace
from typing import Any, NamedTuple

import nbformat

from dqn_tutorial.classroom.check import EXERCISES, bakery
from dqn_tutorial.classroom.check.guard import of_the_package
from dqn_tutorial.classroom.check.texts import RELEASE

MOST_BYTES = 30_000_000  # of a notebook
PACKAGE = "dqn_tutorial"
CHECK = r"(?m)^check\.{}\((\w+)\)"
DEFINES = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
IMPORTS = (ast.Import, ast.ImportFrom)


class Source(NamedTuple):
    """An answer's source.

    Attributes:
        own: the name that is checked.
        parts: names of files and sources, to be run one after the other.
        names: what it gets of the package.
        uses: what it takes from the package and may not, or "".
    """

    own: str
    parts: list[tuple[str, str]]
    names: dict[str, Any]
    uses: str


def read_cells(path: Path) -> list[str]:
    """Return the sources of a notebook's code cells, without IPython's commands.

    Raises:
        ValueError: it is no notebook, or too large.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        cells = nbformat.read(path, 4).cells
        sources = [str(cell.source) for cell in cells if cell.cell_type == "code"]
    except Exception as error:  # whatever the file holds
        raise ValueError(f"it is no notebook: {error}"[:300]) from None
    return [re.sub(r"(?m)^[%!].*$", "", source) for source in sources]


@cache
def our_cells(stem: str) -> list[str]:
    """Return the code cells of the course's own notebook."""
    return read_cells(RELEASE / f"{stem}.ipynb")


def notebook_of(cells: Sequence[str]) -> str:
    """Return the notebook of the course that most of the checks are from, or ""."""
    found = re.findall(CHECK.format(r"(\w+)"), "\n".join(cells))
    names = [EXERCISES[name].notebook for name, _ in found if name in EXERCISES]
    return max(sorted(set(names)), key=names.count, default="")


def source_of(cells: Sequence[str], name: str) -> Source | None:
    """Return what is run of an answer, nothing where there is none. The last cell with
    a check of the exercise counts.

    Raises:
        SyntaxError: the cell is no Python.
    """
    ours = our_cells(EXERCISES[name].notebook)
    check = re.compile(CHECK.format(name))
    stub = next(k for k, cell in enumerate(ours) if check.search(cell))
    places = [k for k, cell in enumerate(cells) if check.search(cell)]
    found = check.search(cells[places[-1]] if places else ours[stub])
    own = found[1] if found else ""
    before = _definitions(cells[: places[-1] if places else len(cells)])
    if places and own in _definitions([cells[places[-1]]]):
        cell = cells[places[-1]]
    elif own in before:
        cell = next(c for c in reversed(cells) if own in _definitions([c]))
    elif places:
        cell = cells[places[-1]]  # its errors are to be told
    else:
        return None
    body = ast.parse(cell)
    helpers: list[tuple[int, str]] = []
    imports: dict[str, ast.stmt] = {}
    known = _definitions(ours[: stub + 1]), before
    wanted, seen = _names_in(body), _bound_in(body)
    while wanted := wanted - seen:
        seen |= wanted
        for word in sorted(wanted):
            table = known[0] if word in known[0] and word != own else known[1]
            if word not in table:
                continue
            order, node = table[word]
            if _is_of_package(node):
                imports[word] = node
            else:
                helpers.append(
                    (order + 10_000 * (table is known[1]), ast.unparse(node))
                )
                wanted = wanted | _names_in(node)
    imports |= {w: n for n in body.body if _is_of_package(n) for w in _bound_in(n)}
    own_package = {word: _imported(node, word) for word, node in imports.items()}
    parts = [("<notebook>", text) for _, text in dict.fromkeys(sorted(helpers))]
    return Source(
        own,
        [*parts, ("<answer>", cell)],
        _offered(own_package, name),
        _used(compile(body, "<answer>", "exec"), own, own_package),
    )


def _used(code: CodeType, own: str, taken: dict[str, Any]) -> str:
    """Name what an answer takes from the package, by the guard's own rule. Its
    functions are made to be looked at; none is called.
    """
    names = dict(taken)
    for one in code.co_consts:
        if isinstance(one, CodeType) and one.co_name.isidentifier():
            parts = [c for c in one.co_consts if isinstance(c, CodeType)]
            for part in [one, *parts]:
                cells = tuple(CellType() for _ in part.co_freevars)
                still = FunctionType(part, names, part.co_name, None, cells)
                if part is one:
                    names[part.co_name] = still
                elif part.co_name in ("reset", "step") and (
                    found := of_the_package(still)
                ):
                    return found
    return of_the_package(names.get(own))


def _definitions(cells: Iterable[str]) -> dict[str, tuple[int, ast.stmt]]:
    """Return where each name is defined last."""
    found: dict[str, tuple[int, ast.stmt]] = {}
    order = 0
    for cell in cells:
        try:
            body = ast.parse(cell).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for order, node in enumerate(body, order + 1):  # noqa: B020
            if isinstance(node, (*DEFINES, *IMPORTS)):
                found.update(dict.fromkeys(_bound_in(node), (order, node)))
    return found


def _bound_in(tree: ast.AST) -> set[str]:
    """Return the names that statements define at the top."""
    bound: set[str] = set()
    for node in getattr(tree, "body", []) if isinstance(tree, ast.Module) else [tree]:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                bound.add(alias.asname or alias.name.partition(".")[0])
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            bound |= {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            }
    return bound


def _names_in(tree: ast.AST) -> set[str]:
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return used - set(vars(builtins))


def _is_of_package(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] == PACKAGE
    return isinstance(node, ast.Import) and any(
        alias.name.split(".")[0] == PACKAGE for alias in node.names
    )


def _imported(node: ast.stmt, word: str) -> Any:
    """Return what a name of the package stands for, or nothing."""
    assert isinstance(node, ast.Import | ast.ImportFrom)
    try:
        if isinstance(node, ast.Import):
            return import_module(PACKAGE)
        (name,) = [a.name for a in node.names if (a.asname or a.name) == word]
        home = import_module(node.module or "")
        if hasattr(home, name):
            return getattr(home, name)
        return import_module(f"{node.module}.{name}")
    except (ImportError, ValueError, AttributeError):
        return None


def _offered(taken: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what an answer gets of the package: numbers, the day of the bakery, and
    the solutions of earlier exercises.
    """
    earlier = [*EXERCISES][: [*EXERCISES].index(name)]
    solutions = {
        one: SimpleNamespace(function=EXERCISES[one].solution)
        for one in earlier
        if EXERCISES[one].solution is not None
    }
    offered: dict[str, Any] = {}
    for word, value in taken.items():
        if word == "check":
            offered[word] = SimpleNamespace(**solutions)
        elif value is bakery.Day:
            offered[word] = "=Day"
        elif isinstance(value, int | float):
            offered[word] = value
    return offered
