"""The gain of an arm over another: which of two data sets gains more, and whether small structures do."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from segloss.statistics.resampling import bootstrap_interval
from segloss.statistics.results import TRUTH, Results, case_values
from segloss.statistics.subjects import over_subjects

Array = NDArray[np.float64]


def difference_of_gains(
    results: Results,
    datasets: tuple[str, str],
    arm: str,
    baseline: str,
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float, int, int] | None:
    """Mean gain over the cases of the first data set minus that of the second; the two have no case in common.

    Args:
        results: Measured values.
        datasets: The first and the second data set.
        arm: Whose gain over ``baseline`` is meant.
        baseline: The other arm.
        metric: Name of the metric; undefined differences are left out.
        confidence: Level of the interval.
        resamples: Number of bootstrap samples, drawn from each data set apart.
        seed: Of the resampling.

    Returns:
        Value, lower and upper end of its interval, number of cases, number of cases left out; None where an arm or its
        values are missing.
    """
    gains, left_out = [], 0
    for dataset in datasets:
        values = case_values(results.metrics, dataset, metric)
        if not {arm, baseline} <= set(values.columns):
            return None
        gain = (values[arm] - values[baseline]).to_numpy(dtype=float)
        gains.append(gain[np.isfinite(gain)])
        left_out += len(gain) - len(gains[-1])
    if not all(map(len, gains)):
        return None
    low, high = bootstrap_interval(
        _difference_of_means, *gains, paired=False, confidence=confidence, resamples=resamples, seed=seed
    )
    return float(_difference_of_means(*gains)), low, high, sum(map(len, gains)), left_out


def size_correlation(
    results: Results,
    dataset: str,
    arm: str,
    baseline: str,
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float, float, int] | None:
    """Spearman's correlation of the gain with the true volume, over all structures of all patients.

    A structure of a patient has the means over the patient's scans. One that is in no scan has no size and is left out.
    The structures of a patient are no independent draws: the bootstrap draws patients, each with all of them. The
    correlation is that over these structures, which themselves are few; it says nothing about others.

    Args:
        results: Measured values, with ``volume_ml`` of the truth.
        dataset: Which data set.
        arm: Whose gain over ``baseline`` is meant.
        baseline: The other arm.
        metric: Name of the metric, undefined nowhere but where a structure is absent.
        confidence: Level of the interval.
        resamples: Number of bootstrap samples.
        seed: Of the resampling.

    Returns:
        Correlation in [-1, 1], negative where small structures gain more, 0 where either does not vary; lower and upper
        end of its interval; number of patients. None where an arm, volumes or a second structure are missing.
    """
    gains, volumes = {}, {}
    names = results.metrics.loc[(results.metrics["dataset"] == dataset), "class"].unique()
    for name in names:
        values = over_subjects(case_values(results.metrics, dataset, metric, [name]), results, dataset)
        sizes = over_subjects(case_values(results.metrics, dataset, "volume_ml", [name]), results, dataset)
        if {arm, baseline} <= set(values.columns) and TRUTH in sizes:
            gains[name] = values[arm] - values[baseline]
            volumes[name] = sizes[TRUTH].where(sizes[TRUTH] > 0)
    if len(gains) < 2:
        return None
    gain, volume = pd.DataFrame(gains), pd.DataFrame(volumes)
    known = gain.notna() & volume.reindex(gain.index).notna()
    patients = known.index[known.any(axis=1)]
    tables = [table.where(known).loc[patients].to_numpy(dtype=float) for table in (gain, volume)]

    def correlation(drawn: Array, axis: int = -1) -> Array:
        pairs = (table[drawn.astype(int)].reshape(*drawn.shape[:-1], -1) for table in tables)
        return _rank_correlation(*pairs)

    everyone = np.arange(len(patients), dtype=float)
    low, high = bootstrap_interval(correlation, everyone, confidence=confidence, resamples=resamples, seed=seed)
    return float(correlation(everyone)), low, high, len(patients)


def _rank_correlation(first: Array, second: Array) -> Array:
    """Spearman's, along the last axis; NaN in both at the same places, where there is no pair."""
    ranks = [stats.rankdata(values, axis=-1, nan_policy="omit") for values in (first, second)]
    x, y = (np.nan_to_num(rank - np.nanmean(rank, axis=-1, keepdims=True)) for rank in ranks)
    spread = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    # A resample in which one of the two does not vary shows no relation.
    return np.where(spread > 0, (x * y).sum(axis=-1) / np.where(spread > 0, spread, 1), 0.0)


def _difference_of_means(first: Array, second: Array, axis: int = -1) -> Array:
    return np.asarray(first.mean(axis=axis) - second.mean(axis=axis))
