"""The bank: each entry whole, its numbers computed again, and its key no riddle."""

import importlib
import pkgutil
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook

import tests.bank
from dqn_tutorial.classroom import clinic
from dqn_tutorial.classroom.bank import (
    KINDS,
    LETTERS,
    SITTINGS,
    Question,
    bank,
    of,
)
from dqn_tutorial.classroom.bank import __file__ as home
from dqn_tutorial.classroom.bank.sketches import SKETCHES
from dqn_tutorial.classroom.check import EXERCISES
from dqn_tutorial.classroom.pictures import __file__ as pictures
from dqn_tutorial.classroom.pictures.figures import words_for
from tests.test_writing import HABITS, LONGEST, anchor, glossary
from tests.writing import NOTEBOOKS, cells_of, prose, sentences

MODULES = [
    importlib.import_module(f"tests.bank.{module.name}")
    for module in pkgutil.iter_modules(tests.bank.__path__)
]
NUMBERS = {name: own for module in MODULES for name, own in module.NUMBERS.items()}
KEYS = {
    name: own for module in MODULES for name, own in getattr(module, "KEYS", {}).items()
}
each = pytest.mark.parametrize("question", bank().values(), ids=lambda own: own.name)
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")
CHOSEN = ("concept", "parallel")


@each
def test_an_entry_is_whole(question: Question) -> None:
    assert question.kind in KINDS and question.sitting in SITTINGS
    assert question.stem.strip() and question.key
    letters = LETTERS[: len(question.choices)]
    if question.choices:
        assert len(set(question.choices)) == len(letters) >= 3
        assert question.key in letters
        assert set(question.wrong) == set(letters) - {question.key}, "misconceptions"
    else:
        assert not question.wrong
    assert question.kind == "card" or question.why.strip()
    if question.kind in CHOSEN:
        assert len(letters) == 4
    if question.kind == "exam":
        told = f"{question.key}. {question.why}"
        assert 2 <= len(re.findall(r"[.?!](?=\s|$)", told)) <= 8, "a worked answer"
        assert len(letters) in (0, 4)
    if question.kind == "concept":
        assert bank()[question.parallel].kind == "parallel"
        assert bank()[question.parallel].sitting == question.sitting
    assert not question.sketches or question.sketches in SKETCHES
    if question.again:
        file, _, place = question.again.partition("#")
        assert (NOTEBOOKS / f"{file}.ipynb").exists(), question.again
        headings = re.findall(r"(?m)^#+ (.+)$", prose(cells_of(file)))
        assert not place or place in map(anchor, headings), question.again


@each
def test_its_numbers_are_those_computed_again(question: Question) -> None:
    told = " ".join([*question.choices, question.key, question.why])
    computed = set(NUMBERS.get(question.name, list)())
    given = set(NUMBER.findall(question.stem))
    unknown = {one for one in NUMBER.findall(told) if one not in given | computed}
    assert not unknown, f"not given in the stem and not computed: {unknown}"
    written = set(NUMBER.findall(question.stem + " " + told))
    assert computed <= written, f"computed, but not written: {computed - written}"


@each
def test_its_sentences_are_plain(question: Question) -> None:
    parts = [question.stem, question.why, *question.choices, *question.wrong.values()]
    for sentence in sentences("\n\n".join(parts)):
        assert len(re.findall(r"[A-Za-z']+", sentence)) <= LONGEST, sentence
        for habit, better in HABITS.items():
            assert not re.search(habit, sentence, re.IGNORECASE), (
                f"{better}: {sentence}"
            )


@pytest.mark.parametrize("name", KEYS)
def test_its_key_is_the_number_computed_again(name: str) -> None:
    question = bank()[name]
    right = question.choices[LETTERS.index(question.key)]
    assert right.startswith(KEYS[name]()), right


@pytest.mark.parametrize(
    "question",
    [
        one
        for own in bank().values()
        if own.before
        for one in (own, bank()[own.parallel])
    ],
    ids=lambda own: own.name,
)
def test_what_is_asked_before_the_course_needs_nothing_of_it(
    question: Question,
) -> None:
    text = " ".join([question.stem, *question.choices])
    assert set(re.findall(r"\$[^$]*\$", text)) <= {r"$\gamma$"}
    for word, _, where in glossary("Words"):
        assert where == "00" or not re.search(rf"\b{word}(?:e?s)?\b", text, re.I), word


