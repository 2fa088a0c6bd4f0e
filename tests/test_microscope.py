"""The microscope of one update shows what the package computes, and what PyTorch gives
by hand.
"""

import base64
import importlib
import json
import random
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from dqn_tutorial.classroom.live import asked
from tests.jupyter import open_page, violations

# `live` has a function of that name
scope = importlib.import_module("dqn_tutorial.classroom.live.microscope")

SETTINGS = list(product(*scope.CONTROLS.values()))
RANDOM = random.Random(0).sample(SETTINGS, 50)
START, ENDED, CUT = scope.START, (1, *scope.START[1:]), (0, 1, *scope.START[2:])
LONGEST = (1, 0, 1, 3, 0.99, 0.1, 1)
PLAY = """async ([code, look, given]) => {
  const {play, recall} = await import(code);
  document.body.innerHTML = "<main></main>";
  // on the way from one setting to the next come some that are not given
  const find = (key, reply) => key in given && reply(given[key]);
  const ask = given.parts ? recall(given) : find;
  play(document.querySelector("main"), look, ask);
}"""
# makes a choice in each control, as a reader does, and reads what each step shows
READ = """values => {
  document.querySelectorAll("input, select").forEach((control, k) => {
    const old = control.type === "checkbox" ? control.checked : control.value;
    if (control.type === "checkbox") control.checked = Boolean(values[k]);
    else control.value = values[k];
    if (old !== (control.type === "checkbox" ? control.checked : control.value))
      control.dispatchEvent(new Event("change"));
  });
  return [...document.querySelectorAll(".steps button")].map(button => {
    button.click();
    const texts = name => [...document.querySelectorAll(name)].map(e => e.textContent);
    return {
      numbers: [...document.querySelectorAll("[data-path]")].map(
        e => [e.dataset.path, e.textContent]),
      sums: texts(".sum"), struck: texts("s"),
      words: texts(".words")[0], below: texts(".panel")[0],
    };
  });
}"""
DELAYS = """async () => {
  const delays = [];
  for (let k = 0; k < 20; k++) {
    const begun = performance.now();
    document.querySelectorAll(k % 2 ? "input" : ".steps button")[k % 3].click();
    await new Promise(requestAnimationFrame);
    await new Promise(done => setTimeout(done));
    delays.push(performance.now() - begun);
  }
  return delays;
}"""


def key_of(setting: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in setting)


def by_hand(
    terminated: float, double: float, n: int, gamma: float, rate: float, tau: float
) -> dict[str, Any]:
    """Return what one update gives, from tensors, autograd and Adam alone."""

    def tensors(tables: Any) -> list[torch.Tensor]:
        return [torch.tensor(rows) for t in tables for rows in (t[:-1], t[-1])]

    def network(w: list[torch.Tensor], state: torch.Tensor) -> torch.Tensor:
        return torch.relu(state @ w[0] + w[1]) @ w[2] + w[3]

    def tables(parts: list[Any]) -> list[Any]:
        joined = (torch.cat([parts[k], parts[k + 1][None]]) for k in (0, 2))
        return [table.tolist() for table in joined]

    online = [weight.requires_grad_() for weight in tensors(scope.ONLINE)]
    target, adam = tensors(scope.TARGET), torch.optim.Adam(online, lr=rate)
    s, s_n = torch.tensor(scope.STATES[0]), torch.tensor(scope.STATES[n])

    def y() -> torch.Tensor:
        values = network(target, s_n)
        best = network(online, s_n).argmax() if double else values.argmax()
        rewards = sum(gamma**k for k in range(n))
        return rewards + gamma**n * (1 - terminated) * values[best].detach()

    told: dict[str, Any] = {"y": y().item(), "q": network(online, s).tolist()}
    told["later"] = [[0, told["q"][0], network(target, s)[0].item(), told["y"]]]
    for k in range(1, scope.LATER[-1] + 1):
        error = y() - network(online, s)[0]
        adam.zero_grad()
        error.square().backward()
        adam.step()
        target = [
            old + tau * (w.detach() - old)
            for old, w in zip(target, online, strict=True)
        ]
        if k == 1:
            told |= {"td_error": error.item(), "loss": error.item() ** 2}
            told["gradient"] = tables([w.grad for w in online])
            told["step"], told["follow"] = tables(online), tables(target)
            told["q_after"] = network(online, s).tolist()
        if k in scope.LATER:
            values = network(online, s)[0], network(target, s)[0], y()
            told["later"].append([k, *(value.item() for value in values)])
    return told


