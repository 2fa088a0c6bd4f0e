"""Use every instrument of the bug clinic on every bug and on healthy agents, run the
tests of notebook 09 on them, and keep what comes out.

Usage: python tools/measure_clinic.py [--agents 16] [--processes 2] [--out FILE]
(some ten minutes; writes dqn_tutorial/classroom/clinic/evidence.csv)
"""

import argparse
import multiprocessing
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dqn_tutorial.classroom.clinic import DIAGNOSES, INSTRUMENTS, Patient, score
from dqn_tutorial.classroom.clinic.findings import (
    EVIDENCE,
    model_tests,
    row,
    rows_of_tests,
)
from dqn_tutorial.runs import write_table

FIRST_SEED = 40_000  # not those of the notebook or the tests


def rows_of(bug: str, agents: int) -> list[dict[str, Any]]:
    """Return what all instruments read on a bug; of healthy agents there are twice as
    many.
    """
    n_agents = 2 * agents if bug == "healthy" else agents
    return [
        row(bug, instrument, reading)
        for instrument in INSTRUMENTS
        for reading in Patient(bug).readings(instrument, FIRST_SEED, n_agents)
    ]


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=16, help="of each bug")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=EVIDENCE)
    given = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        of_bugs = pool.imap(partial(rows_of, agents=given.agents), DIAGNOSES)
        rows = [row for own in tqdm(of_bugs, total=len(DIAGNOSES)) for row in own]
    rows += rows_of_tests(score(*model_tests()).failed)
    write_table(rows, given.out)


if __name__ == "__main__":
    main()
