"""Tables as people read them: text cells, with the data in every row and what a spread is in the head.

The numbers behind them come from :mod:`segloss.statistics`; every function here returns a plain frame of strings.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from segloss.published import load_published
from segloss.statistics import (
    TRIVIAL_ARMS,
    Results,
    case_values,
    mean_interval,
    over_subjects,
    rank_first_share,
    subject_values,
    summarise,
)
from segloss.verdicts import Verdicts
from segloss.verdicts.words import arm_words, interval_words, number, p_words, signed

METRIC_HEADS = {
    "dice": "Dice",
    "dice_per_slice_published": "Dice per slice, the paper's way",
    "iou": "IoU",
    "sensitivity": "sensitivity",
    "precision": "precision",
    "specificity": "specificity",
    "false_positive_volume_fraction": "false positives per true voxel",
    "hausdorff_px": "Hausdorff",
    "hausdorff_mm": "Hausdorff in mm",
    "surface_dice_mm2": "surface Dice at 2 mm",
    "lesions_missed": "missed lesions",
}
SPREAD = "mean ± SD over {unit} [SD over folds]"
NOT_COMPARABLE = "not comparable"
_KIND_HEADS = {"phantom": "on phantoms", "subset": "on real subsets", "paper": "on the paper's data"}


def published_versus_replicated(
    paper: str,
    table: str,
    results: Results,
    metrics: Collection[str] = ("dice", "hausdorff_px"),
    *,
    beside: Mapping[str, str] | None = None,
    incomparable: Collection[str] = (),
    unit: str = "images",
    confidence: float = 0.95,
    resamples: int = 2000,
) -> pd.DataFrame:
    """A table of the paper, ours beside it: a row per data set and arm, the trivial arms below them.

    The difference and its interval are given on the paper's own data only. Absent data and arms without a result keep
    their row and say so.

    Args:
        paper: Key of the paper.
        table: Which of its tables.
        results: Measured values.
        metrics: Ours, in the order of the columns.
        beside: Which printed quantity stands beside which of our metrics; the one of the same name if left out.
        incomparable: Metrics whose printed values measure something else: no difference is given, on no data.
        unit: What a case is.
        confidence: Level of the interval.
        resamples: Number of bootstrap samples.
    """
    cells = load_published(paper)
    cells = cells[(cells["table"] == table) & (cells["arm"] != "p") & cells["class"].isna()]
    summary = summarise(results.metrics).set_index(["dataset", "arm", "metric"])
    ours = ours_head(results, cells["dataset"].unique(), unit)
    quantities = {metric: _quantity(metric) for metric in metrics} if beside is None else beside
    rows = []
    for dataset in cells["dataset"].unique():
        arms = cells.loc[cells["dataset"] == dataset, "arm"].unique()
        for arm in [*arms, *(TRIVIAL_ARMS if dataset in results.present else ())]:
            row = {"data set": results.data(dataset), "arm": arm_words(arm)}
            for metric in metrics:
                row[f"{_head(results, metric)}, {ours}"] = _measured(results, summary, dataset, arm, metric)
                if quantities.get(metric) not in set(cells["metric"]):
                    continue
                printed = _printed_cell(cells, dataset, arm, quantities[metric])
                head = METRIC_HEADS[metric]
                not_said = " (unit not said)" if metric == "hausdorff_px" else ""
                row[f"{head}, published{not_said}"] = "–" if printed is None else printed["printed"]
                difference = _difference(
                    results, dataset, arm, metric, printed, confidence=confidence, resamples=resamples
                )
                row[f"{head}, difference"] = (
                    NOT_COMPARABLE if metric in incomparable and printed is not None else difference
                )
            rows.append(row | _counts(summary, dataset, arm, metrics, unit))
    return pd.DataFrame(rows)


def measured_table(results: Results, metrics: Collection[str] = ("dice",), unit: str = "images") -> pd.DataFrame:
    """What was measured: a row per data set and arm, the trivial arms below them; nothing published stands beside it.

    Args:
        results: Measured values.
        metrics: In the order of the columns.
        unit: What a case is.
    """
    summary = summarise(results.metrics).set_index(["dataset", "arm", "metric"])
    ours = ours_head(results, results.datasets, unit)
    rows = [
        {"data set": results.data(dataset), "arm": arm_words(arm)}
        | {f"{_head(results, m)}, {ours}": _measured(results, summary, dataset, arm, m) for m in metrics}
        | _counts(summary, dataset, arm, metrics, unit)
        for dataset in results.present
        for arm in (*results.arms(dataset), *TRIVIAL_ARMS)
    ]
    return pd.DataFrame(rows)


def ours_head(results: Results, datasets: Iterable[str], unit: str = "images") -> str:
    """What a column of our numbers says: "ours on phantoms: mean ± SD over images [SD over folds]"."""
    kinds = dict.fromkeys(results.kind(dataset) for dataset in datasets if results.kind(dataset) != "absent")
    return f"ours {' and '.join(_KIND_HEADS[kind] for kind in kinds) or '(no data)'}: {SPREAD.format(unit=unit)}"


def comparison_table(comparisons: pd.DataFrame, results: Results, unit: str = "images") -> pd.DataFrame:
    """The paired test beside the paper's own, from :func:`segloss.statistics.comparison_frame`."""
    heads = ["data set", "comparison", unit, "difference (interval)", "d_z", "rank-biserial", "p, signed-rank"]
    heads += ["p, Holm", "p, permutation", f"the paper's t-test, {unit}", "the paper's t-test, folds"]
    rows = [
        (
            results.data(row.dataset) if row.dataset in results.provenance else row.dataset,
            f"{METRIC_HEADS[row.metric]}: {arm_words(row.arm)} − {arm_words(row.baseline)}",
            str(row.cases) + (f" (+{row.undefined} undefined)" if row.undefined else ""),
            interval_words(row),
            number(row.d_z, "d_z"),
            number(row.rank_biserial, "rank_biserial"),
            *map(p_words, (row.p, row.p_holm, row.p_permutation, row.p_images, row.p_folds)),
        )
        for row in comparisons.itertuples()
    ]
    return pd.DataFrame(rows, columns=heads)


