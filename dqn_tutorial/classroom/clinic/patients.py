"""Patients: agents with a bug, or without one, that are examined, diagnosed and cured,
or find out which bugs a learner's tests catch.
"""

import html
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import numpy as np

from dqn_tutorial.classroom.check.guest import TooLong
from dqn_tutorial.classroom.check.limits import time_limit
from dqn_tutorial.classroom.check.verdict import Verdict
from dqn_tutorial.classroom.clinic.diseases import DISEASES
from dqn_tutorial.classroom.clinic.instruments import INSTRUMENTS, learning_curves
from dqn_tutorial.classroom.clinic.pictures import draw_curves, show_readings
from dqn_tutorial.classroom.clinic.readings import N_SEEDS, Array, Reading
from dqn_tutorial.classroom.clinic.surgery import Function, compiled, installed
from dqn_tutorial.config import nearest
from dqn_tutorial.training import torch_threads

HEALTHY = "healthy"
DIAGNOSES = (*sorted(DISEASES), HEALTHY)
N_PATIENTS = len(DISEASES) + 2  # two are healthy
SECONDS = 20.0  # for one test on one agent


def patient(number: int, learner: str = "") -> "Patient":
    """Return a patient by number; who has what is shuffled anew for each learner's
    name.

    Raises:
        ValueError: a number that no patient has.

    Taught in 09_bug_clinic.
    """
    if number not in range(1, N_PATIENTS + 1):
        raise ValueError(
            f"number = {number} is not allowed: patients have the numbers 1 to"
            f" {N_PATIENTS}"
        )
    ward = [*DISEASES, HEALTHY, HEALTHY]
    order = np.random.default_rng(
        zlib.crc32(learner.strip().lower().encode())
    ).permutation(len(ward))
    return Patient(ward[order[number - 1]], f"patient {number}")


@cache
def healthy_band() -> tuple[Array, Array]:
    """Return behaviour and greedy returns of healthy agents, as in
    `learning_curves`.
    """
    return learning_curves(seed=5_000)


class Patient:
    """An agent of the package, sick or healthy. The package is sick only while the
    patient is examined.

    Args:
        disease: a name of `DISEASES`, or `healthy`.
        title: what pictures and verdicts call it.

    Raises:
        ValueError: another disease; the nearest name is given.

    Taught in 09_bug_clinic.
    """

    def __init__(self, disease: str, title: str = "") -> None:
        if disease not in DIAGNOSES:
            raise ValueError(
                f"disease = {disease!r} is not known: {nearest(disease, DIAGNOSES)}"
            )
        self._disease, self.title = disease, title or disease
        self._sources: dict[Function, str] = (
            DISEASES[disease].sources() if disease != HEALTHY else {}
        )
        self._diagnosed = False

    def body(self) -> AbstractContextManager[None]:
        """Return a context in which the whole package is as the patient is."""
        return installed(self._sources)

    def readings(
        self, instrument: str, seed: int = 0, n_seeds: int = N_SEEDS
    ) -> list[Reading]:
        """Return what an instrument reads of 2 or more agents. Raises a ValueError for
        fewer, or an instrument that is not there.
        """
        if instrument not in INSTRUMENTS:
            raise ValueError(
                f"instrument = {instrument!r} is not known:"
                f" {nearest(instrument, INSTRUMENTS)}"
            )
        if n_seeds < 2:
            raise ValueError(
                f"n_seeds = {n_seeds} is not allowed: it must be 2 or more"
            )
        # many small products: on a busy machine two threads wait for each other
        with self.body(), torch_threads(1):
            return INSTRUMENTS[instrument](seed, n_seeds)

    def examine(self, *instruments: str) -> None:
        """Show what instruments read; errors as in `readings`. Taught in
        09_bug_clinic.
        """
        for instrument in instruments:
            show_readings(f"{self.title}: {instrument}", self.readings(instrument))

    def curves(self) -> None:
        """Draw behaviour and greedy returns on CartPole beside the healthy band.
        Taught in 09_bug_clinic.
        """
        with self.body():
            own = learning_curves()
        draw_curves(self.title, own, healthy_band())

    def diagnose(self, name: str) -> Verdict:
        """Say whether a diagnosis is right; if not, what would be seen then. Taught
        in 09_bug_clinic.

        Raises:
            ValueError: no such diagnosis; the nearest name is given.
        """
        if name == "?":
            return Verdict(self.title, "not attempted yet")
        if name not in DIAGNOSES:
            raise ValueError(
                f"diagnosis {name!r} is not known: {nearest(name, DIAGNOSES)}"
            )
        if name == self._disease:
            self._diagnosed = True
            story = (
                "No instrument shows anything."
                if name == HEALTHY
                else DISEASES[name].story
            )
            return Verdict(self.title, "correct", message=f"It is: {name}. {story}")
        if name == HEALTHY:
            return Verdict(
                self.title,
                "not yet",
                "called healthy",
                "Not all instruments agree that it is healthy.",
            )
        disease = DISEASES[name]
        reading = next(
            r for r in self.readings(disease.instrument) if r.name == disease.reading
        )
        where = (
            f"With that bug, `{disease.reading}` ({disease.instrument}) is outside its"
            " healthy range"
        )
        message = (
            f"{where}. So it is here, but another bug does that too: look at the other"
            " readings."
            if reading.alarm
            else f"{where}. Here it is outside for {reading.n_outside} of"
            f" {len(reading.values)} agents."
        )
        return Verdict(self.title, "not yet", f"not {name}", message)

    def code(self) -> None:
        """Print the functions that hold the bug; first comes the diagnosis. Taught
        in 09_bug_clinic.
        """
        texts = self._sources.values() or [
            f"{self.title} is healthy: there is nothing to cure."
        ]
        for text in texts if self._diagnosed else ["First the diagnosis."]:
            print(text)

    def cure(self, sick: str, healthy: str) -> Verdict:
        """Replace a piece of the patient's code, examine it again with every
        instrument, and draw its curves if cured.

        Args:
            sick: a piece that occurs exactly once in the printed functions.
            healthy: what is to stand there.

        Raises:
            ValueError: a piece that is not there once, or code that does not compile;
                the patient stays as it was.

        Taught in 09_bug_clinic.
        """
        if not self._sources:
            raise ValueError(f"{self.title} is healthy: there is nothing to cure")
        places = [
            function
            for function, source in self._sources.items()
            for _ in range(source.count(sick))
        ]
        if len(places) != 1 or not sick.strip():
            where = f"occurs {len(places)} times in the code of {self.title}"
            raise ValueError(
                f"{sick!r} {where}: give a piece of code that occurs exactly once"
            )
        source = self._sources[places[0]].replace(sick, healthy)
        compiled(places[0], source)  # refuses what is no Python
        self._sources[places[0]] = source
        try:
            outside = [
                f"`{reading.name}` ({name}): {reading.n_outside} of"
                f" {len(reading.values)}"
                for name in INSTRUMENTS
                if name != "curves"
                for reading in self.readings(name)
                if reading.alarm
            ]
        except Exception as error:
            message = f"The agent no longer runs: {type(error).__name__}: {error}"
            return Verdict(self.title, "not yet", "does not run", message)
        if outside:
            return Verdict(
                self.title,
                "not yet",
                "not cured",
                "Still outside the healthy range: " + "; ".join(outside),
            )
        self.curves()
        return Verdict(
            self.title,
            "correct",
            message="Cured: every reading is in its healthy range.",
        )


