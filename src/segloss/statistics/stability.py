"""How much of a loss's result is luck: the spread over seeds, and the runs that came to nothing."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segloss.statistics.synthesis import Synthesis


def run_fates(study: Synthesis, losses: Sequence[str], margin: float = 0.01) -> pd.DataFrame:
    """What became of every run of the losses.

    A run has collapsed where its mean Dice is not above that of the best trivial answer (predict nothing, predict
    everything, the mean training mask) by more than ``margin``.

    Returns:
        The rows of :attr:`Synthesis.runs` with the column ``fate``: "done", "collapsed" or "diverged".
    """
    runs = study.runs[study.runs["loss"].isin(losses)]
    worthless = runs["dice"].fillna(0.0) <= runs["trivial_dice"].fillna(0.0) + margin
    fate = np.where(runs["outcome"] == "diverged", "diverged", np.where(worthless, "collapsed", "done"))
    return runs.assign(fate=fate)


def stability(study: Synthesis, losses: Sequence[str], margin: float = 0.01) -> pd.DataFrame:
    """Spread and failures of each loss, in the order given.

    Returns:
        loss; runs, collapsed and diverged (shares of the runs at the common learning rate, all seeds); seeds_of, how
        many data sets have several seeds; sd_seeds, the standard deviation over seeds of a run's mean Dice, pooled
        over those data sets (root of the mean variance); NaN where no data set has several seeds.
    """
    fates = run_fates(study, losses, margin)
    fates = fates[fates["rate"] == 1]
    rows = []
    for loss in losses:
        own = fates[fates["loss"] == loss]
        variances = own.fillna({"dice": 0.0}).groupby(["dataset", "fold"])["dice"].var().dropna()
        shares = ((own["fate"] == fate).mean() for fate in ("collapsed", "diverged"))
        rows.append((loss, len(own), *shares, len(variances), np.sqrt(variances.mean())))
    return pd.DataFrame(rows, columns=["loss", "runs", "collapsed", "diverged", "seeds_of", "sd_seeds"])


def seed_values(study: Synthesis, losses: Sequence[str]) -> pd.DataFrame:
    """Mean Dice of every run of a fold with several seeds: dataset, loss, seed, dice, and its distance from the mean.

    The distance is that from the mean over the seeds of the same loss on the same data set.
    """
    runs = study.runs[study.runs["loss"].isin(losses) & (study.runs["rate"] == 1)].fillna({"dice": 0.0})
    of_fold = runs.groupby(["dataset", "loss", "fold"])["dice"]
    runs = runs.assign(seeds=of_fold.transform("size"), deviation=runs["dice"] - of_fold.transform("mean"))
    return runs.loc[runs["seeds"] > 1, ["dataset", "loss", "seed", "dice", "deviation"]].reset_index(drop=True)
