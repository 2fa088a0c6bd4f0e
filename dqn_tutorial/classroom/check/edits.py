"""Small changes of an expression or a line, and what was wrong there if one of them
makes it right.
"""

import ast
from collections.abc import Iterator
from typing import Any

from dqn_tutorial.classroom.check.guard import quoted

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
# what stands there instead, None for nothing; and what was wrong
Edit = tuple[ast.AST | None, str]


def _expression(text: str, **parts: ast.AST) -> ast.expr:
    """Return the tree of a text in which names stand for other trees."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> Any:
            return parts.get(node.id, node)

    made: ast.expr = Put().visit(ast.parse(text, mode="eval").body)
    return made


def small(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
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
        if isinstance(node.op, ast.Invert):
            words = (
                "`~` is not what turns a value that is no array of flags round, in @"
            )
            yield ast.UnaryOp(ast.Not(), node.operand), words
            yield _expression("1 - x", x=node.operand), words
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


def copied(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
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


def left_out(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
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


def other_place(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """The same parts in another order, or one place on."""
    if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Mult):
        yield (
            ast.BinOp(node.right, node.op, node.left),
            "the two sides of @ are swapped",
        )
    yield from _steps_swapped(node)
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


def _steps_swapped(node: Any) -> Iterator[Edit]:
    """Two steps of a calculation, the second first."""
    words = "in @ two steps stand in the wrong order"
    first = node.left if isinstance(node, ast.BinOp) else node
    if first is node and isinstance(node, ast.Call):
        first = getattr(node.func, "value", None)
    if not isinstance(first, ast.Call) or not isinstance(first.func, ast.Attribute):
        return
    if isinstance(node, ast.BinOp):
        inner: ast.expr = ast.BinOp(first.func.value, node.op, node.right)
    else:
        func = ast.Attribute(first.func.value, node.func.attr, ast.Load())
        inner = ast.Call(func, node.args, node.keywords)
    func = ast.Attribute(inner, first.func.attr, ast.Load())
    yield ast.Call(func, first.args, first.keywords), words


def put_in(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
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


def renamed(node: Any, parent: Any, names: Any, arguments: Any) -> Iterator[Edit]:
    """Another name, or a name for a number."""
    is_number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    if is_number or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
        for name in names:
            if name != getattr(node, "id", ""):
                where = quoted(ast.unparse(parent).split("\n")[0])
                yield (
                    ast.Name(name, ast.Load()),
                    f"in {where} something else belongs in the place of @",
                )
