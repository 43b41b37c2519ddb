"""Lesion by lesion: which ones are found, which are missed, and what is found where there is none.

A lesion is a connected component of the mask; voxels that share a face, an edge or a corner are connected (26
neighbours, 8 in a picture). A true lesion counts as detected if at least one of its voxels is predicted, and a
predicted one as false if none of its voxels is true: the definition of the WMH challenge, whose components these are
too. It is a lenient one, and rewards predictions that run together: one that fills the head detects every lesion. So
false lesions, precision and Dice belong beside it. The MSSEG challenge asks for a share of overlap, and that not too
much lies outside; here, one rule holds for all data sets.

Sizes are volumes on the prepared grid. Lesions that the original grid parts may be one there, and the reverse.
"""

import math
from collections.abc import Sequence

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label

from segloss.metrics import Mask, bounding_box
from segloss.metrics.cases import MM3_PER_ML

# Fixed before the first run and the same for every data set: decades, of which the lowest is a few voxels of a clinical
# scan. A class holds its lower end.
SIZE_CLASSES_ML = {"tiny": (0.0, 0.01), "small": (0.01, 0.1), "medium": (0.1, 1.0), "large": (1.0, math.inf)}
# A lesion is far from the others if all of them are farther away than this.
FAR_MM = 10.0


def lesion_metrics(predicted: Mask, truth: Mask, spacing_mm: Sequence[float] | None = None) -> dict[str, float]:
    """Counts, recall and precision of lesions in one case, by name.

    - ``lesions_true``, ``lesions_detected``, ``lesions_missed``: true lesions, and those with and without a predicted
      voxel; ``lesions_false``: predicted ones without a true voxel.
    - ``lesion_recall``: detected / true; ``lesion_precision``: 1 - false / predicted lesions. As of pixels, both are 0
      where only one of the masks has lesions.
    - ``lesion_recall_<size class>``: the same recall of the true lesions of a size class; ``lesion_recall_far``: of
      those that are more than 10 mm from the nearest other one, or the only one.
    - ``false_lesion_distance_mm``: mean over the false lesions of the distance to the nearest true voxel;
      ``false_positive_distance_mm``: mean of that distance over all false positive voxels, so weighted by volume.
    - ``lesion_slices``, ``lesion_slices_empty``: slices with a true lesion, and those of them in which nothing is
      predicted; of scans only.

    Other shares of nothing, and distances from or to nothing, are NaN; counts are 0.

    Args:
        predicted: Predicted mask, (H, W) of a picture or (Z, Y, X) of a scan.
        truth: True mask, same shape.
        spacing_mm: Distance between neighbouring pixels along each axis. Without it there are no distances, and
            of a picture or without it no sizes.
    """
    box = bounding_box(predicted | truth)
    predicted, truth = predicted[box], truth[box]
    lesions, found = _components(truth), _components(predicted)
    detected = np.isin(np.arange(1, lesions.max(initial=0) + 1), lesions[predicted])
    false = ~np.isin(np.arange(1, found.max(initial=0) + 1), found[truth])
    values = {
        "lesions_true": len(detected),
        "lesions_detected": int(detected.sum()),
        "lesions_missed": int((~detected).sum()),
        "lesions_false": int(false.sum()),
        "lesion_recall": _ratio(detected, len(detected) or len(false)),
        "lesion_precision": _ratio(~false, len(false) or len(detected)),
    }
    for name, members in _groups(lesions, spacing_mm).items():
        values[f"lesion_recall_{name}"] = _ratio(detected[members], int(members.sum()))
    if spacing_mm is not None:
        values |= _distances_of_false(predicted, truth, found, false, spacing_mm)
    if truth.ndim == 3:
        with_lesion, with_prediction = (np.count_nonzero(mask, axis=(1, 2)) > 0 for mask in (truth, predicted))
        values["lesion_slices"] = int(with_lesion.sum())
        values["lesion_slices_empty"] = int((with_lesion & ~with_prediction).sum())
    return values


def lesion_numbers(truth: Mask, spacing_mm: Sequence[float] | None = None) -> dict[str, float]:
    """How many true lesions each group has: ``lesions_true_<size class>`` and ``lesions_true_far``."""
    lesions = _components(truth[bounding_box(truth)])
    return {f"lesions_true_{name}": int(members.sum()) for name, members in _groups(lesions, spacing_mm).items()}


def _components(mask: Mask) -> NDArray[np.int64]:
    """Number of the component of each voxel, 0 outside."""
    return label(mask, connectivity=mask.ndim) if mask.size else np.zeros(mask.shape, dtype=int)


def _groups(lesions: NDArray[np.int64], spacing_mm: Sequence[float] | None) -> dict[str, Mask]:
    """Which lesions belong to each size class, and which are far from the others."""
    if spacing_mm is None or lesions.ndim != 3:
        return {}
    volumes = np.bincount(lesions.ravel(), minlength=1)[1:] * math.prod(spacing_mm) / MM3_PER_ML
    groups = {name: (low <= volumes) & (volumes < high) for name, (low, high) in SIZE_CLASSES_ML.items()}
    return groups | {"far": _far_from_others(lesions, spacing_mm)}


def _far_from_others(lesions: NDArray[np.int64], spacing_mm: Sequence[float]) -> Mask:
    # Only what lies within that distance of a lesion's box can be near to it.
    margins = [math.ceil(FAR_MM / mm) for mm in spacing_mm]
    far = []
    boxes = ndimage.find_objects(lesions) if lesions.size else []
    for number, box in enumerate(boxes, start=1):
        ends = zip(box, margins, strict=True)
        around = lesions[tuple(slice(max(0, side.start - margin), side.stop + margin) for side, margin in ends)]
        others = (around > 0) & (around != number)
        far.append(not others.any() or _distance_to(others, spacing_mm)[around == number].min() > FAR_MM)
    return np.array(far, dtype=bool)


def _distances_of_false(
    predicted: Mask, truth: Mask, found: NDArray[np.int64], false: Mask, spacing_mm: Sequence[float]
) -> dict[str, float]:
    each = pixels = math.nan
    wrong = predicted & ~truth
    if truth.any() and wrong.any():
        distance = _distance_to(truth, spacing_mm)
        pixels = float(distance[wrong].mean(dtype=float))
        if false.any():
            nearest = np.full(1 + len(false), np.inf)
            np.minimum.at(nearest, found[wrong], distance[wrong])
            each = float(nearest[1:][false].mean())
    return {"false_lesion_distance_mm": each, "false_positive_distance_mm": pixels}


def _distance_to(mask: Mask, spacing_mm: Sequence[float]) -> NDArray[np.float32]:
    return edt.edt((~mask).view(np.uint8), anisotropy=tuple(spacing_mm), black_border=False)


def _ratio(members: Mask, of: int) -> float:
    return int(members.sum()) / of if of else math.nan
