"""The questions of the bank in a page without a kernel; `answers.js` takes answers."""

import ast
import re
from collections.abc import Callable
from functools import partial

from dqn_tutorial.classroom import bank
from dqn_tutorial.classroom.bank import LETTERS, UNSURE, Question, named
from dqn_tutorial.classroom.bank.sketches import SKETCHES
from dqn_tutorial.classroom.pictures.figures import image_bundle, words_for

Render = Callable[[str], str]  # Markdown with formulas to HTML
FOLD = "<details><summary>{}</summary>{}</details>"


def page_html(source: str, render: Render) -> str | None:
    """Return what a page shows for a code cell that asks, or that shows cards; None for
    any other cell.
    """
    call = re.fullmatch(r"(\w+)\((.*)\)", source.strip())
    if not call or call[1] not in ASKING:
        return None
    return ASKING[call[1]](render, *ast.literal_eval(f"[{call[2]}]"))


def predict(render: Render, name: str) -> str:
    """Ask for a prediction; its answer opens the next result, and is compared there."""
    question = named(name)
    title = "Before you look at the next result"
    replies = partial(bank.compared, question)
    return asked(render, question, title, "predict", replies)


def ask(render: Render, *names: str) -> str:
    """Ask questions with feedback."""
    return "".join(with_feedback(render, named(name), "Question") for name in names)


def before_the_course(render: Render) -> str:
    """Ask without feedback."""
    own = bank.before_the_course()
    return "".join(
        asked(render, question, f"Question {number} of {len(own)}", "before")
        for number, question in enumerate(own, 1)
    )


def after_the_course(render: Render, half: int) -> str:
    """Ask half of the concept questions with feedback."""
    count = len(bank.of("concept"))
    return "".join(
        with_feedback(render, question, f"Question {number} of {count}")
        for number, question in bank.after_the_course(half)
    )


def cards(render: Render, sitting: str) -> str:
    """Show three cards, each with its answer folded."""
    own = bank.of("card", bank.two_before(sitting))[:3]
    return "".join(
        FOLD.format(re.sub("</?p>", "", render(card.stem)), render(card.key))
        for card in own
    )


ASKING = {
    f.__name__: f for f in (predict, ask, before_the_course, after_the_course, cards)
}


def with_feedback(render: Render, question: Question, title: str) -> str:
    """Return a question with feedback, and its answer folded."""
    replies = partial(bank.feedback, question)
    answer = render(replies(question.key).removeprefix("Yes, "))
    shown = asked(render, question, title, "ask", replies)
    return shown + FOLD.format("Answer", answer)


def asked(
    render: Render,
    question: Question,
    title: str,
    kind: str,
    replies: Callable[[str], str] | None = None,
) -> str:
    """Return the question with the replies to each answer; `answers.js` adds what it is
    answered with.

    To a number there are three replies: right, wrong (to "inf", which no key is near),
    and not known.
    """
    answers = [*LETTERS[: len(question.choices)]] or [question.key, "inf"]
    templates = [
        f'<template data-answer="{answer}">{render(replies(answer))}</template>'
        for answer in [*answers, UNSURE]
        if replies
    ]
    stem = bank.as_markdown(question).removesuffix(f"- **{UNSURE}** I don't know")
    number = f'data-key="{question.key}" data-within="{question.within}"'
    letters = f'data-letters="{"".join(answers)}"'
    sketch = ""
    if question.sketches:
        figure, name = SKETCHES[question.sketches]()
        sketch = image_bundle(figure, words_for(name))["text/markdown"]
    return (
        f'<fieldset class="question" data-name="{question.name}" data-kind="{kind}"'
        f" {letters if question.choices else number}><legend>{title}</legend>"
        f"{render(stem)}{sketch}"
        f'<div role="status"></div>{"".join(templates)}</fieldset>'
    )
