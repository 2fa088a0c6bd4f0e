"""Whatever the settings and the environment: an agent trains, or is told why it cannot.

A short search; `make faults` is a long one.
"""

import sys
from collections import Counter

import pytest

from tests import generate, odd_environments
from tests.generate import TRAINED, drawn

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="no limits of time and memory there"
)


def test_any_settings_train_or_are_refused_before_work() -> None:
    outcomes, faults = Counter[str](), []
    for number in range(140):
        case = drawn(generate.cases(), number)
        outcome = generate.outcome(lambda case=case: generate.built(case))
        outcomes[outcome] += 1
        if outcome not in generate.expected(case):
            faults.append(f"{number}: {outcome}: {case}")
    assert not faults, "\n".join(faults)
    assert outcomes[TRAINED] >= 0.3 * outcomes.total()


def test_in_any_environment_an_agent_trains_or_says_what_is_wrong_with_it() -> None:
    faults = []
    for number in range(90):
        task = drawn(odd_environments.tasks(), number)
        outcome = odd_environments.in_task(task)
        if outcome not in task.expected:
            faults.append(f"{number}: {outcome}: {task}")
    assert not faults, "\n".join(faults)
