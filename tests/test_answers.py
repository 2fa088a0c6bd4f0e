"""Questions and small labs in a page without a kernel say what a notebook says."""

import json
import random
from pathlib import Path

import mistune
import numpy as np
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect

pytest.importorskip("ipywidgets")

from dqn_tutorial.classroom import bank, live
from dqn_tutorial.classroom.bank import LETTERS, UNSURE, named, of
from tests.jupyter import open_page, violations
from tools.site import bundle, questions, small_labs

render = mistune.create_markdown(escape=False)


def text_of(markdown: str) -> str:
    """Return the words that a reader sees."""
    return BeautifulSoup(render(markdown), "html.parser").get_text().strip()


def nothing(share: float) -> None:
    """Progress that nobody looks at."""


# to compute all again takes longer than it is worth: others at each run
AGAIN = random.SystemRandom().sample(sorted(small_labs.LABS), 2)


@pytest.mark.parametrize("name", small_labs.LABS)
def test_the_answers_of_a_lab_are_those_of_the_kernel(name: str) -> None:
    lab, told = getattr(live, name)(), json.loads(small_labs.data(name))
    assert told["controls"] == json.loads(json.dumps(small_labs.controls_of(lab)))
    assert (told["question"], told["alt"]) == (lab.question, lab.alt)
    settings = list(small_labs.settings(lab))
    assert len(settings) == len(told["answers"]) and "dirty" not in told["commit"]
    if name not in AGAIN:
        return
    number = random.SystemRandom().randrange(len(settings))
    own = told["shared"] | told["answers"][number]
    new = lab.answer(nothing, **settings[number])
    assert own.keys() == new.keys(), settings[number]
    for key in own.keys() - {"curves", "values", "words"}:
        assert own[key] == json.loads(json.dumps(new[key])), key
    if name == "gamma_lab":
        assert own["words"] == new["words"]
        assert np.abs(own["values"] - new["values"]).max() < 0.00501
        return
    for panel, old, curves in zip(
        own["panels"], own["curves"], new["curves"], strict=True
    ):
        (mean, low, high), (new_mean, *_) = np.array(old), curves
        if panel["is_log"]:
            mean, low, high, new_mean = map(np.log10, (mean, low, high, new_mean))
        # another processor may round otherwise, and then each step differs a little
        assert (np.abs(new_mean - mean) <= high - low + 0.01).all(), settings[number]


def test_the_answers_are_small() -> None:
    sizes = {name: len(small_labs.data(name)) for name in small_labs.LABS}
    print(f"bytes: {sizes}")
    assert sum(sizes.values()) < 400_000


def test_only_cells_that_ask_have_a_page_of_their_own() -> None:
    for source in ("lab = LiveLab()", "predict", "x = ask('a')", "gamma_lab()"):
        assert questions.page_html(source, render) is None
    with pytest.raises(ValueError, match="no question 'first_swep'"):
        questions.page_html('predict("first_swep")', render)


def test_cards_are_folded_and_whole() -> None:
    page = BeautifulSoup(
        questions.page_html('cards("02a")', render) or "", "html.parser"
    )
    own = of("card", "01a")[:3]
    folds = page.select("details")
    assert len(folds) == len(own) == 3
    for fold, card in zip(folds, own, strict=True):
        assert fold.summary and fold.summary.get_text().strip() == text_of(card.stem)
        assert text_of(card.key) in fold.get_text()


def write_page(path: Path, *parts: tuple[str, bundle.Lab | None]) -> str:
    """Write a page of parts, each with what plays it; return its address."""
    labs = [lab for _, lab in parts if lab]
    sheets = dict.fromkeys(sheet for lab in labs for sheet in lab.styles)
    style = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    body = "".join(
        f"<div><div>{part}</div></div>"
        + (f"<script>{bundle.script(lab)}</script>" if lab else "")
        for part, lab in parts
    )
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title>'
        f"<style>{style}</style></head><body><main><h1>Page</h1>{body}</main></body>"
        "</html>",
        encoding="utf-8",
    )
    return path.as_uri()


# what a notebook stores of a result that was predicted
REVEALED = render(bank.folded("Answer first, then open", "**drawn**")), None
LETTER, NUMBER, WRONG = "target_spread", "best_of_ten_machines", "C"


