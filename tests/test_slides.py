"""The slides: short, whole, timed, and readable from the last row."""

import re
from pathlib import Path
from statistics import mean

import pytest
from playwright.sync_api import Browser

from dqn_tutorial.classroom.bank import SITTINGS, named
from dqn_tutorial.config import Refused
from tests.jupyter import open_page, violations
from tools import slides

SMALLEST = 28  # pixels of a slide's text, on a projector of 1280 x 720
SHOWN = re.compile(r"\$\$.*?\$\$|\$.*?\$|^\|.*?$", re.DOTALL | re.MULTILINE)
# of each slide: whether all of it is seen, and its smallest letters
MEASURE = """() => [...document.querySelectorAll(".slide")].map(slide => {
  for (const own of document.querySelectorAll(".slide"))
    own.classList.toggle("now", own === slide);
  const content = slide.querySelector(".content");
  const box = content.getBoundingClientRect();
  const seen = [...content.querySelectorAll("*")].filter(own =>
    !own.closest("math, svg") || own.localName === "math");
  const over = slide.scrollHeight > slide.clientHeight
    || seen.some(own => own.getBoundingClientRect().bottom > box.bottom + 1
      || own.getBoundingClientRect().top < box.top - 1
      || own.getBoundingClientRect().right > innerWidth);
  const sizes = seen.filter(own => own.matches("p, li, td"))
    .map(own => parseFloat(getComputedStyle(own).fontSize));
  const widths = [...slide.querySelectorAll("img")].map(own => own.naturalWidth);
  return {over, size: Math.min(99, ...sizes), whole: widths.every(Boolean)};
})"""


def words(text: str) -> int:
    """How many words a text has beside its formulas and tables."""
    return len(re.findall(r"\w[\w.,'-]*", SHOWN.sub(" ", text)))


def told(slide: dict[str, str]) -> int:
    return words(slide["head"]) + words(slide.get("text", ""))


def test_every_sitting_has_a_deck() -> None:
    assert list(slides.texts()) == SITTINGS


@pytest.mark.parametrize("sitting", slides.texts())
def test_a_deck_is_short_and_timed(sitting: str) -> None:
    whole = list(slides.parts(sitting, beside=False))
    own = slides.texts()[sitting]["slides"]
    counts = [told(slide) for slide in own if "question" not in slide]
    assert 5 <= len(whole) <= 15
    assert all(count <= 40 for count in counts)
    assert 15 <= mean(counts) <= 30
    assert all(notes.strip() and minutes > 0 for *_, notes, minutes in whole)
    assert sum(minutes for *_, minutes in whole) <= slides.stated_minutes(sitting)
    # of this sitting, each once
    questions = [slide["question"] for slide in own if "question" in slide]
    assert questions and len(set(questions)) == len(questions)
    assert {named(name).sitting for name in questions} == {sitting}


def test_a_question_does_not_show_its_answer() -> None:
    for deck in slides.texts().values():
        for slide in deck["slides"]:
            if name := slide.get("question"):
                stem, answer = slides.asked(name)
                assert "<li>" in stem or not named(name).choices
                assert answer not in stem
                assert f"<strong>{named(name).key}</strong>" in answer


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(Refused, match="'cell-02' of 01_bellman_equation"):
        slides.picture("01_bellman_equation", "cell-02")
    with pytest.raises(Refused, match="no cell 'cell-999'"):
        slides.heading("01_bellman_equation", "cell-999")


def test_a_place_is_a_link_where_the_site_is(tmp_path: Path) -> None:
    slides.build(tmp_path / "slides")
    alone = (tmp_path / "slides" / "01b.html").read_text(encoding="utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").touch()
    slides.build(tmp_path / "slides")
    linked = (tmp_path / "slides" / "01b.html").read_text(encoding="utf-8")
    assert "<a href" not in alone
    assert 'href="../site/01_bellman_equation.html#Value-iteration"' in linked


@pytest.mark.browser
def test_the_slides_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    slides.build(tmp_path)
    page = open_page(browser)
    page.set_viewport_size({"width": 1280, "height": 720})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    faults = []
    for sitting in slides.texts():
        page.goto((tmp_path / f"{sitting}.html").as_uri())
        for number, found in enumerate(page.evaluate(MEASURE), 1):
            if found["over"] or found["size"] < SMALLEST or not found["whole"]:
                faults.append((sitting, number, found))
    assert not faults
    assert all(url.startswith(("file:", "data:")) for url in asked)
    page.goto((tmp_path / "01a.html").as_uri())
    assert not violations(page, "body")
    shown = page.locator(".slide:visible")
    for key, wanted in [("ArrowRight", "s2"), (" ", "s3"), ("ArrowLeft", "s2")]:
        page.keyboard.press(key)
        assert shown.get_attribute("id") == wanted
    notes = page.locator("#s2 + .notes")
    assert not notes.is_visible()
    page.keyboard.press("n")
    assert notes.is_visible()
    page.keyboard.press("End")
    assert shown.get_attribute("id") == page.locator(".slide").last.get_attribute("id")
    page.keyboard.press("Home")
    assert shown.get_attribute("id") == "s1"
    page.close()


@pytest.mark.browser
def test_without_a_script_all_slides_are_seen(browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    text = slides.page("01a")
    page.set_content(text)
    assert page.locator(".slide:visible").count() == text.count("<section")
    assert page.locator(".notes:visible").count() == text.count("<section")
    page.close()
