"""A small data set in the raw layout of nnU-Net, as one of the user's own would lie there."""

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from segloss.data.phantoms.layouts.series import write_note
from segloss.data.phantoms.nifti import save_nifti
from segloss.data.phantoms.two_channels import CHANNELS, CLASSES, two_channel_phantom

NUMBERS = range(1, 13)
SEED = 600_000
SPACING_MM = (1.5, 1.0, 1.0)


def write(folder: Path) -> None:
    """Write the phantoms below ``folder``."""
    write_note(folder, "anatomy")
    rng = np.random.default_rng(SEED)
    for number in tqdm(NUMBERS, desc="phantoms example", disable=None):
        shape = (24, int(rng.integers(30, 35)), int(rng.integers(30, 35)))
        phantom = two_channel_phantom(SEED + number, shape, SPACING_MM, rng.uniform(0.03, 0.07))
        for channel, volume in enumerate(phantom.images):
            image = folder / "imagesTr" / f"case_{number:03d}_{channel:04d}.nii.gz"
            save_nifti(volume, image, SPACING_MM, dtype=np.uint8)
        save_nifti(phantom.labels, folder / "labelsTr" / f"case_{number:03d}.nii.gz", SPACING_MM)
    description = {
        "channel_names": {str(number): name for number, name in enumerate(CHANNELS)},
        "labels": {name: code for code, name in enumerate(("background", *CLASSES))},
        "numTraining": len(NUMBERS),
        "file_ending": ".nii.gz",
    }
    (folder / "dataset.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8", newline="\n")
