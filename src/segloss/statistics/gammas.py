"""The arms of the asymmetric Unified Focal loss that differ in nothing but gamma."""

import re

import numpy as np
import pandas as pd

from segloss.published import published_facts
from segloss.statistics.balance import balance_frame
from segloss.statistics.kept_shares import last_validation_dice
from segloss.statistics.resampling import bootstrap_interval
from segloss.statistics.results import Results, case_values
from segloss.statistics.subjects import over_subjects

LOSS = "asymmetric_unified_focal"
_COLUMNS = ["gamma", "arm", "validation_dice", "metric", "mean", "low", "high", "cases"]


def gamma_of(arm: str) -> float | None:
    """Gamma of an arm; the authors' own where its name has none, None for an arm that is not of this row.

    >>> gamma_of("asymmetric_unified_focal_gamma_30"), gamma_of("asymmetric_unified_focal"), gamma_of("focal")
    (0.3, 0.5, None)
    """
    found = re.fullmatch(rf"{LOSS}(?:_gamma_(\d+))?", arm)
    if not found:
        return None
    if found[1]:
        return int(found[1]) / 100
    return float(published_facts("unified_focal").set_index("fact")["value"]["gamma_of_unified_focal"])


def gamma_sweep(results: Results, dataset: str, *, confidence: float = 0.95, resamples: int = 2000) -> pd.DataFrame:
    """Every gamma that was trained on a data set: its validation Dice, and Dice, recall and precision on test cases.

    Returns:
        gamma (rising), arm, validation_dice (mean of the last tenth of the epochs, then of the folds), metric ("dice",
        "recall", "precision"), mean over the subjects with the interval low to high, cases.
    """
    arms = {arm: gamma for arm in results.arms(dataset) if (gamma := gamma_of(arm)) is not None}
    balance = balance_frame(results, dataset, list(arms), confidence=confidence, resamples=resamples).set_index("arm")
    dice = over_subjects(case_values(results.metrics, dataset, "dice"), results, dataset)
    rows: list[tuple[object, ...]] = []
    for arm, gamma in sorted(arms.items(), key=lambda item: item[1]):
        chosen_by = last_validation_dice(results.history, dataset, arm)
        values = dice[arm].dropna().to_numpy(dtype=float)
        mean = float(values.mean()) if len(values) else float("nan")
        low, high = bootstrap_interval(np.mean, values, confidence=confidence, resamples=resamples)
        rows.append((gamma, arm, chosen_by, "dice", mean, low, high, len(values)))
        if arm in balance.index:
            row = balance.loc[arm]
            for metric in ("recall", "precision"):
                ends = [row[f"{metric}{end}"] for end in ("", "_low", "_high")]
                rows.append((gamma, arm, chosen_by, metric, *ends, int(row["cases"])))
    return pd.DataFrame(rows, columns=_COLUMNS)
