"""Pictures and their masks that belong together because their names say so: found as pairs, read as pairs."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from segloss.data.case import Case, Fault, Listing, Sample
from segloss.data.pictures import read_image, read_mask
from segloss.errors import InputError


def pair(images: Iterable[tuple[str, Path]], masks: Iterable[tuple[str, Path]]) -> Listing:
    """Pair (name, file) items: one image and one mask make a case.

    A name with only one of the two is left out; a name with two images or two masks is a contradiction.
    Each case is its own subject.
    """
    images_of, masks_of = _by_name(images), _by_name(masks)
    listing = Listing()
    for name in sorted(images_of.keys() | masks_of.keys()):
        found = {"image": images_of.get(name, []), "mask": masks_of.get(name, [])}
        missing = [kind for kind, files in found.items() if not files]
        doubled = [files for files in found.values() if len(files) > 1]
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


def read_pair(case: Case, threshold: int = 127) -> Sample:
    """Read a colour image and its mask; foreground is brighter than the threshold, of 0 to 255.

    Raises:
        InputError: If one of the two cannot be decoded, or their sizes differ.
    """
    image = read_image(case.images[0])
    mask, grey = read_mask(case.labels[0], threshold)
    (height, width), expected = mask.shape, image.shape[1:]
    if mask.shape != expected:
        raise InputError(
            f"{case.labels[0]}: the mask is {width}x{height} pixels, expected {expected[1]}x{expected[0]} "
            f"as its image {case.images[0].name}."
        )
    return Sample(image, mask, grey_mask=grey)


def _by_name(files: Iterable[tuple[str, Path]]) -> dict[str, list[Path]]:
    grouped = defaultdict(list)
    for name, file in files:
        grouped[name].append(file)
    return {name: sorted(paths) for name, paths in grouped.items()}
