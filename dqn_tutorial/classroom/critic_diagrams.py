"""Diagrams of the critic as SVG text: the two networks side by side, and Baird's star."""

import itertools
import math

from dqn_tutorial.classroom.plots import BLACK, BLUE, GREEN, GREY, ORANGE, RED

LAYERS = (3, 4, 4, 2)  # circles in each layer of a drawn network


def _svg(width: int, height: int, alt: str, body: str) -> str:
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L10 5 L0 10 z" fill="{color}"/></marker>'
        for name, color in (("black", BLACK), ("red", RED), ("green", GREEN), ("grey", GREY))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{alt}" font-family="sans-serif" font-size="15"><title>{alt}</title>'
        f'<defs>{heads}</defs><rect width="100%" height="100%" fill="white"/>{body}</svg>'
    )


def _text(x: float, y: float, words: str, color: str = BLACK, extra: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{color}" {extra}>{words}</text>'


def _arrow(path: str, name: str = "black", color: str = BLACK, dash: str = "") -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="2" stroke-dasharray="{dash}" '
        f'marker-end="url(#{name})"/>'
    )


def _network(x: float, y: float, color: str, dash: str) -> str:
    """Draw a network of 150 by 100 pixels whose upper left corner is at (x, y); dashes are the second signal."""
    layers = [
        [(x + 15 + 40 * column, y + 50 + 24 * (row - (count - 1) / 2)) for row in range(count)]
        for column, count in enumerate(LAYERS)
    ]
    lines = "".join(
        f'<line x1="{a:g}" y1="{b:g}" x2="{c:g}" y2="{d:g}" stroke="{color}" stroke-opacity="0.45"/>'
        for left, right in itertools.pairwise(layers)
        for a, b in left
        for c, d in right
    )
    dots = "".join(f'<circle cx="{a:g}" cy="{b:g}" r="6" fill="{color}"/>' for layer in layers for a, b in layer)
    frame = f'<rect x="{x:g}" y="{y - 10:g}" width="150" height="120" rx="8" fill="none" stroke="{color}" '
    return f'{frame}stroke-width="2" stroke-dasharray="{dash}"/>{lines}{dots}'


def two_networks() -> tuple[str, str]:
    """Return the SVG of online and target network with what flows between them, and its text alternative.

    Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.
    """
    alt = (
        "Two networks of the same form. The online network maps the state to Q, the target network maps the next "
        "state to Q_t and from there to the target y. Both meet in the loss. The gradient flows from the loss into "
        "the online network only; its weights are copied into the target network now and then."
    )
    italic = 'font-style="italic"'
    body = (
        _text(95, 24, "online network, weights w")
        + _text(485, 24, "target network, weights w&#772;", BLACK)
        + _network(20, 50, BLUE, "")
        + _network(410, 50, ORANGE, "7 4")
        + _arrow("M172 100 H406", "green", GREEN, "2 4")
        + _text(289, 76, "copy, now and then", GREEN)
        + _text(289, 94, "update_target()", GREEN, 'font-family="monospace" font-size="13"')
        + _text(60, 244, "state s", BLACK, italic)
        + _arrow("M60 228 V164")
        + _text(485, 244, "next state s&#8242;", BLACK, italic)
        + _arrow("M485 228 V164")
        + f'<rect x="222" y="172" width="136" height="46" rx="8" fill="white" stroke="{BLACK}" stroke-width="2"/>'
        + _text(290, 200, "loss(y, Q(s, a))")
        + _arrow("M140 164 V188 H218")
        + _text(178, 182, "Q(s, a)", BLACK, 'font-size="13"')
        + _arrow("M440 164 V188 H362")
        + _text(400, 182, "y", BLACK, 'font-size="13"')
        + _arrow("M222 210 H110 V164", "red", RED, "8 3")
        + _text(178, 228, "gradient", RED, 'font-size="13"')
        + _text(402, 206, "no gradient", BLACK, 'font-size="13"')
    )
    return _svg(580, 262, alt, body), alt


def baird_star() -> tuple[str, str]:
    """Return the SVG of Baird's star, and its text alternative.

    Source: Baird (1995); Sutton & Barto (2018), figure 11.1. Taught in 05_critic.
    """
    alt = (
        "Six states in a row above, a seventh below. Solid arrows lead from every state to the seventh, from the "
        "seventh to itself. The value of an upper state i is 2 w_i + w_8, that of the seventh is w_7 + 2 w_8."
    )
    body = _arrow("M290 292 C215 340 215 240 260 262", "black", BLACK)
    for number in range(1, 7):
        x = 50 + 96 * (number - 1)
        angle = math.atan2(276 - 70, 290 - x)
        start = (x + 30 * math.cos(angle), 70 + 30 * math.sin(angle))
        end = (290 - 54 * math.cos(angle), 276 - 31 * math.sin(angle))
        body += _arrow(f"M{start[0]:.0f} {start[1]:.0f} L{end[0]:.0f} {end[1]:.0f}")
        body += f'<ellipse cx="{x}" cy="70" rx="44" ry="24" fill="white" stroke="{BLUE}" stroke-width="2"/>'
        body += _text(x, 75, _sub("2w", number) + _sub(" + w", 8))
    body += f'<ellipse cx="290" cy="276" rx="48" ry="26" fill="white" stroke="{ORANGE}" stroke-width="3"/>'
    body += _text(290, 281, _sub("w", 7) + _sub(" + 2w", 8))
    body += _arrow("M345 276 C430 276 470 200 470 122", "grey", GREY, "6 4")
    body += _text(512, 236, "dashed action:") + _text(512, 254, "one of the upper six")
    body += _text(100, 200, "solid action:") + _text(100, 218, "to the seventh")
    body += f'<path d="M8 106 V116 H572 V106" fill="none" stroke="{GREY}" stroke-width="1.5"/>'
    body += _text(290, 30, "the value of each state is written in it")
    return _svg(580, 316, alt, body), alt


def _sub(letters: str, number: int) -> str:
    return f'{letters}<tspan dy="4" font-size="11">{number}</tspan><tspan dy="-4">&#8203;</tspan>'
