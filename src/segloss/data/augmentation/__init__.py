"""Random augmentation of a training batch: pictures, slices and volumes, image and labels together.

One resampling moves image and labels; what changes grey values touches the image alone. Every draw comes from torch's
global generator on the CPU: the same seed gives the same augmentation on any device.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from segloss.data.augmentation.amounts import Amounts
from segloss.data.augmentation.geometry import move, random_affine
from segloss.data.augmentation.intensity import change_intensities

__all__ = ["Amounts", "augment", "random_affine"]


def augment(
    images: Tensor, labels: Tensor, settings: Mapping[str, Any], spacing_mm: Sequence[float] | None = None
) -> tuple[Tensor, Tensor]:
    """Augment images (B, C, H, W) or (B, C, D, H, W) and their labels (B, H, W) or (B, D, H, W).

    Images are interpolated and continued at their border by its last pixel; labels take the nearest pixel, so that
    no new label value appears. The inputs stay as they are.

    Args:
        images: In any range: what changes grey values is measured by the image's own spread.
        labels: Integer labels.
        settings: The fields of :class:`Amounts` by name; none leaves the batch as it is.
        spacing_mm: Size of a pixel or voxel along each spatial axis, so that a rotation in an anisotropic volume
            is one; all sides count as equal where it is left out.

    Raises:
        InputError: If a setting is unknown or out of its range.
    """
    amounts = Amounts.of(settings)
    if amounts.moves:
        images, labels = move(images, labels, amounts, spacing_mm)
    return change_intensities(images, amounts), labels
