"""The small loss module that all papers share.

>>> from segloss.losses import build_loss
>>> loss = build_loss("kappa")                        # loss(logits, labels) -> scalar
"""

from segloss.losses.modules import SegmentationLoss, TwoPhase, WeightedSum
from segloss.losses.quantities import Counts, NonFiniteLogitsError, Quantities
from segloss.losses.registry import LOSSES, build_loss

__all__ = [
    "LOSSES",
    "Counts",
    "NonFiniteLogitsError",
    "Quantities",
    "SegmentationLoss",
    "TwoPhase",
    "WeightedSum",
    "build_loss",
]
