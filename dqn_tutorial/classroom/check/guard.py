"""A learner's function, called with care: stopped if it runs on, its inputs watched,
its errors put in words.
"""

import copy
import dis
import inspect
import linecache
import math
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.guest import (
    MOST_PRINTED,
    Said,
    hosted,
    unpatched,
)
from dqn_tutorial.classroom.check.limits import time_limit
from dqn_tutorial.classroom.check.values import agree, as_array, describe

SECONDS = 3.0  # for one call; a right answer needs milliseconds
Behaviour = tuple[str, Any]  # ("value", what was returned) or ("error", the exception)
# lines that the learner's own prints may take: a check calls the function often
N_PRINTED = 20
MOST_QUOTED = 200  # letters of an error's text, or of a line
PACKAGE = "dqn_tutorial"
Call = tuple[Callable[..., Any], dict[str, Any]]  # a guarded function and its inputs
CALLS: deque[Call] = deque(maxlen=1_000)  # of the learner's code, in this check


class Wrong(Exception):
    """Why an answer is refused: a short key, the name of the misconception, and what
    is said at once: `case`, the smallest example of it, or the form that is wrong. Of a
    misconception the exercise's own message is said too, with `details` filled in:
    after the case, or at once where there is none. `retry`: whether the answer is right
    now, on the cases that refused it. `inputs`: of the case.
    """

    retry: Callable[[], bool] | None = None
    inputs: Mapping[str, Any] | None = None

    def __init__(self, key: str, case: str = "", **details: Any) -> None:
        super().__init__(key, case)
        self.key, self.case, self.details = key, case, details


class NotAttempted(Exception):
    """The answer still ends like the stub, with a word on that if it has begun."""


class OwnError(Exception):
    """An exception of the learner's own code, with what it said, the line, and the
    inputs.
    """

    retry: Callable[[], bool] | None = None

    def __init__(
        self, error: BaseException, answer: Callable[..., Any], inputs: dict[str, Any]
    ) -> None:
        self.error, self.text, self.inputs = error, _text_of(error), inputs
        words = f"{type(error).__name__}: {self.text}".rstrip(":. ")
        super().__init__(
            f"Your code stopped with {quoted(words)}{_line_of(error, answer)}.\nThe"
            f" inputs were {listed(inputs)}."
        )


def quoted(words: str) -> str:
    """Return words as a quotation in Markdown, cut to a length that a reader can
    take.
    """
    if len(words) > MOST_QUOTED:
        words = words[:MOST_QUOTED] + " [cut]"
    return f"`` {words} ``" if "`" in words else f"`{words}`"


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # of the learner's own class
        return ""


def guarded(
    answer: Any,
    inputs_it_changes: tuple[str, ...] = (),
    seconds: float | None = None,
) -> Callable[..., Any]:
    """Return a function of named inputs that calls the learner's with copies of them,
    in their order.

    Args:
        answer: what the learner gave to the check.
        inputs_it_changes: names of inputs that are there to be changed; then the result
            is the dict of these copies unless the learner's function returns something.
        seconds: for one call, `SECONDS` if left out; infinite for code of our own,
            which is not watched.

    Raises:
        Wrong: an answer that is no function, takes other arguments, calls the package,
            runs too long, ends Python, changes other inputs or returns None.
            NotAttempted: the stub's own `raise`. OwnError: it raised something else.
    """
    if not callable(answer):
        kind = type(answer).__name__
        raise Wrong(
            "no function",
            f"Give the function itself, without brackets behind it: this is a {kind}.",
        )

    is_watched = seconds is None or math.isfinite(seconds)
    if is_watched and (name := of_the_package(answer)):
        raise Wrong(
            "calls the package",
            f"Your function uses `{name}` of the package. Write the lines yourself,"
            " with Python, NumPy and PyTorch.",
        )
    printed = ""

    def call(**inputs: Any) -> Any:
        nonlocal printed
        check_arguments(answer, inputs)
        given, said = copy.deepcopy(inputs), Said()
        limit = SECONDS if seconds is None else seconds
        if is_watched:
            CALLS.append((call, inputs))
        else:
            try:
                result = answer(*given.values())
            except Wrong:
                raise
            except Exception as error:
                raise OwnError(error, answer, inputs) from None
            return _returned(result, given, inputs_it_changes)
        begun = time.monotonic()
        try:
            with unpatched() as put_back, hosted(said), time_limit(limit) as stopped:
                try:
                    result = answer(*given.values())
                finally:
                    sys.settrace(None)  # of `_thrower`; the old one comes back later
                    put_back()
        except KeyboardInterrupt:
            raise
        except Wrong:  # of a judge that wraps the answer
            raise
        except BaseException as error:
            took = time.monotonic() - begun if stopped else None
            raise _judged(error, answer, inputs, limit, took) from None
        finally:
            text = said.getvalue()[: max(MOST_PRINTED - len(printed), 0)]
            if lines := text.splitlines()[: max(N_PRINTED - printed.count("\n"), 0)]:
                print(*lines, sep="\n")
                printed += "\n".join([*lines, ""])
        for name in inputs:
            if name not in inputs_it_changes and not _is_untouched(
                given[name], inputs[name]
            ):
                words = _changed(name, inputs[name], given[name])
                raise Wrong("changes its input", words)
        return _returned(result, given, inputs_it_changes)

    return call


def _returned(result: Any, given: dict[str, Any], changed: tuple[str, ...]) -> Any:
    if result is None and changed:
        return {name: given[name] for name in changed}
    if result is None:
        raise Wrong(
            "returns nothing",
            "Your function returns `None`. Is a `return` missing at its end?",
        )
    return result


