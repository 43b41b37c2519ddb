"""Losses by name, and their construction from plain YAML."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

from segloss.losses.distribution import cross_entropy_loss
from segloss.losses.modules import SegmentationLoss, Term, TwoPhase, WeightedSum
from segloss.losses.region import dice_loss, kappa_loss

LOSSES = {
    "cross_entropy": cross_entropy_loss,
    "dice": dice_loss,
    "kappa": kappa_loss,
}


def build_loss(spec: str | Mapping[str, Any], ignore_index: int | None = None, **options: Any) -> SegmentationLoss:
    """Build a loss.

    Args:
        spec: The name of a loss; or a weighted sum ``{name: weight}`` or ``{name: {"weight": w, option: value}}``; or
            a schedule ``{"two_phase": [first, second], "switch": share}`` of two such specifications.
        ignore_index: Label of pixels that count nowhere.
        **options: Options of the loss, if ``spec`` is a name.

    Returns:
        A module to be called with logits (B, C, *spatial) and integer labels (B, *spatial).

    Raises:
        ValueError: If a name or an option is unknown, or the specification is empty.

    Example:
        >>> build_loss({"cross_entropy": 1.0, "dice": {"weight": 0.5, "smooth": 1.0}}).phase
        'cross_entropy_plus_dice'
    """
    if isinstance(spec, str):
        return WeightedSum({spec: (1.0, _term(spec, options))}, ignore_index)
    if options:
        raise ValueError(f"options go into the specification, got {', '.join(options)} beside it")
    if "two_phase" in spec:
        return _two_phase(ignore_index, **spec)
    if not spec:
        raise ValueError("a loss needs at least one term, got an empty specification")
    return WeightedSum({name: _weighted(name, value) for name, value in spec.items()}, ignore_index)


def _two_phase(ignore_index: int | None, two_phase: list[Any], switch: float) -> TwoPhase:
    if len(two_phase) != 2:
        raise ValueError(f"two_phase takes two losses, got {len(two_phase)}")
    first, second = (build_loss(spec, ignore_index) for spec in two_phase)
    return TwoPhase(first, second, switch)


def _weighted(name: str, value: float | Mapping[str, Any]) -> tuple[float, Term]:
    options = dict(value) if isinstance(value, Mapping) else {"weight": value}
    return float(options.pop("weight", 1.0)), _term(name, options)


def _term(name: str, options: Mapping[str, Any]) -> Term:
    if name not in LOSSES:
        raise ValueError(f"unknown loss {name!r}; the losses are {', '.join(LOSSES)}")
    known = [p.name for p in inspect.signature(LOSSES[name]).parameters.values() if p.kind is p.KEYWORD_ONLY]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise ValueError(f"{name} has no option {unknown[0]!r}; its options are {', '.join(known) or 'none'}")
    return partial(LOSSES[name], **options)
