"""What changes place: a random affine map and an elastic deformation, composed into one sampling grid."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from segloss.data.augmentation.amounts import Amounts
from segloss.data.augmentation.draws import chosen, uniform


def move(images: Tensor, labels: Tensor, amounts: Amounts, spacing_mm: Sequence[float] | None) -> tuple[Tensor, Tensor]:
    """Move each case of a batch its own way; images are interpolated, labels take the nearest pixel."""
    spatial = images.shape[2:]
    spacing = [1.0] * len(spatial) if spacing_mm is None else spacing_mm
    sides = [size * mm for size, mm in zip(spatial, spacing, strict=True)]
    maps = random_affine(
        len(images),
        rotation_deg=amounts.rotation_deg,
        shift_share=amounts.shift_share,
        shear_deg=amounts.shear_deg,
        zoom_share=amounts.zoom_share,
        flip=amounts.flip,
        chance=amounts.chance,
    )
    whole = len(spatial) == 3 and amounts.axes == "all"
    if whole:
        maps = through_volume(maps, amounts)
        planes, label_planes = images, labels.unsqueeze(1)
    else:
        # Slices that all move alike are so many channels of one picture: one small grid serves the whole volume.
        planes, label_planes = images.flatten(1, -3), labels.reshape(len(labels), -1, *spatial[-2:])
    maps = proportioned(maps, sides).to(images.device)
    grid = functional.affine_grid(maps, [len(planes), 1, *planes.shape[2:]], align_corners=False)
    if amounts.bends:
        grid += elastic(maps, planes.shape[2:], amounts)
    moved = functional.grid_sample(planes, grid, mode="bilinear", padding_mode="border", align_corners=False)
    targets = functional.grid_sample(
        label_planes.to(images.dtype), grid, mode="nearest", padding_mode="border", align_corners=False
    )
    return moved.view(images.shape), targets.view(labels.shape).to(labels.dtype)


def random_affine(
    batch: int,
    *,
    rotation_deg: float,
    shift_share: float,
    shear_deg: float,
    zoom_share: float,
    flip: bool,
    chance: Callable[[str], float] = lambda kind: 1.0,
) -> Tensor:
    """Random affine maps (batch, 2, 3) in the coordinates of ``torch.nn.functional.affine_grid``.

    Args:
        batch: How many.
        rotation_deg: Largest rotation, either way.
        shift_share: Largest shift along each axis, as a share of the image.
        shear_deg: Largest shear angle, either way.
        zoom_share: Largest zoom in or out, as a share.
        flip: Mirror along each axis in half of the cases.
        chance: With which a kind happens at all, by its name.
    """
    rotation, shear, zoom, *shift = uniform(5, batch)
    mirror = _mirror(2, batch) if flip else torch.ones(2, batch)
    rotation, shear, zoom = (
        amount * chosen(chance(kind), batch)
        for kind, amount in (("rotation", rotation), ("shear", shear), ("zoom", zoom))
    )
    reach = 2 * shift_share * chosen(chance("shift"), batch)
    angle, slant = rotation * math.radians(rotation_deg), torch.tan(shear * math.radians(shear_deg))
    scale = 1 + zoom * zoom_share
    cos, sin = angle.cos() * scale, angle.sin() * scale
    top = [cos * mirror[0], (cos * slant - sin) * mirror[1], shift[0] * reach]
    bottom = [sin * mirror[0], (sin * slant + cos) * mirror[1], shift[1] * reach]
    return torch.stack([torch.stack(top, dim=1), torch.stack(bottom, dim=1)], dim=1)


def through_volume(maps: Tensor, amounts: Amounts) -> Tensor:
    """Maps (batch, 3, 4) of a volume: those in plane, and along and about the other axes as much again."""
    batch = len(maps)
    tilt = uniform(2, batch) * math.radians(amounts.rotation_deg) * chosen(amounts.chance("rotation"), batch)
    shift = uniform(batch) * 2 * amounts.shift_share * chosen(amounts.chance("shift"), batch)
    mirror = _mirror(batch) if amounts.flip else torch.ones(batch)
    zoom = torch.linalg.det(maps[:, :, :2]).abs().sqrt()
    turns = torch.zeros(batch, 3, 3)
    turns[:, 0, 2], turns[:, 1, 2] = tilt
    upright = torch.zeros(batch, 3, 4)
    upright[:, :2, :2], upright[:, :2, 3] = maps[:, :, :2], maps[:, :, 2]
    upright[:, 2, 2], upright[:, 2, 3] = zoom * mirror, shift
    # The exponential of a skew matrix is a rotation. It leaves the shift where it was drawn.
    upright[:, :, :3] = torch.linalg.matrix_exp(turns - turns.mT) @ upright[:, :, :3]
    return upright


def proportioned(maps: Tensor, sides: Sequence[float]) -> Tensor:
    """Maps for an image whose sides differ: in coordinates from -1 to 1 along each, a plain rotation would shear it."""
    lengths = torch.tensor(sides, dtype=maps.dtype).flip(0)[: maps.shape[1]]  # coordinates come as x, y, z
    ratios = torch.cat([lengths / lengths[:, None], torch.ones(len(lengths), 1)], dim=1)
    return maps * ratios


def elastic(maps: Tensor, sizes: Sequence[int], amounts: Amounts) -> Tensor:
    """Smooth random displacements (batch, \\*sizes, axes) of a sampling grid, carried along by the affine maps.

    Control points are moved uniformly, and a cubic B-spline runs through the space between them, one axis after the
    other. The maps act on the few control points, not on every voxel: that is the same, as a spline is linear.
    """
    batch, axes = len(maps), len(sizes)
    bases = [_spline_basis(size, amounts.elastic_spacing_share).to(maps.device) for size in sizes]
    points = uniform(batch, axes, *(basis.shape[1] for basis in bases)) * 2 * amounts.elastic_share
    happens = chosen(amounts.chance("elastic"), batch)
    displaced = torch.einsum("bij,bj...,b->bi...", maps[:, :, :axes], points.to(maps.device), happens.to(maps.device))
    for basis in bases:  # each turn takes the first axis away and puts it, in full size, behind the last
        displaced = torch.tensordot(displaced, basis, dims=([2], [1]))
    return displaced.movedim(1, -1)


def _spline_basis(size: int, spacing_share: float) -> Tensor:
    """Weight (size, points) of each control point at each pixel's centre; two points lie beyond the image."""
    places = (torch.arange(size) + 0.5) / size / spacing_share
    points = torch.arange(-1, math.ceil(1 / spacing_share) + 2)
    apart = (places[:, None] - points).abs()
    near, far = 2 / 3 - apart**2 + apart**3 / 2, (2 - apart).clamp_min(0) ** 3 / 6
    return torch.where(apart < 1, near, far)


def _mirror(*shape: int) -> Tensor:
    return torch.randint(0, 2, shape).mul(2).sub(1)
