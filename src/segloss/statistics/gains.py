"""The gain of an arm over another on two data sets: which of them gains more."""

import numpy as np
from numpy.typing import NDArray

from segloss.statistics.resampling import bootstrap_interval
from segloss.statistics.results import Results, case_values

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


def _difference_of_means(first: Array, second: Array, axis: int = -1) -> Array:
    return np.asarray(first.mean(axis=axis) - second.mean(axis=axis))
