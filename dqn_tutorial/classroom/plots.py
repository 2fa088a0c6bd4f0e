"""Figures in one palette, each shown with a text alternative that reaches the
reader.
"""

import ast
import base64
import html
import inspect
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from cycler import cycler
from IPython.display import display
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dqn_tutorial.stats import bootstrap_interval, interquartile_mean

BLUE, ORANGE, GREEN, PURPLE, RED, SKY, BLACK, GREY = (
    *(
        "#0072B2",
        "#E69F00",
        "#009E73",
        "#CC79A7",
        "#D55E00",
        "#56B4E9",
        "#222222",
        "#999999",
    ),
)  # Okabe & Ito: told apart by colour-blind readers too
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.prop_cycle": cycler(
        color=[BLUE, ORANGE, GREEN, PURPLE, RED, SKY],
        linestyle=["-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1))],
    ),
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "lines.linewidth": 1.8,
}
PIXELS_PER_INCH = 80  # on the page; pictures hold twice as many


def new_figure(
    width: float = 7.0, height: float = 3.0, columns: int = 1, rows: int = 1
) -> tuple[Figure, Any]:
    """Return a figure of that size in inches, without pyplot, and its axes: one, or an
    array of them.

    Source: matplotlib. Taught in 01_bellman_equation.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        return figure, figure.subplots(rows, columns)


def png(figure: Figure) -> bytes:
    """Return the figure as a PNG of twice the pixels it takes on the page. Source:
    matplotlib.
    """
    buffer = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(
            buffer, format="png", dpi=2 * PIXELS_PER_INCH, metadata={"Software": None}
        )
    return buffer.getvalue()


def image_bundle(data: bytes, mime: str, alt: str, width: int) -> dict[str, str]:
    """Return what a notebook stores of a picture: an `img` with its `alt`, and the same
    words as plain text.

    An image output has no place for a text alternative; an `img` in HTML keeps it in
    the notebook, in an untrusted notebook and in an export.

    Source: WCAG 2.2, criterion 1.1.1.
    """
    source = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    tag = (
        f'<img alt="{html.escape(alt)}" width="{width}" style="max-width: 100%; height:'
        f' auto" src="{source}">'
    )
    return {"text/html": tag, "text/plain": f"Figure: {alt}"}


def show_code(function: Callable[..., Any]) -> None:
    """Print a function of the package as it stands, its docstring left out. Taught in
    06_agent.
    """
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    definition = ast.parse("\n".join(lines)).body[0]
    assert isinstance(definition, ast.FunctionDef)
    if ast.get_docstring(definition) is not None:
        told = definition.body[0]
        assert told.end_lineno is not None
        del lines[told.lineno - 1 : told.end_lineno]
    print("\n".join(lines))


def show(picture: Figure | str, alt: str, width: int = 0) -> None:
    """Show a figure, or an SVG given as text, with its text alternative.

    Args:
        picture: a matplotlib figure or the text of an SVG.
        alt: what a reader who cannot see it must know, in a sentence or two.
        width: of an SVG, in pixels.

    Raises:
        ValueError: an empty text alternative.

    Source: WCAG 2.2, criterion 1.1.1. Taught in 01_bellman_equation.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say in a sentence what the figure shows")
    if isinstance(picture, Figure):
        bundle = image_bundle(
            png(picture),
            "image/png",
            alt,
            int(picture.get_figwidth() * PIXELS_PER_INCH),
        )
    else:
        bundle = image_bundle(picture.encode(), "image/svg+xml", alt, width or 480)
    display(bundle, raw=True)


