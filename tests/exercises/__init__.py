"""Right and wrong answers to every exercise, a module for each notebook's."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Answers(NamedTuple):
    """At least three right answers, each written differently, and at least six wrong
    ones with the key of each.
    """

    correct: Sequence[Any]
    wrong: Sequence[tuple[Any, str]]
