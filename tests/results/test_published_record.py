"""The published differences tested again, held against the same tests on made-up values with the printed moments."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from segloss import tables
from segloss.published import PAPERS, load_published, load_record, published_facts
from segloss.statistics.published_differences import KEYS, published_differences, rounding_of
from segloss.statistics.recomputed import (
    INDEPENDENT,
    Summary,
    difference_test,
    least_favourable_p,
    recompute_differences,
    survivals,
)
from segloss.tables.survey_checks import implied_shares

FIRST, SECOND = Summary(0.84, 0.05, 0.005, 0.005), Summary(0.80, 0.03, 0.005, 0.005)


def correlated_values(cases: int, correlation: float) -> np.ndarray:
    """Two columns with exactly the means and deviations of FIRST and SECOND and this correlation."""
    white, _ = np.linalg.qr(np.column_stack([np.ones(cases), np.random.default_rng(0).normal(size=(cases, 2))]))
    first, second = white[:, 1:].T * np.sqrt(cases - 1)
    mixed = correlation * first + np.sqrt(1 - correlation**2) * second
    return np.column_stack([FIRST.mean + FIRST.sd * first, SECOND.mean + SECOND.sd * mixed])


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.5, 0.9])
def test_a_paired_test_from_moments_is_that_of_values_with_these_moments(correlation):
    first, second = correlated_values(20, correlation).T
    expected = stats.ttest_rel(first, second)
    interval = expected.confidence_interval(0.95)
    assert difference_test(FIRST, SECOND, 20, correlation) == pytest.approx(
        (interval.low, interval.high, expected.pvalue), rel=1e-6
    )


def test_a_test_of_independent_samples_from_moments_is_welchs_test_of_values_with_these_moments():
    expected = stats.ttest_ind(*correlated_values(20, 0.3).T, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert difference_test(FIRST, SECOND, 20, None) == pytest.approx((interval.low, interval.high, expected.pvalue))


def test_without_any_spread_there_is_no_test():
    low, high, p = difference_test(Summary(0.6, 0), Summary(0.5, 0), 2, 0.5)
    assert low == high == pytest.approx(0.1)
    assert np.isnan(p)


@pytest.mark.parametrize("correlation", [None, 0.0, 0.5, 0.9])
def test_the_least_favourable_rounding_is_the_worst_of_a_fine_grid(correlation):
    steps = np.linspace(-0.005, 0.005, 9)
    grid = [
        difference_test(Summary(0.84 + a, 0.05 + b), Summary(0.80 + c, 0.03 + d), 20, correlation)[2]
        for a, b, c, d in product((-0.005, 0.005), steps, (-0.005, 0.005), steps)
    ]
    assert least_favourable_p(FIRST, SECOND, 20, correlation) == pytest.approx(max(grid))


def test_differences_that_may_round_away_have_a_p_of_1():
    assert least_favourable_p(Summary(0.81, 0.05, 0.005), Summary(0.80, 0.03, 0.005), 800, 0.9) == pytest.approx(1)


@pytest.mark.parametrize(("printed", "half"), [("0.81 ± 0.03", 0.005), ("66.29 %", 5e-5), ("4.009 (0.016)", 5e-4)])
def test_rounding_is_half_of_the_last_printed_digit(printed, half):
    assert rounding_of(printed) == half


def test_a_lost_number_has_no_rounding():
    assert np.isnan(rounding_of("unknown"))


def test_every_difference_is_of_two_printed_cells():
    for row in published_differences().to_dict("records"):
        cells = load_published(row["paper"]).query("table == @row['table'] and dataset == @row['dataset']")
        cells = cells[(cells["metric"] == row["metric"]) & (cells["class"].fillna("") == row["class"])]
        values = cells.set_index("arm")["value"]
        expected = values[row["arm"]] - values[row["baseline"]]
        assert row["difference"] == pytest.approx(expected, nan_ok=True, abs=1e-9), row


def test_no_difference_is_listed_twice():
    assert not published_differences().duplicated(KEYS).any()


def test_a_smaller_distance_is_a_gain():
    distances = published_differences().query("metric == 'hausdorff'")
    assert len(distances)
    assert (distances["gain"] == -distances["difference"]).all()


def test_the_numbers_of_cases_are_those_that_the_papers_say():
    cases = {(t["paper"], t["table"]): t["units"][0].get("cases") for t in load_record()["tables"] if t["units"]}
    topk, survey = (published_facts(paper).set_index("fact")["value"] for paper in ("topk_dice", "log_cosh_dice"))
    runs = published_facts("boundary").set_index("fact")["value"]["runs"]
    assert cases["topk_dice", "1"] == topk["test_synapse"]
    assert cases["topk_dice", "2"] == topk["test_acdc"]
    assert cases["topk_dice", "3"] == topk["scans_msseg"] - topk["training_msseg"]
    assert cases["log_cosh_dice", "III"] == survey["scans"] * survey["test_share"] / 100
    assert cases["boundary", "1"] == runs


def test_a_third_of_the_images_is_rounded_down():
    tests = recompute_differences().query("table == '2' and unit == 'test images' and metric == 'dice'")
    assert tests.drop_duplicates("dataset")["cases"].to_list() == [29, 39, 68, 300, 666, 864]


def test_over_all_images_each_of_three_folds_test_images_counts_once():
    tests = recompute_differences().query("table == '2' and unit == 'images in all' and metric == 'dice'")
    assert tests.drop_duplicates("dataset")["cases"].to_list() == [87, 119, 206, 900, 2000, 2594]


def test_differences_of_every_paper_are_tested_again():
    assert set(published_differences()["paper"]) == set(PAPERS)


def test_both_metrics_of_every_data_set_of_the_kappa_paper_are_tested_again():
    wanted = published_differences().query("paper == 'kappa' and table == '2'")
    cells = load_published("kappa").query("table == '2' and arm == 'kappa'")
    assert set(zip(wanted["dataset"], wanted["metric"], strict=True)) == set(
        zip(cells["dataset"], cells["metric"], strict=True)
    )


def test_half_of_an_interval_over_five_folds_becomes_the_deviation_that_gives_it():
    tests = recompute_differences().query("paper == 'unified_focal'").set_index("pairing")
    row = tests.loc[INDEPENDENT]
    sds = [half * np.sqrt(5) / stats.t.ppf(0.975, 4) for half in (0.032, 0.050)]
    expected = stats.ttest_ind_from_stats(0.748, sds[0], 5, 0.747, sds[1], 5, equal_var=False)
    assert row["p"] == pytest.approx(expected.pvalue)


def test_holm_runs_over_the_differences_of_one_table_with_the_same_unit_and_pairing():
    tests = recompute_differences().query("paper == 'boundary' and pairing == 'ρ = 0.5'")
    assert len(tests) == 4
    assert tests["p_holm"].to_numpy() == pytest.approx(multipletests(tests["p"], method="holm")[1])


def test_more_agreement_between_two_losses_never_lengthens_the_interval():
    tests = recompute_differences().dropna(subset="correlation")
    lengths = tests.assign(length=tests["high"] - tests["low"]).pivot(
        index=[*KEYS, "unit"], columns="correlation", values="length"
    )
    assert (lengths[0.9] <= lengths[0.5]).all()
    assert (lengths[0.5] <= lengths[0.0]).all()


def test_a_verdict_follows_from_the_corrected_p_of_all_units_and_pairings():
    tests, level = recompute_differences(), load_record()["rules"]["level"]
    verdicts = survivals().groupby(KEYS)["verdict"].unique()
    for key, rows in tests.groupby(KEYS):
        [verdict] = verdicts[key]
        passed = rows["p_holm"] < level
        expected = "survives" if passed.all() else "depends" if passed.any() else "does not survive"
        assert verdict == (expected if rows["gain"].iloc[0] > 0 else "not better as printed")


def test_what_has_no_spread_cannot_be_recomputed():
    frame = survivals()
    without = frame[frame["reason"] == "no spread is printed"]
    assert set(without["verdict"]) == {"cannot be recomputed"}
    assert set(without["paper"]) == {"topk_dice", "log_cosh_dice"}


def test_the_least_favourable_rounding_never_makes_a_verdict_better():
    order = ["survives", "depends", "does not survive", "not better as printed", "cannot be recomputed"]
    frame = survivals()
    assert (frame["after_rounding"].map(order.index) >= frame["verdict"].map(order.index)).all()


def test_pooled_counts_give_back_their_share_of_foreground():
    tp, fn, fp, tn = 90_000.0, 10_000.0, 5_000.0, 895_000.0
    cells = pd.DataFrame(
        {"dice": [2 * tp / (2 * tp + fp + fn)], "sensitivity": [tp / (tp + fn)], "specificity": [tn / (tn + fp)]}
    )
    low, high = implied_shares(cells, rounding=0)
    assert low.item() == high.item() == pytest.approx(0.1)


def test_rounding_widens_the_implied_share_to_both_sides():
    cells = pd.DataFrame({"dice": [0.923], "sensitivity": [0.9], "specificity": [0.994]})
    (exact, _), (low, high) = implied_shares(cells, rounding=0), implied_shares(cells)
    assert low.item() < exact.item() < high.item()


def test_an_impossible_row_implies_no_share():
    cells = pd.DataFrame({"dice": [0.989], "sensitivity": [0.975], "specificity": [0.997]}, index=["log_cosh_dice"])
    assert implied_shares(cells)[0].empty


def test_the_checks_cover_every_paper_and_cite_errata_that_exist(root):
    checks = tables.checks_table()
    errata = (root / "docs/errata.md").read_text(encoding="utf-8")
    assert set(checks["paper"]) == set(tables.PAPERS.values())
    assert all(re.search(rf"\b{number}\b", errata) for number in checks["errata"].unique() if number != "–")


def test_printed_means_of_structures_agree_and_the_impossible_row_does_not():
    outcomes = tables.checks_table().set_index("printed")["outcome"]
    assert outcomes["mean Dice"] == "agrees"
    assert outcomes["log-cosh Dice: Dice 0.989 and sensitivity 0.975"] == "contradicts"


def test_the_inventory_counts_every_cell_once():
    counts = tables.inventory_table()
    cells = counts["cells"].astype(int)
    parts = counts[["numbers", "lost", "words or NA"]].astype(int).sum(axis=1)
    assert (cells == parts).all()
    assert cells[counts["paper"] == "TopK Dice"].sum() == len(load_published("topk_dice"))


def test_every_difference_is_counted_under_one_verdict():
    counts = tables.verdict_counts_table().set_index("paper").astype(int)
    assert counts.loc["all", "differences"] == len(published_differences())
    assert (counts.drop(columns="differences").sum(axis=1) == counts["differences"]).all()


def test_half_a_difference_needs_about_four_times_the_cases():
    row = tables.sample_size_table().query("`data set` == 'Mel'").iloc[0]
    low = int(row["needed for half of it"].split(" to ")[0].replace(",", ""))
    assert low == pytest.approx(4 * int(row["needed, ρ = 0.9"]), rel=0.05)
