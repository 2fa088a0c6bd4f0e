"""An answer watched while it runs on one case: what its lines make of the inputs."""

import ast
import io
import linecache
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from itertools import combinations
from types import CodeType, FrameType
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.guard import quoted
from dqn_tutorial.classroom.check.mending import compiled, tree_of
from dqn_tutorial.classroom.check.values import as_array, describe, shown

MOST_LINES = 3_000  # that are watched, each time that one runs
MOST_SHOWN = 6  # lines of which the values are told
LARGEST = 1_000  # numbers of an array that is compared before and after a line
SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)
DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)
PARTS = (ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.UnaryOp, ast.IfExp)


@dataclass
class Seen:
    """What was seen of one call.

    Attributes:
        values: by line and expression, its values, in the order of first sight.
        passes: how often each line ran.
        changed: an input, and the line that changed it first.
        shared: an input that was changed, and another name of its numbers.
        together: names that a line changed at once, since they share their numbers.
        copies: an input, and the name of a copy of it and the line that changed it.
        names: at an error, the values of the names in its line.
        last: the line that ran last.
        returned: what came out.
    """

    values: dict[tuple[int, str], list[Any]] = field(default_factory=dict)
    passes: dict[int, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    together: dict[int, list[str]] = field(default_factory=dict)
    copies: dict[str, tuple[str, int]] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    last: int = 0
    returned: Any = None


class _Named(ast.NodeTransformer):
    """Give each part of an expression a name of its own, `texts`."""

    def __init__(self) -> None:
        self.texts: dict[str, tuple[int, str]] = {}
        self.whole: set[int] = set()

    def visit(self, node: ast.AST) -> Any:
        """Name a part after the parts in it."""
        if isinstance(node, SCOPES):
            return node
        if isinstance(node, ast.Assign | ast.Return) and node.value is not None:
            targets = getattr(node, "targets", [])
            if all(isinstance(one, ast.Name) for one in targets):
                self.whole.add(id(node.value))
        is_part = isinstance(node, PARTS) and isinstance(
            getattr(node, "ctx", None) or ast.Load(), ast.Load
        )
        is_number = isinstance(node, ast.UnaryOp) and isinstance(
            node.operand, ast.Constant
        )
        if not is_part or is_number or id(node) in self.whole:
            return self.generic_visit(node)
        text, line = ast.unparse(node), getattr(node, "lineno", 0)
        made: Any = self.generic_visit(node)
        name = f"_part_{len(self.texts)}_"
        self.texts[name] = line, text
        return ast.copy_location(ast.NamedExpr(ast.Name(name, ast.Store()), made), node)


def watched(function: Any, run: Callable[[], Any]) -> Seen:
    """Return what is seen of a function while `run` calls it."""
    seen, texts, before = Seen(), {}, function.__code__
    if tree := tree_of(function):
        named = _Named()
        named.generic_visit(tree)
        with suppress(SyntaxError, ValueError, TypeError):
            function.__code__ = compiled(tree, function)
            texts = named.texts
    old = sys.gettrace()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            sys.settrace(_tracer(seen, texts, function.__code__))
            run()
    except Exception:  # told already
        pass
    finally:
        sys.settrace(old)
        function.__code__ = before
    return seen


def _tracer(seen: Seen, texts: Mapping[str, tuple[int, str]], code: CodeType) -> Any:
    given: dict[str, tuple[Any, Any]] = {}
    kept: dict[str, Any] = {}
    ids: dict[str, int] = {}
    last = 0

    def add(place: tuple[int, str], value: Any) -> None:
        values = seen.values.setdefault(place, [])
        # whether an expression was met again is not seen where its value is the same
        if not values or not _same(values[-1], value):
            values.append(value)

    def look(frame: FrameType) -> None:
        for name, (value, was) in given.items():
            if name not in seen.changed and not _same(_kept(value), was):
                seen.changed[name] = last
                for other, one in dict(frame.f_locals).items():
                    if other != name and other not in texts and _is_shared(one, value):
                        seen.shared.setdefault(name, other)
        moved = []
        for name, value in dict(frame.f_locals).items():
            if name in texts:
                if kept.get(name) is not value or name not in kept:
                    add(texts[name], _kept(value))
                    kept[name] = value
            elif name not in kept or not _same(kept[name], _kept(value)):
                if last:
                    add((last, name), _kept(value))
                if name in kept and ids.get(name) == id(value):
                    moved.append((name, value))
                    for source, (_, was) in given.items():
                        if name not in given and _same(kept[name], was):
                            seen.copies.setdefault(source, (name, last))
                kept[name] = _kept(value)
            ids[name] = id(value)
        for (one, a), (other, b) in combinations(moved, 2):
            if _is_shared(a, b):
                seen.together.setdefault(last, [one, other])

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal last
        if sum(seen.passes.values()) > MOST_LINES:
            return None
        look(frame)
        if event == "line":
            last = seen.last = frame.f_lineno
            seen.passes[last] = seen.passes.get(last, 0) + 1
        elif event == "exception" and not isinstance(argument[1], StopIteration):
            seen.names, seen.last = dict(frame.f_locals), frame.f_lineno
        elif event == "return" and argument is not None:
            seen.returned = argument
        return local

    def first(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code is not code or seen.passes:
            return None
        for name, value in dict(frame.f_locals).items():
            given[name] = value, _kept(value)
            kept[name], ids[name] = _kept(value), id(value)
        return local

    return first


def _kept(value: Any) -> Any:
    """Return a copy of a value of numbers; of all else what describes it."""
    array = as_array(value)
    if array is not None:
        grad = getattr(value, "requires_grad", False)
        return array.copy() if array.size <= LARGEST else array.shape, grad
    if isinstance(value, tuple | list) and len(value) <= 6:
        return tuple(_kept(one) for one in value)
    return describe(value)


def _is_shared(one: Any, other: Any) -> bool:
    a, b = as_array(one), as_array(other)
    return a is not None and b is not None and np.may_share_memory(a, b)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return all(map(_same, a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.dtype != b.dtype:
            return False
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return type(a) is type(b) and bool(a == b)


def _numbers(kept: Any) -> Any:
    """Return the numbers of what was kept, or None."""
    has_some = isinstance(kept, tuple) and isinstance(
        kept[0] if kept else 0, np.ndarray
    )
    return kept[0] if has_some else None


def lines_of(function: Any) -> dict[int, str]:
    """Return the text of a statement's first line for each of its lines."""
    tree = tree_of(function)
    name, found = function.__code__.co_filename, {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.stmt) and node is not tree:
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found[line] = linecache.getline(name, node.lineno).strip()
    return found


def what_is_seen(function: Any, seen: Seen, key: str) -> Iterator[str]:
    """Yield what the way of an answer shows, the most telling first."""
    tree, texts = tree_of(function), lines_of(function)
    for name, line in seen.changed.items() if key == "changes its input" else ():
        text = quoted(texts.get(line, f"line {line}"))
        other = seen.shared.get(name)
        alias = f" There `{other}` is no copy: it shares its numbers with `{name}`."
        words = f"It is line {line}, {text}, that changes `{name}`."
        yield words + alias * bool(other)
    if key == "an error" and seen.names:
        used = re.findall(r"[A-Za-z_]\w*", texts.get(seen.last, ""))
        told = [
            f"`{name}` {describe(seen.names[name])}"
            for name in dict.fromkeys(used)
            if as_array(seen.names.get(name)) is not None
        ]
        parts = [
            f"`{text}` {describe(numbers)}"
            for (line, text), values in seen.values.items()
            if line == seen.last and (numbers := _numbers(values[-1])) is not None
            if numbers.ndim and text not in used
        ]
        if told or parts:
            yield f"In line {seen.last} meet: {', '.join([*told, *parts][:5])}."
        yield from _divisors(tree, seen)
    for (line, text), values in seen.values.items() if key == "nan" else ():
        if any(x is not None and np.isnan(x).any() for x in map(_numbers, values)):
            yield f"The first `nan` comes of `{text}` in line {line}."
            break
    if tree is None:
        return
    is_silent = seen.returned is None and key != "an error" and not seen.changed
    for name, (copy, line) in [*seen.copies.items()][:1] if is_silent else ():
        yield (
            f"Line {line}, {quoted(texts[line])}, changes `{copy}`, a copy of"
            f" `{name}`, and your function returns nothing: the copy is lost."
        )
    for line, (one, other) in seen.together.items() if not seen.changed else ():
        yield (
            f"Line {line}, {quoted(texts[line])}, changes `{one}` and `{other}` at"
            " once: they share their numbers, one is no copy of the other."
        )
    yield from _shapes(tree, seen)
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and seen.passes.get(node.body[0].lineno) == 1:
            inner = {part.lineno for part in ast.walk(node) if hasattr(part, "lineno")}
            ends = texts.get(seen.last, "").startswith(("return", "break"))
            if seen.last in inner and ends and seen.passes.get(node.lineno) == 1:
                yield (
                    f"The loop of line {node.lineno} ends in its first pass, at"
                    f" {quoted(texts[seen.last])} in line {seen.last}."
                )
        for part in node.comparators if isinstance(node, ast.Compare) else ():
            if isinstance(part, ast.BinOp) and isinstance(part.op, BITS):
                text = f"`{ast.unparse(part)}` in line {part.lineno}"
                yield f"{text} is reckoned before the comparisons beside it."
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            values = seen.values.get((node.lineno, ast.unparse(node.value)), [])
            is_own_change = ast.unparse(node.value.func).endswith("_")
            if values and _numbers(values[0]) is not None and not is_own_change:
                text = quoted(ast.unparse(node))
                yield f"What {text} gives in line {node.lineno} is not used."


def _divisors(tree: ast.AST | None, seen: Seen) -> Iterator[str]:
    """Say in the line of an error what is 0 and divides."""
    for node in ast.walk(tree) if tree else ():
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, DIVISIONS):
            continue
        text = ast.unparse(node.right)
        values = [_kept(seen.names[text])] if text in seen.names else []
        values = values or seen.values.get((node.right.lineno, text), [])
        numbers = _numbers(values[-1]) if values else None
        is_zero = numbers is not None and not numbers.ndim and not numbers
        if is_zero and node.lineno == seen.last:
            yield (
                f"`{text}` is 0 there, and nothing can be divided by it: that case"
                " needs an answer of its own."
            )


def _shapes(tree: ast.FunctionDef, seen: Seen) -> Iterator[str]:
    """Say where [B, 1] meets [B]."""
    at = {text: values for (_, text), values in seen.values.items()}
    for node in ast.walk(tree):
        if not isinstance(node, ast.BinOp):
            continue
        a, b = (
            _numbers(at.get(ast.unparse(one), [None])[0])
            for one in (node.left, node.right)
        )
        if a is None or b is None:
            continue
        try:
            whole = np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            continue
        if {a.ndim, b.ndim} == {1, 2} and 1 in a.shape[1:] + b.shape[1:]:
            if whole not in (a.shape, b.shape):
                yield (
                    f"In line {node.lineno} `{ast.unparse(node.left)}` has shape"
                    f" {list(a.shape)} and `{ast.unparse(node.right)}` {list(b.shape)}:"
                    f" together they give {list(whole)}, each with each."
                )


def way(function: Any, seen: Seen) -> str:
    """Tell line by line what a function made of the inputs."""
    texts, told = lines_of(function), []
    by_line: dict[int, list[str]] = {}
    for (line, text), values in seen.values.items():
        words = _said(values)
        is_size = text.startswith("len(") or ".shape[" in text
        if words and line in texts and len(words) < 120 and not is_size:
            by_line.setdefault(line, []).append(f"`{text}` {words}")
    for line, parts in sorted(by_line.items()):
        told.append(f"Line {line}, {quoted(texts[line])}: {', '.join(parts[-3:])}.")
    numbers = _numbers(_kept(seen.returned))
    if not told and seen.last in texts and numbers is not None and numbers.size <= 12:
        text = quoted(texts[seen.last])
        return f"Line {seen.last}, {text}, gives {shown(numbers)}."
    if len(told) > MOST_SHOWN:
        told = [words for words in told if "`for " not in words]
    return "\n".join(told[-MOST_SHOWN:])


def _said(values: list[Any]) -> str:
    """Put the values that an expression had in words."""
    arrays = [
        one for one in map(_numbers, values) if one is not None and one.size <= 12
    ]
    if len(arrays) < len(values) or not arrays:
        return ""
    each = [f"{shown(one)}" for one in arrays]
    if len(each) < 4:
        return "is " + ", then ".join(each)
    return f"is {each[0]}, {each[1]}, ... {each[-1]}"
