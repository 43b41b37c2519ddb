"""What a network is worth on the validation part after an epoch."""

from collections import defaultdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segloss.losses import NonFiniteLogitsError, SegmentationLoss
from segloss.metrics import surface_distances
from segloss.training.computing import outputs_of
from segloss.training.inputs import Inputs
from segloss.training.predictions import decisions

# Predicted and true labels of the slices of each scan.
Scans = dict[int, list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]]


class DivergedError(Exception):
    """The loss or the logits are no longer finite: an outcome of the arm, not a fault."""


@torch.no_grad()
def validate(
    network: nn.Module, loss: SegmentationLoss, inputs: Inputs, *, hausdorff: bool = False
) -> dict[str, float]:
    """Mean loss over the items, and mean Dice over the classes and cases that have one.

    With ``hausdorff`` also the mean Hausdorff distance in mm over the classes of scans, measured in three dimensions;
    where a class is not found, or not there, it has none, and NaN is the mean of nothing.
    """
    network.eval()
    total, items = 0.0, 0
    overlap, size = torch.zeros(2, inputs.cases, inputs.classes)
    scans: Scans = defaultdict(list)
    for cases, (images, labels, distance) in inputs.validation():
        logits = outputs_of(network, images, mixed_precision=inputs.settings.mixed_precision)
        total += finite_loss(loss, logits, labels, distance).item() * len(images)
        items += len(images)
        predicted, case = decisions(logits), torch.from_numpy(cases)
        for label in range(1, inputs.classes + 1):
            found, true = (predicted == label).flatten(1), (labels == label).flatten(1)
            overlap[:, label - 1].index_add_(0, case, (found & true).sum(1).float().cpu())
            size[:, label - 1].index_add_(0, case, (found.sum(1) + true.sum(1)).float().cpu())
        if hausdorff:
            for number, *masks in zip(cases.tolist(), _as_bytes(predicted), _as_bytes(labels), strict=True):
                scans[number].append((masks[0], masks[1]))
    values = {"validation_loss": total / items, "validation_dice": float((2 * overlap / size).nanmean())}
    return values | ({"validation_hausdorff_mm": mean_hausdorff_mm(scans, inputs)} if hausdorff else {})


def mean_hausdorff_mm(scans: Scans, inputs: Inputs) -> float:
    """Mean over the classes of the scans whose spacing is known; NaN where no class was found."""
    distances = []
    for case, slices in scans.items():
        predicted, true = (np.stack(masks) for masks in zip(*slices, strict=True))
        spacing = inputs.spacing_of(case)
        if spacing is not None and len(spacing) == predicted.ndim:
            for label in range(1, inputs.classes + 1):
                distances.append(surface_distances(predicted == label, true == label, spacing).hausdorff())
    known = [distance for distance in distances if not np.isnan(distance)]
    return float(np.mean(known)) if known else float("nan")


def finite_loss(loss: SegmentationLoss, logits: Tensor, labels: Tensor, distance: Tensor | None) -> Tensor:
    """The loss.

    Raises:
        DivergedError: If it, or a logit, is not finite.
    """
    try:
        value = loss(logits, labels, distance)
    except NonFiniteLogitsError as error:
        raise DivergedError(str(error)) from error
    if not value.isfinite():
        raise DivergedError(f"the loss became {value.item()}")
    return value


def _as_bytes(labels: Tensor) -> NDArray[np.uint8]:
    return labels.to(torch.uint8).cpu().numpy()
