"""Metrics of one case: overlap from counts, Hausdorff distance between contours.

Empty masks follow one policy. A structure absent from truth and prediction has no metric (NaN): it is left
out of means, and counted. Absent from one of the two, its overlap is 0 and its distances are NaN; rank tests
place these worst (:mod:`segloss.statistics`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, generate_binary_structure
from scipy.spatial import cKDTree

Mask = NDArray[np.bool_]


class Counts(NamedTuple):
    """Pixels of one case by truth and prediction."""

    tp: int
    fp: int
    fn: int
    tn: int


def count(predicted: Mask, truth: Mask) -> Counts:
    """Count the pixels of two masks.

    Raises:
        ValueError: If the shapes differ or a mask is not boolean.
    """
    _check_masks(predicted, truth)
    tp = int(np.count_nonzero(predicted & truth))
    fp = int(np.count_nonzero(predicted)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return Counts(tp, fp, fn, truth.size - tp - fp - fn)


def dice_score(counts: Counts) -> float:
    """2 TP / (2 TP + FP + FN), in [0, 1]; NaN when both masks are empty.

    >>> dice_score(Counts(tp=3, fp=1, fn=2, tn=10))
    0.6666666666666666
    """
    return _ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


def iou_score(counts: Counts) -> float:
    """TP / (TP + FP + FN), the Jaccard index, in [0, 1]; NaN when both masks are empty.

    >>> iou_score(Counts(tp=3, fp=1, fn=2, tn=10))
    0.5
    """
    return _ratio(counts.tp, counts.tp + counts.fp + counts.fn)


def sensitivity(counts: Counts) -> float:
    """TP / (TP + FN), in [0, 1]; 0 for a structure that is only predicted, NaN when both masks are empty.

    >>> sensitivity(Counts(tp=3, fp=1, fn=2, tn=10))
    0.6
    """
    return _ratio(counts.tp, counts.tp + counts.fn or counts.fp)


def specificity(counts: Counts) -> float:
    """TN / (TN + FP), in [0, 1]; NaN when both masks are empty or the truth fills the image.

    >>> specificity(Counts(tp=3, fp=1, fn=2, tn=9))
    0.9
    """
    return _ratio(counts.tn, counts.tn + counts.fp) if counts.tp + counts.fp + counts.fn else float("nan")


def contour(mask: Mask) -> Mask:
    """The mask's pixels that have a face neighbour outside it; beyond the image is outside.

    So a lesion cut off by the image's edge has a closed contour, and every mask that is not empty has one.
    """
    # Only the box around the mask matters, and a lesion's box is a fraction of the image.
    box = tuple(slice(ends[0], ends[-1] + 1) for ends in _extents(mask))
    edge = np.zeros_like(mask)
    faces = generate_binary_structure(mask.ndim, 1)
    edge[box] = mask[box] & ~binary_erosion(mask[box], faces, border_value=0)
    return edge


def hausdorff_distance(predicted: Mask, truth: Mask, spacing: Sequence[float] | None = None) -> float:
    """Largest distance from a contour point of either mask to the other mask's contour.

    Args:
        predicted: Predicted mask, any number of dimensions.
        truth: True mask, same shape.
        spacing: Distance between neighbouring pixels along each axis; 1 where left out.

    Returns:
        The distance in the unit of ``spacing`` (pixels without it), at least 0. NaN if a mask is empty.

    Raises:
        ValueError: If the shapes differ or a mask is not boolean.

    Reference:
        Zhang (2019), section 4.2: "the maximum point-to-point distance between two contours".

    Example:
        >>> truth, predicted = np.zeros((2, 8, 8), dtype=bool)
        >>> truth[2:5, 2:5] = predicted[2:5, 2:8] = True
        >>> hausdorff_distance(predicted, truth), hausdorff_distance(predicted, truth, spacing=(1, 0.5))
        (3.0, 1.5)
    """
    _check_masks(predicted, truth)
    if not predicted.any() or not truth.any():
        return float("nan")
    scale = np.ones(truth.ndim) if spacing is None else np.asarray(spacing, dtype=float)
    edges = contour(predicted), contour(truth)
    points, true_points = (np.argwhere(edge) * scale for edge in edges)
    # A point on both contours is at distance 0: only the others need a search.
    alone, true_alone = (np.argwhere(edge & ~other) * scale for edge, other in (edges, edges[::-1]))
    return max(_farthest(alone, true_points), _farthest(true_alone, points))


def case_metrics(predicted: Mask, truth: Mask, spacing_mm: Sequence[float] | None = None) -> dict[str, float]:
    """Every metric of one case by name; ``hausdorff_mm`` only where the spacing is known."""
    counts = count(predicted, truth)
    values = {
        "dice": dice_score(counts),
        "iou": iou_score(counts),
        "sensitivity": sensitivity(counts),
        "specificity": specificity(counts),
        "hausdorff_px": hausdorff_distance(predicted, truth),
    }
    if spacing_mm is not None:
        values["hausdorff_mm"] = hausdorff_distance(predicted, truth, spacing_mm)
    return values


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else float("nan")


def _extents(mask: Mask) -> list[NDArray[np.intp]]:
    axes = range(mask.ndim)
    inside = [np.flatnonzero(mask.any(axis=tuple(a for a in axes if a != axis))) for axis in axes]
    return inside if inside[0].size else [np.array([0, -1])] * mask.ndim


def _farthest(points: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    return float(cKDTree(targets).query(points)[0].max()) if len(points) else 0.0


def _check_masks(predicted: Mask, truth: Mask) -> None:
    for name, mask in (("predicted", predicted), ("truth", truth)):
        if mask.dtype != np.bool_:
            raise ValueError(f"{name} has dtype {mask.dtype}, expected bool.")
    if predicted.shape != truth.shape:
        raise ValueError(f"predicted has shape {predicted.shape}, truth {truth.shape}; expected the same.")
