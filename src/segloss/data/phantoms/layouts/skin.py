"""Skin lesions in the layouts of SCD and of ISIC 2016, 2017 and 2018, at most 2 MB together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from segloss.data.phantoms.dermoscopy import dermoscopy_phantom

SIZE = 128
JPEG_QUALITY = 85
NOTE = """\
Every image in this folder was made by a computer program (python -m segloss phantoms).
No person was photographed, and results on these files say nothing about real skin lesions.
"""


@dataclass(frozen=True)
class Group:
    """Phantoms of one kind in one data set; ``{}`` in the file names stands for the number of the phantom.

    Lesion shares are spread evenly on a logarithmic scale, irregularities on a linear one.
    """

    dataset: str
    image: str
    mask: str
    numbers: range
    share: tuple[float, float] = (0.03, 0.7)
    irregularity: tuple[float, float] = (0.05, 0.35)


# The ISIC numbers are none that a real image has.
GROUPS = (
    Group(
        "scd",
        "Skin Image Data Set-1/skin_data/melanoma/dermis/D{}_orig.jpg",
        "Skin Image Data Set-1/skin_data/melanoma/dermis/D{}_contour.png",
        range(1, 25),
        share=(0.08, 0.7),
        irregularity=(0.2, 0.4),
    ),
    Group(
        "scd",
        "Skin Image Data Set-2/skin_data/notmelanoma/dermis/NM{}_orig.jpg",
        "Skin Image Data Set-2/skin_data/notmelanoma/dermis/NM{}_contour.png",
        range(1, 22),
        share=(0.03, 0.35),
        irregularity=(0.05, 0.2),
    ),
    Group(
        "isic2016",
        "ISBI2016_ISIC_Part1_Training_Data/ISIC_{}.jpg",
        "ISBI2016_ISIC_Part1_Training_GroundTruth/ISIC_{}_Segmentation.png",
        range(9160001, 9160073),
    ),
    Group(
        "isic2017",
        "ISIC-2017_Training_Data/ISIC_{}.jpg",
        "ISIC-2017_Training_Part1_GroundTruth/ISIC_{}_segmentation.png",
        range(9170001, 9170073),
    ),
    Group(
        "isic2018",
        "ISIC2018_Task1-2_Training_Input/ISIC_{}.jpg",
        "ISIC2018_Task1_Training_GroundTruth/ISIC_{}_segmentation.png",
        range(9180001, 9180073),
    ),
)


def write(dataset: str, folder: Path) -> None:
    """Write the groups of one data set. The same version of Pillow writes the same bytes."""
    (folder / "PHANTOM.txt").write_text(NOTE, encoding="utf-8", newline="\n")
    for first_seed, group in enumerate(GROUPS):
        if group.dataset == dataset:
            _write_group(group, folder, 10_000 * first_seed)


def _write_group(group: Group, folder: Path, first_seed: int) -> None:
    count = len(group.numbers)
    rng = np.random.default_rng(first_seed)
    # Shuffled, so that neither size nor irregularity follows from a name, or one from the other.
    shares = rng.permutation(np.geomspace(*group.share, count))
    irregularities = rng.permutation(np.linspace(*group.irregularity, count))
    for place, number in enumerate(tqdm(group.numbers, desc=f"phantoms {group.dataset}", disable=None)):
        seed = first_seed + 1 + place
        image, mask = dermoscopy_phantom(seed, SIZE, shares[place], irregularities[place])
        _save(image, folder / group.image.format(number), quality=JPEG_QUALITY)
        _save(mask, folder / group.mask.format(number), optimize=True)


def _save(picture: np.ndarray, path: Path, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = picture.astype(np.uint8) * 255 if picture.dtype == bool else picture
    Image.fromarray(grey).save(path, **options)
