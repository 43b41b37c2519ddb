"""What decides the Boundary paper's claims: curves, gains on two data sets, collapse, and two computations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from segloss.errors import InputError
from segloss.published import load_published
from segloss.statistics import (
    any_still_falling,
    compare,
    difference_of_gains,
    empty_share,
    gap_opening,
    mean_interval,
    roughness,
    subject_values,
    summarise,
)
from segloss.tables import (
    above_the_floor,
    lesion_table,
    published_gains,
    published_versus_replicated,
    ranking_table,
    roughness_table,
)
from segloss.verdicts import decide_claims
from segloss.verdicts.boundary_arithmetic import (
    empty_slice_gradients,
    generalized_dice_of_the_code,
    level_set_gap,
    regional_integral,
)
from segloss.verdicts.words import arm_words

RNG = np.random.default_rng(3)
ALONE, BOTH = "generalized_dice", "generalized_dice_plus_boundary"
DICE = RNG.uniform(0.4, 0.6, 40)
NOISE = RNG.normal(0, 0.01, 40)
LEVEL = np.r_[np.linspace(1, 0, 20), np.zeros(30)]


def curves(**arms):
    """A history: arm to a list of curves of validation Dice, one for each fold."""
    rows = [
        ("isles2018", arm, fold, epoch + 1, value)
        for arm, folds in arms.items()
        for fold, curve in enumerate(folds)
        for epoch, value in enumerate(curve)
    ]
    return pd.DataFrame(rows, columns=["dataset", "arm", "fold", "epoch", "validation_dice"])


def loss_curves(*folds):
    """A history of the boundary loss alone: one curve of validation loss for each fold."""
    history = curves(boundary=folds)
    return history.assign(validation_loss=history["validation_dice"])


def decided(results, claim):
    found = decide_claims("boundary", results, resamples=200)
    return found.claims.set_index("id").loc[claim], found.comparisons.query("id == @claim")


def test_roughness_is_the_deviation_of_the_changes_in_the_last_third():
    curve = [0.0] * 6 + [0.5, 0.6, 0.4]
    assert roughness(curves(a=[curve]), "isles2018", "a")[0] == pytest.approx(np.std([0.1, -0.2], ddof=1))


def test_a_steady_rise_is_smooth_and_a_short_training_has_no_roughness():
    assert roughness(curves(a=[np.linspace(0, 0.9, 30)]), "isles2018", "a")[0] == pytest.approx(0)
    assert roughness(curves(a=[[0.1, 0.2]]), "isles2018", "a").empty
    assert roughness(curves(a=[[0.1]]), "isles2018", "b").empty


def test_the_gap_opens_by_what_one_curve_gains_on_the_other_between_early_and_lateloss_curves():
    early, late = np.repeat(0.3, 20), np.repeat(0.5, 80)
    history = curves(a=[np.r_[early, late + 0.1]], b=[np.r_[early, late]])
    assert gap_opening(history, "isles2018", "a", "b")[0] == pytest.approx(0.1)
    assert gap_opening(history, "isles2018", "b", "a")[0] == pytest.approx(-0.1)


def test_the_gain_on_one_data_set_is_held_against_the_gain_on_another(make_results):
    results = make_results(
        {
            "isles2018": {"dice": {ALONE: DICE, BOTH: DICE + 0.08 + NOISE}},
            "wmh2017": {"dice": {ALONE: DICE[:20], BOTH: DICE[:20] + 0.02}},
        }
    )
    value, low, high, cases, left_out = difference_of_gains(results, ("isles2018", "wmh2017"), BOTH, ALONE)
    assert value == pytest.approx(0.06 + NOISE.mean())
    assert low < value < high
    assert (cases, left_out) == (60, 0)
    spread = NOISE.std(ddof=1) / np.sqrt(40)
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.25)


def test_a_gain_on_phantoms_is_never_held_against_one_on_real_data(make_results):
    table = {"dice": {ALONE: DICE, BOTH: DICE + 0.05}}
    results = make_results({"isles2018": table, "wmh2017": table}, kinds={"wmh2017": "subset"})
    claim, comparisons = decided(results, "bd.3")
    assert comparisons.empty
    assert claim["ours"] == "not measured"


def test_both_sets_decide_whether_the_boundary_loss_helps(make_results):
    tables = {name: {"dice": {ALONE: DICE, BOTH: DICE + 0.05 + NOISE}} for name in ("isles2018", "wmh2017")}
    claim, comparisons = decided(make_results(tables, kinds=dict.fromkeys(tables, "paper")), "bd.1")
    assert claim["verdict"] == "supported"
    assert "isles2018: +0.081" in claim["published"]
    assert set(comparisons["metric"]) == {"dice"}


def test_the_papers_own_way_of_counting_is_shown_and_decides_nothing(make_results):
    arms = {ALONE: DICE, BOTH: DICE + 0.05 + NOISE}
    per_slice = {ALONE: DICE, BOTH: DICE - 0.2 + NOISE}
    metrics = {"dice": arms, "dice_per_slice_published": per_slice, "slices": {"truth": np.full(40, 9)}}
    tables = {"isles2018": metrics}
    claim, comparisons = decided(make_results(tables, kinds={"isles2018": "subset"}), "bd.1")
    assert claim["verdict"].startswith("supported")
    assert comparisons.set_index("metric")["decides"].to_dict() == {"dice": True, "dice_per_slice_published": False}


def collapsed(make_results, empty, lesion, loss=LEVEL):
    """Results in which the boundary loss leaves so many of the lesion slices of each scan empty."""
    counts = {"lesion_slices": {"boundary": lesion}, "lesion_slices_empty": {"boundary": empty}}
    results = make_results({"isles2018": {"dice": {"boundary": np.zeros(len(empty))}, **counts}})
    return replace(results, history=loss_curves(loss, loss, loss))


@pytest.mark.parametrize(("empty", "verdict"), [(19, "supported"), (18, "contradicted")])
def test_collapse_is_at_least_the_share_that_was_fixed(make_results, empty, verdict):
    results = collapsed(make_results, empty=[empty] * 9, lesion=[20] * 9)
    assert decided(results, "bd.4")[0]["verdict"] == f"{verdict} on phantoms"


def test_every_lesion_slice_of_a_run_counts_alike_whatever_the_depth_of_its_scan(make_results):
    # In each of three runs a scan of 2 lesion slices and one of 31; a mean over scans would be 0.75.
    results = collapsed(make_results, empty=[1, 1, 1, 31, 31, 31], lesion=[2, 2, 2, 31, 31, 31])
    assert empty_share(results.metrics, "isles2018", "boundary").to_list() == [pytest.approx(32 / 33)] * 3
    assert decided(results, "bd.4")[0]["verdict"] == "supported on phantoms"


@pytest.mark.parametrize("empty", [20, 0])
def test_no_collapse_is_decided_while_the_loss_still_falls(make_results, empty):
    results = collapsed(make_results, empty=[empty] * 9, lesion=[20] * 9, loss=np.linspace(1, 0, 50))
    claim, _ = decided(results, "bd.4")
    assert claim["verdict"] == "inconclusive on phantoms"
    assert "the loss was still falling" in claim["reason"]


@pytest.mark.parametrize(("drop", "falls"), [(0.02, True), (0.005, False), (0.0, False), (-0.5, False)])
def test_a_loss_still_falls_if_the_last_tenth_takes_it_down_by_a_hundredth_of_its_range(drop, falls):
    loss = np.r_[np.linspace(1, 0, 80), np.zeros(10), np.full(10, -drop)]
    assert any_still_falling(loss_curves(LEVEL, loss), "isles2018", "boundary") is falls


def test_one_epoch_is_too_short_for_a_level_loss():
    assert any_still_falling(loss_curves([0.5]), "isles2018", "boundary")
    assert any_still_falling(loss_curves([0.5]), "isles2018", "absent")


def test_predicting_nothing_scores_the_share_of_slices_without_a_lesion_in_table_1(make_results):
    # Scans of 2 and of 40 slices, of which 1 and 10 have no lesion: 11 of 42, where a mean over scans says 0.375.
    depths, without = np.array([2, 40] * 3), np.array([1, 10] * 3)
    metrics = {
        "dice": {ALONE: DICE[:6], "predict_nothing": np.zeros(6)},
        "dice_per_slice_published": {ALONE: without / depths, "predict_nothing": without / depths},
        "slices": {"truth": depths},
    }
    results = make_results({"isles2018": metrics}, kinds={"isles2018": "paper"})
    table = published_versus_replicated(
        "boundary", "1", results, ["dice_per_slice_published"], beside={"dice_per_slice_published": "dice"}
    )
    rows = table[table["data set"] == "isles2018"].set_index("arm")
    for arm in ("predict nothing", "generalised Dice"):
        assert rows.filter(like="ours").loc[arm].iloc[0].startswith(f"{11 / 42:.3f} ± ")
    printed = load_published("boundary").set_index(["dataset", "arm", "metric"])["value"]["isles2018", ALONE, "dice"]
    expected = f"{11 / 42 - printed:+.3f}".replace("-", "−")
    assert rows.filter(like="difference").loc["generalised Dice"].iloc[0].startswith(expected)


def test_a_comparison_of_dice_per_slice_counts_every_slice_once(make_results):
    depths, gain = np.array([2, 40, 5, 9]), np.array([0.4, 0.01, 0.2, 0.1])
    per_slice = {ALONE: np.full(4, 0.5), BOTH: 0.5 + gain}
    metrics = {"dice": per_slice, "dice_per_slice_published": per_slice, "slices": {"truth": depths}}
    found = compare(make_results({"isles2018": metrics}), "isles2018", BOTH, ALONE, "dice_per_slice_published")
    every_slice = np.repeat(gain, depths)
    assert found.difference == pytest.approx(every_slice.mean())
    assert found.mean == pytest.approx(0.5 + every_slice.mean())
    assert found.low < found.difference < found.high
    assert found.cases == 4


def test_equal_scans_of_unequal_depth_leave_no_doubt_about_their_mean():
    assert mean_interval([0.7, 0.7, 0.7], [2, 40, 9]) == pytest.approx((0.7, 0.7))


def test_the_scans_of_a_patient_are_added_up_slice_by_slice(make_results):
    metrics = {"dice": {ALONE: [0.1] * 3}, "dice_per_slice_published": {ALONE: [0.2, 0.8, 0.5]}}
    results = make_results({"isles2018": metrics | {"slices": {"truth": [3, 1, 7]}}})
    results.provenance["isles2018"]["subjects"] = {"isle0": "a", "isle1": "a", "isle2": "b"}
    values, weights = subject_values(results, "isles2018", "dice_per_slice_published")
    assert values[ALONE].to_dict() == {"a": pytest.approx((3 * 0.2 + 0.8) / 4), "b": pytest.approx(0.5)}
    assert weights.to_dict() == {"a": 4, "b": 7}


def test_a_scan_of_unknown_depth_is_named(make_results):
    per_slice = {"dice": {ALONE: [0.5]}, "dice_per_slice_published": {ALONE: [0.5]}}
    with pytest.raises(InputError, match=r"isles2018\.csv has no row 'slices' of the truth of isle0"):
        summarise(make_results({"isles2018": per_slice}).metrics)


def test_only_the_data_sets_asked_for_are_ranked(make_results):
    tables = {name: {"dice": {ALONE: DICE, BOTH: DICE + 0.1}} for name in ("isles2018", "wmh2017")}
    table = ranking_table(make_results(tables), [ALONE, BOTH], datasets=["isles2018"], resamples=20)
    assert set(table["data set"]) == {"isles2018 (phantom)"}


def test_a_smoother_curve_is_supported_only_if_it_beats_the_control_too(make_results):
    def noisy(spread):
        return [0.5 + np.random.default_rng(seed).normal(0, spread, 60) for seed in range(3)]

    dice = {"dice": dict.fromkeys((ALONE, BOTH, "generalized_dice_times_alpha"), DICE)}
    for control, verdict in ((0.05, "supported"), (0.01, "contradicted")):
        history = {"isles2018": {ALONE: noisy(0.05), BOTH: noisy(0.02), "generalized_dice_times_alpha": noisy(control)}}
        results = make_results({"isles2018": dice}, kinds={"isles2018": "subset"}, history=history)
        assert decided(results, "bd.5")[0]["verdict"].startswith(verdict)


def test_no_constant_alpha_gains_on_the_falling_one_where_they_are_alike(make_results):
    arms = {BOTH: DICE} | {f"{BOTH}_alpha_{alpha}": DICE + NOISE / 10 for alpha in (90, 50, 10, 1)}
    claim, _ = decided(make_results({"isles2018": {"dice": arms}}, kinds={"isles2018": "paper"}), "bd.6")
    assert claim["verdict"] == "supported"


def test_equation_3_is_the_area_of_the_ring_weighted_by_distance():
    radius, move = 5.0, 2.0
    by_hand = 2 * np.pi * 2 * (((radius + move) ** 3 - radius**3) / 3 - radius * ((radius + move) ** 2 - radius**2) / 2)
    assert regional_integral(radius, move) == pytest.approx(by_hand, rel=1e-6)


def test_the_regional_sides_of_equation_4_agree_on_pixels():
    assert level_set_gap(radius=7, move=4) == pytest.approx(0, abs=1e-3)


def test_the_codes_generalised_dice_is_the_papers_where_a_lesion_is():
    mask, probs = torch.tensor([1.0, 0.0, 0.0, 0.0]).double(), torch.tensor([0.7, 0.2, 0.1, 0.1]).double()
    weights, overlaps, sizes = (1, 1 / 9), (0.7, 0.8 + 0.9 + 0.9), (1.1 + 1, 2.9 + 3)
    above = sum(w * o for w, o in zip(weights, overlaps, strict=True))
    below = sum(w * s for w, s in zip(weights, sizes, strict=True))
    assert generalized_dice_of_the_code(probs, mask).item() == pytest.approx(1 - 2 * above / below)


def test_an_empty_slice_is_pushed_by_ours_and_not_by_the_code():
    code, ours = empty_slice_gradients(0.3)
    assert code < 1e-20
    assert 0.1 < ours < 2


def test_the_computed_claims_need_no_data(make_results):
    results = make_results({"isles2018": {}})
    assert decided(results, "bd.11")[0]["verdict"] == "contradicted"
    assert decided(results, "bd.12")[0]["kind"] == "A, M"


def test_taken_off_the_floor_the_published_gain_is_larger():
    table = above_the_floor().set_index(["data set", "arm"])["Dice on the other slices, at least"]
    assert table["ISLES", "boundary"] == "0.000"
    assert table["ISLES", "generalised Dice"] == f"{(0.575 - 0.321) / 0.679:.3f}"
    assert list(published_gains()["as a share"]) == ["+14.1%", "−11.1%", "+2.9%", "−5.6%"]


def test_lesions_are_added_up_and_recalls_averaged_over_the_scans_that_have_them(make_results):
    metrics = {
        "dice": {ALONE: [0.5, 0.6, 0.7]},
        "lesions_true": {ALONE: [3, 0, 5]},
        "lesions_detected": {ALONE: [2, 0, 4]},
        "lesion_recall_small": {ALONE: [0.5, np.nan, 1.0]},
        "volume_ml": {"truth": [1, 2, 3], ALONE: [2, 2, 5]},
    }
    row = lesion_table(make_results({"isles2018": metrics}), [ALONE]).iloc[0]
    assert (row["lesions"], row["detected"]) == ("8", "6")
    assert row["recall, small, 0.01 to 0.1 ml"] == "0.750"
    assert (row["volume in ml"], row["true volume in ml"]) == ("3.00", "2.00")


def test_tables_say_so_where_nothing_was_counted_or_trained(make_results):
    results = make_results({"isles2018": {}})
    assert "no lesions were counted" in lesion_table(results, [ALONE]).to_string()
    assert "no arm was trained" in roughness_table(results, [ALONE]).to_string()


def test_the_arms_have_names_that_people_read():
    assert arm_words(BOTH) == "generalised Dice + boundary"
    assert arm_words(f"{BOTH}_increase") == "generalised Dice + boundary (growing weight)"
    assert arm_words("generalized_dice_times_alpha") == "generalised Dice × α"
