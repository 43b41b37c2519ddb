"""What all readers of volumes share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segloss.data.case import Case, Fault
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of, read_case
from segloss.errors import InputError

CODES = {0: 0, 1: 1, 2: 2}


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize("named", ["", "database", "database/training"])
def test_the_folder_of_the_cases_is_found_from_any_folder_of_the_archive(tmp_path: Path, named: str) -> None:
    touch(tmp_path / "database/training/patient1/a")
    assert cases_folder(tmp_path / named, "database/training", "patient*", "") == tmp_path / "database/training"


def test_a_folder_without_cases_is_answered_with_what_is_there(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere/a")
    with pytest.raises(InputError, match=r"no patient\* was found, but elsewhere; expected such and such\."):
        cases_folder(tmp_path, "database/training", "patient*", "such and such")


def test_compressed_and_plain_files_are_found_alike(tmp_path: Path) -> None:
    touch(tmp_path / "image.nii", tmp_path / "label.nii.gz")
    case = complete_or_left_out("a", "a", [tmp_path / "image"], [tmp_path / "label"], "test")
    assert case == Case("a", "a", (tmp_path / "image.nii",), (tmp_path / "label.nii.gz",), "test")


def test_all_missing_files_of_a_case_are_named(tmp_path: Path) -> None:
    touch(tmp_path / "t1.nii")
    fault = complete_or_left_out("a", "a", [tmp_path / "t1", tmp_path / "t2"], [tmp_path / "seg"])
    reason = f"{tmp_path / 't2.nii.gz'}: this file of a is missing, likewise seg.nii.gz; left out."
    assert fault == Fault("a", reason, "left_out")


def test_a_file_beside_its_compressed_copy_stops(tmp_path: Path) -> None:
    touch(tmp_path / "image.nii", tmp_path / "image.nii.gz", tmp_path / "label.nii")
    fault = complete_or_left_out("a", "a", [tmp_path / "image"], [tmp_path / "label"])
    assert isinstance(fault, Fault)
    assert fault.kind == "stop"
    assert "image.nii: duplicate of image.nii.gz" in fault.reason


def test_a_linked_file_is_a_file(tmp_path: Path) -> None:
    touch(tmp_path / "other disk/1.nii")
    (tmp_path / "image.nii").symlink_to(tmp_path / "other disk/1.nii")
    assert isinstance(complete_or_left_out("a", "a", [tmp_path / "image"], [tmp_path / "image"]), Case)


def test_cases_stand_in_the_order_of_their_numbers() -> None:
    listing = listing_of([Case(f"case_{number}", "", (), ()) for number in (10, 9, 1)], ["CT"], ["stroke"])
    assert [case.name for case in listing.cases] == ["case_1", "case_9", "case_10"]
    assert (listing.channels, listing.classes) == (("CT",), ("stroke",))


def test_a_case_is_read_with_its_modalities_as_channels(tmp_path: Path, write_nifti: Callable[..., Path]) -> None:
    files = [write_nifti(tmp_path / f"{value}.nii", value, (0.5, 2, 3, 1)) for value in (7, 8)]
    labels = np.zeros((2, 3, 4), np.uint8)
    labels[0, 0, 3] = 2
    seg = write_nifti(tmp_path / "seg.nii", labels, (0.5, 2, 3, 1))
    sample = read_case(Case("a", "a", tuple(files), (seg,)), CODES)
    assert sample.image[:, 0, 0, 0].tolist() == [7, 8]
    assert sample.spacing_mm == (3, 2, 0.5)
    # The most leftward, posterior and superior voxel of the file is the last of each of our axes.
    assert np.argwhere(sample.labels).tolist() == [[3, 2, 1]]


@pytest.mark.parametrize("affine", [(-1, 1, 1, 1), (1, 1, 2, 1)], ids=["mirrored", "other spacing"])
def test_labels_of_the_same_shape_on_another_grid_stop(
    tmp_path: Path, write_nifti: Callable[..., Path], affine: tuple[int, ...]
) -> None:
    image = write_nifti(tmp_path / "image.nii", 7)
    labels = write_nifti(tmp_path / "seg.nii", 1, affine)
    with pytest.raises(InputError, match=r"seg\.nii: its affine .* expected the same grid"):
        read_case(Case("a", "a", (image,), (labels,)), CODES)


def test_labels_of_another_shape_stop(tmp_path: Path, write_nifti: Callable[..., Path]) -> None:
    image = write_nifti(tmp_path / "image.nii", 7)
    labels = write_nifti(tmp_path / "seg.nii", np.ones((2, 3, 5)))
    with pytest.raises(InputError, match=r"seg\.nii: shape 5x3x2 in \(Z, Y, X\), expected 4x3x2 as image\.nii"):
        read_case(Case("a", "a", (image,), (labels,)), CODES)
