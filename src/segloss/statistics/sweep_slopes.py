r"""Do loss and foreground share interact? Slopes of Dice on the logarithm of the share, and tests of their equality.

A slope is that of the straight line through the means at the shares s, all of them with the same weight:

.. math:: b = \sum_s c_s \bar y_s, \qquad c_s = \frac{x_s - \bar x}{\sum_t (x_t - \bar x)^2}, \qquad x_s = \log_{10} s

It is the change of Dice for a tenfold share; a loss that suffers from imbalance has a large one. The losses differ
within a phantom, the shares between phantoms. H0 of the interaction: all losses have the same slope, so that their
differences do not change with the share. With y the vector of the Dice of all losses, less their mean, on one phantom,

.. math:: W = b^T V^+ b, \qquad V = \sum_s c_s^2 \, \mathrm{cov}_s(y) / n_s

is compared with its values after the shares have been dealt anew to the phantoms. All values of a phantom stay
together, and what the losses have in common, that rare objects are harder to find, has been taken away before. V lets
the spread differ between the shares, as it does: so the test holds, for many phantoms, also where only the slopes are
equal, and not the whole distributions (Pauly, Brunner and Konietschke, 2015, Asymptotic permutation tests in general
factorial designs, J. R. Stat. Soc. B 77). Losses that differ in the bend of their curves alone are not told apart.

Phantoms are the units and seeds are averaged first. So intervals and p do not hold what other seeds would change; the
slopes of single seeds stand beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segloss.statistics.resampling import bootstrap_interval, holm
from segloss.statistics.sweep import Sweep

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SlopeDifference:
    """Slope of the difference of two arms, or of two groups of arms; below 0 it grows as the foreground gets rarer.

    Attributes:
        slope: With its interval ``low`` to ``high`` over phantoms.
        p: Of the permutations.
        cases: Phantoms of all shares.
        seed_low, seed_high: The least and the largest slope of a single seed.
    """

    slope: float
    low: float
    high: float
    p: float
    cases: int
    seed_low: float
    seed_high: float


@dataclass(frozen=True)
class Interaction:
    """Test that all losses have the same slope, and the slope of each.

    Attributes:
        statistic: W.
        p: Of the permutations.
        cases: Phantoms of all shares.
        slopes: arm; slope with its interval low to high; seed_low and seed_high, the least and the largest slope of
            a single seed; relative, relative_low, relative_high: the slope less the mean slope of all losses, and its
            interval; p of the relative slope, and p_holm, corrected over the losses. The largest slope comes last.
    """

    statistic: float
    p: float
    cases: int
    slopes: pd.DataFrame


def sweep_interaction(
    sweep: Sweep, metric: str = "dice", *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Interaction:
    """Interaction of loss and foreground share, over the losses with a value on every phantom."""
    values = sweep.values(metric)
    values = values[[loss for loss in sweep.losses if loss in values]].dropna(axis="columns")
    relative = values.sub(values.mean(axis="columns"), axis="index")
    statistic, p, p_each = _permutation_tests(relative, resamples, seed)
    ends = partial(_slope_and_ends, confidence=confidence, resamples=resamples, seed=seed)
    of_seeds = _seed_by_seed(sweep, metric)
    rows = []
    for loss in values:
        ours, rest = ends(values[loss]), ends(relative[loss])
        seeds = [_slope(table[loss]) for table in of_seeds if loss in table]
        rows.append((loss, *ours, np.min(seeds), np.max(seeds), *rest))
    columns = ["arm", "slope", "low", "high", "seed_low", "seed_high", "relative", "relative_low", "relative_high"]
    slopes = pd.DataFrame(rows, columns=columns).assign(p=p_each, p_holm=holm(p_each.tolist()))
    return Interaction(statistic, p, len(values), slopes.sort_values("slope", ignore_index=True))


def slope_difference(
    sweep: Sweep,
    ours: str | Sequence[str],
    theirs: str | Sequence[str],
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> SlopeDifference | None:
    """How the difference of two arms, or of the means of two groups, changes with the share; None if one is missing."""
    first, second = ([group] if isinstance(group, str) else list(group) for group in (ours, theirs))
    values = sweep.values(metric)
    if not {*first, *second} <= set(values):
        return None

    def difference(table: pd.DataFrame) -> pd.Series:
        means = [table.reindex(columns=group).mean(axis="columns", skipna=False) for group in (first, second)]
        return means[0] - means[1]

    found = difference(values).dropna()
    ends = _slope_and_ends(found, confidence=confidence, resamples=resamples, seed=seed)
    _, p, _ = _permutation_tests(found.to_frame(), resamples, seed)
    of_seeds = [_slope(difference(table)) for table in _seed_by_seed(sweep, metric)]
    return SlopeDifference(*ends, p, len(found), float(np.min(of_seeds)), float(np.max(of_seeds)))


def _seed_by_seed(sweep: Sweep, metric: str) -> list[pd.DataFrame]:
    """Phantoms by arms of each seed."""
    return [rows.pivot_table(metric, ["share", "case"], "arm", sort=False) for _, rows in sweep.runs.groupby("seed")]


def _slope_and_ends(values: pd.Series, *, confidence: float, resamples: int, seed: int) -> tuple[float, float, float]:
    """Slope and its bootstrap interval; phantoms are drawn within their share, which the design has fixed."""
    samples, weights = _by_share(values)

    def slope(*drawn: Array, axis: int = -1) -> Array:
        return np.sum([weight * sample.mean(axis=axis) for weight, sample in zip(weights, drawn, strict=True)], axis=0)

    ends = bootstrap_interval(slope, *samples, paired=False, confidence=confidence, resamples=resamples, seed=seed)
    return float(slope(*samples)), *ends


def _slope(values: pd.Series) -> float:
    samples, weights = _by_share(values)
    return float(sum(weight * sample.mean() for weight, sample in zip(weights, samples, strict=True)))


def _by_share(values: pd.Series) -> tuple[list[Array], Array]:
    """Values at each share, and the weights c of their means."""
    groups = {share: group.to_numpy() for share, group in values.groupby(level="share")}
    return list(groups.values()), _slope_weights(np.array([*groups], dtype=float))


def _slope_weights(shares: Array) -> Array:
    centred = np.log10(shares) - np.log10(shares).mean()
    return centred / (centred**2).sum()


def _permutation_tests(values: pd.DataFrame, resamples: int, seed: int) -> tuple[float, float, Array]:
    """W of all columns with its p, and the p of each column alone.

    As many phantoms are dealt to each share as it has. The observed deal counts as one of the draws.
    """
    shares, labels = np.unique(values.index.get_level_values("share"), return_inverse=True)
    table, weights = values.to_numpy()[np.argsort(labels, kind="stable")], _slope_weights(shares)
    borders = np.cumsum(np.bincount(labels))[:-1]
    rng = np.random.default_rng(seed)
    observed = _wald(np.split(table, borders), weights)
    # What differs by rounding alone counts as equal.
    reached = observed * (1 - 1e-9)
    drawn = (_wald(np.split(rng.permutation(table), borders), weights) for _ in range(resamples))
    extreme = np.sum([draw >= reached for draw in drawn], axis=0)
    p = (extreme + 1) / (resamples + 1)
    return float(observed[0]), float(p[0]), p[1:]


def _wald(groups: list[Array], weights: Array) -> Array:
    """W of all columns together, then of each column alone; 0 for one that does not vary."""
    weighted = list(zip(weights, groups, strict=True))
    slopes = np.sum([weight * group.mean(axis=0) for weight, group in weighted], axis=0)
    spreads = [weight**2 * np.atleast_2d(np.cov(group, rowvar=False)) / len(group) for weight, group in weighted]
    covariance = np.sum(spreads, axis=0)
    variances = np.diag(covariance)
    alone = np.divide(slopes**2, variances, out=np.zeros_like(variances), where=variances > 1e-15)
    # The columns sum to 0, so that the covariance has no inverse.
    return np.array([slopes @ np.linalg.pinv(covariance, rcond=1e-10, hermitian=True) @ slopes, *alone])
