"""What the site's search looks through: the text of every page, section by section."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from segloss.site.pages import SCALES

_SKIPPED = ("script", "style", "svg", "nav", "aside", "header", "footer", "form", "noscript", "small", "summary")
_VOID = ("img", "br", "hr", "input", "meta", "link", "source", "wbr", "col")
_HEADINGS = ("h1", "h2", "h3", "h4")
_SKIPPED_CLASSES = {"cell_input", "highlight", "headerlink"}  # folded code is no text to read
_SENTENCE = 30  # characters, from which on a cell is prose
_WORD = re.compile(r"[^\W\d_]{3}")


def search_data(pages: Path) -> str:
    """A script that sets ``SEARCH_PAGES``: address, title and sections, each with anchor, heading and text.

    A script and no JSON, because a browser refuses to fetch a file from a page that was opened as a file.

    Args:
        pages: Folder of the built pages.
    """
    found = []
    for path in sorted(pages.rglob("*.html")):
        if path.name == "search.html":
            continue
        sections = _Sections(path.read_text(encoding="utf-8")).sections
        if sections:
            name = path.relative_to(pages).as_posix()
            scale = SCALES.get(name.partition("/")[0], "")
            found.append([name, f"{sections[0][1]} ({scale})" if scale else sections[0][1], sections])
    return f"window.SEARCH_PAGES={json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"


class _Sections(HTMLParser):
    """The text of a page's article, cut at its sections."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sections: list[list[str]] = []
        self._open: list[tuple[str, bool, set[str]]] = []  # tag, whether it hides its text, classes
        self.feed(text)
        self.sections = [[anchor, _tidy(heading), _tidy(text)] for anchor, heading, text in self.sections]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        facts = dict(attributes)
        classes = set((facts.get("class") or "").split())
        hides = tag in _SKIPPED or bool(classes & _SKIPPED_CLASSES)
        self._open.append((tag, hides, classes))
        if tag == "section" and self._inside():
            self.sections.append([facts.get("id") or "", "", ""])

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag in [name for name, _, _ in self._open]:
            name, _, _ = self._open.pop()
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _, _ in self._open}
        if not self.sections or not self._inside() or any(hides for _, hides, _ in self._open):
            return
        if "td" not in tags or _worth(data, in_report=any("report-table" in classes for _, _, classes in self._open)):
            self.sections[-1][1 if tags & set(_HEADINGS) else 2] += f"{data} "

    def _inside(self) -> bool:
        return any(tag == "article" for tag, _, _ in self._open)


def _worth(cell: str, in_report: bool) -> bool:
    """Nobody searches for numbers, nor for the names that a report's tables repeat row by row: most of a page."""
    return len(cell) > _SENTENCE if in_report else bool(_WORD.search(cell))


def _tidy(text: str) -> str:
    """Without line breaks, and without the spaces that tags leave before a comma or full stop."""
    return re.sub(r" (?=[.,;:)?!])", "", " ".join(text.split()))
