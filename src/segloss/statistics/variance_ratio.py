"""Which of two arms is less consistent: the ratio of their variances, over cases and over folds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from segloss.statistics.resampling import bootstrap_interval
from segloss.statistics.results import Results, case_values, fold_means
from segloss.statistics.subjects import over_subjects

Array = NDArray[np.float64]


@dataclass(frozen=True)
class VarianceRatio:
    """Two spreads of the same cases or folds.

    Attributes:
        sd: Standard deviation of the arm; ``baseline_sd`` that of the other.
        log_ratio: Natural logarithm of the ratio of the variances, above 0 where the arm varies more; ``low`` and
            ``high`` end its interval.
        units: Number of cases or folds.
        p: Levene's test around the medians, which takes the two for independent samples.
    """

    sd: float
    baseline_sd: float
    log_ratio: float
    low: float
    high: float
    units: int
    p: float


def variance_ratio(
    results: Results,
    dataset: str,
    arm: str,
    baseline: str,
    metric: str = "dice",
    *,
    over: str = "cases",
    structure: str | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> VarianceRatio | None:
    """Compare the spreads of two arms; None where an arm is missing or fewer than three units have a value.

    Over cases the interval is a bootstrap that draws both arms' values of a case together. A handful of folds gives a
    bootstrap nothing to draw from: there it is that of two independent normal samples.

    Args:
        results: Measured values.
        dataset: Which data set.
        arm: The arm that is asked about.
        baseline: The other.
        metric: Name of the metric.
        over: "cases" (of one subject averaged first) or "folds" (their means).
        structure: Which class; the mean over the classes of a case if left out.
        confidence: Level of the interval.
        resamples: Number of bootstrap samples.
        seed: Of the resampling.
    """
    classes = None if structure is None else [structure]
    if over == "cases":
        values = over_subjects(case_values(results.metrics, dataset, metric, classes), results, dataset)
    else:
        values = fold_means(results.metrics, dataset, metric, classes)
    if not {arm, baseline} <= set(values.columns):
        return None
    ours, theirs = values[[arm, baseline]].dropna().to_numpy(dtype=float).T
    if len(ours) < 3 or min(np.ptp(ours), np.ptp(theirs)) < 1e-12:
        return None
    ratio = float(_log_ratio(ours, theirs))
    if over == "cases":
        low, high = bootstrap_interval(_log_ratio, ours, theirs, confidence=confidence, resamples=resamples, seed=seed)
    else:
        reach = np.log(stats.f.ppf((1 + confidence) / 2, len(ours) - 1, len(ours) - 1))
        low, high = ratio - reach, ratio + reach
    p = float(stats.levene(ours, theirs, center="median").pvalue)
    return VarianceRatio(float(ours.std(ddof=1)), float(theirs.std(ddof=1)), ratio, low, high, len(ours), p)


def _log_ratio(first: Array, second: Array, axis: int = -1) -> Array:
    # A resample that draws one case over and over has no spread; the floor keeps its logarithm finite.
    variances = [np.maximum(values.var(axis=axis, ddof=1), 1e-12) for values in (first, second)]
    return np.asarray(np.log(variances[0] / variances[1]))
