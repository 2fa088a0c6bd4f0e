"""Questions of the bank in a notebook: asked, answered, noted beside the exercises."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]
from IPython.display import display
from IPython.utils.capture import RichOutput, capture_output

from dqn_tutorial.classroom import bank
from dqn_tutorial.classroom.bank import (
    LETTERS,
    UNSURE,
    Question,
    as_markdown,
    compared,
    feedback,
    folded,
    is_right,
    named,
    of,
    told,
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
    _answer(question, lambda said: f"{told(said)} Now run the next cell.", once=True)


@contextmanager
def reveal(name: str) -> Iterator[None]:
    """Fold what the block shows, and why, until its question is answered.

    Raises:
        ValueError: no such question.
    """
    question = named(name)
    said, trouble = _said(name)
    try:
        with capture_output(stderr=False) as shown:
            yield
    except BaseException:
        shown.show()  # what came before an error is no answer to hide
        raise
    printed = shown.stdout.rstrip()
    parts = [f"<pre>{html.escape(printed)}</pre>"] if printed else []
    parts += [*map(_as_markdown, shown.outputs), question.why.strip()]
    if said:
        parts.insert(0, compared(question, said))
    elif trouble:
        parts.insert(0, trouble)
    summary = "What you predicted" if said else "Answer first, then open"
    others = [output.data.get("text/plain", "") for output in shown.outputs]
    plain = "\n".join(filter(None, [f"{summary}:", printed, *others]))
    _show(folded(summary, "\n\n".join(parts), bool(said)), plain)


def ask(*names: str) -> None:
    """Ask questions, each with feedback once it is answered.

    Raises:
        ValueError: no such question.
    """
    for question in [*map(named, names)]:
        _ask(question)


def before_the_course() -> None:
    """Ask in plain words what the course will answer; no feedback."""
    own = bank.before_the_course()
    for number, question in enumerate(own, 1):
        _show(f"**{number} of {len(own)}.** {as_markdown(question)}")
        _answer(question, lambda said: f"{told(said)} It is noted.", once=True)


def after_the_course(half: int) -> None:
    """Ask concept questions with feedback, the first half of the course's or the
    second: JupyterLab shows no more in a cell. Those that were asked before the course
    come in their parallel form.

    Args:
        half: 1 or 2.

    Source: Crouch & Mazur (2001) on concept questions.
    """
    for number, question in bank.after_the_course(half):
        _ask(question, f"**{number} of {len(of('concept'))}.** ")


def cards(sitting: str) -> None:
    """Show three cards of the sitting before the last one.

    Raises:
        ValueError: no such sitting.

    Source: Roediger & Karpicke (2006) on recall.
    """
    for card in of("card", two_before(sitting))[:3]:
        _show(folded(card.stem, card.key), card.stem)


def _ask(question: Question, before: str = "") -> None:
    _show(before + as_markdown(question))
    _answer(question, partial(feedback, question))
    words = feedback(question, question.key).removeprefix("Yes, ")
    _show(folded("Answer", words), f"Answer: {words}")


def _show(markdown: str, plain: str = "") -> None:
    display({"text/markdown": markdown, "text/plain": plain or markdown}, raw=True)


def _as_markdown(output: RichOutput) -> str:
    """Return an output as a part of Markdown."""
    data = output.data
    written = data.get("text/markdown") or data.get("text/html")
    return written or f"<pre>{html.escape(data.get('text/plain', ''))}</pre>"


def _said(name: str) -> tuple[str, str]:
    """Return the answer that was noted, or nothing, and what is wrong with the file."""
    try:
        entries = logbook.read(logbook.logbook_path())
    # a broken file must not cost the learner the question or a run
    except (OSError, ValueError) as error:
        return "", f"(Answers are not kept: {error})"
    entry = entries.get(f"{logbook.ASKED}{name}", {"refusals": []})
    return (entry["refusals"] or [""])[-1], ""


def _answer(
    question: Question, reply: Callable[[str], str], once: bool = False
) -> None:
    """Show what an answer is given with, and reply to it. Only the first is noted, and
    `once` takes no other.
    """
    status, controls = widgets.Output(), _controls(question)
    *fields, _ = controls

    def say(answer: str, trouble: str = "") -> None:
        words = " ".join(filter(None, [answer and reply(answer), trouble]))
        data = {
            "text/markdown": f'<div role="status">\n\n{words}\n\n</div>',
            "text/plain": words,
        }
        shown = {"output_type": "display_data", "data": data, "metadata": {}}
        status.outputs = (shown,) if words else ()
        for control in controls:
            control.disabled = once and bool(answer)

    def note(pressed: Any) -> None:
        answer = pressed.description
        if answer not in (*LETTERS, UNSURE):
            answer = f"{fields[0].value:g}"
        said, trouble = _said(question.name)
        if not said and not trouble:
            try:
                right = is_right(question, answer)
                logbook.note(f"{logbook.ASKED}{question.name}", right, answer)
            except (OSError, ValueError) as error:
                trouble = f"(Answers are not kept: {error})"
        say(said if said and once else answer, trouble)

    for control in controls:
        if isinstance(control, widgets.Button):
            control.on_click(note)
    say(*_said(question.name))
    box: Any = widgets.VBox([widgets.HBox(controls), status])
    display(view_bundle(box, "Its buttons work once the cell is run."), raw=True)


def _controls(question: Question) -> list[Any]:
    """Return the letters' buttons or the field of a number, and "I don't know"."""
    unsure = widgets.Button(description=UNSURE, tooltip="I don't know")
    if not question.choices:
        field = widgets.FloatText(description="Your number")
        return [field, widgets.Button(description="That is it"), unsure]
    letters = LETTERS[: len(question.choices)]
    row = [widgets.Button(description=a, tooltip=f"Answer {a}") for a in letters]
    for button in (*row, unsure):
        button.layout.width = "48px"
    return [*row, unsure]
