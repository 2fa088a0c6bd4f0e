"""Grading gives each answer the points that it is worth, whatever it tries."""

import csv
import hashlib
import inspect
import json
import os
import socket
import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pytest

import dqn_tutorial
from dqn_tutorial.classroom import check, grade
from dqn_tutorial.classroom.grade import remote, sources, wire
from tests.test_exercises import ANSWERS, NOTEBOOKS, cells_of, solution_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits need POSIX")
ALL = os.environ.get("GRADE_ALL") == "1"
PACKAGE = Path(dqn_tutorial.__file__).parent
# solutions, each in a notebook whose other exercises are untouched
RIGHT = """discounted_return value_iteration table_update td_loss ring_store copy_test
critic_loss act_and_store bakery_class mean_excess""".split()
STUBS = ("01", "03", "05", "08", "11")
# answers of the tests, by name, with their points
MIXED: Sequence[dict[str, tuple[str, float]]] = (
    {"td_target": ("target_by_loop", 2), "polyak": ("assigned", 1)},
    {"td_target": ("target_in_numpy", 0), "critic_loss": ("loss_by_dot", 3)},
    {"td_target": ("target_cut_by_both", 1), "cut_share": ("share_by_steps", 2)},
    {"discounted_return": ("return_in_torch", 0), "misprint_task": ("gamble", 2)},
    {"expectation_backup": ("expected_unmasked", 1), "what_is_seen": ('"C"', 1)},
    {"taken_q": ("taken_by_loop", 1), "td_loss": ("loss_expanded", 2)},
    {"ring_store": ("stored_with_copy", 2), "copy_test": ("tested_at_once", 1)},
    {"epsilon_at": ("line_for_ever", 0.5), "act_and_store": ("step_in_torch", 2)},
    {"recent_mean": ("by_loop", 0), "match_curves": ('"??????"', 0)},
    {"double_target": ("double_of_the_online", 1), "maxmin_target": ("maxmin_flat", 2)},
)
# bodies of `your_discounted_return(rewards, gamma)`; none is worth a point
HOSTILE = {
    "reads the solution": """
    text = open({package!r} + "/classroom/check/notebook_01.py").read()
    names = {{}}
    exec(text, names)
    return names["discounted_return"].solution(rewards, gamma)""",
    "patches the checker": """
    import sys
    np.allclose = np.isclose = lambda *a, **k: True
    for module in list(sys.modules.values()):
        for name in ("agree", "alike", "as_array", "allclose"):
            if hasattr(module, name):
                setattr(module, name, lambda *a, **k: True)
    return 7.0""",
    "exits": """
    import ctypes, os
    try:
        os._exit(0)
    finally:
        ctypes.pythonapi.exit(0)""",
    "loops": """
    while True:
        pass""",
    "fills the disk": """
    import os
    for place in (".", "/tmp", "/dev/shm", {outside!r}):
        for k in range(1000):
            try:
                with open(os.path.join(place, f"full{{k}}"), "w") as file:
                    file.write("x" * 10_000_000)
            except Exception:
                pass
    return 7.0""",
    "forks": """
    import ctypes, time
    begun = time.monotonic()
    while time.monotonic() < begun + 0.5:
        ctypes.pythonapi.fork()
    while True:
        pass""",
    "takes all memory": """
    held = []
    while True:
        held.append(np.ones(10_000_000))""",
    "equals everything": """
    class Yes(float):
        def __eq__(self, other): return True
        def __sub__(self, other): return 0.0
        __rsub__ = __sub__
        def __array__(self, *a, **k): return np.float64(0)
    return Yes(7.0)""",
    "prints for ever": """
    while True:
        print("x" * 100_000)""",
    "changes files outside": """
    import os, pathlib, shutil
    for change in (
        lambda: pathlib.Path({outside!r}, "kept.txt").write_text("mine"),
        lambda: os.remove({outside!r} + "/kept.txt"),
        lambda: shutil.rmtree({outside!r}),
        lambda: os.system("touch " + {outside!r} + "/new"),
        lambda: os.rename({outside!r}, {outside!r} + "2"),
    ):
        try:
            change()
        except BaseException:
            pass
    return 7.0""",
    "walks the stack": """
    import gc, sys
    frame, places = sys._getframe(), list(sys.modules.values())
    while frame:
        places += [frame.f_locals, frame.f_globals]
        frame = frame.f_back
    for one in [*places, *gc.get_objects()]:
        names = one if isinstance(one, dict) else getattr(one, "__dict__", {{}})
        for name in ("right", "wanted", "_weighted", "solution", "discounted_return"):
            found = names.get(name) if isinstance(names, dict) else None
            try:
                return float(found(rewards, gamma))
            except Exception:
                pass
    return 7.0""",
    "imports the solution": """
    import importlib, sys
    sys.path.insert(0, {package!r}[:-13])
    name = "dqn_" + "tutorial.classroom.check"
    return importlib.import_module(name).discounted_return.solution(rewards, gamma)""",
    "deletes its folder": """
    import os, shutil
    shutil.rmtree(os.getcwd(), ignore_errors=True)
    return 7.0""",
    "sleeps": """
    import time
    time.sleep(1_000)""",
    "makes threads": """
    import threading, time
    for _ in range(500):
        threading.Thread(target=time.sleep, args=(60,)).start()
    return 7.0""",
}
# more than the forty: these too bring no point
MORE = {
    "speaks for the judge": """
    import gc
    for one in gc.get_objects():
        if type(one).__name__ == "Wire":
            one.send("value", 7.0)
            one.send("ask", "call", one, "correct")
    return 7.0""",
    "uses the package": """
    from dqn_tutorial.mdp import value_iteration
    return 7.0""",
    "asks for its own solution": """
    return check.discounted_return.function(rewards, gamma)""",
    "opens another's frames": """
    found = check.__class__.__init__.__globals__
    return 7.0""",
}
SAMPLE = (
    "right discounted_return",
    "right copy_test",
    "stub 05",
    "mixed 0",
    "mixed 7",
    "reads the solution",
    "patches the checker",
    "exits",
    "forks",
    "equals everything",
    "changes files outside",
    "walks the stack",
    "speaks for the judge",
    "asks for its own solution",
)


