from pathlib import Path

import nibabel
import numpy as np
import pytest

from segloss.data.phantoms.nifti import save_nifti


@pytest.mark.parametrize("axes", ["RAS", "LPS", "LAS", "IPL", "PIR"])
def test_a_volume_is_stored_in_the_asked_orientation(tmp_path: Path, axes: str) -> None:
    array = np.zeros((4, 5, 6), dtype=np.int16)
    array[3, 1, 5] = 7  # the top slice, one from the front, the patient's far left
    save_nifti(array, tmp_path / "one.nii.gz", (5, 3, 2), axes)
    image = nibabel.load(tmp_path / "one.nii.gz")
    assert "".join(nibabel.aff2axcodes(image.affine)) == axes
    place = image.affine @ [*np.argwhere(np.asarray(image.dataobj) == 7)[0], 1]
    # Millimetres right, anterior and superior of the middle.
    np.testing.assert_allclose(place[:3], [-2.5 * 2, 1 * 3, 1.5 * 5])
    np.testing.assert_allclose(image.get_qform(), image.affine, atol=1e-4)
    assert not image.header["descrip"].item()


def test_a_stored_volume_is_the_same_bytes_whenever_and_wherever_it_is_written(tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(0, 100, (3, 4, 5))
    first, second = tmp_path / "a" / "one.nii.gz", tmp_path / "b" / "another.nii.gz"
    for path in (first, second):
        save_nifti(array, path, (1, 1, 1), dtype=np.int16)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[3:8] == bytes(5)  # no file name, no time


def test_whole_numbers_are_rounded_and_kept_in_range(tmp_path: Path) -> None:
    path = tmp_path / "one.nii"
    save_nifti(np.array([[[-3.2, 0.6, 300]]]), path, (1, 1, 1), axes="LPS", dtype=np.uint8)
    image = nibabel.load(path)
    assert image.get_data_dtype() == np.uint8
    assert np.asarray(image.dataobj).ravel().tolist() == [0, 1, 255]
