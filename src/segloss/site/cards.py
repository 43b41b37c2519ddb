"""The first page's cards: per paper its question, a picture and what became of its claims; and the same in Markdown."""

import csv
import html
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from segloss.site.pages import SCALES, Page
from segloss.verdicts.rules import VERDICTS

# The figure that says most of a page; one that is missing leaves its card without a picture.
PICTURES = {
    "kappa": "fig2-large-lesions",
    "topk_dice": "fig2-kept-pixels",
    "boundary": "fig2-two-views",
    "unified_focal": "fig1-family",
    "log_cosh_dice": "sweep-dice-by-share",
    "synthesis": "imbalance-curves",
    "losses": "family-tree",
    "data": "acdc",
}


@dataclass(frozen=True)
class Outcome:
    """What became of a paper's claims at one scale.

    Attributes:
        scale: At which scale.
        page: Address of the report, without suffix.
        data: The data sets that were there.
        verdicts: Verdict in words by claim: ``{"kappa.1": "contradicted on ISIC 2018 (real subset)"}``.
        claims: The claims in words.
    """

    scale: str
    page: str
    data: str
    verdicts: dict[str, str]
    claims: dict[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims got which verdict, in the order of :data:`segloss.verdicts.rules.VERDICTS`."""
        found = Counter(next((v for v in VERDICTS if text.startswith(v)), text) for text in self.verdicts.values())
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}


@dataclass(frozen=True)
class Card:
    """One paper, or one page that is about all of them.

    Attributes:
        key: A paper's key, or the name of the notebook.
        title: Heading of its notebook.
        text: The claim of the paper, or what the page shows.
        page: Address of the page with the strongest evidence, without suffix.
        picture: Address of a figure below ``reports``; empty if there is none.
        alt: What the figure shows.
        outcomes: Per scale, the strongest evidence first; empty of a page without claims.
    """

    key: str
    title: str
    text: str
    page: str
    picture: str
    alt: str
    outcomes: tuple[Outcome, ...]


def cards(pages: list[Page], reports: Path) -> list[Card]:
    """A card per notebook, papers first; the scales of a paper share one.

    Args:
        pages: All pages.
        reports: Folder with the tables of verdicts, ``tables/<scale>/<paper>/verdicts.csv``.
    """
    by_key: dict[str, list[Page]] = {}
    for page in sorted(pages, key=lambda p: [*SCALES, p.scale].index(p.scale)):
        by_key.setdefault(page.key, []).append(page)
    found = [_card(key, here, reports) for key, here in by_key.items()]
    order = {key: number for number, key in enumerate(PICTURES)}
    return sorted(found, key=lambda card: (not card.outcomes, order.get(card.key, len(order)), card.key))


def _card(key: str, pages: list[Page], reports: Path) -> Card:
    outcomes = [_outcome(page, reports / "tables" / page.name / "verdicts.csv") for page in pages]
    text = pages[0].paragraph("The one claim") or pages[0].paragraph("What it shows")
    # Figures of phantoms show pictures, where those of real data show numbers alone.
    picture, alt = _picture(pages[::-1], PICTURES.get(key, ""))
    return Card(key, pages[0].title, text, pages[0].name, picture, alt, tuple(o for o in outcomes if o))


def _picture(pages: list[Page], name: str) -> tuple[str, str]:
    """Address below ``reports`` and description of a figure, from the first page that has it."""
    image = re.compile(rf'<img src="(?:\.\./)*(figures/[^"]*/{re.escape(name)}\.\w+)" alt="([^"]*)"')
    for page in pages:
        for cell in page.notebook.cells:
            for output in cell.get("outputs", []):
                if name and (found := image.search(output.get("data", {}).get("text/html", ""))):
                    return found[1], html.unescape(found[2])
    return "", ""


def _outcome(page: Page, verdicts: Path) -> Outcome | None:
    if not verdicts.is_file():
        return None
    with verdicts.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    data = ", ".join(d["title"] for d in page.report["datasets"] if d["kind"] != "absent")
    verdicts_of, claims_of = ({row["id"]: row[column] for row in rows} for column in ("verdict", "claim"))
    return Outcome(page.scale, page.name, data, verdicts_of, claims_of)


def summary(shown: list[Card]) -> str:
    """One sentence per scale: how many claims there are, and what became of them."""
    lines = []
    for scale, name in SCALES.items():
        here = [outcome.counts for card in shown for outcome in card.outcomes if outcome.scale == scale]
        total = {verdict: sum(counts.get(verdict, 0) for counts in here) for verdict in VERDICTS}
        if here:
            words = ", ".join(f"{count} {verdict}" for verdict, count in total.items())
            lines.append(f"**{name}**, {sum(total.values())} claims of {len(here)} papers: {words}.")
    return "\n\n".join(lines)


def as_html(shown: list[Card]) -> str:
    """The first page's cards, below the sum of all verdicts."""
    boxes = "".join(map(_html_card, shown))
    return "\n".join([summary(shown), "", "```{raw} html", f'<div class="cards">\n{boxes}</div>', "```"])


def _html_card(card: Card) -> str:
    picture = f'<img src="../{card.picture}" alt="{html.escape(card.alt)}">' if card.picture else ""
    title = f'<a href="{card.page}.html">{html.escape(_plain(card.title))}</a>'
    body = f"<h3>{title}</h3><p>{html.escape(_plain(card.text))}</p>"
    lines = "".join(_html_outcome(outcome) for outcome in card.outcomes)
    return f'<article class="card" id="card-{card.key}">{picture}{body}{lines}</article>\n'


def _html_outcome(outcome: Outcome) -> str:
    counts = " ".join(
        f'<span class="verdict {verdict.partition(" ")[0]}"><b>{count}</b> {verdict.removesuffix(" here")}</span>'
        for verdict, count in outcome.counts.items()
    )
    head = f'<a href="{outcome.page}.html">{SCALES.get(outcome.scale, outcome.scale)}</a>'
    data = f" <small>{html.escape(outcome.data)}</small>" if outcome.scale != "phantom" else ""
    return f'<p class="outcome">{head}{data}<br>{counts}</p>'


def as_markdown(shown: list[Card]) -> str:
    """The same story with all claims, for readers who see the files and not the site."""
    lines = [
        "# Reports",
        "",
        "Five papers on losses for segmentation, replicated: what became of their claims. The full pages are "
        "the site, which opens from the file system: `site/index.html`. A verdict holds for the data named beside it; "
        "phantoms are pictures drawn by a program and no evidence about patients.",
        "",
        summary(shown),
        "",
    ]
    for card in shown:
        lines += [f"## {card.title}", "", card.text, ""]
        if card.picture:
            lines += [f"![{_cell(card.alt)}]({card.picture})", ""]
        lines += _markdown_outcomes(card) if card.outcomes else [f"[Notebook](notebooks/{card.page}.ipynb)", ""]
    return "\n".join(lines)


def _markdown_outcomes(card: Card) -> list[str]:
    heads = [
        f"[{SCALES.get(o.scale, o.scale)}](notebooks/{o.page}.ipynb) ([numbers](tables/{o.page}/verdicts.md)): {o.data}"
        for o in card.outcomes
    ]
    claims = {claim: text for outcome in card.outcomes for claim, text in outcome.claims.items()}
    rows = [
        f"| {claim} | {_cell(text)} | " + " | ".join(o.verdicts.get(claim, "–") for o in card.outcomes) + " |"
        for claim, text in claims.items()
    ]
    counts = ["; ".join(f"{count} {verdict}" for verdict, count in o.counts.items()) for o in card.outcomes]
    total = f"| | **all {len(claims)}** | " + " | ".join(counts) + " |"
    return ["| | claim | " + " | ".join(heads) + " |", "|" + "---|" * (len(heads) + 2), *rows, total, ""]


def _plain(text: str) -> str:
    """Markdown without its marks; of a formula the names of its letters."""
    text = re.sub(r"\$([^$]*)\$", lambda m: re.sub(r"[\\{}]", "", m[1]), text)
    return re.sub(r"[*`]|\[([^\]]*)\]\([^)]*\)", lambda m: m[1] or "", text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[").replace("]", "\\]")
