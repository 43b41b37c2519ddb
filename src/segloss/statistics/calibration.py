r"""Is a probability what it says? Reliability bins, and the expected calibration error.

Voxels are put into M bins of equal width by their probability of foreground. Of bin m with :math:`n_m` voxels, let
:math:`c_m` be the mean probability and :math:`a_m` the share that is foreground. Then

.. math:: \mathrm{ECE} = \sum_m \frac{n_m}{N} \, |a_m - c_m|.

Nearly all voxels of an image are easy background in the first bin, and say little. So the error can also be taken over
the bins above the first alone, where the network sees anything at all.

Reference:
    Guo et al. (2017), On calibration of modern neural networks, eq. 3. Deviation: theirs bins the probability of the
    predicted class; here it is that of the foreground, of which a reader of a probability map makes use.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ("bin", "voxels", "probability", "foreground")


def reliability_bins(probs: NDArray[np.floating], truth: NDArray[np.bool_], bins: int = 15) -> pd.DataFrame:
    """Count voxels by their probability of foreground.

    Args:
        probs: In [0, 1], of any shape.
        truth: Whether each is foreground, same shape.
        bins: How many, of equal width; a probability of 1 falls into the last one.

    Returns:
        bin (from 0), voxels, probability (their mean) and foreground (their share, in [0, 1]); only bins with voxels.

    Raises:
        ValueError: If the shapes differ or a probability lies outside [0, 1].
    """
    flat, true = np.asarray(probs, dtype=np.float64).ravel(), np.asarray(truth).ravel()
    if probs.shape != truth.shape:
        raise ValueError(f"probabilities are {probs.shape}, expected the truth's shape {truth.shape}.")
    if flat.size and not (flat.min() >= 0 and flat.max() <= 1):
        raise ValueError(f"probabilities lie in {flat.min()} to {flat.max()}, expected [0, 1].")
    place = np.minimum((flat * bins).astype(np.intp), bins - 1)
    voxels, totals, hits = (np.bincount(place, weights, bins) for weights in (None, flat, true.astype(np.float64)))
    there = np.flatnonzero(voxels)
    counted = voxels[there]
    return pd.DataFrame(
        dict(zip(COLUMNS, (there, counted, totals[there] / counted, hits[there] / counted), strict=True))
    )


def merged_bins(tables: pd.DataFrame) -> pd.DataFrame:
    """The bins of several networks as if all their voxels were one network's.

    Args:
        tables: Rows of :func:`reliability_bins`, one table below the other.
    """
    weighted = tables.assign(**{name: tables[name] * tables["voxels"] for name in COLUMNS[2:]})
    total = weighted.groupby("bin")[[*COLUMNS[1:]]].sum()
    return total.assign(**{name: total[name] / total["voxels"] for name in COLUMNS[2:]}).reset_index()[[*COLUMNS]]


def calibration_error(bins: pd.DataFrame, first_bin: int = 0) -> float:
    """Expected calibration error, in [0, 1]; NaN without voxels.

    Args:
        bins: As of :func:`reliability_bins`.
        first_bin: Bins below are left out; 1 leaves out what the network takes for sure background.

    Example:
        >>> bins = reliability_bins(np.array([0.25, 0.25, 0.75, 0.75]), np.array([False, False, True, False]))
        >>> calibration_error(bins)
        0.25
    """
    kept = bins[bins["bin"] >= first_bin]
    if not kept["voxels"].sum():
        return float("nan")
    return float(np.average((kept["foreground"] - kept["probability"]).abs(), weights=kept["voxels"]))
