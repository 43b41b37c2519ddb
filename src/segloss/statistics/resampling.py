"""Bootstrap intervals, the sign-flip permutation test and Holm's correction."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Array = NDArray[np.float64]
# Resampled values held at once; caps the memory whatever the number of cases.
_BATCH_VALUES = 2_000_000


def bootstrap_interval(
    statistic: Callable[..., ArrayLike],
    *samples: ArrayLike,
    paired: bool = True,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval of a statistic over cases.

    Args:
        statistic: Takes the samples and ``axis``, as ``numpy.mean`` does.
        samples: Values of the same cases, resampled together; of different cases if not ``paired``.
        paired: Whether the samples are of the same cases.
        confidence: Level of the interval, in (0, 1).
        resamples: Number of bootstrap samples.
        seed: Of the resampling; the same seed gives the same interval.

    Returns:
        Lower and upper end; NaN with fewer than two cases; percentiles where the data do not vary.
    """
    arrays = [np.asarray(sample, dtype=float) for sample in samples]
    cases = max(map(len, arrays))
    if min(map(len, arrays)) < 2:
        return float("nan"), float("nan")
    # Without any variation SciPy warns and gives NaN; the percentiles of the resamples are then the interval.
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        result = stats.bootstrap(
            arrays,
            statistic,
            paired=paired,
            vectorized=True,
            n_resamples=resamples,
            batch=max(1, _BATCH_VALUES // cases),
            confidence_level=confidence,
            rng=np.random.default_rng(seed),
        )
    ends = np.array(result.confidence_interval)
    if not np.isfinite(ends).all():
        ends = np.quantile(result.bootstrap_distribution, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(ends[0]), float(ends[1])


def mean_interval(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Interval of the mean over cases; of a weighted one, each case is drawn together with its weight.

    Args:
        values: One per case.
        weights: One per case, above 0; equal ones if left out.
        confidence: Level of the interval, in (0, 1).
        resamples: Number of bootstrap samples.
        seed: Of the resampling.

    Returns:
        As :func:`bootstrap_interval`.
    """
    statistic, samples = (np.mean, [values]) if weights is None else (_weighted_mean, [values, weights])
    return bootstrap_interval(statistic, *samples, confidence=confidence, resamples=resamples, seed=seed)


def permutation_p(differences: ArrayLike, *, resamples: int = 2000, seed: int = 0) -> float:
    """Two-sided p of the mean of paired differences, by random signs.

    The observed signs count as one of the draws, so p is never below 1 / (resamples + 1). NaN without cases.
    """
    values = np.asarray(differences, dtype=float)
    if not len(values):
        return float("nan")
    rng = np.random.default_rng(seed)
    observed = abs(values.sum()) * (1 - 1e-12)
    extreme, left = 0, resamples
    while left:
        draws = min(left, max(1, _BATCH_VALUES // len(values)))
        signs = rng.integers(0, 2, size=(draws, len(values)), dtype=np.int8) * 2.0 - 1.0
        extreme += int(np.count_nonzero(np.abs(signs @ values) >= observed))
        left -= draws
    return (extreme + 1) / (resamples + 1)


def holm(p_values: Sequence[float]) -> Array:
    """Holm's adjusted p-values; undefined ones stay NaN and do not count as tests.

    >>> holm([0.01, 0.04, float("nan")]).tolist()
    [0.02, 0.04, nan]
    """
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    rising = np.argsort(p)[: np.isfinite(p).sum()]  # NaN sorts last
    # Of m values the k-th smallest is multiplied by m - k + 1, and none lies below the one before it.
    steps = np.maximum.accumulate(p[rising] * np.arange(len(rising), 0, -1))
    adjusted[rising] = np.minimum(1.0, steps)
    return adjusted


def rank_first_share(
    values: pd.DataFrame, *, higher_is_better: bool = True, resamples: int = 2000, seed: int = 0
) -> pd.Series:
    """Share of bootstrap resamples of the cases in which each arm has the best mean; equal means share the rank.

    Args:
        values: Cases by arms; only cases with a value in every arm are used.
        higher_is_better: False for distances.
        resamples: Number of bootstrap samples.
        seed: Of the resampling.

    Returns:
        A share per arm; they sum to 1 (all NaN without a common case).
    """
    table = _common_cases(values)
    if not len(table):
        return pd.Series(np.nan, index=values.columns)
    means = _resampled_means(table, resamples, seed) * (1 if higher_is_better else -1)
    best = np.isclose(means, means.max(axis=1, keepdims=True), rtol=0, atol=1e-12)
    return pd.Series((best / best.sum(axis=1, keepdims=True)).mean(axis=0), index=values.columns)


def lead_over_others(
    values: pd.DataFrame, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float, float, int]:
    """How far the first column's mean lies above the best mean of the other columns, over bootstrap resamples.

    Args:
        values: Cases by arms, higher is better; only cases with a value in every arm are used.
        confidence: Share of the resamples on the right side of each end.
        resamples: Number of bootstrap samples.
        seed: Of the resampling.

    Returns:
        The lead; a lower end above 0 exactly where the arm is first in more than ``confidence`` of the resamples, an
        upper end below 0 where another is; the number of cases. NaN with fewer than two cases.
    """
    table = _common_cases(values)
    if len(table) < 2:
        return (_lead(table.mean(axis=0)) if len(table) else float("nan")), float("nan"), float("nan"), len(table)
    leads = np.array([_lead(means) for means in _resampled_means(table, resamples, seed)])
    low, high = np.quantile(leads, [1 - confidence, confidence])
    return float(_lead(table.mean(axis=0))), float(low), float(high), len(table)


def _weighted_mean(values: Array, weights: Array, axis: int = -1) -> Array:
    return np.asarray((values * weights).sum(axis=axis) / weights.sum(axis=axis))


def _common_cases(values: pd.DataFrame) -> Array:
    return values.replace([np.inf, -np.inf], np.nan).dropna().to_numpy(dtype=float)


def _resampled_means(table: Array, resamples: int, seed: int) -> Array:
    """Means over resampled cases, resamples by arms."""
    rng = np.random.default_rng(seed)
    return np.stack([table[rng.integers(0, len(table), len(table))].mean(axis=0) for _ in range(resamples)])


def _lead(means: Array) -> float:
    return float(means[0] - means[1:].max())
