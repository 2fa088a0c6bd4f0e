"""What a reader sees where not everything is installed, and of pages that show no HTML
of a notebook: each picture once.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect
from traitlets.config import Config

from dqn_tutorial.classroom.pictures.agent_view import draw_agent
from dqn_tutorial.classroom.pictures.figures import (
    image_bundle,
    image_metadata,
    new_figure,
)
from tests.jupyter import (
    chromium,
    extensions_but,
    jupyter_lab,
    open_notebook,
    open_page,
    run_cell,
    select_cell,
    skip_without_browser,
    write_notebook,
)

skip_without_browser()
pytestmark = pytest.mark.browser
SHOW = "from dqn_tutorial.classroom.live import LiveLab\nlab = LiveLab()\nlab"
ALT = 'A line that rises: <evenly>, from "$1" to $3.'
LEANS = "The pole leans to the right."
# what a page that shows no HTML of a notebook asks nbconvert for
PICTURES_FIRST = ["image/svg+xml", "image/png", "text/markdown", "text/plain"]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A notebook with the live lab, on a server that lacks the extension anywidget."""
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path / "notebooks" / "bare.ipynb", SHOW)
    with (
        jupyter_lab(tmp_path, extensions_but(tmp_path, "anywidget")) as lab,
        chromium() as browser,
    ):
        page = open_page(browser)
        open_notebook(page, lab, "bare")
        select_cell(page, 0)
        run_cell(page)
        yield page


def test_without_anywidget_the_picture_moves_and_a_sentence_says_why_it_is_slow(
    page: Page,
) -> None:
    picture = page.locator("img[alt^='Live lab:']")
    why = page.get_by_text("install anywidget")
    expect(page.locator(".live-words")).to_be_visible()
    expect(picture).to_be_visible()
    expect(why).to_have_count(0)
    page.locator("button.jupyter-button", has_text="Start").click()
    expect(why).to_be_visible()
    for _ in range(2):
        seen = picture.get_attribute("src")
        expect(picture).not_to_have_attribute("src", seen or "")
        assert picture.count() == 1
    assert "javascript error" not in page.inner_text("body").lower()
    page.locator("button.jupyter-button", has_text="Stop").click()
    expect(page.locator(".live-state[data-state=stopped]")).to_be_attached()
    expect(picture).to_have_attribute("alt", re.compile("steps"))
    expect(picture).to_have_count(1)
    expect(why).to_have_count(0)
    expect(page.locator(".live-view")).to_have_count(0)


def exported(is_sanitised: bool, template: str = "lab") -> list[str]:
    """Return the pictures of a page made of a figure and an SVG."""
    figure, axes = new_figure()
    axes.plot([1, 2, 3])
    outputs = []
    for picture, alt in (
        (figure, ALT),
        (draw_agent("CartPole-v1", [0, 0, 0.1, 0], LEANS), LEANS),
    ):
        data = image_bundle(picture, alt)
        outputs.append(
            nbformat.v4.new_output("display_data", data, metadata=image_metadata(data))
        )
    cell = nbformat.v4.new_code_cell("show()", outputs=outputs)
    config = Config()
    if is_sanitised:
        config.HTMLExporter.sanitize_html = True
        config.NbConvertBase.display_data_priority = PICTURES_FIRST
    page, _ = HTMLExporter(config=config, template_name=template).from_notebook_node(
        nbformat.v4.new_notebook(cells=[cell])
    )
    assert "&lt;img" not in page
    return re.findall(r"<img\b[^>]*>", page)


def alt_of(tag: str) -> str:
    match = re.search(r"""alt=(["'])(.*?)\1""", tag)
    return html.unescape(match[2]) if match else ""


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_an_export_has_each_picture_once_with_its_words(template: str) -> None:
    figure, agent = exported(is_sanitised=False, template=template)
    assert (alt_of(figure), alt_of(agent)) == (ALT, LEANS)
    assert "data:image/png" in figure and "data:image/svg+xml" in agent
    assert 'width="560"' in figure and "max-width: 100%" in figure


def test_an_export_without_html_of_the_notebook_has_each_picture_once() -> None:
    figure, agent = exported(is_sanitised=True)
    assert "data:image/png" in figure and "data:image/svg+xml" in agent
    assert 'width="560"' in figure
    assert alt_of(exported(is_sanitised=True, template="classic")[0]) == ALT
