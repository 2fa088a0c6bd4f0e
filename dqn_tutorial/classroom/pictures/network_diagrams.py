"""Diagrams of notebooks 03 to 05 as SVG text: shapes that broadcast, gather, networks,
the ring of the replay memory, Baird's star.
"""

import itertools
import math
from collections.abc import Sequence

from dqn_tutorial.classroom.pictures.diagrams import arrow, bold, label, lowered, svg
from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    SKY,
)

LAYERS = (3, 4, 4, 2)  # circles in each layer of a drawn network


def _table(
    x: float,
    y: float,
    rows: Sequence[Sequence[str]],
    marked: Sequence[tuple[int, int]] = (),
) -> list[str]:
    """Draw a table of cells of 40 by 28 pixels; marked ones have a thick border and
    bold text.
    """
    parts = []
    for i, row in enumerate(rows):
        for j, words in enumerate(row):
            is_marked = (i, j) in marked
            stroke, thick = (BLUE, 3) if is_marked else (GREY, 1)
            left, top, fill = (
                x + 42 * j,
                y + 30 * i,
                "#E3F1FA" if is_marked else "white",
            )
            parts.append(
                f'<rect x="{left:.0f}" y="{top:.0f}" width="38" height="26"'
                f' fill="{fill}" stroke="{stroke}" stroke-width="{thick}"/>'
            )
            parts.append(
                label(left + 19, top + 18, bold(words) if is_marked else words)
            )
    return parts


def broadcast_diagram() -> tuple[str, str]:
    """Draw how [3, 1] - [3] becomes [3, 3]. Returns the SVG and its text alternative.

    Source: NumPy's broadcasting rules. Taught in 03_q_network.
    """
    parts = [
        *_table(20, 46, [["1"], ["2"], ["3"]]),
        *_table(110, 76, [["1", "2", "3"]]),
        *_table(
            300,
            46,
            [["0", "-1", "-2"], ["1", "0", "-1"], ["2", "1", "0"]],
            [(0, 0), (1, 1), (2, 2)],
        ),
        label(84, 96, "&#8722;", size=20),
        label(268, 96, "=", size=20),
        label(39, 30, "[3, 1]"),
        label(171, 30, "[3]"),
        label(361, 30, "[3, 3]"),
        label(438, 84, "wanted: only", anchor="start"),
        label(438, 102, "the diagonal", anchor="start"),
    ]
    return svg(570, 150, "".join(parts)), (
        "A column of three minus a row of three gives a table of nine differences; only"
        " the diagonal was wanted."
    )


def gather_diagram() -> tuple[str, str]:
    """Draw which Q-values gather picks, and which a column index picks. Returns the SVG
    and its text alternative.

    Source: PyTorch's `gather`. Taught in 03_q_network.
    """
    rows = [["11", "12"], ["21", "22"], ["31", "32"]]
    parts = [
        label(66, 22, "q_values [3, 2]"),
        *_table(25, 36, rows, [(0, 1), (1, 0), (2, 1)]),
        label(185, 22, "action [3]"),
        *_table(166, 36, [["1"], ["0"], ["1"]]),
        label(310, 22, "gather: [3]"),
        *_table(291, 36, [["12"], ["21"], ["32"]], [(0, 0), (1, 0), (2, 0)]),
        label(470, 22, "q_values[:, action]: [3, 3]"),
        *_table(408, 36, [["12", "11", "12"], ["22", "21", "22"], ["32", "31", "32"]]),
    ]
    return svg(580, 140, "".join(parts)), (
        "Of a table of Q-values, three samples by two actions, gather picks one value"
        " in each row: that of the action taken. Indexing the columns by the actions"
        " picks three values in each row."
    )


def network_diagram(sizes: Sequence[int] = (4, 6, 6, 2)) -> tuple[str, str]:
    """Draw a Q-network, a circle for each number in each layer. Returns the SVG and its
    text alternative.

    Source: after Mnih et al. (2015), figure 1. Taught in 03_q_network.
    """
    xs = [90 + 140 * i for i in range(len(sizes))]
    ys = [[125 + 32 * (j - (n - 1) / 2) for j in range(n)] for n in sizes]
    parts = [
        f'<line x1="{xs[i]}" y1="{a:.0f}" x2="{xs[i + 1]}" y2="{b:.0f}" stroke="{GREY}"'
        ' stroke-width="0.8"/>'
        for i in range(len(sizes) - 1)
        for a in ys[i]
        for b in ys[i + 1]
    ]
    last = len(sizes) - 1
    for i, (x, column) in enumerate(zip(xs, ys, strict=True)):
        fill = SKY if i == 0 else ORANGE if i == last else "white"
        parts += [
            f'<circle cx="{x}" cy="{y:.0f}" r="11" fill="{fill}" stroke="{BLACK}"/>'
            for y in column
        ]
        parts.append(
            label(
                x,
                248,
                "state" if i == 0 else "Q-values" if i == last else "hidden layer",
            )
        )
    parts += [
        label(xs[-1] + 20, y + 5, f"Q(s, {j})", anchor="start")
        for j, y in enumerate(ys[-1])
    ]
    parts += [
        label(xs[0] - 20, y + 5, f"s[{j}]", anchor="end") for j, y in enumerate(ys[0])
    ]
    return svg(xs[-1] + 100, 260, "".join(parts)), (
        f"A network: {sizes[0]} numbers of the state on the left, hidden layers"
        f" between, and on the right one Q-value for each of {sizes[-1]} actions, all"
        " at once. Every number is joined to every number of the next layer."
    )


