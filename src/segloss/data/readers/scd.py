"""Skin Cancer Detection (SCD), University of Waterloo: photographs of melanoma and of other lesions.

An image ``*_orig.jpg`` and its mask ``*_contour.png`` lie side by side, in one folder per source below a
folder named after the class. Numbers may repeat between sources, so a case is named by class, source and number.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from segloss.data.case import Listing, Reader
from segloss.data.readers.pairing import pair, read_pair
from segloss.errors import InputError

CLASSES = {"all": ("melanoma", "notmelanoma"), "melanoma": ("melanoma",), "nonmelanoma": ("notmelanoma",)}
IMAGE = re.compile(r"(.+)_orig\.(?:jpe?g|png)", re.IGNORECASE)
MASK = re.compile(r"(.+)_contour\.png", re.IGNORECASE)
EXPECTS = "skin_data/melanoma/<source>/*_orig.jpg with *_contour.png beside it, likewise skin_data/notmelanoma"


def find(folder: Path, subset: str) -> Listing:
    """List the cases of a subset: ``all``, ``melanoma`` or ``nonmelanoma``."""
    trees = [tree for name in CLASSES[subset] for tree in sorted(folder.rglob(name)) if tree.is_dir()]
    found = {tree.name for tree in trees}
    for name in CLASSES[subset]:
        if name not in found:
            raise InputError(f"{folder}: no folder {name} below it; expected {EXPECTS}.")
    listing = pair(_named(trees, IMAGE), _named(trees, MASK))
    if not listing.cases and not listing.faults:
        raise InputError(f"{folder}: no image was found; expected {EXPECTS}.")
    return listing


# The masks are outlines filled with any value above zero.
SCD = Reader(EXPECTS, find, partial(read_pair, threshold=0))


def _named(trees: list[Path], pattern: re.Pattern[str]) -> Iterator[tuple[str, Path]]:
    for tree in trees:
        for file in tree.rglob("*"):
            if match := pattern.fullmatch(file.name):
                yield "_".join((*file.parent.relative_to(tree.parent).parts, match[1])), file