def shown(source: str) -> tuple[str, bundle.Lab]:
    """Return what the site places for a cell that asks."""
    return questions.page_html(source, render) or "", bundle.LABS["questions"]


def part(page: Page, name: str) -> Locator:
    """Find a question."""
    return page.locator(f"fieldset[data-name={name}]")


def says(page: Page, name: str, words: str) -> None:
    """Expect the reply below a question."""
    expect(part(page, name).get_by_role("status")).to_have_text(words)


# presses each button of each question, and tells the replies
PRESS = """() => Object.fromEntries([...document.querySelectorAll("fieldset")].map(
  (question) => [question.dataset.name, [...question.querySelectorAll("button")].map(
    (button) => {
      button.click();
      return question.querySelector("[role=status]").textContent.trim();
    })]))"""


@pytest.mark.browser
def test_each_answer_has_the_feedback_of_the_bank(
    browser: Browser, tmp_path: Path
) -> None:
    asked = [*of("concept"), *of("parallel")]
    names = ", ".join(repr(question.name) for question in asked)
    page = open_page(browser)
    page.goto(write_page(tmp_path / "page.html", shown(f"ask({names})")))
    wanted = {
        question.name: [
            text_of(bank.feedback(question, answer))
            for answer in (*LETTERS[: len(question.choices)], UNSURE)
        ]
        for question in asked
    }
    for question in asked:
        key = part(page, question.name).get_by_text(f"{question.key} is right.")
        assert not key.count(), "it tells before it is asked"
    assert page.evaluate(PRESS) == wanted
    page.close()


@pytest.mark.browser
def test_answers_are_given_by_keys_kept_and_forgotten(
    browser: Browser, tmp_path: Path
) -> None:
    page = open_page(browser)
    parts = [f"predict({LETTER!r})", f"predict({NUMBER!r})", "before_the_course()"]
    letter, number, before = map(shown, parts)
    page.goto(
        write_page(
            tmp_path / "page.html",
            letter,
            REVEALED,
            number,
            REVEALED,
            before,
            shown("ask('entries_changed_first')"),
        )
    )
    folds = page.locator("details", has_text="drawn")
    expect(folds.locator("summary")).to_have_text(["Answer first, then open"] * 2)
    expect(page.get_by_text("kept in this browser").first).to_be_hidden()
    assert not violations(page, "main")

    page.keyboard.press("Tab")  # to A
    for _ in LETTERS[: LETTERS.index(WRONG)]:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    says(page, LETTER, f"You said {WRONG}. Now look at the next result.")
    told = text_of(bank.compared(named(LETTER), WRONG))
    expect(folds.first).to_contain_text(told)
    expect(folds.first.get_by_text("drawn")).to_be_visible()
    expect(folds.last.get_by_text("drawn")).to_be_hidden()
    part(page, LETTER).get_by_role("button", name="Answer B").click(force=True)
    says(page, LETTER, f"You said {WRONG}. Now look at the next result.")

    field = part(page, NUMBER).get_by_label("Your number")
    field.press("Enter")
    says(page, NUMBER, "Write a number first, such as 0.5.")
    field.fill("0.50")
    field.press("Enter")
    says(page, NUMBER, "You said 0.5. Now look at the next result.")
    told = text_of(bank.compared(named(NUMBER), "0.5"))
    assert told.endswith("right.")
    expect(folds.last).to_contain_text(told)
    first = bank.before_the_course()[0].name
    part(page, first).get_by_role("button", name="I don\u2019t know").press("Space")
    says(page, first, "You did not know. It is noted.")
    assert not violations(page, "main")

    page.reload()
    says(page, LETTER, f"You said {WRONG}. Now look at the next result.")
    says(page, NUMBER, "You said 0.5. Now look at the next result.")
    says(page, first, "You did not know. It is noted.")
    expect(folds.last.get_by_text(told)).to_be_visible()
    pressed = part(page, LETTER).locator("[aria-pressed=true]")
    expect(pressed).to_have_text(WRONG)
    expect(page.get_by_text("kept in this browser only").first).to_be_visible()

    page.get_by_role("button", name="Forget my answers").first.press("Enter")
    for name in (LETTER, NUMBER, first):
        says(page, name, "")
    expect(pressed).to_have_count(0)
    expect(folds.first.get_by_text("drawn")).to_be_hidden()
    field.fill("-3")
    part(page, NUMBER).get_by_role("button", name="That is it").click()
    told = text_of(bank.compared(named(NUMBER), "-3"))
    expect(folds.last).to_contain_text(told)
    page.reload()
    says(page, LETTER, "")
    says(page, NUMBER, "You said -3. Now look at the next result.")
    page.close()