def notebook_with(path: Path, cells: dict[str, str]) -> None:
    """Write a learner's notebook: the course's own with these cells at the checks."""
    exercise = check.EXERCISES[next(iter(cells))]
    book = nbformat.read(NOTEBOOKS / f"{exercise.notebook}.ipynb", 4)
    stubs = {cells_of(check.EXERCISES[name])[1].id: name for name in cells}
    for cell in book.cells:
        if cell.id in stubs:
            cell.source = cells[stubs[cell.id]]
    nbformat.write(book, path)


def cell_of(name: str, answer: str) -> str:
    """The cell that gives an answer of the tests."""
    if answer.startswith('"'):
        return f"answer = {answer}\ncheck.{name}(answer)"
    known: list[Any] = [*ANSWERS[name].correct, *(a for a, _ in ANSWERS[name].wrong)]
    (found,) = [one for one in known if getattr(one, "__name__", "") == answer]
    return f"{inspect.getsource(found)}\n\ncheck.{name}({answer})"


def submissions(folder: Path, outside: Path) -> dict[str, dict[str, float]]:
    """Write the submissions; return the points of each, by exercise."""
    hand_in: dict[str, tuple[dict[str, str], dict[str, float]]] = {}
    for name in RIGHT:
        exercise = check.EXERCISES[name]
        points = {name: float(exercise.difficulty)}
        hand_in[f"right {name}"] = {name: solution_of(exercise)}, points
    for number in STUBS:
        first = next(e for e in check.EXERCISES.values() if e.notebook[:2] == number)
        hand_in[f"stub {number}"] = {first.name: cells_of(first)[1].source}, {}
    for k, answers in enumerate(MIXED):
        cells = {name: cell_of(name, answer) for name, (answer, _) in answers.items()}
        hand_in[f"mixed {k}"] = cells, {n: points for n, (_, points) in answers.items()}
    for what, body in (HOSTILE | MORE).items():
        head = "def your_discounted_return(rewards, gamma):"
        tail = "\n\n\ncheck.discounted_return(your_discounted_return)"
        text = body.format(package=str(PACKAGE), outside=str(outside))
        hand_in[what] = {"discounted_return": head + text + tail}, {}
    chosen = hand_in if ALL else SAMPLE
    for name in chosen:
        notebook_with(folder / f"{name}.ipynb", hand_in[name][0])
    return {name: hand_in[name][1] for name in chosen}


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_points_are_those_that_answers_are_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them with GRADE_ALL=1, else a few of each kind."""
    folder, outside = tmp_path / "in", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "kept.txt").write_text("as it was")
    for path in (tmp_path, outside, outside / "kept.txt"):
        path.chmod(0o777)  # its user may write there; the process may not
    wanted = submissions(folder, outside)
    before = [contents(place) for place in (folder, outside, PACKAGE, NOTEBOOKS)]
    monkeypatch.setattr(grade, "SECONDS", 5.0)
    grade.grade([str(folder), "--out", str(tmp_path / "out"), "--seed", "7"])
    after = [contents(place) for place in (folder, outside, PACKAGE, NOTEBOOKS)]
    assert after == before
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, dict[str, float]] = {name: {} for name in wanted}
    for row in rows:
        found[row["notebook file"]][row["exercise"]] = float(row["points"])
    wrong = {
        name: (points, {n: p for n, p in found[name].items() if p})
        for name, points in wanted.items()
        if {n: p for n, p in found[name].items() if p}
        != {n: p for n, p in points.items() if p}
    }
    assert not wrong, capsys.readouterr().out
    for name in wanted:
        n_exercises = len(found[name])
        page = (tmp_path / "out/feedback" / f"{name}.html").read_text(encoding="utf-8")
        assert page.count("<h2>") == n_exercises > 1
    assert len(wanted) == (44 if ALL else len(SAMPLE))


def test_a_table_of_the_known_results_brings_nothing(tmp_path: Path) -> None:
    """An answer that knows the results of the notebook's check, and no more."""
    exercise, known = check.EXERCISES["discounted_return"], {}

    def noted(rewards: Any, gamma: Any) -> Any:
        key = repr((rewards.tolist(), gamma))
        known[key] = float(exercise.solution(rewards, gamma))
        return known[key]

    exercise.verdict(noted, zlib.crc32(exercise.name.encode()))
    source = f"""KNOWN = {known!r}
def table(rewards, gamma):
    return KNOWN.get(repr((rewards.tolist(), gamma)), 0.0)
check.discounted_return(table)"""
    mark = judged(exercise.name, source, tmp_path)
    assert (mark.points, mark.verdict.status) == (0.0, "not yet")
    assert mark.remark == "right for the notebook's inputs alone: look at it"


