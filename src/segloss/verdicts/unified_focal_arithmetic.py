"""Claims of the Unified Focal paper that need no data: over what its p-values and its intervals are (errata U18)."""

from collections.abc import Callable
from math import comb, sqrt

import pandas as pd
from scipy import stats

from segloss.published import load_published, published_facts
from segloss.verdicts.arithmetic import Computed
from segloss.verdicts.rules import CONTRADICTED, INCONCLUSIVE, SUPPORTED

LEVEL = 0.95  # of the printed intervals; not said, and the usual one


def smallest_rank_sum_p(samples: int) -> float:
    """The smallest two-sided p of a rank-sum test of two groups of so many: all of one above all of the other.

    >>> round(smallest_rank_sum_p(5), 4)                                         # 2 of 252 orders are as extreme
    0.0079
    """
    return 2 / comb(2 * samples, samples)


def largest_deviation(mean: float) -> float:
    """The largest standard deviation of values in [0, 1] with this mean: all of them 0 or 1.

    >>> round(largest_deviation(0.747), 3)
    0.435
    """
    return sqrt(mean * (1 - mean))


def needed_deviation(half_width: float, samples: int, level: float = LEVEL) -> float:
    """The standard deviation that an interval of a mean with this half-width stands for.

    >>> round(needed_deviation(0.05, 340), 2)
    0.47
    """
    return float(half_width * sqrt(samples) / stats.norm.ppf((1 + level) / 2))


def most_scans(mean: float, half_width: float, level: float = LEVEL) -> int:
    """How many scans an interval of this half-width can be over, at most, whatever their scores.

    >>> most_scans(0.747, 0.05)
    290
    """
    return int((largest_deviation(mean) * stats.norm.ppf((1 + level) / 2) / half_width) ** 2)


def printed_p_values() -> pd.Series:
    """The p-values that can be read in Tables 2 and 4, rising; index row and column."""
    cells = load_published("unified_focal").query("metric == 'p'").dropna(subset="value")
    return cells.set_index(["row", "column"])["value"].sort_values()


def unit_of_the_statistics() -> Computed:
    """Tables 1 to 4: can p-values and intervals be over the same unit, folds or scans?"""
    facts = published_facts("unified_focal").set_index("fact")["value"]
    folds, labelled = int(facts["folds"]), int(facts["labelled_brats2020"])
    floor, smallest = smallest_rank_sum_p(folds), float(printed_p_values().min())
    cells = load_published("unified_focal").query("table == '3' and metric == 'dice'").dropna(subset="spread")
    widest = cells.loc[cells["spread"].idxmax()]
    most = most_scans(widest["value"], widest["spread"])
    unless = labelled - most
    p_over_folds, intervals_over_scans = smallest >= floor, most >= labelled
    contradicted = not p_over_folds and not intervals_over_scans
    return Computed(
        ours=f"with {folds} folds no rank-sum p is below {floor:.4f}; ±{widest['spread']:.3f} around "
        f"{widest['value']:.3f} at {LEVEL:.0%} can be over at most {most} scans, where their deviation would be the "
        f"largest possible, {largest_deviation(widest['value']):.3f}",
        published=f"p down to {smallest}; {labelled} labelled scans, less those without the structure (number lost)",
        verdict=CONTRADICTED if contradicted else SUPPORTED if p_over_folds else INCONCLUSIVE,
        reason="so the p-values are over scans and the intervals over folds (errata U18), unless the structure was "
        f"missing from {unless} of the {labelled} scans or more; scans are no independent samples either, since both "
        "losses segment the same ones (errata U14)"
        if contradicted
        else "one unit is possible",
    )


UNIFIED_FOCAL_ARITHMETIC: dict[str, Callable[[], Computed]] = {"unit_of_the_statistics": unit_of_the_statistics}
