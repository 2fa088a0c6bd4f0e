"""The lab of the slippery grid shows what `mdp.py` and `tabular.py` compute, in a
notebook and in a page without a kernel.
"""

import base64
import importlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from dqn_tutorial.classroom.live import asked
from dqn_tutorial.mdp import (
    MDP,
    bellman_optimality_operator,
    greedy_policy,
    q_from_v,
    slippery_grid,
)
from dqn_tutorial.seeding import numpy_generator
from dqn_tutorial.tabular import Floats, q_learning
from tests.jupyter import (
    Lab,
    jupyter_lab,
    open_notebook,
    open_page,
    run_cell,
    select_cell,
    skip_without_browser,
    violations,
    write_notebook,
)

# `live` has a function of that name
grid_lab = importlib.import_module("dqn_tutorial.classroom.live.grid_lab")

PLAY = """async ([code, answers]) => {
  const {play} = await import(code);
  const {look, tracks} = JSON.parse(answers);
  document.body.innerHTML = "<main></main>";
  play(document.querySelector("main"), look, (key, reply) => reply(tracks[key]));
}"""
# from a click or a key to the picture that is painted after it
CLOCK = """place => {
  let begun;
  window.delays = [];
  for (const name of ["click", "input"])
    window.addEventListener(name, (event) => (begun = event.timeStamp), true);
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() =>
    window.delays.push(performance.now() - begun)))
  ).observe(document.querySelector(place), {childList: true});
}"""


def sweeps(mdp: MDP) -> Iterator[Floats]:
    """Yield the tables of value iteration, from zeros on."""
    v = np.zeros(mdp.n_states)
    while True:
        yield v
        v = bellman_optimality_operator(mdp, v)


def learned(mdp: MDP, n_steps: int, alpha: float, epsilon: float) -> Floats:
    """Return the table after some steps of the learner that the lab shows."""
    return q_learning(
        mdp,
        np.zeros((mdp.n_states, mdp.n_actions)),
        numpy_generator(grid_lab.SEED, "grid lab"),
        n_steps,
        lambda visits: np.full(1, alpha),
        np.full(1, epsilon),
    ).q[0]


