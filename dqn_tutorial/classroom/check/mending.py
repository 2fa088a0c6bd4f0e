"""The one change that makes a wrong answer right: it says where the mistake stands.

Source: Weimer, Nguyen, Le Goues and Forrest (2009), Automatically finding patches using
genetic programming, International Conference on Software Engineering.
"""

import ast
import inspect
import textwrap
import time
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from dqn_tutorial.classroom.check import guard

MOST_SECONDS = 0.5  # of the processor's time, for the search in one answer
MOST_PASSES = 10_000  # of the loops of a changed answer, which may never end
# the first is tried where one of the others stands
ALIKE: tuple[tuple[str, ...], ...] = (
    ("max", "min", "mean", "sum", "prod", "argmax", "median", "amax", "amin", "std"),
    ("argmax", "argmin", "max", "flatnonzero"),
    ("maximum", "minimum", "fmax"),
    ("ceil", "floor", "round", "trunc", "int"),
    ("any", "all"),
    ("zeros", "ones", "empty"),
    ("zeros_like", "ones_like", "empty_like", "full_like"),
    ("cumsum", "cumprod"),
    ("randint", "integers", "random"),
    ("searchsorted",),
    ("left", "right"),
)
COMPARED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
COUNTED = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)
JOINED = (ast.BitAnd, ast.BitOr, ast.BitXor)
# a change, made in the tree and taken back; and what was wrong there
Change = tuple[Callable[[], None], Callable[[], None], Any, str]
Edit = tuple[ast.AST | None, str]


def tree_of(function: Any) -> ast.FunctionDef | None:
    """Return the parsed source of a function, with the lines of its file, or None where
    it is not known.
    """
    try:
        lines, first = inspect.getsourcelines(function.__code__)
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
) -> tuple[str, int]:
    """Say which one change in its code makes a function right, and its line; an empty
    word where none of those tried does.

    Args:
        function: the learner's; its code is changed in turn, and put back.
        is_right: judges it as it stands.
        is_changing: whether it changes an input: then only copies are tried.
    """
    tree, before = tree_of(function), getattr(function, "__code__", None)
    end = time.process_time() + MOST_SECONDS
    if tree is None or before is None or is_right():
        return "", 0
    try:
        for make, take_back, node, words in _changes(tree, is_changing):
            text, line = ast.unparse(node).split("\n")[0], node.lineno
            make()
            try:
                function.__code__ = compiled(tree, function, is_changed=True)
                if is_right():
                    return words.replace("@", guard.quoted(text)), line
            except (SyntaxError, ValueError, TypeError, RecursionError):
                pass
            finally:
                take_back()
            if time.process_time() > end:
                break
    finally:
        function.__code__ = before
    return "", 0


def _changes(tree: ast.FunctionDef, is_changing: bool) -> Iterator[Change]:
    """Yield changes, the most telling first."""
    slots = [*_slots(tree)]
    names = sorted(
        {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _is_stored(n)}
        | {arg.arg for arg in tree.args.args}
    )
    arguments = [arg.arg for arg in tree.args.args]
    whole = (_small, _left_out, _other_place, _copied, _put_in, _renamed)
    for edits in (_copied,) if is_changing else whole:
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


def _expression(text: str, **parts: ast.AST) -> ast.expr:
    """Return the tree of a text in which names stand for other trees."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> Any:
            return parts.get(node.id, node)

    made: ast.expr = Put().visit(ast.parse(text, mode="eval").body)
    return made


def _small(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """Another number, operator, function or side."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        is_axis = isinstance(parent, ast.keyword) and parent.arg in ("axis", "dim")
        is_axis |= isinstance(parent, ast.Call) and parent.args[-1:] == [node]
        value: Any = node.value
        others: tuple[Any, ...] = (value + 1, value - 1, -value, 0, 1, -1, 2)
        if type(value) is float:
            others = (1.0, 0.0, -1e30, 2 * value, value / 2)
        word = "the axis or number" if is_axis else "the number"
        for other in dict.fromkeys(others):
            if other != value:
                yield ast.Constant(other), f"{word} @ is not the right one"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        if isinstance(node.operand, ast.Constant) and type(node.operand.value) is int:
            for other in (0, 1):
                yield ast.Constant(other), "the axis, place or number @ is another"
        yield node.operand, "the sign of @ is wrong"
    elif isinstance(node, ast.UnaryOp):
        yield node.operand, "@ counts the wrong way round, True for False"
    elif isinstance(node, ast.cmpop) and isinstance(node, COMPARED):
        for kind in COMPARED:
            if not isinstance(node, kind):
                yield kind(), "in @ the comparison is wrong on one side or at equality"
    elif isinstance(node, ast.operator):
        for other_kind in COUNTED if isinstance(node, COUNTED) else JOINED:
            if not isinstance(node, other_kind):
                yield other_kind(), "in @ the operation between the two parts is wrong"
    elif isinstance(node, ast.boolop):
        other_op = ast.Or() if isinstance(node, ast.And) else ast.And()
        yield other_op, "in @ the two conditions are joined the wrong way"
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for group in ALIKE:
            for other in group if name in group else ():
                if other == name:
                    continue
                func = (
                    ast.Attribute(node.func.value, other, ast.Load())
                    if isinstance(node.func, ast.Attribute)
                    else ast.Name(other, ast.Load())
                )
                call = ast.Call(func, node.args, node.keywords)
                yield call, f"`{name}` is not the right function in @"
    if isinstance(parent, ast.If | ast.IfExp | ast.While) and node is parent.test:
        yield ast.UnaryOp(ast.Not(), node), "the condition @ is the wrong way round"


