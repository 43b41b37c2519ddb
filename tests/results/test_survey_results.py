"""The survey's claims: what its table allows, what log-cosh does, and every verdict on chosen numbers."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from segloss.losses import build_loss
from segloss.statistics import Results
from segloss.statistics.sweep import Sweep, arm_of
from segloss.statistics.sweep_learning import found_nothing
from segloss.tables import convergence_table, possible_rows_table, survey_contradictions, survey_ranks_table
from segloss.verdicts import combine, decide_claims
from segloss.verdicts.arithmetic import Computed
from segloss.verdicts.computed import COMPUTATIONS, with_computation
from segloss.verdicts.survey_arithmetic import (
    convexity_violations,
    dice_and_log_cosh,
    highest_dice,
    is_possible,
    log_cosh_of_dice,
    possible_rows,
    steepest_slope,
)
from segloss.verdicts.sweep_results import SHARES, as_results

TEN = [row.arm for row in possible_rows()] + ["generalized_dice"]
NINE = TEN[:-1]
COLUMNS = ["dataset", "arm", "fold", "case", "class", "metric", "value"]
CURVES = ["dataset", "arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
METRICS = ("dice", "sensitivity", "specificity", "false_positive_volume_fraction")
CASES = 12


def on_nfbs(metrics: dict[str, dict[str, float]], kind: str = "paper", curves: dict | None = None) -> Results:
    """Metric to arm to mean, with a small spread over the scans; arm to curves of validation Dice, one per fold."""
    rng = np.random.default_rng(0)
    metrics = {name: nine() for name in METRICS} | metrics if metrics else {}
    rows = [
        ("nfbs", arm, 0, f"scan{case:02}", "brain", metric, mean + rng.normal(0, 1e-4))
        for metric, arms in metrics.items()
        for arm, mean in arms.items()
        for case in range(CASES)
    ]
    history = [
        ("nfbs", arm, fold, epoch, 0, 1.0, 1.0, dice)
        for arm, folds in (curves or {}).items()
        for fold, curve in enumerate(folds)
        for epoch, dice in enumerate(curve, 1)
    ]
    facts = {arm: {"outcome": "done"} for arms in metrics.values() for arm in arms}
    provenance = {"nfbs": {"title": "NFBS", "kind": kind, "arms": facts, "image_size": 64}}
    return Results(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(history, columns=CURVES), provenance)


def nine(value: float = 0.9, **others: float) -> dict[str, float]:
    return {arm: others.get(arm, value) for arm in NINE}


def made_up_sweep(dice, weights=(0.25, 0.5, 1, 2, 4), missed=lambda weight: 20 / weight, of_seed=False) -> Sweep:
    """A sweep of two seeds; ``dice`` gives the mean by loss, share and, ``of_seed``, seed; ``missed`` the false
    negatives by weight."""
    rng = np.random.default_rng(1)
    arms = [(loss, "survey", share, 1.0) for loss, share in product(TEN, SHARES)]
    arms += [("weighted_cross_entropy", f"positive_weight_{weight:g}", 0.05, weight) for weight in weights]
    arms += [("dice", "smooth_0", share, 1.0) for share in (0.2, 0.05)]
    rows = []
    for (loss, setting, share, weight), seed, case in product(arms, (1, 2), range(CASES)):
        noise = rng.normal(0, (0.001, 0.1, 0.1))
        mean = dice(loss, share, seed) if of_seed else dice(loss, share)
        measured = (mean, 0.9, 0.9, missed(weight), missed(1 / weight))
        rows.append((loss, setting, share, seed, case, *(measured + noise[[0, 0, 0, 1, 2]])))
    columns = ["loss", "setting", "share", "seed", "case", "dice", "sensitivity", "specificity"]
    runs = pd.DataFrame(rows, columns=[*columns, "false_negatives", "false_positives"])
    losses = [{"loss": loss, "setting": "survey"} for loss in TEN]
    provenance = {"losses": losses, "shares": list(SHARES)}
    return Sweep(runs.assign(arm=arm_of(runs["loss"], runs["setting"])), pd.DataFrame(), provenance)


def decided(claim: str, results: Results | None = None, sweep: Sweep | None = None) -> pd.Series:
    nothing = {"nfbs": {"title": "NFBS", "kind": "absent", "arms": {}}}
    absent = Results(pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=CURVES), nothing)
    found = decide_claims("log_cosh_dice", absent if results is None else results, sweep=sweep, resamples=100)
    return found.claims.set_index("id").loc[claim]


def compared(claim: str, results: Results | None = None, sweep: Sweep | None = None) -> pd.DataFrame:
    results = on_nfbs({}) if results is None else results
    return decide_claims("log_cosh_dice", results, sweep=sweep, resamples=100).comparisons.query("id == @claim")


def test_no_counts_have_a_dice_above_the_bound_of_their_sensitivity_and_those_without_false_positives_reach_it():
    for tp, fp, fn in product(range(1, 9), range(4), range(9)):
        dice, bound = 2 * tp / (2 * tp + fp + fn), highest_dice(tp / (tp + fn))
        assert dice <= bound + 1e-12
        assert (abs(dice - bound) < 1e-12) == (fp == 0)


def test_means_over_cases_obey_the_bound_too():
    rng = np.random.default_rng(0)
    for _ in range(200):
        tp, fp, fn = rng.integers(0, 50, (3, 6)) + np.array([[1], [0], [0]])
        dice, sensitivity = (2 * tp / (2 * tp + fp + fn)).mean(), (tp / (tp + fn)).mean()
        assert dice <= highest_dice(sensitivity) + 1e-12


def test_one_row_of_table_3_is_impossible_and_possible_with_its_cells_exchanged():
    impossible = [row for row in possible_rows() if not row.possible]
    assert [(row.arm, row.dice, row.sensitivity) for row in impossible] == [("log_cosh_dice", 0.989, 0.975)]
    assert impossible[0].exchanged_possible


def test_rounding_is_taken_in_favour_of_a_row():
    # One case in a hundred is missed: sensitivity .990, Dice 2 * .99 / 1.99 = .99497, printed .995.
    assert is_possible(dice=0.995, sensitivity=0.990)
    assert highest_dice(0.990) < 0.995


def test_the_losses_of_the_computation_are_those_of_the_package():
    rng = np.random.default_rng(0)
    probs, target = rng.uniform(0.05, 0.95, (3, 16)), (np.arange(16) < 5).astype(float)
    for name, values in zip(("dice", "log_cosh_dice"), dice_and_log_cosh(probs, target), strict=True):
        loss = build_loss(name, smooth=1.0)
        labels = torch.from_numpy(target).long()[None]
        ours = [loss(torch.from_numpy(row)[None, None].logit(), labels).item() for row in probs]
        assert values == pytest.approx(ours)


def test_log_cosh_keeps_the_direction_of_the_gradient_of_one_image_and_shortens_it_by_tanh():
    generator = torch.Generator().manual_seed(0)
    probs = torch.rand(1, 1, 40, generator=generator, dtype=torch.float64).requires_grad_()
    labels = (torch.arange(40) < 9).long()[None]
    value, gradients = {}, {}
    for name in ("dice", "log_cosh_dice"):
        loss = build_loss(name, smooth=1.0)(probs.logit(), labels)
        value[name] = loss.item()
        (gradients[name],) = torch.autograd.grad(loss, probs)
    assert torch.allclose(gradients["log_cosh_dice"], np.tanh(value["dice"]) * gradients["dice"])


def test_log_cosh_leaves_fewer_bulges_than_dice_and_more_than_none():
    of_dice, of_log_cosh, pairs = convexity_violations(pairs=2000)
    assert pairs == 2000
    assert 0.3 < of_dice < 0.45  # as of a verified count: 37 % and 19 % of pairs
    assert 0.1 < of_log_cosh < of_dice - 0.1


def test_the_steepest_slope_of_dice_is_that_of_a_single_missed_pixel():
    # g = 1, P = 0, G = 1, I = 0: (2 (0 + 1 + 1) - 1) / (0 + 1 + 1)^2.
    assert steepest_slope(16) == pytest.approx(3 / 4)


def test_the_computation_contradicts_the_part_on_convexity_and_says_why():
    found = log_cosh_of_dice()
    assert found.verdict == "contradicted"
    assert "1.0% of that of Dice" in found.ours


@pytest.mark.parametrize("measured", ["supported", "contradicted on NFBS", "not testable here"])
def test_a_computation_on_a_part_of_a_claim_stands_beside_the_runs_which_decide(monkeypatch, measured):
    monkeypatch.setitem(COMPUTATIONS, "made_up", lambda: Computed("ours", "printed", "contradicted", "for so it is"))
    row = {"ours": "x", "published": "no number", "verdict": measured, "reason": "y"}
    found = with_computation(row, "made_up")
    assert found["verdict"] == measured
    assert found["reason"] == "computed, of a part of the claim: contradicted, for so it is; y"


@pytest.mark.parametrize(("gain", "verdict"), [(0.05, "supported"), (-0.05, "contradicted")])
def test_the_runs_decide_whether_log_cosh_is_better_optimised(gain, verdict):
    paces = {"dice": (1.7, 2.0, 2.4), "log_cosh_dice": (5.0, 5.0, 7.0) if gain > 0 else (1.2, 1.4, 1.5)}
    curves = {arm: [np.minimum(0.8, np.linspace(0.1, end, 20)) for end in ends] for arm, ends in paces.items()}
    results = on_nfbs({"dice": nine(0.9, log_cosh_dice=0.9 + gain)}, curves=curves)
    assert decided("sv.5", results)["verdict"] == verdict


@pytest.mark.parametrize(
    ("verdicts", "combined"),
    [
        (["supported", "contradicted"], "supported"),
        (["inconclusive", "contradicted"], "inconclusive"),
        (["contradicted", "contradicted", "not testable here"], "contradicted"),
        (["not testable here"], "not testable here"),
    ],
)
def test_a_claim_that_there_is_such_a_loss_needs_only_one(verdicts, combined):
    assert combine(verdicts, any_of=True) == combined


def test_the_best_loss_supports_the_claim_of_table_3_and_contradicts_that_of_the_text():
    results = on_nfbs({"dice": nine(0.9, log_cosh_dice=0.95)})
    assert decided("sv.1", results)["verdict"] == "supported"
    assert decided("sv.2", results)["verdict"] == "contradicted"  # farther apart than the margin
    assert decided("sv.1", results)["published"] == "NFBS: +0.012"  # .989 - .977


def test_the_text_is_supported_where_focal_tversky_is_above_dice_and_log_cosh_close_to_it():
    results = on_nfbs({"dice": nine(0.9, focal_tversky=0.95, log_cosh_dice=0.945, focal=0.97)})
    assert decided("sv.2", results)["verdict"] == "supported"


def test_the_rank_among_all_losses_stands_beside_the_text_and_decides_nothing():
    results = on_nfbs({"dice": nine(0.9, focal_tversky=0.95, log_cosh_dice=0.945, focal=0.97)})
    rows = compared("sv.2", results).query("expect == 'first'")
    assert rows["decides"].to_list() == [False]
    assert rows["difference"].to_list() == [pytest.approx(-0.02, abs=1e-3)]


def test_tversky_losses_that_rank_first_in_every_scan_support_the_claim_with_a_lead_in_ranks():
    results = on_nfbs({"dice": nine(0.9, tversky=0.95, focal_tversky=0.94, dice=0.93)})
    row = decided("sv.6", results)
    assert row["verdict"] == "supported"
    assert "NFBS, Tversky − the best of the other seven: +1.00" in row["ours"]  # rank 1 against rank 2


def test_one_scan_with_a_large_gain_changes_a_mean_and_not_the_ranks():
    results = on_nfbs({"dice": nine(0.8, dice=0.82, tversky=0.81, focal_tversky=0.81)})
    lucky = (results.metrics["case"] == "scan00") & results.metrics["arm"].isin(["tversky", "focal_tversky"])
    results.metrics.loc[lucky & (results.metrics["metric"] == "dice"), "value"] = 0.99
    means = results.metrics.query("metric == 'dice'").groupby("arm")["value"].mean()
    assert means["tversky"] > means["dice"]
    assert decided("sv.6", results)["verdict"] == "contradicted"


def test_specificity_is_the_same_where_all_pairs_are_and_not_where_one_is_far():
    close = {"specificity": nine(0.998, focal=0.999)}
    far = {"specificity": nine(0.998, focal=0.990)}
    assert decided("sv.4", on_nfbs(close))["verdict"] == "supported"
    row = decided("sv.4", on_nfbs(far))
    assert row["verdict"] == "contradicted"
    assert "+0.008" in row["ours"]


def test_convergence_is_faster_if_one_loss_is():
    slow, fast = np.linspace(0.1, 0.8, 20), [np.minimum(0.8, np.linspace(0.1, end, 20)) for end in (1.7, 2.0, 2.4)]
    curves = {arm: [slow] * 3 for arm in NINE} | {"focal": fast}
    results = on_nfbs({"dice": nine()}, curves=curves)
    assert decided("sv.12", results)["verdict"] == "supported"
    table = convergence_table(results, NINE, "cross_entropy").set_index("arm")
    assert float(table.loc["focal", "epochs to the plateau"]) < float(table.loc["focal", "of cross entropy"])
    assert len(table) == len(NINE) - 1


def test_the_table_of_convergence_says_where_nothing_was_trained():
    empty = on_nfbs({})
    assert "no pair of arms" in convergence_table(empty, NINE, "cross_entropy").iloc[0]["arm"]


def test_the_sweep_becomes_one_data_set_per_share_and_averages_seeds():
    sweep = made_up_sweep(lambda loss, share: 0.9)
    results = as_results(sweep)
    [value] = results.metrics.query(
        "dataset == 'share_20' and arm == 'focal' and metric == 'dice' and case == 'share_20-3'"
    )["value"]
    of_seeds = sweep.runs.query("share == 0.2 and arm == 'focal' and case == 3")["dice"]
    assert len(of_seeds) == 2
    assert value == pytest.approx(of_seeds.mean())
    assert "dice_smooth_0" in results.arms("share_5")
    assert "dice_smooth_0" not in results.arms("share_1")


def test_without_a_sweep_its_claims_are_not_testable_and_name_the_command():
    for number in (7, 8, 9, 10, 11):
        row = decided(f"sv.{number}")
        assert row["verdict"] == "not testable here"
        assert "make sweep" in row["reason"]


def suffers(loss: str, share: float) -> float:
    """Plain losses fall with the share, focused ones do not."""
    return 0.9 + (0.1 * np.log10(share) if loss in ("cross_entropy", "tversky") else -0.05)


def test_focused_losses_that_hold_where_plain_ones_fall_support_the_claim():
    row = decided("sv.7", sweep=made_up_sweep(suffers))
    assert row["verdict"] == "supported on phantoms"
    assert "−0.100" in row["ours"]  # the plain form loses .1 for a tenth of the share


def test_losses_that_fall_alike_do_not_support_it():
    row = decided("sv.7", sweep=made_up_sweep(lambda loss, share: 0.9 + 0.1 * np.log10(share)))
    assert row["verdict"] == "contradicted on phantoms"  # inside the margin at every small share


def test_losses_that_never_learned_the_balanced_task_decide_nothing():
    row = decided("sv.7", sweep=made_up_sweep(lambda loss, share: 0.6 if loss == "focal" else 0.9))
    assert "networks were not above the trivial answers" in row["reason"]  # 2 * .5 / 1.5 is predicting everything


def test_one_seed_that_makes_all_of_a_difference_leaves_it_inconclusive():
    def dice(loss: str, share: float, seed: int) -> float:
        fails = loss == "tversky" and share < 0.1
        return 0.9 + (0.02 * (seed - 1.5) if seed == 1 else -0.3) * fails

    sweep = made_up_sweep(dice, of_seed=True)
    rows = compared("sv.7", sweep=sweep)
    rows = rows[(rows["arm"] == "focal_tversky") & (rows["expect"] == "higher")]
    assert set(rows["limit"]) == {""}  # + .01 in one seed, + .30 in the other
    turned = made_up_sweep(lambda *of: dice(*of) + 0.05 * (of[0] == "tversky" and of[2] == 1), of_seed=True)
    rows = compared("sv.7", sweep=turned)
    rows = rows[(rows["arm"] == "focal_tversky") & (rows["expect"] == "higher")]
    assert (rows["low"] > 0.01).all()
    assert set(rows["limit"]) == {"seeds disagree on the sign"}
    assert set(rows["verdict"]) == {"inconclusive"}


def test_seeds_that_differ_by_less_than_the_margin_agree():
    sweep = made_up_sweep(lambda loss, share, seed: 0.9 + 0.01 * (seed - 1.5) * (loss == "focal"), of_seed=True)
    rows = compared("sv.7", sweep=sweep)
    rows = rows[(rows["arm"] == "focal") & (rows["expect"] == "higher")]
    assert set(rows["verdict"]) == {"contradicted"}  # inside the margin


def test_a_loss_that_was_still_learning_decides_nothing_at_that_share_and_over_all_shares():
    sweep = made_up_sweep(suffers)
    steps = [(arm, share, seed, step) for arm, share, seed, step in product(TEN, SHARES, (1, 2), (10, 20, 30))]
    history = pd.DataFrame(steps, columns=["arm", "share", "seed", "step"])
    rises = (history["arm"] == "focal") & (history["share"] == 0.001)
    history = history.assign(validation_dice=0.8 + 0.002 * history["step"] * rises)
    sweep = Sweep(sweep.runs, history, sweep.provenance | {"training": {"steps": 30}})
    rows = compared("sv.7", sweep=sweep)
    late = rows[rows["limit"] == "a loss was still learning when the training ended"]
    assert set(late["verdict"]) == {"inconclusive"}
    assert set(zip(late["arm"], late["dataset"], strict=True)) == {("focal", "sweep"), ("focal", "share_0.1")}


def test_a_loss_that_found_nothing_in_one_run_decides_nothing_there():
    sweep = made_up_sweep(suffers)
    runs = sweep.runs
    failed = (runs["arm"] == "tversky") & (runs["share"] == 0.003) & (runs["seed"] == 2)
    runs.loc[failed, ["dice", "sensitivity", "false_positives"]] = 0.0
    rows = compared("sv.7", sweep=sweep)
    failed_rows = rows[rows["limit"] == "a loss found nothing in a whole run"]
    assert set(failed_rows["verdict"]) == {"inconclusive"}
    assert set(zip(failed_rows["baseline"], failed_rows["dataset"], strict=True)) == {
        ("tversky", "sweep"),
        ("tversky", "share_0.3"),
    }


def test_one_phantom_with_a_prediction_is_not_nothing():
    sweep = made_up_sweep(suffers)
    runs = sweep.runs
    failed = (runs["arm"] == "tversky") & (runs["share"] == 0.003) & (runs["seed"] == 2)
    runs.loc[failed & (runs["case"] > 0), ["dice", "sensitivity", "false_positives"]] = 0.0
    assert found_nothing(sweep) == {}


@pytest.mark.parametrize(
    ("lead", "verdict"),
    [
        (0.05, "supported on phantoms"),
        (-0.005, "inconclusive on phantoms"),  # behind for sure, and within the margin
        (-0.05, "contradicted on phantoms"),
    ],
)
def test_cross_entropy_is_judged_where_the_classes_are_balanced(lead, verdict):
    def dice(loss: str, share: float) -> float:
        return 0.9 + (lead if loss == "cross_entropy" and share == 0.5 else 0)

    assert decided("sv.8", sweep=made_up_sweep(dice))["verdict"] == verdict


def test_the_smoothed_dice_is_judged_on_mildly_skewed_shares_and_the_other_decides_nothing():
    def dice(loss: str, share: float) -> float:
        return 0.8 if loss == "cross_entropy" else 0.9

    found = decide_claims("log_cosh_dice", on_nfbs({}), sweep=made_up_sweep(dice), resamples=200)
    rows = found.comparisons.query("id == 'sv.9'")
    assert set(rows["dataset"]) == {"share_20", "share_5"}
    assert not rows.loc[rows["arm"] == "dice_smooth_0", "decides"].any()
    assert found.claims.set_index("id").loc["sv.9", "verdict"] == "supported on phantoms"


def test_no_loss_is_best_everywhere_where_two_take_turns_and_one_is_where_it_always_leads():
    def turns(loss: str, share: float) -> float:
        return 0.95 if loss == ("cross_entropy" if share > 0.1 else "dice") else 0.9 - 0.01 * TEN.index(loss)

    assert decided("sv.10", sweep=made_up_sweep(turns))["verdict"] == "supported on phantoms"
    always = made_up_sweep(lambda loss, share: 0.95 if loss == "dice" else 0.9)
    row = decided("sv.10", sweep=always)
    assert row["verdict"] == "contradicted on phantoms"
    assert "winners besides the first: +0 " in row["ours"]
    assert "+0.06" in row["ours"]  # beside it, a lead of .05 and the margin


def test_a_loss_that_is_first_at_some_shares_and_not_surely_second_elsewhere_decides_nothing():
    tied = made_up_sweep(lambda loss, share: 0.9 + 0.05 * (loss == "focal") * (share < 0.1))
    assert decided("sv.10", sweep=tied)["verdict"] == "inconclusive on phantoms"


def test_winners_that_differ_decide_nothing_where_friedmans_test_does_not_tell_the_losses_apart():
    def alike(loss: str, share: float) -> float:
        place = (TEN.index(loss) + SHARES.index(share)) % 10  # every loss in its turn
        return 0.95 - 0.01 * place

    assert decided("sv.10", sweep=made_up_sweep(alike))["verdict"] == "inconclusive on phantoms"


def test_a_win_that_one_seed_makes_is_not_sure():
    def turns(loss: str, share: float, seed: int) -> float:
        if loss == ("dice" if seed == 2 and share < 0.1 else "cross_entropy"):
            return 0.95 if loss == "cross_entropy" else 0.99
        return 0.9

    row = decided("sv.10", sweep=made_up_sweep(turns, of_seed=True))
    assert row["verdict"] == "inconclusive on phantoms"
    assert "winners besides the first: +1 (+0 to +4)" in row["ours"]


def test_the_p_of_the_winners_is_friedmans_over_the_shares():
    sweep = made_up_sweep(lambda loss, share: 0.95 if loss == ("cross_entropy" if share > 0.1 else "dice") else 0.9)
    rows = compared("sv.10", sweep=sweep)
    [found] = rows[rows["metric"] == "further_winners"]["p"]
    means = sweep.runs[sweep.runs["setting"] == "survey"].pivot_table("dice", "arm", "share")
    assert found == pytest.approx(stats.friedmanchisquare(*means.to_numpy()).pvalue)


def test_errors_that_move_with_the_weight_are_a_trend_of_the_right_size():
    row = decided("sv.11", sweep=made_up_sweep(lambda *_: 0.9, missed=lambda weight: 20 - 3 * np.log2(weight)))
    assert row["verdict"] == "supported on phantoms"
    assert "false negatives: −3.0" in row["ours"]
    assert "false positives: +3.0" in row["ours"]


def test_errors_that_move_the_other_way_contradict():
    row = decided("sv.11", sweep=made_up_sweep(lambda *_: 0.9, missed=lambda weight: 20 + 3 * np.log2(weight)))
    assert row["verdict"] == "contradicted on phantoms"


def test_errors_that_do_not_move_show_no_trend():
    row = decided("sv.11", sweep=made_up_sweep(lambda *_: 0.9, missed=lambda weight: 20))
    assert row["verdict"] == "inconclusive on phantoms"


def test_the_table_of_possible_rows_names_one_that_is_not():
    table = possible_rows_table().set_index("arm")
    assert table.index[table["possible"] == "no"].to_list() == ["log-cosh Dice"]


def test_the_ranks_of_table_3_put_focal_last_and_tversky_behind_cross_entropy_and_dice():
    ranks = survey_ranks_table().set_index("arm")["dice"].str.extract(r"\((.+)\)")[0].astype(float)
    assert ranks.idxmax() == "focal"
    assert ranks["Tversky"] > ranks["cross entropy"] > ranks["Dice"]


def test_the_contradictions_cite_their_errata():
    table = survey_contradictions().set_index("number")
    assert table.loc["Dice of log-cosh Dice", ["in one place", "in another"]].to_list() == [
        "0.975 (text)",
        "0.989 (Table III)",
    ]
    assert table.loc["examples", "in another"].startswith("15000 slices")
