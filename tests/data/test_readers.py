from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segloss.data.readers import READERS
from segloss.errors import InputError

ISIC = READERS["isic2018"]


def empty_files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_isic_pairs_each_image_with_its_mask(isic: Path) -> None:
    listing = ISIC.find(isic, "all")
    assert [case.name for case in listing.cases] == [f"ISIC_{number:07d}" for number in range(6)]
    assert all(case.name in file.name for case in listing.cases for file in case.images + case.labels)
    assert not listing.faults


def test_isic_reads_image_and_mask(isic: Path) -> None:
    sample = ISIC.read(ISIC.find(isic, "all").cases[0])
    assert sample.image.shape == (3, 16, 24)
    assert sample.labels.tolist() == [[1] * 12 + [0] * 12] * 16
    assert sample.spacing_mm is None


@pytest.mark.parametrize("ending", ["_Segmentation.png", "_SEGMENTATION.PNG"])
def test_the_case_of_the_suffix_does_not_matter(isic: Path, mask_file: Callable[[int], Path], ending: str) -> None:
    mask_file(2).rename(mask_file(2).with_name(f"ISIC_0000002{ending}"))
    assert len(ISIC.find(isic, "all").cases) == 6


def test_superpixels_are_no_images(tmp_path: Path) -> None:
    images, masks = "ISIC-2017_Training_Data", "ISIC-2017_Training_Part1_GroundTruth"
    names = ("ISIC_0000001.jpg", "ISIC_0000001_superpixels.png", "ISIC_0000002_superpixels.png")
    empty_files(tmp_path, *(f"{images}/{name}" for name in names), f"{masks}/ISIC_0000001_segmentation.png")
    listing = READERS["isic2017"].find(tmp_path, "all")
    assert [case.name for case in listing.cases] == ["ISIC_0000001"]
    assert not listing.faults


@pytest.mark.parametrize("missing", ["mask", "image"])
def test_a_case_without_one_of_its_files_is_left_out_and_named(
    isic: Path, image_file: Callable[[int], Path], mask_file: Callable[[int], Path], missing: str
) -> None:
    (mask_file(3) if missing == "mask" else image_file(3)).unlink()
    listing = ISIC.find(isic, "all")
    assert len(listing.cases) == 5
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("ISIC_0000003", "left_out")]
    assert f"the {missing} of this case is missing" in listing.faults[0].reason


def test_a_duplicate_id_stops_and_names_both_files(isic: Path, image_file: Callable[[int], Path]) -> None:
    image_file(1).with_suffix(".png").write_bytes(image_file(1).read_bytes())
    (fault,) = ISIC.find(isic, "all").faults
    assert fault.kind == "stop"
    assert "ISIC_0000001.jpg" in fault.reason
    assert "ISIC_0000001.png" in fault.reason


def test_a_mask_of_another_size_than_its_image_stops(isic: Path, mask_file: Callable[[int], Path]) -> None:
    Image.fromarray(np.zeros((16, 20), np.uint8)).save(mask_file(0))
    with pytest.raises(InputError, match=r"0000000_segmentation\.png: .* 20x16 pixels, expected 24x16 .*\.jpg"):
        ISIC.read(ISIC.find(isic, "all").cases[0])


@pytest.mark.parametrize("name", list(READERS))
def test_an_empty_folder_is_answered_with_what_was_expected(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="expected") as error:
        READERS[name].find(tmp_path, "all")
    assert READERS[name].expects in str(error.value)


def test_a_folder_of_another_name_is_shown_beside_the_expected_one(isic: Path) -> None:
    (isic / "ISIC2018_Task1_Training_GroundTruth").rename(isic / "Masks")
    with pytest.raises(InputError, match=r"GroundTruth is missing, found ISIC2018_Task1-2_Training_Input, Masks;"):
        ISIC.find(isic, "all")


@pytest.mark.parametrize("name", ["isic2016", "isic2017", "isic2018"])
def test_empty_isic_folders_are_answered_with_what_was_expected(tmp_path: Path, name: str) -> None:
    for part in READERS[name].expects.split(" with "):
        (tmp_path / part).parent.mkdir()
    with pytest.raises(InputError, match="no image was found"):
        READERS[name].find(tmp_path, "all")


@pytest.fixture
def scd(tmp_path: Path) -> Path:
    """Two sources of melanoma that use the same number, and one other lesion."""
    stems = (
        "Skin Image Data Set-1/skin_data/melanoma/dermis/D1",
        "Skin Image Data Set-1/skin_data/melanoma/dermquest/D1",
        "Skin Image Data Set-2/skin_data/notmelanoma/dermis/NM7",
    )
    return empty_files(tmp_path, *(stem + ending for stem in stems for ending in ("_orig.jpg", "_contour.png")))


@pytest.mark.parametrize(
    ("subset", "names"),
    [
        ("melanoma", ["melanoma_dermis_D1", "melanoma_dermquest_D1"]),
        ("nonmelanoma", ["notmelanoma_dermis_NM7"]),
        ("all", ["melanoma_dermis_D1", "melanoma_dermquest_D1", "notmelanoma_dermis_NM7"]),
    ],
)
def test_scd_has_the_cases_of_its_subset(scd: Path, subset: str, names: list[str]) -> None:
    listing = READERS["scd"].find(scd, subset)
    assert [case.name for case in listing.cases] == names
    assert not listing.faults


def test_scd_says_which_class_is_missing(scd: Path) -> None:
    (scd / "Skin Image Data Set-2").rename(scd / ".hidden")
    with pytest.raises(InputError, match="no folder notmelanoma"):
        READERS["scd"].find(scd, "all")


def test_scd_counts_every_value_above_zero_as_foreground(scd: Path) -> None:
    case = READERS["scd"].find(scd, "melanoma").cases[0]
    Image.fromarray(np.zeros((1, 3, 3), np.uint8)).save(case.images[0])
    Image.fromarray(np.array([[0, 1, 255]], np.uint8)).save(case.labels[0])
    assert READERS["scd"].read(case).labels.tolist() == [[0, 1, 1]]


def test_the_real_isic_subset_is_complete(real_data: Path) -> None:
    listing = ISIC.find(real_data / "isic2018", "all")
    assert len(listing.cases) == 2694
    assert not listing.faults


def test_a_real_isic_case_is_a_picture_with_an_interpolated_mask(real_data: Path) -> None:
    sample = ISIC.read(ISIC.find(real_data / "isic2018", "all").cases[0])
    assert sample.image.shape == (3, 128, 128)
    assert 0.003 <= sample.labels.mean() <= 0.987
    assert sample.grey_mask
