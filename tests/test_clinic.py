"""The bug clinic: each bug is seen by its instrument, the healthy agent by none, and
the project's tests catch all.
"""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

from dqn_tutorial import DQNCritic, make_config
from dqn_tutorial.classroom import clinic
from dqn_tutorial.classroom.clinic import diseases, findings, quick, surgery
from dqn_tutorial.classroom.clinic.findings import TESTS, measured
from dqn_tutorial.classroom.clinic.pictures import _row as row_of
from dqn_tutorial.targets import bootstrap, td_target

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "09_bug_clinic.ipynb"
PLAIN_STEP = "test_critic.py::test_an_update_equals_the_same_step_on_one_plain_network"
CAUGHT_BY = {  # by name of the bug: a test of this project that fails
    "terminated ignored": "test_targets.py::test_td_target_by_hand",
    "truncation masked": "test_training.py::test_probe_environments[endless work]",
    "reset step stored": (
        "test_training.py::test_every_stored_transition_is_one_of_the_environment"
    ),
    "same seed at every reset": (
        "test_training.py::test_every_episode_starts_in_a_state_of_its_own"
    ),
    "target network never read": (
        "test_critic.py::test_targets_are_read_from_the_target_networks"
    ),
    "target network never updated": "test_training.py::test_tau_matters",
    "gradient through the target": (
        "test_critic.py::test_targets_are_read_from_the_target_networks"
    ),
    "loss broadcast to [B, B]": PLAIN_STEP,
    "next_state is a view": (
        "test_training.py::test_the_stored_action_is_the_executed_one_and_the_rest_fits"
    ),
    "ring overwrites the newest": (
        "test_buffer.py::test_the_ring_wraps_around_and_forgets_the_oldest"
    ),
    "one coin for all environments": (
        "test_critic.py::test_actions_of_a_batch_are_drawn_independently"
    ),
    "greedy action stored": (
        "test_training.py::test_the_stored_action_is_the_executed_one_and_the_rest_fits"
    ),
    "reward clipped to one sign": (
        "test_training.py::test_probe_environments[two observations]"
    ),
    "observation scale forgotten in evaluation": (
        "test_critic.py::test_epsilon_one_is_random_and_greedy_is_not_disturbed_by_it"
    ),
    "softmax on Q-values": PLAIN_STEP,
    "epsilon never falls": (
        "test_training.py"
        "::test_live_values_follow_their_schedule_until_held_and_again_when_released"
    ),
    "evaluation explores": (
        "test_critic.py::test_epsilon_one_is_random_and_greedy_is_not_disturbed_by_it"
    ),
    "target from the current state": (
        "test_training.py::test_probe_environments[two steps]"
    ),
    "loss on all actions": "test_training.py::test_probe_environments[two actions]",
    "optimiser of another network": PLAIN_STEP,
    "gradients not cleared": (
        "test_critic.py::test_the_gradient_of_an_update_is_that_of_its_batch_alone"
    ),
    "learning rate ten times too high": PLAIN_STEP,
    "target network copied the wrong way": (
        "test_critic.py::test_polyak_moves_the_targets_by_tau[0.005]"
    ),
    "only the newest replayed": (
        "test_buffer.py::test_random_batches_reach_old_and_new_rows_alike"
    ),
    "reward reduced to its sign": (
        "test_training.py::test_probe_environments[endless work]"
    ),
}
RUN = """
import json, sys, pytest
from dqn_tutorial.classroom.clinic import Patient
status = {}
for name, test in json.loads(sys.argv[1]):
    with Patient(name).body():
        words = ["-q", "-o", "addopts=", "-p", "no:cacheprovider", f"tests/{test}"]
        status[name] = int(pytest.main(words))
print("\\n" + json.dumps(status))
"""
QUICK = ("pulse", "actions", "batch")


def statuses(pairs: list[tuple[str, str]]) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(pairs)],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    result: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_the_tests_of_this_project_fail_for_every_bug() -> None:
    assert set(CAUGHT_BY) == set(diseases.DISEASES)
    failed = int(pytest.ExitCode.TESTS_FAILED)
    assert statuses(list(CAUGHT_BY.items())) == dict.fromkeys(CAUGHT_BY, failed)


@pytest.mark.parametrize(
    "name", [name for name, d in diseases.DISEASES.items() if d.instrument in QUICK]
)
def test_each_bug_is_seen_by_its_instrument_on_every_one_of_16_agents(
    name: str,
) -> None:
    disease = diseases.DISEASES[name]
    readings = {
        r.name: r for r in clinic.Patient(name).readings(disease.instrument, seed=7_000)
    }
    assert readings[disease.reading].n_outside == 16


@pytest.mark.parametrize(
    "name", [name for name, d in diseases.DISEASES.items() if d.instrument not in QUICK]
)
def test_each_bug_of_trained_agents_is_seen_by_its_instrument(name: str) -> None:
    disease = diseases.DISEASES[name]
    readings = {
        r.name: r
        for r in clinic.Patient(name).readings(
            disease.instrument, seed=7_000, n_seeds=4
        )
    }
    assert readings[disease.reading].n_outside == 4


