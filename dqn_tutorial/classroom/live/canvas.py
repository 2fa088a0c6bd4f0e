"""A picture on the page that changes while the agent learns: only what has changed is sent to the browser."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from dqn_tutorial.classroom.frames import frame_png

SPLIT = 0.5, 0.57  # shares of height and width, where the panels of `Pictures` meet
MOST_CHANGED = 0.25  # share of the picture; beyond it a whole one is sent


class Canvas(anywidget.AnyWidget):
    """A picture of pixels and below it one of shapes, hidden until the first is shown.

    The browser lays an output of a cell out anew for each frame, which on a machine of two cores slows the training; a
    canvas is only painted over. What stays is an output nevertheless: outputs are what a notebook stores.

    Args:
        about: what a reader who cannot see it must know.

    Source: anywidget. Taught in 07_train_cartpole.
    """

    _esm = Path(__file__).with_name("canvas.js")
    _css = Path(__file__).with_name("canvas.css")
    about = traitlets.Unicode().tag(sync=True)
    whole = traitlets.Bytes().tag(sync=True)  # PNG
    frame = traitlets.Dict().tag(sync=True)  # patches: list of (x, y, PNG) to lay over it; agent: SVG. Empty: hidden

    def __init__(self, about: str) -> None:
        super().__init__(about=about)
        self._base: NDArray[np.uint32] | None = None  # what `whole` shows

    def show(self, pixels: NDArray[np.uint8], agent: str) -> None:
        """Show a frame.

        Args:
            pixels: `[height, width, 4]`, contiguous, always of the same size.
            agent: an SVG.

        Source: this course. Taught in 07_train_cartpole.
        """
        now = pixels.view(np.uint32)[..., 0]
        boxes = [np.s_[:, :]] if self._base is None else changed_boxes(self._base, now)
        with self.hold_sync():  # one message
            if sum(now[box].size for box in boxes) > MOST_CHANGED * now.size:
                self._base, self.whole, boxes = now.copy(), frame_png(pixels), []
            patches = [(box[1].start, box[0].start, frame_png(np.ascontiguousarray(pixels[box]))) for box in boxes]
            self.frame = {"patches": patches, "agent": agent}

    def hide(self) -> None:
        """Give the place back to the picture that stays. Source: this course. Taught in 07_train_cartpole."""
        self.frame = {}


def changed_boxes(before: NDArray[np.uint32], after: NDArray[np.uint32]) -> list[tuple[slice, slice]]:
    """Return for each of four parts of the picture the smallest box, (rows, columns), around what differs in it.

    Source: this course. Taught in 07_train_cartpole.
    """
    boxes = []
    middle, across = (round(share * size) for share, size in zip(SPLIT, before.shape, strict=True))
    for top, bottom in ((0, middle), (middle, len(before))):
        for left, right in ((0, across), (across, before.shape[1])):
            differs = before[top:bottom, left:right] != after[top:bottom, left:right]
            rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
            if rows.size:
                y, x = top + rows[[0, -1]], left + columns[[0, -1]]
                boxes.append(np.s_[int(y[0]) : int(y[1]) + 1, int(x[0]) : int(x[1]) + 1])
    return boxes
