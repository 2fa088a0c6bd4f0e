"""Help comes a step at a time: the case, the misconception, the hint, the lines, the
solution.
"""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import exercise, hints, logbook, texts
from dqn_tutorial.classroom.check.exercise import MESSAGES, Exercise
from dqn_tutorial.classroom.check.verdict import Verdict, as_html

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CODED = [one for one in check.EXERCISES.values() if one.solution is not None]
SORTED = [
    one for one in CODED if texts.folded(one.notebook, one.name, "Lines")
]  # with their lines folded in the notebook


@pytest.fixture(autouse=True)
def begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner who begins, with a progress file of their own."""
    path = tmp_path / "progress.json"
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(path))
    exercise.FAILED.clear()
    exercise.LAST.clear()
    hints._GIVEN.clear()
    return path


def undiscounted(rewards: np.ndarray, gamma: float) -> float:
    return float(rewards.sum())


def test_the_first_try_shows_the_case_and_the_second_names_it() -> None:
    first, second = (check.discounted_return(undiscounted) for _ in range(2))
    assert "Inputs: `rewards` [" in first.message and "Right: " in first.message
    named = MESSAGES["discounted_return"]["no discount"]
    assert named not in first.message and named in second.message
    assert "Read again: 01_bellman_equation, section `The return`" in second.message


def test_a_right_answer_begins_the_count_anew() -> None:
    check.discounted_return(undiscounted)
    assert check.discounted_return(check.discounted_return.solution).status == "correct"
    named = MESSAGES["discounted_return"]["no discount"]
    assert named not in check.discounted_return(undiscounted).message


def test_hints_come_in_order_and_are_kept_with_progress(begins: Path) -> None:
    check.discounted_return(undiscounted)
    said = [repr(check.hint("discounted_return")) for _ in range(4)]
    assert said[0].startswith(MESSAGES["discounted_return"]["no discount"])
    assert said[1] == texts.folded("01_bellman_equation", "discounted_return", "Hint")
    assert "In order and indented" in said[2] and "check.solution" in said[3]
    assert "```python" in check.solution("discounted_return").words
    entry = logbook.read(begins)["discounted_return"]
    assert entry["help"] == ["misconception", "hint", "lines", "solution"]
    assert (entry["attempts"], entry["correct"]) == (1, False)


def test_help_needs_no_answer_and_no_file_that_can_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", "/proc/none.json")
    assert check.hint("polyak").words == texts.folded("05_critic", "polyak", "Hint")


def test_an_exercise_that_is_not_there_is_named() -> None:
    with pytest.raises(AttributeError, match="td_target"):
        check.hint("td_tagret")


@pytest.mark.parametrize("one", CODED, ids=lambda one: one.name)
def test_each_has_a_hint_a_solution_and_a_place_to_read_again(one: Exercise) -> None:
    for summary in ("Hint", "Solution"):
        assert texts.folded(one.notebook, one.name, summary)
    assert texts.section(one.notebook, one.name)


def test_eight_exercises_have_a_step_between_hint_and_solution() -> None:
    assert len(SORTED) >= 8
    for one in SORTED:
        lines = hints.unordered(one)
        assert f"```\n{lines}\n```" in texts.folded(one.notebook, one.name, "Lines")
        solution = texts.folded(one.notebook, one.name, "Solution")
        own = [line.strip() for line in solution.splitlines()]
        assert (
            set(lines.splitlines()) <= set(own)
            and sorted(lines.splitlines(), key=own.index) != lines.splitlines()
        )


@pytest.mark.parametrize("key, place", MESSAGES["again"].items())
def test_what_is_to_be_read_again_is_there(key: str, place: str) -> None:
    stem, _, heading = place.partition("#")
    assert re.search(
        rf"(?m)^##+ {re.escape(heading)}$", "\n\n".join(texts.cells(stem))
    ), place


@pytest.mark.parametrize("stem", sorted({one.notebook for one in CODED}))
def test_the_rules_stand_at_the_head_of_the_exercises(stem: str) -> None:
    cells = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    head = re.sub(r"\s+", " ", text.split("### Exercise")[0])
    assert "return what the stub names" in head and "check.hint(" in head


def test_what_is_quoted_stays_as_it_is() -> None:
    words = as_html("Not *this*: `a *b* c`, `` x`y` `` and <b>.")
    assert words == (
        "Not <em>this</em>: <code>a *b* c</code>, <code>x`y`</code> and &lt;b&gt;."
    )


def test_a_check_without_an_answer_says_what_it_wants() -> None:
    assert "brackets" in check.polyak().message
    assert repr(check.polyak).startswith("An exercise of 05_critic")
    assert isinstance(check.polyak(), Verdict)
