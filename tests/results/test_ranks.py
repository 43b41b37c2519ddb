"""Mean ranks, the Bayesian signed-rank test, and the corrected resampled test, against values found otherwise."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segloss.statistics.corrected_resampled import corrected_resampled_p
from segloss.statistics.equivalence import (
    Equivalence,
    equivalence_matrix,
    posterior_shares,
    signed_rank_posterior,
)
from segloss.statistics.ranks import rank_test


def table(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(rows, index=[f"method{number}" for number in range(len(rows))])


# Ranks ---------------------------------------------------------------------------------------------------------------


def test_the_critical_difference_is_that_of_the_worked_example_of_the_paper():
    # Demsar (2006), section 3.2.2: four classifiers on 14 data sets, q = 2.569, CD = 1.25.
    values = table(*np.random.default_rng(0).normal(size=(4, 14)).tolist())
    assert rank_test(values).critical_difference == pytest.approx(1.25, abs=0.005)


def test_the_critical_difference_of_the_paper_at_level_a_tenth():
    # The same at level .1: q = 2.291, CD = 1.12.
    values = table(*np.random.default_rng(0).normal(size=(4, 14)).tolist())
    assert rank_test(values, level=0.1).critical_difference == pytest.approx(1.12, abs=0.005)


def test_friedman_and_iman_davenport_are_those_of_the_worked_example():
    # Ranks 3.143, 2.000, 2.893, 1.964 over 14 data sets give chi2 = 9.28 and F = 3.69 in the paper.
    chi2 = 12 * 14 / 20 * (sum(r**2 for r in (3.143, 2.0, 2.893, 1.964)) - 4 * 25 / 4)
    f = 13 * chi2 / (14 * 3 - chi2)
    assert (chi2, f) == pytest.approx((9.28, 3.69), abs=0.02)
    values = table(*np.random.default_rng(1).normal(size=(4, 14)).tolist())
    test = rank_test(values)
    own = 12 * 14 / 20 * ((test.mean**2).sum() - 25)
    assert test.friedman_p == pytest.approx(stats.chi2.sf(own, 3))
    assert test.iman_davenport_p == pytest.approx(stats.f.sf(13 * own / (42 - own), 3, 39))


def test_ranks_by_hand_with_a_tie_and_distances_the_other_way():
    values = table([0.9, 0.5], [0.9, 0.4], [0.1, 0.6])
    assert rank_test(values).ranks.loc[["method0", "method1", "method2"]].to_numpy().tolist() == [
        [1.5, 2.0],
        [1.5, 3.0],
        [3.0, 1.0],
    ]
    distances = table([1.0, np.inf], [2.0, 3.0], [3.0, 1.0])
    lower = rank_test(distances, higher_is_better=False).ranks
    assert lower.loc["method0"].tolist() == [1.0, 3.0]


def test_groups_join_neighbours_within_the_critical_difference():
    test = rank_test(table(*[[number + 0.1 * block for block in range(30)] for number in range(3)]))
    assert test.critical_difference < 1
    assert test.groups == []
    alike = rank_test(table([1.0, 2.0], [2.0, 1.0], [0.0, 0.0]))
    assert alike.groups == [["method0", "method1", "method2"]]


def test_two_methods_have_ranks_and_no_test():
    assert math.isnan(rank_test(table([1.0, 2.0], [2.0, 1.0])).critical_difference)


# The Bayesian signed-rank test ---------------------------------------------------------------------------------------


def test_the_posterior_of_one_large_difference_is_known_in_closed_form():
    # Better are all pairs but that of the prior with itself: theta+ = 1 - w0^2, and w0 is Beta(s, 1).
    found = signed_rank_posterior([1.0], rope=0.1, prior=0.5, draws=200_000)
    assert found.better == pytest.approx(math.sqrt(0.5) ** 0.5, abs=0.005)
    assert found.worse == 0


def test_the_posterior_of_one_middling_difference_is_known_in_closed_form():
    # Between rope and twice the rope only the pair of the difference with itself is better: theta+ = w1^2.
    found = signed_rank_posterior([0.15], rope=0.1, prior=0.5, draws=200_000)
    assert found.better == pytest.approx((1 - math.sqrt(0.5)) ** 0.5, abs=0.005)


def test_the_shares_of_a_draw_are_those_of_all_pairs_counted_one_by_one():
    rng = np.random.default_rng(0)
    z, weights, rope = rng.normal(0, 0.03, 7), rng.dirichlet(np.ones(7), 20), 0.01
    for w, shares in zip(weights, posterior_shares(weights, z, rope), strict=True):
        below = above = 0.0
        for i, j in product(range(7), repeat=2):
            below += w[i] * w[j] * (z[i] + z[j] < -2 * rope)
            above += w[i] * w[j] * (z[i] + z[j] > 2 * rope)
        assert shares == pytest.approx([below, 1 - below - above, above])


def test_turning_the_differences_around_turns_the_posterior_around():
    z = np.random.default_rng(3).normal(0.01, 0.02, 9)
    one, other = (signed_rank_posterior(sign * z, rope=0.01, draws=5000) for sign in (1, -1))
    assert (one.better, one.equivalent, one.worse) == (other.worse, other.equivalent, other.better)


def test_differences_within_the_region_are_equivalent_and_without_it_cannot_be():
    assert signed_rank_posterior(np.full(8, 0.001), rope=0.01).decision() == "equivalent"
    assert signed_rank_posterior(np.linspace(0.01, 0.02, 8), rope=0.0).decision() == "better"


@pytest.mark.parametrize("share", [0.949, 0.951])
def test_a_decision_needs_more_than_the_level(share):
    assert Equivalence(0.0, 1 - share, share).decision(0.95) == ("worse" if share > 0.95 else "undecided")


def test_the_matrix_has_every_pair_once_with_row_minus_column():
    values = table([0.9] * 8, [0.8] * 8, [0.8] * 8)
    found = equivalence_matrix(values, rope=0.01, draws=2000).set_index(["column", "row"])
    assert len(found) == 3
    assert found.loc[("method0", "method1"), "decision"] == "worse"
    assert found.loc[("method0", "method1"), "difference"] == pytest.approx(-0.1)
    assert found.loc[("method1", "method2"), "decision"] == "equivalent"


def test_a_region_below_0_or_no_prior_is_refused():
    with pytest.raises(ValueError, match="rope >= 0 and prior > 0"):
        signed_rank_posterior([0.1], rope=-1)


# The corrected resampled test ----------------------------------------------------------------------------------------


def test_without_a_test_part_the_corrected_test_is_the_plain_t_test():
    d = [0.02, 0.05, 0.01, 0.04]
    assert corrected_resampled_p(d, 0, 10) == pytest.approx(stats.ttest_1samp(d, 0).pvalue)


def test_the_corrected_test_by_hand():
    # Mean .03, variance .0001, t = .03 / sqrt((1/3 + 1/2) .0001) = 3.286 with 2 degrees of freedom.
    t = 0.03 / math.sqrt((1 / 3 + 1 / 2) * 1e-4)
    closed_form = 1 - t / math.sqrt(2 + t**2)
    assert corrected_resampled_p([0.02, 0.03, 0.04], 10, 20) == pytest.approx(closed_form)


def test_equal_folds_have_no_p():
    assert math.isnan(corrected_resampled_p([0.1, 0.1], 1, 2))
