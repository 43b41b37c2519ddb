"""Mathematics as static drawings: no script, no font file, no other host."""

import copy
import re
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import ziamath

from segloss.compact_pictures import compact_path

ziamath.config.math.color = "currentColor"
PIXELS = 16  # of one em while drawing; on the page a formula has the size of the text around it
SUM = re.compile(r"\\sum(?![a-z])([_^](\w|\{[^{}]*\}))+")


def drawn_formula(tex: str, *, inline: bool, known_glyphs: set[str]) -> str:
    """One formula as SVG for a page of HTML, its baseline on that of the text.

    Args:
        tex: The formula, without the dollar signs around it.
        inline: Whether it stands within a line of text.
        known_glyphs: Those that earlier formulas of the page have defined, which are not defined again; added to.

    Returns:
        The SVG, in a span that keeps a following full stop on its line, or in a block of its own.
    """
    svg = copy.deepcopy(_drawing(tex, inline))
    _, top, width, height = (float(number) / PIXELS for number in svg.attrib["viewBox"].split())
    svg.attrib |= {
        "class": "formula",
        "role": "img",
        "aria-label": " ".join(re.sub(r"[\\{}&]", " ", tex).split()),  # for reading aloud
        "style": f"width:{width:.3f}em;height:{height:.3f}em;vertical-align:{-top - height:.3f}em",
    }
    for outline in svg.iter("path"):
        outline.attrib["d"] = compact_path(outline.attrib["d"], 2)
    for symbol in svg.findall("symbol"):
        if symbol.attrib["id"] in known_glyphs:
            svg.remove(symbol)
        known_glyphs.add(symbol.attrib["id"])
    drawing = ElementTree.tostring(svg, encoding="unicode")
    return f'<span style="white-space:nowrap">{drawing}</span>' if inline else f'<div class="formula">{drawing}</div>'


@lru_cache(1024)  # the pages of one assignment share their formulas
def _drawing(tex: str, inline: bool) -> Element:
    # Sums in the text need air before what they sum.
    return ziamath.Latex(SUM.sub(r"\g<0>\\,", tex) if inline else tex, size=PIXELS, inline=inline).svgxml()
