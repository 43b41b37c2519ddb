"""Tables of the robustness sweep: Dice by share, slopes and their interaction, winners, the positive weight."""

import math
from typing import Any

import pandas as pd

from segloss.statistics import (
    Sweep,
    positive_weight_trend,
    sweep_interaction,
    sweep_means,
    sweep_ranks,
    sweep_references,
    sweep_winners,
)
from segloss.statistics.sweep_learning import still_rising
from segloss.verdicts.words import arm_words, metric_words, number, p_words, signed

NO_SWEEP = "no robustness sweep: make sweep"
_REFERENCES = {
    "best_threshold": "best threshold on a spot",
    "predict_everything": "predict everything",
    "predict_nothing": "predict nothing",
}


def sweep_table(sweep: Sweep | None, *, confidence: float = 0.95, resamples: int = 2000) -> pd.DataFrame:
    """Mean Dice of every loss at every share, with its interval and the spread over seeds, and what to hold it against.

    The last column names the shares at which the loss was still learning when the training ended. One row that says so
    without a sweep.
    """
    if sweep is None:
        return _nothing()
    means = sweep_means(sweep, confidence=confidence, resamples=resamples).set_index(["arm", "share"])
    heads = {share: f"{100 * share:g} % (phantoms): mean (interval) [SD over seeds]" for share in sweep.shares}
    rising = still_rising(sweep)
    rows = []
    for loss in sweep.losses:
        cells = {head: _mean_cell(means, loss, share) for share, head in heads.items()}
        late = ", ".join(f"{100 * share:g} %" for share in rising.get(loss, [])) or "–"
        rows.append({"loss": arm_words(loss), **cells, "still rising at": late})
    references = sweep_references(sweep).set_index("share")
    for column, words in _REFERENCES.items():
        cells = {head: number(references.loc[share, column], "dice") for share, head in heads.items()}
        rows.append({"loss": words, **cells, "still rising at": "–"})
    return _with_prints(pd.DataFrame(rows), sweep)


def sweep_slopes_table(sweep: Sweep | None, *, confidence: float = 0.95, resamples: int = 2000) -> pd.DataFrame:
    """How much Dice a loss gains with a tenfold share, beside all others; the last row is the test of the interaction.

    The loss that suffers least from imbalance comes first.
    """
    if sweep is None:
        return _nothing()
    interaction = sweep_interaction(sweep, confidence=confidence, resamples=resamples)
    rows = [
        {
            "loss": arm_words(row.arm),
            "phantoms": str(interaction.cases),
            "slope: Dice per tenfold share (interval)": _interval(row.slope, row.low, row.high),
            "slopes of single seeds": f"{signed(row.seed_low, 'dice')} to {signed(row.seed_high, 'dice')}",
            "slope less the mean slope (interval)": _interval(row.relative, row.relative_low, row.relative_high),
            "p": p_words(row.p),
            "p, Holm": p_words(row.p_holm),
        }
        for row in interaction.slopes.itertuples()
    ]
    total = dict.fromkeys(rows[0], "–") if rows else {}
    total |= {"loss": "interaction of loss and log share", "phantoms": str(interaction.cases)}
    return _with_prints(pd.DataFrame([*rows, total | {"p": p_words(interaction.p)}]), sweep)


def sweep_winners_table(sweep: Sweep | None, *, resamples: int = 2000) -> pd.DataFrame:
    """The best loss at each share and how sure that is."""
    if sweep is None:
        return _nothing()
    rows = [
        {
            "foreground share (phantoms)": f"{100 * row.share:g} %",
            "best loss": arm_words(row.arm),
            "mean Dice": number(row.mean, "dice"),
            "best in … of the resamples": f"{row.first_share:.1%}",
            "second": arm_words(row.second),
            "lead over the second": signed(row.lead, "dice"),
        }
        for row in sweep_winners(sweep, resamples=resamples).itertuples()
    ]
    return _with_prints(pd.DataFrame(rows), sweep)


def sweep_ranks_table(sweep: Sweep | None) -> pd.DataFrame:
    """Rank of every loss at every share by mean Dice; the last row has Friedman's test and the critical difference."""
    if sweep is None:
        return _nothing()
    found = sweep_ranks(sweep)
    rows = [
        {
            "loss": arm_words(str(loss)),
            **{f"{100 * share:g} %": f"{ranks[share]:g}" for share in sweep.shares},
            "mean rank": f"{ranks['mean']:.2f}",
        }
        for loss, ranks in found.ranks.iterrows()
    ]
    test = f"Friedman: p {p_words(found.friedman_p)}; critical difference of mean ranks {found.critical_difference:.2f}"
    blank = dict.fromkeys(f"{100 * share:g} %" for share in sweep.shares)
    return _with_prints(pd.DataFrame([*rows, {"loss": test, **blank, "mean rank": None}]).fillna("–"), sweep)


def positive_weight_table(sweep: Sweep | None, *, confidence: float = 0.95, resamples: int = 2000) -> pd.DataFrame:
    """Wrong pixels by the positive weight of weighted cross entropy, and Page's test of the claimed trend."""
    if sweep is None:
        return _nothing()
    trend = positive_weight_trend(sweep, confidence=confidence, resamples=resamples)
    rows = []
    for metric, of_metric in trend.groupby("metric", sort=False):
        claimed = "rise" if metric == "false_positives" else "fall"
        cells = {}
        for row in of_metric.itertuples():
            mean, low, high = (number(value, metric) for value in (row.mean, row.low, row.high))
            cells[f"weight {row.weight:g}"] = f"{mean} ({low} to {high})"
        tests = {"Page's L": f"{of_metric['page_l'].iloc[0]:.0f}", "p": p_words(of_metric["p"].iloc[0])}
        tests["p, Holm"] = p_words(of_metric["p_holm"].iloc[0])
        head = "pixels per phantom, mean (interval)"
        rows.append({head: metric_words(str(metric)), **cells, "claimed": claimed, **tests})
    return _with_prints(pd.DataFrame(rows), sweep) if rows else _nothing()


def _mean_cell(means: pd.DataFrame, loss: str, share: float) -> str:
    if (loss, share) not in means.index:
        return "diverged"
    row: Any = means.loc[(loss, share)]
    ends = f"{number(row['low'], 'dice')} to {number(row['high'], 'dice')}"
    return f"{number(row['mean'], 'dice')} ({ends}) [{number(row['sd_seeds'], 'dice')}]"


def _interval(value: float, low: float, high: float) -> str:
    if math.isnan(low):
        return f"{signed(value, 'dice')} (no interval)"
    return f"{signed(value, 'dice')} ({signed(low, 'dice')} to {signed(high, 'dice')})"


def _nothing() -> pd.DataFrame:
    return pd.DataFrame([{"loss": NO_SWEEP}])


def _with_prints(table: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    prints = sweep.provenance["fingerprints"]
    return table.assign(**{"data · code": f"{prints['data']} · {prints['code']}"})
