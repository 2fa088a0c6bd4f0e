"""A learner's function, called with care: stopped if it runs on, its inputs watched,
its errors put in words.
"""

import copy
import ctypes
import inspect
import io
import linecache
import math
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any

from dqn_tutorial.classroom.check.values import agree, describe

SECONDS = 3.0  # for one call; a right answer needs milliseconds
Behaviour = tuple[str, Any]  # ("value", what was returned) or ("error", the exception)
# lines that the learner's own prints may take: a check calls the function often
N_PRINTED = 20


class Wrong(Exception):
    """Why an answer is refused: a short key, the name of the misconception, and a
    message that teaches; without one, that of the exercise for the key, with `details`
    filled in.
    """

    def __init__(self, key: str, message: str = "", **details: Any) -> None:
        super().__init__(key, message)
        self.key, self.message, self.details = key, message, details


class NotAttempted(Exception):
    """The answer still ends like the stub, with a word on that if it has begun."""


class OwnError(Exception):
    """An exception of the learner's own code, with what it said, the line, and the
    inputs.
    """

    def __init__(
        self, error: Exception, answer: Callable[..., Any], inputs: dict[str, Any]
    ) -> None:
        self.error = error
        said = str(error).replace("`", "'").rstrip(".")
        words = f"{type(error).__name__}: {said}" if said else type(error).__name__
        super().__init__(
            f"Your code stopped with `{words}`{_line_of(error, answer)}.\nThe inputs"
            f" were {listed(inputs)}."
        )


# not an Exception, so that an `except Exception` in a loop does not catch it
class TooLong(BaseException):
    """The code ran longer than it may."""


def guarded(
    answer: Any, inputs_it_changes: tuple[str, ...] = (), seconds: float | None = None
) -> Callable[..., Any]:
    """Return a function of named inputs that calls the learner's with copies of them,
    in their order.

    Args:
        answer: what the learner gave to the check.
        inputs_it_changes: names of inputs that are there to be changed; then the result
            is the dict of these copies unless the learner's function returns something.
        seconds: for one call, `SECONDS` if left out.

    Raises:
        Wrong: an answer that is no function, takes other arguments, runs too long, ends
            Python, changes other inputs or returns None. NotAttempted: it raised
            NotImplementedError. OwnError: it raised something else.
    """
    if not callable(answer):
        kind = type(answer).__name__
        raise Wrong(
            "no function",
            f"Give the function itself, without brackets behind it: this is a {kind}.",
        )

    limit = SECONDS if seconds is None else seconds
    n_printed = 0

    def call(**inputs: Any) -> Any:
        nonlocal n_printed
        _check_arguments(answer, inputs)
        given, said = copy.deepcopy(inputs), io.StringIO()
        try:
            with redirect_stdout(said), time_limit(limit):
                result = answer(*given.values())
        except NotImplementedError:
            raise NotAttempted(_left_over(answer)) from None
        except Wrong:  # of a judge that wraps the answer
            raise
        except TooLong as stop:
            where = _line_of(stop, answer)
            raise Wrong(
                "endless",
                f"Your code was stopped after {limit:g} seconds{where}: a loop never"
                " ends or is very slow.",
            ) from None
        except SystemExit as stop:
            words = (
                f"Your code ends Python itself{_line_of(stop, answer)}. A function ends"
                " with `return`."
            )
            raise Wrong("ends Python", words) from None
        except Exception as error:
            raise OwnError(error, answer, inputs) from None
        finally:
            lines = said.getvalue().splitlines()
            for line in lines[: max(N_PRINTED - n_printed, 0)]:
                print(line)
            n_printed += len(lines)
        for name in inputs:
            if name not in inputs_it_changes and not _is_untouched(
                given[name], inputs[name]
            ):
                words = (
                    f"Your function changes its input `{name}`, its numbers or"
                    " `requires_grad`; an optimizer and methods that end in `_` do"
                    " that too. Others still need it: work on a copy."
                )
                raise Wrong("changes its input", words)
        if result is None and inputs_it_changes:
            return {name: given[name] for name in inputs_it_changes}
        if result is None:
            raise Wrong(
                "returns nothing",
                "Your function returns `None`. Is a `return` missing at its end?",
            )
        return result

    return call


def behaviour(function: Callable[..., Any], inputs: dict[str, Any]) -> Behaviour:
    """Return what a guarded function does with inputs."""
    try:
        return "value", function(**inputs)
    except OwnError as error:
        return "error", error


def alike(a: Behaviour, b: Behaviour) -> bool:
    """Say whether two behaviours are the same value or the same error."""
    if a[0] == b[0] == "error":
        return type(a[1].error) is type(b[1].error) and str(a[1].error) == str(
            b[1].error
        )
    return a[0] == b[0] and agree(a[1], b[1])


def _check_arguments(answer: Callable[..., Any], inputs: dict[str, Any]) -> None:
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


def _left_over(answer: Callable[..., Any]) -> str:
    """Say that the stub's last line still stands in a function that holds more than
    it.
    """
    code = getattr(inspect.unwrap(answer), "__code__", None)
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
    code = getattr(inspect.unwrap(answer), "__code__", None)
    lines = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if code is not None and frame.f_code.co_filename == code.co_filename
    ]
    if not lines:
        return ""
    text = linecache.getline(*lines[-1]).strip()
    return f" in line {lines[-1][1]}, `{text}`" if text else f" in line {lines[-1][1]}"


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop Python code that runs longer by raising `TooLong` in it.

    The exception is sent from a second thread: a signal would reach only the main
    thread, and not on every system. It is raised between two steps of Python, so a loop
    inside C, such as `sum(itertools.repeat(0.0))`, is not stopped. Code that has
    imported a module gets the time once more: an import costs seconds, but only the
    first time.

    Source: CPython's `PyThreadState_SetAsyncExc`.
    """
    if math.isinf(seconds):
        yield
        return
    here, over = ctypes.c_ulong(threading.get_ident()), threading.Event()
    throw, thrown = ctypes.pythonapi.PyThreadState_SetAsyncExc, threading.Event()

    def watch() -> None:
        pause, n_modules = seconds, len(sys.modules)
        while not over.wait(pause):  # again and again, if the code caught it
            if n_modules < (n_modules := len(sys.modules)):
                continue
            thrown.set()
            throw(here, ctypes.py_object(TooLong))
            pause = 0.002

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        while watcher.is_alive():
            try:
                over.set()
                watcher.join()
            except TooLong:  # one that came late must not leave the watcher behind
                continue
        if thrown.is_set():
            # one may be on its way: replaced by one that is awaited here
            with suppress(TooLong):
                throw(here, ctypes.py_object(TooLong))
                for _ in range(1_000):
                    pass
