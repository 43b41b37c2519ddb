"""The arms that differ in nothing but K, the share of the foreground that topK Dice keeps."""

import re

import numpy as np
import pandas as pd

from segloss.published import published_facts
from segloss.statistics.resampling import bootstrap_interval
from segloss.statistics.results import Results, case_values
from segloss.statistics.subjects import over_subjects

LAST_SHARE = 0.1
_COLUMNS = ["keep", "arm", "validation_dice", "metric", "mean", "low", "high", "cases"]


def kept_share_of(arm: str, dataset: str) -> int | None:
    """K in percent of an arm with cross entropy; None for an arm that is not of this row.

    Cross entropy + Dice keeps everything; an arm without a number has the paper's own K for the data set.

    >>> kept_share_of("cross_entropy_plus_topk_dice_70", "acdc"), kept_share_of("cross_entropy_plus_dice", "acdc")
    (70, 100)
    >>> kept_share_of("cross_entropy_plus_topk_dice", "msseg"), kept_share_of("topk_dice", "acdc")
    (30, None)
    """
    if arm == "cross_entropy_plus_dice":
        return 100
    found = re.fullmatch(r"cross_entropy_plus_topk_dice(?:_(\d+))?", arm)
    if not found:
        return None
    if found[1]:
        return int(found[1])
    facts = published_facts("topk_dice").set_index("fact")["value"]
    return int(facts[f"kept_share_{dataset}"]) if f"kept_share_{dataset}" in facts else None


def kept_share_sweep(
    results: Results,
    dataset: str,
    metrics: tuple[str, ...] = ("dice", "sensitivity", "precision"),
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> pd.DataFrame:
    """Every K that was trained on a data set: its validation Dice, and its metrics on the test part.

    Returns:
        keep (in percent, from 100 down), arm, validation_dice (mean of the last tenth of the epochs, then of the
        folds), metric, mean over the test subjects with the interval low to high, cases.
    """
    arms = {arm: keep for arm in results.arms(dataset) if (keep := kept_share_of(arm, dataset)) is not None}
    rows = []
    for arm, keep in sorted(arms.items(), key=lambda item: -item[1]):
        chosen_by = last_validation_dice(results.history, dataset, arm)
        for metric in metrics:
            values = over_subjects(case_values(results.metrics, dataset, metric), results, dataset)
            found = values[arm].dropna().to_numpy(dtype=float) if arm in values else np.array([])
            low, high = bootstrap_interval(np.mean, found, confidence=confidence, resamples=resamples)
            mean = float(found.mean()) if len(found) else float("nan")
            rows.append((keep, arm, chosen_by, metric, mean, low, high, len(found)))
    return pd.DataFrame(rows, columns=_COLUMNS)


def chosen_on_validation(sweep: pd.DataFrame) -> int | None:
    """The K with the highest validation Dice, the larger of equal ones; None without any."""
    known = sweep.dropna(subset="validation_dice")
    return int(known.loc[known["validation_dice"].idxmax(), "keep"]) if len(known) else None


def last_validation_dice(history: pd.DataFrame, dataset: str, arm: str) -> float:
    """Validation Dice of the last tenth of the epochs, then of the folds; NaN where the arm was not trained."""
    rows = history[(history["dataset"] == dataset) & (history["arm"] == arm)]
    folds = [epochs.sort_values("epoch")["validation_dice"].to_numpy() for _, epochs in rows.groupby("fold")]
    return float(
        np.mean([dice[-max(1, round(LAST_SHARE * len(dice))) :].mean() for dice in folds or [np.array([np.nan])]])
    )
