"""Sphinx configuration of the site. `python -m segloss site` adds the reports to these pages and builds it."""

import re
from xml.etree import ElementTree

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from segloss.compact_pictures import compact_path

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

ziamath.config.math.color = "currentColor"
PIXELS = 16  # of one em while drawing; on the page a formula has the size of the text around it
SUM = re.compile(r"\\sum(?![a-z])([_^](\w|\{[^{}]*\}))+")


def draw(translator: HTML5Translator, tex: str, *, inline: bool) -> str:
    """One formula as SVG, its baseline on that of the text."""
    # Sums in the text need air before what they sum.
    svg = ziamath.Latex(SUM.sub(r"\g<0>\\,", tex) if inline else tex, size=PIXELS, inline=inline).svgxml()
    _, top, width, height = (float(number) / PIXELS for number in svg.attrib["viewBox"].split())
    svg.attrib |= {
        "class": "formula",
        "role": "img",
        "aria-label": " ".join(re.sub(r"[\\{}&]", " ", tex).split()),  # for reading aloud
        "style": f"width:{width:.3f}em;height:{height:.3f}em;vertical-align:{-top - height:.3f}em",
    }
    for outline in svg.iter("path"):
        outline.attrib["d"] = compact_path(outline.attrib["d"], 2)
    # Glyphs that an earlier formula of the page has defined are not defined again.
    known = translator.__dict__.setdefault("known_glyphs", set())
    for symbol in svg.findall("symbol"):
        if symbol.attrib["id"] in known:
            svg.remove(symbol)
        known.add(symbol.attrib["id"])
    return ElementTree.tostring(svg, encoding="unicode")


def inline_formula(translator: HTML5Translator, node: nodes.math) -> None:
    """Append the drawing and skip the node's text."""
    drawing = draw(translator, node.astext(), inline=True)
    # Otherwise a full stop after the formula may begin the next line.
    translator.body.append(f'<span style="white-space:nowrap">{drawing}</span>')
    raise nodes.SkipNode


def block_formula(translator: HTML5Translator, node: nodes.math_block) -> None:
    """As inline, on lines of its own."""
    translator.body.append(f'<div class="formula">{draw(translator, node.astext(), inline=False)}</div>')
    raise nodes.SkipNode


def drop_numbers(app: Sphinx, page: str, source: list[str]) -> None:
    """Equations go without numbers, which would start again in every formula and get random anchors."""
    source[0] = re.sub(r"((?:begin|end)\{(?:align|equation|gather))\}", r"\1*}", source[0])


def setup(app: Sphinx) -> None:
    """Mathematics as static drawings: no script, no font, no other host."""
    app.connect("source-read", drop_numbers)
    app.add_html_math_renderer("svg", (inline_formula, None), (block_formula, None))
