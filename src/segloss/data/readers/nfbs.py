"""NFBS: brain extraction in T1-weighted MRI of 125 heads.

The paper calls the scans CT; they are MRI. Brain masks are nominally 0 and 1, but some files hold values between,
left by resampling: brain is what lies above one half. ``T1w_brain``, the head times its mask, is not read.
"""

from pathlib import Path

import numpy as np

from segloss.data.case import Case, Listing, Reader, Sample
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of
from segloss.data.volumes import check_same_grid, read_modalities, read_volume
from segloss.errors import InputError

# Resampling by splines leaves its rounding outside of 0 and 1; a mask stored as 0 and 255 is beyond this.
TOLERANCE = 1e-3
EXPECTS = "NFBS_Dataset/<id>/sub-<id>_ses-NFB3_T1w.nii.gz with sub-<id>_ses-NFB3_T1w_brainmask.nii.gz beside it"


def find(folder: Path, subset: str) -> Listing:
    """List the heads: the release has no parts."""
    heads = cases_folder(folder, "NFBS_Dataset", "*/sub-*_ses-NFB3_*", EXPECTS)
    found = []
    for head in sorted({file.parent for file in heads.glob("*/sub-*_ses-NFB3_*")}):
        stem = head / f"sub-{head.name}_ses-NFB3_T1w"
        mask = stem.with_name(f"{stem.name}_brainmask")
        found.append(complete_or_left_out(head.name, head.name, images=[stem], labels=[mask]))
    return listing_of(found, channels=("T1",), classes=("brain",))


def read(case: Case) -> Sample:
    """Open a head and its brain mask.

    Raises:
        InputError: If a file is corrupt, the mask leaves the range of 0 to 1, or lies on another grid.
    """
    image, head = read_modalities(case.images)
    path = case.labels[0]
    mask = read_volume(path)
    lowest, highest = float(mask.array.min()), float(mask.array.max())
    if lowest < -TOLERANCE or highest > 1 + TOLERANCE:
        raise InputError(f"{path}: the mask holds values from {lowest:g} to {highest:g}, expected 0 to 1.")
    check_same_grid(path, mask, case.images[0], head)
    between = np.minimum(mask.array, 1 - mask.array) > TOLERANCE
    labels = (mask.array > 0.5).astype(np.uint8)
    return Sample(image, labels, spacing_mm=head.spacing_mm, grey_mask=bool(between.any()))


NFBS = Reader(EXPECTS, find, read)
