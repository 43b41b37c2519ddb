r"""Mean ranks of many methods over several data sets: Friedman's test, and Nemenyi's critical difference.

With :math:`R_j` the mean rank of method j over N data sets, 1 the best, and k methods, Friedman's statistic is

.. math:: \chi^2_F = \frac{12 N}{k (k + 1)} \left[ \sum_j R_j^2 - \frac{k (k + 1)^2}{4} \right],

corrected for ties. It is too shy, so that Iman and Davenport's F stands beside it,

.. math:: F_F = \frac{(N - 1) \chi^2_F}{N (k - 1) - \chi^2_F} \quad \text{with } k - 1 \text{ and } (k - 1)(N - 1)

degrees of freedom. Two methods differ by Nemenyi's test where their mean ranks differ by more than

.. math:: CD = q_\alpha \sqrt{\frac{k (k + 1)}{6 N}},

with :math:`q_\alpha` the quantile of the studentised range with infinite degrees of freedom, over the root of 2.

Reference:
    Demšar (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7, sections 3.2.2 and 3.2.3.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats


@dataclass(frozen=True)
class RankTest:
    """Ranks of methods on data sets.

    Attributes:
        ranks: Methods by data sets, 1 the best, ties shared.
        mean: Mean rank of each method, the best first.
        friedman_p: Of the test that all methods rank alike.
        iman_davenport_p: Of the same, by F.
        critical_difference: Mean ranks that differ by more differ at the level.
        level: Of the tests.
    """

    ranks: pd.DataFrame
    mean: pd.Series
    friedman_p: float
    iman_davenport_p: float
    critical_difference: float
    level: float

    @property
    def groups(self) -> list[list[str]]:
        """The largest groups of neighbours in rank that do not differ, best first; a single method is no group."""
        found: list[list[str]] = []
        for first in range(len(self.mean)):
            near = self.mean.iloc[first:] - self.mean.iloc[first] <= self.critical_difference
            group = [str(name) for name in self.mean.index[first:][near]]
            if len(group) > 1 and not (found and set(group) <= set(found[-1])):
                found.append(group)
        return found


def rank_test(values: pd.DataFrame, *, level: float = 0.05, higher_is_better: bool = True) -> RankTest:
    """Rank methods on each data set, and test whether they differ.

    Args:
        values: Methods by data sets. An infinite distance ranks last; a method without a value everywhere is left out.
        level: Of the critical difference.
        higher_is_better: False for distances.

    Returns:
        NaN stands for what two data sets and three methods are needed for.
    """
    complete = values.dropna()
    ranks = complete.rank(ascending=not higher_is_better)
    mean = ranks.mean(axis="columns").sort_values(kind="stable")
    methods, blocks = complete.shape
    if methods < 3 or blocks < 2:
        return RankTest(ranks.loc[mean.index], mean, np.nan, np.nan, np.nan, level)
    # Ranks in place of values: infinite ones have no difference, and the test only looks at ranks.
    with np.errstate(divide="ignore", invalid="ignore"):
        test = stats.friedmanchisquare(*ranks.to_numpy())
        left = blocks * (methods - 1) - test.statistic
        f = (blocks - 1) * np.float64(test.statistic) / left
    f_p = stats.f.sf(f, methods - 1, (methods - 1) * (blocks - 1))
    quantile = stats.studentized_range.ppf(1 - level, methods, np.inf) / np.sqrt(2)
    critical = quantile * np.sqrt(methods * (methods + 1) / (6 * blocks))
    return RankTest(ranks.loc[mean.index], mean, float(test.pvalue), float(f_p), float(critical), level)
