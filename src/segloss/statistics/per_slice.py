"""Means over slices, as the Boundary paper gives its Dice: a scan weighs as many as it has slices.

A value of such a metric is the mean over the slices of one scan. The mean over all slices of a data set is then the
mean over its scans weighted by their numbers of slices.
"""

import pandas as pd

from segloss.errors import InputError

PER_SLICE = ("dice_per_slice_published",)


def slice_counts(metrics: pd.DataFrame, dataset: str, cases: pd.Index) -> pd.Series:
    """Number of slices of each of the cases, in their order: the truth's ``slices``.

    Args:
        metrics: As :attr:`segloss.statistics.Results.metrics`.
        dataset: Which data set.
        cases: Names of its cases; they may repeat.

    Raises:
        InputError: If the number of one is not known.
    """
    wanted = (metrics["dataset"] == dataset) & (metrics["arm"] == "truth") & (metrics["metric"] == "slices")
    # Every class of a scan has the same number.
    counts = metrics[wanted].groupby("case")["value"].first().reindex(cases)
    if counts.isna().any():
        raise InputError(f"{dataset}.csv has no row 'slices' of the truth of {cases[counts.isna()][0]}, expected one.")
    return counts


def slice_weights(rows: pd.DataFrame, metrics: pd.DataFrame) -> pd.Series:
    """What each row weighs in a mean over cases: its number of slices in a mean over slices, 1 in any other.

    Args:
        rows: Columns dataset, case and metric, of ``metrics`` or of means over the classes.
        metrics: As :attr:`segloss.statistics.Results.metrics`.

    Raises:
        InputError: If the number of slices of a case is needed and not known.
    """
    weights = pd.Series(1.0, index=rows.index)
    for dataset, found in rows[rows["metric"].isin(PER_SLICE)].groupby("dataset", observed=True):
        weights[found.index] = slice_counts(metrics, str(dataset), pd.Index(found["case"])).to_numpy()
    return weights
