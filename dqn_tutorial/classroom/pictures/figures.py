"""Figures in one palette, each shown with a text alternative that reaches the
reader.
"""

import ast
import base64
import html
import inspect
import io
import re
import textwrap
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cycler import cycler
from IPython.display import display
from matplotlib import colormaps, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from numpy.typing import NDArray
from PIL import Image

from dqn_tutorial.config import nearest

BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BLACK, GREY = (
    *(
        "#0072B2",
        "#E69F00",
        "#009E73",
        "#CC79A7",
        "#D55E00",
        "#56B4E9",
        "#222222",
        "#999999",
    ),
)  # Okabe & Ito: told apart by colour-blind readers too
PIXELS_PER_INCH = 80  # on the page; pictures hold twice as many
COLUMN = 800  # pixels: the text of a page of JupyterLab in a window of 1280
TEXT = 14 * 72 / PIXELS_PER_INCH  # points: 14 pixels, the smallest text of a picture
STYLE: Any = {
    "font.size": TEXT,  # legends and ticks have the same
    "axes.titlesize": "medium",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.prop_cycle": cycler(
        color=[BLUE, ORANGE, GREEN, PURPLE, RED, SKY],
        linestyle=["-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1))],
    ),
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "lines.linewidth": 1.8,
}
# for good: what a notebook adds to a figure later, words and legends, has it too
rcParams.update(STYLE)


class Thousands(ScalarFormatter):
    """Numbers on an axis, with a comma before thousands as in the text. Source:
    matplotlib.
    """

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the number at a tick."""
        words = super().__call__(x, pos)
        return f"{x:,.0f}" if abs(x) >= 1_000 and words.isdigit() else words


def new_figure(
    width: float = 7.0, height: float = 3.0, columns: int = 1, rows: int = 1
) -> tuple[Figure, Any]:
    """Return a figure of that size in inches, without pyplot, and its axes: one, or an
    array of them.

    Source: matplotlib. Taught in 01_bellman_equation.
    """
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns)
    for one in np.ravel(axes):
        one.xaxis.set_major_formatter(Thousands())
        one.yaxis.set_major_formatter(Thousands())
    return figure, axes


def spread_out(values: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return how far each dot moves up or down, `[N]`, so that dots closer than `width`
    can be counted.

    Source: Wilkinson (1999), "Dot plots".
    """
    apart = np.zeros(len(values))
    places = np.floor((values - values.min()) / (width or 1))
    for place in np.unique(places):
        (close,) = np.nonzero(places == place)
        step = min(0.12, 0.6 / len(close))
        apart[close] = step * (np.arange(len(close)) - (len(close) - 1) / 2)
    return apart


def png(figure: Figure) -> bytes:
    """Return the figure as a PNG of twice the pixels it takes on the page, in the 256
    colours that fit it best: a third of the bytes.

    Source: matplotlib, Pillow.
    """
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=2 * PIXELS_PER_INCH)
    few = Image.open(full).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(small, format="PNG", optimize=True)
    return small.getvalue()


def image_bundle(
    picture: Figure | bytes | str, alt: str, width: int = 0
) -> dict[str, str]:
    """Return what a notebook stores of a picture: an `img` with its `alt`, the picture
    alone for pages that show no `img` of a notebook, and the same words as plain text.

    An image output has no place for a text alternative. An `img` in Markdown keeps it
    in the notebook, in an untrusted notebook and in an export, and of these forms each
    page shows one.

    Args:
        picture: a figure, a PNG, or the text of an SVG.
        alt: what a reader who cannot see it must know.
        width: in pixels; a figure has its own, and so has an SVG if it is left out.

    Source: WCAG 2.2, criterion 1.1.1.
    """
    if isinstance(picture, Figure):
        width, picture = round(picture.get_figwidth() * PIXELS_PER_INCH), png(picture)
    elif isinstance(picture, str) and (
        own := re.search(r'<svg[^>]* width="(\d+)"', picture)
    ):
        width = width or int(own[1])
    data = picture.encode() if isinstance(picture, str) else picture
    mime = "image/svg+xml" if isinstance(picture, str) else "image/png"
    code = base64.b64encode(data).decode()
    words = html.escape(alt).replace("$", "&#36;")  # in Markdown it begins a formula
    tag = (
        f'<img alt="{words}" width="{width or 480}" style="max-width: 100%;'
        f' height: auto" src="data:{mime};base64,{code}">'
    )
    alone = picture if isinstance(picture, str) else code
    return {"text/markdown": tag, mime: alone, "text/plain": f"Figure: {alt}"}