@pytest.mark.parametrize("instrument", clinic.INSTRUMENTS)
def test_no_instrument_blames_the_healthy_agent(instrument: str) -> None:
    n_seeds = 32 if instrument in QUICK else 4
    for reading in clinic.Patient("healthy").readings(
        instrument, seed=8_000, n_seeds=n_seeds
    ):
        assert reading.n_outside == 0, reading


def test_the_package_is_sick_only_while_a_patient_is_examined() -> None:
    codes = [
        function.__code__
        for d in diseases.DISEASES.values()
        for function in d.sources()
    ]
    arguments = (torch.ones(1), torch.ones(1, 2), torch.tensor([True]), 0.9)
    with clinic.Patient("terminated ignored").body():
        # imported before the change
        assert float(td_target(*arguments)) == pytest.approx(1.9)
        with (
            pytest.raises(ZeroDivisionError),
            clinic.Patient("softmax on Q-values").body(),
        ):
            _ = 1 / 0
    assert float(td_target(*arguments)) == 1
    assert codes == [
        function.__code__
        for d in diseases.DISEASES.values()
        for function in d.sources()
    ]


def test_patients_are_shuffled_by_the_learners_name_and_two_are_healthy() -> None:
    def ward(learner: str) -> list[str]:
        return [
            clinic.patient(number, learner)._disease
            for number in range(1, clinic.N_PATIENTS + 1)
        ]

    assert ward("Ada") == ward(" ada ") != ward("Grace")
    for learner in ("", "Ada"):
        assert sorted(ward(learner)) == sorted(
            [*diseases.DISEASES, "healthy", "healthy"]
        )
    with pytest.raises(ValueError, match="number = 28"):
        clinic.patient(28)


def test_a_diagnosis_is_judged_and_a_wrong_one_explained() -> None:
    patient = clinic.Patient("softmax on Q-values", "patient 4")
    assert patient.diagnose("?").status == "not attempted yet"
    wrong = patient.diagnose("gradient through the target")
    assert (
        wrong.status == "not yet"
        and "`gradient in the target`" in wrong.message
        and "0 of 16" in wrong.message
    )
    assert "softmax" not in wrong.message + patient.diagnose("healthy").message
    with pytest.raises(ValueError, match="did you mean 'softmax on Q-values'"):
        patient.diagnose("softmax on Q values")
    assert patient.diagnose("softmax on Q-values").status == "correct"
    assert clinic.Patient("healthy").diagnose("healthy").status == "correct"


def test_the_code_is_shown_after_the_diagnosis_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    patient = clinic.Patient("terminated ignored")
    patient.code()
    assert capsys.readouterr().out == "First the diagnosis.\n"
    patient.diagnose("terminated ignored")
    patient.code()
    assert "return reward + discount * next_v" in capsys.readouterr().out
    patient = clinic.Patient("healthy", "patient 7")
    patient.diagnose("healthy")
    patient.code()
    assert (
        capsys.readouterr().out == "patient 7 is healthy: there is nothing to cure.\n"
    )


def test_a_cure_is_judged_by_the_instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "dqn_tutorial.classroom.clinic.patients.INSTRUMENTS",
        {"pulse": quick.pulse},
    )
    drawn: list[str] = []
    monkeypatch.setattr(
        clinic.Patient, "curves", lambda patient: drawn.append(patient.title)
    )
    patient = clinic.Patient("terminated ignored")
    for sick, healthy, words in (
        ("no such line", "", "occurs 0 times"),
        ("next_v", "x", "occurs"),
        ("discount * next_v", "discount * * next_v", "no Python"),
    ):
        with pytest.raises(ValueError, match=words):
            patient.cure(sick, healthy)
    assert (
        patient.cure("discount * next_v", "discount * terminated * next_v").key
        == "not cured"
    )
    assert (
        patient.cure("discount * terminated", "discount * (1 - terminated)").key
        == "does not run"
    )
    assert (
        patient.cure(
            "(1 - terminated) * next_v", "torch.logical_not(terminated) * next_v"
        ).status
        == "correct"
    )
    assert drawn == ["terminated ignored"]
    with pytest.raises(ValueError, match="nothing to cure"):
        clinic.Patient("healthy").cure("a", "b")


def test_a_piece_that_is_once_in_each_of_several_functions_is_no_place() -> None:
    patient = clinic.Patient("gradient through the target")
    sources = dict(patient._sources)
    with pytest.raises(ValueError, match="occurs 3 times"):
        patient.cure(
            "Source: Mnih et al. (2015), algorithm 1. Taught in 05_critic.", ""
        )
    assert patient._sources == sources


@pytest.mark.parametrize("name", diseases.DISEASES)
def test_undoing_every_edit_cures(name: str) -> None:
    sources = diseases.DISEASES[name].sources()
    for function, old, new in reversed(diseases.DISEASES[name].edits):
        sources[function] = surgery.replace_once(sources[function], new, old)
    assert all(
        source == surgery.source_of(function) for function, source in sources.items()
    )


