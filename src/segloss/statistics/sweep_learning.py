"""Which losses of the robustness sweep had not learned all they could: at which shares, and in which way."""

import pandas as pd

from segloss.statistics.sweep import Sweep

# A rise of validation Dice over the last third of the training that says that a loss was not done.
STILL_RISING = 0.01


def still_rising(sweep: Sweep) -> dict[str, list[float]]:
    """Shares at which the validation Dice of a loss, mean over seeds, rose in the last third of the training."""
    if sweep.history.empty:
        return {}
    curves = sweep.history.groupby(["arm", "share", "step"])["validation_dice"].mean().unstack("step")
    steps = sweep.provenance["training"]["steps"]
    earlier = [step for step in curves.columns if step <= 2 * steps / 3]
    if not earlier:
        return {}
    rise = curves[curves.columns.max()] - curves[max(earlier)]
    return _shares_by_arm(rise > STILL_RISING)


def found_nothing(sweep: Sweep) -> dict[str, list[float]]:
    """Shares at which a loss left every phantom without any prediction, in one seed at least."""
    empty = (sweep.runs["sensitivity"] == 0) & (sweep.runs["false_positives"] == 0)
    of_seeds = empty.groupby([sweep.runs[key] for key in ("arm", "share", "seed")]).all()
    return _shares_by_arm(of_seeds.groupby(["arm", "share"]).any())


def _shares_by_arm(wanted: pd.Series) -> dict[str, list[float]]:
    """The shares of each arm for which the series, indexed by arm and share, is true; the largest first."""
    pairs = wanted.index[wanted]
    return {arm: sorted((s for a, s in pairs if a == arm), reverse=True) for arm in dict.fromkeys(a for a, _ in pairs)}
