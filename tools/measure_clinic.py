"""Use every instrument of the bug clinic on every bug and on healthy agents, and keep
what it reads.

Usage: python tools/measure_clinic.py   (some ten minutes; writes
dqn_tutorial/classroom/clinic/evidence.csv)
"""

from tqdm import tqdm

from dqn_tutorial.classroom.clinic import DIAGNOSES, INSTRUMENTS, Patient
from dqn_tutorial.classroom.clinic.findings import EVIDENCE, row
from dqn_tutorial.runs import write_table

FIRST_SEED = 40_000  # not those of the notebook or the tests
N_SICK, N_HEALTHY = 16, 32


def main() -> None:
    """Measure, and write the table."""
    rows = []
    for bug in tqdm(DIAGNOSES):
        for instrument in INSTRUMENTS:
            n_agents = N_HEALTHY if bug == "healthy" else N_SICK
            readings = Patient(bug).readings(instrument, FIRST_SEED, n_agents)
            rows += [row(bug, instrument, reading) for reading in readings]
    write_table(rows, EVIDENCE)


if __name__ == "__main__":
    main()
