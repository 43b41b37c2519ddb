"""Two cases of each data set of the head, as they lie on disk."""

import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import nibabel
import numpy as np
import pytest

from segloss.data.phantoms.layouts import brats2020, isles2018, msseg, nfbs, wmh2017
from segloss.data.readers import READERS

MODULES: dict[str, ModuleType] = {
    "msseg": msseg, "isles2018": isles2018, "wmh2017": wmh2017, "brats2020": brats2020, "nfbs": nfbs
}  # fmt: skip
# The constant that lists the cases, two of them to write, and which part of the whole set's bytes they make.
FEW = {
    "msseg": ("PATIENTS", [("01", 91), ("07", 91)], 2 / 15),
    "isles2018": ("SLICES", (4, 2), 6 / 40),
    "wmh2017": ("PATIENTS", [("Utrecht", 0), ("GE3T", 3)], 2 / 12),
    "brats2020": ("NAMES", ["BraTS20_Training_901", "BraTS20_Training_905"], 2 / 12),
    "nfbs": ("NAMES", ["A99900001", "A99900002"], 2 / 10),
}
MEGABYTES = {"msseg": 1.9, "isles2018": 2.0, "wmh2017": 1.3, "brats2020": 2.0, "nfbs": 1.2}
# For each kind of file: its name, how it is stored, and how its axes may lie.
OFFICIAL = {
    "msseg": {
        r"Training/Center_0[178]/Patient_9\d/Preprocessed_Data/(FLAIR|T1|T2|DP|GADO)_preprocessed\.nii\.gz": "int16",
        r"Training/Center_0[178]/Patient_9\d/Masks/Consensus\.nii\.gz": "uint8",
    },
    "isles2018": {
        r"TRAINING/case_9\d\d/(SMIR\.Brain\.XX\.O\.CT\.\d+)/\1\.nii": "int16",
        r"TRAINING/case_9\d\d/(SMIR\.Brain\.XX\.O\.CT_CB[FV]\.\d+)/\1\.nii": "uint16",
        r"TRAINING/case_9\d\d/(SMIR\.Brain\.XX\.O\.CT_(?:MTT|Tmax)\.\d+)/\1\.nii": "float32",
        r"TRAINING/case_9\d\d/(SMIR\.Brain\.XX\.O\.OT\.\d+)/\1\.nii": "uint8",
    },
    "wmh2017": {
        r"(Utrecht|Singapore|GE3T)/9\d\d/pre/FLAIR\.nii\.gz": "float32",
        r"(Utrecht|Singapore|GE3T)/9\d\d/pre/T1\.nii\.gz": "uint16",
        r"(Utrecht|Singapore|GE3T)/9\d\d/wmh\.nii\.gz": "float32",
    },
    "brats2020": {
        r"MICCAI_BraTS2020_TrainingData/(BraTS20_Training_9\d\d)/\1_(flair|t1|t1ce|t2)\.nii\.gz": "int16",
        r"MICCAI_BraTS2020_TrainingData/(BraTS20_Training_9\d\d)/\1_seg\.nii\.gz": "uint8",
    },
    "nfbs": {r"NFBS_Dataset/(A999000\d\d)/sub-\1_ses-NFB3_(T1w|T1w_brain|T1w_brainmask)\.nii\.gz": "float32"},
}
FILES_OF_A_CASE = {"msseg": 6, "isles2018": 6, "wmh2017": 3, "brats2020": 5, "nfbs": 3}
AXES = {
    "msseg": {"LAS", "RAS"}, "isles2018": {"LPS"}, "wmh2017": {"LAS", "LPS"}, "brats2020": {"LPS"}, "nfbs": {"PIR"}
}  # fmt: skip


def write_few(dataset: str, folder: Path) -> Path:
    constant, cases, _ = FEW[dataset]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MODULES[dataset], constant, cases)
        MODULES[dataset].write(folder)
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    for dataset in MODULES:
        write_few(dataset, folder / dataset)
    return folder


