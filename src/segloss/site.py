"""The rendered site: the pages of ``docs`` and every executed notebook, as HTML that needs no network."""

import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from segloss.errors import InputError
from segloss.paths import REPORTS
from segloss.provenance import written_aside

DOCS = Path("docs")
WORK = Path("build/site")
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

NO_DATA = "Every number and picture on this page is computed in the notebook, on made-up predictions and one phantom."


def build_site() -> None:
    """Build ``reports/site`` from ``docs`` and the executed notebooks of all scales.

    The same input gives the same bytes. The old site is replaced only when the new one is complete.

    Raises:
        InputError: If ``docs`` is missing, a notebook was not made by ``report``, or Sphinx fails.
    """
    # Imported here: Sphinx takes a second to load, and whoever imports this module may not build.
    from sphinx.cmd.build import build_main

    if not (DOCS / "conf.py").is_file():
        raise InputError(f"{DOCS / 'conf.py'} is missing: expected the configuration of the site.")
    shutil.rmtree(WORK, ignore_errors=True)
    source, pages = WORK / "source", WORK / "html"
    shutil.copytree(DOCS, source)
    reports = [_add_page(path, source) for path in sorted((REPORTS / "notebooks").glob("*/*.ipynb"))]
    (source / "reports.md").write_text(list_of_reports(reports), encoding="utf-8")
    if build_main(["-q", "-b", "html", "-d", str(WORK / "doctrees"), str(source), str(pages)]) != 0:
        raise InputError(f"{source} could not be turned into pages: Sphinx says why above.")
    drop_unused(pages)
    with written_aside(REPORTS / "site") as site:
        shutil.copytree(pages, site, dirs_exist_ok=True)
    shutil.rmtree(WORK)


def _add_page(path: Path, source: Path) -> dict[str, Any]:
    """Copy an executed notebook as a page and return what the list of reports says about it."""
    notebook = nbformat.read(path, as_version=4)
    if "report" not in notebook.metadata:
        raise InputError(f"{path} does not say what data it shows: expected a notebook executed by report.")
    page = source / path.parent.name / path.name
    page.parent.mkdir(exist_ok=True)
    nbformat.write(as_page(notebook), page)
    title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
    return {**notebook.metadata["report"], "heading": title, "page": f"{path.parent.name}/{path.stem}"}


def as_page(notebook: NotebookNode) -> NotebookNode:
    """An executed notebook as it is read: code folded, and below the title what its data mean.

    The defaults of the parameters are left out, since the values used stand in the cell after them.
    """
    report = notebook.metadata["report"]
    notebook.cells = [c for c in notebook.cells if "parameters" not in c.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
            for output in cell.outputs:
                # The renderer takes the text for those who cannot see a figure from the cell, not from the output.
                for facts in output.get("metadata", {}).values():
                    if "alt" in facts:
                        cell.metadata["mystnb"] = {"image": {"alt": facts["alt"]}}
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(data_note(report), id="data-note"))
    return notebook


def data_note(report: dict[str, Any]) -> str:
    """The box below a report's title: kind of data, data sets, number of cases, fingerprints."""
    if not report["datasets"]:
        return "\n".join([":::{admonition} No data set", NO_DATA, "", f"`{report['origin']}`", ":::"])
    lines = []
    for kind, (head, meaning) in MEANING.items():
        names = [_with_cases(data) for data in report["datasets"] if data["kind"] == kind]
        if names:
            lines += [f"**{head}** ({', '.join(names)}). {meaning}", ""]
    return "\n".join([":::{admonition} Data, scale and origin", *lines, f"`{report['origin']}`", ":::"])


def list_of_reports(reports: list[dict[str, Any]]) -> str:
    """The part of the first page that lists all reports by scale, and the site's navigation to them."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for report in sorted(reports, key=lambda r: (not r["datasets"], r["scale"])):
        groups.setdefault(f"scale `{report['scale']}`" if report["datasets"] else "without data", []).append(report)
    parts = []
    for group, here in groups.items():
        rows = [f"| [{r['heading']}]({r['page']}.ipynb) | {_kinds(r)} |" for r in here]
        parts += [f"**{group.capitalize()}**", "", "| report | data |", "|---|---|", *rows, ""]
        caption, pages = group.replace("`", ""), [r["page"] for r in here]
        parts += ["```{toctree}", ":hidden:", f":caption: Reports, {caption}", "", *pages, "```", ""]
    return "\n".join(parts or ["No report has been made yet: `dvc repro` makes them.", ""])


def _kinds(report: dict[str, Any]) -> str:
    if not report["datasets"]:
        return "none: computed in the notebook"
    shown = {k: [d["title"] for d in report["datasets"] if d["kind"] == k] for k in MEANING}
    return "; ".join(f"**{MEANING[kind][0]}**: {', '.join(names)}" for kind, names in shown.items() if names)


def _with_cases(data: dict[str, Any]) -> str:
    return str(data["title"]) if data["kind"] == "absent" else f"{data['title']}, {data['cases']} cases"


def drop_unused(pages: Path) -> None:
    """Remove what no page asks for: Sphinx's own records, source maps, static files of the theme without a use."""
    for name in (".buildinfo", "objects.inv"):
        (pages / name).unlink(missing_ok=True)
    for source_map in pages.rglob("*.map"):
        source_map.unlink()
    files = [f for f in pages.rglob("*") if f.suffix in (".html", ".css", ".js")]
    text = {f: f.read_text(encoding="utf-8") for f in files}
    for file in sorted(f for f in (pages / "_static").rglob("*") if f.is_file()):
        if not any(file.name in content for asking, content in text.items() if asking != file):
            file.unlink()
    for folder in sorted((f for f in pages.rglob("*") if f.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
