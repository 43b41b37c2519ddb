"""Smooth random fields, from which shapes, skin and pigment are made."""

import numpy as np
from scipy import ndimage


def smooth_noise(rng: np.random.Generator, size: int, scale: float) -> np.ndarray:
    """Square field of zero mean and unit variance; ``scale`` is the width of its blobs as a share of the side."""
    field = ndimage.gaussian_filter(rng.standard_normal((size, size)), scale * size, mode="wrap")
    return (field - field.mean()) / field.std()


def ridges(rng: np.random.Generator, size: int, scale: float) -> np.ndarray:
    """Thin bright lines that meet in a net, in [-1, 1]: the zero crossings of smooth noise."""
    return 1 - 2 * np.minimum(np.abs(smooth_noise(rng, size, scale)), 1)


def splat(points: np.ndarray, size: int, width: float) -> np.ndarray:
    """Opacity in [0, 1] of strokes through points (row, column) given as shares of the side."""
    hits, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=size, range=[[0, 1], [0, 1]])
    soft = ndimage.gaussian_filter(np.minimum(hits, 1.0), width * size)
    return np.clip(soft * (1 + 2.5 * width * size), 0, 1)
