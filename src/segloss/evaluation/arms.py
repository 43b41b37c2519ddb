"""What every arm predicts, case by case: first the trivial arms, then those that were trained."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from segloss.evaluation.inputs import Prepared, Run
from segloss.metrics import Mask

TRIVIAL_ARMS = ("predict_nothing", "predict_everything", "mean_training_mask")


class Prediction(NamedTuple):
    """What an arm predicts of a case; ``mask(k)`` is that of label k, of the truth's shape."""

    arm: str
    fold: int
    case: int
    mask: Callable[[int], Mask]


def folds_of(runs: dict[str, Run]) -> list[int]:
    """The folds that at least one arm finished."""
    return sorted({fold for run in runs.values() for fold in run.folds})


def count_predictions(prepared: Prepared, runs: dict[str, Run]) -> int:
    """How many :func:`predictions` there are."""
    folds = folds_of(runs) * len(TRIVIAL_ARMS) + [fold for run in runs.values() for fold in run.folds]
    return sum(len(prepared.part(fold, "test")) for fold in folds)


def predictions(prepared: Prepared, runs: dict[str, Run]) -> Iterator[Prediction]:
    """All predictions, one in memory at a time; none has a voxel where nobody can tell.

    The trivial arms give no voxel to any class; every voxel to each class in turn, as if it were the only one; and to
    each class what most training slices have there, in every slice, or most training volumes, scaled to the case.
    """
    for fold in folds_of(runs):
        for arm, masks in _trivial_masks(prepared, fold).items():
            for case in prepared.part(fold, "test"):
                yield Prediction(arm, fold, case, partial(_same_for_all, masks, prepared, case))
    for arm, run in runs.items():
        for fold in run.folds:
            for case, labels in run.predictions(fold):
                labels[~prepared.judged(case)] = 0
                yield Prediction(arm, fold, case, partial(np.equal, labels))


def _same_for_all(masks: Mask, prepared: Prepared, case: int, label: int) -> Mask:
    return prepared.fitted(masks[label - 1], case) & prepared.judged(case)


def _trivial_masks(prepared: Prepared, fold: int) -> dict[str, Mask]:
    mean = prepared.mean_training_masks(fold)
    return dict(zip(TRIVIAL_ARMS, (np.zeros_like(mean), np.ones_like(mean), mean), strict=True))
