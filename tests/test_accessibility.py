"""What the notebooks show, by the rules of axe."""

import re
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser

from tests.jupyter import (
    NOTEBOOKS,
    open_page,
    skip_without_browser,
    violations,
)

skip_without_browser()
pytestmark = pytest.mark.browser
# what the template of nbconvert breaks: the colours of code and of prompts, and links
# in text that only their colour tells
UPSTREAM = {"color-contrast", "link-in-text-block"}


@pytest.mark.parametrize(
    "path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)
def test_the_outputs_of_a_notebook_break_no_rule(browser: Browser, path: Path) -> None:
    text, _ = HTMLExporter().from_notebook_node(nbformat.read(path, as_version=4))
    page = open_page(browser)
    # the scripts that set formulas come from elsewhere
    page.set_content(re.sub(r"<script[^>]*src=.*?</script>", "", text, flags=re.S))
    ours = violations(page, ".jp-OutputArea-output")
    # once: the rest is alike, and there is much of it
    others = violations(page, "body") if path.stem.startswith("00") else []
    page.close()
    assert not ours
    assert {text.partition(":")[0] for text in others} <= UPSTREAM
