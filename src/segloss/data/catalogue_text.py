"""The catalogue for people: a table for the terminal and for a page, and how to obtain one data set step by step."""

import shlex
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from textwrap import fill, indent, wrap

from segloss.data.catalogue import UNKNOWN, Entry, catalogue
from segloss.published import published_datasets

# Together with two blanks between them 120 columns, the width of a wide terminal.
WIDTHS = {
    "name": 9,
    "title": 13,
    "cases": 7,
    "classes": 18,
    "modalities": 11,
    "size (spacing in mm)": 15,
    "foreground": 12,
    "licence": 11,
    "access": 8,
}
WIDTH = 100


def table() -> str:
    """All data sets; cells that are too long for their column go on below."""
    lines = [_row(WIDTHS), "  ".join("-" * width for width in WIDTHS.values())]
    lines += [_row(_cells(entry)) for entry in catalogue().values()]
    return "\n".join(lines)


def markdown_table() -> str:
    """The same table as Markdown."""
    rows = [list(WIDTHS), ["---"] * len(WIDTHS), *(_cells(entry) for entry in catalogue().values())]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def description(entry: Entry, root: Path | None = None) -> str:
    """What a data set is, how to obtain it, where it belongs, and the commands that follow.

    Args:
        entry: The data set.
        root: The folder of all data sets; left out, a name stands for it.
    """
    cases = f"{entry.cases:,}. {entry.cases_note}" if entry.cases else entry.cases_note
    facts = {
        "papers": ", ".join(entry.papers) or "none of the five",
        "cases": cases,
        "classes": "; ".join(entry.classes),
        "modalities": ", ".join(entry.modalities),
        "size": entry.size,
        "spacing mm": entry.spacing_mm,
        "foreground": entry.foreground,
        "licence": entry.licence,
        "cite": entry.citation,
        "page": entry.page,
    }
    parts = [
        f"{entry.title} ({entry.name})\n{fill(entry.what, WIDTH)}",
        "\n".join(_fact(*fact) for fact in facts.items()),
    ]
    if entry.unconfirmed:
        parts.append("\n".join(["Not confirmed:", *(_filled(f"- {line}", 2) for line in entry.unconfirmed)]))
    return "\n\n".join([*parts, how_to_obtain(entry, root)])


def how_to_obtain(entry: Entry, root: Path | None = None) -> str:
    """The steps to a data set, where its files belong, and the commands that follow."""
    place = "DATA_ROOT" if root is None else str(root)
    shown = shlex.quote(place)
    get = f"python -m segloss get {entry.name} {shown}"
    unpack = f"unpack them below {place}/{entry.name}/ or have them unpacked:\n{get} --from-archive FILE"
    if entry.archives:
        steps = [f"Download and unpack it:\n{get}", f"Where that fails, fetch the files from {entry.page} and {unpack}"]
    else:
        steps = [*entry.steps, f"With the files at hand, {unpack}"]
    faults = "Then look" if entry.papers else "With an entry of its own under datasets in params.yaml, look"
    parts = {
        "How to obtain it": [_step(number, step) for number, step in enumerate(steps, 1)],
        "Afterwards there are": [f"{place}/{entry.name}/{line}" for line in entry.layout],
        f"{faults} for faults in the files": [f"python -m segloss check {entry.name} {shown}"],
    }
    replicated = [paper for paper in entry.papers if published_datasets(paper)]
    if replicated:
        runs = [f"python -m segloss scale subset --data-root {shown} --paper {paper}" for paper in replicated]
        parts["Prepare it, train and report, capped for a processor"] = runs
    return "\n\n".join(f"{head}:\n" + indent("\n".join(lines), "  ") for head, lines in parts.items())


def _step(number: int, step: str) -> str:
    text, _, command = step.partition("\n")
    lines = _filled(f"{number}. {text}", 3)
    return f"{lines}\n   {command}" if command else lines


def _fact(name: str, text: str) -> str:
    return _filled(f"{name + ':':<12}{text}", 12)


def _filled(text: str, margin: int) -> str:
    # Addresses and commands stay whole.
    return fill(text, WIDTH, subsequent_indent=" " * margin, break_long_words=False, break_on_hyphens=False)


def _cells(entry: Entry) -> list[str]:
    spacing = "" if entry.spacing_mm == UNKNOWN or entry.size == entry.spacing_mm else f" ({entry.spacing_mm})"
    return [
        entry.name,
        entry.title,
        f"{entry.cases:,}" if entry.cases else "yours",
        ", ".join(entry.classes),
        ", ".join(entry.modalities),
        entry.size + spacing,
        entry.foreground,
        entry.licence,
        entry.access,
    ]


def _row(cells: Iterable[str]) -> str:
    columns = [wrap(cell, width) for cell, width in zip(cells, WIDTHS.values(), strict=True)]
    lines = zip_longest(*columns, fillvalue="")
    padded = [[f"{piece:<{width}}" for piece, width in zip(line, WIDTHS.values(), strict=True)] for line in lines]
    return "\n".join("  ".join(line).rstrip() for line in padded)
