"""Breast ultrasound: BUS2017 data set B (UDIAT), which the paper uses, and BUSI, which is easier to get.

BUS2017 has two folders with equal file names, ``original`` and ``GT``. BUSI has a folder per diagnosis, where an
image of several lesions has several masks, and a normal breast has a mask without foreground. Nothing in either
says which images are of one patient: each image is its own subject. Ultrasound is grey, so one channel is read.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from segloss.data.case import Listing, Reader
from segloss.data.files import visible_files
from segloss.data.readers.pairing import pair, read_pair
from segloss.errors import InputError

BUS2017_EXPECTS = "original/*.png with a mask of the same name in GT"
BUSI_EXPECTS = (
    "Dataset_BUSI_with_GT/benign/benign (1).png with benign (1)_mask.png beside it, likewise for each diagnosis"
)
PICTURES = (".png", ".bmp", ".jpg", ".jpeg")
DIAGNOSES = ("benign", "malignant", "normal")
IMAGE = re.compile(r"(benign|malignant|normal) \((\d+)\)\.png", re.IGNORECASE)
MASK = re.compile(r"(benign|malignant|normal) \((\d+)\)_mask(?:_\d+)?\.png", re.IGNORECASE)


def find_bus2017(folder: Path, subset: str) -> Listing:
    """List all pairs: the release has no parts."""
    files = [file for file in visible_files(folder) if file.suffix.lower() in PICTURES]
    listing = pair(
        images=((file.stem, file) for file in files if file.parent.name.lower() == "original"),
        masks=((file.stem, file) for file in files if file.parent.name.lower() == "gt"),
    )
    if not listing.cases and not listing.faults:
        raise InputError(f"{folder}: no image was found; expected {BUS2017_EXPECTS}.")
    return _described(listing)


def find_busi(folder: Path, subset: str) -> Listing:
    """List the cases of a subset: ``all``, ``benign``, ``malignant`` or ``normal``."""
    wanted = DIAGNOSES if subset == "all" else (subset,)
    files = list(visible_files(folder))
    images, masks = (
        [item for item in _named(files, pattern) if item[0].startswith(wanted)] for pattern in (IMAGE, MASK)
    )
    for diagnosis in wanted:
        if not any(name.startswith(diagnosis) for name, _ in images):
            raise InputError(f"{folder}: no {diagnosis} image was found; expected {BUSI_EXPECTS}.")
    return _described(pair(images, masks, several_masks=True))


def _named(files: list[Path], pattern: re.Pattern[str]) -> Iterator[tuple[str, Path]]:
    # Blanks and brackets of the official names would have to be quoted wherever a case is named.
    for file in files:
        if match := pattern.fullmatch(file.name):
            yield f"{match[1].lower()}_{int(match[2]):03d}", file


def _described(listing: Listing) -> Listing:
    listing.channels, listing.classes = ("ultrasound",), ("lesion",)
    return listing


read = partial(read_pair, mode="L")
BUS2017 = Reader(BUS2017_EXPECTS, find_bus2017, read)
BUSI = Reader(BUSI_EXPECTS, find_busi, read)
