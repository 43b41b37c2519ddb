"""The sections of the guided tour, and the whole notebook."""

import re

import nbformat
import pytest
import ziamath

from segloss import tour
from segloss.losses import LOSSES
from segloss.report import Report


@pytest.fixture
def displayed(monkeypatch):
    """Everything that a section shows, in order."""
    shown = []
    for module in (tour, __import__("segloss.report", fromlist=["report"])):
        monkeypatch.setattr(module, "display", lambda what, **_: shown.append(what))
    return shown


def test_a_section_shows_formula_code_and_portrait(displayed, tmp_path):
    tour.show(Report("losses", "tour", None, str(tmp_path / "figures"), str(tmp_path / "tables")), "topk_dice")
    formula, loss, kept, highest, picture, caption = displayed
    assert "$$\nL = 1 -" in formula.data
    assert "def topk_dice_loss(" in loss.data
    assert "def _kept(" in kept.data
    assert "def _highest(" in highest.data
    assert picture["image/svg+xml"] == (tmp_path / "figures/topk-dice.svg").read_text()
    assert "TopK Dice: over p" in caption.data


@pytest.mark.parametrize("name", LOSSES)
def test_every_formula_of_a_docstring_can_be_drawn(name):
    text = tour.explanation(LOSSES[name])
    blocks = re.findall(r"\$\$\n(.*?)\n\$\$", text, re.DOTALL)
    inline = re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL))
    assert blocks
    for tex in (*blocks, *inline):
        assert ziamath.Latex(tex).svgxml() is not None


@pytest.mark.parametrize("name", LOSSES)
def test_an_explanation_ends_with_the_regions_and_holds_no_markup_of_sphinx(name):
    text = tour.explanation(LOSSES[name])
    assert re.search(r"\n\nRegions counted: \S", text)
    assert not re.search(r":\w+:`|``|\.\. |Args:|Reference:", text)


def test_checks_and_other_losses_are_no_parts_of_a_loss():
    assert [part.__name__ for part in tour.own_parts(LOSSES["dice"])] == ["dice_errors"]
    assert tour.own_parts(LOSSES["symmetric_unified_focal"]) == []


def test_the_notebook_runs_from_top_to_bottom(root, tmp_path, monkeypatch):
    cells = nbformat.read(root / "notebooks/losses.ipynb", as_version=4).cells
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for cell in (c for c in cells if c.cell_type == "code"):
        exec(compile(cell.source, cell.id, "exec"), namespace)
        if "parameters" in cell.metadata.get("tags", []):
            namespace |= {"figures_folder": "figures", "tables_folder": "tables"}
    names = {file.stem for file in (tmp_path / "figures").iterdir()}
    others = {"family-tree", "scene", "gradient-overview", "explorer", "live-training", "live-training-pictures"}
    assert names == {name.replace("_", "-") for name in LOSSES} | others
    assert {file.stem for file in (tmp_path / "tables").iterdir()} == {
        *("losses", "problems", "use-cases", "conventions", "letters", "secondary-sources")
    }
