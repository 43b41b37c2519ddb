from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segloss.data.case import Reader
from segloss.data.readers.breast_ultrasound import BUS2017, BUSI
from segloss.errors import InputError

GREY = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
LEFT = np.array([[1, 0, 0], [1, 0, 0]], bool)
RIGHT = np.array([[0, 0, 1], [0, 0, 0]], bool)
BUSI_ROOT = "Dataset_BUSI_with_GT"


def save(path: Path, pixels: np.ndarray, mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = np.where(pixels, 255, 0).astype(np.uint8) if pixels.dtype == bool else pixels
    Image.fromarray(stored).convert(mode).save(path)


@pytest.fixture
def bus(tmp_path: Path) -> Path:
    """Two pairs of equal file names."""
    for name in ("000001.png", "000002.png"):
        save(tmp_path / "BUS" / "original" / name, GREY)
        save(tmp_path / "BUS" / "GT" / name, LEFT)
    return tmp_path


@pytest.fixture
def busi(tmp_path: Path) -> Path:
    """An image of each diagnosis, the benign one with two masks."""
    root = tmp_path / BUSI_ROOT
    for stem, masks in {"benign/benign (1)": 2, "malignant/malignant (10)": 1, "normal/normal (2)": 1}.items():
        save(root / f"{stem}.png", GREY, "RGB")
        save(root / f"{stem}_mask.png", LEFT & ("normal" not in stem))
        if masks == 2:
            save(root / f"{stem}_mask_1.png", RIGHT)
    return tmp_path


def test_bus2017_pairs_equal_names_of_two_folders(bus: Path) -> None:
    listing = BUS2017.find(bus, "all")
    assert [case.name for case in listing.cases] == ["000001", "000002"]
    assert (listing.channels, listing.classes) == (("ultrasound",), ("lesion",))
    assert not listing.faults


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_an_image_of_any_mode_is_one_channel_of_brightness(bus: Path, mode: str) -> None:
    save(bus / "BUS" / "original" / "000001.png", GREY, mode)
    sample = BUS2017.read(BUS2017.find(bus, "all").cases[0])
    np.testing.assert_array_equal(sample.image, [GREY])
    np.testing.assert_array_equal(sample.labels, LEFT)
    assert sample.image.dtype == np.uint8


def test_a_grey_mask_is_thresholded_above_127(bus: Path) -> None:
    save(bus / "BUS" / "GT" / "000001.png", np.array([[0, 127, 128], [255, 0, 0]], np.uint8))
    sample = BUS2017.read(BUS2017.find(bus, "all").cases[0])
    assert sample.labels.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert sample.grey_mask


@pytest.mark.parametrize(("missing", "kind"), [("GT", "mask"), ("original", "image")])
def test_a_name_in_only_one_of_the_folders_is_left_out(bus: Path, missing: str, kind: str) -> None:
    (bus / "BUS" / missing / "000002.png").unlink()
    listing = BUS2017.find(bus, "all")
    assert [case.name for case in listing.cases] == ["000001"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("000002", "left_out")]
    assert f"the {kind} of this case is missing" in listing.faults[0].reason


@pytest.mark.parametrize(
    ("subset", "names"),
    [
        ("all", ["benign_001", "malignant_010", "normal_002"]),
        ("benign", ["benign_001"]),
        ("malignant", ["malignant_010"]),
        ("normal", ["normal_002"]),
    ],
)
def test_busi_has_the_cases_of_its_subset_under_names_without_blanks(busi: Path, subset: str, names: list[str]) -> None:
    listing = BUSI.find(busi, subset)
    assert [case.name for case in listing.cases] == names
    assert not listing.faults


def test_several_masks_of_an_image_are_united(busi: Path) -> None:
    case = BUSI.find(busi, "benign").cases[0]
    assert [path.name for path in case.labels] == ["benign (1)_mask.png", "benign (1)_mask_1.png"]
    sample = BUSI.read(case)
    np.testing.assert_array_equal(sample.labels, LEFT | RIGHT)
    assert sample.image.shape == (1, 2, 3)


@pytest.mark.parametrize(("first", "second"), [("1", "RGB"), ("RGBA", "1"), ("RGB", "RGBA"), ("P", "L")])
def test_masks_of_different_modes_are_united_by_their_brightness(busi: Path, first: str, second: str) -> None:
    stem = busi / BUSI_ROOT / "benign"
    save(stem / "benign (1)_mask.png", LEFT, first)
    save(stem / "benign (1)_mask_1.png", RIGHT, second)
    sample = BUSI.read(BUSI.find(busi, "benign").cases[0])
    np.testing.assert_array_equal(sample.labels, LEFT | RIGHT)
    assert not sample.grey_mask


def test_a_normal_breast_is_a_case_without_foreground(busi: Path) -> None:
    assert not BUSI.read(BUSI.find(busi, "normal").cases[0]).labels.any()


def test_a_second_mask_of_another_size_stops(busi: Path) -> None:
    save(busi / BUSI_ROOT / "benign" / "benign (1)_mask_1.png", np.ones((4, 5), bool))
    with pytest.raises(InputError, match=r"_mask_1\.png: .* 5x4 pixels, expected 3x2 as its image benign \(1\)\.png"):
        BUSI.read(BUSI.find(busi, "benign").cases[0])


def test_a_busi_image_without_any_mask_is_left_out(busi: Path) -> None:
    save(busi / BUSI_ROOT / "benign" / "benign (3).png", GREY)
    (fault,) = BUSI.find(busi, "all").faults
    assert (fault.case, fault.kind) == ("benign_003", "left_out")
    assert "benign (3).png" in fault.reason


def test_the_same_busi_image_in_two_folders_stops(busi: Path) -> None:
    save(busi / "copy" / "benign (1).png", GREY)
    (fault,) = BUSI.find(busi, "all").faults
    assert (fault.case, fault.kind) == ("benign_001", "stop")


def test_busi_says_which_diagnosis_is_missing(busi: Path) -> None:
    (busi / BUSI_ROOT / "normal").rename(busi / BUSI_ROOT / ".normal")
    with pytest.raises(InputError, match="no normal image was found"):
        BUSI.find(busi, "all")


@pytest.mark.parametrize("reader", [BUS2017, BUSI])
def test_an_empty_folder_is_answered_with_what_was_expected(tmp_path: Path, reader: Reader) -> None:
    with pytest.raises(InputError) as error:
        reader.find(tmp_path, "all")
    assert reader.expects in str(error.value)