def flat(value: Any) -> list[float]:
    if not isinstance(value, list):
        return [value]
    return [number for inner in value for number in flat(inner)]


def leaves(value: Any, path: str = "") -> dict[str, float]:
    """Return each number of a trace under the path that the page gives it."""
    if not isinstance(value, dict | list):
        return {path: value}
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    parts = (leaves(part, f"{path}.{name}".lstrip(".")) for name, part in inner)
    return {name: number for part in parts for name, number in part.items()}


def written(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".").replace("-", "\u2212")


@pytest.mark.parametrize("setting", RANDOM[:8], ids=key_of)
def test_a_trace_is_what_autograd_gives(setting: tuple[Any, ...]) -> None:
    terminated, _, *others = setting
    told, hand = scope.answer(key_of(setting)), by_hand(terminated, *others)
    following = told["next"]
    assert following["target"]["q"][following["chosen"]] == following["value"]
    shown = {
        "y": told["target"]["y"],
        "q": told["gather"]["q"],
        "later": told["later"],
        "td_error": told["loss"]["td_error"],
        "loss": told["loss"]["loss"],
        "q_after": told["step"]["q"],
    } | {
        name: [told[name]["hidden"], told[name]["outputs"]]
        for name in ("gradient", "step", "follow")
    }
    for name, value in shown.items():
        assert flat(value) == pytest.approx(flat(hand[name]), abs=6e-4), name


def test_a_wrong_setting_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"n = 4 .* one of \(1, 2, 3\)"):
        scope.trace(False, False, 4, 0.9, 0.01, 0.1)
    with pytest.raises(ValueError, match=r"gamma = 2.0 .* between 0 and 1"):
        scope.trace(False, False, 1, 2.0, 0.01, 0.1)


def test_the_states_are_a_piece_of_an_episode() -> None:
    """Gravity, the push and the clock of CartPole join them, but for the rounding."""
    position, speed, angle, turning = (
        [x / scale for x in column]
        for column, scale in zip(
            zip(*scope.STATES, strict=True), (1.5, 0.5, 10.0, 1.0), strict=True
        )
    )
    for k in range(3):
        assert position[k + 1] - position[k] == pytest.approx(0.02 * speed[k], abs=0.01)
        assert angle[k + 1] - angle[k] == pytest.approx(0.02 * turning[k], abs=0.002)
    assert speed[1] < speed[0]  # the push to the left, the action that is trained
    assert abs(angle[2]) < 0.2095 < abs(angle[3])  # only the last one ends the episode


def test_what_is_kept_stands_for_the_live_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = scope.CONTROLS | {"gamma": (0.9,), "learning rate": (0.01,), "tau": (0.1, 1)}
    monkeypatch.setattr(scope, "CONTROLS", few)
    told = json.loads(scope.answers())
    assert told["look"] == json.loads(json.dumps(scope.look()))
    assert len(told["keys"]) == 2 * 2 * 2 * 3 * 2
    lab = scope.microscope()
    for key, places in told["keys"].items():
        parts = zip(told["parts"].items(), places, strict=True)
        kept = {name: forms[place] for (name, forms), place in parts}
        lab.key = key
        assert lab.answer == {"key": key, **kept}


