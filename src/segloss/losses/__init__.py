"""The small loss module that all papers share.

>>> from segloss.losses import build_loss
>>> loss = build_loss("kappa")                        # loss(logits, labels) -> scalar
"""

from segloss.losses.counts import Counts
from segloss.losses.distance_maps import signed_distance
from segloss.losses.modules import LinearReweighting, SegmentationLoss, TwoPhase, WeightedSum
from segloss.losses.quantities import NonFiniteLogitsError, Quantities
from segloss.losses.registry import FAMILIES, LOSSES, SECONDARY_SOURCES, build_loss

__all__ = [
    "FAMILIES",
    "LOSSES",
    "SECONDARY_SOURCES",
    "Counts",
    "LinearReweighting",
    "NonFiniteLogitsError",
    "Quantities",
    "SegmentationLoss",
    "TwoPhase",
    "WeightedSum",
    "build_loss",
    "signed_distance",
]
