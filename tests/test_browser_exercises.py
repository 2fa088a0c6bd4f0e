"""An exercise as a learner does it in a real browser: stub, wrong answers, the right
one, and the progress it makes.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dqn_tutorial.classroom import check
from tests.jupyter import (
    chromium,
    jupyter_lab,
    open_notebook,
    open_page,
    run_cell,
    select_cell,
    skip_without_browser,
    write_notebook,
)
from tests.test_exercises import cells_of, solution_of

skip_without_browser()
pytestmark = pytest.mark.browser
IMPORTS = "import torch\n\nfrom dqn_tutorial.classroom import check"
HEAD = "def your_taken_q(q_values, action):\n"
CHECK = "\n\n\ncheck.taken_q(your_taken_q)"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A notebook with the exercise of 03_q_network in its second cell, the imports
    run.
    """
    monkeypatch.setenv("DQN_TUTORIAL_PROGRESS", str(tmp_path / "progress.json"))
    (tmp_path / "notebooks").mkdir()
    _, stub, _ = cells_of(check.EXERCISES["taken_q"])
    write_notebook(
        tmp_path / "notebooks" / "exercise.ipynb",
        IMPORTS,
        stub.source,
        "check.progress()",
    )
    with jupyter_lab(tmp_path) as lab, chromium() as browser:
        page = open_page(browser)
        open_notebook(page, lab, "exercise")
        select_cell(page, 0)
        run_cell(page)
        yield page


def write(page: Page, source: str) -> None:
    """Write an answer into the exercise's cell, as by pasting, and run it."""
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)
    select_cell(page, 1)
    run_cell(page)


def test_an_exercise_is_done_step_by_step(page: Page) -> None:
    verdict = page.locator(".jp-OutputArea-output [role=status]")
    select_cell(page, 1)
    run_cell(page)
    expect(verdict).to_contain_text("taken_q: not attempted yet.")
    write(page, f"{HEAD}    return q_values[:, action]{CHECK}")
    expect(verdict).to_contain_text("Your result has shape [3, 3]")
    select_cell(page, 1)
    run_cell(page)  # at the second try the misconception is named
    expect(verdict).to_contain_text("Read again: 03_q_network")
    write(page, f"{HEAD}    while True:\n        pass{CHECK}")
    expect(verdict).to_contain_text("a loop never ends")
    write(page, f"{HEAD}    return q_values.gather(-1, action){CHECK}")
    expect(verdict).to_contain_text("taken_q: not yet.")
    write(page, solution_of(check.EXERCISES["taken_q"]))
    expect(verdict).to_contain_text("taken_q: correct.")
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    select_cell(page, 2)
    run_cell(page)
    done = f"1 of {len(check.EXERCISES)} exercises are done"
    expect(page.locator(".jp-OutputArea-output", has_text=done)).to_be_visible()
    assert re.search(
        "taken_q",
        page.locator(".jp-OutputArea-output img").last.get_attribute("alt") or "",
    )
