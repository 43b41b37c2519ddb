"""Metrics of one structure in one case: overlap from counts, distances between contours, volumes.

Empty masks follow one policy. A structure absent from truth and prediction has no metric (NaN): it is left
out of means, and counted. Absent from one of the two, its overlap is 0 and its distances are NaN; rank tests
place these worst (:mod:`segloss.statistics`).
"""

from segloss.metrics.cases import SURFACE_TOLERANCE_MM, case_metrics, volume_ml
from segloss.metrics.overlap import (
    Counts,
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
from segloss.metrics.surfaces import (
    SurfaceDistances,
    bounding_box,
    contour,
    hausdorff_distance,
    surface_dice,
    surface_distances,
)

__all__ = [
    "SURFACE_TOLERANCE_MM",
    "Counts",
    "Mask",
    "SurfaceDistances",
    "bounding_box",
    "case_metrics",
    "contour",
    "count",
    "dice_per_slice_published",
    "dice_score",
    "false_positive_volume_fraction",
    "hausdorff_distance",
    "iou_score",
    "precision",
    "relative_volume_error",
    "sensitivity",
    "specificity",
    "surface_dice",
    "surface_distances",
    "volume_ml",
]
