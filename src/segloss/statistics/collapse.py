"""Whether an arm ended in an empty prediction: the slices it leaves empty, and whether its loss has come to rest."""

import numpy as np
import pandas as pd

TENTH = 0.1
# A loss still falls where a tenth of the epochs takes it down by at least this share of its range.
LEVEL_SHARE = 0.01


def empty_share(metrics: pd.DataFrame, dataset: str, arm: str) -> pd.Series:
    """Share of the slices with a lesion in which nothing is predicted, by fold.

    All slices of a fold count alike, whatever the scan: the counts of the scans are added up before they are divided.
    Folds without such a slice are left out; empty where the arm has no such counts.

    Args:
        metrics: As :attr:`segloss.statistics.Results.metrics`, with ``lesion_slices`` and ``lesion_slices_empty``.
        dataset: Which data set.
        arm: Which arm.
    """
    rows = metrics[(metrics["dataset"] == dataset) & (metrics["arm"] == arm)]
    lesion, empty = (
        rows[rows["metric"] == name].groupby("fold")["value"].sum() for name in ("lesion_slices", "lesion_slices_empty")
    )
    return (empty / lesion).dropna()


def any_still_falling(history: pd.DataFrame, dataset: str, arm: str) -> bool:
    """Whether the validation loss of an arm still falls in any of its folds; without a history it may."""
    rows = history[(history["dataset"] == dataset) & (history["arm"] == arm)].dropna(subset="validation_loss")
    folds = [epochs.sort_values("epoch")["validation_loss"].to_numpy() for _, epochs in rows.groupby("fold")]
    return not folds or any(map(still_falling, folds))


def still_falling(loss: np.ndarray) -> bool:
    """Whether the mean of the last tenth of the epochs lies at least 1 % of the range below that of the tenth before.

    One epoch is too short to tell, and then the loss counts as falling.

    >>> still_falling(np.linspace(1, 0, 50)), still_falling(np.r_[np.linspace(1, 0, 10), np.zeros(40)])
    (True, False)
    """
    share = max(1, round(TENTH * len(loss)))
    last, before = loss[-share:], loss[-2 * share : -share]
    if not len(before):
        return True
    drop = before.mean() - last.mean()
    return bool(drop > 0 and drop >= LEVEL_SHARE * np.ptp(loss))
