"""Tables of lesions found, missed and invented, and of how smooth training was."""

from collections.abc import Iterable

import pandas as pd

from segloss.evaluation.lesions import FAR_MM, SIZE_CLASSES_ML
from segloss.statistics import TRIVIAL_ARMS, TRUTH, Results, case_values, roughness
from segloss.verdicts.words import arm_words, number

COUNTS = {
    "lesions_true": "lesions",
    "lesions_detected": "detected",
    "lesions_missed": "missed",
    "lesions_false": "false",
}
DISTANCE, VOLUME = "false_positive_distance_mm", "volume_ml"


def lesion_groups() -> dict[str, str]:
    """The groups of lesions that have a recall of their own, from small to large, and what each is in words.

    >>> list(lesion_groups().values())[1:]
    ['small, 0.01 to 0.1 ml', 'medium, 0.1 to 1 ml', 'large, 1 ml or more', 'far, over 10 mm off']
    """
    words = {}
    for name, (low, high) in SIZE_CLASSES_ML.items():
        last = high == float("inf")
        size = f"below {high:g} ml" if not low else f"{low:g} ml or more" if last else f"{low:g} to {high:g} ml"
        words[name] = f"{name}, {size}"
    return words | {"far": f"far, over {FAR_MM:g} mm off"}


def lesion_table(results: Results, arms: Iterable[str]) -> pd.DataFrame:
    """Lesions of all scans together, by data set and arm; then means over scans.

    The means are the recall of each group of lesions, the distance of a false positive voxel to the nearest lesion, and
    the volumes, predicted and true. A scan that has none of a group, or no false positive, is left out of that mean.
    One row says so where no lesions were counted.
    """
    arms, rows = list(arms), []
    means = {f"lesion_recall_{group}": f"recall, {words}" for group, words in lesion_groups().items()}
    means |= {DISTANCE: "false positives: mm to the nearest lesion", VOLUME: "volume in ml"}
    for dataset in results.present:
        values = {metric: case_values(results.metrics, dataset, metric) for metric in [*COUNTS, *means]}
        true_volume = values[VOLUME].get(TRUTH, pd.Series(dtype=float)).mean()
        for arm in [arm for arm in [*arms, *TRIVIAL_ARMS] if arm in values["lesions_detected"]]:
            of_arm = {metric: table.get(arm, pd.Series(dtype=float)) for metric, table in values.items()}
            row = {"data set": results.data(dataset), "arm": arm_words(arm)}
            row |= {head: str(int(of_arm[metric].sum())) for metric, head in COUNTS.items()}
            row |= {head: number(of_arm[metric].mean(), metric) for metric, head in means.items()}
            rows.append(row | {"true volume in ml": number(true_volume, VOLUME)})
    return pd.DataFrame(rows or [{"data set": "–", "arm": "–", "lesions": "no lesions were counted at this scale"}])


def roughness_table(results: Results, arms: Iterable[str]) -> pd.DataFrame:
    """Standard deviation of the change of validation Dice from epoch to epoch in the last third, over the runs."""
    arms, rows = list(arms), []
    for dataset in results.present:
        for arm in arms:
            found = roughness(results.history, dataset, arm)
            if len(found):
                values = [number(value, "roughness") for value in (found.mean(), found.min(), found.max())]
                rows.append((results.data(dataset), arm_words(arm), *values, str(len(found))))
    rows = rows or [("–", "no arm was trained for long enough", *4 * ("–",))]
    return pd.DataFrame(rows, columns=["data set", "arm", "roughness, mean", "lowest run", "highest run", "runs"])
