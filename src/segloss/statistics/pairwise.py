"""Every pair of arms on the same cases: the rank-sum test of the Unified Focal paper, and the paired tests beside it.

The rank-sum test takes the two arms for independent samples, although both segment the same cases (errata U14). Holm's
correction runs over all pairs, for each test by itself.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from segloss.statistics.paired import signed_rank_p
from segloss.statistics.resampling import holm, permutation_p
from segloss.statistics.results import Results, case_values
from segloss.statistics.subjects import over_subjects

TESTS = ("rank_sum", "signed_rank", "permutation")
_COLUMNS = ["row", "column", "cases", "difference", "statistic", *TESTS]


def pairwise_tests(
    results: Results,
    dataset: str,
    arms: Sequence[str],
    metric: str = "dice",
    structure: str | None = None,
    *,
    corrected: Sequence[str] = TESTS,
    resamples: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare each arm with every one before it, on the cases that both have a value for.

    Args:
        results: Measured values.
        dataset: Whose cases; several of one subject are averaged first.
        arms: In the order of the matrix; those without values are left out.
        metric: Name of a metric that is never infinite.
        structure: Which class; the mean over the classes of a case if left out.
        corrected: The tests that Holm's correction is wanted for.
        resamples: Number of sign flips of the permutation test.
        seed: Of the sign flips.

    Returns:
        row, column (arms), cases, difference (mean of row minus column), statistic (of the rank-sum test, above 0 where
        the row's values rank higher), the p-values rank_sum, signed_rank and permutation, all two-sided, and those
        of ``corrected`` over all pairs, with the ending _holm.
    """
    classes = None if structure is None else [structure]
    values = over_subjects(case_values(results.metrics, dataset, metric, classes), results, dataset)
    rows = []
    for column, row in combinations([arm for arm in arms if arm in values], 2):
        both = values[[row, column]].dropna()
        ours, theirs = (both[arm].to_numpy(dtype=float) for arm in (row, column))
        if not len(both):
            continue
        rank_sum = stats.ranksums(ours, theirs)
        ps = rank_sum.pvalue, signed_rank_p(ours - theirs), permutation_p(ours - theirs, resamples=resamples, seed=seed)
        rows.append((row, column, len(both), np.mean(ours - theirs), rank_sum.statistic, *ps))
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.assign(**{f"{test}_holm": holm(frame[test].to_list()) for test in corrected})
