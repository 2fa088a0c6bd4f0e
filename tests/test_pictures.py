"""Every picture can be read: its text is at least 14 pixels high where it is shown, and
it has words. What notebooks draw themselves is measured as they run (`tests/proofs`).
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from dqn_tutorial.classroom import check, pictures
from dqn_tutorial.classroom.clinic import pictures as of_clinic
from dqn_tutorial.classroom.live.small import Panel, bands, draw_bands
from dqn_tutorial.classroom.live.tabular_labs import best_way, draw_way
from dqn_tutorial.classroom.pictures import diagrams, dqn_pictures, figures
from dqn_tutorial.classroom.pictures.agent_view import VIEWS, draw_agent
from dqn_tutorial.classroom.pictures.curves import LivePlot, draw_returns
from dqn_tutorial.classroom.pictures.figures import new_figure, words_for
from dqn_tutorial.classroom.pictures.grid_view import draw_grid
from dqn_tutorial.classroom.pictures.task_pictures import reaches
from dqn_tutorial.mdp import greedy_policy, slippery_grid, value_iteration
from dqn_tutorial.tasks import combination_lock, house_numbers
from tests import measure

EPISODES = [(100 * i, float(i % 50)) for i in range(1, 40)]
EVALUATIONS = [(1_000, 10.0), (2_000, 40.0)]
SEEDS = np.random.default_rng(0).normal(300, 50, (8, 2))
# what those that need arguments are drawn with
SAMPLES: dict[str, list[tuple[Any, ...]]] = {
    "backup_diagram": [(kind,) for kind in diagrams.KINDS],
    "dqn_picture": [(), *(((name,),) for name in dqn_pictures.PARTS)],
    "learning_curve": [(EPISODES, EVALUATIONS, 475, "One run")],
    "population_curve": [([1_000, 2_000], SEEDS, 475, "Many seeds")],
    "seeds_by_arm": [({"with": SEEDS[:, 0], "without": SEEDS[:, 1]}, "score", "Arms")],
    "three_endings": [(True,), (False,)],
    "value_against_return": [(SEEDS[:, 0], SEEDS[:, 1])],
}


def functions() -> Iterator[Callable[..., tuple[Any, str]]]:
    """Yield what returns a picture and its words."""
    for found in pkgutil.iter_modules(pictures.__path__):
        module = importlib.import_module(f"{pictures.__name__}.{found.name}")
        for name, value in inspect.getmembers(module, inspect.isfunction):
            returned = inspect.signature(value).return_annotation
            if returned in (tuple[str, str], tuple[Figure, str]):
                if value.__module__ == module.__name__ and not name.startswith("_"):
                    yield value


PICTURES = [
    pytest.param(one, arguments, id=f"{one.__name__}-{number}")
    for one in functions()
    for number, arguments in enumerate(SAMPLES.get(one.__name__, [()]))
]


def can_be_read(picture: Figure | str, width: int = 0) -> None:
    size, words = measure.smallest(picture, width)
    assert size >= measure.LEAST - 1e-6, f"{words!r} is {size:.1f} pixels high"


@pytest.mark.parametrize(("draw", "arguments"), PICTURES)
def test_a_picture_can_be_read_and_has_words(
    draw: Callable[..., tuple[Any, str]], arguments: tuple[Any, ...]
) -> None:
    picture, alt = draw(*arguments)
    can_be_read(picture)
    assert " " in words_for(alt)
    about = figures.image_metadata(figures.image_bundle(picture, words_for(alt)))
    assert all(one["width"] <= measure.COLUMN for one in about.values())


@pytest.mark.parametrize(("draw", "arguments"), PICTURES)
def test_the_numbers_in_the_words_of_an_svg_stand_in_it(
    draw: Callable[..., tuple[Any, str]], arguments: tuple[Any, ...]
) -> None:
    picture, alt = draw(*arguments)
    if isinstance(picture, str):
        shown = re.findall(
            r"\d+(?:\.\d+)?", " ".join(re.findall(r">([^<]+)<", picture))
        )
        told = re.findall(r"\d+\.\d+|\d+(?= of )|(?<= of )\d+", words_for(alt))
        assert set(told) <= set(shown)


def test_there_are_as_many_pictures_as_the_course_needs() -> None:
    assert len({one.values[0] for one in PICTURES}) >= 25


def test_what_other_rooms_draw_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(of_clinic, "show", lambda figure, alt: drawn.append(figure))
    pair = (SEEDS, SEEDS)
    of_clinic.draw_curves("patient 3", pair, pair)
    drawn.append(draw_way(best_way(lambda share: None, 0.9), None))
    names = list(check.EXERCISES)
    entries = {name: {"correct": i % 2 == 0} for i, name in enumerate(names[:20])}
    drawn.append(check.overview.progress_figure(check.EXERCISES, entries)[0])
    panel = Panel("What is learned", "distance", (0, 500), truth=300, truth_label="q*")
    for panels in ([panel], [panel, panel]):
        answer = bands(lambda tell: ([0, 1], [SEEDS, SEEDS]), "steps", panels)
        told = answer(lambda share: None)
        drawn.append(draw_bands(told, told))
    for figure in drawn:
        can_be_read(figure)


def test_what_helpers_draw_into_a_figure_can_be_read() -> None:
    mdp = slippery_grid()
    q = value_iteration(mdp)
    figure, axes = new_figure(10, 5, columns=2)
    policy = greedy_policy(q)
    draw_grid(axes[0], mdp, values=q.max(-1), policy=policy, title="v*", numbers=True)
    draw_grid(axes[1], mdp, q=q, title="q*", highlight=[4])
    can_be_read(figure)
    figure, axes = new_figure(9)
    draw_returns(axes, EPISODES, EVALUATIONS, 475)
    can_be_read(figure)
    can_be_read(LivePlot(20_000).figure)
    for env in (*VIEWS, "another"):
        can_be_read(draw_agent(env, np.ones((2, 16)), "An agent moves."))


def test_what_is_added_to_a_figure_later_can_be_read() -> None:
    figure, axes = new_figure()
    axes.plot([1, 2], label="a line")
    axes.legend(title="lines")
    axes.set_title("a title")
    axes.text(1, 1.5, "a word")
    figure.suptitle("above all")
    can_be_read(figure)


@pytest.mark.parametrize("width", [7.0, 11.0])
def test_text_that_is_too_small_is_found(width: float) -> None:
    figure, axes = new_figure(width)
    axes.text(0.5, 0.5, "tiny", fontsize=8 if width < 10 else None)
    with pytest.raises(AssertionError, match="pixels high"):
        can_be_read(figure)


@pytest.mark.parametrize(
    ("words", "width"),
    [("large", 400), ('<tspan font-size="9">t</tspan>', 0), ("x₁", 0)],
)
def test_text_of_an_svg_that_is_too_small_is_found(words: str, width: int) -> None:
    with pytest.raises(AssertionError, match="pixels high"):
        can_be_read(diagrams.svg(700, 100, diagrams.label(0, 0, words)), width)


def test_what_a_process_shows_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "image_bundle", figures.image_bundle)
    monkeypatch.setattr(figures, "watched", [], raising=False)
    monkeypatch.delattr(figures, "watched")
    measure.watch()
    figure, axes = new_figure()
    figures.show(figure, "An empty figure.")
    measure.watch()
    axes.text(0.5, 0.5, "tiny", fontsize=8)
    figures.show(figure, "A figure with a tiny word.")
    with pytest.raises(AssertionError, match="tiny"):
        measure.watch()
    measure.watch()
    monkeypatch.delattr(figures, "watched")


def test_a_part_of_dqn_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="memory"):
        dqn_pictures.dqn_picture(("memry",))


def test_the_others_are_dashed_and_not_only_grey() -> None:
    every, _ = dqn_pictures.dqn_picture()
    one, words = dqn_pictures.dqn_picture(("memory",))
    assert 'dasharray="5 4"' not in every and one.count('dasharray="5 4"') == 5
    assert "memory" in words.rpartition("Shown in full")[2]


def test_the_chance_of_random_steps() -> None:
    lock = combination_lock()
    # right seven times in a row
    assert reaches(lock, 7, 7) == pytest.approx(1 / 2**7)
    assert reaches(house_numbers(2), 1, 1) == 0.5
