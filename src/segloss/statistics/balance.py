"""Precision against recall: which of the two an arm favours, case by case, and how far apart they are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segloss.statistics.resampling import bootstrap_interval
from segloss.statistics.results import Results, case_values
from segloss.statistics.subjects import over_subjects

_COLUMNS = ["structure", "arm", "cases"]
_COLUMNS += [f"{name}{end}" for name in ("recall", "precision", "difference") for end in ("", "_low", "_high")]
_COLUMNS += ["distance"]


def structures_of(results: Results, dataset: str) -> tuple[str, ...]:
    """The classes that were measured on a data set, in the order of its file."""
    classes = results.metrics.loc[results.metrics["dataset"] == dataset, "class"]
    return tuple(dict.fromkeys(classes.astype(str)))


def precision_minus_recall(results: Results, dataset: str, structure: str | None = None) -> pd.DataFrame:
    """Precision minus recall by subject and arm, in [-1, 1]; of several classes the mean over those of a case.

    Above 0 an arm predicts too little, below 0 too much.

    Args:
        results: Measured values.
        dataset: Which data set.
        structure: Which class; all if left out.
    """
    precision, recall = (_by_structure(results, dataset, metric, structure) for metric in ("precision", "sensitivity"))
    return _over_structures(precision - recall, results, dataset)


def recall_precision_distance(results: Results, dataset: str, structure: str | None = None) -> pd.DataFrame:
    """Absolute difference of precision and recall by subject and arm, in [0, 1]; of several classes their mean.

    A structure of which nothing is found has neither precision nor recall, which is no balance: it counts as 1.

    Args:
        results: Measured values.
        dataset: Which data set.
        structure: Which class; all if left out.
    """
    precision, recall = (_by_structure(results, dataset, metric, structure) for metric in ("precision", "sensitivity"))
    distance = (precision - recall).abs().mask((precision == 0) & (recall == 0), 1.0)
    return _over_structures(distance, results, dataset)


def balance_frame(
    results: Results,
    dataset: str,
    arms: Sequence[str],
    structures: Sequence[str | None] = (None,),
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> pd.DataFrame:
    """Mean recall and precision of every arm, with intervals over subjects.

    Args:
        results: Measured values.
        dataset: Which data set.
        arms: Which arms; those without values are left out.
        structures: Which classes, each in rows of its own; None for the mean over the classes of a case.
        confidence: Level of the intervals.
        resamples: Number of bootstrap samples.

    Returns:
        structure, arm, cases; recall and precision, each with _low and _high; difference (precision minus recall) with
        its interval; distance (mean absolute difference, 1 where nothing of a structure is found).
    """
    rows = []
    for structure in structures:
        kinds = [
            _over_structures(_by_structure(results, dataset, metric, structure), results, dataset)
            for metric in ("sensitivity", "precision")
        ]
        distances = recall_precision_distance(results, dataset, structure)
        for arm in [arm for arm in arms if arm in kinds[0]]:
            recall, precision = pd.concat([kind[arm] for kind in kinds], axis=1).dropna().to_numpy(dtype=float).T
            cells: list[float] = []
            for values in (recall, precision, precision - recall):
                interval = bootstrap_interval(np.mean, values, confidence=confidence, resamples=resamples)
                cells += [float(values.mean()) if len(values) else float("nan"), *interval]
            rows.append((structure, arm, len(recall), *cells, float(distances[arm].mean())))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _by_structure(results: Results, dataset: str, metric: str, structure: str | None) -> pd.DataFrame:
    """One metric by arm; index structure and case."""
    names = structures_of(results, dataset) if structure is None else (structure,)
    frames = {name: case_values(results.metrics, dataset, metric, [name]) for name in names}
    return pd.concat(frames, names=["structure", "case"]) if frames else pd.DataFrame()


def _over_structures(values: pd.DataFrame, results: Results, dataset: str) -> pd.DataFrame:
    return values if values.empty else over_subjects(values.groupby(level="case").mean(), results, dataset)
