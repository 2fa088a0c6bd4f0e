"""Exercises that check themselves: `check.td_target(your_td_target)` says whether it is
right, and if not, why.
"""

from dqn_tutorial.classroom.check import (
    logbook,
    notebook_01,
    notebook_02,
    notebook_03,
    notebook_04,
    notebook_05,
    notebook_06,
    notebook_07,
    notebook_08,
    notebook_10,
    overview,
)
from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.classroom.pictures.figures import show
from dqn_tutorial.config import nearest

EXERCISES: dict[str, Exercise] = {  # in the order of the course
    name: value
    for module in (
        notebook_01,
        notebook_02,
        notebook_03,
        notebook_04,
        notebook_05,
        notebook_06,
        notebook_07,
        notebook_08,
        notebook_10,
    )
    for name, value in vars(module).items()
    if isinstance(value, Exercise)
}


def progress() -> None:
    """Say and show which exercises are done, which were tried and which comes next.

    Raises:
        ValueError: the progress file is broken.
    """
    entries = logbook.read(logbook.logbook_path())
    print(overview.in_one_line(EXERCISES, entries))
    show(*overview.progress_figure(EXERCISES, entries))


def __getattr__(name: str) -> Exercise:
    if name not in EXERCISES:
        raise AttributeError(
            f"there is no exercise {name!r}: {nearest(name, EXERCISES)}"
        )
    return EXERCISES[name]


def __dir__() -> list[str]:
    return [*EXERCISES, "progress"]
