"""One deck of slides for each sitting, as pages that open without a server or network.

Usage: python -m tools.slides [FOLDER]   (slides/ if left out)

The texts stand in slides.toml. A picture is the stored output of a notebook's cell, a
question comes from the bank. A library for slides (reveal.js, which nbconvert writes
for) would have to be copied into each deck, some 100 kB of script, for what one style
sheet and 40 lines do here.
"""

import base64
import html
import re
import struct
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from dqn_tutorial.classroom import bank
from dqn_tutorial.config import Refused
from tools.exam import as_html, in_mathml
from tools.projector import sketch

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent / "site"
TEXTS = Path(__file__).with_suffix(".toml")
GOALS = tomllib.loads(Path(bank.__file__).with_name("goals.toml").read_text("utf-8"))
ALT = re.compile(r'<img alt="([^"]*)"')


class Picture(NamedTuple):
    """What a cell of a notebook shows."""

    address: str  # data: the picture itself
    alt: str  # as HTML
    aspect: float  # width over height


@cache
def texts() -> Mapping[str, Any]:
    """Return what slides.toml says, by sitting."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


@cache
def cells(notebook: str) -> list[Any]:
    """Return the cells of a notebook of the course."""
    path = ROOT / "notebooks" / f"{notebook}.ipynb"
    return list(nbformat.read(path, as_version=4).cells)


def stated_minutes(sitting: str) -> int:
    """Return the minutes that the notebook gives a sitting, exercises included."""
    part = {"a": r"## Sitting 1:[^(]*\(", "b": r"## Sitting 2:[^(]*\("}
    pattern = part.get(sitting[2:], r"\*\*Time:\*\* ") + r"(\d+) minutes"
    written = "\n".join(cell.source for cell in cells(texts()[sitting]["notebook"]))
    found = re.search(pattern, written)
    if not found:
        raise Refused(f"the notebook states no minutes for sitting {sitting!r}")
    return int(found[1])


def picture(notebook: str, name: str) -> Picture:
    """Return the last picture that a cell shows. Raises a ValueError if it has none."""
    own = next((cell for cell in cells(notebook) if cell.id == name), None)
    for output in reversed(own.outputs if own and "outputs" in own else []):
        data = output.get("data", {})
        alt = ALT.search(data.get("text/markdown", ""))
        if "image/png" in data and alt:
            raw = base64.b64decode(data["image/png"])
            width, height = struct.unpack(">II", raw[16:24])
            address = f"data:image/png;base64,{base64.b64encode(raw).decode()}"
        elif "image/svg+xml" in data and alt:
            box = re.search(r'viewBox="0 0 (\S+) (\S+)"', data["image/svg+xml"])
            if not box:
                continue
            width, height = float(box[1]), float(box[2])
            raw = data["image/svg+xml"].encode()
            address = f"data:image/svg+xml;base64,{base64.b64encode(raw).decode()}"
        else:
            continue
        return Picture(address, alt[1], width / height)
    raise Refused(f"cell {name!r} of {notebook} shows no picture that has its words")


def heading(notebook: str, name: str) -> str:
    """Return the heading of the part in which a cell stands."""
    last = ""
    for cell in cells(notebook):
        if cell.cell_type == "markdown":
            found = re.findall(r"^#+ (?!Exercise)(.+)$", cell.source, re.MULTILINE)
            last = [last, *found][-1]
        if cell.id == name:
            return last
    raise Refused(f"{notebook} has no cell {name!r}")


def place(notebook: str, name: str, beside: bool) -> str:
    """Return where a cell stands, as a link if the site lies beside the slides."""
    title = heading(notebook, name)
    plain = re.sub(r"[*`$]|^\d\d | \(\d+ minutes.*\)$", "", title)
    words = html.escape(f"Notebook {notebook[:2]}: {plain}")
    if not beside:
        return words
    address = html.escape(f"../site/{notebook}.html#{title.replace(' ', '-')}")
    return f'<a href="{address}">{words}</a>'


def written(text: str) -> str:
    """Return Markdown as HTML, in which no line ends between a formula and a comma."""
    return re.sub(
        r"(<math(?:(?!</?math|display=).)*</math>&#8288;)([.,;:?!)]+)",
        r'<span class="whole">\1\2</span>',
        as_html(text, in_mathml),
        flags=re.DOTALL,
    )


def asked(name: str) -> tuple[str, str]:
    """Return a question of the bank and its answer, as HTML."""
    own = bank.named(name)
    marked = zip(bank.LETTERS, own.choices, strict=False)
    listed = "\n".join(f"- **{letter}** {choice}" for letter, choice in marked)
    stem = written(f"{own.stem.strip()}\n\n{listed}")
    if own.sketches:
        stem += sketch(own.sketches)
    chosen = dict(zip(bank.LETTERS, own.choices, strict=False)).get(own.key, "")
    right = f"**{own.key}** {chosen}".strip()
    return stem, written(f"{right}\n\n{own.why.strip()}")


def first_words(sitting: str) -> str:
    """Return the title slide's text."""
    goal = " ".join(GOALS[sitting]["goal"].split())
    return written(f"After this sitting you can: {goal}.")


