"""A picture on the page that changes while the agent learns: only what has changed is
sent to the browser.
"""

from pathlib import Path

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from dqn_tutorial.classroom.pictures.figures import frame_png

SPLIT = 0.5, 0.57  # shares of height and width, where the panels of `Pictures` meet
MOST_CHANGED = 0.1  # share of the picture; beyond it a whole one is sent


class Canvas(anywidget.AnyWidget):
    """A picture of pixels and below it one of shapes.

    The browser lays an output of a cell out anew for each frame, which on a machine of
    two cores slows the training; a canvas is only painted over. Outputs are what a
    notebook stores: the canvas stands in for one while the agent learns.

    Attributes:
        n_views: how often a page has loaded it; 0 where its JavaScript does not run.

    Source: anywidget.
    """

    _esm = Path(__file__).with_name("canvas.js")
    _css = Path(__file__).with_name("canvas.css")
    n_views = traitlets.Int().tag(sync=True)
    is_alone = traitlets.Bool().tag(sync=True)  # no other picture is to be seen
    whole = traitlets.Bytes().tag(sync=True)  # PNG
    # number; patches to lay over `whole`, (x, y, PNG) each; agent; about
    frame = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._base: NDArray[np.uint32] | None = None  # the pixels of `whole`

    def show(self, pixels: NDArray[np.uint8], agent: str, about: str) -> None:
        """Show a frame.

        Args:
            pixels: `[height, width, 4]`, contiguous, always of the same size.
            agent: an SVG.
            about: what a reader who cannot see it must know.

        Taught in 07_train_cartpole.
        """
        now = pixels.view(np.uint32)[..., 0]
        boxes = [] if self._base is None else changed_boxes(self._base, now)
        n_changed = sum(
            (bottom - top) * (right - left) for top, bottom, left, right in boxes
        )
        if self._base is None or n_changed > MOST_CHANGED * now.size:
            self._base = now.copy()
            self._paint([], agent, about, whole=frame_png(pixels))
        else:
            parts = (
                (left, top, pixels[top:bottom, left:right])
                for top, bottom, left, right in boxes
            )
            self._paint(
                [(x, y, frame_png(np.ascontiguousarray(part))) for x, y, part in parts],
                agent,
                about,
            )

    def show_still(self, png: bytes, agent: str, about: str) -> None:
        """Show a picture of any number of pixels; arguments as in `show`."""
        self._base = None
        self._paint([], agent, about, whole=png)

    def _paint(
        self,
        patches: list[tuple[int, int, bytes]],
        agent: str,
        about: str,
        whole: bytes = b"",
    ) -> None:
        with self.hold_sync():  # one message
            self.whole = whole or self.whole
            number = self.frame.get("number", 0) + 1  # so that each frame is news
            self.frame = {
                "number": number,
                "patches": patches,
                "agent": agent,
                "about": about,
            }


def changed_boxes(
    before: NDArray[np.uint32], after: NDArray[np.uint32]
) -> list[tuple[int, int, int, int]]:
    """Return for each of four parts of the picture the smallest box around what
    differs: top, bottom, left, right.
    """
    boxes = []
    middle, across = (
        round(share * size) for share, size in zip(SPLIT, before.shape, strict=True)
    )
    for top, bottom in ((0, middle), (middle, len(before))):
        for left, right in ((0, across), (across, before.shape[1])):
            differs = before[top:bottom, left:right] != after[top:bottom, left:right]
            rows, columns = (
                np.flatnonzero(differs.any(1)),
                np.flatnonzero(differs.any(0)),
            )
            if rows.size:
                vertical = top + int(rows[0]), top + int(rows[-1]) + 1
                boxes.append(
                    (*vertical, left + int(columns[0]), left + int(columns[-1]) + 1)
                )
    return boxes
