from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segloss.data.case import ExcludedError
from segloss.data.readers import READERS
from segloss.errors import InputError

BRATS, REGIONS = READERS["brats2020"], READERS["brats2020_regions"]
SEG = np.zeros((4, 4, 4))
SEG[1, 1, 1:] = 1, 2, 4


@pytest.fixture
def brats(tmp_path: Path, write_nifti: Callable[..., Path]) -> Path:
    """Two cases of the official layout; the brain of each modality has one value, around it is 0."""
    for number in (1, 2):
        name = f"BraTS20_Training_{number:03d}"
        place = tmp_path / "MICCAI_BraTS2020_TrainingData" / name
        for value, modality in enumerate(("flair", "t1", "t1ce", "t2"), 10):
            write_nifti(place / f"{name}_{modality}.nii.gz", value * (SEG > 0))
        write_nifti(place / f"{name}_seg.nii.gz", SEG, dtype="uint8")
    (tmp_path / "MICCAI_BraTS2020_TrainingData/name_mapping.csv").touch()
    return tmp_path


def test_the_paper_takes_one_modality_and_the_enhancing_tumour(brats: Path) -> None:
    listing = BRATS.find(brats, "all")
    sample = BRATS.read(listing.cases[0])
    assert (listing.channels, listing.classes) == (("t1ce",), ("enhancing tumour",))
    assert sample.image.shape == (1, 4, 4, 4)
    assert sample.image.max() == 12
    assert sample.labels.sum() == 1


def test_all_regions_come_with_all_modalities(brats: Path) -> None:
    sample = REGIONS.read(REGIONS.find(brats, "all").cases[0])
    assert sample.image.max(axis=(1, 2, 3)).tolist() == [10, 11, 12, 13]
    assert sample.labels[sample.labels > 0].tolist() == [1, 2, 3]


def test_other_modalities_need_not_be_there_for_the_paper(brats: Path) -> None:
    for file in brats.rglob("*_t2.nii.gz"):
        file.unlink()
    assert len(BRATS.find(brats, "all").cases) == 2
    assert len(REGIONS.find(brats, "all").faults) == 2


def test_a_case_without_enhancing_tumour_is_excluded_when_read(brats: Path, write_nifti: Callable[..., Path]) -> None:
    case = BRATS.find(brats, "all").cases[0]
    write_nifti(case.labels[0], np.where(SEG == 4, 0, SEG))
    with pytest.raises(ExcludedError, match=r"_001_seg\.nii\.gz: no voxel of enhancing tumour"):
        BRATS.read(case)


def test_the_third_label_is_unknown(brats: Path, write_nifti: Callable[..., Path]) -> None:
    case = BRATS.find(brats, "all").cases[0]
    write_nifti(case.labels[0], np.where(SEG == 2, 3, SEG))
    with pytest.raises(InputError, match=r"_001_seg\.nii\.gz: unknown label 3; expected only 0, 1, 2, 4"):
        BRATS.read(case)


def test_a_background_of_another_value_becomes_zero(brats: Path, write_nifti: Callable[..., Path]) -> None:
    case = BRATS.find(brats, "all").cases[0]
    write_nifti(case.images[0], 12.0 * (SEG > 0) - 7)
    assert np.unique(BRATS.read(case).image).tolist() == [0, 12]


def test_dark_values_inside_the_brain_do_not_move_the_background(brats: Path, write_nifti: Callable[..., Path]) -> None:
    case = BRATS.find(brats, "all").cases[0]
    write_nifti(case.images[0], np.where(SEG == 2, -5, SEG))
    assert BRATS.read(case).image[0, 0, 0, 0] == 0
    assert BRATS.read(case).image.min() == -5


def test_the_label_file_that_kept_the_name_of_a_hospital_is_found(brats: Path) -> None:
    seg = next(brats.rglob("*_002_seg.nii.gz"))
    seg.rename(seg.with_name("W39_1998.09.19_Segm.nii.gz"))
    assert [case.labels[0].name for case in BRATS.find(brats, "all").cases] == [
        "BraTS20_Training_001_seg.nii.gz",
        "W39_1998.09.19_Segm.nii.gz",
    ]


def test_a_case_without_its_labels_is_left_out(brats: Path) -> None:
    next(brats.rglob("*_002_seg.nii.gz")).unlink()
    (fault,) = BRATS.find(brats, "all").faults
    assert fault.kind == "left_out"
    assert "BraTS20_Training_002_seg.nii.gz: this file" in fault.reason


def test_the_additional_folder_of_the_copy_on_kaggle_is_accepted(brats: Path) -> None:
    above = brats / "BraTS2020_TrainingData"
    above.mkdir()
    (brats / "MICCAI_BraTS2020_TrainingData").rename(above / "MICCAI_BraTS2020_TrainingData")
    assert len(BRATS.find(brats, "all").cases) == 2
