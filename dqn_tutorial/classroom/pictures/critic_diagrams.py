"""Diagrams as SVG text: how an episode stops, two states whose values share one weight,
two carts that look alike.
"""

import math

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray

from dqn_tutorial.classroom.pictures.diagrams import arrow, bold, label, svg
from dqn_tutorial.classroom.pictures.figures import BLACK, BLUE, GREY, ORANGE, RED
from dqn_tutorial.targets import td_target

ANGLE = 3.0  # degrees, of both poles now


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


def three_endings(has_targets: bool = True) -> tuple[str, str]:
    """Draw a fallen pole, a clock that rang and a reset row, and under each the target.
    Returns the SVG and the name of its text alternative.

    Args:
        has_targets: whether the targets are there, or a question mark for each.

    Source: Pardo et al. (2018). Taught in 05_critic.
    """
    reward, best, gamma = torch.ones(2), torch.tensor([[10.0], [10.0]]), 0.9
    fallen, stopped = td_target(reward, best, torch.tensor([True, False]), gamma)
    clock = (
        f'<circle cx="425" cy="72" r="20" fill="white" stroke="{BLACK}"'
        ' stroke-width="2"/>'
        f'<path d="M425 72 V58 M425 72 H435" stroke="{RED}" stroke-width="3"'
        ' fill="none"/>'
    )
    body = _cart(95, 78) + _cart(350, 2) + clock + _cart(545, 78, GREY) + _cart(652, -3)
    if has_targets:  # asked for, an arrow would look like a transition
        body += arrow("M567 84 C592 56 612 56 635 76", GREY, "6 4")
    for x, words, below, y in (
        (115, "the pole fell", "terminated", f"y = r = {fallen:g}"),
        (
            350,
            "the clock rang",
            "truncated",
            f"y = 1 + {gamma:g} &#215; 10 = {stopped:g}",
        ),
        (590, "reset row", "start of a new episode", "no transition, no y"),
    ):
        body += label(x, 26, bold(words)) + label(x, 172, below)
        body += label(x, 204, bold(y if has_targets else "y = ?"), size=16)
    body += label(
        350,
        238,
        "r = 1, but 0 in the reset row; &#947; = 0.9, max Q(s&#8242;, a&#8242;) = 10",
    )
    asked = "" if has_targets else "-asked"
    return svg(700, 252, body), f"picture-three-endings{asked}"


def two_states() -> tuple[str, str]:
    """Draw the two states with values w and 2w. Returns the SVG and the name of its
    text alternative.

    Source: Sutton & Barto (2018), section 11.2. Taught in 05_critic.
    """
    body = arrow("M228 58 H466") + label(347, 44, "reward 0")
    for x, words, below, colour, dash in (
        (170, "w", "state 1: updated", BLUE, "none"),
        (524, "2w", "state 2: never updated", ORANGE, "8 5"),
    ):
        body += (
            f'<ellipse cx="{x}" cy="58" rx="56" ry="36" fill="white" stroke="{colour}"'
            f' stroke-width="4" stroke-dasharray="{dash}"/>'
            f"{label(x, 66, words, size=24)}{label(x, 124, below)}"
        )
    body += label(347, 154, "one weight w, two values")
    return svg(700, 168, body), "picture-two-states"


def two_carts() -> tuple[str, str]:
    """Draw two carts at the same place, their poles at the same angle but turning
    opposite ways, and both again when the first pole has fallen.

    Source: Barto, Sutton & Anderson (1983); Gymnasium's CartPole. Taught in
    01_bellman_equation.
    """
    speeds = (0.8, -0.8)  # rad/s
    (first, after), (second, _) = _futures(ANGLE, speeds)
    body = label(350, 24, bold("seen: the cart's position and the pole's angle"))
    body += label(130, 54, "now") + label(560, 54, f"{after:.2f} s later")
    for top, later, speed in ((40, first, speeds[0]), (190, second, speeds[1])):
        turned = math.degrees(later[2])
        side = 1 if speed > 0 else -1
        reach = 130 + 56 * side
        bend = f"M{130 + 8 * side} 48 Q{130 + 42 * side} 46 {reach} 76"
        way = "right" if speed > 0 else "left"
        body += (
            f'<g transform="translate(0 {top})">{_cart(130, ANGLE)}'
            + arrow(bend, RED, "6 4")
            + _cart(560 + 100 * later[0], turned)
            + label(130, 164, f"position 0, angle {ANGLE:g}&#176;")
            + label(345, 96, "not seen: it turns")
            + label(345, 114, f"{way}, {abs(speed):g} rad/s")
            + arrow("M268 128 H422")
            + label(560, 164, f"angle {turned:.0f}&#176;".replace("-", "&#8722;"))
            + "</g>"
        )
    return svg(700, 372, body), "picture-two-carts"


def _futures(
    angle: float, speeds: tuple[float, float]
) -> list[tuple[NDArray[np.float64], float]]:
    """Push carts to and fro until the first pole has fallen. Returns of each the state
    `[4]` then, and the seconds that passed.
    """
    environments = [gym.make("CartPole-v1").unwrapped for _ in speeds]
    for environment, speed in zip(environments, speeds, strict=True):
        environment.reset(seed=0)
        environment.state = np.array([0, 0, math.radians(angle), speed])  # type: ignore
    for step in range(1, 100):
        ends = [environment.step(step % 2)[2] for environment in environments]
        if any(ends):
            break
    seconds = step * environments[0].tau  # type: ignore
    return [(np.asarray(e.state), seconds) for e in environments]  # type: ignore
