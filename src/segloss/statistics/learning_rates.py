"""Fairness: how much of a loss's rank does the learning rate decide that all losses were given?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segloss.statistics.synthesis import Synthesis


def rate_values(study: Synthesis, losses: Sequence[str]) -> pd.DataFrame:
    """Mean Dice on the first fold at every learning rate: dataset, loss, rate, dice; of data sets with several rates.

    A diverged run has a Dice of 0.
    """
    runs = study.runs[study.runs["loss"].isin(losses) & (study.runs["seed"] == study.first_seed)]
    several = runs.groupby("dataset")["rate"].transform("nunique") > 1
    first = runs["fold"] == runs["fold"].min()
    return runs.loc[several & first, ["dataset", "loss", "rate", "dice"]].fillna({"dice": 0.0}).reset_index(drop=True)


def rate_ranks(study: Synthesis, losses: Sequence[str]) -> pd.DataFrame:
    """Mean rank of each loss over the data sets, under four ways to choose the learning rate.

    Returns:
        Index loss, sorted by ``common``; common (the rate of the study for all), best (each loss at its own best rate
        on each data set, which flatters all of them), and least and greatest: the best and the worst mean rank that
        the loss has when its own rate changes and all others keep theirs. Empty without a sweep.
    """
    values = rate_values(study, losses)
    if values.empty:
        return pd.DataFrame(columns=["common", "best", "least", "greatest"], dtype=float)
    cube = values.pivot_table("dice", ["dataset", "loss"], "rate")
    common = cube[1.0].unstack("loss")
    ranks = {"common": _mean_ranks(common), "best": _mean_ranks(cube.max(axis="columns").unstack("loss"))}
    moved = pd.DataFrame(
        {
            loss: [_mean_ranks(common.assign(**{loss: cube[rate].unstack("loss")[loss]}))[loss] for rate in cube]
            for loss in common
        }
    )
    table = pd.DataFrame({**ranks, "least": moved.min(), "greatest": moved.max()})
    return table.sort_values("common", kind="stable")


def variance_shares(study: Synthesis, losses: Sequence[str]) -> pd.DataFrame:
    """Where the variance of Dice in the sweep comes from: loss, rate, and both together, by data set.

    A two-way analysis of variance with one value in each cell: the interaction holds the noise of a run too.

    Returns:
        dataset, loss, rate, interaction (shares that sum to 1); NaN where nothing varies.
    """
    rows = []
    for dataset, cells in rate_values(study, losses).groupby("dataset"):
        table = cells.pivot_table("dice", "loss", "rate").dropna()
        centred = table - table.to_numpy().mean()
        by_loss, by_rate = centred.mean(axis="columns"), centred.mean(axis="index")
        total = float((centred**2).to_numpy().sum())
        parts = [table.shape[1] * (by_loss**2).sum(), table.shape[0] * (by_rate**2).sum()]
        shares = np.array([*parts, total - sum(parts)]) / total if total > 0 else np.full(3, np.nan)
        rows.append((dataset, *map(float, shares)))
    return pd.DataFrame(rows, columns=["dataset", "loss", "rate", "interaction"])


def _mean_ranks(table: pd.DataFrame) -> pd.Series:
    """Mean over data sets (rows) of the ranks of the losses (columns), 1 the best."""
    return table.rank(axis="columns", ascending=False).mean()
