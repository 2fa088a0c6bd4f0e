"""The teacher's guide: its minutes add up, its questions and cells are there, and the
projector shows one question at a time.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dqn_tutorial.classroom.bank import SITTINGS, of
from tests.jupyter import violations
from tests.test_writing import HABITS, anchor
from tests.writing import NOTEBOOKS, cells_of, prose, sentences
from tools.exam import ROOT
from tools.teaching import LINE, filled
from tools.varied import VARIED

PAGES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "tools/site/pages").glob("teaching*.md"))
}
each = pytest.mark.parametrize("name", PAGES)
STEP = re.compile(r"(?m)^## Minutes (\d+) to (\d+): ")


@cache
def notebooks() -> dict[str, list[Any]]:
    return {path.stem: cells_of(path.stem) for path in NOTEBOOKS.glob("*.ipynb")}


def rows(table: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|") and "---" not in line
    ]


def test_the_minutes_of_a_path_add_up() -> None:
    tables = re.split(r"(?m)^### ", PAGES["teaching"])[2:6]
    for stated, table in zip((90, 180, 480, 560), tables, strict=True):
        minutes = [int(row[-1].strip("*")) for row in rows(table)[1:]]
        assert sum(minutes[:-1]) == minutes[-1] == stated, table.splitlines()[0]


def test_the_day_runs_by_the_clock() -> None:
    day = PAGES["teaching"].partition("### One day")[2].partition("### ")[0]
    clock = 9 * 60
    for time, _, minutes in rows(day)[1:-1]:
        hour, minute = map(int, time.split(":"))
        assert 60 * hour + minute == clock, time
        clock += int(minutes)
    assert clock == 17 * 60


def test_the_lesson_of_45_minutes_fits_into_them() -> None:
    text = PAGES["teaching_45"]
    total, clock = 0.0, 0
    for begin, end, part in zip(*[iter(STEP.split(text)[1:])] * 3, strict=True):
        said = [line[1:] for line in part.splitlines() if line.startswith(">")]
        words = len(" ".join(said).split())
        needed = words / 130 + sum(map(int, re.findall(r"\((\d+) min\)", part)))
        assert int(begin) == clock and needed <= int(end) - int(begin), begin
        total, clock = total + needed, int(end)
    assert clock == 45
    told = re.search(r"these minutes need (\d+) of the 45", text)
    assert told and int(told[1]) == round(total)


@each
def test_what_a_page_names_is_there(name: str) -> None:
    text = PAGES[name]
    filled(text)  # refuses a question that the bank does not have
    cells = notebooks()
    for file, place in re.findall(r"\]\((\w+)\.(?:ipynb|md)(?:#([^)]*))?\)", text):
        assert file in cells or (ROOT / f"tools/site/pages/{file}.md").exists(), file
        headings = re.findall(r"(?m)^#+ (.+)$", prose(cells.get(file, [])))
        assert not place or place in map(anchor, headings), f"{file}#{place}"
    code = "\n".join(c.source for own in cells.values() for c in own)
    for begin in re.findall(r"the cell (?:that begins )?`([^`]+)`", text):
        assert begin in code, begin
    known = {own.name for kind in "concept prediction exam".split() for own in of(kind)}
    named = re.findall(r"project\.html#(\w+)", text)
    named += re.findall(r"(?:question|Ask|ask) `(\w+)`|`(exam_\w+)`", text)
    for one in named:
        question = one if isinstance(one, str) else one[0] or one[1]
        assert question in known, question


@each
def test_a_page_is_plain(name: str) -> None:
    for sentence in sentences(LINE.sub("", PAGES[name])):
        for habit, better in HABITS.items():
            assert not re.search(habit, sentence, re.IGNORECASE), (better, sentence)


@pytest.mark.parametrize("number", [f"{n:02d}" for n in range(1, 12)])
def test_each_notebook_has_a_page_with_its_parts(number: str) -> None:
    text = PAGES[f"teaching_{number}"]
    heads = "Questions before the runs, On the board, Pitfalls, Homework".split(", ")
    assert re.findall(r"(?m)^## (.+)$", text) == heads
    own = [sitting for sitting in SITTINGS if sitting[:2] == number]
    assert re.findall(r"(?m)^\{goal\} (\w+)$", text) == own
    asked = set(re.findall(r"(?m)^\{question\} (\w+)$", text))
    calls = "\n".join(
        cell.source
        for path in NOTEBOOKS.glob(f"{number}*")
        for cell in notebooks()[path.stem]
    )
    assert set(re.findall(r'\b(?:predict|ask)\("(\w+)"\)', calls)) == asked
    for question in re.split(r"(?m)^### ", text.partition("## On the board")[0])[1:]:
        wrong = filled(question).count("\n- **") + question.count(" (")
        wrong += len(re.findall(r'"[^"]+"', question))
        assert wrong >= 2, question.splitlines()[0]
    board = text.partition("## On the board")[2].partition("## ")[0]
    assert "In words: " in board and "```text" in board


def test_the_table_of_exam_items_is_whole() -> None:
    table = rows(PAGES["teaching_exam"])[1:]
    told = {row[0].strip("`"): (row[1], row[3] == "yes") for row in table}
    assert told == {q.name: (q.sitting, q.name in VARIED) for q in of("exam")}
    parts = re.findall(r"(?m)^\{exam\} (\w+)$", PAGES["teaching_exam"])
    assert parts == SITTINGS


@pytest.mark.browser
def test_the_projector_shows_one_question_in_five_steps(
    browser: Browser, tmp_path: Path
) -> None:
    # only here: the oldest versions that the package runs with have no Sphinx
    pytest.importorskip("sphinx")
    from tools.projector import page as written

    path = tmp_path / "project.html"
    path.write_text(written(), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"{path.as_uri()}#first_sweep")
    shown = page.locator(".question:visible")
    assert shown.get_attribute("id") == "first_sweep"
    assert not page.locator(".answer:visible").count()
    for keys in ("", "aaabc", "", "accccC"):
        for key in keys:
            page.keyboard.press(f"Shift+{key}" if key == "C" else key)
        if keys == "aaabc":
            assert not violations(page, "html")
        page.keyboard.press("ArrowRight")
    told = shown.locator("[data-right]").inner_text()
    assert "right" in told and "first 20 %" in told and "second 75 %" in told
    assert page.locator(".answer:visible").count() == 1
    assert not violations(page, "html")
    page.keyboard.press("ArrowRight")
    assert shown.get_attribute("id") != "first_sweep"
    too_large = page.evaluate("""() => {
      const found = [];
      for (const question of document.querySelectorAll(".question")) {
        document.querySelector("select").value =
          [...document.querySelectorAll(".question")].indexOf(question);
        document.querySelector("select").dispatchEvent(new Event("change"));
        for (let step = 0; step < 5; step += 1) {
          const {scrollHeight, scrollWidth} = document.documentElement;
          if (scrollHeight > 720 || scrollWidth > 1280) found.push(question.id, step);
          if (step < 4) document.querySelector("[aria-label=Next]").click();
        }
      }
      return found;
    }""")
    assert not too_large
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    page.close()
