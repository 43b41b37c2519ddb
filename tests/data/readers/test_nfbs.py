from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segloss.data.readers.nfbs import NFBS
from segloss.errors import InputError

HEAD = np.arange(8, dtype=np.int16).reshape(2, 2, 2)


@pytest.fixture
def write_head(tmp_path: Path, write_volume: Callable[..., Path]) -> Callable[..., Path]:
    """Write a head with its brain and a mask of the values given; the answer is the mask's path."""

    def write(name: str, mask: list[float]) -> Path:
        stem = f"sub-{name}_ses-NFB3_T1w"
        folder = tmp_path / "NFBS_Dataset" / name
        write_volume(folder / f"{stem}.nii.gz", HEAD)
        write_volume(folder / f"{stem}_brain.nii.gz", HEAD)
        return write_volume(folder / f"{stem}_brainmask.nii.gz", np.array(mask, np.float32).reshape(2, 2, 2))

    return write


def test_the_head_is_the_image_and_not_the_brain_cut_out_of_it(tmp_path: Path, write_head: Callable[..., Path]) -> None:
    write_head("A1", [0, 1] * 4)
    listing = NFBS.find(tmp_path, "all")
    assert [(case.name, case.subject) for case in listing.cases] == [("A1", "A1")]
    assert listing.cases[0].images[0].name == "sub-A1_ses-NFB3_T1w.nii.gz"
    sample = NFBS.read(listing.cases[0])
    np.testing.assert_array_equal(sample.image, [HEAD])
    assert sample.labels.ravel().tolist() == [0, 1] * 4
    assert sample.spacing_mm == (3, 2, 1)
    assert not sample.grey_mask


def test_values_between_are_brain_above_one_half_and_reported(tmp_path: Path, write_head: Callable[..., Path]) -> None:
    write_head("A1", [0, 0.062, 0.217, 0.5, 0.501, 0.8, 1, 1])
    sample = NFBS.read(NFBS.find(tmp_path, "all").cases[0])
    assert sample.labels.ravel().tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert sample.grey_mask


def test_the_noise_of_a_slope_is_no_grey_value(tmp_path: Path, write_head: Callable[..., Path]) -> None:
    write_head("A1", [0, 0.99999994, 1.0000001, -1e-7, 0, 0, 1, 1])
    sample = NFBS.read(NFBS.find(tmp_path, "all").cases[0])
    assert sample.labels.ravel().tolist() == [0, 1, 1, 0, 0, 0, 1, 1]
    assert not sample.grey_mask


@pytest.mark.parametrize("value", [255, -1])
def test_a_mask_beyond_0_and_1_stops(tmp_path: Path, write_head: Callable[..., Path], value: float) -> None:
    write_head("A1", [0, 1, 0, 1, 0, 1, 0, value])
    with pytest.raises(InputError, match=rf"brainmask\.nii\.gz: .*{value}.*expected 0 to 1"):
        NFBS.read(NFBS.find(tmp_path, "all").cases[0])


@pytest.mark.parametrize("missing", ["_T1w.nii.gz", "_T1w_brainmask.nii.gz"])
def test_a_head_without_image_or_mask_is_left_out_and_the_rest_goes_on(
    tmp_path: Path, write_head: Callable[..., Path], missing: str
) -> None:
    write_head("A1", [1] * 8)
    mask = write_head("A2", [1] * 8)
    mask.with_name(f"sub-A2_ses-NFB3{missing}").unlink()
    listing = NFBS.find(tmp_path, "all")
    assert [case.name for case in listing.cases] == ["A1"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("A2", "left_out")]
    assert f"sub-A2_ses-NFB3{missing}: this file of A2 is missing" in listing.faults[0].reason


def test_the_mask_of_another_head_stops(
    tmp_path: Path, write_head: Callable[..., Path], write_volume: Callable[..., Path]
) -> None:
    write_volume(write_head("A1", [1] * 8), np.ones((2, 2, 2), np.float32), shift_mm=5)
    with pytest.raises(InputError, match=r"brainmask\.nii\.gz: .*expected the same grid"):
        NFBS.read(NFBS.find(tmp_path, "all").cases[0])


def test_a_folder_without_the_layout_is_answered_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        NFBS.find(tmp_path, "all")
    assert NFBS.expects in str(error.value)
