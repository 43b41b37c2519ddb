"""How arms, differences and p-values are written in tables."""

import math
import re
from typing import Any

DECIMALS = {
    "hausdorff_px": 2,
    "hausdorff_mm": 2,
    "epochs_to_plateau": 1,
    "lesions_false": 1,
    "lesions_missed": 1,
    "false_positive_distance_mm": 1,
    "false_negatives": 1,
    "false_positives": 1,
    "volume_ml": 2,
    "dice_rank": 2,
    "further_winners": 0,
    "roughness": 4,
}
_LOSSES = {
    "dice": "Dice",
    "kappa": "Kappa",
    "topk_dice": "topK Dice",
    "topk_cross_entropy": "topK cross entropy",
    "tversky": "Tversky",
    "focal_tversky": "focal Tversky",
    "cosine_tversky": "cosine Tversky",
    "equal_precision_and_recall": "as much precision as recall",
    "log_cosh_dice": "log-cosh Dice",
    "sensitivity_specificity": "sensitivity-specificity",
    "exponential_logarithmic": "exponential-logarithmic",
    "lovasz_softmax": "Lovász-softmax",
    "kappa_readme": "Kappa, README form",
    "kappa_equation_4": "Kappa, eq. 4 as printed",
    "truncated_distance": "boundary, truncated distances",
    "alpha_floor": "boundary, floor under α",
    "inverted_cosine_tversky": "cosine Tversky, inverted",
    "survey_focal_tversky": "focal Tversky, exponent as printed",
    "survey_combo": "combo, signs as printed",
    "generalized_dice": "generalised Dice",
    "generalized_dice_times_alpha": "generalised Dice × α",
}
_METRICS = {
    "dice": "Dice",
    "dice_per_slice_published": "Dice per slice",
    "epochs_to_plateau": "epochs to the plateau",
    "early_dice": "early Dice",
    "validation_dice": "validation Dice",
    "hausdorff": "Hausdorff",
    "hausdorff_px": "Hausdorff in px",
    "hausdorff_mm": "Hausdorff in mm",
    "false_positive_volume_fraction": "false positives per true voxel",
    "false_positive_distance_mm": "distance of false positives in mm",
    "lesion_recall_small": "recall of small lesions",
    "lesion_recall_far": "recall of far lesions",
    "iou": "IoU",
    "hausdorff95": "95 % Hausdorff",
    "surface_dice": "surface Dice",
    "lesions_false": "false lesions",
    "lesions_missed": "missed lesions",
    "surface_dice_mm2": "surface Dice at 2 mm",
    "precision_over_recall": "precision − recall",
    "balance": "closeness of precision and recall",
    "variance_ratio": "log of the variance ratio",
    "variance_ratio_over_folds": "log of the variance ratio over folds",
    "dice_by_size": "gain in Dice per tenfold size",
    "dice_rank": "lead in mean rank by Dice",
    "further_winners": "winners besides the first",
    "size_correlation": "rank correlation of the gain in Dice with the volume",
}
# What follows the loss in an arm's name: a protocol, or a setting of the loss.
_SETTINGS = {
    "_200$": " (200-epoch protocol)",
    "_deep_supervision$": " (deep supervision)",
    "_balanced_patches$": " (balanced patches)",
    "_as_published$": " (as published)",
    r"_gamma_(\d)0$": r" (γ 0.\1)",
    r"(?<=_topk_dice)_(\d+)$": r" (K \1 %)",
    r"_alpha_(\d+)$": r" (α \1 %)",
    "_increase$": " (growing weight)",
}
_TRIVIAL = {
    "predict_nothing": "predict nothing",
    "predict_everything": "predict everything",
    "mean_training_mask": "mean training mask",
}


def arm_words(arm: str) -> str:
    """An arm's name as people read it.

    >>> arm_words("cross_entropy_then_dice"), arm_words("kappa_200")
    ('cross entropy, then Dice', 'Kappa (200-epoch protocol)')
    >>> arm_words("cross_entropy_plus_topk_dice_30")
    'cross entropy + topK Dice (K 30 %)'
    >>> arm_words("generalized_dice_plus_boundary_alpha_10")
    'generalised Dice + boundary (α 10 %)'
    """
    if arm in _TRIVIAL:
        return _TRIVIAL[arm]
    if " - " in arm:
        return " − ".join(map(arm_words, arm.split(" - ")))
    for setting, words in _SETTINGS.items():
        if found := re.search(setting, arm):
            return arm_words(arm[: found.start()]) + found.expand(words)
    phases = [
        " + ".join(_LOSSES.get(term, term.replace("_", " ")) for term in phase.split("_plus_"))
        for phase in arm.split("_then_")
    ]
    return ", then ".join(phases)


def metric_words(metric: str) -> str:
    """A metric as people read it.

    >>> metric_words("hausdorff_mm"), metric_words("sensitivity")
    ('Hausdorff in mm', 'sensitivity')
    """
    return _METRICS.get(metric, metric.replace("_", " "))


def number(value: float, metric: str) -> str:
    """A value of a metric to its decimals; a dash if undefined."""
    return "–" if math.isnan(value) else f"{value:.{DECIMALS.get(metric, 3)}f}".replace("-", "−")


def signed(value: float, metric: str) -> str:
    """A difference with its sign, to the metric's decimals; a dash if undefined.

    >>> signed(-0.0004, "dice")
    '+0.000'
    """
    decimals = DECIMALS.get(metric, 3)
    # Adding nothing turns a rounded minus zero into zero.
    return "–" if math.isnan(value) else f"{round(value, decimals) + 0.0:+.{decimals}f}".replace("-", "−")


def interval_words(row: Any) -> str:
    """A difference and its interval; ``row`` has the attributes difference, low, high and metric.

    >>> from types import SimpleNamespace
    >>> interval_words(SimpleNamespace(difference=-0.01, low=-0.02, high=0.004, metric="dice"))
    '−0.010 (−0.020 to +0.004)'
    """
    value = signed(row.difference, row.metric)
    if math.isnan(row.low) or row.low == row.high:
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
