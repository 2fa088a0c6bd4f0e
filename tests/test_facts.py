"""What is said of a wrong answer that no table of misconceptions holds: true of the
answer, whatever it is.
"""

import linecache
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch

from dqn_tutorial.classroom.check import edits, exercise, guard
from dqn_tutorial.classroom.check.facts import is_open, without_guesses
from dqn_tutorial.classroom.check.mending import mended

CASES = [
    {"a": np.array([1.0, 2.0, 4.0]), "b": np.array([2.0, 6.0, 1.0]), "gamma": 0.5},
    {"a": np.array([3.0, -1.0]), "b": np.array([8.0, 0.0]), "gamma": 0.25},
]


def right(a: Any, b: Any, gamma: float) -> Any:
    """Return the function that all answers here are after."""
    return np.asarray(a + gamma * b.max())


def function_of(code: str) -> Any:
    """Return the function of some lines that stand in a cell."""
    place = f"<{hash(code)}>"
    linecache.cache[place] = (len(code), None, code.splitlines(True), place)
    names: dict[str, Any] = {"np": np, "torch": torch}
    exec(compile(code, place, "exec"), names)
    return names["f"]


def hint_of(function: Any, asked: Callable[..., Any] = right) -> str:
    """Return what is said of a wrong answer at the second try."""
    judge = exercise.by_values(lambda rng: dict(CASES[0]), asked, by_hand=CASES)
    made = exercise.Exercise("of_facts", "01", 1, 1, judge)
    verdict = made.verdict(function, 0)
    assert verdict.status == "not yet"
    return f"{verdict.message}\n{verdict.hint}"


MADE = {
    "a number": (
        "a + gamma * b.max() + 1",
        "has no place in `a + gamma * b.max() + 1`",
    ),
    "a function": ("a + gamma * b.min()", "`min` is not the right function"),
    "a sign": ("a - gamma * b.max()", "the operation between the two parts"),
    "a name": ("a + gamma * a.max()", "something else belongs in the place of `a`"),
    "a part": ("a + b.max()", "a factor with `gamma` is missing"),
}


@pytest.mark.parametrize("kind", MADE)
def test_the_one_change_that_mends_is_named_with_its_line(kind: str) -> None:
    body, words = MADE[kind]
    hint = hint_of(function_of(f"def f(a, b, gamma):\n    return {body}\n"))
    assert f"Line 2, `return {body}`" in hint and words in hint
    assert "With a change there alone, your code is right in every case tried." in hint


def test_the_code_is_left_as_it_was() -> None:
    wrong = function_of("def f(a, b, gamma):\n    return a - gamma * b.max()\n")
    before = wrong.__code__
    hint_of(wrong)
    assert wrong.__code__ is before and sys.gettrace() is None


def test_a_change_that_never_ends_is_left_alone() -> None:
    code = """
def f(n):
    k = 0
    while k < n:
        k += 1
    return k + 2
"""
    function, begun = function_of(code), time.process_time()

    def is_right() -> bool:
        with suppress(Exception):
            return bool(function(4) == 12345)
        return False

    assert mended(function, is_right)[0] == ""
    assert time.process_time() - begun < 5


def test_the_line_that_changes_an_input_is_named_with_its_second_name() -> None:
    code = """
def f(a, b, gamma):
    best = b.max()
    total = a[:]
    total += gamma * best
    return total
"""
    hint = hint_of(function_of(code))
    assert "It is line 5, `total += gamma * best`, that changes `a`." in hint
    assert "`total` is no copy: it shares its numbers with `a`" in hint
    assert (
        "Line 5, `total += gamma * best`: `total += gamma * best` changes the" in hint
    )


def test_two_names_of_one_array_are_found() -> None:
    code = """
def f(a, b, gamma):
    new = np.zeros(len(a))
    old = new
    new[:] = a + gamma * b.max()
    return new - old
"""
    hint = hint_of(function_of(code))
    assert "changes `new` and `old` at once: they share their numbers" in hint


def test_it_says_what_the_lines_make_of_the_inputs_that_are_shown() -> None:
    code = """
def f(a, b, gamma):
    top = np.sort(b)[1] ** 2
    return np.cumsum(a) + np.sqrt(gamma) * top
"""
    hint = hint_of(function_of(code))
    assert "What your lines make, with these inputs:" in hint
    assert (
        "Line 3, `top = np.sort(b)[1] ** 2`: `np.sort(b)` is [1., 2., 6.],"
        " `np.sort(b)[1]` is 2, `top` is 4." in hint
    )


def test_the_shapes_that_meet_are_named() -> None:
    code = """
def f(a, b, gamma):
    column = a[:, None]
    return (column - b).sum(0) ** 3
"""
    hint = hint_of(function_of(code))
    assert "`column` has shape [3, 1] and `b` [3]" not in hint  # a subtraction of names
    code = code.replace("column - b", "column + 1 - b * 1")
    assert "each with each" in hint_of(function_of(code))