def ring_diagram(n_stored: int = 11, length: int = 8) -> tuple[str, str]:
    """Draw a ring after `n_stored` writes into `length` places. Returns the SVG and its
    text alternative.

    Source: Mnih et al. (2015) on the replay memory. Taught in 04_replay_buffer.
    """
    parts, middle = [], (170, 165)
    place = n_stored % length
    for row in range(length):
        angle = 2 * math.pi * row / length - math.pi / 2
        x, y = middle[0] + 95 * math.cos(angle), middle[1] + 95 * math.sin(angle)
        # the newest step written into this row
        step = row + length * ((n_stored - 1 - row) // length)
        stroke, thick, dash = GREY, 1.5, ""
        if step == n_stored - 1:
            stroke, thick = GREEN, 4.0
        elif row == place:
            stroke, thick, dash = RED, 3.0, ' stroke-dasharray="5 3"'
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="30" fill="white" stroke="{stroke}"'
            f' stroke-width="{thick}"{dash}/>'
        )
        parts.append(label(x, y + 5, f"step {step}" if step >= 0 else "empty"))
        out = (middle[0] + 149 * math.cos(angle), middle[1] + 5 + 149 * math.sin(angle))
        parts.append(label(*out, f"row {row}"))
    key = [
        (
            f'<circle cx="350" cy="105" r="9" fill="white" stroke="{GREEN}"'
            ' stroke-width="4"/>'
        ),
        label(370, 110, f"newest: step {n_stored - 1}", anchor="start"),
        (
            f'<circle cx="350" cy="140" r="9" fill="white" stroke="{RED}"'
            ' stroke-width="3" stroke-dasharray="5 3"/>'
        ),
        label(370, 145, f"written next: row {place}", anchor="start"),
        label(340, 206, f"row = step number modulo {length}", anchor="start"),
        label(340, 230, f"{min(n_stored, length)} steps are kept", anchor="start"),
    ]
    return svg(560, 330, "".join([*parts, *key])), (
        f"A ring of {length} rows after {n_stored} steps: step {n_stored - 1} is the"
        f" newest, and the next one is written into row {place}, over the oldest step"
        " that is kept."
    )


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
    return (
        f'<rect x="{x:g}" y="{y - 10:g}" width="150" height="120" rx="8" fill="none"'
        f' stroke="{color}" stroke-width="2" stroke-dasharray="{dash}"/>{lines}{dots}'
    )


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
        + label(289, 70, "copy, now and then", colour=GREEN)
        + label(
            289,
            88,
            '<tspan font-family="monospace">update_target()</tspan>',
            colour=GREEN,
        )
        + label(60, 244, italic.format("state s"))
        + arrow("M60 228 V164")
        + label(485, 244, italic.format("next state s&#8242;"))
        + arrow("M485 228 V164")
        + '<rect x="222" y="172" width="136" height="46" rx="8" fill="white"'
        f' stroke="{BLACK}" stroke-width="2"/>'
        + label(290, 200, "loss(y, Q(s, a))")
        + arrow("M140 164 V188 H218")
        + label(178, 182, "Q(s, a)")
        + arrow("M440 164 V188 H362")
        + label(400, 182, "y")
        + arrow("M222 210 H110 V164", RED, "8 3")
        + label(178, 228, "gradient", colour=RED)
        + label(408, 206, "no gradient")
    )
    return svg(580, 262, body), alt


def baird_star() -> tuple[str, str]:
    """Return the SVG of Baird's star, and its text alternative.

    Source: Baird (1995); Sutton & Barto (2018), figure 11.1. Taught in 05_critic.
    """
    alt = (
        "Six states in a row above, a seventh below. Solid arrows lead from every state"
        " to the seventh, from the seventh to itself. The dashed action leads from"
        " every state to one of the upper six. The value of an upper state i is"
        " 2 w_i + w_8, that of the seventh is w_7 + 2 w_8."
    )
    body = arrow("M258 298 C190 330 180 262 238 270")
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
        body += label(x, 40, f"state {number}")
        body += label(x, 75, lowered("2w", str(number)) + lowered(" + w", "8"))
    body += (
        f'<ellipse cx="290" cy="276" rx="48" ry="26" fill="white" stroke="{ORANGE}"'
        ' stroke-width="3"/>'
    )
    body += label(290, 281, lowered("w", "7") + lowered(" + 2w", "8"))
    body += arrow("M345 276 C430 276 470 200 470 122", GREY, "6 4")
    body += label(290, 320, "state 7")
    for line, words in enumerate(
        ("dashed action,", "from every state:", "to one of 1 to 6")
    ):
        body += label(574, 240 + 18 * line, words, "end")
    body += label(100, 200, "solid action:") + label(100, 218, "to the seventh")
    body += (
        f'<path d="M8 106 V116 H572 V106" fill="none" stroke="{GREY}"'
        ' stroke-width="1.5"/>'
    )
    body += label(290, 16, "the value of each state is written in it")
    return svg(580, 328, body), alt
