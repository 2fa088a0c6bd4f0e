"""The agent drawn from its states as SVG: one state gives a still, many an animation.
No screen is needed.
"""

import html
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    words_for,
)
from dqn_tutorial.mdp import GRID

States = NDArray[np.float64]  # [T, S]
HEIGHT, WIDTH = 200, 480
LONGEST = 5.0  # seconds that a picture may move unasked
# who asked for less motion sees the first frame
CALM = (
    "<style>.agent-still{display:none}@media (prefers-reduced-motion: reduce)"
    "{.agent-moves{display:none}.agent-still{display:inline}}</style>"
)


class Part(NamedTuple):
    """A shape that moves: all later parts move with it. Source: SVG 1.1."""

    kind: str  # translate (x y) or rotate (degrees)
    values: list[str]  # one for each frame
    shape: str


def _cartpole(states: States) -> tuple[str, list[Part]]:
    track = f'<line x1="0" y1="150" x2="{WIDTH}" y2="150" stroke="{GREY}"/>' + "".join(
        f'<line x1="{x}" y1="142" x2="{x}" y2="158" stroke="{RED}" stroke-width="3"/>'
        for x in (48, 432)
    )  # 80 pixels a metre; the ends of the track are 2.4 metres away
    x, angle = WIDTH / 2 + 80 * states[:, 0], np.degrees(states[:, 2])
    cart = f'<rect x="-30" y="-15" width="60" height="30" rx="4" fill="{BLUE}"/>'
    pole = (
        f'<rect x="-4" y="-110" width="8" height="114" rx="4" fill="{ORANGE}"/><circle'
        f' r="4" fill="{BLACK}"/>'
    )
    return track, [
        Part("translate", [f"{v:.1f} 150" for v in x], cart),
        Part("rotate", _numbers(angle), pole),
    ]


def _acrobot(states: States) -> tuple[str, list[Part]]:
    line = (
        f'<line x1="0" y1="40" x2="{WIDTH}" y2="40" stroke="{GREEN}"'
        ' stroke-dasharray="6 4"/>'
    )
    first = np.degrees(np.arctan2(states[:, 1], states[:, 0]))
    second = np.degrees(np.arctan2(states[:, 3], states[:, 2]))
    still = [f"{WIDTH / 2:g} 90"] * len(states)
    shape = (
        '<rect x="-5" y="-4" width="10" height="54" rx="5" fill="{}"/><circle r="4"'
        ' fill="{}"/>'
    )
    return line, [
        Part("translate", still, ""),
        Part(
            "rotate", _numbers(-np.unwrap(first, period=360)), shape.format(BLUE, BLACK)
        ),
        Part("translate", ["0 48"] * len(states), ""),
        Part(
            "rotate",
            _numbers(-np.unwrap(second, period=360)),
            shape.format(ORANGE, BLACK),
        ),
    ]


def _mountain_car(states: States) -> tuple[str, list[Part]]:
    def place(position: States) -> tuple[States, States]:
        return 20 + 244 * (position + 1.2), 160 - 60 * (1 + np.sin(3 * position))

    hill = " ".join(
        f"{x:.0f},{y:.0f}"
        for x, y in zip(*place(np.linspace(-1.2, 0.6, 60)), strict=True)
    )
    flag_x, flag_y = place(np.array([0.5]))
    flag = (
        f'<path d="M{flag_x[0]:.0f} {flag_y[0]:.0f} v-30 l18 8 l-18 8" fill="{GREEN}"'
        f' stroke="{GREEN}"/>'
    )
    x, y = place(states[:, 0])
    car = f'<circle cy="-9" r="9" fill="{BLUE}"/>'
    values = [f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)]
    return (
        (
            f'<polyline points="{hill}" fill="none" stroke="{GREY}"'
            f' stroke-width="2"/>{flag}'
        ),
        [Part("translate", values, car)],
    )


