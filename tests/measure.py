"""How large the text of a picture is where it is read: in pixels of a page of
JupyterLab in a window of 1280 pixels.
"""

import re
import sys
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

LEAST, COLUMN, PIXELS_PER_INCH = 14, 800, 80
# letters that a font draws small, such as an index; they would pass unmeasured
SMALL = re.compile("[\u2070-\u209c\u00b2\u00b3\u00b9\u02b0-\u02e4\u1d2c-\u1d6a]")


def texts(figure: Figure) -> list[tuple[float, str]]:
    """Return each visible text of a figure with its size, the smallest first. An index
    in a formula is a little smaller than its formula, and is not measured.
    """
    figure.draw_without_rendering()
    scale = min(1, COLUMN / (figure.get_figwidth() * PIXELS_PER_INCH))
    return sorted(
        (text.get_fontsize() * PIXELS_PER_INCH / 72 * scale, text.get_text())
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text.get_alpha() != 0
    )


def texts_of_svg(svg: str, width: int = 0) -> list[tuple[float, str]]:
    """Return each size that an SVG asks for with the words that follow it, the smallest
    first; one that asks for none has 16 pixels.
    """
    head = re.search(r'viewBox="0 0 ([\d.]+) [\d.]+" width="([\d.]+)"', svg)
    assert head, svg[:100]
    shown = min(width or float(head[2]), COLUMN)
    sizes = re.findall(r'font-size="([\d.]+)"[^>]*>([^<]*)', svg) or [("16", "")]
    found = [(float(size) * shown / float(head[1]), words) for size, words in sizes]
    words = "".join(re.findall(r">([^<]*)<", svg))
    return sorted([*found, *((0.0, letter) for letter in SMALL.findall(words))])


def smallest(picture: Any, width: int = 0) -> tuple[float, str]:
    """Return the size of the smallest text of a figure or an SVG, and the text."""
    if isinstance(picture, Figure):
        return min(texts(picture), default=(float("inf"), ""))
    return texts_of_svg(picture, width)[0]


def watch() -> None:
    """Measure from now on all that this process shows, and raise an AssertionError if
    something shown since the last call has text that is too small.
    """
    figures: Any = sys.modules.get("dqn_tutorial.classroom.pictures.figures")
    if figures is None:
        return
    if not hasattr(figures, "watched"):
        figures.watched, bundle = [], figures.image_bundle

        def measured(picture: Any, alt: str, width: int = 0) -> Any:
            if not isinstance(picture, bytes):
                figures.watched.append((*smallest(picture, width), alt[:40]))
            return bundle(picture, alt, width)

        figures.image_bundle = measured
    small = [one for one in figures.watched if one[0] < LEAST - 1e-6]
    figures.watched.clear()
    assert not small, f"text below {LEAST} pixels: {small}"
