"""What the instruments read on every bug: measured by tools/measure_clinic.py and kept
in a table.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dqn_tutorial.classroom.clinic.diseases import DISEASES
from dqn_tutorial.classroom.clinic.patients import HEALTHY
from dqn_tutorial.classroom.clinic.readings import Reading
from dqn_tutorial.classroom.pictures.figures import show_table
from dqn_tutorial.stats import bootstrap_interval, wilson_interval

EVIDENCE = Path(__file__).parent / "evidence.csv"
RETURN = "greedy return after 8,000 steps"


def row(bug: str, instrument: str, reading: Reading) -> dict[str, Any]:
    """Return a line of the table: a reading of many agents, its mean with the 95 %
    interval over seeds.

    Taught in 09_bug_clinic.
    """
    values = reading.values
    low, high = (float(bound) for bound in bootstrap_interval(values))
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


def evidence() -> None:
    """Show for each bug the agents that its own reading finds, and its effect on
    CartPole. Taught in 09_bug_clinic.
    """
    table = measured()
    lines = {(line["bug"], line["reading"]): line for line in table}
    healthy = [line for line in table if line["bug"] == HEALTHY]
    head = (
        "bug",
        "instrument",
        "reading",
        "agents outside",
        "greedy return on CartPole, 95 % interval",
    )
    rows = []
    for name, disease in DISEASES.items():
        own, effect = lines[name, disease.reading], lines[name, RETURN]
        rows.append(
            (
                name,
                disease.instrument,
                disease.reading,
                f"{own['outside']} of {own['agents']}",
                _interval(effect),
            )
        )
    rows.append(
        (
            HEALTHY,
            "all",
            "all",
            _false_alarms(healthy),
            _interval(lines[HEALTHY, RETURN]),
        )
    )
    show_table("Every bug, seen by its own reading", head, rows)


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
