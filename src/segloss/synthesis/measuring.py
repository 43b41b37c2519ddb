"""What a network of the synthesis is worth: metrics case by case, its calibration, and the best trivial answer."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segloss.data.case import IGNORED
from segloss.data.case_table import prepared_spacing
from segloss.metrics import Mask, count, dice_score, precision, sensitivity, surface_distances
from segloss.statistics.calibration import reliability_bins
from segloss.synthesis.cases import StudySlices

METRICS = ("dice", "sensitivity", "precision", "surface_dice", "hausdorff95")
MAJORITY = 0.5
DIGITS = 5


def measured(predictions: Path, data: StudySlices, bins: int) -> dict[str, Any]:
    """Measure the predictions of a fold.

    Args:
        predictions: The file that training wrote: cases, and probabilities (n, K, S, S) of all their slices.
        data: The cases, as the fold has them.
        bins: How many for the calibration.

    Returns:
        ``cases``, lists of case, class and the values of ``METRICS``, distances in mm where the spacing is known, else
        in pixels; a tolerance of one pixel of a slice counts as none; ``reliability``, a list of bin, voxels, mean
        probability and share of foreground for each bin; ``dice``, mean over cases and classes with a value; and
        ``trivial`` with ``trivial_dice``: which answer without a network is best, and its mean Dice.
    """
    with np.load(predictions) as archive:
        probs, names = archive["probs"], archive["cases"].tolist()
    slices = data.slices_of(data.part(0, "test"))
    labels = np.asarray(data.labels[slices])
    known = labels != IGNORED
    foreground = probs[:, 0] if probs.shape[1] == 1 else 1 - probs[:, 0].astype(np.float32)
    table = reliability_bins(np.clip(foreground, 0, 1)[known], labels[known] > 0, bins)
    predicted = (probs[:, 0] > MAJORITY) if probs.shape[1] == 1 else probs.argmax(axis=1)
    rows: list[list[Any]] = []
    in_mm = distance_unit(data) == "mm"
    for name in names:
        case = int(np.flatnonzero(data.cases == name)[0])
        found = predicted[data.case_of[slices] == case].astype(np.uint8)
        rows += list(_of_case(data, case, found[0] if data.is_picture(case) else found, in_mm))
    trivial, best = best_trivial(data)
    return {
        "cases": rows,
        "reliability": [[int(b), int(n), _short(p), _short(f)] for b, n, p, f in table.to_numpy()],
        "dice": _mean([row[2] for row in rows]),
        "trivial": trivial,
        "trivial_dice": best,
    }


def best_trivial(data: StudySlices) -> tuple[str, float | None]:
    """Which answer without a network has the best mean Dice on the test cases, and that Dice."""
    train = np.asarray(data.labels[data.slices_of(data.part(0, "train"))])
    found: dict[str, list[float | None]] = {name: [] for name in ("nothing", "everything", "mean_training_mask")}
    for label in range(1, data.classes + 1):
        mean_mask = (train == label).mean(axis=0) > MAJORITY
        for case in data.part(0, "test"):
            labels, known = data.truth(case)
            truth = labels == label
            answers = {"nothing": np.zeros_like(truth), "everything": known, "mean_training_mask": known & mean_mask}
            for name, mask in answers.items():
                found[name].append(_known(dice_score(count(mask, truth))))
    means = {name: _mean(values) for name, values in found.items()}
    best = max(means, key=lambda name: means[name] or 0.0)
    return best, means[best]


def distance_unit(data: StudySlices) -> str:
    """Unit of distances: mm where all spacings are known, else px."""
    return "mm" if all(prepared_spacing(row) is not None for row in data.rows) else "px"


def _of_case(data: StudySlices, case: int, found: NDArray[np.uint8], in_mm: bool) -> Iterator[list[Any]]:
    labels, known = data.truth(case)
    found = np.where(known, found, 0)
    spacing = prepared_spacing(data.rows[case]) if in_mm else None
    for label, name in enumerate(data.provenance["classes"], start=1):
        yield [data.rows[case]["case"], name, *map(_known, _values(found == label, labels == label, spacing))]


def _values(predicted: Mask, truth: Mask, spacing: tuple[float, ...] | None) -> Iterator[float]:
    counts, distances = count(predicted, truth), surface_distances(predicted, truth, spacing)
    yield from (dice_score(counts), sensitivity(counts), precision(counts))
    yield distances.dice(1.0 if spacing is None else spacing[-1])
    yield distances.hausdorff(95)


def _known(value: float) -> float | None:
    """A value to five digits; None where it is undefined."""
    return None if math.isnan(value) else _short(value)


def _short(value: float) -> float:
    return _digits(value, DIGITS)


def _digits(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _known(float(np.mean(known))) if known else None