def test_where_an_error_or_nan_begins_is_said() -> None:
    code = "def f(a, b, gamma):\n    m = np.ones(7)\n    return a * m[: len(b) + 2]\n"
    hint = hint_of(function_of(code))
    assert "In line 3 meet: `a` [3] float64, `m` [7] float64" in hint
    code = "def f(a, b, gamma):\n    m = np.log(0 * a)\n    return a + 0 * m ** 3\n"
    assert "The first `nan` comes of `0 * m ** 3` in line 3." in hint_of(
        function_of(code)
    )


def test_an_end_in_the_first_pass_and_an_unused_result_are_seen() -> None:
    code = """
def f(a, b, gamma):
    for k in range(3):
        np.sort(b)
        total = a ** 5 - 17 * k
        return total
"""
    hint = hint_of(function_of(code))
    assert "The loop of line 3 ends in its first pass" in hint
    assert "What `np.sort(b)` gives in line 4 is not used." in hint


def test_it_says_with_which_inputs_the_result_would_be_right() -> None:
    found = hint_of(lambda a, b, gamma: a + b.max())
    assert "Your result is the right one for `gamma` = 1." in found
    found = hint_of(lambda a, b, gamma: a[::-1] + gamma * b.max())
    assert "the right one for `a` in reverse order" in found


def test_a_question_of_a_message_gives_way_to_facts() -> None:
    words = "Only the first row is filled. Does a `return` stand inside the loop?"
    assert is_open("first", words, {"first": words})
    assert without_guesses(words, ["fact"]) == "Only the first row is filled."
    assert without_guesses(words, []) == words
    assert not is_open("first", "Only the first row is filled.", {"first": words})
    assert is_open("unknown", "", {})


def test_every_function_that_is_exchanged_is_known_once_in_its_group() -> None:
    for group in edits.ALIKE:
        assert len({*group}) == len(group)
    assert not guard.CALLS  # a verdict keeps no learner's inputs


def test_bits_before_comparisons_are_named() -> None:
    code = "def f(a, b, gamma):\n    return a * (gamma > 0 & len(b) < 7) * 3\n"
    hint = hint_of(function_of(code))
    assert "`0 & len(b)` in line 2 is reckoned before the comparisons" in hint


def test_a_copy_that_is_changed_and_lost_is_named() -> None:
    code = """
def f(q, k):
    table = np.array(q)
    table[k] += 1
"""

    def raised(q: Any, k: int) -> Any:
        q[k] += 1

    judge = exercise.by_values(
        lambda rng: {"q": rng.normal(size=4), "k": 2},
        raised,
        inputs_it_changes=("q",),
    )
    hint = exercise.Exercise("of_copies", "01", 1, 1, judge).verdict(
        function_of(code), 0
    )
    assert "changes `table`, a copy of `q`, and your function returns nothing" in str(
        hint.hint
    )


def test_a_division_by_zero_asks_for_a_case_and_no_change() -> None:
    hint = hint_of(function_of("def f(a, b, gamma):\n    return a / int(gamma)\n"))
    assert "`int(gamma)` is 0 there" not in hint  # NumPy divides an array by it
    code = "def f(a, b, gamma):\n    return 3 / int(gamma) * a\n"
    hint = hint_of(function_of(code))
    assert "`int(gamma)` is 0 there" in hint and "has no place" not in hint


def test_the_trace_is_of_the_case_that_is_shown() -> None:
    code = """
def f(a):
    top = int(a.max())
    return np.zeros(9)[top + 1]
"""
    cases = [{"a": np.full(3, top)} for top in (1.0, 8.0)]  # both are [3] in words
    judge = exercise.by_values(lambda rng: cases[1], lambda a: 0.0, by_hand=cases)
    made = exercise.Exercise("of_cases", "01", 1, 1, judge)
    verdict = made.verdict(function_of(code), 0)
    assert "index 9" in verdict.message and "`top` is 8" in verdict.hint


def test_an_entry_that_may_depend_on_a_row_is_not_blamed() -> None:
    cases = [
        {"q": np.array([[4.0, 8.0], [6.0, 2.0]])},
        {"q": np.array([[1.0, 5.0], [3.0, 7.0]])},
    ]
    judge = exercise.by_values(
        lambda rng: cases[0], lambda q: q.min(0) ** 3, by_hand=cases
    )
    made = exercise.Exercise("of_rows", "01", 1, 1, judge)
    verdict = made.verdict(lambda q: q.max(0) ** 3 + q.mean(0) / 7, 0)
    assert "and should not" not in f"{verdict.message}{verdict.hint}"
