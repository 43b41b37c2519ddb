"""Every fault of docs/how-to/check-your-data.md, made in a file that really has it, and what ``check`` prints of it."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from segloss.data.case import Case, Listing
from segloss.data.checking import check
from segloss.data.faults import contradictions
from segloss.errors import InputError

SHAPE = (6, 8, 4)  # X, Y, Z of the files
PARAMS: dict[str, Any] = {
    "datasets": {"wmh2017": {"reader": "wmh2017", "folder": "wmh2017", "subset": "all", "title": "WMH 2017"}}
}
FLAIR, T1, LABELS = "pre/FLAIR.nii.gz", "pre/T1.nii.gz", "wmh.nii.gz"
PAGE = Path("docs/how-to/check-your-data.md")


def save(path: Path, array: np.ndarray, shift_mm: float = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.diag([1.0, 1.0, 3.0, 1.0])
    affine[:3, 3] = shift_mm
    nibabel.save(nibabel.Nifti1Image(array, affine), path)


def lesion(code: float = 1) -> np.ndarray:
    labels = np.zeros(SHAPE, np.float32)
    labels[2:4, 3:5, 1] = code
    return labels


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Folder of the second of three cases in the WMH layout."""
    rng = np.random.default_rng(0)
    for name in ("100", "101", "102"):
        folder = tmp_path / "wmh2017" / "Utrecht" / name
        save(folder / FLAIR, rng.random(SHAPE, dtype=np.float32))
        save(folder / T1, rng.random(SHAPE, dtype=np.float32))
        save(folder / LABELS, lesion())
    return tmp_path / "wmh2017" / "Utrecht" / "101"


def truncated(case: Path) -> None:
    (case / FLAIR).write_bytes((case / FLAIR).read_bytes()[:-40])


def wrong_magic(case: Path) -> None:
    (case / FLAIR).write_bytes(b"<html>404 Not Found</html>" * 50)


def zero_bytes(case: Path) -> None:
    (case / FLAIR).write_bytes(b"")


def four_dimensions(case: Path) -> None:
    save(case / FLAIR, np.zeros((*SHAPE, 5), np.float32))


def not_a_number(case: Path) -> None:
    image = np.ones(SHAPE, np.float32)
    image[0, 0, 0] = np.nan
    save(case / FLAIR, image)


def another_shape(case: Path) -> None:
    save(case / T1, np.ones((6, 8, 5), np.float32))


def another_place(case: Path) -> None:
    save(case / T1, np.ones(SHAPE, np.float32), shift_mm=3)


def mask_of_another_patient(case: Path) -> None:
    save(case / LABELS, lesion(), shift_mm=20)


def unknown_label(case: Path) -> None:
    save(case / LABELS, lesion(3))


def two_sizes_of_a_voxel(case: Path) -> None:
    image = nibabel.Nifti1Image(np.ones(SHAPE, np.float32), np.diag([2.0, 2.0, 2.0, 1.0]))
    image.header.set_sform(np.diag([1.0, 1.0, 3.0, 1.0]), code=1)
    (case / T1).write_bytes(
        gzip.compress(image.header.binaryblock + bytes(4) + np.ones(SHAPE, np.float32).tobytes("F"))
    )


def values_between(case: Path) -> None:
    save(case / LABELS, lesion(0.5))


def missing_file(case: Path) -> None:
    (case / T1).unlink()


def no_foreground(case: Path) -> None:
    save(case / LABELS, np.zeros(SHAPE, np.float32))


def same_image_twice(case: Path) -> None:
    for name in (FLAIR, T1):
        (case / name).write_bytes((case.with_name("100") / name).read_bytes())