def judged(name: str, cell: str, folder: Path) -> grade.Mark:
    path = folder / "mine.ipynb"
    notebook_with(path, {name: cell})
    with remote.Prison() as prison:
        cells = sources.read_cells(path)
        return grade.mark_of(cells, check.EXERCISES[name], 7, prison)


def test_an_answer_may_go_on_from_an_earlier_one(tmp_path: Path) -> None:
    """By the name that the notebook gives it; it is called with the judge's clock."""
    cell = """from dqn_tutorial.classroom import check
def doubled(reward, next_q_online, next_q_target, terminated, gamma):
    value = taken(next_q_target, next_q_online.argmax(-1)).detach()
    return reward + gamma * ~terminated * value
taken = check.taken_q.function
check.double_target(doubled)"""
    assert judged("double_target", cell, tmp_path).verdict.status == "correct"


def test_a_result_that_changes_with_the_next_call_is_found_out(tmp_path: Path) -> None:
    cell = """SEEN = np.zeros(4, np.float32)
def seen(day):
    SEEN[:] = day.slot / 12, day.shelf / 6, day.ready, day.later
    return SEEN
check.all_it_needs(seen)"""
    assert judged("all_it_needs", cell, tmp_path).verdict.key == "one array for all"


def test_a_message_cannot_reach_into_what_stays_with_the_judge() -> None:
    """States of another kind, memory out of bounds, arrays of objects."""
    here, there = socket.socketpair()
    judge = wire.Wire(here, 1, {}, remote.is_open)
    kept, array = SimpleNamespace(function=len), np.zeros(3)
    judge.send("call", kept, array)
    numbers = {id(it): number for number, it in judge.objects.items()}
    own, block = numbers[id(kept)], judge.objects[numbers[id(array)]]
    assert block is array
    for state in (
        {own: ["module", "Net", {"function": 7}, []]},
        {own: ["dict", [["function", 7]]]},
        {-9: ["array", -8, 0, "|O", [3], [8]]},
        {-9: ["array", next(iter(judge.blocks)), 0, "<f8", [9], [8]]},
        {-9: ["array", next(iter(judge.blocks)), -64, "<f8", [3], [8]]},
        {
            -9: [
                "tensor",
                next(iter(judge.blocks)),
                0,
                "float64",
                [9],
                [1],
                0,
                0,
                None,
                None,
            ]
        },
        {-9: ["array", next(iter(judge.blocks)), 0, "<f8", [10**9, 10**9], [0, 0]]},
    ):
        head = json.dumps(["value", -1, [None], state, {}]).encode()
        there.sendall(struct.pack("<QQ", len(head), 0) + head)
        with pytest.raises(
            (ValueError, TypeError, RuntimeError, KeyError, OverflowError)
        ):
            judge.receive()
    there.sendall(struct.pack("<QQ", 1 << 40, 0))
    with pytest.raises(ValueError, match="too long"):
        judge.receive()
    assert kept.function is len and not array.any()
    here.close()
    there.close()


def test_a_folder_without_notebooks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no notebook"):
        grade.grade([str(tmp_path), "--out", str(tmp_path / "out")])
