"""Exam items of the bank with other numbers, as a sheet and a key to print.

Usage: python -m tools.exam SEED ITEM ... [--out FOLDER]
(SEED: any word, such as a student's key; ITEM: names of the bank. An item whose numbers
cannot vary, and each with the seed `bank`, stays as it is in the bank.)
"""

import argparse
import hashlib
import html
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dqn_tutorial.classroom.bank import named
from dqn_tutorial.config import Refused
from tools.varied import VARIED, Numbers

ROOT = Path(__file__).parent.parent
STYLE = """
body { max-width: 42em; margin: 2em auto; font: 12pt/1.45 serif; color: #000; }
pre { padding: 0.5em; border: 1px solid #767676; white-space: pre-wrap; }
section { break-inside: avoid; margin-bottom: 2em; }
ol.letters { list-style: upper-alpha; }
.room { height: 9em; border-bottom: 1px solid #767676; }
@media print { body { margin: 0; } }
"""


class Variant(NamedTuple):
    """An item with numbers of its own; texts are Markdown."""

    stem: str
    key: str
    numbers: Numbers  # of the stem
    answer: tuple[float, ...]


def variants(name: str, seed: str) -> Variant:
    """Return an item of the bank with numbers that a seed draws.

    Args:
        name: of the item.
        seed: any word; `bank` gives the numbers of the bank.

    Raises:
        ValueError: no such question, or its numbers cannot vary.
    """
    stem = named(name).stem
    if name not in VARIED:
        raise Refused(
            f"the numbers of {name!r} cannot vary; of these they can: "
            f"{', '.join(VARIED)}"
        )
    item = VARIED[name]
    words = f"{name} {seed}".encode()
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(words).digest()[:8]))
    numbers = item.own if seed == "bank" else item.draw(rng)
    for old, new in zip(item.given(*item.own), item.given(*numbers), strict=True):
        if stem.count(old) != 1:
            raise ValueError(f"{name}: {old!r} stands {stem.count(old)} times in it")
        stem = stem.replace(old, new)
    answer = tuple(float(number) for number in item.solve(*numbers))
    return Variant(stem.strip(), item.key(*answer), numbers, answer)


def as_html(text: str, formula: Callable[[str, bool], str]) -> str:
    """Return Markdown as HTML, its formulas written by a function of LaTeX and whether
    it has lines of its own.
    """
    # needs what `make site` needs
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    markdown = MarkdownIt("commonmark").enable("table")
    markdown.use(
        dollarmath_plugin,
        double_inline=True,
        renderer=lambda own, options: formula(own.strip(), options["display_mode"]),
    )
    return str(markdown.render(text.strip())).strip()


def in_mathml(formula: str, is_block: bool) -> str:
    """Return a formula as MathML; no line ends between it and a comma behind it."""
    from tools.site.conf import mathml  # needs what `make site` needs

    return mathml(formula, is_block) + "&#8288;" * (not is_block)


def page(title: str, parts: Sequence[str]) -> str:
    """Return a page that needs nothing beside it."""
    sections = "\n".join(f"<section>{part}</section>" for part in parts)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>{STYLE}</style></head>
<body><main><h1>{html.escape(title)}</h1>
{sections}
</main></body></html>
"""


def sheet_and_key(seed: str, names: Sequence[str]) -> tuple[str, str]:
    """Return two pages: the items, and their answers.

    Raises:
        ValueError: a name that is none of the bank.
    """
    asked, answers = [], []
    for number, name in enumerate(names, 1):
        question = named(name)
        stem, key, why = question.stem, question.key, question.why
        if name in VARIED and seed != "bank":
            stem, key, *_ = variants(name, seed)
            why = f"The way, with the numbers of the bank: {why}"
        letters = "".join(
            f"<li>{as_html(own, in_mathml)}</li>" for own in question.choices
        )
        room = f'<ol class="letters">{letters}</ol>' * bool(letters)
        head = f"<h2>Question {number}</h2>"
        asked.append(
            head + as_html(stem, in_mathml) + (room or '<div class="room"></div>')
        )
        told_why = as_html(f"**{key}**\n\n{why}", in_mathml)
        answers.append(f"{head}<p><code>{name}</code></p>{told_why}")
    return page(f"Exam {seed}", asked), page(f"Exam {seed}: key", answers)


def main() -> None:
    """Write a sheet and its key."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed")
    parser.add_argument("items", nargs="+")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "exam")
    given = parser.parse_args()
    try:
        pages = sheet_and_key(given.seed, given.items)
    except Refused as error:
        sys.exit(f"error: {error}")
    given.out.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]", "_", given.seed)
    for kind, text in zip(("sheet", "key"), pages, strict=True):
        path = given.out / f"{name}-{kind}.html"
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
