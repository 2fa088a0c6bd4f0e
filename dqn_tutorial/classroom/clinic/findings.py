"""What the instruments read on every bug: measured by tools/measure_clinic.py and kept
in a table.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dqn_tutorial.classroom.check.texts import cells
from dqn_tutorial.classroom.clinic.diseases import DISEASES
from dqn_tutorial.classroom.clinic.instruments import INSTRUMENTS
from dqn_tutorial.classroom.clinic.patients import HEALTHY
from dqn_tutorial.classroom.clinic.readings import Reading
from dqn_tutorial.classroom.pictures.figures import show_table
from dqn_tutorial.stats import bootstrap_interval, wilson_interval

EVIDENCE = Path(__file__).parent / "evidence.csv"
RETURN = "greedy return after 8,000 steps"
TESTS = "tests"  # stands where an instrument's name does
LEVEL = 0.99


def row(bug: str, instrument: str, reading: Reading) -> dict[str, Any]:
    """Return a line of the table: a reading of many agents, its mean with the 99 %
    interval over seeds.

    Taught in 09_bug_clinic.
    """
    values = reading.values
    low, high = (float(bound) for bound in bootstrap_interval(values, LEVEL))
    return {
        "bug": bug,
        "instrument": instrument,
        "reading": reading.name,
        "agents": len(values),
        "outside": reading.n_outside,
        "median": f"{np.median(values):.4g}",
        "smallest": f"{values.min():.4g}",
        "largest": f"{values.max():.4g}",
        "mean": f"{values.mean():.4g}",
        "low": f"{low:.4g}",
        "high": f"{high:.4g}",
    }


def diagnoses() -> None:
    """Show every possible diagnosis and what is wrong then. Taught in 09_bug_clinic."""
    rows = [(name, DISEASES[name].story.replace("`", "")) for name in sorted(DISEASES)]
    none = "There is no bug, and every reading is in its healthy range."
    head = ("diagnosis", "what is wrong")
    show_table("The possible diagnoses", head, [*rows, (HEALTHY, none)])


def measured() -> list[dict[str, str]]:
    """Return the lines of the table."""
    with EVIDENCE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def model_tests() -> list[Callable[[], object]]:
    """Return the tests of the solution of Exercise 9.2, as they stand in the
    notebook.
    """
    texts = cells("09_bug_clinic")
    imports = next(text for text in texts if text.startswith("import "))
    folded = "\n\n".join(texts).partition("<summary>Solution")[2]
    found = re.search(r"(?s)```python\n(.*?)\n```", folded)
    assert found
    names: dict[str, Any] = {}
    exec(f"{imports}\n\n{found[1]}", names)
    return [value for name, value in names.items() if name.startswith("test_")]


def rows_of_tests(failed: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return lines of the table: whether each test fails each agent, from the `failed`
    of a `Score`.
    """
    return [
        {
            "bug": bug,
            "instrument": TESTS,
            "reading": test,
            "agents": 1,
            "outside": int(bug in agents),
        }
        for bug in (*DISEASES, HEALTHY)
        for test, agents in failed.items()
    ]


def seen_by(bug: str) -> dict[str, int]:
    """Return the instruments of which a reading is outside for most agents, and how
    many of them; `tests` counts the tests that fail.
    """
    found: dict[str, int] = {}
    for line in measured():
        if line["bug"] == bug and 2 * int(line["outside"]) > int(line["agents"]):
            found[line["instrument"]] = found.get(line["instrument"], 0) + 1
    return found


def effects() -> dict[str, list[str]]:
    """Sort the bugs by what they do to the greedy return on CartPole, by the interval
    of each and that of healthy agents.
    """
    of_bug = {
        line["bug"]: (float(line["low"]), float(line["high"]))
        for line in measured()
        if line["reading"] == RETURN
    }
    lowest, highest = of_bug.pop(HEALTHY)
    # no episode is cut off there: this one changes no number
    same = of_bug["truncation masked"]
    found: dict[str, list[str]] = {
        "leave the score exactly as it is": [],
        "have intervals that overlap the healthy one": [],
        "lower the score: their intervals lie below the healthy one": [],
        "raise the score: their intervals lie above the healthy one": [],
    }
    kinds = list(found)
    for bug, (low, high) in of_bug.items():
        kind = 0 if (low, high) == same else 2 if high < lowest else 1
        kind = 3 if kind and low > highest else kind
        found[kinds[kind]].append(bug)
    return found


def evidence() -> None:
    """Show for each bug the agents that its own reading finds, what else sees it, and
    its effect on CartPole. Taught in 09_bug_clinic.
    """
    table = measured()
    lines = {(line["bug"], line["reading"]): line for line in table}
    readings = [line for line in table if line["instrument"] != TESTS]
    n_tests = len({line["reading"] for line in table if line["instrument"] == TESTS})
    head = (
        "bug",
        "own reading",
        "agents outside",
        "seen by",
        "caught by",
        "greedy return on CartPole, 99 % interval",
    )
    rows = []
    for name in (*DISEASES, HEALTHY):
        found = seen_by(name)
        instruments = [one for one in INSTRUMENTS if one in found]
        if name == HEALTHY:
            healthy = [line for line in readings if line["bug"] == HEALTHY]
            own = ("all", _false_alarms(healthy))
        else:
            line = lines[name, DISEASES[name].reading]
            agents = f"{line['outside']} of {line['agents']}"
            own = (f"{line['reading']} ({line['instrument']})", agents)
        seen = ", ".join(instruments) or "none"
        caught = f"{found[TESTS]} of {n_tests} tests" if TESTS in found else "none"
        rows.append((name, *own, seen, caught, _interval(lines[name, RETURN])))
    show_table("Every bug, seen by its own reading and by others", head, rows)
    for effect, bugs in effects().items():
        print(f"{len(bugs)} of {len(DISEASES)} bugs {effect}.")


def _interval(line: dict[str, str]) -> str:
    mean, low, high = (float(line[name]) for name in ("mean", "low", "high"))
    return f"{mean:.0f} [{low:.0f}, {high:.0f}]"


def _false_alarms(lines: Sequence[dict[str, str]]) -> str:
    """Count the healthy agents that the worst reading blames; a test holds that it is
    none.
    """
    worst, agents = max(int(line["outside"]) for line in lines), int(lines[0]["agents"])
    most = 100 * wilson_interval(worst, agents, 2.576)[1]
    return f"{worst} of {agents} (at most {most:.0f} %)"
