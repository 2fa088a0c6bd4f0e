"""Pictures of DQN: all of its parts, and what one update moves.

Each returns a picture and its text alternative, for `show(*picture())`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.pictures.diagrams import arrow, bold, label, lowered, svg
from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    words_for,
)
from dqn_tutorial.config import nearest
from dqn_tutorial.nets import DQNNet

# each part of DQN: the middle of its box, its words, its colour; the rings touch in the
# online network and nowhere else
PARTS = {
    "environment": (94, 330, "environment", ORANGE),
    "epsilon": (94, 70, "epsilon-greedy", BLUE),
    "online": (350, 200, "online network Q", GREEN),
    "memory": (404, 330, "replay memory", PURPLE),
    "target": (604, 330, f"target network {lowered('Q', 't')}", GREEN),
    "loss": (604, 70, "loss", RED),
}
# the part that it belongs to, its path, its words, where they stand
FLOWS = (
    ("epsilon", "M300 173 L182 80", "Q(s, a)", (236, 140, "end")),
    ("epsilon", "M94 97 V299", "1 action", (102, 205, "start")),
    ("environment", "M178 330 H248", "2 reward,", (214, 354, "middle")),
    ("environment", "M252 326 L308 231", "next state", (270, 276, "end")),
    ("memory", "M256 330 H316", "3 store", (288, 354, "middle")),
    ("memory", "M430 303 L410 231", "4 batch", (434, 286, "start")),
    ("memory", "M488 330 H516", "s&#8242;", (502, 354, "middle")),
    ("target", "M640 303 V101", "y", (650, 206, "start")),
    ("loss", "M434 184 L532 100", "Q(s, a)", (466, 140, "end")),
    ("loss", "M566 97 L438 204", "5 gradient", (520, 158, "start")),
    ("target", "M434 214 L590 299", "6 copy", (526, 254, "start")),
)
PALE = "#505050"  # grey that can be read with ease
STATES, ACTIONS, SEEN = 6, 4, (2, 1)  # of the small table; the pair that is updated


def dqn_picture(lit: Sequence[str] = tuple(PARTS)) -> tuple[str, str]:
    """Draw all of DQN: the circle of acting and the circle of learning.

    Args:
        lit: the parts to show in full, of environment, epsilon, online, memory, target
            and loss; the others are grey and dashed.

    Raises:
        ValueError: an unknown part.

    Source: Mnih et al. (2015), algorithm 1. Taught in 03_q_network.
    """
    for name in lit:
        if name not in PARTS:
            raise ValueError(f"lit has {name!r}: {nearest(name, PARTS)}")
    body = ""
    for x, middle, words, more in (
        (190, 205, "acting", "each step"),
        (510, 580, "learning", "on batches"),
    ):
        body += (
            f'<ellipse cx="{x}" cy="200" rx="160" ry="130" fill="none" stroke="#E2E2E2"'
            ' stroke-width="10"/>'
        )
        body += label(middle, 204, bold(words)) + label(middle, 222, more)
    for owner, path, words, (x, y, anchor) in FLOWS:
        on = owner in lit
        body += arrow(path, BLACK if on else GREY, "" if on else "3 5")
        body += _on_white(x, y, words, anchor, BLACK if on else PALE)
    for name, (x, y, words, colour) in PARTS.items():
        on = name in lit
        style = (
            f'fill="{colour}" fill-opacity="0.2" stroke="{colour}" stroke-width="4"'
            if on
            else f'fill="none" stroke="{GREY}" stroke-width="2" stroke-dasharray="5 4"'
        )
        place = f'x="{x - 84}" y="{y - 27}" width="168" height="54" rx="8"'
        body += f'<rect {place} fill="white"/><rect {place} {style}/>'
        body += label(
            x, y + 5, bold(words) if on else words, colour=BLACK if on else PALE
        )
    colour = BLACK if "environment" in lit else PALE
    body += _on_white(214, 371, "next state", "middle", colour)
    body += f'<circle cx="252" cy="330" r="4" fill="{colour}"/>'
    order = "1 to 3 at each step, 4 and 5 at each update, 6 now and then"
    body += label(350, 402, f"The numbers tell the order: {order}.")
    alt = words_for("picture-dqn")
    if len(lit) < len(PARTS):
        alt += f" Shown in full: {', '.join(lit)}; the rest is grey and dashed."
    return svg(700, 414, body), alt


def _on_white(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    """Write words that a line behind them does not cross."""
    text = label(x, y, words, anchor, colour)
    edge = (
        'stroke="white" stroke-width="5" stroke-linejoin="round" paint-order="stroke"'
    )
    return text.replace("<text ", f"<text {edge} ", 1)


def which_weights() -> tuple[str, str]:
    """Draw what one update of one pair moves in a table, in the weights of a network,
    and through them in its values.

    Source: Sutton & Barto (2018), section 9.3.
    """
    generator = torch.Generator().manual_seed(5)  # three of five units are active
    net = DQNNet(STATES, ACTIONS, depth=1, width=5, generator=generator)
    states = torch.eye(STATES)
    before = net(states).detach()
    (1 - net(states)[SEEN]).square().backward()
    with torch.no_grad():
        for weight in net.parameters():
            assert weight.grad is not None
            weight.sub_(0.1 * weight.grad)
    one = np.zeros((STATES, ACTIONS), bool)
    one[SEEN] = True
    moved = ((net(states) - before).abs() > 1e-6).numpy()
    layers = [weight.grad for weight in net.parameters() if weight.ndim == 2]
    n_moved = sum(int((grad != 0).sum()) for grad in layers if grad is not None)
    n_lines = sum(grad.numel() for grad in layers if grad is not None)
    biases = torch.cat(
        [w.grad for w in net.parameters() if w.ndim == 1 and w.grad is not None]
    )
    n_biases = int((biases != 0).sum())
    body = label(100, 24, bold("table")) + _entries(48, one)
    body += label(100, 288, f"{one.sum()} of {one.size} entries moves")
    body += label(356, 24, bold("network")) + _connections([g != 0 for g in layers])
    body += label(356, 288, f"{n_moved} of {n_lines} connections move")
    body += label(356, 308, f"and {n_biases} of {len(biases)} biases, not drawn")
    body += arrow("M476 150 H520", GREY)
    body += label(604, 24, bold("its values")) + _entries(552, moved)
    body += label(604, 288, f"{moved.sum()} of {moved.size} values move")
    body += label(350, 342, f"update of state {SEEN[0]}, action {SEEN[1]}: black moves")
    return svg(700, 356, body), "picture-which-weights"


def _entries(left: float, moved: NDArray[np.bool_]) -> str:
    """Draw a table of values, a row for each state; those that move are black."""
    body = ""
    for (row, column), moves in np.ndenumerate(moved):
        body += (
            f'<rect x="{left + 28 * column}" y="{62 + 34 * row}" width="24" height="28"'
            f' fill="{BLACK if moves else "white"}" stroke="{GREY}"/>'
        )
    for row in range(len(moved)):
        body += label(left - 8, 81 + 34 * row, f"s{row}", "end")
    for column in range(moved.shape[1]):
        body += label(left + 12 + 28 * column, 54, f"a{column}")
    return body


def _connections(moved: Sequence[Any]) -> str:
    """Draw a network of one hidden layer; the weights `[out, in]` that move are thick
    and black.
    """
    sizes = [moved[0].shape[1], *(len(layer) for layer in moved)]
    rows = [[160 + 36 * (i - (n - 1) / 2) for i in range(n)] for n in sizes]
    lines = {False: "", True: ""}  # those that move lie on top
    for layer, grads in enumerate(moved):
        for (end, start), moves in np.ndenumerate(grads.numpy()):
            look = (BLACK, 3.5, "none") if moves else (GREY, 1, "2 4")
            lines[bool(moves)] += (
                f'<line x1="{266 + 90 * layer}" y1="{rows[layer][start]:g}"'
                f' x2="{356 + 90 * layer}" y2="{rows[layer + 1][end]:g}"'
                f' stroke="{look[0]}" stroke-width="{look[1]}"'
                f' stroke-dasharray="{look[2]}"/>'
            )
    dots = "".join(
        f'<circle cx="{266 + 90 * layer}" cy="{y:g}" r="10" fill="white"'
        f' stroke="{BLACK}" stroke-width="1.5"/>'
        for layer, column in enumerate(rows)
        for y in column
    )
    names = "".join(label(250, y + 5, f"s{i}", "end") for i, y in enumerate(rows[0]))
    names += "".join(label(462, y + 5, f"a{i}", "start") for i, y in enumerate(rows[2]))
    return lines[False] + lines[True] + dots + names