def _slippery_grid(states: States) -> tuple[str, list[Part]]:
    side, columns = 46, len(GRID[0])
    left, fill = (WIDTH - side * columns) / 2, {"G": GREEN, "H": RED}
    cells = ""
    for number, mark in enumerate("".join(GRID)):
        x, y = left + side * (number % columns), 8 + side * (number // columns)
        colour, letter = fill.get(mark, "white"), mark if mark in fill else ""
        cells += (
            f'<rect x="{x:g}" y="{y}" width="{side}" height="{side}" fill="{colour}"'
            f' stroke="{GREY}"/>'
        )
        cells += (
            f'<text x="{x + 5:g}" y="{y + 18}" font-family="sans-serif"'
            f' fill="{BLACK}">{letter}</text>'
        )
    row, column = np.divmod(states.argmax(-1), columns)
    values = [
        f"{left + side * (c + 0.5):g} {8 + side * (r + 0.5):g}"
        for r, c in zip(row, column, strict=True)
    ]
    return cells, [
        Part("translate", values, f'<circle r="13" fill="{BLUE}" stroke="white"/>')
    ]


def _numbers_as_dots(states: States) -> tuple[str, list[Part]]:
    """Any other environment: each number of the state is a dot between its lowest and
    its highest value.
    """
    low, high = states.min(0), states.max(0)
    share = (states - low) / np.where(high > low, high - low, 1)
    # no range to see: 0 stands in the middle, large numbers near the ends
    if len(states) == 1:
        share = (1 + states / (1 + np.abs(states))) / 2
    height = 170 - 130 * share
    x = np.linspace(40, WIDTH - 40, states.shape[1])
    background = "".join(
        f'<line x1="{v:.0f}" y1="40" x2="{v:.0f}" y2="170" stroke="{GREY}"/>' for v in x
    )
    parts, before = [], np.zeros(len(states))
    for column, step in enumerate(np.diff(x, prepend=0)):
        values = [
            f"{step:.1f} {now - then:.1f}"
            for now, then in zip(height[:, column], before, strict=True)
        ]
        parts.append(Part("translate", values, f'<circle r="7" fill="{BLUE}"/>'))
        before = height[:, column]
    return background, parts


VIEWS: dict[str, Callable[[States], tuple[str, list[Part]]]] = {
    "CartPole-v1": _cartpole,
    "Acrobot-v1": _acrobot,
    "MountainCar-v0": _mountain_car,
    "dqn_tutorial/SlipperyGrid-v0": _slippery_grid,
}


def _numbers(values: States) -> list[str]:
    return [f"{value:.1f}" for value in values]


def draw_agent(env: str, states: ArrayLike, alt: str) -> str:
    """Draw one state as a still SVG, or many as an animated one, which is played once,
    50 frames a second, within five seconds.

    Args:
        env: Gymnasium id; one without a drawing of its own shows each number of the
            state as a dot.
        states: `[S]`, or `[T, S]` for T frames, in the environment's units.
        alt: text alternative, written into the SVG; or the name of one of the course.

    Returns:
        The SVG as text.

    Raises:
        ValueError: states of another number of axes, or none.

    Source: SVG 1.1, animateTransform; WCAG 2.2, criterion 2.2.2. Taught in
    00_start_here.
    """
    frames = np.atleast_2d(np.asarray(states, float))
    if frames.ndim != 2 or frames.size == 0:
        raise ValueError(
            f"states has shape {frames.shape}: it must be [S] for a still or [T, S] for"
            " an animation"
        )
    background, parts = VIEWS.get(env, _numbers_as_dots)(frames)
    duration = min(len(frames) / 50, LONGEST)
    alt, moving = html.escape(words_for(alt)), _nest(parts, duration)
    if "<animate" in moving:
        still = _nest([part._replace(values=part.values[:1]) for part in parts], 0)
        moving = (
            f'{CALM}<g class="agent-moves">{moving}</g>'
            f'<g class="agent-still">{still}</g>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" role="img"'
        f' aria-label="{alt}"><title>{alt}</title><rect width="100%" height="100%"'
        f' fill="white"/>{background}{moving}</svg>'
    )


def _nest(parts: Sequence[Part], seconds: float) -> str:
    if not parts:
        return ""
    kind, values, shape = parts[0]
    move = ""
    if len(set(values)) > 1:
        move = (
            f'<animateTransform attributeName="transform" type="{kind}"'
            f' values="{";".join(values)}" dur="{seconds:g}s" calcMode="discrete"'
            ' fill="freeze"/>'
        )
    inner = _nest(parts[1:], seconds)
    return f'<g transform="{kind}({values[0]})">{move}{shape}{inner}</g>'
