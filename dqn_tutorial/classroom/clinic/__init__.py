"""The bug clinic: agents with real bugs to examine, diagnose and cure, and a score for
tests of your own.
"""

from dqn_tutorial.classroom.clinic.findings import diagnoses, evidence
from dqn_tutorial.classroom.clinic.instruments import INSTRUMENTS
from dqn_tutorial.classroom.clinic.patients import (
    DIAGNOSES,
    N_PATIENTS,
    Patient,
    Score,
    patient,
    score,
)
from dqn_tutorial.classroom.clinic.readings import memory_of

__all__ = [
    "DIAGNOSES",
    "INSTRUMENTS",
    "N_PATIENTS",
    "Patient",
    "Score",
    "diagnoses",
    "evidence",
    "memory_of",
    "patient",
    "score",
]
