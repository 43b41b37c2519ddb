"""Losses by name and family, and their construction from plain YAML."""

import inspect
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import Tensor

from segloss.losses.agreement import kappa_loss, sensitivity_specificity_loss
from segloss.losses.as_published import AsPublished
from segloss.losses.boundary import boundary_loss, shape_aware_loss
from segloss.losses.compound import combo_loss, exponential_logarithmic_loss, mixed_focal_loss
from segloss.losses.cross_entropy import (
    balanced_cross_entropy_loss,
    cross_entropy_loss,
    focal_loss,
    topk_cross_entropy_loss,
    weighted_cross_entropy_loss,
)
from segloss.losses.dice import dice_loss, generalized_dice_loss, log_cosh_dice_loss, topk_dice_loss
from segloss.losses.hausdorff import (
    hausdorff_convolution_loss,
    hausdorff_distance_transform_loss,
    hausdorff_erosion_loss,
)
from segloss.losses.lovasz import lovasz_softmax_loss
from segloss.losses.modules import LinearReweighting, SegmentationLoss, Term, TwoPhase, WeightedSum
from segloss.losses.tversky import cosine_tversky_loss, focal_tversky_loss, tversky_loss
from segloss.losses.unified_focal import asymmetric_unified_focal_loss, symmetric_unified_focal_loss
from segloss.losses.weight_maps import distance_penalized_cross_entropy_loss, structural_similarity_loss

FAMILIES: dict[str, dict[str, Callable[..., Tensor]]] = {
    "distribution": {
        "cross_entropy": cross_entropy_loss,
        "weighted_cross_entropy": weighted_cross_entropy_loss,
        "balanced_cross_entropy": balanced_cross_entropy_loss,
        "focal": focal_loss,
        "topk_cross_entropy": topk_cross_entropy_loss,
        "distance_penalized_cross_entropy": distance_penalized_cross_entropy_loss,
        "structural_similarity": structural_similarity_loss,
    },
    "region": {
        "dice": dice_loss,
        "generalized_dice": generalized_dice_loss,
        "tversky": tversky_loss,
        "focal_tversky": focal_tversky_loss,
        "cosine_tversky": cosine_tversky_loss,
        "sensitivity_specificity": sensitivity_specificity_loss,
        "log_cosh_dice": log_cosh_dice_loss,
        "kappa": kappa_loss,
        "topk_dice": topk_dice_loss,
        "lovasz_softmax": lovasz_softmax_loss,
    },
    "distance": {
        "boundary": boundary_loss,
        "hausdorff_distance_transform": hausdorff_distance_transform_loss,
        "hausdorff_erosion": hausdorff_erosion_loss,
        "hausdorff_convolution": hausdorff_convolution_loss,
        "shape_aware": shape_aware_loss,
    },
    "compound": {
        "combo": combo_loss,
        "exponential_logarithmic": exponential_logarithmic_loss,
        "mixed_focal": mixed_focal_loss,
        "symmetric_unified_focal": symmetric_unified_focal_loss,
        "asymmetric_unified_focal": asymmetric_unified_focal_loss,
    },
}
LOSSES = {name: loss for family in FAMILIES.values() for name, loss in family.items()}

# Losses whose formula, or part of it, could not be read in the paper that introduced them, and what stands in for it.
SECONDARY_SOURCES = {
    "asymmetric_unified_focal": "the authors' code and a second implementation",
    "combo": "the two papers that quote it",
    "distance_penalized_cross_entropy": "the survey's description and a second implementation",
    "exponential_logarithmic": "the survey for the formula, a second implementation for the constants",
    "hausdorff_convolution": "general knowledge of the paper; nothing to compare with was found",
    "hausdorff_distance_transform": "two implementations and a summary",
    "hausdorff_erosion": "an implementation and a summary",
    "lovasz_softmax": "the authors' code",
    "sensitivity_specificity": "the survey and a second implementation",
    "shape_aware": "the survey's description and general knowledge of the paper",
    "structural_similarity": "the survey and two implementations that differ in their constants",
    "symmetric_unified_focal": "the authors' code and a second implementation",
}


