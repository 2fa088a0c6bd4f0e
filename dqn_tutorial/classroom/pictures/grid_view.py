"""The slippery grid drawn: values as numbered colours, action values as triangles,
policies as arrows.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray

from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    TEXT,
)
from dqn_tutorial.mdp import MDP

COLOURS = LinearSegmentedColormap.from_list("orange to blue", [ORANGE, "#ffffff", BLUE])
# left, down, right, up: x to the right, y downwards
DIRECTIONS = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])


def draw_grid(
    axes: Axes,
    mdp: MDP,
    values: ArrayLike | None = None,
    q: ArrayLike | None = None,
    policy: ArrayLike | None = None,
    title: str = "",
    highlight: Sequence[int] = (),
    limit: float = 1.0,
    columns: int = 4,
    numbers: bool = True,
) -> None:
    """Draw a grid MDP: goal G, hole H, and in each floor cell what is given.

    Args:
        axes: where to draw.
        mdp: a grid as `slippery_grid` makes it, its states row by row.
        values: `[S]`, colours the cells and writes the number.
        q: `[S, A]`, four coloured triangles in each cell with the number of each
            action; the largest is in bold. Such a grid takes five inches.
        policy: `[S, A]` probabilities (longer arrow: more probable) or `[S]` actions.
        title: above the grid.
        highlight: states to frame with a thick line.
        limit: value of the strongest colour, blue for +limit and orange for -limit.
        columns: width of the grid in cells.
        numbers: whether each state has its number in its corner.

    Taught in 01_bellman_equation.
    """
    shade = Normalize(-limit, limit, clip=True)
    chances = (
        None
        if policy is None
        else np.eye(mdp.n_actions)[np.asarray(policy, int)]
        if np.ndim(policy) == 1
        else np.asarray(policy)
    )
    for state in range(mdp.n_states):
        y, x = divmod(state, columns)
        if mdp.terminal[state]:
            _draw_terminal(axes, x, y, float(mdp.reward[..., state].sum()))
        elif q is not None:
            _draw_q(
                axes,
                x,
                y,
                np.asarray(q, float)[state],
                shade,
            )
        else:
            _draw_value(
                axes,
                x,
                y,
                None if values is None else float(np.asarray(values)[state]),
                shade,
                above=0.08 if chances is not None else 0.0,
            )
        if chances is not None and not mdp.terminal[state]:
            _draw_arrows(
                axes, x, y + (0.25 if values is not None else 0.0), chances[state]
            )
        if numbers:
            axes.text(
                x - 0.45,
                y - 0.45,
                str(state),
                color="#555555",
                va="top",
                # no line crosses it, and it can be read on a dark cell
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
        if state in highlight:
            axes.add_patch(
                Rectangle(
                    (x - 0.48, y - 0.48),
                    0.96,
                    0.96,
                    fill=False,
                    edgecolor=PURPLE,
                    lw=3,
                    zorder=4,
                )
            )
    axes.set(
        xlim=(-0.52, columns - 0.48),
        ylim=(mdp.n_states / columns - 0.48, -0.52),
        aspect="equal",
    )
    axes.set_title(title, fontsize=TEXT)
    engine = axes.get_figure(root=True).get_layout_engine()  # type: ignore[union-attr]
    if title and isinstance(engine, ConstrainedLayoutEngine):
        engine.set(h_pad=0.12)  # or the top edge cuts the title
    axes.axis("off")


def _draw_terminal(axes: Axes, x: int, y: int, entering: float) -> None:
    colour, letter, words = (
        (GREEN, "G", "goal +1") if entering > 0 else (RED, "H", "hole \u22121")
    )
    axes.add_patch(
        Rectangle(
            (x - 0.5, y - 0.5), 1, 1, facecolor=colour, alpha=0.35, edgecolor="none"
        )
    )
    axes.add_patch(
        Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=GREY, lw=0.8)
    )
    axes.text(
        x,
        y - 0.08,
        letter,
        ha="center",
        va="center",
        fontsize=18,
        weight="bold",
        color=BLACK,
    )
    axes.text(x, y + 0.3, words, ha="center", va="center", fontsize=TEXT, color=BLACK)


def _draw_value(
    axes: Axes, x: int, y: int, value: float | None, shade: Normalize, above: float
) -> None:
    colour = "#ffffff" if value is None else COLOURS(shade(value))
    axes.add_patch(
        Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor=GREY, lw=0.8)
    )
    if value is not None:
        axes.text(
            x,
            y - above,
            _number(value),
            ha="center",
            va="center",
            fontsize=TEXT,
            color=_ink(value, shade),
        )


def _draw_q(
    axes: Axes, x: int, y: int, q: NDArray[np.float64], shade: Normalize
) -> None:
    corners = {
        0: [(-1, -1), (-1, 1)],
        1: [(-1, 1), (1, 1)],
        2: [(1, 1), (1, -1)],
        3: [(1, -1), (-1, -1)],
    }
    for action, value in enumerate(q):
        axes.add_patch(
            Polygon(
                [(x, y), *[(x + a / 2, y + b / 2) for a, b in corners[action]]],
                facecolor=COLOURS(shade(value)),
                edgecolor=GREY,
                lw=0.6,
            )
        )
        dx, dy = DIRECTIONS[action] * (0.245, 0.36)
        weight = "bold" if action == q.argmax() else "normal"
        axes.text(
            x + dx,
            y + dy,
            _number(value),
            ha="center",
            va="center",
            fontsize=TEXT,
            weight=weight,
            color=_ink(float(value), shade),
        )


def _draw_arrows(axes: Axes, x: float, y: float, chances: NDArray[np.float64]) -> None:
    lone = chances.max() == 1
    for action, chance in enumerate(chances):
        if chance > 0:
            tip = (0.2 if lone else 0.14 + 0.12 * float(chance)) * DIRECTIONS[action]
            tail = -tip if lone else 0 * tip
            style = {
                "arrowstyle": "-|>",
                "color": BLACK,
                "lw": 1.6 if lone else 1.0,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 9 if lone else 5,
            }
            drawn = axes.annotate(
                "",
                xy=(x + tip[0], y + tip[1]),
                xytext=(x + tail[0], y + tail[1]),
                arrowprops=style,
            )
            assert drawn.arrow_patch is not None
            edge = withStroke(linewidth=3.6 if lone else 3.0, foreground="white")
            drawn.arrow_patch.set_path_effects([edge])


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "\u2212") if abs(value) >= 0.005 else "0.00"


def _ink(value: float, shade: Normalize) -> str:
    return "#ffffff" if shade(value) > 0.88 else BLACK
