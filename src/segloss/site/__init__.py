"""The rendered site: the pages of ``docs`` and every executed notebook, as HTML that needs no network."""

from segloss.site.building import build_site, drop_unused
from segloss.site.cards import Card, Outcome, as_html, as_markdown, cards
from segloss.site.pages import as_page, data_note, navigation
from segloss.site.searching import search_data

__all__ = [
    "Card",
    "Outcome",
    "as_html",
    "as_markdown",
    "as_page",
    "build_site",
    "cards",
    "data_note",
    "drop_unused",
    "navigation",
    "search_data",
]
