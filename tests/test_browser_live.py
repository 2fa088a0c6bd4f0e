"""The live lab in a real browser: each control acts while the agent learns, and nothing
is left running.
"""

import base64
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from dqn_tutorial.classroom.live import live_view
from dqn_tutorial.classroom.live.lab import STORIES
from dqn_tutorial.classroom.pictures.curves import recent_mean
from tests.jupyter import (
    OUTSIDE,
    PATIENCE,
    Lab,
    jupyter_lab,
    menu,
    open_notebook,
    open_page,
    run_cell,
    select_cell,
    skip_without_browser,
    start_all,
    violations,
    wait_until_idle,
    write_notebook,
)

skip_without_browser()
pytestmark = pytest.mark.browser

SHOW = "from dqn_tutorial.classroom.live import LiveLab\nlab = LiveLab()\nlab"
COUNT = (
    "import threading\nprint('threads:', sum(t.name == 'live lab' for t in"
    " threading.enumerate()))"
)
PICTURE = ".jp-OutputArea-output img"
STILL = "img[alt^='Live lab:']"
LIVE = ".jp-OutputArea .live-view"
CODE = Path(live_view.__file__).with_suffix(".js").read_bytes()
# tells frames to the view, and what became of them
TAKE = """async ([code, frames]) => {
  const {take} = await import(code), run = {};
  const changed = frames.map((frame) => [...take(run, frame)].sort().join(" "));
  return {...run, changed};
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path]]:
    folder = tmp_path_factory.mktemp("live")
    (folder / "notebooks").mkdir()
    with jupyter_lab(folder) as lab:
        yield lab, folder / "notebooks"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page for a notebook of its own."""
    page = open_page(browser)
    yield page
    page.close()


@pytest.fixture(scope="module")
def shared(browser: Browser, server: tuple[Lab, Path]) -> Page:
    """One notebook and kernel for many tests."""
    lab, folder = server
    write_notebook(folder / "shared.ipynb", SHOW, "lab.wait()", COUNT)
    page = open_page(browser)
    open_notebook(page, lab, "shared")
    return page


@pytest.fixture
def fresh(shared: Page) -> Page:
    """That notebook with a lab in which nothing was done yet."""
    show_lab(shared)
    return shared


def show_lab(page: Page) -> None:
    select_cell(page, 0)
    run_cell(page)
    wait_for(page, "state", "value == 'idle'")
    expect(page.locator(LIVE)).to_be_visible()


def show_own_lab(page: Page, server: tuple[Lab, Path], name: str, *more: str) -> None:
    """Open a notebook of its own with a lab in its first cell, and run that cell."""
    lab, folder = server
    write_notebook(folder / f"{name}.ipynb", SHOW, *more)
    open_notebook(page, lab, name)
    show_lab(page)


def press(page: Page, name: str) -> None:
    page.locator("button.jupyter-button", has_text=name).click()


def push(page: Page, name: str) -> None:
    """Press a button of the view."""
    page.locator(".live-view").get_by_role("button", name=name, exact=True).click()


def state(page: Page, name: str) -> str:
    return page.locator(".live-state").get_attribute(f"data-{name}") or ""


def number(page: Page, name: str) -> float:
    return float(state(page, name))


def wait_for(page: Page, name: str, condition: str, seconds: float = PATIENCE) -> None:
    """Wait until `value`, the state of that name, fulfils a condition in JavaScript."""
    # for a moment, while the page draws it anew, it is not there
    value = (
        f"document.querySelector('.live-state')?.getAttribute('data-{name}') ?? 'none'"
    )
    try:
        page.wait_for_function(
            f"() => {{ const value = {value}; return {condition}; }}",
            timeout=1_000 * seconds,
        )
    except TimeoutError as error:
        words = page.locator(".live-words").all_inner_texts()
        raise AssertionError(
            f"{name} is {page.evaluate(value)} after {seconds} s: {words}"
        ) from error


def handle_of(page: Page, label: str) -> Locator:
    slider = page.locator(".widget-hslider").filter(
        has=page.get_by_text(label, exact=True)
    )
    return slider.locator(".noUi-handle, input[type=range]").first


def push_slider(page: Page, label: str, key: str) -> None:
    handle = handle_of(page, label)
    handle.focus()
    handle.press(key)


