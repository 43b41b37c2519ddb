"""Synapse multi-organ CT (BTCV) as the challenge hands it out: 30 labelled scans, 13 organs.

The paper, and TransUNet whose split it takes, segment eight of them; the other five are background.
"""

import re
from pathlib import Path
from typing import Literal

from segloss.data.case import Case, Fault, Listing, Sample
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of, read_case

CLASSES = ("aorta", "gallbladder", "left kidney", "right kidney", "liver", "pancreas", "spleen", "stomach")
# 5 oesophagus, 9 inferior vena cava, 10 portal and splenic vein, 12 and 13 adrenal glands are background.
CODES = {0: 0, 1: 7, 2: 4, 3: 3, 4: 2, 5: 0, 6: 5, 7: 8, 8: 1, 9: 0, 10: 0, 11: 6, 12: 0, 13: 0}
TRAIN = {5, 6, 7, 9, 10, 21, 23, 24, 26, 27, 28, 30, 31, 33, 34, 37, 39, 40}
TEST = {1, 2, 3, 4, 8, 22, 25, 29, 32, 35, 36, 38}
EXPECTS = (
    "RawData/Training/img/img*.nii.gz with RawData/Training/label/label*.nii.gz, "
    "or train_npz/case*_slice*.npz with test_vol_h5/case*.npy.h5"
)


def find(folder: Path) -> Listing:
    """List the scans of the published split."""
    training = cases_folder(folder, "RawData/Training", "img/img*.nii*", EXPECTS)
    names = {*_numbers(training / "img", "img"), *_numbers(training / "label", "label")}
    return listing_of((_case(training, digits) for digits in names), ("CT",), CLASSES)


def read(case: Case) -> Sample:
    """Open one scan."""
    return read_case(case, CODES)


def part_of(number: int) -> Literal["", "train", "test"]:
    """Where the published split puts a scan; empty where it does not know it."""
    return "train" if number in TRAIN else "test" if number in TEST else ""


def not_in_split(name: str, file: Path) -> Fault:
    """Fault of a scan that the published split does not know."""
    return Fault(name, f"{file}: {name} is not in the published split of 18 and 12 scans; left out.", "left_out")


def _numbers(folder: Path, kind: str) -> set[str]:
    named = re.compile(rf"{kind}(\d+)\.nii(?:\.gz)?")
    return {match[1] for file in folder.glob(f"{kind}*") if (match := named.fullmatch(file.name))}


def _case(training: Path, digits: str) -> Case | Fault:
    name, part = f"case{digits}", part_of(int(digits))
    image, label = training / "img" / f"img{digits}", training / "label" / f"label{digits}"
    return complete_or_left_out(name, name, [image], [label], part) if part else not_in_split(name, image)
