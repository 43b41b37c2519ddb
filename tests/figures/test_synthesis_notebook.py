"""The pages of the synthesis: they run on made-up tables, on none, and what they say is what was put in."""

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from segloss.paths import SWEEP
from segloss.synthesis.protocol import Protocol
from tests.synthesis.made_up import write_made_up

ROOT = Path(__file__).parents[2]
OURS = Protocol.read()
FEW = ("cross_entropy", "dice", "kappa", "generalized_dice_plus_boundary", "focal")
# Fewer losses on fewer data sets, of which one has several seeds and one several learning rates.
PHANTOM = {**OURS.scales["phantom"], "datasets": ["acdc", "bus2017", "isles2018"]}
SMALL = replace(OURS, losses={loss: OURS.losses[loss] for loss in FEW}, scales={**OURS.scales, "phantom": PHANTOM})


def run(name, folder, monkeypatch):
    """Execute a notebook's code cells in this process, with the reports of a folder."""
    rules = {**OURS.rules, "resamples": 20, "draws": 200}
    small = replace(SMALL, rules=rules)
    monkeypatch.setattr(Protocol, "read", lambda: small)
    monkeypatch.chdir(folder)
    cells = [c for c in nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4).cells if c.cell_type == "code"]
    namespace = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell.source, cell.id, "exec"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            namespace |= {"reports_folder": "reports", "figures_folder": "figures", "tables_folder": "tables"}
    return namespace


@pytest.fixture
def tables(tmp_path):
    """A folder with the tables of both scales, in which Kappa is best and the README form is worse than it."""
    for scale in SMALL.scales:
        gains = {"kappa": 0.1, "focal": -0.3, "kappa_readme": -0.1}
        write_made_up(tmp_path / f"reports/metrics/{scale}/synthesis", SMALL, scale, gains)
    return tmp_path


def test_the_synthesis_runs_from_top_to_bottom(tables, monkeypatch):
    (tables / "reports/metrics/phantom/log_cosh_dice").mkdir()
    (tables / SWEEP).symlink_to(ROOT / SWEEP)
    namespace = run("synthesis", tables, monkeypatch)
    figures = {path.stem for path in (tables / "figures").iterdir()}
    assert len(figures) == 16
    assert {"imbalance-curves", "critical-difference", "equivalence", "real-critical-difference"} <= figures
    assert namespace["found"].losses[0] == namespace["real"].losses[0] == "kappa"


def test_the_synthesis_runs_where_there_is_none(tmp_path, monkeypatch):
    run("synthesis", tmp_path, monkeypatch)
    named = (tmp_path / "tables/data-phantom.csv").read_text(encoding="utf-8")
    assert all(dataset in named for dataset in PHANTOM["datasets"])
    assert len(list((tmp_path / "figures").glob("*.svg"))) == 16


def test_the_page_of_slips_has_a_figure_for_each_and_draws_its_conclusions_from_the_numbers(tables, monkeypatch):
    run("as_published", tables, monkeypatch)
    figures = {path.stem for path in (tables / "figures").iterdir()}
    assert figures == {form.replace("_", "-") for form in OURS.as_published}
    lines = (tables / "tables/slips.csv").read_text(encoding="utf-8").splitlines()
    readme = [line for line in lines if line.startswith('"Kappa, README form"')]
    assert len(readme) == 2
    assert all("below: worse as published" in line for line in readme)
    same = [line for line in lines if line.startswith('"boundary, truncated distances"')]
    assert all("within: practically the same" in line for line in same)


def test_the_page_of_slips_runs_where_there_is_no_synthesis(tmp_path, monkeypatch):
    run("as_published", tmp_path, monkeypatch)
    assert len(list((tmp_path / "figures").glob("*.svg"))) == len(OURS.as_published)