def parts(sitting: str, beside: bool) -> Iterator[tuple[str, str, str, str, int]]:
    """Yield of each slide its heading, content, place, notes and minutes."""
    deck = texts()[sitting]
    number = {"a": ", sitting 1", "b": ", sitting 2"}.get(sitting[2:], "")
    told = f"Notebook {sitting[:2]}{number}"
    yield deck["title"], first_words(sitting), told, deck["notes"], 1
    for own in deck["slides"]:
        head, notes, minutes = own["head"], own["notes"], own["minutes"]
        content = written(own.get("text", ""))
        where = told
        if name := own.get("picture"):
            shown = picture(deck["notebook"], name)
            kind = "beside" if shown.aspect < 1.8 else "under"
            content = (
                f'<div class="{kind}"><div>{content}</div>'
                f'<p class="picture"><img src="{shown.address}" alt="{shown.alt}"></p>'
                "</div>"
            )
            where = place(deck["notebook"], name, beside)
        if question := own.get("question"):
            stem, key = asked(question)
            yield head, stem, told, f"{notes} (Question `{question}`.)", minutes
            yield f"Answer: {head}", key, told, "Who thought otherwise, and why?", 1
        else:
            yield head, content, where, notes, minutes


def page(sitting: str, beside: bool = False) -> str:
    """Return a deck, which needs nothing beside it."""
    style = (HERE / "slides.css").read_text(encoding="utf-8")
    script = (HERE / "slides.js").read_text(encoding="utf-8")
    slides = []
    for number, (head, content, where, notes, minutes) in enumerate(
        parts(sitting, beside), 1
    ):
        level = "h1" if number == 1 else "h2"
        title = written(head).removeprefix("<p>").removesuffix("</p>")
        unit = "minute" if minutes == 1 else "minutes"
        slides.append(
            f"""<section class="slide" id="s{number}" data-minutes="{minutes}">
<{level} tabindex="-1">{title}</{level}>
<div class="content{" words" * (not re.search("<img|<ul", content))}">{content}</div>
<p class="place">{where} · {number}</p>
</section>
<div class="notes"><p><b>{minutes} {unit}.</b></p>{written(notes)}</div>"""
        )
    name = html.escape(f"{sitting}: {texts()[sitting]['title']}")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title><style>{style}</style></head>
<body><main>
{chr(10).join(slides)}
</main>
<script>{script}</script>
</body></html>
"""


def build(out: Path) -> None:
    """Write all decks into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    beside = (out.parent / "site" / "index.html").exists()
    for sitting in texts():
        text = page(sitting, beside)
        (out / f"{sitting}.html").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    folder = Path((sys.argv[1:] or [str(ROOT / "slides")])[0])
    build(folder)
    print(f"{len(texts())} decks in {folder}: open {folder}/01a.html")