@dataclass(frozen=True)
class Score:
    """What a set of tests found. Attributes: failed: for each test the agents that
    failed it, `healthy` among them for a false alarm.
    """

    failed: Mapping[str, tuple[str, ...]]

    @property
    def false_alarms(self) -> list[str]:
        """Tests that fail the healthy agent."""
        return [test for test, agents in self.failed.items() if HEALTHY in agents]

    @property
    def caught(self) -> list[str]:
        """Bugs that a test without false alarm caught."""
        good = {
            name
            for agents in self.failed.values()
            if HEALTHY not in agents
            for name in agents
        }
        return [name for name in DISEASES if name in good]

    def __repr__(self) -> str:
        lines = [
            f"Caught {len(self.caught)} of {len(DISEASES)} bugs; false alarms:"
            f" {len(self.false_alarms)}."
        ]
        for test, agents in self.failed.items():
            lines.append(f"{test}: {', '.join(agents) or 'nothing'}")
        missed = [name for name in DISEASES if name not in self.caught]
        return "\n".join([*lines, f"still missed: {', '.join(missed) or 'none'}"])

    def _repr_html_(self) -> str:
        first, *rest = self.__repr__().splitlines()
        items = "".join(f"<li>{html.escape(line)}</li>" for line in rest)
        return f'<div role="status"><b>{first}</b><ul>{items}</ul></div>'


def score(*tests: Callable[[], object]) -> Score:
    """Run tests against the healthy agent and every sick one; a test fails an agent by
    raising an exception.

    Args:
        tests: functions without arguments that use the package and assert something.

    Raises:
        ValueError: no test, or two of one name.

    Source: mutation testing, after DeMillo et al. (1978). Taught in 09_bug_clinic.
    """
    names = [test.__name__ for test in tests]
    if not tests or len(set(names)) < len(names):
        raise ValueError(
            f"tests = {names} is not allowed: give one or more functions of different"
            " names"
        )
    return Score(
        {
            test.__name__: tuple(
                name for name in (HEALTHY, *DISEASES) if _fails(test, Patient(name))
            )
            for test in tests
        }
    )


def _fails(test: Callable[[], object], patient: Patient) -> bool:
    try:
        with patient.body(), time_limit(SECONDS):
            test()
    except (Exception, TooLong):
        return True
    return False
