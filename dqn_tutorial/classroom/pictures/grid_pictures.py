"""The slippery grid in pictures of one idea each: a slip, a backup, sweeps, an update.

Each returns a picture and the name of its text alternative, for `show(*picture())`.
"""

import itertools
import math

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from dqn_tutorial.classroom.pictures.diagrams import arrow, bold, label, svg
from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    new_figure,
)
from dqn_tutorial.classroom.pictures.grid_view import COLOURS, draw_grid
from dqn_tutorial.mdp import (
    ARROWS,
    MDP,
    Array,
    bellman_optimality_operator,
    q_from_v,
    slippery_grid,
    value_iteration,
)

COLUMNS, SIDE = 4, 92  # of the grid; a cell in pixels
UP = ARROWS.index("up")
SWEEPS = (0, 1, 2, 3, 5, 9)
START, ALPHA = 0.2, 0.1  # q before the update; its step size


def slip_picture() -> tuple[str, str]:
    """Draw where a step up goes from cell 10 and from cell 1, each arrow as thick as it
    is probable.

    Source: after Russell & Norvig (2021), figure 17.1. Taught in 01_bellman_equation.
    """
    mdp = slippery_grid()
    body = label(160, 24, bold("from cell 10, aim: up"))
    body += label(530, 24, bold("from cell 1, aim: up, at the wall"))
    body += _aimed(mdp, 10, (1, 1), (22, 60)) + _aimed(mdp, 1, (0, 0), (392, 60))
    wall = f'stroke="{BLACK}" stroke-width="6"'
    body += f'<line x1="392" y1="60" x2="{392 + 3 * SIDE}" y2="60" {wall}/>'
    body += label(350, 272, "An arrow is as thick as it is probable.")
    return svg(700, 290, body), "picture-slip"


def _aimed(
    mdp: MDP, state: int, first: tuple[int, int], corner: tuple[int, int]
) -> str:
    """Draw two rows of three cells, and where going up from one of them leads."""

    def middle(cell: int) -> tuple[float, float]:
        row, column = divmod(cell, COLUMNS)
        return (
            corner[0] + SIDE * (column - first[1] + 0.5),
            corner[1] + SIDE * (row - first[0] + 0.5),
        )

    body = ""
    for row, column in itertools.product(range(2), range(3)):
        cell = COLUMNS * (first[0] + row) + first[1] + column
        x, y = middle(cell)
        fill = RED if mdp.terminal[cell] else "white"
        body += (
            f'<rect x="{x - SIDE / 2:g}" y="{y - SIDE / 2:g}" width="{SIDE}"'
            f' height="{SIDE}" fill="{fill}" fill-opacity="0.25" stroke="{GREY}"/>'
            + label(x - SIDE / 2 + 6, y + SIDE / 2 - 8, str(cell), "start")
        )
        if mdp.terminal[cell]:
            body += label(x, y + 6, bold("hole"))
    x, y = middle(state)
    for cell in mdp.transition[state, UP].nonzero()[0]:
        chance = float(mdp.transition[state, UP, cell])
        if cell == state:  # the wall sends it back
            body += _thick(x, y - 8, x, y - SIDE / 2 + 2, chance)
            body += label(x, corner[1] - 12, f"{chance:g}: sent back to cell {state}")
            continue
        to_x, to_y = middle(int(cell))
        body += _thick(x, y, x + 0.85 * (to_x - x), y + 0.85 * (to_y - y), chance)
        beside = (x + 0.72 * (to_x - x), y - 10) if to_y == y else (x + 16, y - 30)
        body += label(*beside, f"{chance:g}", "middle" if to_y == y else "start")
    return body + f'<circle cx="{x}" cy="{y}" r="11" fill="{BLUE}"/>'


def _thick(x: float, y: float, to_x: float, to_y: float, chance: float) -> str:
    """Draw an arrow of 12 pixels' width for a sure step."""
    width = 12 * chance
    angle = math.degrees(math.atan2(to_y - y, to_x - x))
    head, length = 5 + width, math.hypot(to_x - x, to_y - y)
    return (
        f'<g transform="translate({x:g} {y:g}) rotate({angle:g})" fill="{BLACK}">'
        f'<rect y="{-width / 2:g}" width="{length - head:g}" height="{width:g}"/>'
        f'<path d="M{length - head - 2:g} {-head * 0.8:g} L{length:g} 0'
        f' L{length - head - 2:g} {head * 0.8:g} z"/></g>'
    )


