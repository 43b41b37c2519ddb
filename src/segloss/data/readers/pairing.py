"""Pictures and their masks that belong together because their names say so: found as pairs, read as pairs."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np

from segloss.data.case import Case, Fault, Listing, Sample
from segloss.data.pictures import read_image, read_mask
from segloss.errors import InputError

COLOURS = ("red", "green", "blue")


def pair(images: Iterable[tuple[str, Path]], masks: Iterable[tuple[str, Path]], several_masks: bool = False) -> Listing:
    """Pair (name, file) items: one image and one mask make a case.

    A name with only one of the two is left out; a name with two images is a contradiction, and so are two masks
    unless a case may have several. Each case is its own subject.
    """
    images_of, masks_of = _by_name(images), _by_name(masks)
    single = ("image",) if several_masks else ("image", "mask")
    listing = Listing()
    for name in sorted(images_of.keys() | masks_of.keys()):
        found = {"image": images_of.get(name, []), "mask": masks_of.get(name, [])}
        missing = [kind for kind, files in found.items() if not files]
        doubled = [found[kind] for kind in single if len(found[kind]) > 1]
        if doubled:
            first, second = doubled[0][:2]
            reason = f"{second}: duplicate of {first}; expected one file for case {name}."
            listing.faults.append(Fault(name, reason, "stop"))
        elif missing:
            other = (found["image"] + found["mask"])[0]
            reason = f"{other}: the {missing[0]} of this case is missing, expected one named after {name}; left out."
            listing.faults.append(Fault(name, reason, "left_out"))
        else:
            listing.cases.append(Case(name, name, tuple(found["image"]), tuple(found["mask"])))
    return listing


def read_pair(case: Case, threshold: int = 127, mode: Literal["RGB", "L"] = "RGB") -> Sample:
    """Read an image and its mask; of several masks, the union.

    Args:
        case: One of those that :func:`pair` lists.
        threshold: Foreground is brighter than this, of 0 to 255.
        mode: Of the image: colour, or brightness alone.

    Raises:
        InputError: If a file cannot be decoded, or sizes differ.
    """
    image = read_image(case.images[0], mode)
    height, width = image.shape[1:]
    labels = np.zeros((height, width), np.uint8)
    some_grey = False
    for path in case.labels:
        mask, grey = read_mask(path, threshold)
        if mask.shape != labels.shape:
            raise InputError(
                f"{path}: the mask is {mask.shape[1]}x{mask.shape[0]} pixels, expected {width}x{height} "
                f"as its image {case.images[0].name}."
            )
        labels |= mask
        some_grey |= grey
    return Sample(image, labels, grey_mask=some_grey)


def _by_name(files: Iterable[tuple[str, Path]]) -> dict[str, list[Path]]:
    grouped = defaultdict(list)
    for name, file in files:
        grouped[name].append(file)
    return {name: sorted(paths) for name, paths in grouped.items()}
