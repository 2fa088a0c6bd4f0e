"""Frames of a moving picture: PNGs that are written quickly."""

import io

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from dqn_tutorial.classroom.plots import BLUE, GREEN, ORANGE, PURPLE


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
