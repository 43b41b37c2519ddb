import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from segloss.data.phantoms import layouts
from segloss.data.phantoms.layouts import acdc, bus2017, example, kits19, synapse

LAYOUTS = {"acdc": acdc, "bus2017": bus2017, "example": example, "kits19": kits19, "synapse": synapse}
BUDGET_BYTES = {"acdc": 1.05e6, "bus2017": 0.5e6, "example": 0.4e6, "kits19": 1.3e6, "synapse": 1.6e6}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Writes the first two phantoms of a set."""

    def write(dataset: str) -> Path:
        monkeypatch.setattr(LAYOUTS[dataset], "NUMBERS", LAYOUTS[dataset].NUMBERS[:2])
        folder = tmp_path / dataset
        folder.mkdir()
        layouts.WRITERS[dataset](folder)
        return folder

    return write


@pytest.mark.parametrize("dataset", LAYOUTS)
def test_a_set_stays_within_its_budget_and_says_what_it_is(dataset: str, written: Callable) -> None:
    share = 2 / len(LAYOUTS[dataset].NUMBERS)
    folder = written(dataset)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert size < share * BUDGET_BYTES[dataset]
    assert "made by a computer" in (folder / "PHANTOM.txt").read_text()


def test_synapse_has_the_names_and_numbers_of_both_parts_of_the_split(written: Callable) -> None:
    assert {5, 6, 7, 9, 10, 21} | {1, 2, 3, 4} == set(synapse.NUMBERS)
    training = written("synapse") / "RawData" / "Training"
    image = nibabel.load(training / "img" / "img0005.nii.gz")
    labels = nibabel.load(training / "label" / "label0005.nii.gz")
    assert image.get_data_dtype() == np.int16
    assert image.shape == labels.shape == (96, 96, 24)
    assert np.unique(np.asarray(labels.dataobj)).tolist() == list(range(14))


def test_acdc_has_two_frames_and_says_which(written: Callable) -> None:
    patient = written("acdc") / "database" / "training" / "patient901"
    entries = dict(line.split(": ") for line in (patient / "Info.cfg").read_text().splitlines())
    assert entries.keys() == {"ED", "ES", "Group", "Height", "Weight", "NbFrame"}
    names = [f"patient901_frame{int(entries[phase]):02d}{end}.nii.gz" for phase in ("ED", "ES") for end in ("", "_gt")]
    assert sorted(file.name for file in patient.iterdir()) == sorted(["Info.cfg", *names])
    labels = nibabel.load(patient / names[1])
    assert labels.header.get_zooms() == (2, 2, 10)
    assert np.unique(np.asarray(labels.dataobj)).tolist() == [0, 1, 2, 3]


def test_kits19_runs_through_the_slices_first(written: Callable) -> None:
    case = written("kits19") / "data" / "case_00901"
    image, labels = (nibabel.load(case / f"{name}.nii.gz") for name in ("imaging", "segmentation"))
    assert nibabel.aff2axcodes(image.affine) == ("I", "P", "L")
    assert image.shape == labels.shape == (24, 80, 80)
    assert image.get_data_dtype() == np.int16
    assert np.unique(np.asarray(labels.dataobj)).tolist() == [0, 1, 2]


def test_bus2017_has_equal_names_in_both_folders(written: Callable) -> None:
    folder = written("bus2017")
    names = [sorted(file.name for file in (folder / part).iterdir()) for part in ("original", "GT")]
    assert names[0] == names[1] == ["000901.png", "000902.png"]
    image, mask = (Image.open(folder / part / "000901.png") for part in ("original", "GT"))
    assert image.mode == mask.mode == "L"
    assert image.size == mask.size
    assert np.unique(np.asarray(mask)).tolist() == [0, 255]


def test_the_example_names_its_channels_and_classes(written: Callable) -> None:
    folder = written("example")
    description = json.loads((folder / "dataset.json").read_text())
    assert description["labels"] == {"background": 0, "head": 1, "tail": 2}
    assert description["numTraining"] == 2
    for channel in description["channel_names"]:
        assert nibabel.load(folder / "imagesTr" / f"case_001_{int(channel):04d}.nii.gz").shape[2] == 24
    assert np.unique(np.asarray(nibabel.load(folder / "labelsTr" / "case_001.nii.gz").dataobj)).tolist() == [0, 1, 2]


@pytest.mark.parametrize("dataset", LAYOUTS)
def test_a_set_is_the_same_bytes_when_written_again(
    dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LAYOUTS[dataset], "NUMBERS", LAYOUTS[dataset].NUMBERS[:1])
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        layouts.WRITERS[dataset](tmp_path / name)
    files = [file for file in (tmp_path / "first").rglob("*") if file.is_file()]
    assert len(files) > 2
    for file in files:
        assert file.read_bytes() == (tmp_path / "second" / file.relative_to(tmp_path / "first")).read_bytes()
