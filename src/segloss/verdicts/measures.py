"""How each kind of claim is measured on one data set: a difference, its interval, its p."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from segloss.statistics import (
    Results,
    compare,
    convergence,
    difference_of_differences,
    paired_t_p,
    slope_on_share,
    t_interval,
)


@dataclass(frozen=True)
class Measured:
    """A difference between arm and baseline with its interval.

    ``n`` counts cases, or folds for convergence; ``undefined`` the cases that have no difference, such as a distance
    to an empty prediction; ``quantity`` is named where it is not the metric itself.
    """

    difference: float
    low: float
    high: float
    n: int
    p: float = math.nan
    baseline_mean: float = math.nan
    quantity: str | None = None
    undefined: int = 0


def paired(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Mean difference over the cases; p is twice the signed-rank test's in the direction of that difference.

    So it is the two-sided p where ranks and mean agree, and 1 where the ranks point the other way.
    """
    found = compare(results, dataset, comparison["arm"], comparison["baseline"], comparison["metric"], **options)
    if found is None:
        return None
    p = found.p if found.difference * found.rank_biserial >= 0 else 1.0
    return Measured(
        found.difference, found.low, found.high, found.cases, p, found.baseline_mean, undefined=found.undefined
    )


def slope(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Slope of the per-case difference on the foreground share, permutation p."""
    found = slope_on_share(results, dataset, comparison["arm"], comparison["baseline"], comparison["metric"], **options)
    return (
        None if found is None else Measured(found.slope, found.low, found.high, found.cases, found.p, quantity="slope")
    )


def change_of_difference(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Difference of two differences; arm and baseline are each written "a - b"."""
    first, second = (tuple(comparison[side].split(" - ")) for side in ("arm", "baseline"))
    found = difference_of_differences(results, dataset, first, second, comparison["metric"], **options)
    return None if found is None else Measured(*found)


def speed(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, **_: Any
) -> Measured | None:
    """Epochs to the plateau or early Dice, paired over folds; Student's interval and paired t-test."""
    frame = convergence(results.history, dataset, comparison["arm"], comparison["baseline"])
    if frame.empty:
        return None
    folds = frame.pivot(index="fold", columns="arm", values=comparison["metric"])
    arm, baseline = folds[comparison["arm"]], folds[comparison["baseline"]]
    change = arm - baseline
    low, high = t_interval(change, confidence)
    return Measured(float(change.mean()), low, high, len(change), paired_t_p(change), float(baseline.mean()))


MEASURES: dict[str, Callable[..., Measured | None]] = {
    "paired": paired,
    "slope": slope,
    "difference_of_differences": change_of_difference,
    "convergence": speed,
}
