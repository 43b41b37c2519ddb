r"""Does a loss do better where structures are small? Dice of every structure of every data set against its share.

A structure is a class of a data set, x the logarithm of its mean share of the voxels. With
:math:`y_{lk}` the Dice of loss l on structure k, less the mean over all losses there, the slope of a loss is
that of the straight line through its points, and the statistic of the interaction is

.. math:: W = \sum_l b_l^2.

Without an interaction the shares could be dealt anew to the structures: p is the share of the deals whose W is at least
as large. Structures differ in much else than their size, and those of one data set are not independent; the sweep over
one task, where nothing but the share changes, is the better experiment, and this one the broader.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segloss.statistics.resampling import mean_interval
from segloss.statistics.synthesis import Synthesis

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ShareInteraction:
    """Slopes of the losses against the others, and the test that they are equal.

    Attributes:
        structures: How many there are.
        p: Of the permutations; NaN with fewer than three structures.
        slopes: Index loss, sorted; change of Dice beside the mean loss for a tenfold share.
    """

    structures: int
    p: float
    slopes: pd.Series


def structure_means(
    study: Synthesis, losses: Sequence[str], *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Mean Dice of every loss on every structure.

    Returns:
        dataset, class, share (mean over cases), loss, cases, mean, low and high (bootstrap over cases).
    """
    rows = study.common(study.cases)
    rows = rows[rows["loss"].isin(losses)]
    shares = study.shares.groupby(["dataset", "class"])["share"].mean()
    found = []
    for (dataset, name, loss), cells in rows.groupby(["dataset", "class", "loss"], sort=False):
        values = cells["dice"].dropna()
        ends = mean_interval(values, confidence=confidence, resamples=resamples, seed=seed)
        found.append((dataset, name, shares[dataset, name], loss, len(values), values.mean(), *ends))
    return pd.DataFrame(found, columns=["dataset", "class", "share", "loss", "cases", "mean", "low", "high"])


def share_interaction(means: pd.DataFrame, *, resamples: int = 2000, seed: int = 0) -> ShareInteraction:
    """Interaction of loss and foreground share over structures.

    Args:
        means: As :func:`structure_means` gives them.
        resamples: Number of deals.
        seed: Of the deals.
    """
    table = means.pivot_table("mean", ["dataset", "class"], "loss").dropna(axis="columns")
    x = np.log10(means.groupby(["dataset", "class"])["share"].first().reindex(table.index).to_numpy(dtype=float))
    y = table.sub(table.mean(axis="columns"), axis="index").to_numpy()
    if len(x) < 3:
        return ShareInteraction(len(x), float("nan"), pd.Series(np.nan, index=table.columns))
    slopes = pd.Series(_slopes(x, y), index=table.columns)
    rng = np.random.default_rng(seed)
    observed = float((slopes**2).sum()) * (1 - 1e-12)
    dealt = [float((_slopes(rng.permutation(x), y) ** 2).sum()) for _ in range(resamples)]
    p = (1 + sum(value >= observed for value in dealt)) / (resamples + 1)
    return ShareInteraction(len(x), p, slopes.sort_values())


def _slopes(x: Array, y: Array) -> Array:
    """Slopes of the columns of y over x."""
    centred = x - x.mean()
    return np.asarray(centred @ y / (centred**2).sum())
