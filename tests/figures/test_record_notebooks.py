"""The notebooks of the published record and of the ledger run from top to bottom, with and without reports."""

import shutil

import nbformat
import pandas as pd
import pytest

from segloss.published import load_published


def run(root, name, folder, monkeypatch, **parameters):
    """Execute a notebook's code cells in this process, in an empty folder."""
    cells = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4).cells
    monkeypatch.chdir(folder)
    namespace = {"__name__": "__main__"}
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        exec(compile(cell.source, cell.id, "exec"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            namespace |= {"figures_folder": "figures", "tables_folder": "tables", **parameters}
    return namespace


def test_the_published_record_runs_without_any_data(root, tmp_path, monkeypatch):
    run(root, "published_record", tmp_path, monkeypatch)
    assert len(list((tmp_path / "figures").glob("*.svg"))) == 6
    survival = pd.read_csv(tmp_path / "tables/survival.csv")
    assert set(survival["verdict"]) <= {"survives", "depends", "does not survive", "not better as printed"}
    p_values = pd.read_csv(tmp_path / "figures/printed-p.csv", dtype=str)
    cells = load_published("kappa").query("arm == 'p'")
    assert p_values["printed"].to_list() == cells["printed"].to_list()


@pytest.mark.parametrize("scales", [(), ("phantom",)])
def test_the_ledger_runs_whatever_scales_are_there(root, tmp_path, monkeypatch, scales):
    for scale in scales:
        for paper in ("kappa", "log_cosh_dice"):
            source = root / "reports/tables" / scale / paper / "verdicts.csv"
            target = tmp_path / "reports/tables" / scale / paper / "verdicts.csv"
            target.parent.mkdir(parents=True)
            shutil.copyfile(source, target)
    run(root, "claims", tmp_path, monkeypatch, reports_folder="reports")
    ledger = pd.read_csv(tmp_path / "tables/ledger.csv").set_index("id")
    assert len(ledger) == 62
    assert (ledger.loc["kappa.1", "on phantoms"] == "not run") == (not scales)
    assert (ledger.loc["uf.1", "on phantoms"]) == "not run"