@pytest.mark.browser
def test_a_browser_that_keeps_nothing_says_so(browser: Browser, tmp_path: Path) -> None:
    page = open_page(browser)
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw Error(); }})"
    page.add_init_script(refuse)
    page.goto(write_page(tmp_path / "page.html", shown(f"predict({LETTER!r})")))
    for letter in (WRONG, "A"):
        part(page, LETTER).get_by_role("button", name=f"Answer {letter}").press("Enter")
        says(page, LETTER, f"You said {WRONG}. Now look at the next result.")
    expect(page.get_by_text("This browser keeps no answers")).to_be_visible()
    page.get_by_role("button", name="Forget my answers").click()
    says(page, LETTER, "")
    page.close()


def lab_of(name: str) -> tuple[str, bundle.Lab]:
    """Return what the site places for a cell that shows a small lab."""
    stored = '<p><b>Lab.</b> A question?</p><img alt="stored" src="data:,">'
    return stored, bundle.LABS[name]


@pytest.mark.browser
def test_small_labs_answer_in_the_page(browser: Browser, tmp_path: Path) -> None:
    page = open_page(browser)
    labs = map(lab_of, ("gamma_lab", "target_lab", "ensemble_lab"))
    page.goto(write_page(tmp_path / "page.html", *labs))
    grid, bands, several = page.locator("main > div").all()
    expect(page.get_by_alt_text("stored")).to_have_count(0)

    lab = live.gamma_lab()
    slider = grid.get_by_label("gamma")
    for key, gamma in (("", 0.9), ("End", 0.995), ("ArrowLeft", 0.99)):
        if key:
            slider.press(key)
        expect(slider).to_have_attribute("aria-valuetext", f"{gamma:g}")
        answer = lab.answer(nothing, gamma=gamma)
        expect(grid.get_by_role("status")).to_have_text(answer["words"])
        wanted = [
            f"{value:.2f}".replace("-", "\u2212")
            for value, kind in zip(answer["values"], answer["layout"], strict=True)
            if kind == "."
        ]
        assert grid.locator(".value").all_inner_texts()[1:] == wanted
        expect(grid.locator("td.framed")).to_contain_text(str(answer["framed"]))

    lab = live.target_lab()
    slider, mean = bands.get_by_label("tau"), bands.locator(".mean")
    expect(slider).to_have_attribute("aria-valuetext", "1")
    first = mean.get_attribute("points")
    expect(bands.locator(".before")).to_have_count(0)
    for _ in range(4):
        old = mean.get_attribute("points")
        slider.press("ArrowLeft")
        expect(bands.locator(".before")).to_have_attribute("points", old or "")
    expect(slider).to_have_attribute("aria-valuetext", "0.01")
    assert mean.get_attribute("points") not in (first, old)
    answer = lab.answer(nothing, tau=0.01)
    expect(bands.get_by_role("status")).to_have_text(answer["words"])
    height = 200 * (1 - np.log(answer["curves"][0][0] / 0.05) / np.log(1e25 / 0.05))
    points = [pair.split(",") for pair in (mean.get_attribute("points") or "").split()]
    np.testing.assert_allclose(np.array(points, float)[:, 1], height, atol=0.11)

    combine = several.get_by_label("target takes the")
    several.get_by_label("members").press("ArrowRight")
    combine.select_option("min")
    chosen = {"members": 2, "reduce": "min"}
    number = list(small_labs.settings(live.ensemble_lab())).index(chosen)
    told = json.loads(small_labs.data("ensemble_lab"))["answers"]
    expect(several.get_by_role("status")).to_have_text(told[number]["words"])
    assert not violations(page, "main")
    page.close()
