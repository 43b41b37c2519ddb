"""Whether a gain depends on how large a structure is: its slope on the logarithm of the foreground share."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segloss.statistics.resampling import bootstrap_interval, permutation_p
from segloss.statistics.results import TRUTH, Results

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SizeInteraction:
    """A straight line through the differences of two arms, every structure of every case a point.

    Attributes:
        slope: Change of the difference for a structure ten times as large; ``low`` and ``high`` end its interval.
        subjects: How many carry it.
        p: Two-sided, from random signs of what each subject adds to the slope.
    """

    slope: float
    low: float
    high: float
    subjects: int
    p: float


def structure_values(results: Results, dataset: str, metric: str = "dice") -> pd.DataFrame:
    """A metric of every structure of every case by arm, with its share of the image; index case and class."""
    rows = results.metrics[results.metrics["dataset"] == dataset].astype({"arm": str, "class": str, "metric": str})
    shares = rows[(rows["arm"] == TRUTH) & (rows["metric"] == "foreground_share")]
    values = rows[rows["metric"] == metric]
    if values.empty or shares.empty:
        return pd.DataFrame()
    table = values.pivot(index=["case", "class"], columns="arm", values="value")[list(values["arm"].unique())]
    share = shares.set_index(["case", "class"])["value"]
    return table.assign(share=share)[share.reindex(table.index).gt(0)]


def size_interaction(
    results: Results,
    dataset: str,
    arm: str,
    baseline: str,
    metric: str = "dice",
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> SizeInteraction | None:
    """Does the difference of two arms grow or shrink with the size of the structure?

    Subjects are resampled with all their structures. None where an arm is missing or all structures have one size.

    Args:
        results: Measured values.
        dataset: Which data set.
        arm: The arm that is asked about.
        baseline: The other.
        metric: Name of the metric.
        confidence: Level of the interval.
        resamples: Number of bootstrap samples and sign flips.
        seed: Of the resampling.
    """
    values = structure_values(results, dataset, metric)
    if not {arm, baseline} <= set(values.columns):
        return None
    points = pd.DataFrame({"x": np.log10(values["share"]), "y": values[arm] - values[baseline]}).dropna()
    if points["x"].nunique() < 2:
        return None
    subject_of = results.provenance.get(dataset, {}).get("subjects") or {}
    subjects = points.index.get_level_values("case").map(lambda case: subject_of.get(case, case))
    terms = points.assign(n=1.0, xx=points["x"] ** 2, xy=points["x"] * points["y"]).groupby(subjects).sum()
    sums = [terms[name].to_numpy() for name in ("n", "x", "y", "xx", "xy")]
    low, high = bootstrap_interval(_slope_of_sums, *sums, confidence=confidence, resamples=resamples, seed=seed)
    centred = points - points.mean()
    scores = (centred["x"] * centred["y"]).groupby(subjects).sum()
    p = permutation_p(scores, resamples=resamples, seed=seed)
    return SizeInteraction(float(_slope_of_sums(*sums)), low, high, len(terms), p)


def _slope_of_sums(n: Array, x: Array, y: Array, xx: Array, xy: Array, axis: int = -1) -> Array:
    """Least-squares slope from the sums of each subject."""
    count, of_x, of_y, of_xx, of_xy = (np.asarray(part.sum(axis=axis)) for part in (n, x, y, xx, xy))
    spread = of_xx - of_x**2 / count
    # A resample that repeats one subject with one structure has no slope and counts as level.
    level = spread < 1e-12
    return np.where(level, 0.0, (of_xy - of_x * of_y / count) / np.where(level, 1.0, spread))
