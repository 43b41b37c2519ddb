from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segloss.data.readers.msseg import MSSEG
from segloss.errors import InputError

MODALITIES = ("FLAIR", "T1", "T2", "DP", "GADO")
LESION = np.arange(24).reshape(2, 3, 4) % 5 == 0
PATIENTS = ("Center_01/Patient_01", "Center_01/Patient_02", "Center_07/Patient_01")


@pytest.fixture
def msseg(tmp_path: Path, write_volume: Callable[..., Path]) -> Path:
    """Three patients of two centres; the voxels of a modality all hold its place in the order."""
    for patient in PATIENTS:
        folder = tmp_path / "Training" / patient
        for value, name in enumerate(MODALITIES, start=1):
            write_volume(folder / "Preprocessed_Data" / f"{name}_preprocessed.nii.gz", np.full((2, 3, 4), value, "i2"))
        write_volume(folder / "Masks" / "Consensus.nii.gz", LESION.astype(np.uint8))
    return tmp_path


def image_of(msseg: Path, patient: int, modality: str) -> Path:
    return msseg / "Training" / PATIENTS[patient] / "Preprocessed_Data" / f"{modality}_preprocessed.nii.gz"


def test_patients_of_two_centres_may_have_the_same_number(msseg: Path) -> None:
    listing = MSSEG.find(msseg, "all")
    assert [case.name for case in listing.cases] == [patient.replace("/", "_") for patient in PATIENTS]
    assert [case.subject for case in listing.cases] == [case.name for case in listing.cases]
    assert listing.channels == MODALITIES
    assert listing.classes == ("lesion",)
    assert not listing.faults


def test_modalities_become_channels_in_a_fixed_order(msseg: Path) -> None:
    sample = MSSEG.read(MSSEG.find(msseg, "all").cases[0])
    assert sample.image[:, 0, 0, 0].tolist() == [1, 2, 3, 4, 5]
    assert sample.image.dtype == np.float32
    np.testing.assert_array_equal(sample.labels, LESION)
    assert sample.spacing_mm == (3, 2, 1)


def test_a_modality_that_nobody_has_is_dropped_with_a_warning(msseg: Path) -> None:
    for patient in range(3):
        image_of(msseg, patient, "DP").unlink()
    listing = MSSEG.find(msseg, "all")
    assert listing.channels == ("FLAIR", "T1", "T2", "GADO")
    assert len(listing.cases) == 3
    assert MSSEG.read(listing.cases[0]).image[:, 0, 0, 0].tolist() == [1, 2, 3, 5]
    ((case, reason, kind),) = [(fault.case, fault.reason, fault.kind) for fault in listing.faults]
    assert (case, kind) == ("", "warning")
    assert "no patient has DP_preprocessed.nii.gz" in reason


def test_a_patient_without_a_modality_that_others_have_is_left_out_and_named(msseg: Path) -> None:
    image_of(msseg, 1, "DP").unlink()
    listing = MSSEG.find(msseg, "all")
    assert listing.channels == MODALITIES
    assert [case.name for case in listing.cases] == ["Center_01_Patient_01", "Center_07_Patient_01"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("Center_01_Patient_02", "left_out")]
    assert "DP_preprocessed.nii.gz" in listing.faults[0].reason


def test_without_any_flair_everybody_is_left_out(msseg: Path) -> None:
    for patient in range(3):
        image_of(msseg, patient, "FLAIR").unlink()
    listing = MSSEG.find(msseg, "all")
    assert not listing.cases
    assert all("FLAIR_preprocessed.nii.gz" in fault.reason for fault in listing.faults)


def test_a_patient_without_consensus_is_left_out(msseg: Path) -> None:
    (msseg / "Training" / PATIENTS[2] / "Masks" / "Consensus.nii.gz").unlink()
    (fault,) = MSSEG.find(msseg, "all").faults
    assert (fault.case, fault.kind) == ("Center_07_Patient_01", "left_out")
    assert "Consensus.nii.gz" in fault.reason


def test_the_testing_part_is_not_read(msseg: Path) -> None:
    (msseg / "Testing").symlink_to(msseg / "Training", target_is_directory=True)
    assert len(MSSEG.find(msseg, "all").cases) == 3


def test_the_training_folder_itself_may_be_given_and_may_be_a_link(msseg: Path) -> None:
    (msseg / "link").symlink_to(msseg / "Training", target_is_directory=True)
    assert len(MSSEG.find(msseg / "link", "all").cases) == 3


def test_a_modality_on_another_grid_stops(msseg: Path, write_volume: Callable[..., Path]) -> None:
    write_volume(image_of(msseg, 0, "T2"), np.ones((2, 3, 4), np.int16), shift_mm=2)
    with pytest.raises(InputError, match=r"T2_preprocessed\.nii\.gz: .* 2\.0 voxels .* expected the same grid"):
        MSSEG.read(MSSEG.find(msseg, "all").cases[0])


def test_an_unknown_label_stops(msseg: Path, write_volume: Callable[..., Path]) -> None:
    write_volume(msseg / "Training" / PATIENTS[0] / "Masks" / "Consensus.nii.gz", np.full((2, 3, 4), 2, np.uint8))
    with pytest.raises(InputError, match=r"Consensus\.nii\.gz: unknown label 2; expected only 0, 1"):
        MSSEG.read(MSSEG.find(msseg, "all").cases[0])


def test_a_folder_without_the_layout_is_answered_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "patients").mkdir()
    with pytest.raises(InputError, match="patients") as error:
        MSSEG.find(tmp_path, "all")
    assert MSSEG.expects in str(error.value)
