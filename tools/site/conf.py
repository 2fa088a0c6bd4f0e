"""Sphinx's settings for the site; `build.py` runs it.

Formulas are set when the site is built, as MathML, so that no page needs a script or a
font for them.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from tools.site import bundle

HERE = Path(__file__).parent
PROJECT = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text())["project"]
# the buttons that lead to Colab and to the source come with it
REPOSITORY = PROJECT.get("urls", {}).get("Repository", "")
# what docutils does not know, in words that it knows
LATEX = (
    (r"\\dots\b", r"\\ldots"),
    (r"\\lt\b", "<"),
    (r"\\tfrac(\d)(\d)", r"\\tfrac{\1}{\2}"),
    (r"\\([bB]ig)([([])", r"\\\1l\2"),
    (r"\\([bB]ig)([)\]])", r"\\\1r\2"),
    (r"\\Big\|", "|"),
    (r"\\operatorname\*(\{\w+\})_(\{.*?\}\})", r"\\underset\2{\\operatorname\1}"),
    (
        r"(\\underbrace\{(?:[^{}]|\{[^{}]*\})*\})_(\{\\text\{[^{}]*\}\})",
        r"\\underset\2{\1}",
    ),
)
# the sign for a prime, and bars that do not grow
MATHML = (
    ("<mo>'</mo>", "<mo>\u2032</mo>"),
    (r'<mo(?: class="mathopen")?>\u2016', '<mo stretchy="false">\u2016'),
    ('class="ams-align"', 'class="ams-align" displaystyle="true"'),
)

project = "Deep Q-Networks"
author = copyright = "the authors of the course"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
templates_path = ["templates"]
html_theme = "furo"
html_title = project
html_css_files = ["site.css", "labs/labs.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # it would fetch the pages that were found
html_math_renderer = "mathml"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
default_role = "literal"  # in docstrings
autodoc_member_order = "bysource"
napoleon_use_ivar = True
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"
nb_ipywidgets_js: dict[str, Any] = {}
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 4
myst_heading_slug_func = "tools.site.conf.slug"


def slug(title: str) -> str:
    """Return the anchor of a heading, as JupyterLab makes it."""
    return title.replace(" ", "-")


def mathml(formula: str, is_block: bool = False) -> str:
    """Return a formula, in LaTeX, as MathML."""
    for pattern, known in LATEX:
        formula = re.sub(pattern, known, formula)
    told = re.sub(r"\n *", " ", tex2mathml(formula, as_block=is_block))
    for pattern, known in MATHML:
        told = re.sub(pattern, known, told)
    return told


def visit_math(self: HTML5Translator, node: nodes.Element) -> None:
    """Write a formula in a line, which ends no line before a comma."""
    self.body.append(f"{mathml(node.astext())}&#8288;")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.Element) -> None:
    """Write a formula on lines of its own."""
    self.body.append(f'<div class="formula">{mathml(node.astext(), True)}</div>\n')
    raise nodes.SkipNode


class LabDirective(SphinxDirective):
    """Puts a lab into a page, by its name in `bundle.LABS`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the place of the lab."""
        return [nodes.raw("", bundle.place(self.arguments[0]), format="html")]


def escape_bars(app: Sphinx, *told: Any) -> None:
    """Leave an absolute value in a docstring as it is: bars would name something."""
    lines: list[str] = told[-1]
    for number, line in enumerate(lines):
        lines[number] = re.sub(r"(`[^`]*`)|\|", lambda found: found[1] or r"\|", line)


def keep_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Give each heading the anchor that it has in JupyterLab."""
    for section in doctree.findall(nodes.section):
        name = section.get("slug")
        if name and name not in section["ids"]:
            section["ids"].append(name)


def add_context(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Tell the template which pages are notebooks, and where their source is."""
    is_notebook = (Path(app.srcdir) / f"{page}.ipynb").exists()
    context["notebook"] = f"{page}.ipynb" if is_notebook else ""
    context["repository"] = REPOSITORY
    context["revision"] = f"v{PROJECT['version']}"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    inline: Any = (visit_math, None)
    block: Any = (visit_displaymath, None)
    app.add_html_math_renderer("mathml", inline, block)
    app.add_directive("lab", LabDirective)
    app.connect("autodoc-process-docstring", escape_bars)
    app.connect("doctree-read", keep_anchors)
    app.connect("html-page-context", add_context)
