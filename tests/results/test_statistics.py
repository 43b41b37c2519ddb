"""Statistics against SciPy, hand-made values and the errata."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression
from statsmodels.stats.multitest import multipletests

from segloss.errors import InputError
from segloss.statistics import (
    POOLED,
    bootstrap_interval,
    case_values,
    compare,
    comparison_frame,
    convergence,
    difference_of_differences,
    fold_means,
    holm,
    load_results,
    permutation_p,
    pooled_values,
    rank_first_share,
    recompute_p_values,
    slope_on_share,
    summarise,
    t_interval,
)

RNG = np.random.default_rng(5)
DICE = RNG.uniform(0.6, 0.9, 30)
KAPPA = DICE + RNG.normal(0.02, 0.03, 30)


def dice_table(**arms):
    return {"dice": arms}


def test_results_know_their_data_and_arms(make_results):
    results = make_results({"scd": dice_table(dice=DICE, predict_nothing=DICE * 0), "isic2018": {}})
    assert results.datasets == ("scd", "isic2018")
    assert results.present == ("scd",)
    assert results.arms("scd") == ("dice",)
    assert results.data("scd") == "SCD (phantom)"
    assert results.data("isic2018") == "ISIC 2018 (absent)"


def test_loading_an_empty_folder_names_what_was_expected(tmp_path):
    with pytest.raises(InputError, match=r"expected files <data set>-provenance\.json"):
        load_results(tmp_path)


def test_loading_names_a_missing_file(make_results, tmp_path):
    make_results({"scd": dice_table(dice=DICE)})
    (tmp_path / "kappa" / "scd-history.csv").unlink()
    with pytest.raises(InputError, match=r"scd-history\.csv is missing"):
        load_results(tmp_path / "kappa")


def test_a_distance_is_infinite_where_missed_and_nan_where_there_is_nothing(make_results):
    nan = float("nan")
    results = make_results({"scd": {"dice": {"dice": [0.8, 0, nan]}, "hausdorff_px": {"dice": [3.0, nan, nan]}}})
    values = case_values(results.metrics, "scd", "hausdorff_px")["dice"]
    assert values.to_list()[:2] == [3.0, np.inf]
    assert np.isnan(values.iloc[2])


def test_the_summary_counts_undefined_cases_and_names_both_spreads(make_results):
    values = [0.1, 0.2, 0.6, 0.3, 0.2, float("nan")]
    summary = summarise(make_results({"scd": dice_table(dice=values)}).metrics)
    row = summary[summary["metric"] == "dice"].iloc[0]
    assert (row["cases"], row["undefined"], row["folds"]) == (5, 1, 3)
    assert row["mean"] == pytest.approx(0.28)
    assert row["sd_images"] == pytest.approx(np.std(values[:5], ddof=1))
    assert row["sd_folds"] == pytest.approx(np.std([0.2, 0.2, 0.6], ddof=1))


def test_a_comparison_agrees_with_scipy(make_results):
    results = make_results({"scd": dice_table(dice=DICE, kappa=KAPPA)})
    found = compare(results, "scd", "kappa", "dice")
    change = KAPPA - DICE
    folds = fold_means(results.metrics, "scd", "dice")
    assert found.cases == 30
    assert found.difference == pytest.approx(change.mean())
    assert found.d_z == pytest.approx(change.mean() / change.std(ddof=1))
    assert found.p == pytest.approx(stats.wilcoxon(KAPPA, DICE).pvalue)
    assert found.p_images == pytest.approx(stats.ttest_ind(KAPPA, DICE).pvalue)
    assert found.p_folds == pytest.approx(stats.ttest_ind(folds["kappa"], folds["dice"]).pvalue)
    assert found.p_permutation == pytest.approx(stats.ttest_rel(KAPPA, DICE).pvalue, abs=0.02)
    low, high = stats.t.interval(0.95, 29, change.mean(), stats.sem(change))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)


def test_swapping_arm_and_baseline_turns_the_signs(make_results):
    results = make_results({"scd": dice_table(dice=DICE, kappa=KAPPA)})
    one, other = compare(results, "scd", "kappa", "dice"), compare(results, "scd", "dice", "kappa")
    assert (one.difference, one.d_z, one.rank_biserial) == pytest.approx(
        (-other.difference, -other.d_z, -other.rank_biserial)
    )
    assert one.p == other.p


def test_a_missed_structure_ranks_worst_and_stays_out_of_the_mean(make_results):
    nan = float("nan")
    results = make_results(
        {
            "scd": {
                "dice": {"dice": [0.8] * 6, "kappa": [0.8] * 5 + [0.0]},
                "hausdorff_px": {"dice": [5.0, 5.5, 5.2, 5.1, 5.3, 5], "kappa": [4.0, 4.6, 4.4, 4.4, 4.7, nan]},
            }
        }
    )
    found = compare(results, "scd", "kappa", "dice", "hausdorff_px")
    assert (found.cases, found.undefined) == (5, 1)
    assert found.difference == pytest.approx(-0.8)
    assert found.rank_biserial == pytest.approx((6 - 15) / 21)


def test_a_case_missed_by_both_arms_is_a_tie(make_results):
    nan = float("nan")
    results = make_results(
        {"scd": {"dice": {"dice": [0.8, 0.8, 0], "kappa": [0.8, 0.8, 0]},
                 "hausdorff_px": {"dice": [5.0, 6, nan], "kappa": [5.0, 6, nan]}}}
    )  # fmt: skip
    assert compare(results, "scd", "kappa", "dice", "hausdorff_px").p == 1.0


def test_a_missing_arm_gives_no_comparison(make_results):
    results = make_results({"scd": dice_table(dice=DICE)})
    assert compare(results, "scd", "kappa", "dice") is None
    assert comparison_frame([None]).empty


def test_equal_arms_give_no_difference_and_no_warning(make_results, recwarn):
    found = compare(make_results({"scd": dice_table(dice=[0.5] * 9, kappa=[0.5] * 9)}), "scd", "kappa", "dice")
    assert (found.low, found.difference, found.high, found.p) == (0, 0, 0, 1)
    assert not recwarn.list


def test_pooling_counts_a_shared_image_once_in_the_largest_set(make_results):
    # The case names of the fixture start with the first four letters of the set: SCD and its part share images.
    melanoma = dice_table(dice=DICE[:5], kappa=DICE[:5] - 0.5)
    results = make_results({"scd_melanoma": melanoma, "scd_": dice_table(dice=DICE, kappa=KAPPA)})
    pooled = pooled_values(results, "dice", ["kappa", "dice"])
    assert set(pooled.index.get_level_values("dataset")) == {"scd_"}
    assert compare(results, POOLED, "kappa", "dice").difference == pytest.approx((KAPPA - DICE).mean())


def test_holm_is_the_step_down_correction_and_ignores_undefined():
    assert holm([0.01, 0.03, float("nan"), 0.02])[[0, 1, 3]] == pytest.approx([0.03, 0.04, 0.04])


def test_holms_correction_is_that_of_statsmodels_ties_and_values_above_1_included():
    p_values = np.random.default_rng(0).choice([0.001, 0.01, 0.02, 0.3, 0.9], (20, 8))
    for each in p_values:
        assert holm(each.tolist()) == pytest.approx(multipletests(each, method="holm")[1])


def test_the_correction_of_no_known_p_is_undefined():
    assert np.isnan(holm([float("nan")] * 2)).all()
    assert len(holm([])) == 0


def test_the_bootstrap_is_seeded_and_follows_the_level():
    first, again = (bootstrap_interval(np.mean, DICE, seed=3) for _ in range(2))
    narrow = bootstrap_interval(np.mean, DICE, seed=3, confidence=0.5)
    assert first == again
    assert narrow[1] - narrow[0] < (first[1] - first[0]) / 2


def test_one_case_has_no_interval():
    assert np.isnan(bootstrap_interval(np.mean, [0.5])).all()


def test_bootstrap_intervals_cover_the_true_mean():
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(100):
        low, high = bootstrap_interval(np.mean, rng.exponential(1.0, 40), resamples=500, seed=trial)
        covered += low <= 1.0 <= high
    assert 87 <= covered <= 99


def test_the_permutation_test_matches_all_sign_flips():
    change = np.array([0.4, 0.1, -0.2, 0.3, 0.5, 0.2])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1)
    exact = (np.abs(change @ signs) >= abs(change.sum()) - 1e-12).mean()
    assert permutation_p(change, resamples=20000) == pytest.approx(exact, abs=0.01)


def test_rank_first_shares_sum_to_one_and_ties_are_split():
    values = pd.DataFrame({"a": [0.5] * 5, "b": [0.5] * 5, "c": [0.1] * 5})
    assert rank_first_share(values, resamples=50).to_list() == [0.5, 0.5, 0.0]
    assert rank_first_share(values, higher_is_better=False, resamples=50)["c"] == 1.0


def test_the_slope_is_least_squares_on_the_share(make_results):
    share = RNG.uniform(0.05, 0.7, 30)
    arms = {"dice": DICE, "kappa": DICE + 0.1 * share + RNG.normal(0, 0.01, 30)}
    results = make_results({"scd": {"dice": arms, "foreground_share": {"truth": share}}})
    found = slope_on_share(results, "scd")
    line = LinearRegression().fit(share[:, None], arms["kappa"] - DICE)
    assert (found.slope, found.intercept) == pytest.approx((line.coef_[0], line.intercept_))
    assert found.low < 0.1 < found.high
    assert found.p < 0.01
    assert list(found.points.columns) == ["share", "difference"]


def test_a_difference_of_differences_is_taken_per_case(make_results):
    arms = {"dice": DICE, "kappa": KAPPA, "dice_200": DICE + 0.1, "kappa_200": KAPPA + 0.13}
    results = make_results({"isic2016": dice_table(**arms)})
    value, low, high, cases = difference_of_differences(
        results, "isic2016", ("kappa_200", "dice_200"), ("kappa", "dice")
    )
    assert (value, low, high, cases) == pytest.approx((0.03, 0.03, 0.03, 30))


def test_convergence_counts_epochs_to_the_common_plateau(make_results):
    slow, fast = np.linspace(0.1, 0.8, 20), np.minimum(0.9, np.linspace(0.1, 1.7, 20))
    results = make_results(
        {"scd": dice_table(dice=DICE, kappa=DICE)}, history={"scd": {"dice": [slow], "kappa": [fast]}}
    )
    table = convergence(results.history, "scd", "kappa", "dice").set_index("arm")
    plateau = slow[-2:].mean()
    assert table["plateau"].to_list() == pytest.approx([plateau, plateau])
    assert table["epochs_to_plateau"]["dice"] == 1 + next(k for k, d in enumerate(slow) if d >= 0.95 * plateau)
    assert table["epochs_to_plateau"]["kappa"] < table["epochs_to_plateau"]["dice"]
    assert table["early_dice"]["dice"] == pytest.approx(slow[:6].mean())


def test_convergence_leaves_out_folds_that_one_arm_did_not_finish(make_results):
    curve = np.linspace(0.1, 0.8, 5)
    history = {"scd": {"dice": [curve, curve], "kappa": [curve]}}
    results = make_results({"scd": dice_table(dice=DICE, kappa=DICE)}, history=history)
    assert set(convergence(results.history, "scd", "kappa", "dice")["fold"]) == {0}


def test_students_interval_agrees_with_scipy():
    values = [0.1, 0.3, 0.2]
    assert t_interval(values) == pytest.approx(stats.t.interval(0.95, 2, 0.2, stats.sem(values)))


def test_recomputed_p_values_are_those_of_errata_k10():
    table = recompute_p_values().set_index(["dataset", "metric"])
    assert table.loc[("isic2017", "dice"), "p_images"] == pytest.approx(7e-45, rel=0.1)
    assert table.loc[("isic2017", "dice"), "p_paired_high"] == pytest.approx(5e-12, rel=0.1)
    assert table.loc[("isic2018", "dice"), "p_images"] == pytest.approx(5e-9, rel=0.1)
    assert table.loc[("scd_nonmelanoma", "dice"), "p_images"] == pytest.approx(0.0076, abs=0.0001)
    assert table.loc[("scd_nonmelanoma", "hausdorff"), "p_images"] == pytest.approx(0.48, abs=0.005)


def test_no_unit_reproduces_the_whole_p_column():
    table = recompute_p_values()
    assert table.loc[table["dataset"].eq("isic2017") & table["metric"].eq("dice"), "fits"].item() == "none"
    assert not table["fits"].str.contains("folds").any()
