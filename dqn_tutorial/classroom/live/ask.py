"""Questions of the bank in a notebook: asked, answered, noted beside the exercises."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]
from IPython.display import display
from IPython.utils.capture import capture_output

from dqn_tutorial.classroom.bank import (
    LETTERS,
    UNSURE,
    Question,
    as_markdown,
    feedback,
    folded,
    is_right,
    named,
    of,
    two_before,
)
from dqn_tutorial.classroom.bank.sketches import SKETCHES
from dqn_tutorial.classroom.check import logbook
from dqn_tutorial.classroom.live.widget_view import view_bundle
from dqn_tutorial.classroom.pictures.figures import show


def predict(name: str) -> None:
    """Ask what a run will show, before it runs. The first answer counts.

    Raises:
        ValueError: no such question.

    Source: White & Gunstone (1992), predict, observe, explain.
    """
    question = named(name)
    _show(f"**Before you run the next cell.** {as_markdown(question)}")
    if question.sketches:
        show(*SKETCHES[question.sketches]())
    _answer(question, lambda answer: f"You said {answer}. Now run the next cell.")


@contextmanager
def reveal(name: str) -> Iterator[None]:
    """Fold what the block shows until its question is answered.

    Raises:
        ValueError: no such question.
    """
    question, said = named(name), _said(name)
    with capture_output() as shown:
        yield
    text = html.escape(shown.stdout.rstrip())
    parts = [f"<pre>{text}</pre>"] if text else []
    for output in shown.outputs:
        parts.append(
            output.data.get("text/markdown")
            or output.data.get("text/html")
            or html.escape(output.data["text/plain"])
        )
    if said:
        parts.insert(0, f"You said **{said}**, it was **{question.key}**.")
    summary = "What you predicted" if said else "Answer first, then open"
    _show(folded(summary, "\n\n".join(parts), bool(said)), summary)


def ask(*names: str) -> None:
    """Ask questions, each with feedback once it is answered.

    Raises:
        ValueError: no such question.
    """
    for question in map(named, names):
        _show(as_markdown(question))
        _answer(question, partial(feedback, question))
        _show(folded("Answer", feedback(question, question.key)), "Answer")


def before_the_course() -> None:
    """Ask in plain words what the course will answer; no feedback."""
    for question in of("concept"):
        if question.before:
            _show(as_markdown(question))
            _answer(question, lambda answer: f"You said {answer}. It is noted.")


def after_the_course() -> None:
    """Ask all concept questions with feedback; those that were asked before the course
    in their parallel form.
    """
    ask(*(own.parallel if own.before else own.name for own in of("concept")))


def cards(sitting: str) -> None:
    """Show three cards of the sitting before the last one.

    Source: Roediger & Karpicke (2006) on recall.
    """
    for card in of("card", two_before(sitting))[:3]:
        _show(folded(card.stem, card.key), card.stem)


def _show(markdown: str, plain: str = "") -> None:
    display({"text/markdown": markdown, "text/plain": plain or markdown}, raw=True)


def _said(name: str) -> str:
    """Return the answer that was noted, or nothing."""
    entry = logbook.read(logbook.logbook_path()).get(f"ask.{name}")
    if entry is None:
        return ""
    return named(name).key if entry["correct"] else str(entry["refusals"][-1])


def _answer(question: Question, reply: Callable[[str], str]) -> None:
    """Show what an answer is given with, and reply to it. Only the first is noted."""
    status = widgets.HTML(reply(said) if (said := _said(question.name)) else "")

    def note(answer: str) -> None:
        if not _said(question.name):
            right = is_right(question, answer)
            logbook.note(f"ask.{question.name}", right, "" if right else answer)
        status.value = html.escape(reply(answer)).replace("**", "")

    if question.choices:
        letters = [*LETTERS[: len(question.choices)], UNSURE]
        row = [widgets.Button(description=a, tooltip=f"Answer {a}") for a in letters]
        for button in row:
            button.layout.width = "48px"
            button.on_click(lambda pressed: note(pressed.description))
    else:
        field = widgets.FloatText(description="Your number")
        button = widgets.Button(description="That is it")
        button.on_click(lambda _: note(f"{field.value:g}"))
        row = [field, button]
    box: Any = widgets.VBox([widgets.HBox(row), status])
    display(view_bundle(box, "Its buttons work once the cell is run."), raw=True)
