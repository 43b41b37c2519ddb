"""Solid shapes in two and three dimensions, given by how far a point lies from their middle: 1 on the surface."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Coordinates = tuple[np.ndarray, ...]


def unit_grid(shape: tuple[int, ...]) -> Coordinates:
    """Coordinate of every point along each axis, from -1 to 1."""
    return tuple(np.meshgrid(*[np.linspace(-1, 1, side) for side in shape], indexing="ij"))


def ellipsoid(
    points: Coordinates,
    centre: Sequence[float],
    radii: Sequence[float | np.ndarray] | np.ndarray,
    turn: float = 0,
    power: float = 2,
) -> np.ndarray:
    """Ellipse or ellipsoid.

    Args:
        points: Coordinates of every point.
        centre: Where its middle lies.
        radii: Along each axis, before the turn; one for all points, or one for each.
        turn: In radians, in the plane of the last two axes.
        power: 2 is round; larger ones come closer to a box.
    """
    *others, y, x = [axis - middle for axis, middle in zip(points, centre, strict=True)]
    turned = [*others, y * np.cos(turn) - x * np.sin(turn), x * np.cos(turn) + y * np.sin(turn)]
    return sum(np.abs(axis / radius) ** power for axis, radius in zip(turned, radii, strict=True)) ** (1 / power)


def tube(points: Coordinates, path: npt.ArrayLike, radius: npt.ArrayLike) -> np.ndarray:
    """Tube around a path of straight pieces.

    Args:
        points: Coordinates of every point.
        path: Where the axis of the tube runs.
        radius: One for all, or one at each point of the path.
    """
    corners = np.asarray(path, dtype=float)
    radii = np.broadcast_to(np.asarray(radius, dtype=float), len(corners))
    nearest = np.full(points[0].shape, np.inf)
    for start, end, first, last in zip(corners, corners[1:], radii, radii[1:], strict=False):
        step = end - start
        along = sum((axis - s) * d for axis, s, d in zip(points, start, step, strict=True)) / (step @ step)
        along = np.clip(along, 0, 1)
        away = np.sqrt(sum((axis - s - along * d) ** 2 for axis, s, d in zip(points, start, step, strict=True)))
        nearest = np.minimum(nearest, away / (first + along * (last - first)))
    return nearest


def top_share(level: np.ndarray, share: float) -> np.ndarray:
    """The points of highest level that make up this share of the field, to within one; none where it is not finite.

    Raises:
        ValueError: If the share is none, or more than the finite points.
    """
    count = round(share * level.size)
    room = np.isfinite(level).mean()
    if not 0 <= share <= room:
        raise ValueError(f"the foreground share must lie between 0 and {room:.3g}, got {share}")
    chosen = np.zeros(level.size, dtype=bool)
    chosen[np.argsort(-level, axis=None, kind="stable")[:count]] = True
    return chosen.reshape(level.shape)


def part_of_share(level: np.ndarray, share: float) -> tuple[np.ndarray, float]:
    """The connected part without holes above a threshold whose share of the field comes closest, and the threshold."""
    low, high = float(level.min()), float(level.max())
    tried = []
    for _ in range(15):
        threshold = (low + high) / 2
        parts, _ = ndimage.label(level > threshold)
        mask = ndimage.binary_fill_holes(parts == np.argmax(np.bincount(parts.ravel())[1:]) + 1)
        tried.append((abs(mask.mean() - share), threshold, mask))
        low, high = (threshold, high) if mask.mean() > share else (low, threshold)
    # The share jumps where two parts touch, so the last threshold need not be the best.
    _, threshold, mask = min(tried, key=lambda attempt: attempt[:2])
    return mask, threshold
