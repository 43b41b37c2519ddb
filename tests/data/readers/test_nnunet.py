import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segloss.data.readers.nnunet import NNUNET
from segloss.errors import InputError

LABELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3
SECOND_VERSION = {
    "channel_names": {"0": "T1", "1": "T2"},
    "labels": {"background": 0, "anterior": 1, "posterior": 2},
    "numTraining": 2,
    "file_ending": ".nii.gz",
}
FIRST_VERSION = {
    "modality": {"0": "T1", "1": "T2"},
    "labels": {"0": "background", "1": "anterior", "2": "posterior"},
    "numTraining": 2,
}
PICTURES = {**SECOND_VERSION, "file_ending": ".png"}


def describe(folder: Path, about: Any) -> None:
    (folder / "dataset.json").write_text(json.dumps(about), encoding="utf-8")


@pytest.fixture
def own(tmp_path: Path, write_volume: Callable[..., Path]) -> Path:
    """Two cases of two channels, whose voxels hold the channel's number and a tenth."""
    describe(tmp_path, SECOND_VERSION)
    for name in ("liver_9", "liver_10"):
        for channel in (0, 1):
            image = np.full(LABELS.shape, channel + 0.1, np.float32)
            write_volume(tmp_path / "imagesTr" / f"{name}_{channel:04d}.nii.gz", image)
        write_volume(tmp_path / "labelsTr" / f"{name}.nii.gz", LABELS)
    return tmp_path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """One case of pictures, in two grey channels."""
    describe(tmp_path, {**PICTURES, "numTraining": 1})
    for name in ("imagesTr", "labelsTr"):
        (tmp_path / name).mkdir()
    for channel in (0, 1):
        grey = np.full(LABELS[0].shape, 10 + channel, np.uint8)
        Image.fromarray(grey).save(tmp_path / "imagesTr" / f"road_{channel:04d}.png")
    Image.fromarray(LABELS[0]).save(tmp_path / "labelsTr" / "road.png")
    return tmp_path


@pytest.mark.parametrize("about", [FIRST_VERSION, SECOND_VERSION])
def test_both_versions_of_the_description_say_the_same(own: Path, about: dict[str, Any]) -> None:
    describe(own, about)
    listing = NNUNET.find(own, "all")
    assert [case.name for case in listing.cases] == ["liver_9", "liver_10"]
    assert [case.subject for case in listing.cases] == ["liver_9", "liver_10"]
    assert (listing.channels, listing.classes) == (("T1", "T2"), ("anterior", "posterior"))
    assert not listing.faults
    sample = NNUNET.read(listing.cases[0])
    assert sample.image[:, 1, 1, 1].tolist() == pytest.approx([0.1, 1.1])
    np.testing.assert_array_equal(sample.labels, LABELS)
    assert sample.spacing_mm == (3, 2, 1)
    assert sample.ignored is None


@pytest.mark.parametrize("missing", ["imagesTr/liver_9_0001.nii.gz", "labelsTr/liver_9.nii.gz"])
def test_a_case_without_a_channel_or_its_label_is_left_out(own: Path, missing: str) -> None:
    (own / missing).unlink()
    listing = NNUNET.find(own, "all")
    assert [case.name for case in listing.cases] == ["liver_10"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("liver_9", "left_out")]
    assert str(own / missing) in listing.faults[0].reason


def test_a_label_without_an_image_is_left_out(own: Path) -> None:
    for channel in (0, 1):
        (own / "imagesTr" / f"liver_9_{channel:04d}.nii.gz").unlink()
    (fault,) = NNUNET.find(own, "all").faults
    assert (fault.case, fault.kind) == ("liver_9", "left_out")
    assert "liver_9_0000.nii.gz" in fault.reason


def test_another_number_of_cases_than_described_is_a_warning(own: Path) -> None:
    describe(own, {**SECOND_VERSION, "numTraining": 3})
    listing = NNUNET.find(own, "all")
    assert len(listing.cases) == 2
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("", "warning")]
    assert "numTraining is 3, expected 2" in listing.faults[0].reason


def test_a_channel_that_is_not_described_stops(own: Path) -> None:
    describe(own, {**SECOND_VERSION, "channel_names": {"0": "T1"}})
    listing = NNUNET.find(own, "all")
    assert {fault.kind for fault in listing.faults} == {"stop"}
    assert "liver_9_0001.nii.gz: channel 1 of case liver_9, expected only 1" in listing.faults[0].reason


def test_cases_of_one_subject_are_named_by_a_table(own: Path) -> None:
    (own / "subjects.csv").write_text("case,subject\nliver_9,anna\nliver_10,anna\n", encoding="utf-8-sig")
    assert [case.subject for case in NNUNET.find(own, "all").cases] == ["anna", "anna"]


