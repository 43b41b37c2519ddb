"""The stages that execute a notebook: a paper's report, the guided tour of the losses, the gallery of the phantoms."""

import os
from pathlib import Path
from typing import Any

import nbformat

from segloss import paths
from segloss.errors import InputError
from segloss.provenance import written_aside
from segloss.report import Report

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


def run_gallery(provenances: Path) -> None:
    """Execute the notebook that shows the phantoms, and write its report.

    Args:
        provenances: Folder of a ``<dataset>-provenance.json`` for each data set that it shows.

    Raises:
        InputError: If the notebook is missing or a cell fails.
    """
    _write("data", "phantom", {"metrics_folder": provenances, "project_folder": Path()}, {})


def _write(name: str, scale: str, inputs: dict[str, Path], settings: dict[str, Any]) -> None:
    """Execute ``notebooks/<name>.ipynb`` and put the executed copy, the figures and the tables in their places."""
    # Imported here: papermill takes two seconds, and every notebook imports this module.
    from segloss import notebooks

    source = Path("notebooks") / f"{name}.ipynb"
    target = paths.executed_notebook(scale, name)
    with (
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
        executed.metadata["report"] = _summary(name, scale, inputs.get("metrics_folder"))
        aside = target.with_name(f"{target.name}.tmp")
        aside.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(executed, aside)
    os.replace(aside, target)


def _summary(paper: str, scale: str, metrics: Path | None) -> dict[str, Any]:
    """What the site's pages say about a report's data."""
    report = Report(paper, scale, None if metrics is None else str(metrics), "", "")
    keys = ("title", "kind", "cases")
    shown = [{"dataset": name, **{key: p.get(key) for key in keys}} for name, p in report.provenance.items()]
    return {"paper": paper, "scale": scale, "datasets": shown, "origin": report.origin()}
