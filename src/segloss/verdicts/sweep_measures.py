"""How claims on the robustness sweep are measured: across the shares, and across the weights of one loss."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from segloss.statistics import Results, bootstrap_interval, case_values
from segloss.statistics.sweep import sweep_ranks, sweep_winners
from segloss.statistics.sweep_slopes import slope_difference
from segloss.verdicts.measured import Measured
from segloss.verdicts.sweep_results import SWEEP, SweepResults

# A loss is beaten at a share only by more than this, the margin of Dice: ties by a hair are no evidence.
BEATEN_BY = 0.01
# Below every Dice index: a loss that diverged at a share is beaten there.
DIVERGED = -1.0


def slope_on_log_share(results: Results, dataset: str, comparison: dict[str, Any], **options: Any) -> Measured | None:
    """Change of the difference of two arms for each tenfold share: the interaction of loss and share, of these two."""
    if not isinstance(results, SweepResults) or results.sweep is None:
        return None
    found = slope_difference(results.sweep, comparison["arm"], comparison["baseline"], comparison["metric"], **options)
    if found is None:
        return None
    return Measured(found.slope, found.low, found.high, found.cases, found.p, quantity="slope")


def trend(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, resamples: int, seed: int
) -> Measured | None:
    """Mean change of a count for each doubling of the weight in ``weights``; p of Page's test for an ordered trend.

    Each case is a block. Page's test is one-sided; it is taken in the direction of the change, and doubled.
    """
    arms = [f"{comparison['arm_of']}_{weight:g}" for weight in comparison["weights"]]
    if not set(arms) <= set(results.arms(dataset)):
        return None
    values = case_values(results.metrics, dataset, comparison["metric"])[arms].dropna().to_numpy()
    doublings = np.log2(np.asarray(comparison["weights"], dtype=float))
    centred = doublings - doublings.mean()
    changes = values @ centred / (centred**2).sum()
    low, high = bootstrap_interval(np.mean, changes, confidence=confidence, resamples=resamples, seed=seed)
    rising = values if changes.mean() >= 0 else values[:, ::-1]
    # Blocks without any difference between the weights say nothing, and Page's test wants two at least.
    told_apart = rising[np.ptp(rising, axis=1) > 0]
    p = min(1.0, 2 * stats.page_trend_test(told_apart, method="asymptotic").pvalue) if len(told_apart) > 1 else 1.0
    return Measured(float(changes.mean()), low, high, len(changes), float(p), quantity="trend")


def winners(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, resamples: int, seed: int
) -> Measured | None:
    """How many losses besides one are the best at some share; p of Friedman's test with the shares as blocks.

    A win is sure where the loss has the best mean Dice in more than ``confidence`` of the resamples of the phantoms,
    and in every seed. The lower end counts the different sure winners alone; for the upper end every other share has a
    winner of its own. Both ends are 0 where one loss surely wins at every share.
    """
    sweep = results.sweep if isinstance(results, SweepResults) else None
    if sweep is None or not set(comparison["others"]) <= set(sweep.losses):
        return None
    found = sweep_winners(sweep, resamples=resamples, seed=seed).set_index("share")
    seeds = sweep.runs[sweep.runs["arm"].isin(sweep.losses)].groupby(["share", "seed", "arm"])["dice"].mean()
    best_of_seeds = seeds.unstack("arm").idxmax(axis="columns").groupby("share").agg(set)
    of_every_seed = best_of_seeds.reindex(found.index) == found["arm"].map(lambda arm: {arm})
    sure = found.loc[(found["first_share"] > confidence) & of_every_seed, "arm"]
    low, high = max(sure.nunique(), 1), max(sure.nunique() + len(found) - len(sure), 1)
    p = sweep_ranks(sweep).friedman_p
    return Measured(found["arm"].nunique() - 1.0, low - 1.0, high - 1.0, len(found), p)


def best_everywhere(
    results: Results, dataset: str, comparison: dict[str, Any], *, confidence: float, resamples: int, seed: int
) -> Measured | None:
    """Lead of each loss over the best of the others where that is smallest; of all losses the largest such lead.

    Below 0 by more than the margin, every loss is beaten somewhere: no loss is best at every share. The value given is
    that lead plus the margin, and its ends are those of ``confidence`` on either side, as of a ranking; moved by the
    difference of the resamples' median from it, since a smallest lead is smaller in every resample.
    """
    names = [name for name in results.present if name != SWEEP]
    losses = comparison["others"]
    if not names or not set(losses) <= set(results.arms(SWEEP)):
        return None
    values = [case_values(results.metrics, name, comparison["metric"]).reindex(columns=losses) for name in names]
    tables = [table.fillna(DIVERGED).to_numpy() for table in values]
    rng = np.random.default_rng(seed)
    drawn = [
        [table[rng.integers(0, len(table), len(table))].mean(axis=0) for table in tables] for _ in range(resamples)
    ]
    low, median, high = np.quantile(list(map(_worst_lead, drawn)), [1 - confidence, 0.5, confidence])
    lead = _worst_lead([table.mean(axis=0) for table in tables]) + BEATEN_BY
    low, high = low - median + lead, high - median + lead
    return Measured(lead, float(low), float(high), sum(map(len, tables)), quantity="lead")


def _worst_lead(means: list[np.ndarray]) -> float:
    """Of the losses the one whose smallest lead over the best of the others is largest; rows are shares."""
    table = np.array(means)
    others = np.stack([np.delete(table, loss, axis=1).max(axis=1) for loss in range(table.shape[1])], axis=1)
    return float((table - others).min(axis=0).max())


SWEEP_MEASURES: dict[str, Callable[..., Measured | None]] = {
    "slope_on_log_share": slope_on_log_share,
    "trend": trend,
    "winners": winners,
    "best_everywhere": best_everywhere,
}
