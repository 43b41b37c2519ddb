"""How arms, differences and p-values are written in tables."""

import math
from typing import Any

DECIMALS = {"hausdorff_px": 2, "hausdorff_mm": 2, "epochs_to_plateau": 1}
_PHASES = {"dice": "Dice", "kappa": "Kappa"}
_TRIVIAL = {
    "predict_nothing": "predict nothing",
    "predict_everything": "predict everything",
    "mean_training_mask": "mean training mask",
}


def arm_words(arm: str) -> str:
    """An arm's name as people read it.

    >>> arm_words("cross_entropy_then_dice"), arm_words("kappa_200")
    ('cross entropy, then Dice', 'Kappa (200-epoch protocol)')
    """
    if arm in _TRIVIAL:
        return _TRIVIAL[arm]
    if " - " in arm:
        return " − ".join(map(arm_words, arm.split(" - ")))
    loss = arm.removesuffix("_200")
    phases = [_PHASES.get(phase, phase.replace("_", " ")) for phase in loss.split("_then_")]
    return ", then ".join(phases) + (" (200-epoch protocol)" if arm != loss else "")


def number(value: float, metric: str) -> str:
    """A value of a metric to its decimals; a dash if undefined."""
    return "–" if math.isnan(value) else f"{value:.{DECIMALS.get(metric, 3)}f}".replace("-", "−")


def signed(value: float, metric: str) -> str:
    """A difference with its sign, to the metric's decimals; a dash if undefined."""
    return "–" if math.isnan(value) else f"{value:+.{DECIMALS.get(metric, 3)}f}".replace("-", "−")


def interval_words(row: Any) -> str:
    """A difference and its interval; ``row`` has the attributes difference, low, high and metric.

    >>> from types import SimpleNamespace
    >>> interval_words(SimpleNamespace(difference=-0.01, low=-0.02, high=0.004, metric="dice"))
    '−0.010 (−0.020 to +0.004)'
    """
    value = signed(row.difference, row.metric)
    if math.isnan(row.low):
        return f"{value} (no interval)"
    return f"{value} ({signed(row.low, row.metric)} to {signed(row.high, row.metric)})"


def p_words(p: float) -> str:
    """A p-value to three decimals, never 0.

    >>> p_words(0.0421), p_words(1e-9), p_words(float("nan"))
    ('0.042', '< 0.001', '–')
    """
    return "–" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


_LOSS_TITLES = {
    "topk_cross_entropy": "TopK cross entropy",
    "distance_penalized_cross_entropy": "Distance-penalised cross entropy",
    "generalized_dice": "Generalised Dice",
    "focal_tversky": "Focal Tversky",
    "cosine_tversky": "Cosine Tversky",
    "sensitivity_specificity": "Sensitivity-specificity",
    "log_cosh_dice": "Log-cosh Dice",
    "topk_dice": "TopK Dice",
    "lovasz_softmax": "Lovász-softmax",
    "hausdorff_distance_transform": "Hausdorff by distance transform",
    "hausdorff_erosion": "Hausdorff by erosion",
    "hausdorff_convolution": "Hausdorff by convolution",
    "shape_aware": "Shape-aware",
    "exponential_logarithmic": "Exponential-logarithmic",
}


def loss_title(name: str) -> str:
    """A loss of the registry as a heading names it.

    >>> loss_title("topk_dice"), loss_title("weighted_cross_entropy")
    ('TopK Dice', 'Weighted cross entropy')
    """
    return _LOSS_TITLES.get(name, name.replace("_", " ").capitalize())
