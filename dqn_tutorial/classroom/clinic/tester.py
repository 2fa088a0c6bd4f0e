"""Testing the tests: which bugs a learner's tests catch, and whether they blame a
healthy agent.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dqn_tutorial.classroom.check.guard import TooLong, time_limit
from dqn_tutorial.classroom.clinic.diseases import DISEASES
from dqn_tutorial.classroom.clinic.patients import HEALTHY, Patient

SECONDS = 20.0  # for one test on one agent


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
