"""Random geometric augmentation of a batch: one affine map per image, applied to image and labels alike."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def random_affine(
    batch: int, *, rotation_deg: float, shift_share: float, shear_deg: float, zoom_share: float, flip: bool
) -> Tensor:
    """Random affine maps (batch, 2, 3) in the coordinates of ``torch.nn.functional.affine_grid``.

    Args:
        batch: How many.
        rotation_deg: Largest rotation, either way.
        shift_share: Largest shift along each axis, as a share of the image.
        shear_deg: Largest shear angle, either way.
        zoom_share: Largest zoom in or out, as a share.
        flip: Mirror along each axis in half of the cases.
    """
    rotation, shear, zoom, *shift = torch.rand(5, batch).mul(2).sub(1)  # each uniform in [-1, 1]
    angle, slant = rotation * math.radians(rotation_deg), torch.tan(shear * math.radians(shear_deg))
    scale = 1 + zoom * zoom_share
    mirror = torch.randint(0, 2, (2, batch)).mul(2).sub(1) if flip else torch.ones(2, batch)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    top = [cos * mirror[0], (cos * slant - sin) * mirror[1], shift[0] * 2 * shift_share]
    bottom = [sin * mirror[0], (sin * slant + cos) * mirror[1], shift[1] * 2 * shift_share]
    return torch.stack([torch.stack(top, dim=1), torch.stack(bottom, dim=1)], dim=1)


def augment(images: Tensor, labels: Tensor, settings: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """Augment images (B, C, H, W) and labels (B, H, W) with the global random generator.

    Images are interpolated and continued at their border by its last pixel; labels take the nearest pixel, so that
    no new label value appears.
    """
    maps = random_affine(len(images), **settings).to(images.device)
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    moved = functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    target = labels.unsqueeze(1).to(images.dtype)
    target = functional.grid_sample(target, grid, mode="nearest", padding_mode="border", align_corners=False)
    return moved, target.squeeze(1).to(labels.dtype)
