"""Tables of the Unified Focal paper: both versions beside ours, its settings with their status, balance and spread."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from segloss.published import load_published, printed_names, published_facts
from segloss.statistics import (
    Results,
    balance_frame,
    case_values,
    gamma_sweep,
    structures_of,
    summarise,
    variance_ratio,
)
from segloss.verdicts.words import arm_words, interval_words, number, p_words, signed

PAPER = "unified_focal"
METRICS = {"dice": "Dice", "precision": "precision", "sensitivity": "recall"}
OWN = "asymmetric_unified_focal_deep_supervision"
UNKNOWN = "unknown"


def structure_metrics_table(
    results: Results, dataset: str, arms: Sequence[str], structures: Sequence[str] = ("–",), table: str | None = None
) -> pd.DataFrame:
    """Dice, precision and recall of every structure and arm: the published cell and ours, mean ± SD over cases.

    Args:
        results: Measured values.
        dataset: Which data set; absent data and arms keep their row and say so.
        arms: Which arms, in this order.
        structures: Names of the structures where nothing was measured.
        table: The paper's table with these cells; without one there are no published columns.
    """
    values = {
        (name, metric): case_values(results.metrics, dataset, metric, [name])
        for name, metric in product(structures_of(results, dataset), METRICS)
    }
    rows = []
    for structure, arm in product(structures_of(results, dataset) or structures, arms):
        row = {"data set": results.data(dataset), "structure": structure, "arm": arm_words(arm)}
        for metric, head in METRICS.items():
            if table is not None:
                row[f"{head}, published"] = _printed(table, arm, structure, metric)
            found, ours = values.get((structure, metric), pd.DataFrame()), _outcome(results, dataset, arm)
            if arm in found:
                ours = f"{number(found[arm].mean(), metric)} ± {number(found[arm].std(), metric)}"
            row[f"{head}, ours: mean ± SD over cases"] = ours
        rows.append(row)
    return pd.DataFrame(rows)


def other_methods_table(results: Results, arms: Sequence[str] = ("asymmetric_unified_focal", OWN)) -> pd.DataFrame:
    """The comparisons of the third version with other methods, and what two of our arms have, mean ± SD over cases."""
    cells, names = load_published(PAPER), printed_names(PAPER)
    cells = cells[cells["table"].str.startswith("v3")]
    means = summarise(results.metrics, by_class=True).set_index(["dataset", "class", "metric", "arm"])
    rows = []
    for (dataset, structure), group in cells.groupby(["dataset", cells["class"].fillna("")], sort=False):
        for cell in group.itertuples():
            method = "U-Net, Unified Focal, deep supervision" if cell.arm == OWN else cell.arm
            rows.append((f"{names[dataset]} {structure}".strip(), "published", method, cell.printed))
        measured = structures_of(results, dataset)
        for name, arm in product([structure] if structure in measured else measured, arms):
            key = (dataset, name, "dice", arm)
            cell = means.loc[key] if key in means.index else None
            value = (
                _outcome(results, dataset, arm)
                if cell is None
                else f"{number(cell['mean'], 'dice')} ± {number(cell['sd_images'], 'dice')}"
            )
            rows.append((f"{results.data(dataset)} {structure}".strip(), "ours", arm_words(arm), value))
    return pd.DataFrame(rows, columns=["data set", "whose", "method", "Dice"])


def settings_table() -> pd.DataFrame:
    """The numbers outside the tables, each with its place and whether it is said, inferred or unknown."""
    facts = published_facts(PAPER)
    value = facts["value"].map(lambda number: UNKNOWN if np.isnan(number) else f"{number:g}")
    return pd.DataFrame(
        {
            "setting": facts["fact"].str.replace("_", " "),
            "value": value,
            "unit": facts["unit"].where(facts["unit"] != "1", ""),
            "status": facts["status"],
            "place": facts["place"],
            "errata": facts["erratum"].fillna(""),
        }
    )


def balance_table(
    results: Results,
    datasets: Sequence[str],
    arms: Sequence[str],
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> pd.DataFrame:
    """Recall, precision and their balance for every structure of the data sets that are present."""
    rows = []
    for dataset in [name for name in datasets if name in results.present]:
        names = structures_of(results, dataset)
        frame = balance_frame(results, dataset, arms, names, confidence=confidence, resamples=resamples)
        for row in frame.itertuples():
            ends = signed(row.difference_low, "precision"), signed(row.difference_high, "precision")
            difference = f"{signed(row.difference, 'precision')} ({ends[0]} to {ends[1]})"
            means = (number(value, "precision") for value in (row.recall, row.precision))
            head = (results.data(dataset), row.structure, arm_words(row.arm), str(row.cases))
            rows.append((*head, *means, difference, number(row.distance, "precision")))
    heads = ["data set", "structure", "arm", "cases", "recall", "precision", "precision − recall (interval)"]
    return pd.DataFrame(rows or [("–",) * 8], columns=[*heads, "mean |precision − recall| (1: nothing found)"])


def consistency_table(
    results: Results,
    datasets: Sequence[str],
    arm: str = "focal_tversky",
    baseline: str = "combo",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> pd.DataFrame:
    """Spread of Dice of two arms over cases and over folds, logarithm of the ratio of their variances, Levene's p."""
    rows = []
    for dataset, over in product([name for name in datasets if name in results.present], ("cases", "folds")):
        found = variance_ratio(results, dataset, arm, baseline, over=over, confidence=confidence, resamples=resamples)
        cells: tuple[str, ...] = ("–",) * 5
        if found is not None:
            words = pd.Series({"difference": found.log_ratio, "low": found.low, "high": found.high, "metric": "ratio"})
            spreads = (number(sd, "dice") for sd in (found.sd, found.baseline_sd))
            cells = (str(found.units), *spreads, interval_words(words), p_words(found.p))
        rows.append((results.data(dataset), over, *cells))
    heads = ["data set", "over", "number", f"SD, {arm_words(arm)}", f"SD, {arm_words(baseline)}"]
    heads += ["log of the ratio of variances (interval)", "p, Levene"]
    return pd.DataFrame(rows or [("–",) * 7], columns=heads)


