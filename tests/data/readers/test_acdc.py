from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segloss.data.readers import READERS
from segloss.errors import InputError

ACDC = READERS["acdc"]
INFO = "ED: 1\nES: 12\nGroup: DCM\nHeight: 184.0\nNbFrame: 30\nWeight: 95.0\n"


@pytest.fixture
def acdc(tmp_path: Path, write_nifti: Callable[..., Path]) -> Path:
    """Two patients in the official layout; labels at the end of systole are all 3, else all 1."""
    for number in (1, 2):
        name = f"patient{number:03d}"
        patient = tmp_path / "database/training" / name
        for frame, label in (("frame01", 1), ("frame12", 3)):
            write_nifti(patient / f"{name}_{frame}.nii.gz", 100 * number, (1.5, 1.5, 10, 1))
            write_nifti(patient / f"{name}_{frame}_gt.nii.gz", label, (1.5, 1.5, 10, 1))
        (patient / f"{name}_4d.nii.gz").touch()
        (patient / f"{name}_frame05.nii.gz").touch()
        (patient / "Info.cfg").write_text(INFO)
    (tmp_path / "database/testing/patient101").mkdir(parents=True)
    return tmp_path


def patient(acdc: Path) -> Path:
    return acdc / "database/training/patient001"


def test_both_moments_of_a_patient_are_cases_of_one_subject(acdc: Path) -> None:
    listing = ACDC.find(acdc, "all")
    moments = [(f"patient00{number}_{moment}", f"patient00{number}") for number in (1, 2) for moment in ("ED", "ES")]
    assert [(case.name, case.subject) for case in listing.cases] == moments
    assert not listing.faults
    assert {case.part for case in listing.cases} == {""}


def test_the_frames_are_those_that_info_names(acdc: Path) -> None:
    diastole, systole, *_ = ACDC.find(acdc, "all").cases
    assert (diastole.images[0].name, systole.labels[0].name) == (
        "patient001_frame01.nii.gz",
        "patient001_frame12_gt.nii.gz",
    )


def test_a_moment_is_read_with_its_spacing(acdc: Path) -> None:
    listing = ACDC.find(acdc, "all")
    sample = ACDC.read(listing.cases[1])
    assert sample.image.shape == (1, 4, 3, 2)
    assert sample.spacing_mm == (10, 1.5, 1.5)
    assert listing.classes[np.unique(sample.labels).item() - 1] == "left ventricle"


def test_a_patient_without_info_is_left_out(acdc: Path) -> None:
    (patient(acdc) / "Info.cfg").unlink()
    listing = ACDC.find(acdc, "all")
    assert [case.subject for case in listing.cases] == ["patient002"] * 2
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("patient001", "left_out")]
    assert "Info.cfg: this file of patient001 is missing" in listing.faults[0].reason


def test_a_missing_frame_leaves_out_its_moment_alone(acdc: Path) -> None:
    (patient(acdc) / "patient001_frame12_gt.nii.gz").unlink()
    listing = ACDC.find(acdc, "all")
    assert [case.name for case in listing.cases] == ["patient001_ED", "patient002_ED", "patient002_ES"]
    assert [(fault.case, fault.kind) for fault in listing.faults] == [("patient001_ES", "left_out")]
    assert "patient001_frame12_gt.nii.gz" in listing.faults[0].reason


def test_info_without_a_moment_stops(acdc: Path) -> None:
    (patient(acdc) / "Info.cfg").write_text("ED: 1\nES: unknown\n")
    (fault,) = ACDC.find(acdc, "all").faults
    assert fault.kind == "stop"
    assert "Info.cfg: no frame is named for ES" in fault.reason


def test_the_code_for_unlabelled_of_scribbles_is_unknown(acdc: Path, write_nifti: Callable[..., Path]) -> None:
    case = ACDC.find(acdc, "all").cases[0]
    write_nifti(case.labels[0], 4, (1.5, 1.5, 10, 1))
    with pytest.raises(InputError, match=r"patient001_frame01_gt\.nii\.gz: unknown label 4; expected only 0, 1, 2, 3"):
        ACDC.read(case)
