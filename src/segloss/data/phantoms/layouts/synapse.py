"""Abdominal CT in the raw layout of the BTCV challenge, which the Synapse data set of TransUNet is made of."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from segloss.data.phantoms.computed_tomography import abdomen_phantom
from segloss.data.phantoms.layouts.series import write_note
from segloss.data.phantoms.nifti import save_nifti

# The published split goes by number, so these are those of real cases: six of its training part, four of its test part.
NUMBERS = (5, 6, 7, 9, 10, 21, 1, 2, 3, 4)
SEED = 200_000


def write(folder: Path) -> None:
    """Write the phantoms below ``folder``."""
    write_note(folder, "abdomens. The numbers are those of real cases because the published split goes by number")
    for number in tqdm(sorted(NUMBERS), desc="phantoms synapse", disable=None):
        rng = np.random.default_rng(SEED + number)
        slice_mm, pixel_mm = float(rng.choice([3, 4, 5])), round(rng.uniform(3.2, 3.8), 2)
        spacing_mm = (slice_mm, pixel_mm, pixel_mm)
        phantom = abdomen_phantom(SEED + number, (24, 96, 96), spacing_mm, foreground_share=rng.uniform(0.1, 0.13))
        training = folder / "RawData" / "Training"
        save_nifti(phantom.images[0], training / "img" / f"img{number:04d}.nii.gz", spacing_mm, "LAS", np.int16)
        save_nifti(phantom.labels, training / "label" / f"label{number:04d}.nii.gz", spacing_mm, "LAS")
