"""Build the course as a folder of web pages, which a browser opens without a server.

Usage: python -m tools.site.build [FOLDER]   (site/ if left out)
"""

import base64
import hashlib
import html
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sphinx.application import Sphinx

from dqn_tutorial.classroom.bank import SITTINGS, folded, of
from tools import projector, teaching
from tools.site import bundle, questions, side_by_side
from tools.site.conf import mathml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLOOR = sorted(path.stem for path in (ROOT / "dqn_tutorial").glob("[a-z]*.py"))
WORKS_LATER = re.compile(
    r"Its \w+ (work|move) once the cell is run\.|Run the cell to get the controls\."
)
PICTURE = re.compile(r'src="data:image/(\w+)[^,"]*,([^"]+)"')
# what Sphinx and the theme leave out for a screen reader
MENDED = {
    'role="heading">': 'role="heading" aria-level="2">',
    'class="sidebar-drawer">': 'class="sidebar-drawer" aria-label="Pages">',
    'class="toc-drawer">': 'class="toc-drawer" aria-label="This page">',
    '<th class="head"><p></p></th>': "<td></td>",
}
LINE = MarkdownIt("commonmark", {"html": True}).use(
    dollarmath_plugin,
    renderer=lambda formula, options: mathml(formula, options["display_mode"]),
)


def with_pictures(text: str, folder: Path) -> str:
    """Return HTML whose pictures are files of a folder, named by what they hold."""

    def keep(found: re.Match[str]) -> str:
        data = base64.b64decode(found[2])
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.{found[1]}"
        (folder / name).write_bytes(data)
        return f'loading="lazy" src="{folder.name}/{name}"'

    return PICTURE.sub(keep, text)


def with_summaries(text: str) -> str:
    """Return Markdown whose folds have lines in HTML: their Markdown is not read."""
    return re.sub(
        r"<summary>(.*?)</summary>",
        lambda found: f"<summary>{LINE.renderInline(found[1])}</summary>",
        text,
        flags=re.DOTALL,
    )


def in_page(cell: Any, folder: Path) -> None:
    """Change the outputs of a code cell to what a page shows of them: pictures by their
    words, and a lab in place of the widget that needs a kernel.
    """
    outputs = []
    for output in cell.outputs:
        data = output.get("data", {})
        if WORKS_LATER.fullmatch(data.get("text/plain", "")):
            continue
        if "text/markdown" in data:
            written = with_summaries(with_pictures(data["text/markdown"], folder))
            is_html = written.startswith("<img")
            output.data = {"text/html" if is_html else "text/markdown": written}
        outputs.append(output)
    if name := bundle.CELLS.get(cell.source):
        shown = "".join(output.data.get("text/html", "") for output in outputs)
        data = {"text/html": bundle.place(name, shown)}
        outputs = [nbformat.v4.new_output("display_data", data)]
    elif asked := questions.page_html(cell.source, LINE.render):
        asked = with_pictures(re.sub(r'(href="\w+)\.ipynb', r"\1.html", asked), folder)
        data = {"text/html": bundle.place("questions", asked)}
        outputs = [nbformat.v4.new_output("display_data", data)]
    cell.outputs = outputs


def stage_notebook(path: Path, folder: Path, pictures: Path) -> None:
    """Write a notebook as its page shows it."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            in_page(cell, pictures)
        else:
            cell.source = with_summaries(cell.source).replace(
                "(../dqn_tutorial/plain.py)", "(plain.md)"
            )
    nbformat.write(notebook, folder / path.name)


def cards() -> str:
    """Return the page of the cards, a fold for each, by sitting."""
    parts = [
        "# Cards",
        "Say the answer aloud or write it down, then open the card.",
    ]
    for sitting in SITTINGS:
        own = of("card", sitting)
        number = {"a": ", sitting 1", "b": ", sitting 2"}.get(sitting[2:], "")
        parts += [f"## Notebook {sitting[:2]}{number}"] if own else []
        parts += [with_summaries(folded(card.stem, card.key)) for card in own]
    return "\n\n".join(parts)


def plain() -> str:
    """Return the page of the two plain files, which needs the width of the screen."""
    return f"---\nhide-toc: true\n---\n\n{side_by_side.page()}"


def fenced(kind: str, text: str) -> str:
    """Return a block of code, or of what a directive takes."""
    return f"```{kind}\n{text}```\n"


def toctree(names: list[str], caption: str = "") -> str:
    """Return the list of pages that a page leads to."""
    options = [":maxdepth: 1", *([f":caption: {caption}"] if caption else []), ""]
    return fenced("{toctree}", "".join(f"{line}\n" for line in [*options, *names]))


def reference() -> dict[str, str]:
    """Return the pages of the package's modules: a list, and one for each."""
    listed = toctree([f"api/{name}" for name in FLOOR])
    pages = {"api": f"# The package\n\nFrom the docstrings.\n\n{listed}"}
    for name in FLOOR:
        module = f"dqn_tutorial.{name}"
        told = fenced("{eval-rst}", f".. automodule:: {module}\n   :members:\n")
        pages[f"api/{name}"] = f"# `{name}`\n\n{told}"
    return pages


def stage(folder: Path) -> dict[str, Any]:
    """Write what Sphinx reads into a folder, and return the settings that name the
    parts whose files go into the site as they are.
    """
    extra, static = folder / "extra", folder / "static"
    pictures = extra / "pictures"
    pictures.mkdir(parents=True)
    bundle.write(static / "labs")
    for name in ("site.css", "site.js"):
        shutil.copy(HERE / name, static)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        stage_notebook(path, folder, pictures)
        shutil.copy(path, extra)
    pages = {"cards": cards(), "plain": plain(), **reference()}
    written = [ROOT / "notebooks" / "GLOSSARY.md", *(HERE / "pages").glob("*.md")]
    pages |= {
        path.stem: teaching.filled(path.read_text(encoding="utf-8")) for path in written
    }
    (extra / "project.html").write_text(projector.page(), encoding="utf-8")
    if guide := sorted(name for name in pages if name.startswith("teach")):
        pages["index"] += f"\n{toctree(guide, 'To teach with')}"
    for name, text in pages.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {
        "html_extra_path": [str(extra)],
        "html_static_path": [str(static)],
        "exclude_patterns": ["extra", "static"],
    }


def build(out: Path) -> None:
    """Build the site into a folder, which is made anew. A warning is an error."""
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "source"
        app = Sphinx(
            source,
            HERE,
            out,
            Path(name) / "trees",
            "html",
            confoverrides=stage(source),
            status=None,
            warningiserror=True,
        )
        app.build()
    if app.statuscode:
        raise SystemExit("Sphinx has warned, see above: the site is not whole.")
    for path in out.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for written, wanted in MENDED.items():
            page = page.replace(written, wanted)
        path.write_text(page, encoding="utf-8")
    shutil.rmtree(out / "_sources")
    shutil.rmtree(out.parent / "jupyter_execute", ignore_errors=True)  # of myst-nb
    for name in (".buildinfo", "objects.inv"):
        (out / name).unlink()


if __name__ == "__main__":
    words = sys.argv[1:] or [str(ROOT / "site")]
    build(Path(words[0]))
    print(f"Open {html.escape(words[0])}/index.html")