def test_a_case_that_the_table_of_subjects_lacks_stops(own: Path) -> None:
    (own / "subjects.csv").write_text("case,subject\nliver_9,anna\nliver_10,\n", encoding="utf-8")
    (fault,) = NNUNET.find(own, "all").faults
    assert (fault.case, fault.kind) == ("liver_10", "stop")
    assert "subjects.csv: no subject of case liver_10" in fault.reason


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("case;subject\nliver_9;anna\n", "no table with the columns case,subject"),
        ("case,subject\nliver_9,anna\nliver_9,bert\n", "case liver_9 has the subjects anna and bert"),
    ],
)
def test_a_table_of_subjects_that_says_nothing_definite_is_refused(own: Path, table: str, message: str) -> None:
    (own / "subjects.csv").write_text(table, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        NNUNET.find(own, "all")


@pytest.mark.parametrize("code", [3, 255])
def test_voxels_to_be_ignored_are_background_that_nobody_judges(
    own: Path, write_volume: Callable[..., Path], code: int
) -> None:
    describe(own, {**SECOND_VERSION, "labels": {**SECOND_VERSION["labels"], "ignore": code}})
    labels = LABELS.copy()
    labels[0] = code
    write_volume(own / "labelsTr" / "liver_9.nii.gz", labels)
    listing = NNUNET.find(own, "all")
    assert listing.classes == ("anterior", "posterior")
    sample = NNUNET.read(listing.cases[0])
    np.testing.assert_array_equal(sample.labels, np.where(labels == code, 0, labels))
    assert sample.ignored is not None
    np.testing.assert_array_equal(sample.ignored, labels == code)


def test_a_code_that_is_not_described_stops(own: Path, write_volume: Callable[..., Path]) -> None:
    write_volume(own / "labelsTr" / "liver_9.nii.gz", LABELS + np.uint8(1))
    with pytest.raises(InputError, match=r"liver_9\.nii\.gz: unknown label 3; expected only 0, 1, 2"):
        NNUNET.read(NNUNET.find(own, "all").cases[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": {"background": 0, "whole": [1, 2], "core": 2}}, "'whole' is a region of several codes"),
        ({"labels": {"background": 0, "liver": 1, "spleen": 3}}, "labels are 0, 1, 3, expected 0 for background"),
        ({"labels": {"liver": 1, "spleen": 2}}, "labels are 1, 2, expected 0 for background"),
        ({"labels": {"background": 0}}, "labels are 0, expected 0 for background and then 1"),
        ({"labels": {"background": 0, "liver": 1, "spleen": 1}}, "'liver' and 'spleen' both have code 1"),
        ({"labels": {"background": 0, "liver": 1.5}}, "'liver' has the code 1.5"),
        ({"labels": {}}, "labels is missing or empty"),
        ({"channel_names": None}, "channel_names or modality is missing or empty"),
        ({"channel_names": {"1": "T1"}}, "channels are numbered 1, expected 0"),
        ({"file_ending": ".mha"}, "file_ending is '.mha', expected .nii.gz, .nii, .png"),
    ],
)
def test_a_description_that_cannot_be_followed_is_refused(own: Path, change: dict[str, Any], message: str) -> None:
    describe(own, {**SECOND_VERSION, **change})
    with pytest.raises(InputError, match=rf"dataset\.json: .*{message}"):
        NNUNET.find(own, "all")


@pytest.mark.parametrize("content", ["", "{", "[]", "3"])
def test_a_description_that_is_no_json_object_is_refused(own: Path, content: str) -> None:
    (own / "dataset.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"dataset\.json: expected"):
        NNUNET.find(own, "all")


def test_a_folder_without_description_is_answered_with_what_was_found(own: Path) -> None:
    (own / "dataset.json").unlink()
    with pytest.raises(InputError, match="imagesTr, labelsTr") as error:
        NNUNET.find(own, "all")
    assert NNUNET.expects in str(error.value)


def test_a_description_without_files_is_answered_with_what_was_expected(tmp_path: Path) -> None:
    describe(tmp_path, SECOND_VERSION)
    with pytest.raises(InputError, match=r"no file \*\.nii\.gz was found in imagesTr"):
        NNUNET.find(tmp_path, "all")


def test_pictures_become_a_channel_each(pictures: Path) -> None:
    sample = NNUNET.read(NNUNET.find(pictures, "all").cases[0])
    assert sample.image.shape == (2, 3, 4)
    assert sample.image[:, 0, 0].tolist() == [10, 11]
    np.testing.assert_array_equal(sample.labels, LABELS[0])
    assert sample.spacing_mm is None


def test_one_picture_of_three_described_channels_is_read_in_colour(pictures: Path) -> None:
    describe(pictures, {**PICTURES, "channel_names": {"0": "R", "1": "G", "2": "B"}, "numTraining": 1})
    (pictures / "imagesTr" / "road_0001.png").unlink()
    colour = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    Image.fromarray(colour).save(pictures / "imagesTr" / "road_0000.png")
    listing = NNUNET.find(pictures, "all")
    assert listing.channels == ("R", "G", "B")
    np.testing.assert_array_equal(NNUNET.read(listing.cases[0]).image, colour.transpose(2, 0, 1))


def test_pictures_of_different_sizes_stop(pictures: Path) -> None:
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(pictures / "imagesTr" / "road_0001.png")
    with pytest.raises(InputError, match=r"road_0001\.png: 4x5 pixels, expected 4x3 as road_0000\.png"):
        NNUNET.read(NNUNET.find(pictures, "all").cases[0])


def test_a_mask_of_0_and_255_stops_where_codes_are_expected(pictures: Path) -> None:
    Image.fromarray((LABELS[0] == 1) * np.uint8(255)).save(pictures / "labelsTr" / "road.png")
    with pytest.raises(InputError, match=r"road\.png: unknown label 255; expected only 0, 1, 2"):
        NNUNET.read(NNUNET.find(pictures, "all").cases[0])


def test_pixels_to_be_ignored_are_set_aside_in_pictures_too(pictures: Path) -> None:
    describe(pictures, {**PICTURES, "labels": {"background": 0, "road": 1, "ignore": 2}, "numTraining": 1})
    sample = NNUNET.read(NNUNET.find(pictures, "all").cases[0])
    np.testing.assert_array_equal(sample.labels, LABELS[0] == 1)
    assert sample.ignored is not None
    np.testing.assert_array_equal(sample.ignored, LABELS[0] == 2)