def gamma_table(results: Results, dataset: str, *, confidence: float = 0.95, resamples: int = 2000) -> pd.DataFrame:
    """Validation and test values of every gamma that was trained."""
    sweep = gamma_sweep(results, dataset, confidence=confidence, resamples=resamples)
    rows = [
        (
            results.data(dataset),
            f"{gamma:g}",
            number(group["validation_dice"].iloc[0], "dice"),
            *(_with_interval(group, metric) for metric in ("dice", "recall", "precision")),
        )
        for gamma, group in sweep.groupby("gamma")
    ]
    heads = ["data set", "γ", "validation Dice", "Dice, test (interval)", "recall, test", "precision, test"]
    return pd.DataFrame(rows or [(results.data(dataset), *("–",) * 5)], columns=heads)


def interaction_table(comparisons: pd.DataFrame, claim: str = "uf.11") -> pd.DataFrame:
    """How much the gain of one arm over another changes for a structure ten times as large.

    Args:
        comparisons: As :func:`segloss.verdicts.decide_claims` gives them.
        claim: Which claim's to show.
    """
    rows: list[tuple[str, ...]] = [
        (
            str(row.data),
            f"{arm_words(row.arm)} − {arm_words(row.baseline)}",
            str(row.n),
            interval_words(row),
            p_words(row.p),
            p_words(row.p_holm),
        )
        for row in comparisons[comparisons["id"] == claim].itertuples()
    ]
    heads = ["data set", "gain", "subjects", "change of the gain in Dice for tenfold size (interval)", "p", "p, Holm"]
    return pd.DataFrame(rows or [("–",) * len(heads)], columns=heads)


def _with_interval(group: pd.DataFrame, metric: str) -> str:
    found = group[group["metric"] == metric]
    if found.empty:
        return "–"
    mean, low, high = (number(found[name].iloc[0], "dice") for name in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _printed(table: str, arm: str, structure: str, metric: str) -> str:
    cells = load_published(PAPER)
    cells = cells[(cells["table"] == table) & (cells["arm"] == arm) & (cells["metric"] == metric)]
    cells = cells[(cells["class"] == structure) | cells["class"].isna()]
    return cells["printed"].iloc[0] if len(cells) else "–"


def _outcome(results: Results, dataset: str, arm: str) -> str:
    arms = results.provenance.get(dataset, {}).get("arms", {})
    return arms[arm]["outcome"] if arm in arms else "absent"
