"""Diagrams as SVG text, each with its text alternative: `show(*diagram())` puts one on
the page.
"""

from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    BLUE,
    COLUMN,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
)

KINDS = ("expectation", "optimality", "q_learning", "sarsa")
SIZE = 14  # of text, in the pixels of a drawing of at most `COLUMN`


def svg(width: int, height: int, body: str) -> str:
    """Return an SVG on white, drawn in that many pixels and shown as wide as the
    column, with the heads of `arrow` and the course's font.

    Source: SVG 1.1.
    """
    heads = "".join(
        f'<marker id="{_head(colour)}" viewBox="0 0 10 10" refX="9" refY="5"'
        ' markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0'
        f' L10 5 L0 10 z" fill="{colour}"/></marker>'
        for colour in (BLACK, RED, GREEN, GREY)
    )
    shown = f'width="{COLUMN}" height="{height * COLUMN / width:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' {shown}><rect width="100%" height="100%"'
        f' fill="white"/><defs>{heads}</defs><g font-family="sans-serif"'
        f' font-size="{SIZE}" fill="{BLACK}">{body}</g></svg>'
    )


def label(
    x: float,
    y: float,
    words: str,
    anchor: str = "middle",
    colour: str = BLACK,
    size: int = SIZE,
) -> str:
    """Return a line of text at a point; the markup of `words` is kept. Source: SVG 1.1.
    Taught in 01_bellman_equation.
    """
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}"'
        f' font-size="{size}">{words}</text>'
    )


def bold(words: str) -> str:
    """Return words for a label in bold type. Source: SVG 1.1."""
    return f'<tspan font-weight="bold">{words}</tspan>'


def lowered(letters: str, low: str) -> str:
    """Return letters for a label with an index that is large enough to be read.
    Source: SVG 1.1.
    """
    index = f'<tspan dy="4" font-size="{SIZE - 1}">{low}</tspan>'
    return f'{letters}{index}<tspan dy="-4">&#8203;</tspan>'


def arrow(path: str, colour: str = BLACK, dash: str = "") -> str:
    """Return a path that ends in an arrow head; black, red, green or grey. Source:
    SVG 1.1.
    """
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"'
        f' stroke-dasharray="{dash or "none"}" marker-end="url(#{_head(colour)})"/>'
    )


def box(
    x: float, y: float, width: float, height: float, words: str, colour: str
) -> str:
    """Return a rounded box with a word in its middle. Source: SVG 1.1."""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8"'
        f' fill="{colour}" fill-opacity="0.15" stroke="{colour}"'
        f' stroke-width="2"/>{label(x + width / 2, y + height / 2 + 5, words)}'
    )


def _head(colour: str) -> str:
    return f"tip-{colour.lstrip('#')}"


def agent_environment_loop() -> tuple[str, str]:
    """Return the loop of agent and environment: the SVG and its text alternative.

    Source: Sutton & Barto (2018), figure 3.1. Taught in 01_bellman_equation.
    """
    alt = (
        "The agent sends an action to the environment. The environment answers with a"
        " reward and the next state, which is the agent's state of the following step."
    )
    body = (
        box(170, 16, 160, 52, "agent", BLUE)
        + box(170, 132, 160, 52, "environment", ORANGE)
        + arrow("M330 42 H430 V158 H334")
        + arrow("M170 158 H70 V42 H166")
        + label(440, 96, "action " + lowered("A", "t"), "start")
        + label(440, 116, "0 left, 1 down,", "start")
        + label(440, 132, "2 right, 3 up", "start")
        + label(60, 92, "reward " + lowered("R", "t+1"), "end")
        + label(60, 116, "state " + lowered("S", "t+1"), "end")
    )
    return svg(620, 200, f'<g transform="translate(56 0)">{body}</g>'), alt


