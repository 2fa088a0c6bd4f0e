"""The one change that makes a wrong answer right: it says where the mistake stands.

Source: Weimer, Nguyen, Le Goues and Forrest (2009), Automatically finding patches using
genetic programming, International Conference on Software Engineering.
"""

import ast
import inspect
import linecache
import textwrap
import time
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from dqn_tutorial.classroom.check.edits import (
    copied,
    left_out,
    other_place,
    put_in,
    renamed,
    small,
)
from dqn_tutorial.classroom.check.guard import quoted

MOST_SECONDS = 0.5  # of the processor's time, for the search in one answer
MOST_PASSES = 10_000  # of the loops of a changed answer, which may never end
# a change, made in the tree and taken back; and what was wrong there
Change = tuple[Callable[[], None], Callable[[], None], Any, str]


def tree_of(function: Any) -> ast.FunctionDef | None:
    """Return the parsed source of a function, with the lines of its file, or None where
    it is not known.
    """
    try:
        first = function.__code__.co_firstlineno
        lines = linecache.getlines(function.__code__.co_filename)[first - 1 :]
        lines = inspect.getblock(lines)
        found = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (OSError, TypeError, SyntaxError, AttributeError, IndexError):
        return None
    if not isinstance(found, ast.FunctionDef) or function.__code__.co_freevars:
        return None
    found.decorator_list = []
    ast.increment_lineno(found, first - 1)
    return found


def compiled(
    tree: ast.FunctionDef, function: Any, is_changed: bool = False
) -> CodeType:
    """Return the code of a source in the file of the function; one that is changed
    stops by itself where its loops do not end.
    """
    blocks: list[Any] = [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.While))]
    bodies = [block.body for block in blocks]
    if is_changed and len(blocks) > 1:
        first, each = ast.parse(f"_left = iter(range({MOST_PASSES}))\nnext(_left)").body
        for block in blocks:
            block.body = [first if block is tree else each, *block.body]
    try:
        module = ast.Module([ast.fix_missing_locations(tree)], [])
        made = compile(module, function.__code__.co_filename, "exec")
    finally:
        for block, body in zip(blocks, bodies, strict=True):
            block.body = body
    return next(part for part in made.co_consts if isinstance(part, CodeType))


def mended(
    function: Any, is_right: Callable[[], bool], is_changing: bool = False
) -> tuple[str, int, set[str]]:
    """Say which one change in its code makes a function right, its line, and the names
    that are used then; an empty word where none of those tried does.

    Args:
        function: the learner's; its code is changed in turn, and put back.
        is_right: judges it as it stands.
        is_changing: whether it changes an input: then only copies are tried.
    """
    tree, before = tree_of(function), getattr(function, "__code__", None)
    end = time.process_time() + MOST_SECONDS
    if tree is None or before is None or is_right():
        return "", 0, set()
    try:
        for make, take_back, node, words in _changes(tree, is_changing):
            text, line = ast.unparse(node).split("\n")[0], node.lineno
            make()
            try:
                function.__code__ = compiled(tree, function, is_changed=True)
                if is_right():
                    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
                    return words.replace("@", quoted(text)), line, names
            except (SyntaxError, ValueError, TypeError, RecursionError):
                pass
            finally:
                take_back()
            if time.process_time() > end:
                break
    finally:
        function.__code__ = before
    return "", 0, set()


def _changes(tree: ast.FunctionDef, is_changing: bool) -> Iterator[Change]:
    """Yield changes, the most telling first."""
    slots = [*_slots(tree)]
    names = sorted(
        {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _is_stored(n)}
        | {arg.arg for arg in tree.args.args}
    )
    arguments = [arg.arg for arg in tree.args.args]
    whole = (left_out, small, other_place, copied, put_in, renamed)
    for edits in (copied,) if is_changing else whole:
        for parent, field, index, node in slots:
            for new, words in edits(node, parent, names, arguments):
                yield (
                    *_swap(parent, field, index, node, new),
                    _shown_node(node, parent),
                    words,
                )
    if not is_changing:
        yield from _moved(tree)


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _shown_node(node: ast.AST, parent: ast.AST) -> ast.AST:
    """Return what is quoted: a bare operator or keyword says nothing."""
    return node if hasattr(node, "lineno") else parent


def _slots(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    for parent in ast.walk(tree):
        if isinstance(parent, ast.arguments | ast.arg):
            continue
        for field, value in ast.iter_fields(parent):
            if field in ("args", "returns") and parent is tree:
                continue
            if isinstance(value, list):
                for index, one in enumerate(value):
                    if isinstance(one, ast.AST):
                        yield parent, field, index, one
            elif isinstance(value, ast.AST):
                yield parent, field, None, value


def _swap(
    parent: ast.AST, field: str, index: int | None, old: ast.AST, new: ast.AST | None
) -> tuple[Callable[[], None], Callable[[], None]]:
    where = getattr(parent, field)

    def put(one: ast.AST | None) -> None:
        if index is None:
            setattr(parent, field, one)
        else:
            kept = [*where]
            kept[index : index + 1] = [] if one is None else [one]
            setattr(parent, field, kept or [ast.Pass()])

    def take_back() -> None:
        setattr(parent, field, where)

    if new is not None and hasattr(old, "lineno"):
        ast.copy_location(new, old)
    return lambda: put(new), take_back


def _moved(tree: ast.FunctionDef) -> Iterator[Change]:
    """Yield the same lines in another order, or out of a loop."""
    blocks = [
        (parent, field)
        for parent in ast.walk(tree)
        for field in ("body", "orelse")
        if isinstance(getattr(parent, field, None), list)
    ]
    for parent, field in blocks:
        old = getattr(parent, field)
        for i in range(len(old) - 1):
            new = [*old[:i], old[i + 1], old[i], *old[i + 2 :]]
            words = f"this line and line {old[i + 1].lineno} stand in the wrong order"
            yield *_set((parent, field, new)), old[i], words
        for i, loop in enumerate(old):
            if not isinstance(loop, ast.For | ast.While | ast.If):
                continue
            if len(loop.body) > 1:
                new = [*old[: i + 1], loop.body[-1], *old[i + 1 :]]
                sets = _set((parent, field, new), (loop, "body", loop.body[:-1]))
                yield *sets, loop.body[-1], "@ stands inside the block, at each pass"
            if i and isinstance(loop, ast.For | ast.While):
                sets = _set(
                    (parent, field, [*old[: i - 1], *old[i:]]),
                    (loop, "body", [old[i - 1], *loop.body]),
                )
                yield *sets, old[i - 1], "@ is done once, before the loop, not anew"
            if i + 1 < len(old) and not isinstance(old[i + 1], ast.Return):
                sets = _set(
                    (parent, field, [*old[: i + 1], *old[i + 2 :]]),
                    (loop, "body", [*loop.body, old[i + 1]]),
                )
                yield *sets, old[i + 1], "@ stands behind the block, only once"


def _set(
    *wanted: tuple[ast.AST, str, list[ast.stmt]],
) -> tuple[Callable[[], None], Callable[[], None]]:
    before = [(node, field, getattr(node, field)) for node, field, _ in wanted]

    def put(what: Any) -> None:
        for node, field, body in what:
            setattr(node, field, body)

    return lambda: put(wanted), lambda: put(before)