def target_of_the_last_step() -> None:
    y = td_target(torch.ones(1), torch.ones(1, 2), torch.tensor([True]), 0.9)
    assert y == 1


def q_values_sum_to_anything() -> None:
    q = DQNCritic(make_config("cartpole"), 4, 2).Q(torch.ones(1, 4))
    assert (q.sum() - 1).abs() > 1e-3


def blames_everybody() -> None:
    raise AssertionError


def never_ends() -> None:
    while True:
        pass


def test_the_score_counts_bugs_and_false_alarms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    score = clinic.score(target_of_the_last_step, q_values_sum_to_anything)
    assert (
        score.caught == ["terminated ignored", "softmax on Q-values"]
        and not score.false_alarms
    )
    assert "Caught 2 of 25 bugs; false alarms: 0." in repr(score)
    score = clinic.score(blames_everybody, target_of_the_last_step)
    assert score.caught == ["terminated ignored"] and score.false_alarms == [
        "blames_everybody"
    ]
    monkeypatch.setattr("dqn_tutorial.classroom.clinic.patients.SECONDS", 0.05)
    assert clinic.score(never_ends).false_alarms == ["never_ends"]
    with pytest.raises(ValueError, match="one or more functions"):
        clinic.score()


def test_the_source_of_the_healthy_package_is_not_touched() -> None:
    with clinic.Patient("terminated ignored").body():
        pass
    assert "(~terminated)" in inspect.getsource(bootstrap)


def text_of_the_notebook() -> str:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_the_manual_of_the_notebook_names_the_reading_of_every_bug() -> None:
    for name, disease in diseases.DISEASES.items():
        assert (
            f"| {name} | `{disease.instrument}` | {disease.reading} |"
            in text_of_the_notebook()
        )


@pytest.mark.parametrize("instrument", QUICK)
def test_the_table_of_the_notebook_holds_every_reading(instrument: str) -> None:
    for reading in clinic.Patient("healthy").readings(instrument, n_seeds=2):
        healthy = "0" if 0 <= reading.high <= 1e-5 else row_of(reading)[1]
        row = f"|{reading.name}|{healthy}|`{instrument}`|"
        assert row in text_of_the_notebook()


@pytest.mark.parametrize("instrument", clinic.INSTRUMENTS)
def test_the_notebook_says_what_an_instrument_cannot_see(instrument: str) -> None:
    said = inspect.getdoc(clinic.INSTRUMENTS[instrument]) or ""
    found = re.search(r"(?s)Cannot see: (.*?)\.\n", said)
    assert found
    row = rf"(?m)^\|`{instrument}`\|.+\|{re.escape(' '.join(found[1].split()))}\|$"
    assert re.search(row, text_of_the_notebook())


def test_the_tests_in_the_folded_solution_catch_every_bug_without_a_false_alarm() -> (
    None
):
    tests = findings.model_tests()
    score = clinic.score(*tests)
    assert len(score.caught) == 25 and not score.false_alarms and len(tests) == 11
    assert all(score.failed.values()), "a test that catches nothing"
    kept = [line for line in measured() if line["instrument"] == TESTS]
    rows = findings.rows_of_tests(score.failed)
    assert [(r["bug"], r["reading"], str(r["outside"])) for r in rows] == [
        (line["bug"], line["reading"], line["outside"]) for line in kept
    ]


def test_the_kept_evidence_shows_every_bug_and_no_false_alarm() -> None:
    lines = {(line["bug"], line["reading"]): line for line in measured()}
    for name, disease in diseases.DISEASES.items():
        own = lines[name, disease.reading]
        assert (own["instrument"], own["outside"], own["agents"]) == (
            disease.instrument,
            "16",
            "16",
        ), name
        # the table would say "none"
        found = set(findings.seen_by(name))
        assert TESTS in found and found & set(clinic.INSTRUMENTS), name
    assert not findings.seen_by("healthy")
    healthy = [line for line in measured() if line["bug"] == "healthy"]
    of_tests = [line for line in healthy if line["instrument"] == TESTS]
    assert len(of_tests) == 11 and {line["outside"] for line in of_tests} == {"0"}
    readings = [line for line in healthy if line["instrument"] != TESTS]
    assert len(readings) >= 27 and all(
        (line["outside"], line["agents"]) == ("0", "32") for line in readings
    )


def test_the_evidence_counts_what_bugs_do_to_the_score(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinds = list(findings.effects().values())
    assert sorted(bug for kind in kinds for bug in kind) == sorted(diseases.DISEASES)
    unchanged, _, lower, _ = kinds
    assert set(unchanged) == {
        "truncation masked",
        "ring overwrites the newest",
        "reward clipped to one sign",
        "reward reduced to its sign",
    }
    clinic.evidence()
    words = capsys.readouterr().out
    assert f"{len(unchanged)} of 25 bugs leave the score exactly as it is." in words
    assert f"{len(lower)} of 25 bugs lower the score" in words
