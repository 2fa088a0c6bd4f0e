"""What a learner has done is kept, drawn, and put together for a teacher."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from dqn_tutorial.classroom import check
from dqn_tutorial.classroom.bank import Question
from dqn_tutorial.classroom.bank.report import (
    exercises_table,
    learners_table,
    questions_table,
    read_folder,
    rows_of,
    under_aliases,
)
from dqn_tutorial.classroom.check import logbook, overview
from dqn_tutorial.classroom.check.exercise import Exercise, choice
from tests.conftest import call

PLACES = {
    "backup": "01_bellman",
    "greedy": "01_bellman",
    "huber": "03_network",
    "a_long_name_of_exercise": "03_network",
}
JUDGE = choice({"A": "A is wrong.", "C": "C is wrong too."}, right="B")
EXERCISES = {
    name: Exercise(name, notebook, 5, 1, JUDGE) for name, notebook in PLACES.items()
}
DONE = {"correct": True, "attempts": 3, "refusals": ["shape", "sign"]}
TRIED = {"correct": False, "attempts": 4, "refusals": ["sign", "sign", "nan", "nan"]}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The progress file of a learner who begins."""
    path = tmp_path / "own.json"
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(path))
    return path


def test_attempts_and_refusals_count_until_the_first_success(kept: Path) -> None:
    backup = EXERCISES["backup"]
    assert [backup(answer).status for answer in ("?", "A", "A", "C")] == [
        "not attempted yet",
        *["not yet"] * 3,
    ]
    assert logbook.read(kept) == {
        "backup": {
            "correct": False,
            "attempts": 3,
            "refusals": ["answer A", "answer A", "answer C"],
            "help": [],
        }
    }
    assert [backup(answer).status for answer in ("B", "A", "B")] == [
        "correct",
        "not yet",
        "correct",
    ]
    entry = json.loads(kept.read_text())["backup"]
    assert (entry["correct"], entry["attempts"], len(entry["refusals"])) == (True, 4, 3)


def test_a_stub_leaves_no_file(kept: Path) -> None:
    EXERCISES["backup"]("?")
    assert not kept.exists() and logbook.read(kept) == {}


def test_progress_lies_beside_the_notebook_or_where_the_environment_says(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert logbook.logbook_path() == kept
    monkeypatch.delenv("DQN_TUTORIAL_PROGRESS")
    assert logbook.logbook_path() == Path("progress.json")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"backup": 3}',
        b'{"backup": {"correct": true}}',
        b'{"backup": {"correct": true, "attempts": 1e999, "refusals": []}}',
        b"[" * 100_000,
    ],
    ids=[
        "empty",
        "cut",
        "list",
        "binary",
        "number",
        "without attempts",
        "infinite",
        "deep",
    ],
)
def test_a_broken_file_costs_neither_the_verdict_nor_itself(
    kept: Path, content: bytes
) -> None:
    kept.write_bytes(content)
    for answer, status in (("A", "not yet"), ("B", "correct")):
        verdict = EXERCISES["backup"](answer)
        assert (
            verdict.status == status
            and "Not kept as progress" in verdict.message
            and "own.json" in verdict.message
        )
    assert kept.read_bytes() == content
    with pytest.raises(ValueError, match=r"own\.json (cannot be read|is no such)"):
        logbook.read(kept)


def test_a_folder_that_is_not_there_costs_no_verdict(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "DQN_TUTORIAL_PROGRESS", str(kept.parent / "no" / "progress.json")
    )
    assert EXERCISES["backup"]("B").status == "correct"


