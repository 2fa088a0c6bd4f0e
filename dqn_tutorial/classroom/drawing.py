"""Shapes for diagrams as SVG text: lines of text, arrows and boxes on a white page."""

from dqn_tutorial.classroom.plots import BLACK, GREEN, GREY, RED

SIZE = 14  # of text, in pixels


def svg(width: int, height: int, body: str) -> str:
    """Return an SVG of that size in pixels on white, with the heads of `arrow` and the
    course's font.

    Source: SVG 1.1.
    """
    heads = "".join(
        f'<marker id="{_head(colour)}" viewBox="0 0 10 10" refX="9" refY="5"'
        ' markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0'
        f' L10 5 L0 10 z" fill="{colour}"/></marker>'
        for colour in (BLACK, RED, GREEN, GREY)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}"><rect width="100%" height="100%"'
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


def arrow(path: str, colour: str = BLACK, dash: str = "") -> str:
    """Return a path that ends in an arrow head; black, red, green or grey. Source:
    SVG 1.1.
    """
    line = (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.8"'
        f' stroke-dasharray="{dash or "none"}" '
    )
    return f'{line}marker-end="url(#{_head(colour)})"/>'


def box(
    x: float, y: float, width: float, height: float, words: str, colour: str
) -> str:
    """Return a rounded box with a word in its middle. Source: SVG 1.1."""
    frame = (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8"'
        f' fill="{colour}" fill-opacity="0.15" '
    )
    return (
        f'{frame}stroke="{colour}"'
        f' stroke-width="2"/>{label(x + width / 2, y + height / 2 + 5, words)}'
    )


def _head(colour: str) -> str:
    return f"tip-{colour.lstrip('#')}"
