"""Executed notebooks as pages: code folded, what the data mean below the title, and the way from page to page."""

import re
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

# What a reader must know before the first number.
MEANING = {
    "phantom": (
        "Phantom data",
        "These images were drawn by a program. The numbers show that the pipeline works and how the losses behave; "
        "they say nothing about patients and are no evidence for or against the paper.",
    ),
    "subset": (
        "Real data, not the paper's set",
        "These images are real, but their number, their resolution or the training differs from the paper's: cite the "
        "numbers only with data, number of cases and scale, and do not hold them against the published ones.",
    ),
    "paper": (
        "The paper's full data",
        "These images are real, and they are the whole set of the paper: the numbers stand beside the published ones.",
    ),
    "absent": ("Absent data", "These data sets were not there when the report was made; it shows nothing of them."),
}

NO_DATA = "Every number and picture on this page is computed in the notebook, on made-up predictions and phantoms."
# Of a scale, as the reader meets it; the order is that of the evidence.
SCALES = {"paper": "The paper's data", "subset": "Real subset", "phantom": "Phantoms"}

# A notebook carries the look of each cell, since JupyterLab knows no style of ours; a page says it once, in its style.
_CELL_LOOKS = {
    ' style="text-align:left;"': "",
    ' style="text-align:right;"': ' class="r"',
    ' style="text-align:left;white-space:nowrap"': "",
    ' style="text-align:right;white-space:nowrap"': ' class="r"',
    ' style="text-align:left;min-width:12em;max-width:18em"': ' class="m"',
    ' style="text-align:right;min-width:12em;max-width:18em"': ' class="r m"',
    ' style="text-align:left;min-width:28em"': ' class="w"',
}


@dataclass(frozen=True)
class Page:
    """An executed notebook that becomes a page.

    Attributes:
        name: Address without suffix, such as ``"phantom/kappa"``.
        notebook: As the report stage left it.
    """

    name: str
    notebook: NotebookNode = field(repr=False)

    @property
    def report(self) -> dict[str, Any]:
        """What the report stage says about its data."""
        return dict(self.notebook.metadata["report"])

    @property
    def scale(self) -> str:
        """The folder of its scale."""
        return self.name.partition("/")[0]

    @property
    def key(self) -> str:
        """Name of the notebook: a paper's key, or what else it is about."""
        return self.name.partition("/")[2]

    @property
    def title(self) -> str:
        """Its first line."""
        return str(self.notebook.cells[0].source).splitlines()[0].lstrip("# ")

    def paragraph(self, head: str) -> str:
        """The paragraph of the first cell that begins with a bold head, without the head; empty if there is none."""
        paragraph = rf"^\*\*{re.escape(head)}\.?\*\*\s*(.*?)(?:\n\n|\Z)"
        found = re.search(paragraph, self.notebook.cells[0].source, re.DOTALL | re.MULTILINE)
        return " ".join(found[1].split()) if found else ""


def as_page(notebook: NotebookNode) -> NotebookNode:
    """An executed notebook as it is read: code folded, and below the title what its data mean.

    The defaults of the parameters are left out, since the values used stand in the cell after them.
    """
    report = notebook.metadata["report"]
    shown = [c.copy() for c in notebook.cells if "parameters" not in c.metadata.get("tags", [])]
    for cell in shown:
        if cell.cell_type == "code":
            cell.metadata = {**cell.metadata, "tags": [*cell.metadata.get("tags", []), "hide-input"]}
            cell.outputs = [_light(output) for output in cell.outputs]
    shown.insert(1, nbformat.v4.new_markdown_cell(data_note(report), id="data-note"))
    return nbformat.from_dict({**notebook, "cells": shown})


def _light(output: NotebookNode) -> NotebookNode:
    text = output.get("data", {}).get("text/html", "")
    if "report-table" not in text:
        return output
    text = re.sub(r' style="[^"]*"', lambda m: _CELL_LOOKS.get(m[0], m[0]), text)
    return nbformat.from_dict({**output, "data": {"text/html": text}})


def data_note(report: dict[str, Any]) -> str:
    """The box below a report's title: kind of data, data sets, number of cases, fingerprints."""
    if not report["datasets"]:
        head = "What the numbers are" if "note" in report else "No data set"
        note = report.get("note", NO_DATA)
        return "\n".join([f":::{{admonition}} {head}", note, "", f"`{report['origin']}`", ":::"])
    lines = []
    for kind, (head, meaning) in MEANING.items():
        names = [_with_cases(data) for data in report["datasets"] if data["kind"] == kind]
        if names:
            lines += [f"**{head}** ({', '.join(names)}). {meaning}", ""]
    return "\n".join([":::{admonition} Data, scale and origin", *lines, f"`{report['origin']}`", ":::"])


def navigation(pages: list[Page]) -> str:
    """The site's navigation to the reports: what stands on no data or all first, then scale by scale."""
    if not pages:
        return "No report has been made yet: `dvc repro` makes them.\n"
    groups: dict[str, list[str]] = {}
    for page in sorted(pages, key=lambda p: (p.scale in SCALES, [*SCALES].index(p.scale) if p.scale in SCALES else 0)):
        groups.setdefault(SCALES.get(page.scale, "All losses"), []).append(page.name)
    parts = []
    for caption, names in groups.items():
        parts += ["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```", ""]
    return "\n".join(parts)


def _with_cases(data: dict[str, Any]) -> str:
    return str(data["title"]) if data["kind"] == "absent" else f"{data['title']}, {data['cases']} cases"
