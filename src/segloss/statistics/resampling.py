"""Bootstrap intervals, the sign-flip permutation test and Holm's correction."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

Array = NDArray[np.float64]
# Resampled values held at once; caps the memory whatever the number of cases.
_BATCH_VALUES = 2_000_000


def bootstrap_interval(
    statistic: Callable[..., ArrayLike],
    *samples: ArrayLike,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval of a statistic over cases.

    Args:
        statistic: Takes the samples and ``axis``, as ``numpy.mean`` does.
        samples: Values of the same cases, resampled together.
        confidence: Level of the interval, in (0, 1).
        resamples: Number of bootstrap samples.
        seed: Of the resampling; the same seed gives the same interval.

    Returns:
        Lower and upper end; NaN with fewer than two cases; percentiles where the data do not vary.
    """
    arrays = [np.asarray(sample, dtype=float) for sample in samples]
    cases = len(arrays[0])
    if cases < 2:
        return float("nan"), float("nan")
    # Without any variation SciPy warns and gives NaN; the percentiles of the resamples are then the interval.
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        result = stats.bootstrap(
            arrays,
            statistic,
            paired=True,
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
    known = np.isfinite(p)
    # A single p needs no correction, and statsmodels collects garbage on every call, a second beside PyTorch.
    adjusted[known] = multipletests(p[known], method="holm")[1] if known.sum() > 1 else p[known]
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
    table = values.replace([np.inf, -np.inf], np.nan).dropna().to_numpy(dtype=float)
    if not len(table):
        return pd.Series(np.nan, index=values.columns)
    rng = np.random.default_rng(seed)
    wins = np.zeros(table.shape[1])
    for _ in range(resamples):
        means = table[rng.integers(0, len(table), len(table))].mean(axis=0) * (1 if higher_is_better else -1)
        best = np.isclose(means, means.max(), rtol=0, atol=1e-12)
        wins += best / best.sum()
    return pd.Series(wins / resamples, index=values.columns)
