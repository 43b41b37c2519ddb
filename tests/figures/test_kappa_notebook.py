import json

import nbformat
import pytest


def run(root, folder, monkeypatch, **parameters):
    """Execute the notebook's code cells in this process, as in its own folder, with the given parameters."""
    cells = [c for c in nbformat.read(root / "notebooks" / "kappa.ipynb", as_version=4).cells if c.cell_type == "code"]
    monkeypatch.chdir(folder)
    namespace = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell.source, cell.id, "exec"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            namespace |= parameters
    return namespace


@pytest.fixture
def parameters(metrics_folder):
    return {
        "metrics_folder": str(metrics_folder),
        "examples_folder": "examples",
        "figures_folder": "figures",
        "tables_folder": "tables",
        "resamples": 50,
    }


def test_the_notebook_runs_from_top_to_bottom(root, tmp_path, parameters, monkeypatch):
    run(root, tmp_path, monkeypatch, **parameters)
    assert len({path.stem for path in (tmp_path / "figures").iterdir()}) == 16
    verdicts = (tmp_path / "tables" / "verdicts.md").read_text(encoding="utf-8")
    assert all(f"| kappa.{number} |" in verdicts for number in range(1, 13))


def test_the_notebook_runs_where_every_data_set_is_absent(root, tmp_path, metrics_folder, parameters, monkeypatch):
    (metrics_folder / "isic2016.csv").write_text("arm,fold,case,class,metric,value\n")
    (metrics_folder / "isic2016-history.csv").write_text("arm,fold,epoch,phase,loss,validation_loss,validation_dice\n")
    path = metrics_folder / "isic2016-provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"kind": "absent"}))
    run(root, tmp_path, monkeypatch, **parameters)
    assert "not testable here" in (tmp_path / "tables" / "verdicts.md").read_text(encoding="utf-8")
