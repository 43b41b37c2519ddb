"""Sphinx configuration of the site. `python -m segloss site` adds the reports to these pages and builds it."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from segloss.site.formulas import drawn_formula

project = "segloss"
html_title = "Segmentation losses, replicated"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_code_prompt_show = "Show code"
nb_code_prompt_hide = "Hide code"
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence"]
myst_heading_anchors = 3

exclude_patterns = ["reports.md", "_templates"]  # included in the first page

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["segloss.css"]
html_js_files = [("tables.js", {"defer": ""})]
templates_path = ["_templates"]
html_math_renderer = "svg"
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False


def draw(translator: HTML5Translator, node: nodes.Node, *, inline: bool) -> None:
    """Append the drawing and skip the node's text."""
    known = translator.__dict__.setdefault("known_glyphs", set())
    translator.body.append(drawn_formula(node.astext(), inline=inline, known_glyphs=known))
    raise nodes.SkipNode


def inline_formula(translator: HTML5Translator, node: nodes.math) -> None:
    """Within a line of text."""
    draw(translator, node, inline=True)


def block_formula(translator: HTML5Translator, node: nodes.math_block) -> None:
    """On lines of its own."""
    draw(translator, node, inline=False)


def drop_numbers(app: Sphinx, page: str, source: list[str]) -> None:
    """Equations go without numbers, which would start again in every formula and get random anchors."""
    source[0] = re.sub(r"((?:begin|end)\{(?:align|equation|gather))\}", r"\1*}", source[0])


def setup(app: Sphinx) -> None:
    """Mathematics as static drawings: no script, no font, no other host."""
    app.connect("source-read", drop_numbers)
    app.add_html_math_renderer("svg", (inline_formula, None), (block_formula, None))
