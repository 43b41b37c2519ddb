"""Every metric of one structure in one case, by name."""

import math
from collections.abc import Sequence

import numpy as np

from segloss.metrics.overlap import (
    Mask,
    count,
    dice_per_slice_published,
    dice_score,
    false_positive_volume_fraction,
    iou_score,
    precision,
    relative_volume_error,
    sensitivity,
    specificity,
)
from segloss.metrics.surfaces import surface_distances

SURFACE_TOLERANCE_MM = 2.0
MM3_PER_ML = 1000


def case_metrics(predicted: Mask, truth: Mask, spacing_mm: Sequence[float] | None = None) -> dict[str, float]:
    """Every metric of one case by name; those in mm and ml only where the spacing is known.

    A picture has Dice, IoU, precision, sensitivity, specificity and Hausdorff distance. A scan is measured in three
    dimensions; it also has false positive voxels per true one, relative volume error, Dice per slice as the Boundary
    paper counts it, and, in mm and ml, the 95th percentile of the Hausdorff distance, surface Dice at a tolerance of
    2 mm, and the predicted volume.

    Args:
        predicted: Predicted mask, (H, W) of a picture or (Z, Y, X) of a scan.
        truth: True mask, same shape.
        spacing_mm: Distance between neighbouring pixels along each axis, if known.

    Raises:
        ValueError: If the shapes differ, a mask is not boolean, or the spacing has another length than there are axes.
    """
    counts = count(predicted, truth)
    values = {
        "dice": dice_score(counts),
        "iou": iou_score(counts),
        "precision": precision(counts),
        "sensitivity": sensitivity(counts),
        "specificity": specificity(counts),
        "hausdorff_px": surface_distances(predicted, truth).hausdorff(),
    }
    in_mm = None if spacing_mm is None else surface_distances(predicted, truth, spacing_mm)
    if in_mm is not None:
        values["hausdorff_mm"] = in_mm.hausdorff()
    if truth.ndim == 3:
        values["false_positive_volume_fraction"] = false_positive_volume_fraction(counts)
        values["relative_volume_error"] = relative_volume_error(counts)
        values["dice_per_slice_published"] = dice_per_slice_published(predicted, truth)
        if in_mm is not None and spacing_mm is not None:
            values["hausdorff95_mm"] = in_mm.hausdorff(percentile=95)
            values["surface_dice_mm2"] = in_mm.dice(SURFACE_TOLERANCE_MM)
            values["volume_ml"] = volume_ml(predicted, spacing_mm)
    return values


def volume_ml(mask: Mask, spacing_mm: Sequence[float]) -> float:
    """Volume of a mask of voxels of so many mm along each axis; 0 of an empty one.

    >>> volume_ml(np.ones((10, 10, 10), dtype=bool), (2, 1, 1))
    2.0
    """
    return int(np.count_nonzero(mask)) * math.prod(spacing_mm) / MM3_PER_ML
