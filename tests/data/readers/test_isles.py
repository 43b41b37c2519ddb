from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from segloss.data.readers.isles import ISLES
from segloss.errors import InputError

# Data types as in the official files.
KINDS = {"CT": "i4", "CT_CBF": "u2", "CT_CBV": "u2", "CT_MTT": "f8", "CT_Tmax": "f8"}
CORE = np.arange(24).reshape(2, 3, 4) > 20


@pytest.fixture
def isles(tmp_path: Path, write_volume: Callable[..., Path]) -> Path:
    """Cases 1, 2 and 10 with the time series that is not read; a map's voxels all hold its place in the order."""
    number = 345560
    for case in ("case_1", "case_2", "case_10"):
        images = {kind: np.full((2, 3, 4), value, dtype) for value, (kind, dtype) in enumerate(KINDS.items(), start=1)}
        for kind, array in {"OT": CORE.astype(np.uint8), **images}.items():
            name = f"SMIR.Brain.XX.O.{kind}.{number}"
            write_volume(tmp_path / "TRAINING" / case / name / f"{name}.nii", array)
            number += 1
        series = tmp_path / "TRAINING" / case / f"SMIR.Brain.XX.O.CT_4DPWI.{number}"
        series.mkdir()
        nibabel.save(nibabel.Nifti1Image(np.zeros((4, 3, 2, 5), np.int16), np.eye(4)), series / f"{series.name}.nii")
    return tmp_path


def file_of(isles: Path, case: str, kind: str) -> Path:
    (file,) = (isles / "TRAINING" / case).glob(f"SMIR.Brain.XX.O.{kind}.*/*.nii")
    return file


def test_case_10_comes_after_case_2(isles: Path) -> None:
    listing = ISLES.find(isles, "all")
    assert [case.name for case in listing.cases] == ["case_1", "case_2", "case_10"]
    assert [case.subject for case in listing.cases] == ["case_1", "case_2", "case_10"]
    assert not listing.faults


def test_ct_and_the_four_maps_become_channels(isles: Path) -> None:
    listing = ISLES.find(isles, "all")
    assert listing.channels == tuple(KINDS)
    sample = ISLES.read(listing.cases[0])
    assert sample.image[:, 0, 0, 0].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(sample.labels, CORE)
    assert sample.spacing_mm == (3, 2, 1)


@pytest.mark.parametrize("kind", ["CT", "CT_Tmax", "OT"])
def test_a_case_without_one_kind_is_left_out_and_the_kind_named(isles: Path, kind: str) -> None:
    file_of(isles, "case_2", kind).unlink()
    listing = ISLES.find(isles, "all")
    assert [case.name for case in listing.cases] == ["case_1", "case_10"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("case_2", "left_out")]
    assert f"SMIR.Brain.XX.O.{kind}." in listing.faults[0].reason


def test_two_files_of_one_kind_stop(isles: Path) -> None:
    again = file_of(isles, "case_1", "OT").with_name("SMIR.Brain.XX.O.OT.999999.nii")
    again.write_bytes(file_of(isles, "case_1", "OT").read_bytes())
    (fault,) = ISLES.find(isles, "all").faults
    assert (fault.case, fault.kind) == ("case_1", "stop")
    assert "SMIR.Brain.XX.O.OT.999999.nii: second OT of case_1" in fault.reason


def test_compressed_files_are_read_too(isles: Path, write_volume: Callable[..., Path]) -> None:
    plain = file_of(isles, "case_1", "CT")
    write_volume(plain.with_name(f"{plain.name}.gz"), np.full((2, 3, 4), 7, np.int32))
    plain.unlink()
    assert ISLES.read(ISLES.find(isles, "all").cases[0]).image[0].max() == 7


def test_cases_without_labels_in_testing_are_not_read(isles: Path) -> None:
    (isles / "TESTING" / "case_1").mkdir(parents=True)
    listing = ISLES.find(isles, "all")
    assert len(listing.cases) == 3
    assert not listing.faults


def test_the_mask_of_another_patient_stops(isles: Path, write_volume: Callable[..., Path]) -> None:
    write_volume(file_of(isles, "case_1", "OT"), np.zeros((3, 3, 4), np.uint8))
    with pytest.raises(InputError, match=r"O\.OT\.\d+\.nii: shape 3x3x4 in \(Z, Y, X\), expected 2x3x4"):
        ISLES.read(ISLES.find(isles, "all").cases[0])


def test_a_folder_without_the_layout_is_answered_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        ISLES.find(tmp_path, "all")
    assert ISLES.expects in str(error.value)
