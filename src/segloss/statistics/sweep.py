"""The robustness sweep: what each loss reaches at each foreground share, seeds averaged first, phantoms as units."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from segloss.errors import InputError
from segloss.statistics.paired import signed_rank_p
from segloss.statistics.resampling import holm, lead_over_others, mean_interval, rank_first_share

# Setting of the sweep proper, as the column of runs.csv has it: these arms have been trained at every share.
SURVEY = "survey"


@dataclass(frozen=True)
class Sweep:
    """The sweep as its files have it; ``runs`` and ``history`` have the column ``arm`` besides.

    An arm is named by its loss, followed by its setting where that is not the survey's.
    """

    runs: pd.DataFrame
    history: pd.DataFrame
    provenance: dict[str, Any]

    @property
    def losses(self) -> list[str]:
        """The losses that were trained at every share."""
        return [entry["loss"] for entry in self.provenance["losses"] if entry["setting"] == SURVEY]

    @property
    def shares(self) -> list[float]:
        """The foreground shares, the largest first."""
        return sorted(self.provenance["shares"], reverse=True)

    def values(self, metric: str = "dice", share: float | None = None) -> pd.DataFrame:
        """Phantoms by arms, indexed by share and case: means over the seeds that came to a result."""
        rows = self.runs if share is None else self.runs[self.runs["share"] == share]
        return rows.pivot_table(metric, ["share", "case"], "arm", sort=False)


@dataclass(frozen=True)
class SweepDifference:
    """An arm less a baseline over the phantoms of one share: mean, interval, p of the signed-rank test."""

    arm: str
    baseline: str
    share: float
    metric: str
    cases: int
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class SweepRanks:
    """Ranks of the losses by mean Dice, 1 the best.

    Attributes:
        ranks: Losses by shares, and ``mean`` over the shares, by which the rows are sorted.
        friedman_p: Of the test that all losses rank alike, with the shares as blocks.
        critical_difference: Two losses whose mean ranks differ by more than this differ at level .05 (Nemenyi).
    """

    ranks: pd.DataFrame
    friedman_p: float
    critical_difference: float


def load_sweep(folder: Path | str) -> Sweep | None:
    """The sweep in a folder; None if there is none.

    Raises:
        InputError: If one of its three files is missing.
    """
    files = [Path(folder) / name for name in ("runs.csv", "history.csv", "provenance.json")]
    if not any(file.is_file() for file in files):
        return None
    for file in files:
        if not file.is_file():
            raise InputError(f"{file} is missing; expected the three files of the robustness sweep.")
    runs, history = (pd.read_csv(file) for file in files[:2])
    runs, history = (frame.assign(arm=arm_of(frame["loss"], frame["setting"])) for frame in (runs, history))
    return Sweep(runs, history, json.loads(files[2].read_text(encoding="utf-8")))


def arm_of(loss: pd.Series, setting: pd.Series) -> pd.Series:
    """Names of the arms of a loss and a setting each."""
    return loss.where(setting == SURVEY, loss + "_" + setting)


def sweep_means(
    sweep: Sweep, metric: str = "dice", *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """One row per arm and share.

    Returns:
        arm, share, cases, seeds (that came to a result), mean, low and high (bootstrap over the phantoms), sd_seeds
        (standard deviation over the seeds of the mean: what training once more would change).
    """
    rows = []
    for (arm, share), cells in sweep.runs.groupby(["arm", "share"], sort=False):
        of_cases, of_seeds = (cells.groupby(unit)[metric].mean() for unit in ("case", "seed"))
        ends = mean_interval(of_cases, confidence=confidence, resamples=resamples, seed=seed)
        rows.append((arm, share, len(of_cases), len(of_seeds), of_cases.mean(), *ends, of_seeds.std()))
    return pd.DataFrame(rows, columns=["arm", "share", "cases", "seeds", "mean", "low", "high", "sd_seeds"])


def sweep_difference(
    sweep: Sweep,
    arm: str,
    baseline: str,
    share: float,
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> SweepDifference | None:
    """Compare two arms on the phantoms of one share; None where one of them was not trained there."""
    values = sweep.values(metric, share)
    if not {arm, baseline} <= set(values):
        return None
    differences = (values[arm] - values[baseline]).dropna().to_numpy()
    low, high = mean_interval(differences, confidence=confidence, resamples=resamples, seed=seed)
    p = signed_rank_p(differences)
    return SweepDifference(arm, baseline, share, metric, len(differences), float(differences.mean()), low, high, p)


def sweep_lead(
    sweep: Sweep, arm: str, share: float, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float, float, int] | None:
    """How far a loss lies above the best of the others at a share, in mean Dice: lead, low, high, cases.

    As :func:`segloss.statistics.lead_over_others` has it; None where the loss was not trained.
    """
    values = _of_losses(sweep, share)
    if arm not in values:
        return None
    first = values[[arm, *values.columns.drop(arm)]]
    return lead_over_others(first, confidence=confidence, resamples=resamples, seed=seed)


def sweep_winners(sweep: Sweep, *, resamples: int = 2000, seed: int = 0) -> pd.DataFrame:
    """The loss with the best mean Dice at each share.

    Returns:
        share, arm, mean, first_share (of the resamples in which it is best), second, lead over the second.
    """
    rows = []
    for share in sweep.shares:
        values = _of_losses(sweep, share)
        means = values.mean().sort_values(ascending=False, kind="stable")
        first = rank_first_share(values, resamples=resamples, seed=seed)
        rows.append(
            (share, means.index[0], means.iloc[0], first[means.index[0]], means.index[1], -means.diff().iloc[1])
        )
    return pd.DataFrame(rows, columns=["share", "arm", "mean", "first_share", "second", "lead"])


def sweep_ranks(sweep: Sweep) -> SweepRanks:
    """Rank the losses at each share; Friedman's test and Nemenyi's critical difference with the shares as blocks.

    Six shares of one task are few blocks, and no sample of all tasks.

    Reference:
        Demšar (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7.
    """
    means = pd.DataFrame({share: _of_losses(sweep, share).mean() for share in sweep.shares}).dropna()
    ranks = means.rank(ascending=False)
    losses, shares = means.shape
    p = float(stats.friedmanchisquare(*means.to_numpy()).pvalue) if losses > 2 and shares > 1 else float("nan")
    quantile = stats.studentized_range.ppf(0.95, losses, np.inf) / np.sqrt(2)
    critical = float(quantile * np.sqrt(losses * (losses + 1) / (6 * shares)))
    return SweepRanks(ranks.assign(mean=ranks.mean(axis=1)).sort_values("mean", kind="stable"), p, critical)


def positive_weight_trend(
    sweep: Sweep,
    metrics: tuple[str, ...] = ("false_negatives", "false_positives"),
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """What the positive weight of weighted cross entropy does to the wrong pixels, and Page's test of its trend.

    Page's L is one-sided: against equal counts it holds that false negatives fall and false positives rise from each
    weight to the next. Phantoms are the blocks. Holm corrects the p of the two metrics.

    Returns:
        metric, weight, mean, low, high, page_l, p, p_holm; the last three are of the metric. Empty where fewer than
        three weights were trained.
    """
    loss = "weighted_cross_entropy"
    weights = {
        f"{loss}_{entry['setting']}": entry["spec"][loss]["positive_weight"]
        for entry in sweep.provenance["losses"]
        if entry["loss"] == loss and entry["setting"] != SURVEY
    }
    arms = sorted(set(weights) & set(sweep.runs["arm"]), key=weights.__getitem__)
    rows, p_values = [], {}
    for metric in metrics if len(arms) > 2 else ():
        values = sweep.values(metric)[arms].dropna()
        rising = values if metric == "false_positives" else values[arms[::-1]]
        test = stats.page_trend_test(rising.to_numpy(), method="asymptotic")
        p_values[metric] = test.pvalue
        for arm in arms:
            ends = mean_interval(values[arm], confidence=confidence, resamples=resamples, seed=seed)
            rows.append((metric, weights[arm], values[arm].mean(), *ends, test.statistic, test.pvalue))
    corrected = dict(zip(p_values, holm([*p_values.values()]), strict=True))
    trend = pd.DataFrame(rows, columns=["metric", "weight", "mean", "low", "high", "page_l", "p"])
    return trend.assign(p_holm=trend["metric"].map(corrected))


def _of_losses(sweep: Sweep, share: float) -> pd.DataFrame:
    values = sweep.values("dice", share)
    return values[[loss for loss in sweep.losses if loss in values]]
