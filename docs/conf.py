"""Sphinx configuration of the site. `python -m segloss site` adds the reports to these pages and builds it."""

import re
from xml.etree import ElementTree

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

project = "segloss"
html_title = "Segmentation losses, replicated"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_render_markdown_format = "myst"
myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence"]
myst_heading_anchors = 3

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["segloss.css"]
html_math_renderer = "svg"
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False

ziamath.config.math.color = "currentColor"
PIXELS = 16  # of one em while drawing; on the page a formula has the size of the text around it


def draw(translator: HTML5Translator, tex: str, *, inline: bool) -> str:
    """One formula as SVG, its baseline on that of the text."""
    svg = ziamath.Latex(tex, size=PIXELS, inline=inline).svgxml()
    _, top, width, height = (float(number) / PIXELS for number in svg.attrib["viewBox"].split())
    svg.attrib |= {
        "class": "formula",
        "role": "img",
        "aria-label": " ".join(re.sub(r"[\\{}&]", " ", tex).split()),  # for reading aloud
        "style": f"width:{width:.3f}em;height:{height:.3f}em;vertical-align:{-top - height:.3f}em",
    }
    # Glyphs that an earlier formula of the page has defined are not defined again.
    known = translator.__dict__.setdefault("known_glyphs", set())
    for symbol in svg.findall("symbol"):
        if symbol.attrib["id"] in known:
            svg.remove(symbol)
        known.add(symbol.attrib["id"])
    return ElementTree.tostring(svg, encoding="unicode")


def inline_formula(translator: HTML5Translator, node: nodes.math) -> None:
    """Append the drawing and skip the node's text."""
    translator.body.append(draw(translator, node.astext(), inline=True))
    raise nodes.SkipNode


def block_formula(translator: HTML5Translator, node: nodes.math_block) -> None:
    """As inline, on lines of its own."""
    translator.body.append(f'<div class="formula">{draw(translator, node.astext(), inline=False)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Mathematics as static drawings: no script, no font, no other host."""
    app.add_html_math_renderer("svg", (inline_formula, None), (block_formula, None))