def volumes(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.nii*") if path.is_file())


@pytest.mark.parametrize("dataset", MODULES)
def test_files_have_their_official_names_and_types(root: Path, dataset: str) -> None:
    files = volumes(root / dataset)
    assert len(files) == 2 * FILES_OF_A_CASE[dataset]
    for file in files:
        name = file.relative_to(root / dataset).as_posix()
        stored = [dtype for pattern, dtype in OFFICIAL[dataset].items() if re.fullmatch(pattern, name)]
        assert stored == [str(nibabel.load(file).get_data_dtype())], name


@pytest.mark.parametrize("dataset", MODULES)
def test_files_lie_in_the_orientations_of_their_scanners_and_headers_hold_no_text(root: Path, dataset: str) -> None:
    images = [nibabel.load(file) for file in volumes(root / dataset)]
    assert {"".join(nibabel.aff2axcodes(image.affine)) for image in images} == AXES[dataset]
    assert {bytes(image.header[field]).strip(b"\0") for image in images for field in ("descrip", "aux_file")} == {b""}


@pytest.mark.parametrize("dataset", MODULES)
def test_the_reader_of_the_data_set_takes_them(root: Path, dataset: str) -> None:
    reader = READERS["brats2020_regions" if dataset == "brats2020" else dataset]
    listing = reader.find(root / dataset, "all")
    assert (len(listing.cases), listing.faults) == (2, [])
    for case in listing.cases:
        sample = reader.read(case)
        assert sample.image.shape == (len(listing.channels), *sample.labels.shape)
        assert sample.labels.any()


@pytest.mark.parametrize("dataset", MODULES)
def test_the_whole_set_is_as_small_as_promised(root: Path, dataset: str) -> None:
    written = sum(file.stat().st_size for file in (root / dataset).rglob("*") if file.is_file())
    assert written / FEW[dataset][2] < MEGABYTES[dataset] * 1.08e6  # two cases are not the mean of all


@pytest.mark.parametrize("dataset", MODULES)
def test_a_note_says_that_the_files_are_made_by_computer(root: Path, dataset: str) -> None:
    assert "made by a computer" in (root / dataset / "PHANTOM.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("dataset", ["isles2018", "nfbs"])
def test_the_files_are_the_same_bytes_when_written_again(root: Path, tmp_path: Path, dataset: str) -> None:
    again = write_few(dataset, tmp_path)
    for file in volumes(root / dataset):
        assert file.read_bytes() == (again / file.relative_to(root / dataset)).read_bytes()


def test_the_sets_have_their_numbers_of_cases() -> None:
    assert Counter(centre for centre, _ in msseg.PATIENTS) == {"01": 5, "07": 5, "08": 5}
    assert Counter(site for site, _ in wmh2017.PATIENTS) == {"Utrecht": 4, "Singapore": 4, "GE3T": 4}
    assert (len(isles2018.SLICES), len(brats2020.NAMES), len(nfbs.NAMES)) == (12, 12, 10)
    assert set(isles2018.SLICES) == {2, 3, 4, 6}


@pytest.mark.parametrize(("dataset", "smallest", "largest"), [("msseg", 0.0002, 0.02), ("wmh2017", 0.0005, 0.015)])
def test_loads_of_lesions_run_over_two_orders_of_magnitude(dataset: str, smallest: float, largest: float) -> None:
    shares = MODULES[dataset].SHARES
    assert (min(shares), max(shares)) == pytest.approx((smallest, largest))
    assert shares != sorted(shares)


def test_an_image_holds_the_brain_where_the_mask_says_and_nothing_elsewhere(root: Path) -> None:
    folder = root / "nfbs" / "NFBS_Dataset" / "A99900001"
    head, brain, mask = (
        np.asarray(nibabel.load(folder / f"sub-A99900001_ses-NFB3_{kind}.nii.gz").dataobj)
        for kind in ("T1w", "T1w_brain", "T1w_brainmask")
    )
    np.testing.assert_array_equal(brain, np.where(mask > 0, head, 0))
    assert set(np.unique(mask)) == {0, 1}


def test_one_tumour_does_not_enhance_and_its_row_says_so(root: Path) -> None:
    folder = root / "brats2020" / "MICCAI_BraTS2020_TrainingData"
    labels = {
        name: set(np.unique(nibabel.load(folder / name / f"{name}_seg.nii.gz").dataobj)) for name in FEW["brats2020"][1]
    }
    assert labels == {"BraTS20_Training_901": {0, 1, 2, 4}, "BraTS20_Training_905": {0, 1, 2}}
    rows = (folder / "name_mapping.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["HGG", "LGG"]
