"""How each kind of claim is measured on one data set: a difference, its interval, its p."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pandas as pd

from segloss.statistics import (
    Results,
    case_values,
    compare,
    convergence,
    difference_of_differences,
    difference_of_gains,
    empty_share,
    gap_opening,
    holm,
    last_validation_dice,
    lead_over_others,
    over_subjects,
    paired_t_p,
    roughness,
    size_correlation,
    slope_on_share,
    t_interval,
)
from segloss.verdicts.measured import Measured, of_class
from segloss.verdicts.sweep_measures import SWEEP_MEASURES
from segloss.verdicts.unified_focal_measures import UNIFIED_FOCAL_MEASURES

# A loss is said to collapse where it leaves at least this share of the slices with a lesion without any prediction.
COLLAPSED = 0.95


def paired(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Mean difference over the cases; p is twice the signed-rank test's in the direction of that difference.

    So it is the two-sided p where ranks and mean agree, and 1 where the ranks point the other way. Of several classes
    the mean over them is compared, or the one that the comparison names as its ``class``.
    """
    results = of_class(results, comparison)
    found = compare(results, dataset, comparison["arm"], comparison["baseline"], comparison["metric"], **options)
    if found is None or not found.cases + found.undefined:
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


def relation_to_size(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Rank correlation of the gain in Dice with the volume of the structure, over patients; the interval decides."""
    found = size_correlation(results, dataset, comparison["arm"], comparison["baseline"], **options)
    return None if found is None else Measured(*found)


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
    return _over_folds(arm - baseline, confidence, float(baseline.mean()))


def stability(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, **_: Any
) -> Measured | None:
    """Roughness of the curve of validation Dice, paired over folds; Student's interval and paired t-test."""
    arm, baseline = (roughness(results.history, dataset, comparison[side]) for side in ("arm", "baseline"))
    return _over_folds((arm - baseline).dropna(), confidence, float(baseline.mean()))


def widening(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, **_: Any
) -> Measured | None:
    """How far the gap in validation Dice opens from early to late epochs; Student's interval and t-test over folds."""
    change = gap_opening(results.history, dataset, comparison["arm"], comparison["baseline"])
    return _over_folds(change, confidence)


def gain_against(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Gain on the data set minus that on ``against``; the interval decides. Phantoms never stand against real data."""
    other = comparison["against"]
    if (results.kind(dataset) == "phantom") != (results.kind(other) == "phantom"):
        return None
    names = [comparison[side] for side in ("arm", "baseline", "metric")]
    found = difference_of_gains(results, (dataset, other), *names, **options)
    return None if found is None else Measured(*found[:4], undefined=found[4])


def collapse(results: Results, dataset: str, comparison: dict[str, Any], **_: Any) -> Measured | None:
    """Share of lesion slices left empty, less what counts as collapse; from the lowest fold to the highest."""
    shares = empty_share(results.metrics, dataset, comparison["arm"])
    if shares.empty:
        return None
    # Rounded upwards by less than any slice, so that exactly the share counts as reached.
    excess = shares - COLLAPSED + 1e-9
    return Measured(float(excess.mean()), float(excess.min()), float(excess.max()), len(excess))


def ranking(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, resamples: int, seed: int
) -> Measured | None:
    """Mean of the arm minus the best mean of the ``others``; its interval is beyond 0 where the arm ranks first, or
    does not, in that share of the resamples."""
    results, arms = of_class(results, comparison), [comparison["arm"], *comparison["others"]]
    if not set(arms) <= set(results.arms(dataset)):
        return None
    values = over_subjects(case_values(results.metrics, dataset, comparison["metric"])[arms], results, dataset)
    lead, low, high, cases = lead_over_others(values, confidence=confidence, resamples=resamples, seed=seed)
    return Measured(lead, low, high, cases, quantity="lead", undefined=len(values) - cases)


def ranking_or_tie(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """As :func:`ranking`, with the metric's own margin: within it two arms are tied."""
    found = ranking(results, dataset, comparison, **options)
    return None if found is None else replace(found, quantity=None)


def rank_lead(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, resamples: int, seed: int
) -> Measured | None:
    """Lowest mean rank of the ``others`` minus that of the arm, 1 the best of a subject; interval as of a ranking."""
    arms = [comparison["arm"], *comparison["others"]]
    if not set(arms) <= set(results.arms(dataset)):
        return None
    values = case_values(results.metrics, dataset, comparison["metric"].removesuffix("_rank"))[arms]
    ranks = over_subjects(values, results, dataset).dropna().rank(axis="columns", ascending=False)
    lead, low, high, cases = lead_over_others(-ranks, confidence=confidence, resamples=resamples, seed=seed)
    return Measured(lead, low, high, cases, undefined=len(values) - len(ranks))


def largest_gap(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """The largest mean difference between any two of the ``others``, and how far the intervals of all pairs reach.

    All are the same where every pair is, so that the upper end is the farthest of all pairs; the lower end and p,
    Holm's over the pairs, are those of the pair with the largest difference.
    """
    if not set(comparison["others"]) <= set(results.arms(dataset)):
        return None
    pairs = combinations(comparison["others"], 2)
    found = [compare(results, dataset, *pair, comparison["metric"], **options) for pair in pairs]
    pairs_compared = [pair for pair in found if pair is not None and pair.cases]
    if not pairs_compared:
        return None
    largest = max(range(len(pairs_compared)), key=lambda place: abs(pairs_compared[place].difference))
    pair, p = pairs_compared[largest], holm([each.p for each in pairs_compared])[largest]
    ends = sorted(abs(end) for end in (pair.low, pair.high))
    low = ends[0] if pair.low * pair.high > 0 else -ends[0]
    reach = max(max(abs(each.low), abs(each.high)) for each in pairs_compared)
    return Measured(
        abs(pair.difference), low, reach, pair.cases, float(p), pair.baseline_mean, undefined=pair.undefined
    )


def choice(results: Results, dataset: str, comparison: dict[str, Any], **_: Any) -> Measured | None:
    """Late validation Dice of the arm minus the best of the ``others``: the choice itself, which has no interval."""
    arms = [comparison["arm"], *comparison["others"]]
    if not set(arms) <= set(results.arms(dataset)):
        return None
    ours, *theirs = (last_validation_dice(results.history, dataset, arm) for arm in arms)
    if any(map(math.isnan, (ours, *theirs))):
        return None
    lead = ours - max(theirs)
    folds = results.history.loc[results.history["dataset"] == dataset, "fold"].nunique()
    return Measured(lead, lead, lead, folds)


def _over_folds(change: pd.Series, confidence: float, baseline_mean: float = math.nan) -> Measured | None:
    if change.empty:
        return None
    low, high = t_interval(change, confidence)
    return Measured(float(change.mean()), low, high, len(change), paired_t_p(change), baseline_mean)


MEASURES: dict[str, Callable[..., Measured | None]] = {
    "paired": paired,
    "slope": slope,
    "size_correlation": relation_to_size,
    "difference_of_differences": change_of_difference,
    "convergence": speed,
    "stability": stability,
    "gap_opening": widening,
    "difference_of_gains": gain_against,
    "collapse": collapse,
    "ranking": ranking,
    "ranking_or_tie": ranking_or_tie,
    "rank_lead": rank_lead,
    "choice": choice,
    "largest_gap": largest_gap,
    **SWEEP_MEASURES,
    **UNIFIED_FOCAL_MEASURES,
}
