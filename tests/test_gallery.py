"""The report on the phantoms, on a small data set of its own."""

import json
import shutil

import numpy as np
import pytest
import yaml
from PIL import Image

from segloss.figures import controlled_phantoms
from segloss.gallery import WITHOUT_DATA, Gallery, write_provenances
from segloss.report import Report

PARAMS = {
    "scale": "phantom",
    "data_root": "data",
    "datasets": {
        "bus2017": {
            "reader": "bus2017",
            "folder": "bus2017",
            "subset": "all",
            "view": {"kind": "slices", "image_size": 16, "intensity": "bytes"},
            "title": "BUS2017",
        },
        "absent": {"reader": "bus2017", "folder": "nowhere", "subset": "all", "title": "Nowhere"},
    },
    "augmentations": {"unified_focal_bus2017": {"flip": True}},
} | {section: {} for section in ("papers", "evaluated", "losses", "protocols", "arms")}
PARAMS["scales"] = {"phantom": {}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with five ultrasound phantoms, of 24 x 16 to 24 x 20 pixels, and their provenance."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    for name in ("original", "GT"):
        (tmp_path / "data/bus2017" / name).mkdir(parents=True)
    (tmp_path / "data/bus2017/PHANTOM.txt").touch()
    for case in range(5):
        image = np.random.default_rng(case).integers(0, 255, (24, 16 + case), dtype=np.uint8)
        mask = np.zeros_like(image)
        mask[: 3 + case] = 255
        Image.fromarray(image).save(tmp_path / f"data/bus2017/original/00{case}.png")
        Image.fromarray(mask).save(tmp_path / f"data/bus2017/GT/00{case}.png")
    write_provenances(PARAMS, tmp_path / "gallery")
    return tmp_path


@pytest.fixture
def gallery(project, monkeypatch):
    monkeypatch.setattr("segloss.report.display", lambda *_, **__: None)
    folders = (str(project / name) for name in ("gallery", "figures", "tables"))
    return Gallery(project, Report("data", "phantom", *folders))


def test_only_phantoms_that_are_there_have_a_provenance(project):
    (file,) = (project / "gallery").iterdir()
    assert file.name == "bus2017-provenance.json"
    facts = json.loads(file.read_text())
    assert (facts["title"], facts["kind"], facts["cases"]) == ("BUS2017", "phantom", 5)
    assert set(facts["fingerprints"]) == {"data", "code", "parameters"}


def test_real_data_are_never_shown(project):
    (project / "data/bus2017/PHANTOM.txt").unlink()
    write_provenances(PARAMS, project / "gallery")
    assert list((project / "gallery").iterdir()) == []


def test_the_table_says_what_the_phantoms_hold(gallery):
    (row,) = gallery.table().to_dict("records")
    assert row == {
        "data set": "BUS2017",
        "cases": "5",
        "subjects": "5",
        "channels": "ultrasound",
        "size": "24 x 16-20",
        "spacing, mm": "none",
        "class: share of a case": "lesion: 12.50% to 29.17%",
    }


def test_a_montage_and_a_contact_sheet_are_saved_under_their_names(gallery, project):
    gallery.show("bus2017", cases=3)
    gallery.show_augmented("bus2017", "unified_focal_bus2017", cases=2)
    names = {file.name for file in (project / "figures").iterdir()}
    assert names == {"bus2017.png", "augmented-unified-focal-bus2017.png"}


def test_before_the_data_are_there_figures_and_table_say_how_to_get_them(gallery, project):
    shutil.rmtree(project / "data")
    gallery.report.datasets.clear()
    gallery.show("bus2017")
    gallery.show_augmented("bus2017", "unified_focal_bus2017")
    names = ("bus2017.svg", "augmented-unified-focal-bus2017.svg")
    drawn = [(project / "figures" / name).read_text() for name in names]
    assert all(WITHOUT_DATA in text for text in drawn)
    assert gallery.table().to_dict("records") == [{"data set": WITHOUT_DATA}]


def test_the_cases_shown_are_spread_over_the_list(gallery):
    assert list(gallery.samples("bus2017", 2)) == ["001", "003"]


def test_a_controlled_experiment_changes_what_its_row_and_column_say():
    figure = controlled_phantoms(seed=1, shares=[0.001, 0.01], contrasts=[1.0, 0.0])
    (truth, full, none), _ = np.array(figure.axes, dtype=object).reshape(2, 3)
    assert [axes.get_title() for axes in (truth, full, none)] == ["the truth", "contrast 1", "contrast 0"]
    pictures = [axes.images[0].get_array() for axes in (truth, full, none)]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[1] != pictures[2]).any()
