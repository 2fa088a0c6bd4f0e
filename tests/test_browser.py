"""A learner's first minutes in a real browser: JupyterLab opens a notebook, Run All ends without an error."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

if CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"):
    pytest.skip("no Chromium is installed here", allow_module_level=True)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab server on a copy of the notebooks, with settings of its own."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        name: str(folder / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    }
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
             "--IdentityProvider.token=", f"--ServerApp.root_dir={folder / 'notebooks'}"]  # fmt: skip
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(words, env=os.environ | own, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1)
                break
            except OSError:
                assert server.poll() is None, (folder / "log.txt").read_text()
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def run_all(page: Page, lab: str, name: str) -> None:
    """Open a notebook, clear its outputs, run all cells, and wait until the kernel is idle again."""
    page.goto(f"{lab}/lab/tree/{name}.ipynb?reset")
    ready = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    expect(ready).to_be_attached(timeout=90_000)
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=60_000)
    first = page.locator(".jp-CodeCell .jp-InputPrompt").first
    for _ in range(5):  # a click that comes too early does nothing
        page.get_by_role("menuitem", name="Edit", exact=True).click()
        page.get_by_role("menuitem", name="Clear Outputs of All Cells", exact=True).click()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            expect(first).to_contain_text("*", timeout=3_000)
            break
        except AssertionError:
            continue
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=240_000)
    expect(ready).to_be_attached(timeout=240_000)


@pytest.mark.parametrize("name", ["00_start_here", "07_train_cartpole"])
def test_run_all_ends_without_an_error_and_with_its_pictures(page: Page, lab: str, name: str) -> None:
    run_all(page, lab, name)
    for _ in range(30):  # cells far below are drawn when they are scrolled to
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(100)
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    pictures = page.locator(".jp-OutputArea-output img")
    assert pictures.count() >= 2
    for index in range(pictures.count()):
        assert len(pictures.nth(index).get_attribute("alt") or "") > 20
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_pictures_and_formulas_are_there_before_anything_is_run(page: Page, lab: str) -> None:
    """The stored outputs of a notebook that was never run here, and so is not trusted, keep their pictures."""
    page.goto(f"{lab}/lab/tree/01_bellman_equation.ipynb?reset")
    expect(page.locator(".jp-OutputArea-output img").first).to_be_visible(timeout=90_000)
    expect(page.locator("mjx-container").first).to_be_attached(timeout=60_000)
    assert len(page.locator(".jp-OutputArea-output img").first.get_attribute("alt") or "") > 20
