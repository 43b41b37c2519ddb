"""KiTS19, contrast-enhanced CT of the abdomen: kidneys and their tumours.

The files run along the slices first, from superior to inferior; the affine says so, and the volumes are turned by it.
"""

from functools import partial
from pathlib import Path

from segloss.data.case import Case, Fault, Listing, Reader
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of, read_case

CLASSES = ("kidney", "tumour")
CODES = {0: 0, 1: 1, 2: 2}
# The paper doubts the ground truth of these six.
EXCLUDED = {f"case_{number:05d}" for number in (15, 23, 37, 68, 125, 133)}
EXPECTS = "data/case_*/imaging.nii.gz with segmentation.nii.gz beside it"


def find(folder: Path, subset: str) -> Listing:
    """List the labelled cases; the 90 cases of the test part have no segmentation and are left out by name."""
    data = cases_folder(folder, "data", "case_*", EXPECTS)
    return listing_of((_case(place) for place in data.glob("case_*") if place.is_dir()), ("CT",), CLASSES)


KITS = Reader(EXPECTS, find, partial(read_case, codes=CODES))


def _case(place: Path) -> Case | Fault:
    if place.name in EXCLUDED:
        reason = f"{place}: the paper excludes this case, doubting its ground truth; left out."
        return Fault(place.name, reason, "left_out")
    return complete_or_left_out(place.name, place.name, [place / "imaging"], [place / "segmentation"])