@pytest.mark.parametrize("slip", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("gamma", [0.5, 0.9, 0.995])
def test_every_sweep_is_one_backup_more(slip: float, gamma: float) -> None:
    mdp, track = slippery_grid(slip=slip, gamma=gamma), grid_lab.sweeps(slip, gamma)
    n_sweeps = len(track["changes"])
    assert len(track["values"]) == len(track["arrows"]) == n_sweeps + 1
    tables = list(islice(sweeps(mdp), n_sweeps + 1))
    for k, (v, values, arrows) in enumerate(
        zip(tables, track["values"], track["arrows"], strict=True)
    ):
        assert values == [float(f"{value:.2f}") for value in v]
        q = q_from_v(mdp, v)
        best = greedy_policy(q).argmax(-1)
        for state, arrow in enumerate(arrows):
            assert arrow == ("-" if len(set(q[state])) == 1 else str(best[state]))
        if k:
            change = np.abs(v - tables[k - 1]).max()
            assert track["changes"][k - 1] == float(f"{change:.2g}")
            assert (change <= grid_lab.CLOSE) == (k == n_sweeps)


@pytest.mark.parametrize(
    "slip, gamma, alpha, epsilon", [(0.2, 0.9, 0.5, 1.0), (0.4, 0.995, 0.1, 0.5)]
)
def test_every_step_is_one_update_more(
    slip: float, gamma: float, alpha: float, epsilon: float
) -> None:
    mdp = slippery_grid(slip=slip, gamma=gamma)
    told = grid_lab.steps(slip, gamma, alpha, epsilon)["steps"].split(" ")
    assert len(told) == grid_lab.N_STEPS
    q = np.zeros((mdp.n_states, mdp.n_actions))
    for k, word in enumerate(told, 1):
        state, action, next_state = (int(digit, 16) for digit in word[:3])
        assert mdp.transition[state, action, next_state] > 0
        q[state, action] = float(word[4:] or 0)
        if k <= 40 or k % 40 == 0:
            wanted = learned(mdp, k, alpha, epsilon)
            assert q.tolist() == [[float(f"{x:.2f}") for x in row] for row in wanted]
            equal = len(set(wanted[state])) == 1
            assert word[3] == ("-" if equal else str(wanted[state].argmax()))
    assert q.any()


def test_who_watches_changes_nothing() -> None:
    seen: list[int] = []

    def learn(watch: Any) -> Any:
        return q_learning(
            slippery_grid(),
            np.zeros((16, 4)),
            numpy_generator(0, "watched"),
            100,
            lambda visits: np.full(3, 0.5),
            np.full(3, 0.5),
            watch=watch,
        )

    watched = learn(lambda q, state, action, next_state: seen.append(len(state)))
    assert (learn(None).q == watched.q).all() and seen == [3] * 100


@pytest.fixture(scope="module")
def answers() -> str:
    text = grid_lab.answers()
    print(f"precomputed answers: {len(text) / 1000:.0f} KB")
    return str(text)


def test_the_precomputed_answers_are_the_live_ones(answers: str) -> None:
    told = json.loads(answers)
    assert told["look"] == json.loads(json.dumps(grid_lab.look()))
    assert len(told["tracks"]) == 5 * 5 * (1 + 3 * 3)
    assert len(answers) < 1_000_000
    lab = grid_lab.grid_lab()
    for key in ("0.2 0.9", "0 0.995", "0.2 0.9 0.5 1", "0.6 0.5 1 0.1"):
        lab.key = key
        assert lab.answer == {"key": key, **told["tracks"][key]}


def test_the_stored_picture_has_constant_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(asked, "display", lambda data, **_: shown.append(data))
    for _ in range(2):
        grid_lab.grid_lab()._ipython_display_()
    picture, controls, again, _ = shown
    assert picture == again
    assert picture["text/plain"] == f"Figure: {grid_lab.ALT}"
    assert f'alt="{grid_lab.ALT}"' in picture["text/markdown"]
    assert "application/vnd.jupyter.widget-view+json" in controls
    # by its first words it is found, and hidden while the lab can be played
    style = Path(grid_lab.__file__).with_suffix(".css").read_text(encoding="utf-8")
    assert f'img[alt^="{grid_lab.ALT[:23]}"]' in style


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    skip_without_browser()
    folder = tmp_path_factory.mktemp("grid")
    (folder / "notebooks").mkdir()
    imports = "from dqn_tutorial.classroom.live import grid_lab, microscope\n"
    cells = (f"{imports}grid_lab()", "microscope()")
    write_notebook(folder / "notebooks" / "grid.ipynb", *cells)
    with jupyter_lab(folder) as lab:
        yield lab


def press(page: Page, name: str, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_role("button", name=name, exact=True).click()


def numbers(page: Page) -> list[str]:
    return page.locator(".grid-lab .value").all_inner_texts()


def written(mdp: MDP, v: Floats) -> list[str]:
    return [
        f"{float(f'{x:.2f}') + 0:.2f}".replace("-", "\u2212") for x in v[~mdp.terminal]
    ]


def push(page: Page, label: str, key: str, shown: str) -> None:
    """Move a slider by a key and wait until its new value stands there."""
    slider = page.get_by_label(label)
    slider.focus()
    slider.press(key)
    expect(slider).to_have_attribute("aria-valuetext", shown)


@pytest.mark.browser
def test_the_lab_plays_in_a_notebook(browser: Browser, server: Lab) -> None:
    page = open_page(browser)
    open_notebook(page, server, "grid")
    select_cell(page, 0)
    run_cell(page)
    words = page.locator(".grid-lab [role=status]")
    expect(words).to_have_text("Sweep 0: every value is 0.")
    expect(page.locator("img[alt^='The slippery grid']")).to_be_hidden()
    assert not violations(page, ".jp-OutputArea-output")
    mdp = slippery_grid()
    for k, v in enumerate(islice(sweeps(mdp), 6)):
        if k:
            press(page, "one sweep")
        expect(words).to_contain_text(f"Sweep {k}:")
        assert numbers(page) == written(mdp, v)

    page.evaluate(CLOCK, ".grid-lab table")
    moves = [("slip", "ArrowRight", "0.4"), ("slip", "ArrowLeft", "0.2")] * 5
    moves += [("gamma", "End", "0.995"), ("gamma", "Home", "0.5")] * 5
    for count, move in enumerate(moves, 1):
        push(page, *move)
        page.wait_for_function("count => delays.length == count", arg=count)
    by_key = page.evaluate("delays.splice(0)")
    # the sweep is still the fifth, and the keys have not moved the notebook's cells
    mdp = slippery_grid(gamma=0.5)
    assert numbers(page) == written(mdp, next(islice(sweeps(mdp), 5, None)))
    assert page.locator(".jp-Cell.jp-mod-active .grid-lab").count() == 1
    push(page, "gamma", "End", "0.995")
    page.wait_for_function("delays.splice(0).length == 1")
    press(page, "one sweep", 20)
    expect(words).to_contain_text("Sweep 25:")
    page.wait_for_function("delays.length == 20")
    by_click = page.evaluate("delays")
    for name, delays in (
        ("a key on a slider, through the kernel", by_key),
        ("a click on one sweep", by_click),
    ):
        print(
            f"milliseconds from {name}, to the changed picture: median"
            f" {median(delays):.1f}, worst {max(delays):.1f}"
        )
    assert median(by_click) < 2_000

    page.get_by_label("method").select_option("Q-learning")
    # before its track has come
    press(page, "ten steps", 4)
    for key in ("Enter", "Space"):
        page.get_by_role("button", name="one step").press(key)
    expect(words).to_contain_text("Step 42:")
    mdp = slippery_grid(gamma=0.995)
    assert numbers(page) == written(mdp, learned(mdp, 42, 0.5, 1.0).max(-1))
    assert page.get_by_label("robot").count() == 1
    assert not violations(page, ".jp-OutputArea-output")

    # the microscope is asked the same way: it is tested in test_microscope.py
    select_cell(page, 1)
    run_cell(page)
    words = page.locator(".microscope [role=status]")
    expect(words).to_contain_text("Step 1 of 8.")
    expect(page.locator("img[alt^='Two pairs of bars']")).to_be_hidden()
    press(page, "3 target")
    page.evaluate(CLOCK, ".microscope .panel")
    for count in range(1, 11):
        page.get_by_role("combobox", name="n", exact=True).select_option(
            str(count % 3 + 1)
        )
        page.wait_for_function("count => delays.length == count", arg=count)
    delays = page.evaluate("delays")
    print(f"milliseconds from a choice: median {median(delays):.1f}, {max(delays):.1f}")
    expect(words).to_have_text("Step 3 of 8. The target is y = 3.607.")
    assert not violations(page, ".jp-OutputArea-output")
    page.close()


@pytest.mark.browser
def test_the_lab_plays_in_a_page_without_a_kernel(
    browser: Browser, answers: str
) -> None:
    page = open_page(browser)
    script = Path(grid_lab.__file__).with_suffix(".js").read_bytes()
    code = f"data:text/javascript;base64,{base64.b64encode(script).decode()}"
    page.evaluate(PLAY, [code, answers])
    words = page.locator(".grid-lab [role=status]")
    mdp = slippery_grid()
    n_sweeps = len(grid_lab.sweeps(0.2, 0.9)["changes"])
    for k, v in enumerate(islice(sweeps(mdp), n_sweeps + 1)):
        assert numbers(page) == written(mdp, v), f"sweep {k}"
        press(page, "one sweep")
    expect(words).to_contain_text(f"Sweep {n_sweeps}:")
    expect(words).to_contain_text("This is the end.")
    page.get_by_label("method").select_option("Q-learning")
    push(page, "slip", "Home", "0")
    push(page, "alpha", "End", "1")
    mdp = slippery_grid(slip=0.0)
    for k in range(11):
        assert numbers(page) == written(mdp, learned(mdp, k, 1.0, 1.0).max(-1))
        press(page, "one step")
    press(page, "to the end")
    expect(words).to_contain_text(f"Step {grid_lab.N_STEPS}:")
    end = learned(mdp, grid_lab.N_STEPS, 1.0, 1.0)
    assert numbers(page) == written(mdp, end.max(-1))
    assert page.locator(".grid-lab .arrow").all_inner_texts() == [
        "\xa0" if len(set(row)) == 1 else "←↓→↑"[row.argmax()]
        for row in end[~mdp.terminal]
    ]
    press(page, "back to the start")
    expect(words).to_have_text("Step 0: every value is 0.")
    page.close()
