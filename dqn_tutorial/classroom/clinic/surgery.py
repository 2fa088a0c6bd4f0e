"""Changing the source of the package's functions for a while: how a bug gets in, and
how a cure does.
"""

import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, cast

Function = Callable[..., Any]


def source_of(function: Function) -> str:
    """Return the source of a function as it stands in the package, without its
    indentation.
    """
    return textwrap.dedent(inspect.getsource(function))


def replace_once(source: str, old: str, new: str) -> str:
    """Replace a piece of source that occurs exactly once.

    Raises:
        ValueError: it occurs more or less often.
    """
    count = source.count(old)
    if count != 1 or not old.strip():
        raise ValueError(
            f"{old!r} occurs {count} times in the code: give a piece that occurs"
            " exactly once"
        )
    return source.replace(old, new)


@contextmanager
def installed(sources: Mapping[Function, str]) -> Iterator[None]:
    """Let each function run another source, wherever it was imported to; afterwards all
    is as before.

    The code object of the function is exchanged, so that names in it still mean what
    its own module says.

    Raises:
        ValueError: source that is no Python, or that does not define a function of the
            same name and arguments.
    """
    # all of them, or none
    new = {function: compiled(function, source) for function, source in sources.items()}
    old = {function: function.__code__ for function in new}
    try:
        for function, code in new.items():
            function.__code__ = code
        yield
    finally:
        for function, code in old.items():
            function.__code__ = code


def compiled(function: Function, source: str) -> CodeType:
    """Compile the source of one function. Errors as in `installed`."""
    name, own = function.__name__, cast(FunctionType, function).__code__
    try:
        module = compile(source, f"<{name}, changed>", "exec")
    except SyntaxError as error:
        raise ValueError(
            f"the changed {name} is no Python: {error.msg} in line {error.lineno}"
        ) from None
    codes = [
        item
        for item in module.co_consts
        if isinstance(item, CodeType) and item.co_name == name
    ]
    same = [
        code
        for code in codes
        if code.co_varnames[: own.co_argcount] == own.co_varnames[: own.co_argcount]
    ]
    if not same or same[0].co_freevars != own.co_freevars:
        raise ValueError(
            f"the changed source must define one function {name} with the arguments"
            " it had"
        )
    return same[0]