@pytest.mark.parametrize("kind", [*CHOSEN, "exam"])
def test_a_key_cannot_be_guessed_from_its_form(kind: str) -> None:
    own = [question for question in of(kind) if question.choices]
    letters = Counter(question.key for question in own)
    assert max(letters.values()) - min(letters[a] for a in LETTERS) <= 2, letters
    longest, shortest = 0, 0
    for question in own:
        place = LETTERS.index(question.key)
        others = [len(one) for one in question.choices]
        right = others.pop(place)
        longest += right > max(others)
        shortest += right < min(others)
    assert 0.15 <= longest / len(own) <= 0.3, f"{longest} of {len(own)}"
    assert shortest / len(own) <= 0.3, f"{shortest} of {len(own)}"


STEMS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
CALL = re.compile(r"\b(predict|reveal|cards)\(\"(\w+)\"\)")


def test_each_prediction_is_asked_once_and_then_shown() -> None:
    for stem in STEMS:
        calls = [call for c in cells_of(stem) for call in CALL.findall(c.source)]
        asked = [name for call, name in calls if call == "predict"]
        shown = [name for call, name in calls if call == "reveal"]
        assert asked == list(dict.fromkeys(shown)), stem


def test_what_was_predicted_is_folded_on_the_stored_page() -> None:
    revealed = [
        new_code_cell(outputs=cell.outputs)
        for stem in STEMS
        for cell in cells_of(stem)
        if "reveal(" in cell.source
    ]
    exporter = HTMLExporter(template_name="basic")
    page, _ = exporter.from_notebook_node(new_notebook(cells=revealed))
    assert page.count("<details>") == len(revealed)
    seen = re.sub(r"(?s)<details>.*?</details>", "", page)
    words = re.sub(r"<[^>]*>|&nbsp;", "", seen)
    assert "<img" not in seen and not re.search(r"\w", re.sub("In|Out", "", words))


@pytest.mark.parametrize("name", SKETCHES)
def test_a_sketch_has_a_panel_and_a_sentence_for_each_choice(name: str) -> None:
    figure, words = SKETCHES[name]()
    (question,) = (own for own in bank().values() if own.sketches == name)
    letters = LETTERS[: len(question.choices)]
    assert "".join(axes.get_title() for axes in figure.axes) == letters
    assert all(f" {letter}: " in words_for(words) for letter in letters)


@pytest.mark.parametrize("sitting", SITTINGS)
def test_a_sitting_has_three_cards_and_two_exam_items(sitting: str) -> None:
    cards = of("card", sitting)
    # nothing comes after 10 and 11 that could ask theirs
    assert len(cards) == (0 if sitting in ("10", "11") else 3)
    assert not any(card.choices or card.why for card in cards)
    assert len(of("exam", sitting)) >= 2


GOALS = tomllib.loads(Path(home).with_name("goals.toml").read_text(encoding="utf-8"))
PARTS = "goal picture exercise transfer concept exam".split()
ROOM = Path(pictures).parent
DRAWN = re.findall(
    r"(?m)^(?:def ([a-z]\w+)|([a-z][a-z-]+) = )",
    "".join(
        path.read_text(encoding="utf-8")
        for path in (*ROOM.glob("*.py"), *ROOM.glob("alternatives/*.toml"))
    ),
)


def test_each_sitting_has_a_goal() -> None:
    assert list(GOALS) == SITTINGS


@pytest.mark.parametrize("sitting", GOALS)
def test_a_goal_has_all_its_parts(sitting: str) -> None:
    row = GOALS[sitting]
    assert list(row) == PARTS and all(text.strip() for text in row.values())
    assert row["picture"] in {name for pair in DRAWN for name in pair}
    for part in ("exercise", "transfer"):
        room, _, name = row[part].rpartition(".")
        assert name in (clinic.__all__ if room else EXERCISES), name
    for kind in ("concept", "exam"):
        own = bank()[row[kind]]
        assert (own.kind, own.sitting) == (kind, sitting)
