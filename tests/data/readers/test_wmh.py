from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segloss.data.readers.wmh import WMH
from segloss.errors import InputError

FLAIR = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
T1 = (100 + FLAIR).astype(np.uint16)
LABELS = np.zeros((2, 3, 4), np.float32)
LABELS[0, 1] = 1
LABELS[1, 2] = 2


@pytest.fixture
def write_subject(tmp_path: Path, write_volume: Callable[..., Path]) -> Callable[..., Path]:
    """Write a subject below a site: FLAIR and labels flipped, T1 not, as real files may differ."""

    def write(site_and_number: str, labels: np.ndarray = LABELS) -> Path:
        folder = tmp_path / site_and_number
        write_volume(folder / "pre" / "FLAIR.nii.gz", FLAIR, flipped=True)
        write_volume(folder / "pre" / "T1.nii.gz", T1)
        write_volume(folder / "orig" / "T1.nii.gz", T1[:1])
        write_volume(folder / "wmh.nii.gz", labels, flipped=True)
        return folder

    return write


def test_each_site_gives_its_subjects(tmp_path: Path, write_subject: Callable[..., Path]) -> None:
    for folder in ("Utrecht/0", "Singapore/50", "GE3T/100"):
        write_subject(folder)
    listing = WMH.find(tmp_path, "all")
    assert [case.name for case in listing.cases] == ["GE3T_100", "Singapore_50", "Utrecht_0"]
    assert (listing.channels, listing.classes) == (("FLAIR", "T1"), ("WMH",))
    assert not listing.faults


def test_sites_may_lie_deeper_and_test_subjects_are_left_alone(
    tmp_path: Path, write_subject: Callable[..., Path]
) -> None:
    for folder in ("training/Utrecht/0", "training/Amsterdam/GE3T/100", "test/Utrecht/1"):
        write_subject(folder)
    other_rater = tmp_path / "additional_annotations" / "observer_o3" / "training" / "Utrecht" / "0" / "result.nii.gz"
    other_rater.parent.mkdir(parents=True)
    other_rater.touch()
    listing = WMH.find(tmp_path, "all")
    assert [case.name for case in listing.cases] == ["GE3T_100", "Utrecht_0"]
    assert not listing.faults


def test_t1_stored_in_another_orientation_is_brought_to_that_of_flair(
    tmp_path: Path, write_subject: Callable[..., Path]
) -> None:
    write_subject("Utrecht/0")
    sample = WMH.read(WMH.find(tmp_path, "all").cases[0])
    np.testing.assert_array_equal(sample.image, [FLAIR, T1])
    np.testing.assert_array_equal(sample.labels, LABELS == 1)
    assert sample.spacing_mm == (3, 2, 1)


def test_other_pathology_is_background_that_is_ignored(tmp_path: Path, write_subject: Callable[..., Path]) -> None:
    write_subject("Utrecht/0")
    sample = WMH.read(WMH.find(tmp_path, "all").cases[0])
    assert sample.labels.max() == 1
    assert sample.ignored is not None
    np.testing.assert_array_equal(sample.ignored, LABELS == 2)


def test_nothing_is_ignored_where_there_is_no_other_pathology(
    tmp_path: Path, write_subject: Callable[..., Path]
) -> None:
    write_subject("Utrecht/0", labels=np.minimum(LABELS, 1))
    assert WMH.read(WMH.find(tmp_path, "all").cases[0]).ignored is None


def test_t1_of_equal_shape_but_at_another_place_stops(
    tmp_path: Path, write_subject: Callable[..., Path], write_volume: Callable[..., Path]
) -> None:
    write_volume(write_subject("Utrecht/0") / "pre" / "T1.nii.gz", T1, shift_mm=1)
    with pytest.raises(InputError, match=r"T1\.nii\.gz: .* 1\.0 voxels from where FLAIR\.nii\.gz has them"):
        WMH.read(WMH.find(tmp_path, "all").cases[0])


def test_labels_with_the_noise_of_a_slope_are_rounded(tmp_path: Path, write_subject: Callable[..., Path]) -> None:
    write_subject("Utrecht/0", labels=LABELS * np.float32(0.9999999))
    np.testing.assert_array_equal(WMH.read(WMH.find(tmp_path, "all").cases[0]).labels, LABELS == 1)


def test_label_3_stops(tmp_path: Path, write_subject: Callable[..., Path]) -> None:
    write_subject("Utrecht/0", labels=LABELS + 1)
    with pytest.raises(InputError, match=r"wmh\.nii\.gz: unknown label 3; expected only 0, 1, 2"):
        WMH.read(WMH.find(tmp_path, "all").cases[0])


@pytest.mark.parametrize("missing", ["pre/FLAIR.nii.gz", "pre/T1.nii.gz", "wmh.nii.gz"])
def test_a_subject_without_one_of_its_files_is_left_out(
    tmp_path: Path, write_subject: Callable[..., Path], missing: str
) -> None:
    (write_subject("Utrecht/0") / missing).unlink()
    write_subject("Utrecht/2")
    listing = WMH.find(tmp_path, "all")
    assert [case.name for case in listing.cases] == ["Utrecht_2"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("Utrecht_0", "left_out")]
    assert str(tmp_path / "Utrecht" / "0" / missing) in listing.faults[0].reason


def test_a_subject_that_lies_there_twice_stops(tmp_path: Path, write_subject: Callable[..., Path]) -> None:
    write_subject("Utrecht/0")
    write_subject("training/Utrecht/0")
    (fault,) = WMH.find(tmp_path, "all").faults
    assert (fault.case, fault.kind) == ("Utrecht_0", "stop")
    assert str(tmp_path / "training" / "Utrecht" / "0") in fault.reason


def test_a_linked_site_is_followed(tmp_path: Path, write_subject: Callable[..., Path]) -> None:
    write_subject("elsewhere/Utrecht/0")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Utrecht").symlink_to(tmp_path / "elsewhere" / "Utrecht", target_is_directory=True)
    assert len(WMH.find(tmp_path / "data", "all").cases) == 1


def test_a_folder_without_any_site_is_answered_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "Rotterdam").mkdir()
    with pytest.raises(InputError, match="Rotterdam") as error:
        WMH.find(tmp_path, "all")
    assert WMH.expects in str(error.value)