def backup_ladder() -> tuple[str, str]:
    """Return the targets of 1, 2, 3 and all steps, from TD to Monte Carlo: the SVG and
    the name of its text alternative.

    Source: Sutton & Barto (2018), figure 7.1. Taught in 06_agent.
    """
    rows = ("n = 1: TD", "n = 2", "n = 3", "to the end:", "Monte Carlo")
    body = label(330, 24, "rewards that were received", "start")
    for n in range(1, 5):
        y = 8 + 54 * n
        body += label(16, y + 5, rows[n - 1], "start") + _ring(128, y)
        for k in range(n):
            x = 128 + 88 * k
            body += arrow(f"M{x + 12} {y} H{x + 74}") + _ring(x + 88, y)
            body += label(x + 42, y - 8, lowered("r", str(k + 1)))
        x = 128 + 88 * n
        if n < 4:
            body += f'<rect x="{x + 16}" y="{y - 16}" width="112" height="32" rx="6"'
            body += f' fill="white" stroke="{GREEN}" stroke-dasharray="6 4"/>'
            body += label(x + 72, y + 5, "guess: max Q")
        else:
            body += label(x + 16, y + 5, bold("the end") + ": no guess", "start")
    body += label(16, 248, rows[4], "start")
    body += arrow("M664 56 V222") + label(676, 46, "little noise, a guess early", "end")
    body += label(676, 248, "much noise, no guess", "end")
    return svg(700, 262, body), "picture-backup-ladder"


def backup_diagram(kind: str) -> tuple[str, str]:
    """Return what flows back to Q(s, a) in one update: the SVG and its text
    alternative.

    Args:
        kind: `expectation` and `optimality` look at every next state, `q_learning` and
            `sarsa` at one sampled.

    Raises:
        ValueError: another kind.

    Source: after Sutton & Barto (2018), section 3.5 and figure 6.5. Taught in
    01_bellman_equation.
    """
    if kind not in KINDS:
        raise ValueError(
            f"kind = {kind!r} is not known: it must be one of {', '.join(KINDS)}"
        )
    sampled, greedy = (
        kind in ("q_learning", "sarsa"),
        kind
        in (
            "optimality",
            "q_learning",
        ),
    )
    next_states = [250.0] if sampled else [110.0, 250.0, 390.0]
    parts = [label(250, 20, "state s, action a"), _dot(250, 36)]
    for x in next_states:
        parts += [arrow(f"M250 42 L{x:g} 88"), _ring(x, 98)]
        actions = [x] if kind == "sarsa" else [x - 48, x - 16, x + 16, x + 48]
        parts += [arrow(f"M{x:g} 108 L{a:g} 152") + _dot(a, 160) for a in actions]
        if greedy:
            arc = f"M{x - 27:g} 131 Q{x:g} 146 {x + 27:g} 131"
            parts.append(
                f'<path d="{arc}" fill="none" stroke="{PURPLE}" stroke-width="3"/>'
            )
    chance = (
        "one s' drawn by the environment"
        if sampled
        else "average over s' with p(s' | s, a)"
    )
    choice = {
        "expectation": "average over a' with \u03c0(a' | s')",
        "sarsa": "one a' drawn from the policy",
    }
    parts += [
        label(470, 72, chance, "start"),
        label(470, 136, choice.get(kind, "the best a' (the arc: a maximum)"), "start"),
    ]
    parts += [
        _ring(480, 176),
        label(496, 181, "state", "start"),
        _dot(570, 176),
        label(586, 181, "action", "start"),
    ]
    return svg(720, 196, "".join(parts)), (
        f"From state s and action a, {chance}; from there,"
        f" {choice.get(kind, 'the best next action, the maximum')}."
        f" {'One branch' if sampled else 'All branches'} of next states."
    )


def _ring(x: float, y: float) -> str:
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="9" fill="white" stroke="{BLUE}"'
        ' stroke-width="2.5"/>'
    )


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="6" fill="{GREEN}" stroke="{GREY}"/>'
