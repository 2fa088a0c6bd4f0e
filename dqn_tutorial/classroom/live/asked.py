"""A lab whose page asks: it names a setting, and the kernel sends the answer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display
from matplotlib.figure import Figure

from dqn_tutorial.classroom.live.widget_view import view_bundle
from dqn_tutorial.classroom.pictures.figures import image_bundle, image_metadata

HERE = Path(__file__).parent


def script(name: str) -> str:
    """Return the script of a lab, which has `play`, with what asks the kernel."""
    names = f"{name}.js", "asked.js"
    return "\n".join((HERE / own).read_text(encoding="utf-8") for own in names)


class AskedLab(anywidget.AnyWidget):
    """A lab as a widget; a subclass names its script and its style.

    Args:
        look: what the page draws besides an answer.
        answer: called with the key of a setting; returns plain numbers and words.
        still: returns the picture that a notebook keeps, and its text alternative.

    Source: anywidget.
    """

    look = traitlets.Dict().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)  # that of `answer["key"]`

    def __init__(
        self,
        look: Mapping[str, Any],
        answer: Callable[[str], dict[str, Any]],
        still: Callable[[], tuple[Figure, str]],
    ) -> None:
        super().__init__(look=look)
        self._ask, self._still = answer, still
        self.observe(self._reply, names="key")

    def _reply(self, change: Mapping[str, Any]) -> None:
        self.answer = {"key": self.key, **self._ask(self.key)}

    def _ipython_display_(self) -> None:
        bundle = image_bundle(*self._still())
        display(bundle, metadata=image_metadata(bundle), raw=True)
        display(view_bundle(self, "Its controls move once the cell is run."), raw=True)
