"""The stages that execute a notebook: a paper's report, the guided tour of the losses, the gallery of the phantoms."""

import os
from pathlib import Path
from typing import Any

import nbformat

from segloss import paths
from segloss.errors import InputError
from segloss.provenance import written_aside, written_file
from segloss.published import published_source
from segloss.report import Report
from segloss.turns import one_at_a_time

FAILED = Path("build/failed")


def run_report(paper: str, params: dict[str, Any]) -> None:
    """Execute a paper's notebook at the scale of ``params`` and write its report.

    The report is the executed notebook, the figures and the tables; all are replaced together, or none.

    Raises:
        InputError: If paper, notebook or metrics are missing, the parameters do not fit, or a cell fails.
    """
    if paper not in params["papers"]:
        raise InputError(f"params.yaml has no paper {paper!r}: expected one of {', '.join(params['papers'])}.")
    scale = params["scale"]
    metrics = paths.metrics_folder(scale, paper)
    if not any(metrics.glob("*-provenance.json")):
        raise InputError(f"{metrics} holds no <dataset>-provenance.json: expected what evaluate writes.")
    inputs = {"metrics_folder": metrics, "examples_folder": paths.EXAMPLES / paper}
    _write(paper, scale, inputs, params["papers"][paper])


def run_tour() -> None:
    """Execute the notebook of all losses, which reads no data, and write its report.

    Raises:
        InputError: If the notebook is missing or a cell fails.
    """
    _write("losses", paths.TOUR, {}, {})


def run_record() -> None:
    """Execute the notebook that tests the papers' printed numbers again, and write its report.

    Raises:
        InputError: If the notebook is missing or a cell fails.
    """
    note = "The numbers are those that the papers print, and what follows from them. No data were read."
    _write("published_record", paths.TOUR, {}, {}, {"source": published_source(), "note": note})


def run_claims() -> None:
    """Execute the notebook of all claims, which reads the verdicts of every scale that is there, and write its report.

    Raises:
        InputError: If the notebook is missing or a cell fails.
    """
    # Imported here: the statistics take a second, and no other stage needs them.
    from segloss.verdicts.ledger import source

    note = (
        "Verdicts and numbers of cases come from the reports of the papers; the column of a verdict says on which data "
        "it stands. Verdicts on phantoms say nothing about patients."
    )
    about = {"source": source(paths.REPORTS), "note": note}
    _write("claims", paths.TOUR, {"reports_folder": paths.REPORTS}, {}, about)


def run_findings(page: str) -> None:
    """Execute a notebook that reads the tables of the synthesis, of phantoms and real subsets, and write its report.

    Args:
        page: ``synthesis`` or ``as_published``.

    Raises:
        InputError: If the notebook is missing or a cell fails.
    """
    # Imported here: the statistics take a second, and no other stage needs them.
    from segloss.verdicts.findings import source

    note = (
        "Every figure and table says in its foot on which data it stands. Phantoms were drawn by a program: their "
        "numbers show how the losses behave, and say nothing about patients. The real subsets are parts of public "
        "sets, at a small size: cite them only with their number of cases."
    )
    about = {"source": source(paths.REPORTS), "note": note}
    _write(page, paths.TOUR, {"reports_folder": paths.REPORTS}, {}, about)


def run_gallery(provenances: Path) -> None:
    """Execute the notebook that shows the phantoms, and write its report.

    Args:
        provenances: Folder of a ``<dataset>-provenance.json`` for each data set that it shows.

    Raises:
        InputError: If the notebook is missing or a cell fails.
    """
    _write("data", "phantom", {"metrics_folder": provenances, "project_folder": Path()}, {})


@one_at_a_time("report")
def _write(
    name: str, scale: str, inputs: dict[str, Path], settings: dict[str, Any], about: dict[str, str] | None = None
) -> None:
    """Execute ``notebooks/<name>.ipynb`` and put the executed copy, the figures and the tables in their places.

    Args:
        name: Of the notebook.
        scale: At which scale it is executed.
        inputs: Folders that it reads, by its parameters.
        settings: Its other parameters.
        about: ``source`` and ``note``, of a report whose numbers are of no data set of its own.
    """
    # Imported here: papermill takes two seconds, and every notebook imports this module.
    from segloss import notebooks

    source = Path("notebooks") / f"{name}.ipynb"
    target = paths.executed_notebook(scale, name)
    with (
        written_file(target) as stream,
        written_aside(paths.figures_folder(scale, name)) as figures,
        written_aside(paths.tables_folder(scale, name)) as tables,
    ):
        folders = {**inputs, "figures_folder": figures, "tables_folder": tables}
        # Relative to the notebook's folder: it is executed there, and no report names a machine's folders.
        relative = {key: Path(os.path.relpath(path, source.parent)).as_posix() for key, path in folders.items()}
        parameters = {"paper": name, "scale": scale, **relative, **settings} if inputs else relative
        executed = notebooks.execute(source, parameters, failed=FAILED / scale / f"{name}.ipynb")
        notebooks.normalise(
            executed,
            replace={
                figures.name: name,
                tables.name: name,
                'href="../reports/': 'href="../../',  # the executed notebook lies elsewhere than its source
                f"{Path.cwd()}/": "",
            },
        )
        address = os.path.relpath(paths.figures_folder(scale, name), target.parent)
        notebooks.refer_to_pictures(executed, figures, Path(address).as_posix())
        executed.metadata["report"] = _summary(name, scale, inputs.get("metrics_folder"), about or {})
        nbformat.write(executed, stream)
        stream.flush()  # if there is no room for it, figures and tables stay as they were too


def _summary(paper: str, scale: str, metrics: Path | None, about: dict[str, str]) -> dict[str, Any]:
    """What the site's pages say about a report's data."""
    source = {"source": about["source"]} if about else {}
    report = Report(paper, scale, None if metrics is None else str(metrics), "", "", **source)
    keys = ("title", "kind", "cases")
    shown = [{"dataset": name, **{key: p.get(key) for key in keys}} for name, p in report.provenance.items()]
    note = {"note": about["note"]} if about else {}
    return {"paper": paper, "scale": scale, "datasets": shown, "origin": report.origin(), **note}
