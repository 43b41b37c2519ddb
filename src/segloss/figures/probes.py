"""What losses and metrics say about made-up predictions, behind the figures."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segloss.losses import SegmentationLoss, build_loss
from segloss.losses.as_published import kappa_equation_4, kappa_equation_5_gradient

PIXELS = 10_000
SURE = 1 - 1e-9  # logits must be finite, so that "certain" is almost 1


def value_and_gradient(loss: SegmentationLoss, probs: Tensor, labels: Tensor) -> tuple[float, Tensor]:
    """Loss of one image, and its gradient in each probability times the number of pixels.

    Args:
        loss: A loss from :func:`segloss.losses.build_loss`.
        probs: Foreground probabilities, any shape, strictly between 0 and 1.
        labels: Integer labels of the same shape.

    Returns:
        The value, and a gradient that does not shrink as the image grows: 1 is what each pixel's own share of a mean
        over all pixels would give.
    """
    probs = probs.detach().clone().double().requires_grad_()
    value = loss(probs.logit()[None, None], labels[None])
    (gradient,) = torch.autograd.grad(value, probs)
    return value.item(), gradient * probs.numel()


def lesion_of(share: float) -> Tensor:
    """Labels of an image whose lesion fills this share; losses of counts do not care where it lies."""
    return (torch.arange(PIXELS) < round(share * PIXELS)).long()


def lesion_size_sweep(
    losses: Sequence[str], shares: Sequence[float], inside: float = 0.8, outside: float = 0.2
) -> pd.DataFrame:
    """Value and gradient of each loss as the lesion's share of the image changes.

    Args:
        losses: Registry names.
        shares: Shares of the image, strictly between 0 and 1.
        inside: Predicted probability of every lesion pixel.
        outside: Predicted probability of every background pixel.

    Returns:
        Columns ``loss``, ``share``, ``value``, ``lesion_gradient``, ``background_gradient`` (of one pixel of that
        kind, times the number of pixels), ``everything`` (the loss of predicting lesion everywhere).
    """
    rows = []
    for name in losses:
        loss = build_loss(name)
        for share in shares:
            labels = lesion_of(share)
            value, gradient = value_and_gradient(loss, half_trained(labels, inside, outside), labels)
            everything, _ = value_and_gradient(loss, certain(1), labels)
            rows.append((name, share, value, gradient[0].item(), gradient[-1].item(), everything))
    columns = ["loss", "share", "value", "lesion_gradient", "background_gradient", "everything"]
    return pd.DataFrame(rows, columns=columns)


def area_error_sweep(losses: Sequence[str], shares: Sequence[float], ratios: Sequence[float]) -> pd.DataFrame:
    """Loss of a certain prediction that is too small or too large, but in the right place.

    Args:
        losses: Registry names.
        shares: Shares of the image that the lesion fills.
        ratios: Predicted area over true area; those that do not fit into the image are left out.

    Returns:
        Columns ``loss``, ``share``, ``ratio``, ``value``.
    """
    rows = [
        (name, share, ratio, value_and_gradient(build_loss(name), certain(share * ratio), lesion_of(share))[0])
        for name in losses
        for share in shares
        for ratio in ratios
        if share * ratio <= 1
    ]
    return pd.DataFrame(rows, columns=["loss", "share", "ratio", "value"])


def half_trained(labels: Tensor, inside: float, outside: float) -> Tensor:
    """Probabilities that tell lesion and background apart without being sure."""
    return outside + (inside - outside) * labels.double()


def certain(share: float) -> Tensor:
    """Probabilities of a prediction that is sure of the first pixels and sure against the rest."""
    return lesion_of(share).double().clamp(1 - SURE, SURE)


def gradient_maps(losses: Sequence[str], probs: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
    """Gradient of each loss in every pixel's probability (H, W), times the number of pixels."""
    labels = torch.from_numpy(mask.astype(np.int64))
    return {name: value_and_gradient(build_loss(name), torch.from_numpy(probs), labels)[1].numpy() for name in losses}


def printed_forms_sweep(shares: Sequence[float], inside: float = 0.8, outside: float = 0.2) -> pd.DataFrame:
    """The Kappa paper's equations 4 and 5 as printed beside the right ones, by the lesion's share of the image.

    Returns:
        Columns ``share``; ``right_floor`` and ``printed_floor``, the loss of the perfect prediction; ``right_lesion``,
        ``printed_lesion``, ``right_background``, ``printed_background``, gradients times the number of pixels.
    """
    rows = []
    for share in shares:
        labels = lesion_of(share)
        target = labels.double()
        probs = half_trained(labels, inside, outside)
        floor, _ = value_and_gradient(build_loss("kappa"), certain(share), labels)
        _, right = value_and_gradient(build_loss("kappa"), probs, labels)
        printed_floor = kappa_equation_4(target, target).item()
        printed = kappa_equation_5_gradient(probs, target) * PIXELS
        rows.append((share, floor, printed_floor, right[0], printed[0], right[-1], printed[-1]))
    columns = [
        "share",
        *(f"{form}_{what}" for what in ("floor", "lesion", "background") for form in ("right", "printed")),
    ]
    return pd.DataFrame(rows, columns=columns).astype(float)


def border_displacement(mask: np.ndarray, dice: float) -> float:
    """Pixels by which the whole border must move inward until the Dice index of the rest has fallen to ``dice``.

    That is the Hausdorff distance of such a prediction. Outward, the border of a disc would have to move further.
    """
    depths = np.sort(distance_transform_edt(mask)[mask])
    kept = int(dice / (2 - dice) * len(depths))  # from dice = 2 kept / (all + kept)
    return float(depths[len(depths) - kept - 1])
