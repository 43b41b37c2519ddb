"""Power and numbers of cases, held against their distributions, statsmodels' search and simulation."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from segloss.statistics.power import (
    cases_to_see,
    cases_to_show_equal,
    equivalence_power,
    largest_spread,
    paired_power,
    spread_interval,
)


@pytest.mark.parametrize(("effect", "cases"), [(0.2, 20), (0.5, 34), (-0.5, 34), (1.5, 5), (0.05, 3000), (0.0, 12)])
def test_the_power_of_a_paired_test_is_that_of_the_noncentral_t_distribution(effect, cases):
    statistic = stats.nct(cases - 1, effect * math.sqrt(cases))
    critical = stats.t.isf(0.025, cases - 1)
    assert paired_power(effect, cases) == pytest.approx(statistic.sf(critical) + statistic.cdf(-critical), abs=1e-6)


def test_the_power_of_a_paired_test_is_the_share_of_simulated_samples_that_are_significant():
    samples = np.random.default_rng(0).normal(0.6, 1, (20_000, 15))
    assert paired_power(0.6, 15) == pytest.approx(
        (stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05).mean(), abs=0.01
    )


def test_the_power_to_show_no_difference_is_the_share_of_simulated_intervals_inside_the_margin():
    samples = np.random.default_rng(1).normal(0, 1, (20_000, 40))
    interval = stats.ttest_1samp(samples, 0, axis=1).confidence_interval(0.95)
    inside = ((interval.low > -0.5) & (interval.high < 0.5)).mean()
    assert equivalence_power(0.5, 40) == pytest.approx(inside, abs=0.01)


@pytest.mark.parametrize("cases", [3, 5, 8])
def test_the_power_to_show_no_difference_is_not_overrated_with_few_cases(cases):
    samples = np.random.default_rng(4).normal(0, 1, (20_000, cases))
    interval = stats.ttest_1samp(samples, 0, axis=1).confidence_interval(0.95)
    margin = np.quantile(np.maximum(-interval.low, interval.high), 0.85)
    assert 0.75 < equivalence_power(margin, cases) < 0.86


@pytest.mark.parametrize(("difference", "spread"), [(0.01, 0.02), (-0.01, 0.1), (0.08, 0.156), (0.447, 0.013), (1, 1)])
def test_the_cases_to_see_a_difference_are_the_fewest_of_all(difference, spread):
    found = cases_to_see(difference, spread)
    powers = {cases: paired_power(difference / spread, cases) for cases in range(2, int(found) + 1)}
    assert found == min(cases for cases, power in powers.items() if power >= 0.8)


@pytest.mark.parametrize(("difference", "spread"), [(0.01, 0.02), (0.01, 0.05), (0.02, 0.3)])
def test_the_cases_to_see_a_difference_are_those_of_statsmodels_rounded_up(difference, spread):
    expected = TTestPower().solve_power(difference / spread, power=0.8, alpha=0.05)
    assert cases_to_see(difference, spread) == math.ceil(expected)


@pytest.mark.parametrize("spread", [0.005, 0.02, 0.07])
def test_the_cases_to_show_that_there_is_no_difference_are_the_fewest_of_all(spread):
    found = cases_to_show_equal(0.01, spread)
    assert equivalence_power(0.01 / spread, found) >= 0.8
    assert found == 2 or equivalence_power(0.01 / spread, found - 1) < 0.8


def test_many_cases_follow_the_formula_of_the_normal_distribution():
    assert cases_to_see(0.01, 0.5) == pytest.approx((stats.norm.isf(0.025) + stats.norm.ppf(0.8)) ** 2 * 2500, rel=1e-3)
    both = (stats.norm.isf(0.025) + stats.norm.ppf(0.9)) ** 2 * 2500
    assert cases_to_show_equal(0.01, 0.5) == pytest.approx(both, rel=1e-3)


def test_what_is_unknown_needs_an_unknown_number_of_cases_and_no_difference_an_infinite_one():
    assert math.isnan(cases_to_see(math.nan, 0.1))
    assert math.isnan(cases_to_show_equal(math.nan, 0.1))
    assert math.isinf(cases_to_see(0, 0.1))


def test_at_the_largest_spread_a_paired_test_reaches_exactly_the_level():
    values = np.random.default_rng(2).normal(size=12)
    values = (values - values.mean()) / values.std(ddof=1) * float(largest_spread(0.0086, 12)) + 0.0086
    assert stats.ttest_1samp(values, 0).pvalue == pytest.approx(0.05)


def test_the_interval_of_a_spread_holds_the_true_one_as_often_as_it_says():
    spreads = np.random.default_rng(3).normal(0, 2, (4000, 6)).std(axis=1, ddof=1)
    intervals = np.array([spread_interval(spread, 6) for spread in spreads])
    assert ((intervals[:, 0] < 2) & (intervals[:, 1] > 2)).mean() == pytest.approx(0.95, abs=0.012)
