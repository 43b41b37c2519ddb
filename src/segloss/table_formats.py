"""One table in four forms: CSV to compute with, Markdown, LaTeX (booktabs) and HTML to read."""

import html
import math
import re
from collections.abc import Mapping, Sequence

import pandas as pd

_SYMBOLS = {
    "−": "-",
    "<": "<",
    ">": ">",
    "±": r"\pm",
    "≤": r"\le",
    "≥": r"\ge",
    "×": r"\times",
    "·": r"\cdot",
    "→": r"\to",
    "∞": r"\infty",
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "κ": r"\kappa",
    "λ": r"\lambda",
    "ρ": r"\rho",
    "φ": r"\varphi",
    "Δ": r"\Delta",
}
# A number with or without its spread, or the dash of a missing one.
_NUMBER = re.compile(r"–|[−+-]?\d[\d,.]*( %)?( ± \d[\d.]*)?")
_LONG = 140  # characters; the text of a cell beyond is a list
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "|": r"\textbar{}",
    **{character: "\\" + character for character in "&%$#_{}"},
    **{character: f"${command}$" for character, command in _SYMBOLS.items()},
}


def as_csv(frame: pd.DataFrame) -> str:
    """Comma-separated values; numbers to six digits, so that the last bits of a processor do not show."""
    return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def as_markdown(frame: pd.DataFrame, caption: str, footer: str, decimals: int) -> str:
    """A pipe table with its caption above and the origin of its numbers below."""
    rule = ["---:" if numeric else "---" for numeric in _numeric(frame, decimals)]
    rows = [_heads(frame), rule, *_cells(frame, decimals)]
    lines = ["| " + " | ".join(c if row is rule else _markdown(c) for c in row) + " |" for row in rows]
    return "\n".join([f"**{_markdown(caption)}**", "", *lines, "", f"*{_markdown(footer)}*", ""])


def as_latex(frame: pd.DataFrame, caption: str, footer: str, label: str, decimals: int) -> str:
    """A floating table for a paper; needs the package booktabs."""
    columns = "".join("r" if numeric else "l" for numeric in _numeric(frame, decimals))
    body = [_latex_row(row) for row in _cells(frame, decimals)]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_latex(caption)}}}",
        rf"\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _latex_row(_heads(frame)),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        rf"\par\footnotesize {_latex(footer)}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def as_html(
    frame: pd.DataFrame,
    caption: str,
    footer: str,
    links: dict[str, str],
    decimals: int,
    addresses: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The table as a notebook and a page show it: scrolls sideways where the screen is narrow.

    Args:
        links: Name of a form ("CSV") to the address of its file.
        addresses: By column, where each of its cells leads to; "" for nowhere.
    """
    align = ["right" if numeric else "left" for numeric in _numeric(frame, decimals)]
    nowhere = [""] * len(frame)
    targets = zip(*((addresses or {}).get(head, nowhere) for head in _heads(frame)), strict=True)
    rows = [_html_row("td", row, align, led) for row, led in zip(_cells(frame, decimals), targets, strict=True)]
    anchors = " · ".join(f'<a href="{html.escape(address)}">{name}</a>' for name, address in links.items())
    return "\n".join(
        [
            '<div class="report-table">',
            f"<p><strong>{html.escape(caption)}</strong></p>",
            '<div style="overflow-x:auto" tabindex="0"><table class="docutils">',
            f"<thead>{_html_row('th', _heads(frame), align)}</thead>",
            "<tbody>",
            *rows,
            "</tbody></table></div>",
            f"<p><small>{html.escape(footer)}<br>{anchors}</small></p>",
            "</div>",
        ]
    )


def _html_row(tag: str, texts: list[str], align: list[str], addresses: Sequence[str] = ()) -> str:
    led = addresses or [""] * len(texts)
    cells = (_html_cell(tag, text, side, to) for text, side, to in zip(texts, align, led, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def _html_cell(tag: str, text: str, side: str, address: str = "") -> str:
    # Short texts stay on one line and long ones get room: the table scrolls instead of squeezing them.
    widths = "white-space:nowrap" if len(text) <= 32 else "min-width:12em;max-width:18em"
    room = widths if len(text) <= _LONG else "min-width:28em"
    content = html.escape(text)
    if len(text) > _LONG:
        content = content.replace("; ", ";<br>")
    if address:
        content = f'<a href="{html.escape(address)}">{content}</a>'
    return f'<{tag} style="text-align:{side};{room if tag == "td" else ""}">{content}</{tag}>'


def _numeric(frame: pd.DataFrame, decimals: int) -> list[bool]:
    columns = zip(*_cells(frame, decimals), strict=True)
    return [all(_NUMBER.fullmatch(cell) for cell in column) for column in columns] or [False] * frame.shape[1]


def _heads(frame: pd.DataFrame) -> list[str]:
    return [": ".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in frame.columns]


def _cells(frame: pd.DataFrame, decimals: int) -> list[list[str]]:
    return [[_text(value, decimals) for value in row] for row in frame.itertuples(index=False, name=None)]


def _text(value: object, decimals: int) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)


def _markdown(text: str) -> str:
    for mark in "\\|*$<":
        text = text.replace(mark, "\\" + mark)
    return text


def _latex_row(texts: list[str]) -> str:
    row = " & ".join(_latex(text) for text in texts) + r" \\"
    # After the end of the row before, LaTeX takes a bracket or a star for an option of it.
    return "{}" + row if row[0] in "[*" else row


def _latex(text: str) -> str:
    return "".join(_LATEX.get(c, c) for c in text)