STOPS = "stops: wmh2017/Utrecht/101"
UNREADABLE = f"{STOPS}/pre/FLAIR.nii.gz: expected a complete NIfTI volume, but it cannot be read ("
FAULTS = {
    truncated: UNREADABLE,
    wrong_magic: UNREADABLE,
    zero_bytes: UNREADABLE,
    four_dimensions: f"{STOPS}/pre/FLAIR.nii.gz: shape 6x8x4x5, expected a volume of three dimensions.",
    not_a_number: f"{STOPS}/pre/FLAIR.nii.gz: the volume holds NaN or infinite values, expected finite ones.",
    another_shape: f"{STOPS}/pre/T1.nii.gz: shape 5x8x6 in (Z, Y, X), expected 4x8x6 as FLAIR.nii.gz.",
    another_place: f"{STOPS}/pre/T1.nii.gz: its affine puts voxels up to 4.4 voxels from where "
    "FLAIR.nii.gz has them, expected the same grid.",
    mask_of_another_patient: f"{STOPS}/wmh.nii.gz: its affine puts voxels up to 29.1 voxels from where "
    "FLAIR.nii.gz has them, expected the same grid.",
    two_sizes_of_a_voxel: f"{STOPS}/pre/T1.nii.gz: affine and header have voxels of 1 x 1 x 3 and 2 x 2 x 2 mm, "
    "expected the same size in both.",
    unknown_label: f"{STOPS}/wmh.nii.gz: unknown label 3; expected only 0, 1, 2.",
    values_between: f"{STOPS}/wmh.nii.gz: unknown label values between whole numbers; expected only 0, 1, 2.",
    missing_file: "left out: wmh2017/Utrecht/101/pre/T1.nii.gz: this file of Utrecht_101 is missing; left out.",
    no_foreground: "warning: wmh2017/Utrecht/101/wmh.nii.gz: the mask has no foreground, expected some; "
    "the case is kept.",
    same_image_twice: "warning: wmh2017/Utrecht/101/pre/FLAIR.nii.gz: the same image as "
    "wmh2017/Utrecht/100/pre/FLAIR.nii.gz, expected two subjects to differ.",
}


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit code of the check and the lines it prints, paths relative to the folder of all data sets."""
    code = check("wmh2017", folder, PARAMS)
    return code, capsys.readouterr().out.replace(f"{folder}{os.sep}", "").splitlines()


@pytest.mark.parametrize("make", FAULTS, ids=lambda make: make.__name__)
def test_a_fault_is_named_with_its_file_and_what_was_expected(
    case: Path, make: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    make(case)
    code, lines = checked(case.parents[2], capsys)
    assert lines[0].startswith(FAULTS[make])
    assert lines[1].startswith("wmh2017: ")
    assert code == int(FAULTS[make].startswith("stops"))


def test_the_page_on_checking_shows_every_message(root: Path) -> None:
    page = (root / PAGE).read_text(encoding="utf-8")
    assert [message for message in FAULTS.values() if message not in page] == []


def test_faultless_cases_end_in_a_summary(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = checked(case.parents[2], capsys)
    assert code == 0
    assert lines == [
        "wmh2017: 3 cases with all files, 0 left out, 0 with a warning, 0 with grey masks, 0 faults that stop.",
        "  cases     3 readable, of 3 subjects",
        "  channels  FLAIR, T1",
        "  size      4 x 8 x 6 (z, y, x)",
        "  spacing   3 x 1 x 1 mm",
        "  WMH: 2.083% to 2.083% of a case, median 2.083%, in 3 of 3 cases",
    ]


def test_files_that_belong_to_no_case_are_counted(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (case / "pre" / "FLAIR (1).nii.gz").write_bytes(b"")
    (case / "pre" / "T2.nii.gz").write_bytes(b"")
    lines = checked(case.parents[2], capsys)[1]
    assert lines[-1] == "  unused    2 files belong to no case, such as Utrecht/101/pre/FLAIR (1).nii.gz"


def test_a_folder_within_a_case_is_no_data_set(case: Path) -> None:
    with pytest.raises(InputError, match=r"expected <site>/<id>/pre"):
        check("wmh2017", case / "pre", PARAMS)


def test_several_faults_are_reported_at_once(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truncated(case)
    unknown_label(case.with_name("102"))
    missing_file(case.with_name("100"))
    code, lines = checked(case.parents[2], capsys)
    assert [line.split(":")[0] for line in lines] == ["stops", "stops", "left out", "wmh2017"]
    assert code == 1


def test_labels_with_the_noise_of_a_slope_are_rounded(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(case / LABELS, lesion(0.99999997) + np.float32(1e-6))
    code, lines = checked(case.parents[2], capsys)
    assert code == 0
    assert lines[-1] == "  WMH: 2.083% to 2.083% of a case, median 2.083%, in 3 of 3 cases"


def test_a_linked_folder_is_accepted(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "wmh2017").symlink_to(case.parents[1], target_is_directory=True)
    assert checked(linked, capsys)[1][0].startswith("wmh2017: 3 cases with all files, 0 left out")


def test_a_subject_in_two_parts_of_a_published_split_is_a_contradiction() -> None:
    def scan(name: str, part: Any) -> Case:
        return Case(name, "patient7", (Path(f"{name}.nii.gz"),), (Path("labels.nii.gz"),), part)

    (fault,) = contradictions(Listing([scan("first", "train"), scan("second", "test")]))
    assert fault.kind == "stop"
    assert fault.reason == (
        "second.nii.gz: subject patient7 belongs to the test part and, with first.nii.gz, to the train part; "
        "expected one."
    )


def test_two_cases_of_one_name_are_a_contradiction() -> None:
    cases = [Case("c1", subject, (Path(f"{subject}.png"),), (Path("m.png"),)) for subject in ("s1", "s2")]
    (fault,) = contradictions(Listing(cases))
    assert fault.reason == "s2.png: a second case c1 beside s1.png, expected one."