def screenshot(page: Page, name: str) -> None:
    """Keep a picture for people, where an environment variable says so."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_every_control_acts(fresh: Page) -> None:
    page = fresh
    assert (state(page, "state"), number(page, "step")) == ("idle", 0)
    press(page, "Start")
    wait_for(page, "updates", "Number(value) > 5")
    assert state(page, "state") == "running"
    names = ("learning rate", "gamma", "tau", "update ratio", "epsilon")
    for count, label in enumerate(names):
        name = label.replace(" ", "-")
        before = number(page, name)
        push_slider(page, label, "ArrowLeft")
        wait_for(page, "moves", f"value == '{count + 1}'")
        assert number(page, name) != before
    assert number(page, "moves") == 5
    held = number(page, "epsilon")
    press(page, "follow schedule")
    wait_for(page, "moves", "value == '6'")
    wait_for(page, "epsilon", f"Number(value) < {held}")  # it has gone on falling

    press(page, "Pause")
    wait_for(page, "state", "value == 'paused'")
    step, updates = number(page, "step"), number(page, "updates")
    page.wait_for_timeout(1_000)
    assert number(page, "step") == step
    press(page, "Step")
    wait_for(page, "step", f"Number(value) == {step + 1}")
    assert number(page, "updates") == updates + 1 and state(page, "state") == "paused"
    push_slider(page, "steps a second", "End")
    press(page, "Start")
    wait_for(page, "step", f"Number(value) > {step + 1500}")  # faster than 500 a second

    page.locator(".widget-dropdown select").nth(0).select_option("ddqn")
    page.locator(".widget-dropdown select").nth(1).select_option("acrobot")
    page.locator("input[type=number]").fill("7")
    page.locator("input[type=number]").press("Enter")
    press(page, "Reset")
    wait_for(page, "state", "value == 'idle'")
    assert number(page, "step") == 0 and number(page, "moves") == 0
    press(page, "Start")
    wait_for(page, "step", "Number(value) > 200")
    screenshot(page, "acrobot")
    press(page, "Stop")
    wait_for(page, "state", "value == 'stopped'")
    expect(page.locator(PICTURE).first).to_have_attribute(
        "alt", re.compile("Live lab.*steps")
    )


def test_the_picture_moves_while_it_trains_and_one_is_kept_at_rest(fresh: Page) -> None:
    page = fresh
    kept = page.locator(STILL)
    canvases = {
        name: page.locator(f"{LIVE} .{name} canvas").first
        for name in ("agent", "returns", "errors", "q", "map")
    }
    for at_rest in ("Pause", "Stop"):
        press(page, "Start")
        wait_for(page, "updates", "Number(value) > 20")
        for name, canvas in canvases.items():
            expect(canvas).to_be_visible()
            page.wait_for_function(
                "([name, seen]) => document.querySelector("
                "`.live-view .${name} canvas`).toDataURL() != seen",
                arg=[name, canvas.evaluate("canvas => canvas.toDataURL()")],
            )
        press(page, at_rest)
        expect(kept).to_have_attribute("alt", re.compile("steps"))
        expect(kept).to_be_hidden()  # the view is the one picture
        expect(page.get_by_alt_text("The agent in its environment")).to_be_hidden()
        assert kept.evaluate("picture => picture.naturalWidth") == 1800
    press(page, "Reset")
    wait_for(page, "state", "value == 'idle'")
    expect(kept).to_have_attribute("alt", re.compile("Nothing was trained"))
    expect(page.locator(f"{LIVE} .run").first).to_have_attribute("data-step", "0")


def test_the_curve_of_the_view_is_the_mean_of_the_last_steps(page: Page) -> None:
    rng = np.random.default_rng(0)
    steps = np.cumsum(rng.integers(0, 60, 3_000)).tolist()
    returns = rng.integers(0, 500, 3_000).tolist()
    points = [list(point) for point in zip(steps, returns, strict=True)]
    code = f"data:text/javascript;base64,{base64.b64encode(CODE).decode()}"
    first = {"run": 0, "reset": True, "env": "CartPole-v1"}
    frames: list[dict[str, object]] = [first]
    frames += [{"run": 0, "episodes": points[k : k + 7]} for k in range(0, 3_000, 7)]
    frames += [{"run": 0, "moves": [[9, "tau", 1]]}, {"run": 0, "q_values": [900, 0]}]
    frames += [{"run": 0, "errors": [[9, 1e-6, None]], "step": steps[-1]}]
    run = page.evaluate(TAKE, [code, frames])
    wanted = dict(zip(steps, recent_mean(steps, returns).tolist(), strict=True))
    assert 1_000 < len(run["means"]) <= 2_000, "every other is dropped"
    for step, mean in run["means"]:
        assert mean == pytest.approx(wanted[step])
    assert run["means"][-1][0] > steps[-1] - 200
    assert run["returns"] == [0, 500] and run["q"] == [-20, 1800]
    assert run["decades"] == [-6, 3] and run["span"] >= steps[-1] > run["span"] / 2
    assert run["changed"][0] == "agent errors map q returns"
    assert run["changed"][-3:] == [
        "agent errors q returns",
        "agent q",
        "agent errors q returns",
    ]


def test_a_presentation_fits_the_window_and_each_story_acts(fresh: Page) -> None:
    page, run = fresh, fresh.locator(".live-view .run")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.locator(".live-view .present").click()
    dialog = page.get_by_role("dialog", name="Presentation")
    expect(dialog).to_be_visible()
    for story in STORIES:
        push(page, story["label"])
        expect(dialog.get_by_text(story["look"], exact=True)).to_be_visible()
        page.wait_for_function(
            """([name, moves]) => {
              const {step, story, moves: n} = document.querySelector(".run").dataset;
              return step > 300 && story == name && n >= moves;
            }""",
            arg=[story["name"], len(story["moves"])],
        )
        if story["moves"]:
            expect(page.locator(".run .returns canvas").first).not_to_have_attribute(
                "data-marks", "0"
            )
    assert page.evaluate(OUTSIDE) == []
    page.get_by_label("two runs side by side").check()
    wait_for(page, "step", "Number(value) < 300")  # both begin
    page.wait_for_function("document.querySelectorAll('.run')[1].dataset.step > 300")
    expect(run.nth(1).get_by_role("heading")).to_have_text(STORIES[-1]["label"])
    expect(run.nth(0).get_by_role("heading")).to_have_text("as it is")
    before = number(page, "learning-rate")
    page.locator("input[name=learning_rate]").press("ArrowRight")
    wait_for(page, "learning-rate", f"Number(value) > {before}")
    push(page, "Pause")
    wait_for(page, "state", "value == 'paused'")
    steps = [run.nth(k).get_attribute("data-step") for k in (0, 1)]
    assert steps[0] == steps[1] == state(page, "step")
    for height in (720, 800):
        page.set_viewport_size({"width": 1280, "height": height})
        assert page.evaluate(OUTSIDE) == []
        screenshot(page, f"presentation {height}")
    assert not violations(page, ".live-dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    slider = page.locator(".widget-hslider").filter(has_text="learning rate")
    expect(slider.locator(".widget-readout")).to_have_text("0.0015")
    page.keyboard.press("p")
    expect(dialog).to_be_visible()
    push(page, "Reset")
    wait_for(page, "state", "value == 'idle'")
    expect(run.nth(1)).to_be_hidden()
    page.keyboard.press("p")
    expect(dialog).to_be_hidden()
    expect(page.locator(LIVE)).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 1100})


def test_the_lab_breaks_no_rule_of_accessibility(fresh: Page) -> None:
    press(fresh, "Start")
    wait_for(fresh, "updates", "Number(value) > 20")
    # which names them when they are there
    expect(fresh.locator("[role=slider]:not([aria-label])")).to_have_count(0)
    ours = violations(fresh, ".jp-OutputArea-output")
    press(fresh, "Stop")
    wait_for(fresh, "state", "value == 'stopped'")
    assert not ours
    names = fresh.locator("[role=slider]").evaluate_all(
        "handles => handles.map(handle => handle.ariaLabel)"
    )
    assert len(names) == 6 and {"epsilon", "steps a second"} <= set(names)
    assert fresh.locator("[role=status] .live-words").count() == 1


def test_twenty_slider_moves_are_seen_at_once(fresh: Page) -> None:
    page = fresh
    press(page, "Start")
    wait_for(page, "updates", "Number(value) > 20")
    in_page = []
    for move in range(20):
        start = time.perf_counter()
        push_slider(page, "epsilon", "ArrowLeft" if move % 2 else "ArrowDown")
        wait_for(page, "moves", f"Number(value) >= {move + 1}")
        in_page.append(1_000 * (time.perf_counter() - start))
    in_kernel = json.loads(state(page, "delays"))
    press(page, "Stop")
    assert len(in_kernel) == 20
    for name, delays in (
        ("callback to use", in_kernel),
        ("key press to the page's answer", in_page),
    ):
        print(
            f"milliseconds from {name}: median {sorted(delays)[10]:.1f}, worst"
            f" {max(delays):.1f}"
        )
    # in fact a few; a path that does not act while it trains takes seconds
    assert sorted(in_kernel)[10] < 50


def test_interrupting_wait_ends_the_run_without_a_traceback(fresh: Page) -> None:
    page = fresh
    press(page, "Start")
    wait_for(page, "step", "Number(value) > 100")
    select_cell(page, 1)
    menu(page, "Run", "Run Selected Cell")
    expect(page.locator(".jp-CodeCell .jp-InputPrompt").nth(1)).to_contain_text("*")
    menu(page, "Kernel", "Interrupt Kernel")
    wait_until_idle(page)
    wait_for(page, "state", "value == 'stopped'")
    select_cell(page, 2)
    run_cell(page)
    expect(page.locator(".jp-OutputArea-output", has_text="threads: 0")).to_be_visible()
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0


def test_running_the_cell_again_ends_its_first_lab(fresh: Page) -> None:
    page = fresh
    press(page, "Start")
    wait_for(page, "step", "Number(value) > 100")
    select_cell(page, 0)
    run_cell(page)
    wait_for(page, "state", "value == 'idle'")
    select_cell(page, 2)
    run_cell(page)
    expect(page.locator(".jp-OutputArea-output", has_text="threads: 0")).to_be_visible()


def test_two_labs_in_one_notebook_do_not_disturb_each_other(
    page: Page, server: tuple[Lab, Path]
) -> None:
    show_own_lab(
        page,
        server,
        "two",
        SHOW.replace("lab =", "other =").replace("\nlab", "\nother"),
    )
    select_cell(page, 1)
    run_cell(page)
    expect(page.locator(".live-state")).to_have_count(2)
    page.locator("button.jupyter-button", has_text="Start").first.click()
    wait_for(page, "step", "Number(value) > 100")
    assert page.locator(".live-state").nth(1).get_attribute("data-step") == "0"
    page.locator("button.jupyter-button", has_text="Stop").first.click()
    wait_for(page, "state", "value == 'stopped'")


def test_a_closed_tab_leaves_the_run_and_its_controls(
    browser: Browser, server: tuple[Lab, Path]
) -> None:
    first = open_page(browser)
    show_own_lab(first, server, "tab", "lab")
    press(first, "Start")
    wait_for(first, "step", "Number(value) > 100")
    menu(first, "File", "Save Notebook")
    file = server[1] / "tab.ipynb"
    while "Run the cell to get the controls" not in file.read_text():
        first.wait_for_timeout(100)
    step = number(first, "step")
    first.close()
    again = open_page(browser)
    open_notebook(again, server[0], "tab")
    # the first cell shows it without being run
    expect(again.locator(LIVE)).to_be_visible()
    expect(again.locator(f"{LIVE} .run").first).to_have_attribute(
        "data-step", re.compile(r"\d{3}")
    )
    select_cell(again, 1)
    run_cell(again)  # `lab` in a cell of its own shows the same run again
    shown = again.locator(".live-state").last
    expect(shown, again.locator(".live-words").last.inner_text()).to_have_attribute(
        "data-state", "running"
    )
    assert int(shown.get_attribute("data-step") or 0) > step
    again.locator("button.jupyter-button", has_text="Stop").last.click()
    expect(shown).to_have_attribute("data-state", "stopped")
    again.close()


def test_run_all_ends_and_the_picture_survives_without_a_kernel(
    page: Page, server: tuple[Lab, Path]
) -> None:
    lab, folder = server
    write_notebook(folder / "saved.ipynb", SHOW, COUNT)
    open_notebook(page, lab, "saved")
    start_all(page)
    wait_until_idle(page)
    press(page, "Start")
    wait_for(page, "step", "Number(value) > 400")
    press(page, "Stop")
    wait_for(page, "state", "value == 'stopped'")
    menu(page, "File", "Save Notebook")
    while "steps, epsilon" not in (folder / "saved.ipynb").read_text():
        page.wait_for_timeout(100)
    menu(page, "Kernel", "Shut Down Kernel")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("No Kernel")
    page.goto(lab.page("saved"))
    expect(page.locator(PICTURE).first).to_be_visible()
    assert "steps" in (page.locator(PICTURE).first.get_attribute("alt") or "")


def test_the_story_of_epsilon(fresh: Page) -> None:
    """Epsilon to 1 lowers the behaviour return, not the greedy one; given back,
    behaviour recovers and it solves.
    """
    page = fresh
    push_slider(page, "steps a second", "End")
    press(page, "Start")
    wait_for(page, "behaviour", "Number(value) >= 150")
    screenshot(page, "1 learns")
    # the slider has followed its schedule, so that the end is another place
    expect(handle_of(page, "epsilon")).not_to_have_attribute("aria-valuenow", "1.0")
    push_slider(page, "epsilon", "End")
    wait_for(page, "epsilon", "Number(value) == 1")
    wait_for(page, "behaviour", "Number(value) < 40")
    # the picture shows both
    assert number(page, "greedy") > 3 * number(page, "behaviour")
    screenshot(page, "2 epsilon is one")
    press(page, "follow schedule")
    wait_for(page, "behaviour", "Number(value) >= 150")
    wait_for(page, "greedy", "Number(value) >= 475")
    screenshot(page, "3 given back")
    press(page, "Stop")
    wait_for(page, "state", "value == 'stopped'")
    screenshot(page, "4 stopped")
