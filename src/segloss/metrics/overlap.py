"""Metrics from the counts of true and false pixels, over a whole case or slice by slice."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    check_masks(predicted, truth)
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
    """TP / (TP + FN), also called recall, in [0, 1]; 0 for a structure that is only predicted, NaN for none at all.

    >>> sensitivity(Counts(tp=3, fp=1, fn=2, tn=10))
    0.6
    """
    return _ratio(counts.tp, counts.tp + counts.fn or counts.fp)


def precision(counts: Counts) -> float:
    """TP / (TP + FP), in [0, 1]; 0 for a structure that is not predicted, NaN when both masks are empty.

    >>> precision(Counts(tp=3, fp=1, fn=2, tn=10))
    0.75
    """
    return _ratio(counts.tp, counts.tp + counts.fp or counts.fn)


def specificity(counts: Counts) -> float:
    """TN / (TN + FP), in [0, 1]; NaN when both masks are empty or the truth fills the image.

    >>> specificity(Counts(tp=3, fp=1, fn=2, tn=9))
    0.9
    """
    return _ratio(counts.tn, counts.tn + counts.fp) if counts.tp + counts.fp + counts.fn else float("nan")


def false_positive_volume_fraction(counts: Counts) -> float:
    """FP / (TP + FN): false positive pixels per true one, at least 0, above 1 where there are more of them.

    Specificity relates the same pixels to the background and is close to 1 wherever an image is mostly background. NaN
    where the truth is empty: there is nothing to relate to.

    >>> false_positive_volume_fraction(Counts(tp=3, fp=1, fn=2, tn=9))
    0.2
    """
    return _ratio(counts.fp, counts.tp + counts.fn)


def relative_volume_error(counts: Counts) -> float:
    """(FP - FN) / (TP + FN): predicted less true volume, as a share of the true one, at least -1.

    NaN where the truth is empty: there is nothing to relate to.

    >>> relative_volume_error(Counts(tp=3, fp=1, fn=2, tn=9))
    -0.2
    """
    return _ratio(counts.fp - counts.fn, counts.tp + counts.fn)


def dice_per_slice_published(predicted: Mask, truth: Mask) -> float:
    """Mean over the slices of 2 TP / (2 TP + FP + FN), where a slice that is empty in both masks counts as 1.

    It is no measure of ours, but how the Boundary paper counts: with it, to predict nothing scores the share of slices
    without a lesion (errata B11). Of a set of scans the paper gives the mean over all slices, which is the mean over
    the scans weighted by their numbers of slices.

    Args:
        predicted: Predicted mask (Z, Y, X).
        truth: True mask, same shape.

    Returns:
        The mean, in [0, 1]; 1 when both masks are empty.

    Raises:
        ValueError: If the shapes differ, or a mask is not boolean or has other than three axes.

    Reference:
        Kervadec et al. (2019), section 3.1 and Table 1. Deviation: the authors' code adds 1e-8 to numerator and
        denominator to arrive at the 1; here it is exact.

    Example:
        >>> truth = np.array([[[True, True]], [[False, False]]])
        >>> dice_per_slice_published(np.zeros_like(truth), truth)
        0.5
    """
    check_masks(predicted, truth)
    if truth.ndim != 3:
        raise ValueError(f"truth has shape {truth.shape}, expected a volume of slices (Z, Y, X).")
    overlap, total = (
        np.count_nonzero(predicted & truth, axis=(1, 2)),
        np.count_nonzero(predicted, axis=(1, 2)) + np.count_nonzero(truth, axis=(1, 2)),
    )
    return float(np.where(total > 0, 2 * overlap / np.maximum(total, 1), 1.0).mean())


def check_masks(predicted: Mask, truth: Mask) -> None:
    """Raise ``ValueError`` if the shapes differ or a mask is not boolean."""
    for name, mask in (("predicted", predicted), ("truth", truth)):
        if mask.dtype != np.bool_:
            raise ValueError(f"{name} has dtype {mask.dtype}, expected bool.")
    if predicted.shape != truth.shape:
        raise ValueError(f"predicted has shape {predicted.shape}, truth {truth.shape}; expected the same.")


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else float("nan")
