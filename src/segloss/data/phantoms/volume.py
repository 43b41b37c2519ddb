"""What a generator of volumes returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class VolumePhantom:
    """A volume made by computer.

    Args:
        images: Channels first, shape ``(C, Z, Y, X)``, float32; axes grow to superior, posterior and left.
        labels: Shape ``(Z, Y, X)``, uint8, 0 is background.
        spacing_mm: Size of a voxel along Z, Y and X.
    """

    images: np.ndarray
    labels: np.ndarray
    spacing_mm: tuple[float, float, float]
