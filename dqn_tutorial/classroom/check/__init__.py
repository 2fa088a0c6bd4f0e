"""Exercises that check themselves: `check.td_target(your_td_target)` says whether it is
right, and if not, where; `check.hint("td_target")` says why.
"""

from dqn_tutorial.classroom.check import (
    hints,
    logbook,
    notebook_01,
    notebook_02,
    notebook_03,
    notebook_04,
    notebook_05,
    notebook_06,
    notebook_07,
    notebook_08,
    notebook_10,
    notebook_11,
    overview,
)
from dqn_tutorial.classroom.check.exercise import Exercise
from dqn_tutorial.classroom.pictures.figures import show
from dqn_tutorial.config import nearest

ORDER = """
discounted_return expectation_backup what_is_seen aim_at_the_wall
greedy_improvement optimality_backup value_iteration misprint_task second_sweep
table_update step_size_floor epsilon_greedy_action expected_sarsa_target
where_sarsa_turns
taken_q td_loss sgd_step network_error other_entries to_blame right_by_luck
ring_store is_transition random_rows forgetting copy_test
td_target critic_loss cut_share copies_on_the_star polyak diverging_features
choose_actions epsilon_at learn_once act_and_store behaviour_return
n_step_target price_of_n page_changes newest_step
recent_mean loss_in_training match_curves
effect_or_luck seeds_needed
double_target mean_excess why_too_large maxmin_target
half_hour all_it_needs bakery_class clock_or_limit misleading_reward first_question
""".split()  # as they are numbered in their notebooks
_FOUND = {
    name: value
    for module in (
        notebook_01,
        notebook_02,
        notebook_03,
        notebook_04,
        notebook_05,
        notebook_06,
        notebook_07,
        notebook_08,
        notebook_10,
        notebook_11,
    )
    for name, value in vars(module).items()
    if isinstance(value, Exercise)
}
EXERCISES = {name: _FOUND[name] for name in ORDER}


def progress() -> None:
    """Say and show which exercises are done, which were tried and which comes next.

    Raises:
        ValueError: the progress file is broken.
    """
    entries = logbook.read(logbook.logbook_path())
    print(overview.in_one_line(EXERCISES, entries))
    if questions := overview.of_questions(entries):
        print(questions)
    show(*overview.progress_figure(EXERCISES, entries))


def hint(name: str) -> hints.Help:
    """Return the next step of help with an exercise, and note it in the progress file:
    what the last answer gets wrong, the hint, the lines of the solution in another
    order.

    Raises:
        AttributeError: there is no such exercise.
    """
    return hints.hint(__getattr__(name))


def solution(name: str) -> hints.Help:
    """Return the solution of an exercise, and note it in the progress file.

    Raises:
        AttributeError: there is no such exercise.
    """
    return hints.solution(__getattr__(name))


def __getattr__(name: str) -> Exercise:
    if name not in EXERCISES:
        raise AttributeError(
            f"there is no exercise {name!r}: {nearest(name, EXERCISES)}"
        )
    return EXERCISES[name]


def __dir__() -> list[str]:
    return [*EXERCISES, "progress", "hint", "solution"]
