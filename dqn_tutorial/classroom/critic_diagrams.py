"""Diagrams of the critic as SVG text: the two networks side by side, and Baird's
star.
"""

import itertools
import math

from dqn_tutorial.classroom.drawing import arrow, label, svg
from dqn_tutorial.classroom.plots import BLACK, BLUE, GREEN, GREY, ORANGE, RED

LAYERS = (3, 4, 4, 2)  # circles in each layer of a drawn network


def _network(x: float, y: float, color: str, dash: str) -> str:
    """Draw a network of 150 by 100 pixels whose upper left corner is at (x, y); dashes
    are the second signal.
    """
    layers = [
        [
            (x + 15 + 40 * column, y + 50 + 24 * (row - (count - 1) / 2))
            for row in range(count)
        ]
        for column, count in enumerate(LAYERS)
    ]
    lines = "".join(
        f'<line x1="{a:g}" y1="{b:g}" x2="{c:g}" y2="{d:g}" stroke="{color}"'
        ' stroke-opacity="0.45"/>'
        for left, right in itertools.pairwise(layers)
        for a, b in left
        for c, d in right
    )
    dots = "".join(
        f'<circle cx="{a:g}" cy="{b:g}" r="6" fill="{color}"/>'
        for layer in layers
        for a, b in layer
    )
    frame = (
        f'<rect x="{x:g}" y="{y - 10:g}" width="150" height="120" rx="8" fill="none"'
        f' stroke="{color}" '
    )
    return f'{frame}stroke-width="2" stroke-dasharray="{dash}"/>{lines}{dots}'


def two_networks() -> tuple[str, str]:
    """Return the SVG of online and target network with what flows between them, and its
    text alternative.

    Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
    """
    alt = (
        "Two networks of the same form. The online network maps the state to Q, the"
        " target network maps the next state to Q_t and from there to the target y."
        " Both meet in the loss. The gradient flows from the loss into the online"
        " network only; its weights are copied into the target network now and then."
    )
    italic = '<tspan font-style="italic">{}</tspan>'
    body = (
        label(95, 24, "online network, weights w")
        + label(485, 24, "target network, weights w&#772;")
        + _network(20, 50, BLUE, "")
        + _network(410, 50, ORANGE, "7 4")
        + arrow("M172 100 H406", GREEN, "2 4")
        + label(289, 76, "copy, now and then", colour=GREEN)
        + label(
            289,
            94,
            '<tspan font-family="monospace">update_target()</tspan>',
            colour=GREEN,
            size=13,
        )
        + label(60, 244, italic.format("state s"))
        + arrow("M60 228 V164")
        + label(485, 244, italic.format("next state s&#8242;"))
        + arrow("M485 228 V164")
        + '<rect x="222" y="172" width="136" height="46" rx="8" fill="white"'
        f' stroke="{BLACK}" stroke-width="2"/>'
        + label(290, 200, "loss(y, Q(s, a))")
        + arrow("M140 164 V188 H218")
        + label(178, 182, "Q(s, a)", size=13)
        + arrow("M440 164 V188 H362")
        + label(400, 182, "y", size=13)
        + arrow("M222 210 H110 V164", RED, "8 3")
        + label(178, 228, "gradient", colour=RED, size=13)
        + label(402, 206, "no gradient", size=13)
    )
    return svg(580, 262, body), alt


def baird_star() -> tuple[str, str]:
    """Return the SVG of Baird's star, and its text alternative.

    Source: Baird (1995); Sutton & Barto (2018), figure 11.1. Taught in 05_critic.
    """
    alt = (
        "Six states in a row above, a seventh below. Solid arrows lead from every state"
        " to the seventh, from the seventh to itself. The value of an upper state i is"
        " 2 w_i + w_8, that of the seventh is w_7 + 2 w_8."
    )
    body = arrow("M290 292 C215 340 215 240 260 262")
    for number in range(1, 7):
        x = 50 + 96 * (number - 1)
        angle = math.atan2(276 - 70, 290 - x)
        start = (x + 30 * math.cos(angle), 70 + 30 * math.sin(angle))
        end = (290 - 54 * math.cos(angle), 276 - 31 * math.sin(angle))
        body += arrow(f"M{start[0]:.0f} {start[1]:.0f} L{end[0]:.0f} {end[1]:.0f}")
        body += (
            f'<ellipse cx="{x}" cy="70" rx="44" ry="24" fill="white" stroke="{BLUE}"'
            ' stroke-width="2"/>'
        )
        body += label(x, 75, _sub("2w", number) + _sub(" + w", 8))
    body += (
        f'<ellipse cx="290" cy="276" rx="48" ry="26" fill="white" stroke="{ORANGE}"'
        ' stroke-width="3"/>'
    )
    body += label(290, 281, _sub("w", 7) + _sub(" + 2w", 8))
    body += arrow("M345 276 C430 276 470 200 470 122", GREY, "6 4")
    body += label(504, 236, "dashed action:") + label(504, 254, "one of the upper six")
    body += label(100, 200, "solid action:") + label(100, 218, "to the seventh")
    body += (
        f'<path d="M8 106 V116 H572 V106" fill="none" stroke="{GREY}"'
        ' stroke-width="1.5"/>'
    )
    body += label(290, 30, "the value of each state is written in it")
    return svg(580, 316, body), alt


def _sub(letters: str, number: int) -> str:
    return (
        f'{letters}<tspan dy="4" font-size="11">{number}</tspan><tspan'
        ' dy="-4">&#8203;</tspan>'
    )
