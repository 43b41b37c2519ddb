"""What decides the Boundary paper's claims: curves, gains on two data sets, collapse, and two computations."""

import numpy as np
import pandas as pd
import pytest
import torch

from segloss.statistics import difference_of_gains, gap_opening, roughness
from segloss.tables import above_the_floor, lesion_table, published_gains, roughness_table
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


def curves(**arms):
    """A history: arm to a list of curves of validation Dice, one for each fold."""
    rows = [
        ("isles2018", arm, fold, epoch + 1, value)
        for arm, folds in arms.items()
        for fold, curve in enumerate(folds)
        for epoch, value in enumerate(curve)
    ]
    return pd.DataFrame(rows, columns=["dataset", "arm", "fold", "epoch", "validation_dice"])


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


def test_the_gap_opens_by_what_one_curve_gains_on_the_other_between_early_and_late_epochs():
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
    tables = {"isles2018": {"dice": arms, "dice_per_slice_published": {ALONE: DICE, BOTH: DICE - 0.2 + NOISE}}}
    claim, comparisons = decided(make_results(tables, kinds={"isles2018": "subset"}), "bd.1")
    assert claim["verdict"].startswith("supported")
    assert comparisons.set_index("metric")["decides"].to_dict() == {"dice": True, "dice_per_slice_published": False}


@pytest.mark.parametrize(("share", "verdict"), [(0.95, "supported"), (0.9, "contradicted")])
def test_collapse_is_at_least_the_share_that_was_fixed(make_results, share, verdict):
    empty = {"dice": {"boundary": np.zeros(9)}, "lesion_slices_missed": {"boundary": np.full(9, share)}}
    claim, _ = decided(make_results({"isles2018": empty}), "bd.4")
    assert claim["verdict"] == f"{verdict} on phantoms"


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
