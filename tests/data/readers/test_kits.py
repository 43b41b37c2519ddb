from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segloss.data.readers import READERS
from segloss.errors import InputError

KITS = READERS["kits19"]
# As in the official files: slices first, from superior to inferior, then to posterior and to left.
INFERIOR_POSTERIOR_LEFT = np.array([[0, 0, -0.8, 0], [0, -0.8, 0, 0], [-3, 0, 0, 0], [0, 0, 0, 1]], dtype=float)


@pytest.fixture
def kits(tmp_path: Path, write_nifti: Callable[..., Path]) -> Path:
    """Cases 0, 15 and 40 with a tumour in the first slice, posterior and left; case 210 of the test part."""
    labels = np.zeros((5, 4, 3), np.uint8)
    labels[0, 3, 2] = 2
    labels[0, 0, 1] = 1
    for number in (0, 15, 40, 210):
        place = tmp_path / "data" / f"case_{number:05d}"
        write_nifti(place / "imaging.nii.gz", 100 * labels, INFERIOR_POSTERIOR_LEFT)
        if number < 210:
            write_nifti(place / "segmentation.nii.gz", labels, INFERIOR_POSTERIOR_LEFT, dtype="uint16")
    (tmp_path / "data/kits.json").touch()
    return tmp_path


def test_cases_without_segmentation_and_those_the_paper_doubts_are_left_out(kits: Path) -> None:
    listing = KITS.find(kits, "all")
    assert [case.name for case in listing.cases] == ["case_00000", "case_00040"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [
        ("case_00015", "left_out"),
        ("case_00210", "left_out"),
    ]
    assert "the paper excludes this case" in listing.faults[0].reason
    assert "segmentation.nii.gz: this file of case_00210 is missing" in listing.faults[1].reason


def test_the_first_slice_of_a_file_is_the_most_superior_one(kits: Path) -> None:
    sample = KITS.read(KITS.find(kits, "all").cases[0])
    assert sample.labels.shape == (5, 4, 3)
    assert np.argwhere(sample.labels == 2).tolist() == [[4, 3, 2]]
    assert np.argwhere(sample.labels == 1).tolist() == [[4, 0, 1]]
    assert (sample.image[0] == 100 * sample.labels).all()
    assert sample.spacing_mm == (3, 0.8, 0.8)


def test_exactly_the_six_cases_of_the_paper_are_excluded(tmp_path: Path) -> None:
    for number in range(210):
        place = tmp_path / f"case_{number:05d}"
        place.mkdir()
        for name in ("imaging.nii.gz", "segmentation.nii.gz"):
            (place / name).touch()
    listing = KITS.find(tmp_path, "all")
    assert len(listing.cases) == 204
    assert [int(fault.case[-5:]) for fault in listing.faults] == [15, 23, 37, 68, 125, 133]


def test_a_third_label_is_unknown(kits: Path, write_nifti: Callable[..., Path]) -> None:
    case = KITS.find(kits, "all").cases[0]
    write_nifti(case.labels[0], np.full((5, 4, 3), 3), INFERIOR_POSTERIOR_LEFT)
    with pytest.raises(InputError, match=r"case_00000/segmentation\.nii\.gz: unknown label 3"):
        KITS.read(case)
