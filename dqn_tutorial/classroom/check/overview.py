"""What a learner has done and what is open, in one picture."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.classroom.check.logbook import ASKED
from dqn_tutorial.classroom.pictures.figures import (
    BLACK,
    GREEN,
    GREY,
    ORANGE,
    new_figure,
)

Entries = Mapping[str, Mapping[str, Any]]
WIDEST = 4  # boxes in a row
# told apart without colour: filled, hatched, empty
LOOKS: dict[str, dict[str, Any]] = {
    "done": {"facecolor": GREEN, "edgecolor": BLACK},
    "tried": {"facecolor": "white", "edgecolor": ORANGE, "hatch": "////"},
    "open": {"facecolor": "white", "edgecolor": GREY},
}


def state_of(name: str, entries: Entries) -> str:
    """Return `done`, `tried` or `open`."""
    if name not in entries:
        return "open"
    return "done" if entries[name]["correct"] else "tried"


def number_of(name: str, exercises: Mapping[str, Exercise]) -> str:
    """Return the number of an exercise in its notebook, such as `5.2`."""
    stem = exercises[name].notebook
    names = [
        other for other, exercise in exercises.items() if exercise.notebook == stem
    ]
    return f"{int(stem[:2])}.{names.index(name) + 1}"


def in_one_line(exercises: Mapping[str, Exercise], entries: Entries) -> str:
    """Say how many exercises are done, and which is the first that is not.

    Args:
        exercises: by name, in the order of the course.
        entries: what `logbook.read` gives.
    """
    left = [
        exercise
        for name, exercise in exercises.items()
        if state_of(name, entries) != "done"
    ]
    words = f"{len(exercises) - len(left)} of {len(exercises)} exercises are done."
    if not left:
        return words
    return (
        f"{words} Next: {number_of(left[0].name, exercises)} {left[0].name} in"
        f" {left[0].notebook}."
    )


def of_questions(entries: Entries) -> str:
    """Say how many questions are answered, or nothing where none is."""
    own = [entry for name, entry in entries.items() if name.startswith(ASKED)]
    right = sum(entry["correct"] for entry in own)
    said = "1 question is" if len(own) == 1 else f"{len(own)} questions are"
    return f"{said} answered, {right} right at the first try." if own else ""


def progress_figure(
    exercises: Mapping[str, Exercise], entries: Entries
) -> tuple[Figure, str]:
    """Draw a box for each exercise of a notebook, in rows of at most four.

    Args:
        exercises: by name, in the order of the course; those of a notebook stand
            together.
        entries: what `logbook.read` gives; other names in it are not drawn.

    Returns:
        The figure and its text alternative.
    """
    rows = [
        (stem, [one.name for one in group])
        for stem, group in groupby(exercises.values(), lambda e: e.notebook)
    ]
    height = sum(-(-len(names) // WIDEST) for _, names in rows)
    figure, axes = new_figure(width=10, height=0.5 + 0.52 * height)
    words, row = [], 0
    for stem, names in rows:
        axes.text(-0.05, row, stem, ha="right", va="center")
        for place, name in enumerate(names):
            _draw_box(
                axes,
                place % WIDEST,
                row + place // WIDEST,
                f"{number_of(name, exercises)} {name}",
                state_of(name, entries),
            )
        parts = {
            state: [name for name in names if state_of(name, entries) == state]
            for state in LOOKS
        }
        listed = "; ".join(
            f"{state}: {', '.join(part)}" for state, part in parts.items() if part
        )
        words.append(f"{stem}: {len(parts['done'])} of {len(names)} done ({listed}).")
        row += -(-len(names) // WIDEST)
    widest = min(max((len(names) for _, names in rows), default=1), WIDEST)
    axes.set(xlim=(-0.05, widest), ylim=(height - 0.4, -0.6))
    axes.axis("off")
    figure.legend(
        handles=[Patch(label=state, **look) for state, look in LOOKS.items()],
        loc="outside upper right",
        ncols=len(LOOKS),
        frameon=False,
    )
    return figure, " ".join(["Exercises by notebook.", *words])


def _draw_box(axes: Axes, column: int, row: int, title: str, state: str) -> None:
    axes.add_patch(
        Rectangle((column, row - 0.42), 0.96, 0.84, linewidth=1.2, **LOOKS[state])
    )
    breaks = [place + 1 for place, letter in enumerate(title) if letter == "_"]
    middle = min(breaks, key=lambda place: abs(place - len(title) / 2), default=0)
    middle *= len(title) > 14  # shorter ones fit
    text = f"{title[:middle]}\n{title[middle:]}" if middle else title
    mark = "✓ " if state == "done" else ""
    paper = (
        {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        if state == "tried"
        else None
    )
    axes.text(
        column + 0.48,
        row,
        mark + text,
        ha="center",
        va="center",
        linespacing=1.0,
        bbox=paper,
    )