def test_the_stored_picture_has_constant_words(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(asked, "display", lambda data, **_: shown.append(data))
    scope.microscope()._ipython_display_()
    picture, controls = shown
    assert picture["text/plain"] == f"Figure: {scope.ALT}"
    assert "application/vnd.jupyter.widget-view+json" in controls
    style = Path(scope.__file__).with_suffix(".css").read_text(encoding="utf-8")
    assert f'img[alt^="{scope.ALT[:17]}"]' in style


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """The microscope in a page without a kernel."""
    page = open_page(browser)
    script = Path(scope.__file__).with_suffix(".js")
    code = base64.b64encode(script.read_bytes()).decode()
    page.set_content("<!doctype html><html lang=en><title>One update</title>")
    page.add_style_tag(path=script.with_suffix(".css"))
    settings = [START, ENDED, CUT, LONGEST, *RANDOM]
    given = {key_of(setting): scope.answer(key_of(setting)) for setting in settings}
    page.evaluate(PLAY, [f"data:text/javascript;base64,{code}", scope.look(), given])
    yield page
    page.close()


@pytest.mark.browser
def test_the_page_shows_the_numbers_of_the_package(page: Page) -> None:
    n_sums, look = 0, json.loads(json.dumps(scope.look()))
    for setting in RANDOM:
        terminated, truncated, double, n, _, rate, tau = setting
        told = scope.answer(key_of(setting))
        steps = page.evaluate(READ, setting)
        shown = {path: text for step in steps for path, text in step["numbers"]}
        facts = leaves({**told, "look": look, "rate": rate, "tau": tau})
        for path, text in shown.items():
            assert text.strip("()") == written(facts[path]), (setting, path)
        unseen = r"next\.chosen|later\.\d\.0"
        unseen += "" if double else r"|next\.online"
        for path in (p for p in leaves(told) if not re.match(unseen, p)):
            # a weight that stays is written once
            old = path.replace("step.", "look.online.").replace(
                "follow.", "look.target."
            )
            assert path in shown or facts.get(old) == facts[path], (setting, path)
        # what stands on the page as a sum is one, but for the rounding of its numbers
        lines = "\n".join(line for step in steps for line in step["sums"])
        lines = re.sub(r"\s*\n\s*= ", " = ", lines).translate({0x2212: "-", 0xB7: "*"})
        for left, right in re.findall(
            r"[=:] ([-\d.+*()\s]+) = (-?[\d.]+)$", lines, re.M
        ):
            assert eval(" ".join(left.split())) == pytest.approx(float(right), abs=4e-3)
            n_sums += 1
        assert bool(steps[2]["struck"]) == bool(terminated)
        says = "Terminated:" if terminated else "Truncated" if truncated else "Nothing"
        assert says in steps[2]["below"]
        reward = (
            "rewards 1, 1, 1" if n == 3 else "rewards 1, 1" if n == 2 else "reward 1"
        )
        assert f"and {reward} came back" in steps[0]["words"]
    assert n_sums == 5 * len(RANDOM)  # two Q-values, y, the TD error, a target weight


@pytest.mark.browser
def test_a_choice_frames_what_it_changed(page: Page) -> None:
    for setting, framed in ((CUT, set()), (ENDED, {"target.goes_on", "target.y"})):
        page.evaluate(READ, START)
        page.evaluate(READ, setting)
        page.get_by_role("button", name="3 target").click()
        changed = page.locator(".changed").evaluate_all(
            "all => all.map(e => e.dataset.path)"
        )
        assert set(changed) == framed
    page.get_by_role("button", name="back").click()
    expect(page.get_by_role("status")).to_contain_text("Step 2 of 8.")


@pytest.mark.browser
def test_keys_alone_lead_through_it(page: Page) -> None:
    page.evaluate(READ, START)
    focus = page.locator(":focus")
    page.get_by_label("terminated").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("terminated")).to_be_checked()
    for _ in range(9):  # past the controls, to the third step
        page.keyboard.press("Tab")
    expect(focus).to_have_text("3 target")
    assert focus.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Step 3 of 8. The target is y = 1.")
    expect(focus).to_have_attribute("aria-current", "step")
    for _ in range(7):
        page.keyboard.press("Tab")
    for _ in range(9):  # two more than there are steps, and the focus stays
        page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Step 8 of 8.")
    expect(focus).to_have_text("next")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Step 7 of 8.")


@pytest.mark.browser
def test_it_breaks_no_rule_on_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(READ, START)
    page.evaluate(READ, LONGEST)
    tabs = page.locator(".steps button").all()
    for colours, steps in (
        ("#fff; color: #222", tabs),
        ("#111; color: #ddd", tabs[5:6]),
    ):
        page.add_style_tag(content=f"body {{ margin: 16px; background: {colours} }}")
        for tab in steps:
            tab.click()
            assert not violations(page, "main")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
    moving = "e => e.getAnimations({subtree: true}).length"
    assert page.locator("main").evaluate(moving) == 0


@pytest.mark.browser
def test_it_answers_at_once(page: Page) -> None:
    delays = page.evaluate(DELAYS)
    print(f"ms from a click to the picture: {median(delays):.0f}, {max(delays):.0f}")
    assert median(delays) < 2_000