def image_metadata(bundle: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the words and the width of a bundle, for pages that take the picture
    alone. Source: nbconvert.
    """
    width = int(bundle["text/markdown"].partition(' width="')[2].partition('"')[0])
    about = {"alt": bundle["text/plain"].removeprefix("Figure: "), "width": width}
    return {mime: about for mime in bundle if mime.startswith("image/")}


def show_code(function: Callable[..., Any]) -> None:
    """Print a function of the package as it stands, its docstring left out. Taught in
    06_agent.
    """
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    definition = ast.parse("\n".join(lines)).body[0]
    assert isinstance(definition, ast.FunctionDef)
    if ast.get_docstring(definition) is not None:
        told = definition.body[0]
        del lines[told.lineno - 1 : told.end_lineno]
    print("\n".join(line.partition("  # type: ignore")[0] for line in lines))


def words_for(alt: str) -> str:
    """Return the text alternative that stands under a name in `alternatives/`, or the
    words themselves.

    Raises:
        ValueError: no words, and no such name.
    """
    if " " in alt.strip():
        return alt
    kept = {
        name: words
        for path in sorted(Path(__file__).with_name("alternatives").glob("*.toml"))
        for name, words in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }
    if alt not in kept:
        raise ValueError(
            f"alt = {alt!r}: say in a sentence what the figure shows, or name a figure"
            f" of the course; {nearest(alt, kept)}"
        )
    return " ".join(kept[alt].split())


def show(picture: Figure | str, alt: str, width: int = 0, folded: str = "") -> None:
    """Show a figure, or an SVG given as text, with its text alternative.

    Args:
        picture: a matplotlib figure or the text of an SVG.
        alt: what a reader who cannot see it must know, in a sentence or two; or the
            name of a figure of the course, whose words are kept in `alternatives/`.
        width: of an SVG, in pixels; its own if left out.
        folded: the line that a reader opens to see it; if left out, it is seen at once.

    Raises:
        ValueError: an empty text alternative, or an unknown name.

    Source: WCAG 2.2, criterion 1.1.1. Taught in 01_bellman_equation.
    """
    bundle = image_bundle(picture, words_for(alt), width)
    about = image_metadata(bundle)
    if folded:
        line = f"<summary>{html.escape(folded)}</summary>"
        bundle["text/markdown"] = f"<details>{line}{bundle['text/markdown']}</details>"
    display(bundle, metadata=about, raw=True)


def show_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show a table as HTML, and as plain text where there is none. Source: WCAG 2.2,
    criterion 1.3.1.
    """
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows)]

    def cells(row: Sequence[str], tag: str, more: str = "") -> str:
        parts = (
            f'<{tag}{more} style="text-align: left">{html.escape(cell)}</{tag}>'
            for cell in row
        )
        return f"<tr>{''.join(parts)}</tr>"

    body = "".join(cells(row, "td") for row in rows)
    caption = f'<caption style="text-align: left"><b>{html.escape(title)}</b></caption>'
    top = f"<thead>{cells(head, 'th', ' scope=col')}</thead>"
    page = f"<table>{caption}{top}<tbody>{body}</tbody></table>"
    display({"text/html": page, "text/plain": "\n".join([title, *lines])}, raw=True)


def frame_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG in the few colours of the course, which takes a third of the time of
    full colour.

    Args:
        pixels: `[height, width, 4]`, contiguous.

    Source: Pillow.
    """
    buffer = io.BytesIO()
    height, width, _ = pixels.shape
    # in one copy, without the alpha
    image = Image.frombytes("RGB", (width, height), pixels.data, "raw", "RGBX")
    image = image.quantize(palette=_PALETTE, dither=Image.Dither.NONE)
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def _palette() -> Image.Image:
    """Return 208 colours: greys, the shades of the map, and each colour of the course
    in four strengths on white.
    """
    # of 64 greys Pillow takes the last but one for white
    greys = np.repeat(np.linspace(0, 1, 32)[:, None], 3, axis=1)
    shades = colormaps["cividis"](np.linspace(0, 1, 160))[:, :3]
    strengths = np.linspace(0.25, 1, 4)[:, None, None]
    course = 1 - strengths * (
        1 - np.array([to_rgb(color) for color in (BLUE, ORANGE, GREEN, PURPLE)])
    )
    colors = np.concatenate([greys, shades, course.reshape(-1, 3)])
    image = Image.new("P", (1, 1))
    image.putpalette((255 * colors).round().astype(np.uint8).ravel().tolist())
    return image


_PALETTE = _palette()
