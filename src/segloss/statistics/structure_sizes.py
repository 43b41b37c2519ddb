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
    """Parallel straight lines through the differences of two arms, one for each class; every structure is a point.

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
    """A metric of every structure of every case by arm, with its share of the image; index subject, case, class."""
    rows = results.metrics[results.metrics["dataset"] == dataset].astype({"arm": str, "class": str, "metric": str})
    shares = rows[(rows["arm"] == TRUTH) & (rows["metric"] == "foreground_share")]
    values = rows[rows["metric"] == metric]
    if values.empty or shares.empty:
        return pd.DataFrame()
    table = values.pivot(index=["case", "class"], columns="arm", values="value")[list(values["arm"].unique())]
    table = table.assign(share=shares.set_index(["case", "class"])["value"])
    subject_of = results.provenance.get(dataset, {}).get("subjects") or {}
    subjects = table.index.get_level_values("case").map(lambda case: subject_of.get(case, case)).rename("subject")
    table = table.set_index(subjects, append=True).reorder_levels(["subject", "case", "class"])
    return table[table["share"] > 0]


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

    Sizes and differences are taken from the mean of their class, since two classes of different sizes, such as kidney
    and tumour, differ in more than size. Subjects are resampled with all their structures. None where an arm is missing
    or all structures of a class have one size.

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
    if points["x"].groupby(level="class").nunique().lt(2).all():
        return None
    terms = points.assign(n=1.0, xx=points["x"] ** 2, xy=points["x"] * points["y"])
    sums = terms.groupby(level=["subject", "class"]).sum().unstack(fill_value=0.0)
    samples = [sums[name, structure].to_numpy() for structure in sums["n"] for name in ("n", "x", "y", "xx", "xy")]
    low, high = bootstrap_interval(_slope_of_sums, *samples, confidence=confidence, resamples=resamples, seed=seed)
    centred = points - points.groupby(level="class").transform("mean")
    scores = (centred["x"] * centred["y"]).groupby(level="subject").sum()
    p = permutation_p(scores, resamples=resamples, seed=seed)
    return SizeInteraction(float(_slope_of_sums(*samples)), low, high, len(sums), p)


def _slope_of_sums(*samples: Array, axis: int = -1) -> Array:
    """Common least-squares slope of all classes, from n, x, y, xx and xy of each class in each subject."""
    sums = np.stack([part.sum(axis=axis) for part in samples])
    n, x, y, xx, xy = sums.reshape(-1, 5, *sums.shape[1:]).swapaxes(0, 1)
    # A class that no subject of a resample has adds nothing; all of one size have no slope and count as level.
    n = np.maximum(n, 1.0)
    spread, product = (xx - x**2 / n).sum(axis=0), (xy - x * y / n).sum(axis=0)
    level = spread < 1e-12
    return np.where(level, 0.0, product / np.where(level, 1.0, spread))
