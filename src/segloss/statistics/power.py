"""How many cases a paired comparison needs: to see a difference, to show that there is none, to survive a test."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.power import ttest_power

Array = NDArray[np.float64]


def paired_power(effect: ArrayLike, cases: ArrayLike, level: float = 0.05) -> Array:
    r"""Power of the two-sided paired t-test.

    With an effect :math:`d_z = \mu / \sigma`, mean over standard deviation of the paired differences, the statistic
    follows the noncentral t distribution with n - 1 degrees of freedom and noncentrality :math:`d_z \sqrt{n}`.

    Args:
        effect: d_z, of any sign.
        cases: Number of pairs n, at least 2.
        level: Of the test.

    Returns:
        In [level, 1].

    >>> round(float(paired_power(0.5, 34)), 3)
    0.808
    """
    return np.asarray(ttest_power(np.abs(effect), np.asarray(cases, dtype=float), level))


def equivalence_power(margin: ArrayLike, cases: ArrayLike, level: float = 0.05) -> Array:
    r"""How probably the interval of a mean paired difference lies inside a margin, if there is no difference.

    The interval :math:`\bar d \pm t_{1 - \alpha / 2} s / \sqrt n` is inside where both of two one-sided tests reject;
    each does with the noncentral t distribution, and for a power that is worth having, both hardly ever fail at once,
    so that the power is twice that of one, less 1: a lower bound, a little pessimistic below eight cases.

    Args:
        margin: Half-width over the standard deviation of the paired differences.
        cases: Number of pairs, at least 2.
        level: One minus that of the interval.

    Returns:
        In [0, 1]; 0 where the approximation would be negative.

    >>> round(float(equivalence_power(0.5, 45)), 2)
    0.81
    """
    n = np.asarray(cases, dtype=float)
    shift = np.asarray(margin, dtype=float) * np.sqrt(n)
    one_side = stats.nct.sf(stats.t.isf(level / 2, n - 1), n - 1, shift)
    return np.maximum(0.0, 2 * one_side - 1)


def cases_to_see(difference: float, spread: float, power: float = 0.8, level: float = 0.05) -> float:
    """Fewest cases with which the paired t-test sees a difference with this power.

    Args:
        difference: Mean of the paired differences.
        spread: Their standard deviation, in the same unit, above 0.
        power: Wanted, in (level, 1).
        level: Of the test.

    Returns:
        A whole number, 2 at least; infinite for no difference, NaN where a number is unknown.

    >>> cases_to_see(0.01, 0.02), cases_to_see(0.0, 0.02), cases_to_see(0.01, math.nan)
    (34.0, inf, nan)
    """
    quantiles = float(stats.norm.isf(level / 2) + stats.norm.ppf(power))

    def power_of(cases: int) -> float:
        return float(paired_power(difference / spread, cases, level))

    return _fewest(power_of, abs(difference), spread, quantiles, power)


def cases_to_show_equal(margin: float, spread: float, power: float = 0.8, level: float = 0.05) -> float:
    """Fewest cases with which the interval lies inside the margin with this power, if there is no difference.

    Arguments as of :func:`cases_to_see`.

    >>> cases_to_show_equal(0.01, 0.02)
    44.0
    """
    quantiles = float(stats.norm.isf(level / 2) + stats.norm.ppf((1 + power) / 2))

    def power_of(cases: int) -> float:
        return float(equivalence_power(margin / spread, cases, level))

    return _fewest(power_of, margin, spread, quantiles, power)


def largest_spread(difference: ArrayLike, cases: ArrayLike, level: float = 0.05) -> Array:
    r"""Standard deviation of the paired differences up to which the paired t-test calls a difference significant.

    .. math:: s = |\bar d| \sqrt n / t_{1 - \alpha / 2, n - 1}

    >>> round(float(largest_spread(0.0086, 12)), 4)
    0.0135
    """
    n = np.asarray(cases, dtype=float)
    return np.asarray(np.abs(difference) * np.sqrt(n) / stats.t.isf(level / 2, n - 1))


def spread_interval(spread: float, cases: int, confidence: float = 0.95) -> tuple[float, float]:
    r"""Interval of a standard deviation that was measured over some cases, if they are normal.

    :math:`(n - 1) s^2 / \sigma^2` follows the chi-squared distribution with n - 1 degrees of freedom.

    >>> [round(end, 3) for end in spread_interval(0.03, 4)]
    [0.017, 0.112]
    """
    ends = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], cases - 1)
    low, high = spread * np.sqrt((cases - 1) / ends)
    return float(low), float(high)


def _fewest(power_of: Callable[[int], float], size: float, spread: float, quantiles: float, power: float) -> float:
    """The smallest number of cases with at least the power, which grows with the cases.

    The search begins at the number of the normal distribution, :math:`(q s / d)^2`, below which that of t never lies.
    """
    if math.isnan(size) or math.isnan(spread):
        return math.nan
    if size == 0:
        return math.inf
    least, step = max(1, int((quantiles * spread / size) ** 2) - 1), 1
    while power_of(least + step) < power:
        least, step = least + step, 2 * step
    most = least + step
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if power_of(middle) >= power else (middle, most)
    return float(most)
