"""The site as a reader opens it: from a folder, without a network, with and without
JavaScript.

`EVERYWHERE=1` has axe look at each page in three widths, light and dark; else at a few.
"""

import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    expect,
)

from tests.jupyter import (
    NOTEBOOKS,
    OUTSIDE,
    PATIENCE,
    skip_without_browser,
    violations,
)

skip_without_browser()
pytestmark = pytest.mark.browser
EVERYWHERE = os.environ.get("EVERYWHERE")
SAMPLE = ("index", "play", "06_agent", "cards", "teaching", "api/critic")
LOOKS = [(390, "dark"), (1920, "light")]
if EVERYWHERE:
    LOOKS = [
        (width, scheme) for width in (390, 1280, 1920) for scheme in ("light", "dark")
    ]
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+?)\$", re.DOTALL)
LIVE = NOTEBOOKS.parent / "dqn_tutorial" / "classroom" / "live"
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


class Parts(HTMLParser):
    """The ids of a page, what it leads to, and the text that is no code."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.depth = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        told = dict(attributes)
        self.ids.add(told.get("id") or "")
        self.links += filter(None, (told.get("href"), told.get("src")))
        self.depth += tag in ("pre", "code", "script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in ("pre", "code", "script", "style")

    def handle_data(self, data: str) -> None:
        self.text += "" if self.depth else data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # only here: the oldest versions that the package runs with have no Sphinx
    from tools.site.build import build

    out = tmp_path_factory.mktemp("site") / "out"
    build(out)
    return out


@pytest.fixture(scope="module")
def parts(site: Path) -> dict[Path, Parts]:
    return {path: Parts(path) for path in sorted(site.rglob("*.html"))}


def is_error(told: ConsoleMessage) -> bool:
    return told.type == "error"


def without_network(
    browser: Browser, trouble: list[str], width: int, scheme: Any, runs: bool = True
) -> BrowserContext:
    """Return a browser that reaches nothing, and notes what goes wrong."""

    def stop(route: Route) -> None:
        trouble.append(f"asked for {route.request.url}")
        route.abort()

    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=runs,
        offline=True,
    )
    context.set_default_timeout(1_000 * PATIENCE)
    context.route(re.compile("^(?!file:|data:|blob:)"), stop)
    context.on("console", lambda told: trouble.extend([told.text] * is_error(told)))
    context.on("weberror", lambda error: trouble.append(str(error.error)))
    context.on("requestfailed", lambda request: trouble.append(f"no {request.url}"))
    return context


def looked_at(
    context: BrowserContext, paths: list[Path], trouble: list[str], *without: str
) -> list[str]:
    """Open each page and return what is wrong in it: an error, a request, a rule of axe
    that is broken, unless it is left out, or what does not fit the screen.
    """
    page, wrong = context.new_page(), []
    for path in paths:
        page.goto(path.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        here = [f"{wide} pixels too wide"] if wide > 0 else []
        if "all" not in without:
            here += violations(page, "html", without)
        wrong += [f"{path.name}: {one}" for one in [*here, *trouble]]
        trouble.clear()
    context.close()
    return wrong


def test_every_page_opens_without_a_network(browser: Browser, site: Path) -> None:
    """Nothing is asked for, nothing fails, nothing is too wide."""
    trouble: list[str] = []
    context = without_network(browser, trouble, 1280, "light")
    assert not looked_at(context, sorted(site.rglob("*.html")), trouble, "all")


@pytest.mark.parametrize("width, scheme", LOOKS)
def test_pages_fit_every_screen(
    browser: Browser, site: Path, width: int, scheme: str
) -> None:
    trouble: list[str] = []
    context = without_network(browser, trouble, width, scheme)
    paths = [site / f"{name}.html" for name in SAMPLE]
    paths = sorted(site.rglob("*.html")) if EVERYWHERE else paths
    assert not looked_at(context, paths, trouble)


def inside(path: Path, link: str) -> Path:
    """Return the file that a page leads to."""
    told = unquote(urlsplit(link).path)
    return Path(os.path.normpath(path.parent / told)) if told else path


def test_every_link_leads_somewhere(parts: dict[Path, Parts]) -> None:
    wrong = []
    for path, own in parts.items():
        for link in own.links:
            told = urlsplit(link)
            if told.scheme:
                continue
            there = inside(path, link)
            anchor = unquote(told.fragment)
            if not there.is_file() or (anchor and anchor not in parts[there].ids):
                wrong.append(f"{path.name}: {link}")
    assert len(parts) > 45
    assert not wrong


def test_every_formula_is_set(site: Path, parts: dict[Path, Parts]) -> None:
    from tools.site.conf import mathml

    wrong, count = [], 0
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        page = site / f"{path.stem}.html"
        html = page.read_text(encoding="utf-8")
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for block, inline in FORMULA.findall(CODE.sub("", cell.source)):
                    count += 1
                    if mathml(block or inline, bool(block)) not in html:
                        wrong.append(f"{path.stem}: {block or inline}")
    assert count > 800
    assert not wrong
    for page, own in parts.items():
        assert not re.findall(r"\$[^$]{,80}\$|\\[a-z]+", own.text), page.name


def test_a_page_is_light(parts: dict[Path, Parts]) -> None:
    """Beyond its pictures; what it leads to is not part of it."""
    sizes = {
        path.name: sum(
            there.stat().st_size
            for there in {path, *(inside(path, link) for link in own.links)}
            if there.suffix in (".js", ".css") or there == path
        )
        for path, own in parts.items()
    }
    name = max(sizes, key=lambda name: sizes[name])
    print(f"the heaviest page: {name}, {sizes[name] / 1e6:.2f} MB")
    assert sizes[name] < 1_000_000


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    trouble: list[str] = []
    context = without_network(browser, trouble, 1280, "light")
    page = context.new_page()
    page.goto((site / "01_bellman_equation.html").as_uri())
    yield page
    context.close()
    assert not trouble


@pytest.fixture
def play(page: Page, site: Path) -> Page:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto((site / "play.html").as_uri())
    return page


def reaches(page: Page, name: str, told: str, run: int = 0) -> None:
    """Wait until a run tells this."""
    page.wait_for_function(
        f"""([name, run]) => {{
          const value = document.querySelectorAll(".run")[run].dataset[name];
          return {told};
        }}""",
        arg=[name, run],
        timeout=1_000 * PATIENCE,
    )


def test_a_dqn_learns_in_the_page(play: Page) -> None:
    play.get_by_label("speed").select_option("as fast as it can")
    reaches(play, "greedy", "value >= 475")
    for count, name in enumerate(("epsilon", "gamma", "tau"), 1):
        play.locator(f".play input[name={name}]").press("ArrowLeft")
        reaches(play, "moves", f"value == {count}")
    play.get_by_label("target network", exact=True).uncheck()
    reaches(play, "moves", "value == 4")
    marks = play.locator(".run .returns canvas").first
    expect(marks).to_have_attribute("data-marks", "4")
    play.get_by_role("button", name="Pause").click()
    reaches(play, "state", "value == 'paused'")


def test_what_a_person_sets_stays_set(play: Page) -> None:
    play.get_by_label("speed").select_option("as fast as it can")
    reaches(play, "step", "value > 1000")
    flickers = play.evaluate(
        """async () => {
          const box = document.querySelector("[name=target]");
          let [flickers, wanted] = [0, box.checked];
          for (let k = 0; k < 20; k++) {
            box.click();
            wanted = !wanted;
            for (let frame = 0; frame < 6; frame++) {
              await new Promise(requestAnimationFrame);
              flickers += box.checked !== wanted;
            }
          }
          return flickers;
        }"""
    )
    assert flickers == 0


def test_the_page_presents_two_runs_in_step(play: Page) -> None:
    stories = json.loads((LIVE / "stories.json").read_text(encoding="utf-8"))
    play.keyboard.press("Tab")
    play.locator(".live-view .present").click()
    dialog = play.get_by_role("dialog", name="Presentation")
    for story in stories:
        dialog.get_by_role("button", name=story["label"], exact=True).click()
        expect(dialog.get_by_text(story["look"], exact=True)).to_be_visible()
        reaches(play, "story", f"value == {story['name']!r}")
    assert play.evaluate(OUTSIDE) == []
    dialog.get_by_label("two runs side by side").check()
    reaches(play, "step", "value > 300", 1)
    dialog.get_by_role("button", name="Pause").click()
    reaches(play, "state", "value == 'paused'", 1)
    runs = dialog.locator(".run")
    steps = [runs.nth(k).get_attribute("data-step") for k in (0, 1)]
    assert steps[0] == steps[1]
    for height in (720, 800):
        play.set_viewport_size({"width": 1280, "height": height})
        assert play.evaluate(OUTSIDE) == []


def test_a_phone_shows_what_matters_at_once(play: Page) -> None:
    play.set_viewport_size({"width": 390, "height": 844})
    play.reload()
    reaches(play, "step", "value > 1000")
    pause = "[data-tell=pause]"
    for name in (".agent canvas", ".returns canvas", "[name=epsilon]", pause):
        own = play.locator(f".play {name}").first
        expect(own).to_be_in_viewport(ratio=1)
    size = play.locator(f".play {pause}").bounding_box()
    assert size and size["height"] >= 44  # pixels that a finger needs


def test_who_wants_less_motion_begins_it(play: Page) -> None:
    play.emulate_media(reduced_motion="reduce")
    play.reload()
    reaches(play, "state", "value == 'idle'")
    play.get_by_role("button", name="Start").click()
    reaches(play, "step", "value > 0")


def test_a_lab_plays(page: Page) -> None:
    words = page.locator(".grid-lab [role=status]").first
    expect(words).to_have_text("Sweep 0: every value is 0.")
    page.get_by_role("button", name="one sweep").press("Enter")
    expect(words).to_contain_text("Sweep 1:")


def test_the_keyboard_reaches_the_text(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    expect(skip).to_have_text("Skip to content")
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator(":focus")
    expect(first).to_have_text("Download this notebook")
    assert first.evaluate("own => getComputedStyle(own).outlineStyle") == "solid"


def test_the_search_finds_a_word(page: Page) -> None:
    box = page.locator(".sidebar-search")
    box.fill("deadly triad")
    box.press("Enter")
    found = page.locator("ul.search li a")
    expect(found.filter(has_text="05 The critic")).not_to_have_count(0)


def test_a_page_can_be_read_without_javascript(browser: Browser, site: Path) -> None:
    trouble: list[str] = []
    context = without_network(browser, trouble, 1280, "light", runs=False)
    page = context.new_page()
    page.goto((site / "01_bellman_equation.html").as_uri())
    lab = page.locator(".lab", has=page.locator("img[alt^='The slippery grid of']"))
    lab.scroll_into_view_if_needed()
    expect(lab.locator("img")).to_be_visible()
    expect(lab).to_contain_text("It works where JavaScript is on.")
    expect(page.locator("math").first).to_be_visible()
    context.close()
    assert not trouble


def test_a_module_becomes_a_script_that_needs_no_server(tmp_path: Path) -> None:
    from tools.site import bundle

    path = tmp_path / "own.js"
    path.write_text(
        "export function f() {}\nexport const g = 1;\nexport default {f};\n"
    )
    assert bundle.classic(path) == (
        "globalThis.dqn_own = (() => {\nfunction f() {}\nconst g = 1;\n"
        "return { f, g };\n})();\n"
    )
    path.write_text('import { x } from "./other.js";\n')
    with pytest.raises(ValueError, match=r"own\.js must not have the line 'import"):
        bundle.classic(path)
    with pytest.raises(ValueError, match="no lab 'chess'; there are play"):
        bundle.place("chess")
