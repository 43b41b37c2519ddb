"""Distance maps: signed ones, the level sets of boundary losses, and unsigned ones. Computed on the CPU by `edt`."""

import math
from collections.abc import Sequence

import edt
import numpy as np
import torch
from torch import Tensor


def contour(masks: Tensor) -> Tensor:
    r"""The pixels of each mask that have a face neighbour outside it; both bool (B, C, \*spatial).

    Only pixels inside the image are neighbours: an object cut off by the image border has no contour there.
    """
    inner = masks.clone()
    for axis in range(2, masks.ndim):
        steps = masks.shape[axis] - 1
        inner.narrow(axis, 0, steps).logical_and_(masks.narrow(axis, 1, steps))
        inner.narrow(axis, 1, steps).logical_and_(masks.narrow(axis, 0, steps))
    return masks ^ inner


@torch._disable_dynamo  # as torch.compiler.disable, which would take a second to import
def signed_distance(
    labels: Tensor, classes: int, spacing: Sequence[float] | None = None, *, include_background: bool = True
) -> Tensor:
    r"""Signed distance of each pixel to the boundary of each class: negative inside, 0 on the boundary.

    .. math:: \phi(x) = \begin{cases} -D(x) & x \in G \\ D(x) & x \notin G \end{cases}, \qquad
              D(x) = \min_{y \in \partial G} \lVert x - y \rVert

    The boundary :math:`\partial G` are the pixels of the class that have a face neighbour outside it. Only pixels
    inside the image are neighbours, so the image border is no boundary: where an object is cut off, its level set goes
    on as if there were more of it. An object of one pixel is all boundary: 0 there, positive everywhere else.

    Args:
        labels: Integers (B, \*spatial) of one to three axes, on any device. Labels outside 0..classes-1 (pixels to be
            ignored) belong to no class.
        classes: How many classes there are, the background (0) counted, >= 2.
        spacing: Size of a pixel along each axis, in the unit the distances shall have; 1 each if left out.
        include_background: Give the background's map too, as channel 0.

    Returns:
        float32 (B, classes, \*spatial), or one channel less, on the device of ``labels``, right to about six digits.
        All 0 for a class that is absent from a sample or fills it.

    Raises:
        ValueError: If ``labels`` are not integers or have too many axes, ``classes`` < 2, or ``spacing`` has another
            length than there are axes or a value that is not above 0.

    Reference:
        Kervadec et al. (2019), Boundary loss, eq. 4: the level set, with the boundary as in its section 2. Deviations:
        the authors' code measures from the pixels outside, less 1, and truncates to integers (errata B6); what it
        gives for a class that fills the image means nothing, here it is the paper's zero map for an absent class.

    Example:
        >>> signed_distance(torch.tensor([[0, 0, 1, 1, 1, 1]]), 2, spacing=[0.5])[0, 1]
        tensor([ 1.0000,  0.5000,  0.0000, -0.5000, -1.0000, -1.5000])
    """
    if labels.is_floating_point() or labels.is_complex() or not 2 <= labels.ndim <= 4:
        raise ValueError(
            f"labels must be integers (B, *spatial) of one to three axes, got {labels.dtype} of {tuple(labels.shape)}"
        )
    if classes < 2:
        raise ValueError(f"classes must be at least 2, the background counted, got {classes}")
    spacing = [1.0] * (labels.ndim - 1) if spacing is None else [float(size) for size in spacing]
    if len(spacing) != labels.ndim - 1 or not all(0 < size < math.inf for size in spacing):
        raise ValueError(f"spacing must be {labels.ndim - 1} numbers above 0, one for each axis, got {spacing}")
    arrays, wanted = labels.cpu().numpy(), range(0 if include_background else 1, classes)
    maps = torch.zeros((len(labels), len(wanted), *labels.shape[1:]))
    for sample, channel in np.ndindex(*maps.shape[:2]):
        inside = arrays[sample] == wanted[channel]
        boundary = contour(torch.from_numpy(inside)[None, None])[0, 0].numpy()
        if boundary.any():
            distance = _transform(~boundary, spacing)
            np.subtract(0, distance, out=distance, where=inside)
            maps[sample, channel] = torch.from_numpy(distance)
    return maps.to(labels.device)


@torch._disable_dynamo  # as torch.compiler.disable, which would take a second to import
def distance_to_other_side(masks: Tensor) -> Tensor:
    r"""Distance, in pixels, of each pixel to the nearest one on the other side of its mask's edge; at least 1.

    It is the sum of the Euclidean distance transforms of a mask and of its complement, in one transform.

    Args:
        masks: bool (B, C, \*spatial), of one to three axes, on any device.

    Returns:
        float32 of the shape of ``masks``, on their device. All 0 for an empty and for a full mask.
    """
    maps = np.zeros(tuple(masks.shape), np.float32)
    arrays = masks.cpu().numpy()
    for place in np.ndindex(*masks.shape[:2]):
        mask = arrays[place]
        if mask.any() and not mask.all():
            # To edt both 1 and 2 are objects, and it gives the distance to what is not of the same object.
            maps[place] = _transform(mask + np.uint8(1), [1.0] * mask.ndim)
    return torch.from_numpy(maps).to(masks.device)


def _transform(objects: np.ndarray, spacing: Sequence[float]) -> np.ndarray:
    """Distance of each pixel to the nearest one of another value; 0 where ``objects`` is 0."""
    anisotropy = spacing if objects.ndim > 1 else spacing[0]
    # As bytes, which edt handles faster than bool. One thread: more of them made it slower.
    return edt.edt(np.ascontiguousarray(objects).view(np.uint8), anisotropy=anisotropy, black_border=False)
