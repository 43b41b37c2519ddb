"""Numbers behind the figures of the Boundary paper: moved discs, level sets, gradients, schedules."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from segloss.figures.probes import value_and_gradient
from segloss.losses import build_loss, signed_distance
from segloss.losses.as_published import truncated_distance
from segloss.losses.modules import WeightedSum
from segloss.verdicts.boundary_arithmetic import contour_distance, empty_slice_gradients, regional_integral

GENERALIZED_DICE, BOUNDARY = "generalized_dice", "boundary"


def moved_discs(radii: Sequence[float], moves: Sequence[float]) -> pd.DataFrame:
    """Eq. 3 over eq. 2 as the contour of a disc moves outwards.

    Returns:
        Columns ``radius``, ``move``, ``ratio``; a move of 0 is left out, as is one that makes the disc vanish.
    """
    rows = [
        (radius, move, regional_integral(radius, move) / contour_distance(radius, move))
        for radius in radii
        for move in moves
        if move and move > -radius
    ]
    return pd.DataFrame(rows, columns=["radius", "move", "ratio"])


def level_sets(mask: np.ndarray) -> dict[str, np.ndarray]:
    """Signed distance to the border of a mask (H, W) in pixels: the paper's, the code's, and the difference."""
    labels = torch.from_numpy(mask.astype(np.int64))[None]
    right = signed_distance(labels, 2)[0, 1].numpy()
    code = truncated_distance(labels[None].float())[0, 0].numpy()
    return {"level set φ": right, "as the code has it": code, "difference": code - right}


def gradients_by_alpha(probs: np.ndarray, mask: np.ndarray, alphas: Sequence[float]) -> dict[str, np.ndarray]:
    """Gradient of eq. 6 in every pixel's probability (H, W), times the number of pixels, for each alpha."""
    labels, given = torch.from_numpy(mask.astype(np.int64)), torch.from_numpy(probs)
    losses = {alpha: build_loss({GENERALIZED_DICE: float(alpha), BOUNDARY: 1 - alpha}) for alpha in alphas}
    return {f"α = {alpha:g}": value_and_gradient(loss, given, labels)[1].numpy() for alpha, loss in losses.items()}


def small_objects(sides: Sequence[int], size: int = 32) -> pd.DataFrame:
    """The boundary loss, as a sum over pixels, of squares that are predicted perfectly, and of predicting nothing."""
    rows = []
    for side in sides:
        labels = torch.zeros(size, size, dtype=torch.int64)
        labels[4 : 4 + side, 4 : 4 + side] = 1
        phi = signed_distance(labels[None], 2)[0, 1].double()
        perfect = float((phi * labels).sum())
        rows.append((f"{side} × {side}", perfect, 0.0, int(((phi == 0) & (labels == 1)).sum()), side**2))
    columns = ["object (px)", "perfect prediction", "predicting nothing", "pixels without gradient", "pixels"]
    return pd.DataFrame(rows, columns=columns)


def empty_slice_sweep(heights: Sequence[float]) -> pd.DataFrame:
    """Columns ``height`` (the probability everywhere), ``code`` and ``ours``: gradient on a slice without a lesion."""
    rows = [(height, *empty_slice_gradients(height)) for height in heights]
    return pd.DataFrame(rows, columns=["height", "code", "ours"])


def weights_by_epoch(schedules: Mapping[str, Any], epochs: int) -> pd.DataFrame:
    """Weights of the two terms in each epoch.

    Args:
        schedules: Specification of :func:`segloss.losses.build_loss` by name, weighted sums with or without a schedule.
        epochs: Length of the training.

    Returns:
        Columns ``schedule``, ``epoch`` (from 1), ``generalized_dice``, ``boundary`` (0 where a term is absent).
    """
    rows = []
    for name, spec in schedules.items():
        loss = build_loss(spec)
        if not isinstance(loss, WeightedSum):
            raise ValueError(f"{name} is no weighted sum, expected terms with weights.")
        for epoch in range(epochs):
            loss.set_epoch(epoch, epochs)
            rows.append((name, epoch + 1, *(loss.weights.get(term, 0.0) for term in (GENERALIZED_DICE, BOUNDARY))))
    return pd.DataFrame(rows, columns=["schedule", "epoch", GENERALIZED_DICE, BOUNDARY])
