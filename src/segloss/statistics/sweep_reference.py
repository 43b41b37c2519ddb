"""What to hold the sweep against: answers that look at no picture, and the best threshold on a spot."""

import numpy as np
import pandas as pd
from scipy import stats

from segloss.data.phantoms.imbalance import fields_of, spots_for
from segloss.statistics.sweep import Sweep

_THRESHOLDS = np.linspace(0, 1, 121)


def sweep_references(sweep: Sweep) -> pd.DataFrame:
    """Dice to hold the losses against, at each share.

    Returns:
        share; predict_nothing, which is 0; predict_everything, 2 s / (1 + s) of the true share s; best_threshold, as
        :func:`best_threshold_dice` has it.
    """
    picture = sweep.provenance["picture"]
    size, spot = picture["size"], picture["spot"]
    fields = fields_of(size, spot)
    # The mean over the pixels of a field has a noise smaller by the root of their number, which is the side.
    separation = picture["contrast"] / picture["noise_sd"] * spot
    rows = []
    for share in sweep.shares:
        spots = spots_for(share, size, spot)
        everything = 2 * spots / (fields + spots)
        rows.append((share, 0.0, everything, best_threshold_dice(spots, fields, separation)))
    return pd.DataFrame(rows, columns=["share", "predict_nothing", "predict_everything", "best_threshold"])


def best_threshold_dice(spots: int, fields: int, separation: float) -> float:
    r"""Expected Dice of calling every field a spot whose mean brightness lies above the best threshold t.

    .. math::

        \max_t E\left[\frac{2 T}{T + F + k}\right], \qquad T \sim B(k, \Phi(d - t)), \quad F \sim B(n - k, \Phi(-t))

    It falls with the share although every field is as hard as before: the rarer the spots, the more of what looks like
    one is noise. So a fall of Dice is no fault of a loss as long as it follows this one. It is the best that one
    threshold for all pictures can do on fields that are known; whoever counts on the number of spots can do better.

    Args:
        spots: True spots k.
        fields: Fields n of the board.
        separation: Distance d of the mean of a spot from that of the ground, in standard deviations of the noise.
    """
    hits, false = np.arange(spots + 1)[:, None], np.arange(fields - spots + 1)
    dice = 2 * hits / (hits + false + spots)
    expected = []
    for threshold in _THRESHOLDS * (separation + 1):
        hit, alarm = stats.norm.sf(threshold - separation), stats.norm.sf(threshold)
        expected.append(stats.binom.pmf(hits[:, 0], spots, hit) @ dice @ stats.binom.pmf(false, fields - spots, alarm))
    return float(max(expected))