def show_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show a table as HTML, and as plain text where there is none. Source: WCAG 2.2,
    criterion 1.3.1.
    """
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows)]

    def cells(row: Sequence[str], tag: str, more: str = "") -> str:
        parts = (
            f'<{tag}{more} style="text-align: left">{html.escape(cell)}</{tag}>'
            for cell in row
        )
        return f"<tr>{''.join(parts)}</tr>"

    body = "".join(cells(row, "td") for row in rows)
    caption = f'<caption style="text-align: left"><b>{html.escape(title)}</b></caption>'
    top = f"<thead>{cells(head, 'th', ' scope=col')}</thead>"
    page = f"<table>{caption}{top}<tbody>{body}</tbody></table>"
    display({"text/html": page, "text/plain": "\n".join([title, *lines])}, raw=True)


def running_mean(
    values: Sequence[float] | NDArray[np.float64], window: int = 20
) -> NDArray[np.float64]:
    """Return at each position the mean of the last `window` values, of fewer at the
    start.
    """
    total = np.cumsum(np.concatenate([[0.0], values]))
    end = np.arange(1, len(total))
    start = np.maximum(end - window, 0)
    return np.asarray((total[end] - total[start]) / (end - start))


def learning_curve(
    episodes: Sequence[tuple[int, float]],
    evaluations: Sequence[tuple[int, float]],
    solved_at: float | None,
    title: str,
) -> tuple[Figure, str]:
    """Draw the returns of training episodes and of greedy evaluations over environment
    steps.

    Args:
        episodes: (step, return) of each finished training episode.
        evaluations: (step, mean return) of each greedy evaluation.
        solved_at: threshold to draw, if there is one.
        title: of the figure.

    Returns:
        The figure and its text alternative.

    Source: Machado et al. (2018) on showing both.
    """
    figure, axes = new_figure(width=9)
    draw_returns(axes, episodes, evaluations, solved_at)
    axes.set_title(title)
    return figure, describe_returns(title, episodes, evaluations, solved_at)


def population_curve(
    steps: Sequence[int],
    returns: NDArray[np.float64],
    solved_at: float | None,
    title: str,
) -> tuple[Figure, str]:
    """Draw the greedy returns of many seeds: mean and interquartile mean, each with its
    95 % interval over seeds.

    Args:
        steps: `[T]`, environment steps of one agent at each evaluation.
        returns: `[N, T]`, mean greedy return of each seed at each evaluation.
        solved_at: threshold to draw, if there is one.
        title: of the figure.

    Returns:
        The figure and its text alternative.

    Raises:
        ValueError: fewer than two seeds.

    Source: Agarwal et al. (2021), section 4.
    """
    figure, axes = new_figure(width=9)
    axes.plot(steps, returns.T, "-", color=GREY, linewidth=0.6, alpha=0.5)
    axes.plot([], [], "-", color=GREY, linewidth=0.6, label="one seed")
    words = [f"{title}. Greedy return over environment steps, a line a seed."]
    for trim, label, color, style in (
        (0.0, "mean", BLUE, "o-"),
        (0.25, "interquartile mean", ORANGE, "s--"),
    ):
        low, high = bootstrap_interval(returns, trim=trim, resamples=2_000)
        middle = interquartile_mean(returns) if trim else returns.mean(0)
        axes.plot(
            steps,
            middle,
            style,
            color=color,
            markersize=4,
            label=f"{label}, 95 % interval",
        )
        axes.fill_between(steps, low, high, color=color, alpha=0.25, linewidth=0)
        words.append(
            f"Last {label} {middle[-1]:.0f}, interval {low[-1]:.0f} to {high[-1]:.0f}."
        )
    if solved_at is not None:
        axes.axhline(
            solved_at, color=GREEN, linestyle=":", label=f"solved: {solved_at:g}"
        )
        words.append(
            f"At {solved_at:g} or more: {(returns[:, -1] >= solved_at).sum()} of"
            f" {len(returns)} seeds."
        )
    axes.set(
        xlabel="environment steps of one seed", ylabel="greedy return", title=title
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    return figure, " ".join(words)


def seeds_by_arm(
    arms: Mapping[str, NDArray[np.float64]],
    measure: str,
    title: str,
    truth: float | None = None,
) -> tuple[Figure, str]:
    """Draw a row for each arm of a comparison: a dot for each seed, and the mean with
    its 99 % interval over seeds.

    Args:
        arms: names and figures `[N]` of the seeds; the first stands on top.
        measure: what the figure of a seed is.
        title: of the figure.
        truth: a value to mark, if there is one.

    Returns:
        The figure and its text alternative.

    Source: Agarwal et al. (2021), section 4. Taught in 08_what_matters.
    """
    figure, axes = new_figure(width=8, height=0.9 + 0.45 * len(arms))
    rng, words = (
        np.random.default_rng(0),
        [f"{title}. {measure}, a dot for each seed, a row for each arm."],
    )
    for row, (name, values) in enumerate(arms.items()):
        (low, high), mean = bootstrap_interval(values, 0.99), values.mean()
        axes.plot(
            values,
            row + rng.uniform(-0.2, 0.2, len(values)),
            "o",
            color=SKY,
            markersize=4,
            alpha=0.6,
        )
        axes.plot([low, high], [row, row], "-", color=BLACK, linewidth=4)
        axes.plot(mean, row, "D", color=ORANGE, markeredgecolor=BLACK, markersize=7)
        words.append(f"{name}: mean {mean:.3g}, interval {low:.3g} to {high:.3g}.")
    if truth is not None:
        axes.axvline(truth, color=GREEN, linestyle=":")
        words.append(f"The dotted line is the truth, {truth:.3g}.")
    axes.set(
        yticks=range(len(arms)),
        yticklabels=list(arms),
        ylim=(len(arms) - 0.5, -0.5),
        xlabel=measure,
        title=title,
    )
    return figure, " ".join(words)


def draw_returns(
    axes: Axes,
    episodes: Sequence[tuple[int, float]],
    evaluations: Sequence[tuple[int, float]],
    solved_at: float | None,
) -> None:
    """Draw the same into given axes. Source: as in `learning_curve`. Taught in
    07_train_cartpole.
    """
    if episodes:
        steps, returns = zip(*episodes, strict=True)
        axes.plot(
            steps,
            returns,
            ".",
            color=GREY,
            markersize=3,
            alpha=0.5,
            label="training episode (explores)",
        )
        axes.plot(
            steps, running_mean(returns), "-", color=BLUE, label="mean of the last 20"
        )
    if evaluations:
        axes.plot(
            *zip(*evaluations, strict=True),
            "o--",
            color=ORANGE,
            label="greedy evaluation",
        )
    if solved_at is not None:
        axes.axhline(
            solved_at, color=GREEN, linestyle=":", label=f"solved: {solved_at:g}"
        )
    axes.set(xlabel="environment steps", ylabel="episode return")
    # beside the points, not on them
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)


def describe_returns(
    title: str,
    episodes: Sequence[tuple[int, float]],
    evaluations: Sequence[tuple[int, float]],
    solved_at: float | None,
) -> str:
    """Put a learning curve in words. Source: as in `learning_curve`."""
    words = [f"{title}. Episode return over environment steps."]
    if episodes:
        last = running_mean([value for _, value in episodes])[-1]
        words.append(
            f"{len(episodes)} training episodes; the last 20 have a mean return of"
            f" {last:.0f}."
        )
    if evaluations:
        points = ", ".join(
            f"{value:.0f} at step {step:,}" for step, value in evaluations
        )
        words.append(f"Greedy evaluations: {points}.")
    if solved_at is not None:
        words.append(f"Solved from {solved_at:g}.")
    return " ".join(words)