def test_a_crash_while_writing_leaves_the_old_file_whole(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    EXERCISES["backup"]("A")
    before = kept.read_bytes()
    write = Path.write_text

    def cut(path: Path, text: str, **how: str) -> int:
        write(path, text[:10], **how)
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", cut)
    verdict = EXERCISES["backup"]("B")
    assert verdict.status == "correct" and "no space left" in verdict.message
    assert kept.read_bytes() == before


def test_the_line_says_how_many_are_done_and_the_first_that_is_not() -> None:
    assert (
        overview.in_one_line(EXERCISES, {})
        == "0 of 4 exercises are done. Next: 1.1 backup in 01_bellman."
    )
    some = {"backup": DONE, "greedy": TRIED, "huber": DONE, "of another version": DONE}
    assert (
        overview.in_one_line(EXERCISES, some)
        == "2 of 4 exercises are done. Next: 1.2 greedy in 01_bellman."
    )
    assert (
        overview.in_one_line(EXERCISES, dict.fromkeys(EXERCISES, DONE))
        == "4 of 4 exercises are done."
    )


def test_the_picture_has_a_box_for_each_exercise_told_apart_without_colour() -> None:
    figure, alt = overview.progress_figure(
        EXERCISES, {"backup": DONE, "greedy": TRIED, "of another version": DONE}
    )
    assert (
        alt == "Exercises by notebook. 01_bellman: 1 of 2 done (done: backup; tried:"
        " greedy). "
        "03_network: 0 of 2 done (open: huber, a_long_name_of_exercise)."
    )
    boxes = figure.axes[0].patches
    white = (1, 1, 1, 1)
    looks = [
        (
            "hatched"
            if b.get_hatch()
            else "empty"
            if b.get_facecolor() == white
            else "filled"
        )
        for b in boxes
    ]
    assert looks == ["filled", "hatched", "empty", "empty"]
    words = [text.get_text().replace("\n", "") for text in figure.axes[0].texts]
    assert words == [
        "01_bellman",
        "✓ 1.1 backup",
        "1.2 greedy",
        "03_network",
        "3.1 huber",
        "3.2 a_long_name_of_exercise",
    ]
    figure.draw_without_rendering()  # no name is wider than its box
    for text in figure.axes[0].texts:
        if text.get_text() not in PLACES.values():
            assert text.get_window_extent().width < boxes[0].get_window_extent().width


def test_the_names_of_the_course_fit_their_boxes() -> None:
    figure, _ = overview.progress_figure(
        check.EXERCISES, dict.fromkeys(check.EXERCISES, DONE)
    )
    figure.draw_without_rendering()
    box = figure.axes[0].patches[0].get_window_extent()
    stems = {exercise.notebook for exercise in check.EXERCISES.values()}
    for text in figure.axes[0].texts:
        if text.get_text() not in stems:
            assert text.get_window_extent().width < box.width, text.get_text()


def test_progress_says_and_shows_what_is_kept(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *others = check.EXERCISES.values()
    logbook.note(first.name, True, "")
    check.progress()
    printed = capsys.readouterr().out
    assert f"1 of {1 + len(others)} exercises are done." in printed
    if others:
        assert f"Next: 1.2 {others[0].name} in {others[0].notebook}." in printed
    assert (
        callable(check.progress)
        and "progress" in dir(check)
        and "progress" not in check.EXERCISES
    )


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """What a teacher has collected, with files between that do not belong there."""
    folder = tmp_path / "class"
    files = {
        "anna.json": {"backup": DONE, "greedy": DONE, "huber": TRIED},
        "monday/ben/progress.json": {"backup": TRIED, "of_old": DONE},
        "monday/cara.json": {},
        "notes.json": ["not", "progress"],
        ".ipynb_checkpoints/anna-checkpoint.json": {"backup": DONE},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    (folder / "readme.txt").write_text("no progress")
    return folder


def test_the_tables_of_a_class(
    collected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = rows_of(read_folder(collected), EXERCISES)
    skipped = capsys.readouterr().err
    assert skipped.count("warning") == 1 and "notes.json" in skipped
    assert learners_table(rows).splitlines() == [
        "learner      done   01   03  unknown  attempts",
        "anna          2/4  2/2  0/2        -        10",
        "monday/ben    0/4  0/2  0/2      1/1         7",
        "monday/cara   0/4  0/2  0/2        -         0",
    ]
    assert exercises_table(rows).splitlines() == [
        (
            "exercise                 notebook    solved  not yet  attempts  commonest"
            " misconception"
        ),
        "backup                   01_bellman       1        1       3.5  sign (2)",
        "greedy                   01_bellman       1        0         3  shape (1)",
        "huber                    03_network       0        1         4  nan (1)",
        "a_long_name_of_exercise  03_network       0        0         -",
        "of_old                   unknown          1        0         3  shape (1)",
    ]


def test_questions_are_counted_apart_and_their_misconceptions_named(
    tmp_path: Path,
) -> None:
    def said(answer: str) -> dict[str, object]:
        return {"correct": answer == "C", "attempts": 1, "refusals": [answer]}

    question = Question("moved", "concept", "02a", "?", "C", ".", wrong={"A": "twice"})
    names = "ask.moved", "ask.of_old"
    for learner, answers in {
        "anna": "AB",
        "ben": "A?",
        "cara": "CC",
        "dora": "?",
    }.items():
        own = {name: said(answer) for name, answer in zip(names, answers, strict=False)}
        (tmp_path / f"{learner}.json").write_text(json.dumps(own | {"backup": DONE}))
    rows = rows_of(read_folder(tmp_path), EXERCISES)
    assert learners_table(rows).splitlines() == [
        "learner  done   01   03  questions  attempts",
        "anna      1/4  1/2  0/2        0/2         3",
        "ben       1/4  1/2  0/2        0/2         3",
        "cara      1/4  1/2  0/2        2/2         3",
        "dora      1/4  1/2  0/2        0/1         3",
    ]
    assert "ask." not in exercises_table(rows)
    assert questions_table(rows, {"never asked": question, "moved": question}) == (
        "question  sitting  right  wrong  don't know  commonest wrong\n"
        "moved     02a          1      2           1  A (2): twice\n"
        "of_old    unknown      1      1           1  B (1)"
    )
    assert questions_table(rows_of({"eve": {"backup": DONE}}, EXERCISES), {}) == ""


def test_two_files_of_one_name_are_two_learners(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    for name in ("progress.json", "anna.json", "anna/progress.json"):
        (tmp_path / name).write_text("{}")
    assert len(read_folder(tmp_path)) == 3


def test_the_command_line_reports_on_a_folder(collected: Path, tmp_path: Path) -> None:
    first = next(iter(check.EXERCISES.values()))
    (collected / "dora.json").write_text(json.dumps({first.name: DONE}))
    words = [collected, "--csv", tmp_path / "long.csv"]
    done = subprocess.run(
        [sys.executable, "-m", "dqn_tutorial", "report", *words],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr.count("warning") == 1
    learners, exercises = (
        [line.split() for line in part.splitlines()]
        for part in done.stdout.split("\n\n")
    )
    n = len(check.EXERCISES)
    assert (
        learners[0][:2] == ["learner", "done"]
        and learners[0][-1] == "attempts"
        and len(learners) == 1 + 4
    )
    by_name = {line[0]: line for line in learners}
    assert by_name["dora"][1] == f"1/{n}" and by_name["dora"][-2:] == ["-", "3"]
    assert [line[0] for line in exercises[1 : 1 + n]] == list(check.EXERCISES)
    assert exercises[1][:5] == [first.name, first.notebook, "1", "0", "3"]
    rows = list(csv.DictReader((tmp_path / "long.csv").open()))
    assert list(rows[0]) == [
        "learner",
        "notebook",
        "exercise",
        "correct",
        "attempts",
        "refusals",
        "help",
    ]
    unknown = {"backup", "greedy", "huber", "of_old"} - set(check.EXERCISES)
    assert len(rows) == 4 * n + sum(row["exercise"] in unknown for row in rows)
    assert {row["exercise"] for row in rows if row["notebook"] == "unknown"} == unknown
    row = next(
        row for row in rows if (row["learner"], row["exercise"]) == ("dora", first.name)
    )
    assert (row["correct"], row["attempts"], row["refusals"]) == (
        "True",
        "3",
        "shape; sign",
    )


def test_a_key_replaces_the_names(tmp_path: Path) -> None:
    key = tmp_path / "key.csv"
    key.write_text("ben,the second\nabsent,L002\n")
    learners = {name: {name: DONE} for name in ("anna", "ben", "cara")}
    told = under_aliases(learners, key)
    aliases = dict(line.split(",") for line in key.read_text().splitlines())
    assert told == {aliases[name]: own for name, own in learners.items()}
    assert list(told) == ["L001", "L003", "the second"] and aliases["absent"] == "L002"
    assert under_aliases(learners, key) == told


def test_the_numbers_of_a_key_do_not_follow_the_names(tmp_path: Path) -> None:
    names = [f"n{number:02d}" for number in range(40)]
    under_aliases({name: {} for name in names}, tmp_path / "key.csv")
    lines = (tmp_path / "key.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] != names


def test_the_command_line_refuses_what_holds_no_progress(
    collected: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    half, twice = tmp_path / "half.csv", tmp_path / "twice.csv"
    half.write_text("anna\n")
    twice.write_text("anna,x\nben,x\n")
    for words, said in (
        ([tmp_path / "nowhere"], "is not a folder"),
        ([tmp_path / "empty"], "holds no progress file"),
        ([collected, "--csv", tmp_path / "no" / "long.csv"], "cannot be written"),
        ([collected, "--key", tmp_path / "no" / "key.csv"], "No such file"),
        ([collected, "--key", half], "it must be NAME,ALIAS"),
        ([collected, "--key", twice], "gives 'x' to two names"),
    ):
        assert call(monkeypatch, "report", *map(str, words)) == 2
        error = capsys.readouterr().err
        assert error.splitlines()[-1].startswith("error: ") and said in error


def test_no_test_writes_into_the_repository() -> None:
    root = Path(__file__).parent.parent
    assert not logbook.logbook_path().resolve().is_relative_to(root)
    assert "progress.json" in (root / ".gitignore").read_text().split()
