"""Heads in the layout of NFBS: ten people, at most 1.2 MB."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from segloss.data.phantoms.brain_extraction import brain_extraction_phantom
from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.nifti import save_nifti

SEED = 201_900
SPACING_MM = (4.0, 4.0, 4.0)
NAMES = [f"A999000{number:02}" for number in range(1, 11)]
SHARES = shuffled_shares(SEED, 0.11, 0.18, len(NAMES))


def write(folder: Path) -> None:
    """Write all people."""
    write_note(folder, "brains")
    for place, name in enumerate(tqdm(NAMES, desc="phantoms nfbs", disable=None)):
        phantom = brain_extraction_phantom(SEED + place, (48, 56, 48), SPACING_MM, SHARES[place])
        head = np.rint(50 * phantom.images[0])
        start = folder / "NFBS_Dataset" / name / f"sub-{name}_ses-NFB3_T1w"
        save_nifti(head, start.with_name(f"{start.name}.nii.gz"), SPACING_MM, "PIR", "float32")
        save_nifti(head * phantom.labels, start.with_name(f"{start.name}_brain.nii.gz"), SPACING_MM, "PIR", "float32")
        save_nifti(phantom.labels, start.with_name(f"{start.name}_brainmask.nii.gz"), SPACING_MM, "PIR", "float32")
