"""What is certain of a wrong answer, whatever the misconception: the one change that
makes it right, and what was seen while it ran.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator

from dqn_tutorial.classroom.check.guard import (
    Call,
    NotAttempted,
    OwnError,
    Wrong,
    listed,
    quoted,
    unwrapped,
)
from dqn_tutorial.classroom.check.guest import chance_kept
from dqn_tutorial.classroom.check.mending import mended
from dqn_tutorial.classroom.check.values import agree, describe, shown
from dqn_tutorial.classroom.check.watching import (
    lines_of,
    watched,
    way,
    what_is_seen,
)

MOST_FACTS = 3
SHORT = 8  # letters of a text that may stand for something else
# what came out, and not why
OPEN = frozenset(
    "changes its input|nan|nothing changed|from the wrong end|other equation|empty rows"
    "|never fails|still moving|too few|too many|half of them|uneven|array never changes"
    "|sizes do not meet|shapes do not fit|index too large|wrong index|inner sizes"
    "".split("|")
)
# what says all by itself
CLEAR = frozenset(
    "endless|ends Python|no function|other arguments|calls the package|no letter"
    "|returns nothing".split("|")
)
GUESS = re.compile(
    r" ?(?:\((?:Do|Does|Is|Are) [^()]*\)"
    r"|(?<=[.:] )(?:Or )?(?:do|does|is|are) [^.?]*\?)",
    re.IGNORECASE,
)


def is_open(key: str, words: str, texts: Mapping[str, str]) -> bool:
    """Say whether what is said of a wrong answer leaves open what was misunderstood."""
    parts = key.split(" + ")
    is_named = all(part in texts and part not in OPEN for part in parts)
    return not is_named or bool(GUESS.search(words)) or "perhaps" in words


def without_guesses(words: str, facts: Sequence[str]) -> str:
    """Return a message without its questions about the code where facts answer them."""
    return GUESS.sub("", words).strip() if facts else words


def facts_of(
    judge: Callable[[Any, Generator], None],
    answer: Any,
    seed: int,
    wrong: Wrong | OwnError,
    calls: Sequence[Call],
    is_slow: bool = False,
    is_left_open: bool = True,
) -> list[str]:
    """Return what is certain of an answer that a judge has refused, the most telling
    first.

    Args:
        judge: of the exercise.
        answer: the learner's function.
        seed: of the inputs.
        wrong: why it was refused.
        calls: that the judge made.
        is_slow: whether the judge took long: then no change is looked for.
        is_left_open: whether what was misunderstood is not said yet: else only what the
            lines make of the inputs is.
    """
    function = unwrapped(answer)
    key = getattr(wrong, "key", "an error")
    if not calls or key in CLEAR or not hasattr(function, "__code__"):
        return []
    of_case = _call_of(wrong, calls)
    call, inputs, is_shown = of_case or (*calls[-1], False)
    retry = _told_of(wrong, "retry")

    def is_right() -> bool:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                if retry is not None and not retry():
                    return False
                judge(answer, np.random.default_rng(seed))
            except (Exception, NotAttempted):
                return False
        return True

    wrong_facts = getattr(wrong, "details", {}).get("facts", "")
    with chance_kept():
        seen = watched(function, partial(call, **inputs))
    told = way(function, seen) if of_case else ""
    given = "these inputs" if is_shown else listed(inputs, shown)
    heading = "What your lines make" + f", with {given}" * bool(inputs)
    if not is_left_open:
        return [f"{heading}:\n{told}"] if told else []
    words, line, names = "", 0, set[str]()
    error = _told_of(wrong, "error")
    # without the division no error is left, but that is not what is missing
    is_division = isinstance(error, ZeroDivisionError)
    if (retry is not None or not is_slow) and not is_division:
        with chance_kept():
            is_changing = key == "changes its input"
            words, line, names = mended(function, is_right, is_changing)
    is_error = OwnError in map(type, (wrong, wrong.__context__))
    facts = [*what_is_seen(function, seen, "an error" if is_error else key)]
    # a change that makes it right without an input that counts would mislead
    unread = re.findall(r"not depend on `(\w+)`", wrong_facts)
    if words and {*unread} <= names:
        text = lines_of(function).get(line, "")
        at = f"Line {line}, {quoted(text)}" if text else f"Line {line}"
        rest = "With a change there alone, your code is right in every case tried."
        facts.insert(0, f"{at}: {words}. {rest}")
    if told and not (key == "changes its input" and facts):
        facts[MOST_FACTS - 1 :] = [f"{heading}:\n{told}"]
    return facts


def _call_of(
    wrong: Any, calls: Sequence[Call]
) -> tuple[Callable[..., Any], dict[str, Any], bool] | None:
    """Return the call that the learner is shown, and whether it alone is shown; where
    no case is, the last call; nothing where the shown one is not known.
    """
    given = _told_of(wrong, "inputs") or {}
    for call, inputs in calls:
        if given and all(given.get(name) is one for name, one in inputs.items()):
            return call, inputs, True
    case = getattr(wrong, "case", "") or str(wrong)
    found: dict[str, list[Call]] = {}
    for call, inputs in calls:
        named = {k: v for k, v in inputs.items() if not isinstance(v, Generator)}
        words = [listed(named, shown), listed(named)]
        if len(named) == 1:
            (one,) = named.values()
            is_class = isinstance(one, type)
            words.append(f"`Memory` that {one.__doc__}" if is_class else describe(one))
        for text in words:
            if len(text) > SHORT and re.search(rf"{re.escape(text)}(?!\.?\w)", case):
                found.setdefault(text, []).append((call, inputs))
                break
    for alike in found.values():
        # large inputs of the same shapes read alike
        if all(agree(one, other) for (_, one), (_, other) in pairwise(alike)):
            return *alike[0], len(found) == 1
    # of a case that is shown and not found, no other stands in its place
    is_another = "Inputs: " in case and "Inputs: the same" not in case
    return None if is_another and calls[-1][1] else (*calls[-1], False)


def _told_of(error: Any, name: str) -> Any:
    """Return what an error, or one that it stands for, says of itself."""
    while error is not None and not getattr(error, name, None):
        error = error.__context__
    return getattr(error, name, None)
