"""What printed means and deviations imply: t-tests from summary statistics, with the room that rounding leaves."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from segloss.published import load_published

FOLDS = 3


class PrintedMean(NamedTuple):
    """A mean and its standard deviation as printed, to two decimals unless told otherwise."""

    mean: float
    sd: float
    rounding: float = 0.005


def welch_p(first: PrintedMean, second: PrintedMean, cases: int) -> float:
    """Two-sided p of Welch's t-test of two independent samples of ``cases`` each.

    >>> f"{welch_p(PrintedMean(0.80, 0.05), PrintedMean(0.84, 0.05), 666):.0e}"
    '7e-45'
    """
    return float(
        stats.ttest_ind_from_stats(first.mean, first.sd, cases, second.mean, second.sd, cases, equal_var=False).pvalue
    )


def welch_p_range(first: PrintedMean, second: PrintedMean, cases: int) -> tuple[float, float]:
    """Smallest and largest p of that test over all values that round to the printed ones."""
    values = [
        welch_p(PrintedMean(gap, sd_a), PrintedMean(0.0, sd_b), cases)
        for gap, sd_a, sd_b in product(_gaps(first, second), _sds(first), _sds(second))
    ]
    return min(values), max(values)


def paired_p_range(first: PrintedMean, second: PrintedMean, cases: int) -> tuple[float, float]:
    """Smallest and largest p of a paired t-test over all pairings (correlation 1 to -1) and all roundings.

    >>> f"{paired_p_range(PrintedMean(0.80, 0.05), PrintedMean(0.84, 0.05), 666)[1]:.0e}"
    '5e-12'
    """
    (least, most), sds = _gaps(first, second), (_sds(first), _sds(second))
    closest = max(1e-9, min(sds[0]) - max(sds[1]), min(sds[1]) - max(sds[0]))
    widest = max(sds[0]) + max(sds[1])
    smallest, largest = (
        2 * stats.t.sf(gap / (spread / np.sqrt(cases)), cases - 1) for gap, spread in ((most, closest), (least, widest))
    )
    return float(smallest), float(largest)


def recompute_p_values(
    paper: str = "kappa", table: str = "2", arm: str = "kappa", baseline: str = "dice"
) -> pd.DataFrame:
    """The p column of a printed table, recomputed from its means and deviations with folds and images as the unit.

    Returns:
        dataset, metric, arm, baseline (means as printed), printed (p, as text), p_folds with its range by rounding
        (p_folds_low, p_folds_high), images (of a test third), p_images with its range, p_paired_low and p_paired_high
        (over images, by rounding and pairing), fits (the tests whose range holds the printed p, or "none").
    """
    cells = load_published(paper)
    cells = cells[(cells["table"] == table) & cells["arm"].isin([arm, baseline, "p"])]
    rows = []
    for (dataset, metric), group in cells.groupby(["dataset", "metric"], sort=False):
        cell = group.set_index("arm")
        ours, theirs = (PrintedMean(cell["value"][name], cell["spread"][name]) for name in (arm, baseline))
        images = int(cell["n"]["p"]) // FOLDS
        ranges = {
            "folds": welch_p_range(ours, theirs, FOLDS),
            "images": welch_p_range(ours, theirs, images),
            "paired images": paired_p_range(ours, theirs, images),
        }
        printed = cell["value"]["p"]
        # A p printed to three decimals stands for half a thousandth either way.
        fits = [test for test, (low, high) in ranges.items() if low <= printed + 0.0005 and high >= printed - 0.0005]
        rows.append(
            {
                "dataset": dataset,
                "metric": metric,
                "arm": cell["printed"][arm],
                "baseline": cell["printed"][baseline],
                "printed": cell["printed"]["p"],
                "p_folds": welch_p(ours, theirs, FOLDS),
                "p_folds_low": ranges["folds"][0],
                "p_folds_high": ranges["folds"][1],
                "images": images,
                "p_images": welch_p(ours, theirs, images),
                "p_images_low": ranges["images"][0],
                "p_images_high": ranges["images"][1],
                "p_paired_low": ranges["paired images"][0],
                "p_paired_high": ranges["paired images"][1],
                "fits": ", ".join(fits) or "none",
            }
        )
    return pd.DataFrame(rows)


def _gaps(first: PrintedMean, second: PrintedMean) -> tuple[float, float]:
    gap, room = abs(first.mean - second.mean), first.rounding + second.rounding
    return max(0.0, gap - room), gap + room


def _sds(value: PrintedMean) -> tuple[float, float]:
    # A deviation that could round to 0.00 is held just above it: at 0 no test is defined.
    return max(1e-9, value.sd - value.rounding), value.sd + value.rounding
