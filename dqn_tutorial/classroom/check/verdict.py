"""What a check says, and how it is shown."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from dqn_tutorial.classroom.pictures.figures import GREEN, GREY, RED

COLOURS = {"correct": GREEN, "not yet": RED, "not attempted yet": GREY}


@dataclass(frozen=True)
class Verdict:
    """What a check says. Attributes: exercise: its name. status: `correct`,
    `not yet` or `not attempted yet`. key: the name of the misconception, empty
    where there is none. message: for the learner, at once. later: makes the hint, the
    misconception in words, for the second failing try: that takes a while.
    """

    exercise: str
    status: str
    key: str = ""
    message: str = ""
    later: Callable[[], str] = field(default=str, repr=False, compare=False)

    @cached_property
    def hint(self) -> str:
        """What is said at the second failing try."""
        return self.later()

    def __repr__(self) -> str:
        return f"{self.exercise}: {self.status}." + (
            f"\n{self.message}" if self.message else ""
        )

    def _repr_html_(self) -> str:
        words = as_html(self.message)
        return (
            f'<div role="status" style="border-left: 4px solid {COLOURS[self.status]};'
            ' padding: 4px 12px">'
            f"<b>{self.exercise}:"
            f" {self.status}.</b>{' ' + words if words else ''}</div>"
        )


def as_html(words: str) -> str:
    """Return words with `code` and *emphasis*; what is quoted stays as it is."""
    made, at = [], 0
    for quote in re.finditer(r"`` (.*?) ``|`([^`]*)`", words, re.S):
        made.append(_emphasised(words[at : quote.start()]))
        made.append(f"<code>{html.escape(quote[1] or quote[2] or '')}</code>")
        at = quote.end()
    return "".join([*made, _emphasised(words[at:])])


def _emphasised(words: str) -> str:
    return re.sub(
        r"(?<![*\w])\*(\w+)\*(?![*\w])", r"<em>\1</em>", html.escape(words)
    ).replace("\n", "<br>")
