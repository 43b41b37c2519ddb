"""Skin Cancer Detection (SCD), University of Waterloo: photographs of melanoma and of other lesions.

An image ``*_orig.jpg`` and its mask ``*_contour.png`` lie side by side, in one folder per source below a
folder named after the class. Numbers may repeat between sources, so a case is named by class, source and number.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from segloss.data.case import Listing, Reader
from segloss.data.files import visible_files
from segloss.data.readers.pairing import COLOURS, pair, read_pair
from segloss.errors import InputError

CLASSES = {"all": ("melanoma", "notmelanoma"), "melanoma": ("melanoma",), "nonmelanoma": ("notmelanoma",)}
IMAGE = re.compile(r"(.+)_orig\.(?:jpe?g|png)", re.IGNORECASE)
MASK = re.compile(r"(.+)_contour\.png", re.IGNORECASE)
EXPECTS = "skin_data/melanoma/<source>/*_orig.jpg with *_contour.png beside it, likewise skin_data/notmelanoma"


def find(folder: Path, subset: str) -> Listing:
    """List the cases of a subset: ``all``, ``melanoma`` or ``nonmelanoma``."""
    files = [(parts, file) for file in visible_files(folder) if (parts := _from_class(file.relative_to(folder)))]
    for name in CLASSES[subset]:
        if name not in {parts[0] for parts, _ in files}:
            raise InputError(f"{folder}: no folder {name} with files below it; expected {EXPECTS}.")
    wanted = [(parts, file) for parts, file in files if parts[0] in CLASSES[subset]]
    listing = pair(_named(wanted, IMAGE), _named(wanted, MASK))
    listing.channels, listing.classes = COLOURS, ("lesion",)
    if not listing.cases and not listing.faults:
        raise InputError(f"{folder}: no image was found; expected {EXPECTS}.")
    return listing


# The masks are outlines filled with any value above zero.
SCD = Reader(EXPECTS, find, partial(read_pair, threshold=0))


def _from_class(path: Path) -> tuple[str, ...]:
    for start, part in enumerate(path.parts):
        if part in CLASSES["all"]:
            return path.parts[start:]
    return ()


def _named(files: list[tuple[tuple[str, ...], Path]], pattern: re.Pattern[str]) -> Iterator[tuple[str, Path]]:
    for parts, file in files:
        if match := pattern.fullmatch(file.name):
            yield "_".join((*parts[:-1], match[1])), file
