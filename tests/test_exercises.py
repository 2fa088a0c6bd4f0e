"""Every exercise: right answers accepted, wrong ones refused with their own message,
and its place in a notebook.
"""

import ast
import importlib
import re
import zlib
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.check import guard
from dqn_tutorial.classroom.check.exercise import MESSAGES, Exercise, Verdict
from dqn_tutorial.classroom.check.overview import number_of
from tests.exercises import Answers

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
# a file notebook_NN.py for each notebook with exercises, here and in the package
ANSWERS_IN: dict[str, dict[str, Answers]] = {
    number: importlib.import_module(f"tests.exercises.notebook_{number}").ANSWERS
    for number in ("01", "02", "03", "04", "05", "06", "07", "08", "10", "11")
}
ANSWERS = {
    name: answers
    for of_file in ANSWERS_IN.values()
    for name, answers in of_file.items()
}
HEADING = re.compile(
    r"### Exercise \d+\.\d+: .+ \((\d+) minutes, difficulty (\d) of 3\)"
)
each_exercise = pytest.mark.parametrize(
    "exercise", check.EXERCISES.values(), ids=lambda exercise: exercise.name
)


def name_of(answer: Any) -> str:
    return getattr(answer, "__name__", repr(answer))


def verdicts_of(name: str, answer: Any, n_draws: int = 1) -> list[Verdict]:
    """Judge on the inputs of a learner's check, and on others that answers share."""
    seeds = zlib.crc32(name.encode()), zlib.crc32(name_of(answer).encode()) % 3
    return [check.EXERCISES[name].verdict(answer, seed) for seed in seeds[:n_draws]]


def test_every_exercise_has_answers() -> None:
    assert set(ANSWERS) == set(check.EXERCISES) == set(check._FOUND)
    for answers in ANSWERS.values():
        assert len(answers.correct) >= 3 and len(answers.wrong) >= 6


def notebooks() -> list[str]:
    return [
        path.stem
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        if path.stem[:2] in ANSWERS_IN
    ]


@pytest.mark.parametrize(
    "name, answer",
    [(name, answer) for name, answers in ANSWERS.items() for answer in answers.correct],
    ids=lambda value: name_of(value),
)
def test_a_right_answer_is_accepted(name: str, answer: Any) -> None:
    for verdict in verdicts_of(name, answer, n_draws=2):
        assert verdict.status == "correct", verdict


@pytest.mark.parametrize(
    "name, answer, key",
    [
        (name, answer, key)
        for name, answers in ANSWERS.items()
        for answer, key in answers.wrong
    ],
    ids=lambda value: name_of(value),
)
def test_a_wrong_answer_is_refused_with_the_message_of_its_misconception(
    name: str, answer: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "endless" in key:
        monkeypatch.setattr(guard, "SECONDS", 0.3)
    before = np.random.get_state()  # noqa: NPY002
    verdicts = verdicts_of(name, answer)
    np.random.set_state(before)  # noqa: NPY002  (one of the wrong answers draws from the global generator)
    for verdict in verdicts:
        assert (verdict.status, verdict.key) == ("not yet", key), verdict
        assert len(verdict.message) > 20


@each_exercise
def test_it_is_judged_and_answered_in_the_files_of_its_notebook(
    exercise: Exercise,
) -> None:
    number = exercise.notebook[:2]
    module = importlib.import_module(f"dqn_tutorial.classroom.check.notebook_{number}")
    assert vars(module)[exercise.name] is exercise
    assert exercise.name in ANSWERS_IN[number]
    cells = nbformat.read(NOTEBOOKS / f"{exercise.notebook}.ipynb", as_version=4).cells
    numbers = re.findall(
        r"(?m)^### Exercise (\d+)\.\d+", "\n".join(cell.source for cell in cells)
    )
    assert {int(found) for found in numbers} == {int(number)}
    heading = f"### Exercise {number_of(exercise.name, check.EXERCISES)}:"
    assert heading in cells_of(exercise)[0].source


def test_each_message_is_that_of_a_wrong_answer() -> None:
    sections = {name: {name, *check.EXERCISES[name].also} for name in check.EXERCISES}
    shared = {"error", "again"}
    for section, messages in MESSAGES.items():
        if section == "again":
            continue
        keys = {
            key.removeprefix("answer ")
            for name, answers in ANSWERS.items()
            if section in sections[name] | shared
            for _, key in answers.wrong
        }
        assert set(messages) <= keys | set(ANSWERS), section


def test_places_to_read_again_are_headings() -> None:
    keys = {key for answers in ANSWERS.values() for _, key in answers.wrong}
    for key, place in MESSAGES["again"].items():
        notebook, _, heading = place.partition("#")
        cells = nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", as_version=4).cells
        assert key in keys | set(ANSWERS)
        assert any(f"# {heading}\n" in f"{cell.source}\n" for cell in cells), place


def cells_of(exercise: Exercise) -> tuple[Any, Any, Any]:
    """The text above the stub, the stub with its check, and what is folded below."""
    cells = nbformat.read(NOTEBOOKS / f"{exercise.notebook}.ipynb", as_version=4).cells
    line = re.compile(rf"(?m)^check\.{exercise.name}\(\w+\)$")
    places = [
        k
        for k, cell in enumerate(cells)
        if cell.cell_type == "code" and line.search(cell.source)
    ]
    assert len(places) == 1, (
        f"{exercise.name} stands {len(places)} times in {exercise.notebook}"
    )
    return cells[places[0] - 1], cells[places[0]], cells[places[0] + 1]


def folded(cell: Any, summary: str) -> str:
    found = re.search(
        rf"(?s)<details><summary>{summary}</summary>\n\n(.*?)\n\n</details>",
        cell.source,
    )
    assert found, f"no folded {summary} in {cell.source[:80]}"
    return found[1]


def solution_of(exercise: Exercise) -> str:
    """The folded solution with the check under it: what a learner's cell would hold."""
    _, stub, below = cells_of(exercise)
    fence = re.search(r"(?s)```python\n(.*?)\n```", folded(below, "Solution"))
    assert fence
    return f"{fence[1]}\n\n\n{stub.source.splitlines()[-1]}"


@each_exercise
def test_it_stands_in_its_notebook_with_stub_check_hint_and_solution(
    exercise: Exercise,
) -> None:
    above, stub, below = cells_of(exercise)
    heading = HEADING.search(above.source)
    assert heading and (int(heading[1]), int(heading[2])) == (
        exercise.minutes,
        exercise.difficulty,
    )
    assert stub.source.splitlines()[-1].startswith(f"check.{exercise.name}(")
    assert "NotImplementedError" in stub.source or '"?"' in stub.source
    assert stub.outputs[0].data["text/plain"] == f"{exercise.name}: not attempted yet."
    assert folded(below, "Hint") and ast.parse(solution_of(exercise))


def test_cells_go_on_with_the_learners_function_only_while_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(tmp_path / "progress.json"))
    exercise = check.EXERCISES["discounted_return"]
    right, (wrong, _) = (
        ANSWERS[exercise.name].correct[0],
        ANSWERS[exercise.name].wrong[0],
    )
    exercise(right)
    assert exercise.function is right
    exercise(wrong)
    assert exercise.function is exercise.solution
