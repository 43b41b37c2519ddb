"""Two arms on the same cases: difference, interval, effect size, tests.

The unit is the subject, which nearly everywhere has one case. The paired test is the right one, because both arms
segment the same images; the paper's own, a t-test of two independent samples, stands beside it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from segloss.statistics.resampling import bootstrap_interval, holm, mean_interval, permutation_p
from segloss.statistics.results import TRUTH, Results, case_values, fold_means, pooled_values
from segloss.statistics.subjects import subject_values

Array = NDArray[np.float64]
POOLED = "all sets, each image once"


@dataclass(frozen=True)
class Comparison:
    """An arm against a baseline; ``difference`` is arm minus baseline, with the interval ``low`` to ``high``.

    Means, difference, interval, Cohen's d_z and p_permutation are over the ``cases`` in which both arms have a value.
    The signed-rank p and the rank-biserial correlation also use the ``undefined`` ones, distances of a missed
    structure, ranked worst. p_images and p_folds are the paper's t-test over images and over means of folds.

    Of a mean over slices (:mod:`segloss.statistics.per_slice`), means, difference, interval and p_permutation weigh
    each case by its number of slices; the other numbers count every case once.
    """

    dataset: str
    metric: str
    arm: str
    baseline: str
    cases: int
    undefined: int
    mean: float
    baseline_mean: float
    difference: float
    low: float
    high: float
    d_z: float
    rank_biserial: float
    p: float
    p_permutation: float
    p_images: float
    p_folds: float


def compare(
    results: Results,
    dataset: str,
    arm: str,
    baseline: str,
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison | None:
    """Compare two arms case by case; None where one of them has no values on this data set."""
    if dataset == POOLED:
        values = pooled_values(results, metric, (arm, baseline))
        weights, folds = None, pd.DataFrame()
    else:
        if not {arm, baseline} <= set(results.arms(dataset)):
            return None
        values, weights = subject_values(results, dataset, metric)
        folds = fold_means(results.metrics, dataset, metric)
    if values.empty:
        return None
    both = values[[arm, baseline]].dropna()
    ours, theirs = (both[name].to_numpy(dtype=float) for name in (arm, baseline))
    finite = np.isfinite(ours) & np.isfinite(theirs)
    with np.errstate(invalid="ignore"):
        ranked = np.nan_to_num(ours - theirs, nan=0.0, posinf=np.inf, neginf=-np.inf)
    ours, theirs = ours[finite], theirs[finite]
    differences = ours - theirs
    weighed = None if weights is None else weights[both.index].to_numpy()[finite]
    flipped = differences if weighed is None else differences * weighed
    low, high = mean_interval(differences, weighed, confidence=confidence, resamples=resamples, seed=seed)
    return Comparison(
        dataset=dataset,
        metric=metric,
        arm=arm,
        baseline=baseline,
        cases=int(finite.sum()),
        undefined=int((~finite).sum()),
        mean=_mean(ours, weighed),
        baseline_mean=_mean(theirs, weighed),
        difference=_mean(differences, weighed),
        low=low,
        high=high,
        d_z=standardised_mean(differences),
        rank_biserial=rank_biserial(ranked),
        p=signed_rank_p(ranked),
        p_permutation=permutation_p(flipped, resamples=resamples, seed=seed),
        p_images=_t_test_p(ours, theirs),
        p_folds=_t_test_p(folds[arm], folds[baseline]) if len(folds) else float("nan"),
    )


def comparison_frame(comparisons: Iterable[Comparison | None]) -> pd.DataFrame:
    """One row per comparison, with ``p_holm``: ``p`` corrected for all rows together."""
    columns = [*Comparison.__dataclass_fields__]
    frame = pd.DataFrame([asdict(c) for c in comparisons if c is not None], columns=columns)
    return frame.assign(p_holm=holm(frame["p"].to_list()))


def difference_of_differences(
    results: Results,
    dataset: str,
    first: tuple[str, str],
    second: tuple[str, str],
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float, int] | None:
    """Mean over cases of (first arm - its baseline) - (second arm - its baseline).

    Returns:
        Value, lower and upper end of its interval, number of cases; None where an arm is missing.
    """
    if not {*first, *second} <= set(results.arms(dataset)):
        return None
    values = case_values(results.metrics, dataset, metric)
    gains = [values[arm] - values[baseline] for arm, baseline in (first, second)]
    change = (gains[0] - gains[1]).replace([np.inf, -np.inf], np.nan).dropna().to_numpy(dtype=float)
    low, high = bootstrap_interval(np.mean, change, confidence=confidence, resamples=resamples, seed=seed)
    return _mean(change), low, high, len(change)


@dataclass(frozen=True)
class Slope:
    """Straight line through the per-case differences of two arms over the foreground share of the truth.

    Attributes:
        points: Index case; columns share (0 to 1) and difference.
        slope: Change of the difference from share 0 to share 1; ``low`` and ``high`` end its interval.
        intercept: Difference at share 0.
        p: Two-sided, from permutations of the shares.
    """

    points: pd.DataFrame
    slope: float
    intercept: float
    low: float
    high: float
    cases: int
    p: float


def slope_on_share(
    results: Results,
    dataset: str,
    arm: str = "kappa",
    baseline: str = "dice",
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Slope | None:
    """Does the difference of two arms grow with the object's share of the image? None where an arm is missing."""
    if not {arm, baseline} <= set(results.arms(dataset)):
        return None
    values = case_values(results.metrics, dataset, metric)
    share = case_values(results.metrics, dataset, "foreground_share")[TRUTH]
    points = pd.DataFrame({"share": share, "difference": values[arm] - values[baseline]})
    points = points.replace([np.inf, -np.inf], np.nan).dropna()
    if points["share"].nunique() < 2:
        return None
    sample = points["share"].to_numpy(), points["difference"].to_numpy()
    value = float(_slope(*sample))
    low, high = bootstrap_interval(_slope, *sample, confidence=confidence, resamples=resamples, seed=seed)
    # The number of draws at once keeps the permuted shares below 16 MB.
    draws = stats.PermutationMethod(
        n_resamples=resamples, batch=max(1, 2_000_000 // len(points)), rng=np.random.default_rng(seed)
    )
    p = float(stats.pearsonr(*sample, method=draws).pvalue) if np.ptp(sample[1]) else 1.0
    return Slope(points, value, sample[1].mean() - value * sample[0].mean(), low, high, len(points), p)


def signed_rank_p(differences: Array) -> float:
    """Two-sided p of Wilcoxon's signed-rank test; infinite differences rank last; 1 if all are 0."""
    if not len(differences):
        return float("nan")
    return float(stats.wilcoxon(differences).pvalue) if np.any(differences) else 1.0


def rank_biserial(differences: Array) -> float:
    """Rank sum of the positive differences minus that of the negative ones, as a share of all, in [-1, 1].

    >>> rank_biserial(np.array([3.0, 1.0, -2.0, 0.0]))
    0.3333333333333333
    """
    moved = differences[differences != 0]
    ranks = stats.rankdata(np.abs(moved))
    return float((ranks * np.sign(moved)).sum() / ranks.sum()) if len(moved) else 0.0


def standardised_mean(differences: Array) -> float:
    """Cohen's d_z: mean of the paired differences over their standard deviation; NaN if they do not vary."""
    spread = differences.std(ddof=1) if len(differences) > 1 else 0.0
    return float(differences.mean() / spread) if spread else float("nan")


def _slope(share: Array, difference: Array, axis: int = -1) -> Array:
    centred = share - share.mean(axis=axis, keepdims=True)
    spread = np.asarray((centred**2).sum(axis=axis))
    # A resample that repeats one case has no slope and counts as level.
    return np.where(spread > 0, (centred * difference).sum(axis=axis) / np.where(spread > 0, spread, 1), 0.0)


def _t_test_p(first: Array | pd.Series, second: Array | pd.Series) -> float:
    """Student's test of two independent samples; NaN where the values do not vary or are too few."""
    samples = [np.asarray(sample)[np.isfinite(sample)] for sample in (first, second)]
    if min(map(len, samples)) < 2 or max(map(np.ptp, samples)) < 1e-12:
        return float("nan")
    summaries = [(sample.mean(), sample.std(ddof=1), len(sample)) for sample in samples]
    return float(stats.ttest_ind_from_stats(*summaries[0], *summaries[1]).pvalue)


def _mean(values: Array, weights: Array | None = None) -> float:
    return float(np.average(values, weights=weights)) if len(values) else float("nan")
