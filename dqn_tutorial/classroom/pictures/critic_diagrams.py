"""Diagrams of notebook 05 as SVG text: how an episode stops, and two states whose
values share one weight.
"""

import math

from dqn_tutorial.classroom.pictures.diagrams import arrow, bold, label, svg
from dqn_tutorial.classroom.pictures.figures import BLACK, BLUE, GREY, ORANGE, RED


def _cart(x: float, angle: float, colour: str = BLUE) -> str:
    """Draw a cart whose pole leans by an angle in degrees to the right."""
    lean = math.radians(angle)
    top, end = x + 62 * math.sin(lean), 122 - 62 * math.cos(lean)
    return (
        f'<line x1="{x:g}" y1="122" x2="{top:.0f}" y2="{end:.0f}" stroke="{ORANGE}"'
        ' stroke-width="7" stroke-linecap="round"/>'
        f'<rect x="{x - 24:g}" y="122" width="48" height="22" rx="4" fill="{colour}"/>'
        f'<line x1="{x - 42:g}" y1="147" x2="{x + 42:g}" y2="147" stroke="{BLACK}"'
        ' stroke-width="2"/>'
    )


def three_endings() -> tuple[str, str]:
    """Draw a fallen pole, a clock that rang and a reset row. Returns the SVG and its
    text alternative.

    Source: Pardo et al. (2018). Taught in 05_critic.
    """
    clock = (
        f'<circle cx="335" cy="72" r="20" fill="white" stroke="{BLACK}"'
        ' stroke-width="2"/>'
        f'<path d="M335 72 V58 M335 72 H345" stroke="{RED}" stroke-width="3"'
        ' fill="none"/>'
    )
    body = _cart(95, 78) + _cart(280, 2) + clock + _cart(440, 78, GREY) + _cart(545, -3)
    body += arrow("M462 84 C485 56 505 56 528 76", GREY, "6 4")
    for x, words, below in (
        (105, "the pole fell", "flag: terminated"),
        (295, "the clock rang", "flag: truncated"),
        (495, "reset row", "to the start of a new episode"),
    ):
        body += label(x, 26, bold(words)) + label(x, 172, below)
    return svg(610, 186, body), (
        "Three pictures. First: the pole of a cart has fallen, the flag is terminated."
        " Second: the pole stands, but a clock has rung, the flag is truncated. Third:"
        " a reset row leads from the fallen pole to an upright one, the start of a new"
        " episode."
    )


def two_states() -> tuple[str, str]:
    """Draw the two states with values w and 2w. Returns the SVG and its text
    alternative.

    Source: Sutton & Barto (2018), section 11.2. Taught in 05_critic.
    """
    body = arrow("M148 50 H322") + label(235, 38, "reward 0")
    for x, words, below, colour in (
        (95, "w", "state 1: updated", BLUE),
        (376, "2w", "state 2: never updated", ORANGE),
    ):
        body += (
            f'<ellipse cx="{x}" cy="50" rx="50" ry="28" fill="white" stroke="{colour}"'
            f' stroke-width="3"/>{label(x, 56, words, size=18)}{label(x, 104, below)}'
        )
    return svg(470, 118, body), (
        "Two circles and an arrow from the first to the second, with reward 0. The"
        " first, of value w, is updated. The second, of value 2w, never is."
    )
