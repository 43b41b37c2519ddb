"""How the validation Dice of two arms goes on after the first epochs: how smooth it is, and how far the two part."""

import numpy as np
import pandas as pd

TENTH = 0.1


def roughness(history: pd.DataFrame, dataset: str, arm: str) -> pd.Series:
    """Standard deviation of the change of validation Dice from epoch to epoch in the last third, by fold.

    A steady rise has a roughness of 0; a curve that jumps has a large one. Undefined Dice and folds with fewer than two
    changes are left out; empty where the arm has no history.
    """
    changes = {fold: np.diff(_last_third(dice)) for fold, dice in _curves(history, dataset, arm).items()}
    found = {fold: float(change.std(ddof=1)) for fold, change in changes.items() if len(change) > 1}
    return pd.Series(found, dtype=float)


def gap_opening(history: pd.DataFrame, dataset: str, arm: str, baseline: str) -> pd.Series:
    """Dice of arm minus baseline in the last tenth of the epochs, less the same in the second tenth, by fold.

    Of 100 epochs these are the last ten and the epochs 11 to 20. Only folds of three epochs or more that both arms
    finished.
    """
    ours, theirs = (_curves(history, dataset, name) for name in (arm, baseline))
    folds = [fold for fold in ours if fold in theirs and min(len(ours[fold]), len(theirs[fold])) > 2]
    return pd.Series({fold: _late_rise(ours[fold]) - _late_rise(theirs[fold]) for fold in folds}, dtype=float)


def _late_rise(dice: np.ndarray) -> float:
    share = max(1, round(TENTH * len(dice)))
    return float(dice[-share:].mean() - dice[share : 2 * share].mean())


def _last_third(dice: np.ndarray) -> np.ndarray:
    return dice[-max(1, round(len(dice) / 3)) :]


def _curves(history: pd.DataFrame, dataset: str, arm: str) -> dict[int, np.ndarray]:
    rows = history[(history["dataset"] == dataset) & (history["arm"] == arm)].dropna(subset="validation_dice")
    return {fold: epochs.sort_values("epoch")["validation_dice"].to_numpy() for fold, epochs in rows.groupby("fold")}
