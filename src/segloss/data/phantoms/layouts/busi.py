"""Breast ultrasound in the layout of BUSI: three classes of image, several masks where there are several lesions."""

from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.ultrasound import ultrasound_phantom

# Real numbers end at 437.
NUMBERS = {"benign": range(901, 909), "malignant": range(901, 906), "normal": range(901, 903)}
LESION_SHARE = (0.02, 0.2)
SHAPE = (112, 128)
SEED = 600_000


def write(folder: Path) -> None:
    """Write the phantoms below ``folder``. The mask of every third benign image comes in two files."""
    write_note(folder, "breast lesions")
    for place, (kind, numbers) in enumerate(NUMBERS.items()):
        below = folder / "Dataset_BUSI_with_GT" / kind
        below.mkdir(parents=True)
        seed = SEED + 1000 * place
        shares = shuffled_shares(seed, *LESION_SHARE, len(numbers))
        for number, share in zip(tqdm(numbers, desc=f"phantoms busi {kind}", disable=None), shares, strict=True):
            image, mask = ultrasound_phantom(seed + number, SHAPE, share, contrast=0.0 if kind == "normal" else 1.0)
            Image.fromarray(image).save(below / f"{kind} ({number}).png", optimize=True)
            for name, part in _masks(kind, number, mask).items():
                Image.fromarray(part.astype(np.uint8) * 255).save(below / f"{kind} ({number}){name}.png", optimize=True)


def _masks(kind: str, number: int, mask: np.ndarray) -> dict[str, np.ndarray]:
    if kind == "normal":
        return {"_mask": np.zeros_like(mask)}
    if kind == "malignant" or number % 3:
        return {"_mask": mask}
    left = np.arange(mask.shape[1]) < np.flatnonzero(mask.any(axis=0)).mean()
    return {"_mask": mask & left, "_mask_1": mask & ~left}
