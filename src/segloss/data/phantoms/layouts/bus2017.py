"""Breast ultrasound in the layout of BUS2017, data set B."""

from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.ultrasound import ultrasound_phantom

# No real image has these numbers.
NUMBERS = range(901, 937)
LESION_SHARE = (0.01, 0.25)
SEED = 500_000


def write(folder: Path) -> None:
    """Write the phantoms below ``folder``. Lesion shares are spread evenly on a logarithmic scale."""
    write_note(folder, "breast lesions")
    for name in ("original", "GT"):
        (folder / name).mkdir()
    rng = np.random.default_rng(SEED)
    shares = shuffled_shares(SEED, *LESION_SHARE, len(NUMBERS))
    for number, share in zip(tqdm(NUMBERS, desc="phantoms bus2017", disable=None), shares, strict=True):
        shape = (int(rng.integers(104, 129)), int(rng.integers(124, 151)))
        image, mask = ultrasound_phantom(SEED + number, shape, share)
        Image.fromarray(image).save(folder / "original" / f"{number:06d}.png", optimize=True)
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / "GT" / f"{number:06d}.png", optimize=True)