def _copied(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """With a copy of its own."""
    if isinstance(parent, ast.Assign) and node is parent.value:
        shares = "@ is not a copy: it shares its memory with an input or another name"
        for text in ("x.copy()", "x.clone()"):
            yield _expression(text, x=node), shares
    if isinstance(node, ast.AugAssign):
        if isinstance(node.target, ast.Name):
            target = ast.Name(node.target.id, ast.Load())
            new = ast.Assign([node.target], ast.BinOp(target, node.op, node.value))
            yield new, "@ changes the array or tensor itself, under all its names"


def _left_out(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """Without a part that is there."""
    if isinstance(node, ast.keyword) and node.arg not in ("axis", "dim"):
        yield None, f"`{node.arg}={ast.unparse(node.value)}` has no place in @"
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield node.func.value, f"`.{node.func.attr}(...)` has no place in @"
        for one in node.args:
            func = ast.unparse(node.func)
            yield one, f"`{func}(...)` has no place round `{ast.unparse(one)}` in @"
    elif isinstance(node, ast.BinOp):
        for kept, gone in ((node.left, node.right), (node.right, node.left)):
            yield kept, f"`{ast.unparse(gone)}` has no place in @"
    elif isinstance(node, ast.BoolOp):
        for kept in node.values:
            yield kept, f"in @ only `{ast.unparse(kept)}` should decide"
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value, f"`[{ast.unparse(node.slice)}]` has no place in @"
    elif isinstance(node, ast.IfExp):
        yield node.body, "in @ the first value belongs in every case"
        yield node.orelse, "in @ the last value belongs in every case"
    elif isinstance(node, ast.Slice):
        for side in ("lower", "upper", "step"):
            if getattr(node, side) is not None:
                parts: Any = {
                    "lower": node.lower,
                    "upper": node.upper,
                    "step": node.step,
                }
                yield ast.Slice(**{**parts, side: None}), "the slice @ has wrong ends"
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value), "@ should not add to what is there"
    if isinstance(node, ast.stmt) and not isinstance(node, ast.Return | ast.Pass):
        yield None, "without @ it is right"
    if isinstance(node, ast.Return) and not isinstance(parent, ast.FunctionDef):
        yield None, "@ ends the function too early, or where it should not"
    if isinstance(node, ast.If):
        yield (
            ast.If(ast.Constant(True), node.body, []),
            "the condition @ is one too many",
        )


def _other_place(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """The same parts in another order, or one place on."""
    if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Mult):
        yield (
            ast.BinOp(node.right, node.op, node.left),
            "the two sides of @ are swapped",
        )
    if isinstance(node, ast.Call) and len(node.args) > 1:
        for i in range(len(node.args) - 1):
            args = [*node.args]
            args[i], args[i + 1] = args[i + 1], args[i]
            call = ast.Call(node.func, args, node.keywords)
            yield call, "two arguments of @ stand in the wrong order"
    if isinstance(node, ast.IfExp):
        yield (
            ast.IfExp(node.test, node.orelse, node.body),
            "the two values of @ are swapped",
        )
    is_index = isinstance(parent, ast.Subscript) and node is parent.slice
    is_end = isinstance(parent, ast.Slice | ast.Call | ast.Compare)
    if (is_index or is_end) and isinstance(node, ast.expr):
        if not isinstance(node, ast.Constant | ast.Tuple | ast.Slice | ast.Starred):
            for text in ("x + 1", "x - 1"):
                yield _expression(text, x=node), "@ is one too many or too few here"
    if isinstance(parent, ast.Call) and isinstance(node, ast.Name):
        yield _expression("x[::-1]", x=node), "the order of @ is reversed here"


def _put_in(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """With a part that is missing."""
    is_value = isinstance(node, ast.Name | ast.Call | ast.Subscript | ast.BinOp)
    if not is_value or not isinstance(
        getattr(node, "ctx", None) or ast.Load(), ast.Load
    ):
        return
    if isinstance(parent, ast.Call) and node is parent.func:
        return
    if isinstance(parent, ast.Attribute):
        if isinstance(node, ast.Name):
            return
    yield _expression("x.detach()", x=node), "the gradient should not flow through @"
    for text in ("x.squeeze(-1)", "x[..., None]"):
        yield _expression(text, x=node), "@ has an axis too many or too few here"
    for text in ("~x", "1 - x"):
        if isinstance(node, ast.Name):
            yield _expression(text, x=node), "@ counts the wrong way round here"
    yield _expression("-x", x=node), "the sign of @ is wrong here"
    yield _expression("abs(x)", x=node), "of @ the size is needed, without its sign"
    for name in arguments:
        factor = f"a factor with `{name}` is missing at @"
        for text in (f"x * {name}", f"x / {name}", f"x * (1 - {name})", f"x * ~{name}"):
            yield _expression(text, x=node), factor
        for text in (f"x + {name}", f"x - {name}"):
            yield _expression(text, x=node), f"a term with `{name}` is missing at @"


def _renamed(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """Another name, or a name for a number."""
    is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    if is_number or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
        for name in names:
            if name != getattr(node, "id", ""):
                where = guard.quoted(ast.unparse(parent).split("\n")[0])
                yield (
                    ast.Name(name, ast.Load()),
                    f"in {where} something else belongs in the place of @",
                )


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
