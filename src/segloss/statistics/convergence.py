"""How fast two arms learn, from their validation Dice: the losses themselves have different scales."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

PLATEAU_SHARE = 0.95
LAST_SHARE = 0.1
EARLY_SHARE = 0.3


def convergence(history: pd.DataFrame, dataset: str, arm: str, baseline: str) -> pd.DataFrame:
    """Epochs to the common plateau and mean early validation Dice, per arm and fold.

    The plateau of an arm is the mean validation Dice of its last tenth of epochs; the common plateau of a fold is the
    lower of the two, so that both arms reach 95 % of it. Early is the first 30 % of the epochs (30 of the paper's 100).

    Returns:
        arm, fold, epochs, plateau (the common one), epochs_to_plateau, early_dice; only folds that both arms finished.
    """
    columns = ["arm", "fold", "epochs", "plateau", "epochs_to_plateau", "early_dice"]
    rows = []
    of_dataset = history[history["dataset"] == dataset]
    curves = dict(list(of_dataset.groupby(["arm", "fold"])))
    for fold in sorted(of_dataset["fold"].unique()):
        if not {(arm, fold), (baseline, fold)} <= set(curves):
            continue
        pair = {name: curves[name, fold].sort_values("epoch") for name in (arm, baseline)}
        dice = {name: curve["validation_dice"].to_numpy() for name, curve in pair.items()}
        plateau = min(values[-_share_of(values, LAST_SHARE) :].mean() for values in dice.values())
        for name, values in dice.items():
            reached = int(np.argmax(values >= PLATEAU_SHARE * plateau)) + 1
            early = values[: _share_of(values, EARLY_SHARE)].mean()
            rows.append((name, fold, len(values), plateau, reached, early))
    return pd.DataFrame(rows, columns=columns)


def t_interval(differences: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval of a mean; for the two or three folds of a run, where a bootstrap has nothing to draw from.

    NaN where the differences do not vary: equal values in a few folds are no evidence of certainty.

    >>> low, high = t_interval([1.0, 2.0, 3.0])
    >>> round(low, 3), round(high, 3)
    (-0.484, 4.484)
    """
    values = np.asarray(differences, dtype=float)
    if len(values) < 2 or np.ptp(values) < 1e-12:
        return float("nan"), float("nan")
    reach = stats.t.ppf((1 + confidence) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - reach), float(values.mean() + reach)


def paired_t_p(differences: ArrayLike) -> float:
    """Two-sided p of the paired t-test; NaN where the differences do not vary."""
    values = np.asarray(differences, dtype=float)
    if len(values) < 2 or np.ptp(values) < 1e-12:
        return float("nan")
    t = values.mean() / (values.std(ddof=1) / np.sqrt(len(values)))
    return float(2 * stats.t.sf(abs(t), len(values) - 1))


def _share_of(values: np.ndarray, share: float) -> int:
    return max(1, round(share * len(values)))