def of_the_package(answer: Any, seen: frozenset[CodeType] = frozenset()) -> str:
    """Name what a function, or one of the learner's own that it calls, takes from the
    package; nothing where it takes nothing. A solution that a notebook hands on is as
    the learner's own.
    """
    function, code = unwrapped(answer), _code_of(answer)
    home = str(getattr(function, "__module__", ""))
    if code is None or code in seen or home.startswith(f"{PACKAGE}."):
        return ""
    codes = [code, *(c for c in code.co_consts if isinstance(c, CodeType))]
    for step in (step for one in codes for step in dis.get_instructions(one)):
        if step.opname == "IMPORT_NAME" and step.argval.split(".")[0] == PACKAGE:
            return str(step.argval)
        if step.opname not in ("LOAD_GLOBAL", "LOAD_NAME"):
            continue
        found = function.__globals__.get(step.argval)
        is_module = inspect.ismodule(found)
        home = str(found.__name__ if is_module else getattr(found, "__module__", ""))
        if home.split(".")[0] == PACKAGE and ".classroom.check" not in home:
            return str(step.argval)
        if isinstance(found, FunctionType):
            if name := of_the_package(found, seen | {code}):
                return name
    return ""


def _judged(
    error: BaseException,
    answer: Callable[..., Any],
    inputs: dict[str, Any],
    limit: float,
    took: float | None,
) -> Exception:
    """Return what the check makes of an exception: of code that was stopped after some
    seconds, that ends Python, of the stub, or any other.
    """
    where = _line_of(error, answer)
    if took is not None:
        words = (
            f"Your code was stopped after {limit:g} seconds{where}: a loop never ends"
            " or is very slow."
        )
        if took > 2 * limit + 1:
            words += f" (It could not be stopped before {took:.0f} seconds had passed.)"
        return Wrong("endless", words)
    if isinstance(error, SystemExit):
        words = f"Your code ends Python itself{where}. A function ends with `return`."
        return Wrong("ends Python", words)
    if isinstance(error, NotImplementedError) and _is_of_the_stub(error, answer):
        return NotAttempted(_left_over(answer))
    return OwnError(error, answer, inputs)


def _is_of_the_stub(error: BaseException, answer: Callable[..., Any]) -> bool:
    """Say whether the learner's own code raised it: PyTorch raises the same error for
    types that it does not take.
    """
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    code = _code_of(answer)
    is_own = code is None or frame.f_code.co_filename == code.co_filename
    return is_own and "not implemented for" not in _text_of(error)


def behaviour(function: Callable[..., Any], inputs: Mapping[str, Any]) -> Behaviour:
    """Return what a guarded function does with inputs."""
    try:
        return "value", function(**inputs)
    except OwnError as error:
        return "error", error


def alike(a: Behaviour, b: Behaviour) -> bool:
    """Say whether two behaviours are the same value or the same error."""
    if a[0] == b[0] == "error":
        return type(a[1].error) is type(b[1].error) and a[1].text == b[1].text
    return a[0] == b[0] and agree(a[1], b[1])


def check_arguments(answer: Callable[..., Any], inputs: dict[str, Any]) -> None:
    """Refuse a function that does not take these inputs."""
    try:
        signature = inspect.signature(answer)
        signature.bind(*inputs.values())
    except TypeError:
        wanted = f"{len(inputs)} arguments ({', '.join(inputs)})"
        raise Wrong(
            "other arguments",
            f"The function is called with {wanted}; yours takes {signature}.",
        ) from None
    except ValueError:
        pass  # a builtin without a signature


def _is_untouched(given: Any, before: Any) -> bool:
    return agree(given, before) and getattr(given, "requires_grad", None) == getattr(
        before, "requires_grad", None
    )


def unwrapped(answer: Any) -> Any:
    """Return the learner's own function, out of what wraps it."""
    try:
        return inspect.unwrap(answer)
    except ValueError:  # one that names itself
        return answer


def _code_of(answer: Any) -> CodeType | None:
    return getattr(unwrapped(answer), "__code__", None)


def _changed(name: str, before: Any, after: Any) -> str:
    """Say what has become of an input."""
    words, a, b = (
        f"Your function changes its input `{name}`",
        *map(as_array, (before, after)),
    )
    if getattr(before, "requires_grad", None) != getattr(after, "requires_grad", None):
        words += ": its `requires_grad` is another"
    elif a is not None and b is not None and a.shape == b.shape and a.size:
        place = tuple(np.argwhere(~np.isclose(a, b, equal_nan=True))[0].tolist())
        at = f" at index {list(place)}" if place else ""
        words += f":{at} it was {describe(a[place])} and is {describe(b[place])} now"
    return f"{words}. Others still need it: leave it as it is."


def _left_over(answer: Callable[..., Any]) -> str:
    """Say that the stub's last line still stands in a function that holds more than
    it.
    """
    code = _code_of(answer)
    if code is None or (
        code.co_names == ("NotImplementedError",)
        and code.co_nlocals == code.co_argcount + code.co_kwonlyargcount
    ):
        return ""
    return (
        "`raise NotImplementedError` still stands in your function: take it out, and"
        " the rest is looked at."
    )


def listed(inputs: Mapping[str, Any], say: Callable[[Any], str] = describe) -> str:
    """Return inputs by name, each put in words."""
    return ", ".join(f"`{name}` {say(value)}" for name, value in inputs.items())


def _line_of(error: BaseException, answer: Callable[..., Any]) -> str:
    """Name the learner's line that an exception came through last."""
    code = _code_of(answer)
    lines = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if code is not None and frame.f_code.co_filename == code.co_filename
    ]
    if not lines:
        return ""
    text = linecache.getline(*lines[-1]).strip()
    return f" in line {lines[-1][1]}" + (f", {quoted(text)}" if text else "")
