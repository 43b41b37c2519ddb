"""Grey values to the range that a network sees, each channel by itself."""

from collections.abc import Sequence

import numpy as np


def unit_range(image: np.ndarray, clip: Sequence[float] | None = None) -> np.ndarray:
    r"""Scale each channel of an image (C, \*spatial) to [0, 1], by ``clip`` or by its own least and greatest value.

    Slices of one single value do not count for the latter: scanners and registration fill slices outside the
    field of view, one real T1 volume with the greatest value that its file can hold.
    """
    bounds = [clip or _bounds(channel) for channel in image]
    return np.stack([_between(channel, *bound) for channel, bound in zip(image, bounds, strict=True)])


def z_score(image: np.ndarray, clip: Sequence[float] | None = None) -> np.ndarray:
    r"""Shift and scale each channel of an image (C, \*spatial) to mean 0 and deviation 1, after clipping it."""
    kept = image if clip is None else image.clip(min=clip[0], max=clip[1])
    axes = tuple(range(1, image.ndim))
    mean = kept.mean(axis=axes, keepdims=True, dtype=np.float64).astype(np.float32)
    deviation = kept.std(axis=axes, keepdims=True, dtype=np.float64).astype(np.float32)
    scaled = kept - mean
    scaled /= np.where(deviation > 0, deviation, 1)
    return scaled


def _bounds(channel: np.ndarray) -> tuple[float, float]:
    inner = tuple(range(1, channel.ndim))
    low, high = channel.min(axis=inner), channel.max(axis=inner)
    varied = (low < high) if (low < high).any() else np.ones_like(low, dtype=bool)
    return float(low[varied].min()), float(high[varied].max())


def _between(channel: np.ndarray, low: float, high: float) -> np.ndarray:
    width = high - low if high > low else 1.0
    return np.clip((channel - low) / width, 0, 1).astype(np.float32)
