"""A learner's first minutes in a real browser: JupyterLab opens a notebook, Run All
ends without an error.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.jupyter import (
    NOTEBOOKS,
    Lab,
    jupyter_lab,
    open_notebook,
    open_page,
    skip_without_browser,
    start_all,
    wait_until_idle,
)

skip_without_browser()
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab server on a copy of the notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(
        NOTEBOOKS,
        folder / "notebooks",
        ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
    )
    with jupyter_lab(folder) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = open_page(browser)
    yield page
    page.close()


@pytest.mark.parametrize("name", ["00_start_here", "07_train_cartpole"])
def test_run_all_ends_without_an_error_and_with_its_pictures(
    page: Page, lab: Lab, name: str
) -> None:
    open_notebook(page, lab, name)
    start_all(page)
    wait_until_idle(page)
    for _ in range(30):  # cells far below are drawn when they are scrolled to
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(100)
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert (
        page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    )
    pictures = page.locator(".jp-OutputArea-output img")
    assert pictures.count() >= 2
    for index in range(pictures.count()):
        assert len(pictures.nth(index).get_attribute("alt") or "") > 20
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_pictures_and_formulas_are_there_before_anything_is_run(
    page: Page, lab: Lab
) -> None:
    """The stored outputs of a notebook that was never run here, and so is not trusted,
    keep their pictures.
    """
    page.goto(lab.page("01_bellman_equation"))
    picture = page.locator(".jp-OutputArea-output img").first
    expect(picture).to_be_visible()
    expect(page.locator("mjx-container").first).to_be_attached()
    assert len(picture.get_attribute("alt") or "") > 20
    assert picture.evaluate(
        "img => img.width > 0 && img.width <= img.parentElement.clientWidth"
        " && getComputedStyle(img).maxWidth == '100%'"
    )