def backup_numbers() -> tuple[str, str]:
    """Draw the backup of q*(10, up): three next states, their probabilities and values,
    and the sum.

    Source: Sutton & Barto (2018), equation 3.20. Taught in 01_bellman_equation.
    """
    mdp = slippery_grid()
    q = value_iteration(mdp)
    v, chances = q.max(-1), mdp.transition[10, UP]
    cells = sorted(chances.nonzero()[0], key=lambda cell: -chances[cell])
    body = label(350, 24, bold("cell 10, action up"))
    body += f'<circle cx="350" cy="42" r="7" fill="{GREEN}"/>'
    # the most probable in the middle
    for cell, x in zip(cells, (350, 130, 570), strict=True):
        edge = 350 + 0.5 * (x - 350)
        body += arrow(f"M350 50 L{x} 124")
        side = "end" if x < 350 else "start"
        edge += -10 if x < 350 else 10
        body += label(edge, 82, bold(f"{chances[cell]:g}"), side)
        body += (
            f'<rect x="{x - 70}" y="128" width="140" height="56" rx="8" fill="white"'
            f' stroke="{BLUE}" stroke-width="{1 + 3 * chances[cell]:.1f}"/>'
        )
        body += label(x, 150, f"cell {cell}") + label(x, 172, f"v* = {v[cell]:.3f}")
    terms = " + ".join(f"{chances[cell]:g} &#215; {v[cell]:.3f}" for cell in cells)
    total = f"{mdp.gamma:g} &#215; ({terms}) = {q[10, UP]:.2f}"
    body += label(350, 222, f"q*(10, up) = 0 + {total}", size=16)
    body += label(350, 248, "All three rewards are 0.")
    return svg(700, 262, body), "picture-backup-numbers"


def sweeps_figure() -> tuple[Figure, str]:
    """Draw value iteration after 0, 1, 2, 3, 5 and 9 sweeps on one scale of colours,
    with an arrow for each best action.

    Source: Sutton & Barto (2018), section 4.4. Taught in 01_bellman_equation.
    """
    mdp = slippery_grid()
    figure, axes = new_figure(10, 8.3, columns=3, rows=2)
    figure.set_layout_engine("constrained", h_pad=0.1)
    frames = iter(axes.flat)
    v = np.zeros(mdp.n_states)
    for sweep in range(SWEEPS[-1] + 1):
        if sweep in SWEEPS:
            name = {0: "at the start", 1: "after 1 sweep"}
            title = name.get(sweep, f"after {sweep} sweeps")
            best = _all_best(q_from_v(mdp, v))
            draw_grid(next(frames), mdp, values=v, policy=best, title=title)
        v = bellman_optimality_operator(mdp, v)
    colours = ScalarMappable(Normalize(-1, 1), COLOURS)
    bar = figure.colorbar(colours, ax=axes, location="bottom", aspect=50, shrink=0.6)
    bar.set_label("value of a cell, in all six")
    return figure, "picture-sweeps"


def _all_best(q: Array) -> Array:
    """Return a policy that takes each of equally good actions with equal probability;
    a picture must not prefer the first. `[S, A]` to `[S, A]`.
    """
    best = np.isclose(q, q.max(-1, keepdims=True))
    return np.asarray(best / best.sum(-1, keepdims=True))


def td_update() -> tuple[str, str]:
    """Draw one update of q(10, up) after a step to cell 6: the target, the TD error,
    and the tenth of it that is taken.

    Source: Sutton & Barto (2018), equation 6.8.
    """
    mdp = slippery_grid()
    best = float(value_iteration(mdp)[6].max())
    y = mdp.gamma * best
    delta = y - START
    new = START + ALPHA * delta

    def place(value: float) -> float:
        return 290 + 780 * value

    body = ""
    for cell, top, words in (
        (6, 14, f"max q = {best:.3f}"),
        (10, 134, f"q(up) = {START:.2f}"),
    ):
        body += (
            f'<rect x="40" y="{top}" width="150" height="84" fill="white"'
            f' stroke="{GREY}" stroke-width="2"/>'
        )
        body += label(50, top + 22, f"cell {cell}", "start")
        body += label(115, top + 56, bold(words))
    body += arrow("M115 132 V102") + label(126, 121, "up, r = 0", "start")
    body += (
        f'<line x1="{place(0)}" y1="130" x2="{place(0.5)}" y2="130" stroke="black"/>'
    )
    for tick in np.arange(0, 0.51, 0.1):
        x = place(tick)
        body += f'<line x1="{x:g}" y1="130" x2="{x:g}" y2="137" stroke="black"/>'
        body += label(x, 155, f"{tick:.1f}")
    across = f"M{place(START):g} 88 H{place(y) - 1:g}"
    body += arrow(across, GREY, "6 4")
    middle = (place(START) + place(y)) / 2
    body += label(middle, 78, f"&#948; = y &#8722; q = {delta:.2f}")
    body += f'<circle cx="{place(START):g}" cy="130" r="8" fill="{BLUE}"/>'
    x = place(y)
    body += f'<path d="M{x} 119 l11 11 l-11 11 l-11 -11 z" fill="{ORANGE}"/>'
    body += (
        f'<circle cx="{place(new):g}" cy="130" r="8" fill="white" stroke="{GREEN}"'
        ' stroke-width="3"/>'
    )
    body += label(place(START), 112, "old q", "end") + label(x, 112, "target y")
    body += label(place(new) + 6, 112, "new q", "start")
    sums = (
        f"y = 0 + {mdp.gamma:g} &#215; {best:.3f} = {y:.2f}",
        f"new q = {START:.2f} + {ALPHA:g} &#215; {delta:.2f} = {new:.3f}",
    )
    for line, words in enumerate(sums):
        body += label(290, 188 + 26 * line, words, "start", size=16)
    return svg(700, 234, body), "picture-td-update"
