"""Metrics from the distances between two contours: Hausdorff distance and surface Dice."""

from collections.abc import Sequence
from typing import NamedTuple

import edt
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from segloss.metrics.overlap import Mask, check_masks

# Distances are right to about seven digits: one that equals the tolerance must not fall on either side of it.
ROUNDING = 1e-6
# Of the voxels around both masks.
SEARCHED_SHARE = 0.01


class SurfaceDistances(NamedTuple):
    """Distance from each contour point of either mask to the nearest one of the other; infinite where there is none."""

    from_predicted: NDArray[np.float64]
    from_truth: NDArray[np.float64]

    def hausdorff(self, percentile: float = 100) -> float:
        """As :func:`hausdorff_distance`."""
        if not len(self.from_predicted) or not len(self.from_truth):
            return float("nan")
        return max(float(np.percentile(distances, percentile)) for distances in self)

    def dice(self, tolerance: float) -> float:
        """As :func:`surface_dice`."""
        distances = np.concatenate(self)
        return float(np.mean(distances <= tolerance * (1 + ROUNDING))) if len(distances) else float("nan")


def surface_distances(predicted: Mask, truth: Mask, spacing: Sequence[float] | None = None) -> SurfaceDistances:
    """Distances between the contours of two masks, from either to the other.

    Args:
        predicted: Predicted mask, of two or three axes.
        truth: True mask, same shape.
        spacing: Distance between neighbouring pixels along each axis; 1 where left out.

    Returns:
        The distances in the unit of ``spacing`` (pixels without it); exact without it, else right to seven digits.

    Raises:
        ValueError: If the shapes differ, a mask is not boolean, or ``spacing`` has another length than there are axes.
    """
    check_masks(predicted, truth)
    steps = (1.0,) * truth.ndim if spacing is None else tuple(map(float, spacing))
    if len(steps) != truth.ndim:
        raise ValueError(f"spacing is {steps}, expected {truth.ndim} numbers, one for each axis.")
    box = bounding_box(predicted | truth)
    edges = _edge(predicted[box]), _edge(truth[box])
    return SurfaceDistances(_distances(*edges, steps), _distances(*edges[::-1], steps))


def hausdorff_distance(
    predicted: Mask, truth: Mask, spacing: Sequence[float] | None = None, percentile: float = 100
) -> float:
    """Largest distance from a contour point of either mask to the other mask's contour.

    Args:
        predicted: Predicted mask, of two or three axes.
        truth: True mask, same shape.
        spacing: Distance between neighbouring pixels along each axis; 1 where left out.
        percentile: In place of the largest distance, this percentile of them: that of each direction, then the larger
            one. 95 is common, as it forgives a few stray pixels. (Others pool both directions first.)

    Returns:
        The distance in the unit of ``spacing`` (pixels without it), at least 0. NaN if a mask is empty.

    Raises:
        ValueError: If the shapes differ, a mask is not boolean, or ``spacing`` has another length than there are axes.

    Reference:
        Zhang (2019), section 4.2: "the maximum point-to-point distance between two contours".

    Example:
        >>> truth, predicted = np.zeros((2, 8, 8), dtype=bool)
        >>> truth[2:5, 2:5] = predicted[2:5, 2:8] = True
        >>> hausdorff_distance(predicted, truth), hausdorff_distance(predicted, truth, spacing=(1, 0.5))
        (3.0, 1.5)
    """
    return surface_distances(predicted, truth, spacing).hausdorff(percentile)


def surface_dice(predicted: Mask, truth: Mask, tolerance: float, spacing: Sequence[float] | None = None) -> float:
    r"""Share of both surfaces that lies within a tolerance of the other one.

    .. math:: \frac{|\{p \in \partial P: d(p, \partial T) \le \tau\}| +
              |\{t \in \partial T: d(t, \partial P) \le \tau\}|}{|\partial P| + |\partial T|}

    Args:
        predicted: Predicted mask P, of two or three axes.
        truth: True mask T, same shape.
        tolerance: Distance that is still as good as none, in the unit of ``spacing`` (pixels without it).
        spacing: Distance between neighbouring pixels along each axis; 1 where left out.

    Returns:
        The share, in [0, 1]; NaN when both masks are empty, 0 when one of them is.

    Raises:
        ValueError: If the shapes differ, a mask is not boolean, or ``spacing`` has another length than there are axes.

    Reference:
        Nikolov et al. (2018), Deep learning to achieve clinically applicable segmentation of head and neck anatomy.
        Deviation: they measure the area of surface elements that run between the voxels; here the surface are the
        voxels of the :func:`contour`, and each counts the same, whatever its share of the area.

    Example:
        >>> truth, predicted = np.zeros((2, 8, 8), dtype=bool)
        >>> truth[2:5, 2:5] = predicted[2:5, 2:8] = True
        >>> surface_dice(predicted, truth, tolerance=1), surface_dice(predicted, truth, tolerance=3)
        (0.7727272727272727, 1.0)
    """
    return surface_distances(predicted, truth, spacing).dice(tolerance)


def contour(mask: Mask) -> Mask:
    """The mask's pixels that have a face neighbour outside it; beyond the image is outside.

    So a lesion cut off by the image's edge has a closed contour, and every mask that is not empty has one.
    """
    box = bounding_box(mask)
    edge = np.zeros_like(mask)
    edge[box] = _edge(mask[box])
    return edge


def bounding_box(mask: Mask) -> tuple[slice, ...]:
    """The smallest box that holds the mask; empty for an empty one."""
    box: list[slice] = []
    for axis in range(mask.ndim):
        inside = np.flatnonzero(mask.any(axis=tuple(other for other in range(mask.ndim) if other != axis)))
        box.append(slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0))
        mask = mask[(*[slice(None)] * axis, box[-1])]
    return tuple(box)


def _edge(mask: Mask) -> Mask:
    inner = mask.copy()
    for axis in range(mask.ndim):
        inside, whole = np.moveaxis(inner, axis, 0), np.moveaxis(mask, axis, 0)
        inside[1:] &= whole[:-1]
        inside[:-1] &= whole[1:]
        inside[:1] = inside[-1:] = False
    return mask ^ inner


def _distances(points: Mask, targets: Mask, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    if not points.any() or not targets.any():
        return np.full(np.count_nonzero(points), np.inf)
    # A search takes as long as there are points, and longer the farther they are apart; a transform takes as long as
    # the box is large. So scattered lesions are searched, organs transformed.
    if np.count_nonzero(points) + np.count_nonzero(targets) < SEARCHED_SHARE * points.size:
        steps = np.array(spacing)
        return cKDTree(np.argwhere(targets) * steps).query(np.argwhere(points) * steps)[0]
    # Squares of whole numbers are exact as float32, their roots are not.
    squared = edt.edtsq((~targets).view(np.uint8), anisotropy=spacing, black_border=False)
    return np.sqrt(squared[points].astype(np.float64))
