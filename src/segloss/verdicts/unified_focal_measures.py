"""How the claims of the Unified Focal paper are measured: a family of tests, balance, spread, size of the structure."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from segloss.statistics import (
    Results,
    compare,
    lead_over_others,
    mean_interval,
    pairwise_tests,
    precision_minus_recall,
    recall_precision_distance,
    size_interaction,
    slope_difference,
    variance_ratio,
)
from segloss.statistics.paired import rank_biserial, signed_rank_p
from segloss.verdicts.measured import Measured, of_class
from segloss.verdicts.sweep_results import SweepResults


def paired_in_family(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """As paired, but p is already corrected over every pair of the arms in ``family``, as the paper's matrices are."""
    arm, baseline, metric = (comparison[name] for name in ("arm", "baseline", "metric"))
    found = compare(of_class(results, comparison), dataset, arm, baseline, metric, **options)
    if found is None or not found.cases:
        return None
    of_family = comparison["family"], metric, comparison.get("class")
    tests = pairwise_tests(results, dataset, *of_family, corrected=["signed_rank"], resamples=1)
    pair = tests[[{row.row, row.column} == {arm, baseline} for row in tests.itertuples()]]
    p = float(pair["signed_rank_holm"].iloc[0]) if found.difference * found.rank_biserial >= 0 else 1.0
    numbers = found.difference, found.low, found.high, found.cases, p, found.baseline_mean
    return Measured(*numbers, undefined=found.undefined, corrected=True)


def precision_over_recall(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, resamples: int, seed: int
) -> Measured | None:
    """Mean over the subjects of precision minus recall of one arm; p as of paired, against 0."""
    values = precision_minus_recall(results, dataset, comparison.get("class"))
    if comparison["arm"] not in values:
        return None
    differences = values[comparison["arm"]].replace([np.inf, -np.inf], np.nan).dropna().to_numpy(dtype=float)
    if not len(differences):
        return None
    mean, ranked = float(differences.mean()), rank_biserial(differences)
    low, high = mean_interval(differences, confidence=confidence, resamples=resamples, seed=seed)
    p = signed_rank_p(differences) if mean * ranked >= 0 else 1.0
    return Measured(mean, low, high, len(differences), p, quantity="precision_over_recall")


def balance_ranking(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, resamples: int, seed: int
) -> Measured | None:
    """How much closer precision and recall lie than with the best of the ``others``: mean absolute differences."""
    arms = [comparison["arm"], *comparison["others"]]
    distances = recall_precision_distance(results, dataset, comparison.get("class"))
    if not set(arms) <= set(distances.columns):
        return None
    lead, low, high, cases = lead_over_others(-distances[arms], confidence=confidence, resamples=resamples, seed=seed)
    return Measured(lead, low, high, cases, quantity="lead", undefined=len(distances) - cases)


def spread(
    results: Results, dataset: str, comparison: dict[str, Any], *, over: str = "cases", **options: Any
) -> Measured | None:
    """Logarithm of the ratio of two arms' variances of Dice, over cases or over folds."""
    names = comparison["arm"], comparison["baseline"], "dice"
    found = variance_ratio(results, dataset, *names, over=over, structure=comparison.get("class"), **options)
    return None if found is None else Measured(found.log_ratio, found.low, found.high, found.units, found.p)


def size(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Change of the difference between two arms for a structure ten times as large, among those of one class."""
    names = comparison["arm"], comparison["baseline"], "dice"
    found = size_interaction(results, dataset, *names, **options)
    return None if found is None else Measured(found.slope, found.low, found.high, found.subjects, found.p)


def size_of_families(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """In the robustness sweep: change of the difference of two groups' mean Dice for a tenfold foreground share."""
    if not isinstance(results, SweepResults) or results.sweep is None:
        return None
    found = slope_difference(results.sweep, comparison["arms"], comparison["baselines"], "dice", **options)
    return None if found is None else Measured(found.slope, found.low, found.high, found.cases, found.p)


UNIFIED_FOCAL_MEASURES: dict[str, Callable[..., Measured | None]] = {
    "paired_in_family": paired_in_family,
    "precision_over_recall": precision_over_recall,
    "balance_ranking": balance_ranking,
    "spread": spread,
    "spread_over_folds": partial(spread, over="folds"),
    "size": size,
    "size_of_families": size_of_families,
}
