"""Strokes in the layout of ISLES 2018: twelve cases of a few slices, not compressed, at most 2.0 MB."""

from pathlib import Path

from tqdm import tqdm

from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.nifti import save_nifti
from segloss.data.phantoms.stroke import stroke_phantom

SEED = 201_800
# The official CT is int32, and its times are float64: twice the space for the same values.
KINDS = {"CT": "int16", "CT_CBF": "uint16", "CT_CBV": "uint16", "CT_MTT": "float32", "CT_Tmax": "float32"}
SLICES = (4, 2, 3, 6, 3, 2, 4, 3, 2, 4, 3, 4)
SHARES = shuffled_shares(SEED, 0.004, 0.07, len(SLICES))
THICKNESS_MM = (6.0, 8.0, 5.0)


def write(folder: Path) -> None:
    """Write all cases, numbered from 901."""
    write_note(folder, "strokes")
    for place, slices in enumerate(tqdm(SLICES, desc="phantoms isles2018", disable=None)):
        spacing = (THICKNESS_MM[place % len(THICKNESS_MM)], 4.0, 4.0)
        phantom = stroke_phantom(SEED + place, (slices, 56, 56), spacing, SHARES[place])
        arrays = dict(zip(KINDS, phantom.images, strict=True)) | {"OT": phantom.labels}
        for number, (kind, array) in enumerate(arrays.items()):
            name = f"SMIR.Brain.XX.O.{kind}.{900_001 + 10 * place + number}"
            path = folder / "TRAINING" / f"case_{901 + place}" / name / f"{name}.nii"
            save_nifti(array, path, spacing, "LPS", KINDS.get(kind, "uint8"))
