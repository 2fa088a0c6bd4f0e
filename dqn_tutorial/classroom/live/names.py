"""What a screen reader needs of the controls and ipywidgets leaves out."""

from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets  # type: ignore[import-untyped]


class Names(anywidget.AnyWidget):
    """Gives each slider around it its name, and lets a lab's sentence be read out.

    Source: WCAG 2.2, criteria 4.1.2 and 4.1.3.
    """

    _esm = Path(__file__).with_name("names.js")


def unseen(*children: Any) -> Any:
    """Return widgets that take no place on the page: where a page cannot load one, what
    it says instead is not seen either.

    Source: ipywidgets.
    """
    return widgets.Box(children, layout={"display": "none"})
