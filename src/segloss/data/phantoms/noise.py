"""Smooth random fields, from which shapes, skin, tissue and pigment are made."""

import numpy as np
from scipy import ndimage


def smooth_noise(rng: np.random.Generator, size: int | tuple[int, ...], scale: float | tuple[float, ...]) -> np.ndarray:
    """Field of zero mean and unit variance.

    Args:
        rng: Source of everything random.
        size: Side of a square, or the shape of the field.
        scale: Width of its blobs as a share of the longest side, or for each axis as a share of that axis.
    """
    shape = (size, size) if isinstance(size, int) else size
    if isinstance(scale, tuple):
        width: float | list[float] = [share * side for share, side in zip(scale, shape, strict=True)]
    else:
        width = scale * max(shape)
    field = ndimage.gaussian_filter(rng.standard_normal(shape), width, mode="wrap")
    return (field - field.mean()) / field.std()


def ridges(rng: np.random.Generator, size: int | tuple[int, ...], scale: float | tuple[float, ...]) -> np.ndarray:
    """Thin bright lines (in a volume: sheets) that meet in a net, in [-1, 1]: the zero crossings of smooth noise."""
    return 1 - 2 * np.minimum(np.abs(smooth_noise(rng, size, scale)), 1)


def splat(points: np.ndarray, size: int, width: float) -> np.ndarray:
    """Opacity in [0, 1] of strokes through points (row, column) given as shares of the side."""
    hits, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=size, range=[[0, 1], [0, 1]])
    soft = ndimage.gaussian_filter(np.minimum(hits, 1.0), width * size)
    return np.clip(soft * (1 + 2.5 * width * size), 0, 1)
