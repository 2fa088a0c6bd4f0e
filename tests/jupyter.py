"""A real JupyterLab and a real browser for tests, and the few moves that they share."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 120  # seconds: how fast a machine is, is not tested
expect.set_options(timeout=1_000 * PATIENCE)
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
FIND = """async ([place, without]) => {
  const rules = Object.fromEntries(without.map(rule => [rule, {enabled: false}]));
  const options = {resultTypes: ["violations"], preload: false, rules};
  const {violations} = await axe.run(place, options);
  return violations.flatMap(rule =>
    rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`));
}"""
CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
# what of a presentation lies outside the window, or is cut off
OUTSIDE = """() => {
  const seen = (one) => one.getClientRects().length;
  const parts = [...document.querySelectorAll(
    ".live-dialog :is(button, input, output, p, h3, figcaption, canvas)")].filter(seen);
  const out = parts.filter((one) => {
    const {left, top, right, bottom} = one.getBoundingClientRect();
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight ||
      one.scrollWidth > one.clientWidth + 1 && one.clientWidth;
  });
  const small = [...document.querySelectorAll(".live-dialog canvas")].filter(seen)
    .filter((one) => one.clientHeight < 60);
  return [...out, ...small].map((one) => one.outerHTML.slice(0, 120));
}"""


def skip_without_browser() -> None:
    """Skip the module that calls this where there is no browser, unless one is
    required.
    """
    if CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"):
        pytest.skip("no Chromium is installed here", allow_module_level=True)


class Lab(NamedTuple):
    """A running server: where it answers, and the token it asks for."""

    address: str
    token: str

    def page(self, name: str) -> str:
        """Return the address at which a notebook is open, tabs of earlier visits
        closed.
        """
        return f"{self.address}/lab/tree/{name}.ipynb?reset&token={self.token}"


def extensions_but(folder: Path, name: str) -> Path:
    """Return a new folder in `folder` with every extension of JupyterLab but one."""
    those = folder / "labextensions"
    those.mkdir()
    for extension in (Path(sys.prefix) / "share/jupyter/labextensions").iterdir():
        if extension.name != name:
            (those / extension.name).symlink_to(extension)
    return those


@contextmanager
def jupyter_lab(folder: Path, extensions: Path | None = None) -> Iterator[Lab]:
    """Serve `folder` / notebooks, with settings and a token of its own, and only the
    extensions of a folder if one is named.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        name: str(folder / name)
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
    }
    words = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--allow-root",
        f"--ServerApp.root_dir={folder / 'notebooks'}",
    ]
    if extensions is not None:
        words += [
            f"--LabApp.{name}={extensions}"
            for name in ("labextensions_path", "extra_labextensions_path")
        ]
    lab = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(24))
    # a token among the words would be seen by all users of the machine
    own["JUPYTER_TOKEN"] = lab.token
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(words, env=os.environ | own, stdout=log, stderr=log)
    try:
        for _ in range(2 * PATIENCE):
            try:
                urllib.request.urlopen(f"{lab.address}/api", timeout=1)
                break
            except OSError:
                assert server.poll() is None, (folder / "log.txt").read_text()
                time.sleep(0.5)
        yield lab
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def open_page(browser: Browser) -> Page:
    """Open an empty page whose waits are patient."""
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    page.set_default_timeout(1_000 * PATIENCE)
    return page


def violations(page: Page, place: str, without: Sequence[str] = ()) -> list[str]:
    """Return which rules of axe are broken in these elements, and where; some rules may
    be left out.
    """
    page.evaluate(AXE)
    found: list[str] = page.evaluate(FIND, [place, without])
    return found


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    nbformat.write(notebook, path)


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook and wait until its kernel is idle."""
    page.goto(lab.page(name), timeout=1_000 * PATIENCE)
    wait_until_idle(page)


def wait_until_idle(page: Page, seconds: float = 240) -> None:
    """Wait until no cell is running or waiting and the kernel is idle; between two
    cells it is idle for a moment.
    """
    expect(page.locator(".jp-InputPrompt", has_text="*")).to_have_count(
        0, timeout=1_000 * seconds
    )
    expect(page.locator("#jp-main-statusbar")).to_contain_text(
        "Idle", timeout=1_000 * seconds
    )
    ready = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    expect(ready).to_be_attached(timeout=1_000 * seconds)


def menu(page: Page, name: str, entry: str) -> None:
    """Click an entry of a menu."""
    page.get_by_role("menuitem", name=name, exact=True).click()
    label = page.locator(
        ".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(entry)}$")
    )
    page.locator(".lm-Menu-item").filter(has=label).click()


def select_cell(page: Page, number: int) -> None:
    """Select a code cell by its number, from 0."""
    page.locator(".jp-CodeCell .jp-InputArea-prompt").nth(number).click()


def run_cell(page: Page) -> None:
    """Run the selected cell, select the next, and wait until the kernel is idle."""
    number = page.evaluate(
        "[...document.querySelectorAll('.jp-CodeCell')]"
        ".findIndex(cell => cell.classList.contains('jp-mod-active'))"
    )
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").nth(number)
    before = prompt.inner_text()
    menu(page, "Run", "Run Selected Cell")
    expect(prompt).not_to_have_text(before)
    wait_until_idle(page)


def start_all(page: Page) -> None:
    """Clear all outputs and start Run All Cells; a click that comes too early does
    nothing, so try again.
    """
    first = page.locator(".jp-CodeCell .jp-InputPrompt").first
    for entry, shown in (
        (("Edit", "Clear Outputs of All Cells"), r"\[ \]"),
        (
            ("Run", "Run All Cells"),
            r"\[[*\d]",
        ),
    ):
        for _ in range(5):
            menu(page, *entry)
            try:
                expect(first).to_have_text(re.compile(shown), timeout=3_000)
                break
            except AssertionError:
                continue
        else:
            raise AssertionError(f"{entry} does nothing, tried five times")
