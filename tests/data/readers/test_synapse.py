"""Both forms of Synapse: scans and codes of the challenge, slices and volumes of TransUNet."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from segloss.data.readers import READERS
from segloss.errors import InputError

SYNAPSE = READERS["synapse"]
ORGANS = ("aorta", "gallbladder", "left kidney", "right kidney", "liver", "pancreas", "spleen", "stomach")
# The challenge's own table of codes 1 to 13.
CHALLENGE = (
    *("spleen", "right kidney", "left kidney", "gallbladder", "oesophagus", "liver", "stomach", "aorta"),
    *("inferior vena cava", "portal and splenic vein", "pancreas", "right adrenal gland", "left adrenal gland"),
)


@pytest.fixture
def raw(tmp_path: Path, write_nifti: Callable[..., Path]) -> Path:
    """The 30 scans of the challenge; each label map holds the codes 0 to 13 along its first axis."""
    labels = np.arange(14).reshape(14, 1, 1)
    for number in (*range(1, 11), *range(21, 41)):
        write_nifti(tmp_path / f"RawData/Training/img/img{number:04d}.nii.gz", 40 * labels)
        write_nifti(tmp_path / f"RawData/Training/label/label{number:04d}.nii.gz", labels)
    return tmp_path


def npz(folder: Path, case: int, number: int, **arrays: np.ndarray) -> Path:
    file = folder / "train_npz" / f"case{case:04d}_slice{number:03d}.npz"
    file.parent.mkdir(exist_ok=True)
    np.savez(file, **({"image": np.full((4, 4), 0.5), "label": np.full((4, 4), float(number))} | arrays))
    return file


def h5(folder: Path, case: int, image: np.ndarray, label: np.ndarray) -> Path:
    file = folder / "test_vol_h5" / f"case{case:04d}.npy.h5"
    file.parent.mkdir(exist_ok=True)
    with h5py.File(file, "w") as stream:
        stream["image"], stream["label"] = image, label
    return file


@pytest.fixture
def transunet(tmp_path: Path) -> Path:
    """Training scan 5 in three slices, each labelled by its number, and test scan 1 of two slices."""
    for number in range(3):
        npz(tmp_path, 5, number)
    h5(tmp_path, 1, np.array([0, 0.5]).repeat(16).reshape(2, 4, 4), np.array([0.0, 8]).repeat(16).reshape(2, 4, 4))
    return tmp_path


def test_the_published_split_has_18_and_12_scans(raw: Path) -> None:
    listing = SYNAPSE.find(raw, "all")
    assert not listing.faults
    parts = {part: [int(case.name[-4:]) for case in listing.cases if case.part == part] for part in ("train", "test")}
    assert parts["test"] == [1, 2, 3, 4, 8, 22, 25, 29, 32, 35, 36, 38]
    assert len(parts["train"]) == 18


def test_codes_of_the_challenge_become_the_eight_organs_and_background(raw: Path) -> None:
    listing = SYNAPSE.find(raw, "all")
    sample = SYNAPSE.read(listing.cases[0])
    assert listing.classes == ORGANS
    for code, organ in enumerate(CHALLENGE, 1):
        expected = ORGANS.index(organ) + 1 if organ in ORGANS else 0
        assert np.unique(sample.labels[sample.image[0] == 40 * code]).tolist() == [expected], organ


def test_a_scan_outside_the_published_split_is_left_out(raw: Path, write_nifti: Callable[..., Path]) -> None:
    write_nifti(raw / "RawData/Training/img/img0061.nii.gz", 0)
    listing = SYNAPSE.find(raw, "all")
    assert len(listing.cases) == 30
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("case0061", "left_out")]
    assert "not in the published split" in listing.faults[0].reason


@pytest.mark.parametrize("missing", ["img/img0007", "label/label0007"])
def test_a_scan_without_one_of_its_files_is_left_out(raw: Path, missing: str) -> None:
    (raw / f"RawData/Training/{missing}.nii.gz").unlink()
    (fault,) = SYNAPSE.find(raw, "all").faults
    assert (fault.case, fault.kind) == ("case0007", "left_out")
    assert f"{missing}.nii.gz: this file" in fault.reason


def test_code_14_is_unknown(raw: Path, write_nifti: Callable[..., Path]) -> None:
    case = SYNAPSE.find(raw, "all").cases[0]
    write_nifti(case.labels[0], np.full((14, 1, 1), 14))
    with pytest.raises(InputError, match=r"label0001\.nii\.gz: unknown label 14"):
        SYNAPSE.read(case)


def test_the_prepared_form_has_the_same_names_and_split(transunet: Path) -> None:
    listing = SYNAPSE.find(transunet, "all")
    assert [(case.name, case.part) for case in listing.cases] == [("case0001", "test"), ("case0005", "train")]
    assert listing.classes == ORGANS
    assert not listing.faults


def test_slices_make_a_volume_in_the_order_of_their_numbers(transunet: Path) -> None:
    sample = SYNAPSE.read(SYNAPSE.find(transunet, "all").cases[1])
    assert sample.image.shape == (1, 3, 4, 4)
    assert sample.labels[:, 0, 0].tolist() == [0, 1, 2]
    assert sample.labels.dtype == np.uint8
    assert sample.spacing_mm is None


def test_values_of_the_prepared_form_are_hounsfield_units_again(transunet: Path) -> None:
    test, train = (SYNAPSE.read(case) for case in SYNAPSE.find(transunet, "all").cases)
    assert test.image[0, :, 0, 0].tolist() == [-125, 75]
    assert np.unique(train.image).tolist() == [75]
    assert test.labels[1, 0, 0] == 8


def test_a_volume_with_its_slices_last_is_turned(transunet: Path) -> None:
    labels = np.zeros((4, 4, 3))
    labels[0, 1, 2] = 6
    h5(transunet, 1, labels / 8, labels)
    sample = SYNAPSE.read(SYNAPSE.find(transunet, "all").cases[0])
    assert np.argwhere(sample.labels).tolist() == [[2, 0, 1]]
    assert sample.image.shape == (1, 3, 4, 4)


def test_a_gap_in_the_slices_leaves_the_scan_out(transunet: Path) -> None:
    (transunet / "train_npz/case0005_slice001.npz").unlink()
    (fault,) = SYNAPSE.find(transunet, "all").faults
    assert (fault.case, fault.kind) == ("case0005", "left_out")
    assert "case0005_slice001.npz: first of 1 missing slices of case0005" in fault.reason


def test_a_test_scan_that_is_there_only_in_slices_is_left_out(transunet: Path) -> None:
    npz(transunet, 2, 0)
    (fault,) = SYNAPSE.find(transunet, "all").faults
    assert (fault.case, fault.kind) == ("case0002", "left_out")
    assert "test_vol_h5/case0002.npy.h5" in fault.reason


def test_a_training_scan_that_is_there_only_as_a_volume_is_left_out(transunet: Path) -> None:
    h5(transunet, 6, np.zeros((2, 4, 4)), np.zeros((2, 4, 4)))
    (fault,) = SYNAPSE.find(transunet, "all").faults
    assert (fault.case, fault.kind) == ("case0006", "left_out")
    assert "case0006_slice000.npz" in fault.reason


def test_a_prepared_scan_outside_the_published_split_is_left_out(transunet: Path) -> None:
    npz(transunet, 50, 0)
    (fault,) = SYNAPSE.find(transunet, "all").faults
    assert "case0050 is not in the published split" in fault.reason


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"image": np.full((4, 4), 300.0)}, r"values from 300 to 300, expected CT scaled to 0\.\.1"),
        ({"image": np.full((4, 4), np.nan)}, r"values from nan to nan, expected"),
        ({"image": np.zeros((4, 3))}, r"image of shape \(4, 3\) and label of shape \(4, 4\)"),
        ({"label": np.full((4, 4), 9.0)}, r"labels \[9\.\], expected only whole numbers from 0 to 8"),
        ({"label": np.full((4, 4), 0.5)}, r"labels \[0\.5\], expected only whole numbers"),
        (
            {"label": np.array([[{}]])},
            r"expected the arrays image and label, but they cannot be read \(Object arrays cannot be loaded",
        ),
    ],
)
def test_slices_with_other_content_are_refused(transunet: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    npz(transunet, 5, 1, **arrays)
    with pytest.raises(InputError, match=rf"case0005_slice001\.npz: {message}"):
        SYNAPSE.read(SYNAPSE.find(transunet, "all").cases[1])


def test_a_slice_of_another_size_than_the_first_is_refused(transunet: Path) -> None:
    npz(transunet, 5, 2, image=np.zeros((5, 5)), label=np.zeros((5, 5)))
    with pytest.raises(InputError, match=r"case0005_slice002\.npz: another size than case0005_slice000\.npz"):
        SYNAPSE.read(SYNAPSE.find(transunet, "all").cases[1])


@pytest.mark.parametrize("name", ["train_npz/case0005_slice001.npz", "test_vol_h5/case0001.npy.h5"])
@pytest.mark.parametrize("content", ["truncated", "empty", "text"])
def test_broken_files_are_named(transunet: Path, name: str, content: str) -> None:
    test, train = SYNAPSE.find(transunet, "all").cases
    file = transunet / name
    file.write_bytes({"truncated": file.read_bytes()[:-300], "empty": b"", "text": b"404 not found"}[content])
    with pytest.raises(InputError, match=rf"{file.name}: expected the arrays image and label"):
        SYNAPSE.read(test if file in test.images else train)


def test_of_both_forms_the_raw_one_is_read(raw: Path) -> None:
    npz(raw, 5, 0)
    assert SYNAPSE.read(SYNAPSE.find(raw, "all").cases[0]).spacing_mm == (1, 1, 1)
