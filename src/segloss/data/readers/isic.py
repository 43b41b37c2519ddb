"""ISIC 2016, 2017 and 2018 Task 1: one folder of jpg images, one of png masks, paired by number.

Only the training part is read: 900, 2,000 and 2,594 images, as in the Kappa paper. Official masks end in
``_Segmentation.png`` or ``_segmentation.png``, depending on the year; superpixels are ignored.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from segloss.data.case import Listing, Reader
from segloss.data.readers.pairing import COLOURS, pair, read_pair
from segloss.errors import InputError

IMAGE = re.compile(r"(isic_\d+)\.(?:jpe?g|png)", re.IGNORECASE)
MASK = re.compile(r"(isic_\d+)_segmentation\.png", re.IGNORECASE)


def isic_reader(images: str, labels: str) -> Reader:
    """Reader of one year, whose training images and masks lie in the folders of these names."""
    expects = f"{images}/ISIC_*.jpg with {labels}/ISIC_*_segmentation.png"

    def find(folder: Path, subset: str) -> Listing:
        for name in (images, labels):
            if not (folder / name).is_dir():
                found = ", ".join(sorted(file.name for file in folder.iterdir())[:5]) or "nothing"
                raise InputError(f"{folder}: the folder {name} is missing, found {found}; expected {expects}.")
        listing = pair(_named(folder / images, IMAGE), _named(folder / labels, MASK))
        listing.channels, listing.classes = COLOURS, ("lesion",)
        if not listing.cases and not listing.faults:
            raise InputError(f"{folder}: no image was found; expected {expects}.")
        return listing

    return Reader(expects, find, read_pair)


def _named(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[str, Path]]:
    for file in folder.iterdir():
        if match := pattern.fullmatch(file.name):
            yield match[1].upper(), file