def ranking_table(
    results: Results,
    arms: Iterable[str],
    metric: str = "dice",
    *,
    datasets: Collection[str] | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean of each arm and the share of resamples of subjects in which it ranks first, per data set with all arms.

    Args:
        results: Measured values.
        arms: Which arms to rank.
        metric: Ranked by its mean; a distance is better the lower it is.
        datasets: Which data sets; all that are present if left out.
        resamples: Number of bootstrap samples.
        seed: Of the resampling.
    """
    arms, better, rows = list(arms), not metric.startswith("hausdorff"), []
    for dataset in results.present if datasets is None else datasets:
        if not set(arms) <= set(results.arms(dataset)):
            continue
        values = over_subjects(case_values(results.metrics, dataset, metric)[arms], results, dataset)
        shares = rank_first_share(values, higher_is_better=better, resamples=resamples, seed=seed)
        means = values.replace([np.inf, -np.inf], np.nan).dropna().mean()
        for arm in means.sort_values(ascending=not better, kind="stable").index:
            rows.append((results.data(dataset), arm_words(arm), number(means[arm], metric), f"{shares[arm]:.1%}"))
    return pd.DataFrame(rows, columns=["data set", "arm", f"mean {METRIC_HEADS[metric]}", "ranks first in"])


def verdict_table(verdicts: Verdicts) -> pd.DataFrame:
    """The claims with their verdicts, as the report shows them."""
    columns = ["id", "verdict", "claim", "place", "ours", "n", "p (Holm)", "published", "reason"]
    return verdicts.claims[columns]


def _head(results: Results, metric: str) -> str:
    """The metric, and for a distance in pixels the size of the images: the paper's have 256."""
    sizes = {results.provenance[dataset]["image_size"] for dataset in results.present}
    return f"Hausdorff (px at {sizes.pop()})" if metric == "hausdorff_px" and len(sizes) == 1 else METRIC_HEADS[metric]


def _measured(results: Results, summary: pd.DataFrame, dataset: str, arm: str, metric: str) -> str:
    if (dataset, arm, metric) in summary.index:
        row = summary.loc[(dataset, arm, metric)]
        mean, images, folds = (number(row[name], metric) for name in ("mean", "sd_images", "sd_folds"))
        return f"{mean} ± {images} [{folds}]" if row["cases"] else "undefined"
    arms = results.provenance.get(dataset, {}).get("arms", {})
    return arms[arm]["outcome"] if arm in arms else "absent"


def _printed_cell(cells: pd.DataFrame, dataset: str, arm: str, quantity: str) -> pd.Series | None:
    found = cells[(cells["dataset"] == dataset) & (cells["arm"] == arm) & (cells["metric"] == quantity)]
    return found.iloc[0] if len(found) else None


def _quantity(metric: str) -> str:
    """The metric as the published cells name it: the paper's distances have no unit."""
    return metric.removesuffix("_px")


def _difference(
    results: Results, dataset: str, arm: str, metric: str, printed: pd.Series | None, **options: Any
) -> str:
    if printed is None or arm not in results.arms(dataset):
        return "–"
    if results.kind(dataset) != "paper":
        return NOT_COMPARABLE
    table, weights = subject_values(results, dataset, metric)
    values = table[arm].replace([np.inf, -np.inf], np.nan).dropna()
    weights = None if weights is None else weights[values.index]
    mean = np.average(values, weights=weights) if len(values) else np.nan
    change = [value - printed["value"] for value in (mean, *mean_interval(values, weights, **options))]
    return f"{signed(change[0], metric)} ({signed(change[1], metric)} to {signed(change[2], metric)})"


def _counts(summary: pd.DataFrame, dataset: str, arm: str, metrics: Iterable[str], unit: str) -> dict[str, str]:
    rows = [summary.loc[(dataset, arm, m)] for m in metrics if (dataset, arm, m) in summary.index]
    if not rows:
        return {unit: "0", "undefined": "–"}
    return {
        unit: str(int(rows[0]["cases"] + rows[0]["undefined"])),
        "undefined": str(int(max(r["undefined"] for r in rows))),
    }
