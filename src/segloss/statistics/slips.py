"""Does a published effect come from a slip? Each published form against the same loss without the slip."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from segloss.statistics.corrected_resampled import corrected_resampled_p
from segloss.statistics.paired import compare, comparison_frame
from segloss.statistics.resampling import holm
from segloss.statistics.results import fold_means
from segloss.statistics.synthesis import Synthesis


def slip_effects(
    study: Synthesis,
    forms: Mapping[str, Mapping[str, Any]],
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """What each slip does on each data set: the form less the loss without the slip, subject by subject.

    Args:
        study: The synthesis.
        forms: By the form's name, ``right``: the name of the loss without the slip.
        metric: Which metric, higher is better.
        confidence, resamples, seed: Of the bootstrap.

    Returns:
        Rows as :func:`segloss.statistics.comparison_frame` has them, ``arm`` the form and ``baseline`` the right loss,
        p_holm over all of them; and p_resampled, of the means of the folds.
    """
    found, p_folds = [], []
    for form, settings in forms.items():
        pair = (form, settings["right"])
        results = study.results(pair)
        for dataset in study.datasets:
            one = compare(results, dataset, *pair, metric, confidence=confidence, resamples=resamples, seed=seed)
            if one is not None:
                found.append(one)
                p_folds.append(fold_p(study, dataset, *pair, metric))
    return comparison_frame(found).assign(p_resampled=pd.Series(p_folds, dtype=float))


def fold_p(study: Synthesis, dataset: str, arm: str, baseline: str, metric: str = "dice") -> float:
    """p of the corrected resampled t-test over the means of the folds."""
    means = fold_means(study.results([arm, baseline]).metrics, dataset, metric)
    sizes = pd.DataFrame(study.provenance[dataset]["folds"]).mean()
    return corrected_resampled_p(means[arm] - means[baseline], sizes["test"], sizes["train"])


def all_slip_effects(
    studies: Sequence[Synthesis],
    forms: Mapping[str, Mapping[str, Any]],
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> pd.DataFrame:
    """The effects on Dice in several studies, with the column ``data``, the data set's title; Holm over all of them."""
    tables = [slip_effects(study, forms, confidence=confidence, resamples=resamples) for study in studies]
    titled = [
        table.assign(data=[study.title(name) for name in table["dataset"]])
        for study, table in zip(studies, tables, strict=True)
    ]
    if not titled:
        return comparison_frame([]).assign(p_resampled=[], data=[])
    # A table without rows has no types of its own.
    joint = pd.concat([table for table in titled if len(table)] or titled[:1], ignore_index=True)
    return joint.assign(p_holm=holm(joint["p"].to_list()))
