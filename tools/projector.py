"""A page for the projector: one question of the bank at a time, voted on twice, then
answered with reasons.

`build.py` puts it into the site as project.html; project.html#NAME opens at a question.
Without JavaScript all questions stand one under the other, their answers folded.
"""

import base64
import html
import io
from pathlib import Path

from matplotlib import pyplot as plt

from dqn_tutorial.classroom.bank import LETTERS, SITTINGS, Question, bank
from dqn_tutorial.classroom.bank.sketches import SKETCHES
from dqn_tutorial.classroom.pictures.figures import words_for
from tools.exam import as_html, in_mathml

HERE = Path(__file__).parent / "site"
KINDS = {"concept": "Concept", "parallel": "Second form", "exam": "Exam"}
KINDS |= {"prediction": "Prediction"}


def line(text: str) -> str:
    """Return a line of Markdown as HTML without a paragraph around it."""
    return as_html(text, in_mathml).removeprefix("<p>").removesuffix("</p>")


def sketch(name: str) -> str:
    """Return the picture that shows the choices, with its words."""
    figure, words = SKETCHES[name]()
    file = io.BytesIO()
    figure.savefig(file, format="svg", facecolor="white")
    plt.close(figure)
    data = base64.b64encode(file.getvalue()).decode()
    alt = html.escape(words_for(words))
    return f'<p><img src="data:image/svg+xml;base64,{data}" alt="{alt}"></p>'


def label(question: Question) -> str:
    """Return what the list of questions calls it."""
    words = question.name.replace("_", " ").removeprefix("exam ")
    return f"{question.sitting} {KINDS[question.kind]}: {words}"


def section(question: Question) -> str:
    """Return a question, its choices, and its answer folded."""
    choices, beliefs = [], []
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        right = " data-right" * (letter == question.key)
        choices.append(f'<li data-letter="{letter}"{right}>{line(choice)}</li>')
        if letter in question.wrong:
            told = line(question.wrong[letter])
            beliefs.append(f"<li><b>{letter}</b> {told}</li>")
    picture = sketch(question.sketches) if question.sketches else ""
    return f"""<section class="question" id="{question.name}">
<h2>{html.escape(label(question))}</h2>
<div class="stem">{as_html(question.stem, in_mathml)}{picture}</div>
<ol class="choices">{"".join(choices)}</ol>
<details class="answer"><summary>Answer</summary>
<p><b>{question.key} is right.</b> {line(" ".join(question.why.split()))}</p>
<p>Who chose another letter may believe:</p>
<ul>{"".join(beliefs)}</ul>
</details>
</section>"""


def page() -> str:
    """Return the page, which needs nothing beside it."""
    asked = [own for own in bank().values() if own.choices]
    asked.sort(key=lambda own: SITTINGS.index(own.sitting))
    style = (HERE / "project.css").read_text(encoding="utf-8")
    script = (HERE / "project.js").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Questions for the class</title><style>{style}</style></head>
<body><header><h1>Questions for the class</h1></header>
<main>
{chr(10).join(map(section, asked))}
</main>
<script>{script}</script>
</body></html>
"""
