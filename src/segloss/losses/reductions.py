"""Ratios, powers and means that stay finite, with a finite slope, where a formula does not."""

import torch
from torch import Tensor

SMALLEST_POWERED = 1e-6


def ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    """The quotient, and 0 where the denominator is 0: there the numerator is 0 too, or nothing counts it.

    Denominators too small for a finite reciprocal count as 0.
    """
    counted = denominator > torch.finfo(numerator.dtype).tiny
    return numerator / denominator.where(counted, 1) * counted


def power(base: Tensor, exponent: float) -> Tensor:
    """base**exponent for base >= 0; with an exponent below 1 linear up to 1e-6, where the slope would be infinite."""
    if exponent >= 1:
        return base**exponent
    line = base * SMALLEST_POWERED ** (exponent - 1)
    # By the logarithm, since torch.compile gets the gradient of such a power wrong (PyTorch 2.13, on a CPU).
    curve = torch.exp(exponent * base.clamp(min=SMALLEST_POWERED).log())
    return torch.where(base < SMALLEST_POWERED, line, curve)


def class_mean(values: Tensor, counted: Tensor) -> Tensor:
    """Mean over the ``counted`` classes of each sample, then over the samples that have one; both (B, C).

    Where nothing is counted the mean is 0, still attached to the graph.
    """
    weights = counted.to(values) / counted.sum(1, keepdim=True).clamp(min=1)
    return (values * weights).sum() / counted.any(1).sum().clamp(min=1)


def dropped(keep: float, pixels: int) -> int:
    """How many of so many pixels are dropped to keep the share ``keep``: floor((1 - keep) n), safe from rounding."""
    return int(round((1 - keep) * pixels, 6))