def build_loss(spec: str | Mapping[str, Any], ignore_index: int | None = None, **options: Any) -> SegmentationLoss:
    """Build a loss.

    Args:
        spec: The name of a loss; or a weighted sum ``{name: weight}`` or ``{name: {"weight": w, option: value}}``; or
            a schedule, of which the first takes any two specifications:
            ``{"two_phase": [first, second], "switch": share}``;
            ``{"reweighted": {name: [first weight, last weight]}, "until": share}``, where options stand as in a sum; or
            a form that was published wrong, ``{"as_published": name, option: value}``, to see what the slip does.
        ignore_index: Label of pixels that count nowhere.
        **options: Options of the loss, if ``spec`` is a name.

    Returns:
        A module to be called with logits (B, C, *spatial), integer labels (B, *spatial) and, if at hand, ``distance``.

    Raises:
        ValueError: If a name, a key or an option is unknown, a weight is no finite number, or the specification is
            empty. An option out of its range is refused when the loss is first called.

    Example:
        >>> build_loss({"cross_entropy": 1.0, "dice": {"weight": 0.5, "smooth": 1.0}}).phase
        'cross_entropy_plus_dice'
    """
    if isinstance(spec, str):
        return WeightedSum({spec: (1.0, _term(spec, options))}, ignore_index)
    if not isinstance(spec, Mapping) or not spec:
        raise ValueError(f"a loss is a name or a mapping with at least one term, got {spec!r}")
    if options:
        raise ValueError(f"options go into the specification, got {', '.join(options)} beside it")
    if "as_published" in spec:
        published = dict(spec)
        return AsPublished(published.pop("as_published"), published)
    if "two_phase" in spec:
        _check_keys(spec, "two_phase", "switch")
        return _two_phase(spec["two_phase"], spec["switch"], ignore_index)
    if "reweighted" in spec:
        _check_keys(spec, "reweighted", "until")
        return _reweighted(spec["reweighted"], spec["until"], ignore_index)
    terms = {name: _weighted(name, value) for name, value in spec.items()}
    return WeightedSum({name: (_number(weight, name), term) for name, (weight, term) in terms.items()}, ignore_index)


def _two_phase(phases: Any, switch: float, ignore_index: int | None) -> TwoPhase:
    if not isinstance(phases, list | tuple) or len(phases) != 2:
        raise ValueError(f"two_phase takes a list of two losses, got {phases!r}")
    first, second = (build_loss(phase, ignore_index) for phase in phases)
    return TwoPhase(first, second, switch)


def _reweighted(terms: Any, until: float, ignore_index: int | None) -> LinearReweighting:
    if not isinstance(terms, Mapping) or not terms:
        raise ValueError(f"reweighted takes a mapping of names to two weights, got {terms!r}")
    ends = {}
    for name, value in terms.items():
        weights, term = _weighted(name, value)
        if not isinstance(weights, list | tuple) or len(weights) != 2:
            raise ValueError(f"reweighted takes a first and a last weight, got {weights!r} for {name}")
        ends[name] = (_number(weights[0], name), _number(weights[1], name), term)
    return LinearReweighting(ends, until, ignore_index)


def _check_keys(spec: Mapping[str, Any], *expected: str) -> None:
    if set(spec) != set(expected):
        raise ValueError(f"{expected[0]} is a schedule with the keys {', '.join(expected)}, got {', '.join(spec)}")


def _number(weight: Any, name: str) -> float:
    if not isinstance(weight, int | float) or not math.isfinite(weight):
        raise ValueError(f"the weight of {name} must be a finite number, got {weight!r}")
    return float(weight)


def _weighted(name: str, value: Any) -> tuple[Any, Term]:
    options = dict(value) if isinstance(value, Mapping) else {"weight": value}
    return options.pop("weight", 1.0), _term(name, options)


def _term(name: str, options: Mapping[str, Any]) -> Term:
    if name not in LOSSES:
        raise ValueError(f"unknown loss {name!r}; the losses are {', '.join(LOSSES)}")
    parameters = [p for p in inspect.signature(LOSSES[name]).parameters.values() if p.kind is p.KEYWORD_ONLY]
    known = [p.name for p in parameters]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ValueError(f"{name} has no option {unknown[0]!r}; its options are {', '.join(known) or 'none'}")
    missing = [p.name for p in parameters if p.default is p.empty and p.name not in options]
    if missing:
        raise ValueError(f"{name} needs a value for {', '.join(missing)}")
    return partial(LOSSES[name], **options)
