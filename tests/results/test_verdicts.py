"""Verdicts: the rules on hand-made intervals, and every claim on chosen results."""

import numpy as np
import pandas as pd
import pytest
import torch

from segloss.losses.as_published import kappa_equation_4, kappa_equation_5_gradient
from segloss.published import load_claims
from segloss.statistics import POOLED
from segloss.verdicts import combine, decide_claims, judge, margin_of
from segloss.verdicts.arithmetic import (
    kappa_loss_of_eq_1,
    numeric_gradient,
    padding_gap,
    parameter_counts,
)
from segloss.verdicts.claims import _judged

RNG = np.random.default_rng(2)
DICE = RNG.uniform(0.6, 0.85, 60)
NOISE = RNG.normal(0, 0.02, 60)


def better(gain, **arms):
    return {"dice": {"dice": DICE, "kappa": DICE + gain + NOISE, **arms}}


def decide(results):
    found = decide_claims("kappa", results, resamples=300)
    return found, found.claims.set_index("id")["verdict"]


@pytest.mark.parametrize(
    ("expect", "low", "high", "p", "verdict"),
    [
        ("higher", 0.02, 0.05, 0.01, "supported"),
        ("higher", 0.02, 0.05, 0.2, "inconclusive"),
        ("higher", -0.05, -0.02, 0.01, "contradicted"),
        ("higher", -0.005, 0.008, 0.5, "contradicted"),
        ("higher", -0.02, 0.05, 0.5, "inconclusive"),
        ("lower", -0.05, -0.02, 0.01, "supported"),
        ("lower", 0.02, 0.05, 0.01, "contradicted"),
        ("same", -0.005, 0.008, 0.5, "supported"),
        ("same", 0.002, 0.008, 0.01, "supported"),
        ("same", 0.02, 0.05, 0.01, "contradicted"),
        ("same", -0.02, 0.05, 0.5, "inconclusive"),
        ("no_gain", 0.002, 0.008, 0.01, "contradicted"),
        ("no_gain", -0.005, 0.008, 0.5, "supported"),
        ("no_gain", -0.05, -0.02, 0.01, "supported"),
        ("no_gain", -0.02, 0.05, 0.5, "inconclusive"),
        ("higher", float("nan"), float("nan"), 0.01, "inconclusive"),
    ],
)
def test_an_interval_decides_as_the_rules_say(expect, low, high, p, verdict):
    assert judge(expect, low, high, margin=0.01, p=p) == verdict


def test_an_unknown_expectation_is_an_error():
    with pytest.raises(ValueError, match="unknown expectation 'more'"):
        judge("more", 0, 1)


def test_the_margin_of_a_distance_is_a_share_of_the_baseline():
    assert margin_of("hausdorff_px", 12.0) == pytest.approx(0.6)
    assert np.isnan(margin_of("slope", 1.0))


def test_one_contradiction_decides_a_claim_and_missing_comparisons_do_not():
    assert combine(["supported", "not testable here"]) == "supported"
    assert combine(["supported", "contradicted", "inconclusive"]) == "contradicted"


def test_every_claim_gets_a_verdict_and_a_reason_even_without_data(make_results):
    found, verdicts = decide(make_results({"isic2018": {}}))
    assert list(verdicts.index) == [claim["id"] for claim in load_claims("kappa")]
    assert set(verdicts[:9]) == {"not testable here"}
    assert found.claims["reason"].str.len().min() > 0
    assert found.comparisons.empty


def test_phantoms_never_decide_an_empirical_claim(make_results):
    found, verdicts = decide(make_results({"scd": better(0.05)}))
    assert verdicts["kappa.1"] == "not testable here"
    row = found.claims.set_index("id").loc["kappa.1"]
    assert "needs real data" in row["reason"]
    assert row["ours"].startswith("SCD (phantom): +0.0")


def test_phantoms_decide_a_mechanism_and_the_verdict_says_so(make_results):
    share = RNG.uniform(0.05, 0.7, 60)
    table = {"dice": {"dice": DICE, "kappa": DICE + 0.2 * share + NOISE}, "foreground_share": {"truth": share}}
    assert decide(make_results({"scd": table}))[1]["kappa.9"] == "supported on phantoms"


def test_a_real_subset_is_named_in_the_verdict(make_results):
    found, verdicts = decide(make_results({"isic2018": better(0.05)}, kinds={"isic2018": "subset"}))
    assert verdicts["kappa.1"] == "supported on ISIC 2018 (real subset)"
    assert "data or arm missing" in found.claims.set_index("id").loc["kappa.1", "reason"]


def test_the_other_direction_contradicts(make_results):
    verdicts = decide(make_results({"isic2018": better(-0.05)}, kinds={"isic2018": "subset"}))[1]
    assert verdicts["kappa.1"].startswith("contradicted")


def test_real_data_decide_where_phantoms_are_there_too(make_results):
    share = RNG.uniform(0.05, 0.7, 60)
    up, down = ({"kappa": DICE + sign * 0.2 * share + NOISE, "dice": DICE} for sign in (1, -1))
    tables = {
        name: {"dice": arms, "foreground_share": {"truth": share}} for name, arms in (("scd", up), ("isic2018", down))
    }
    verdicts = decide(make_results(tables, kinds={"isic2018": "subset"}))[1]
    assert verdicts["kappa.9"] == "contradicted on ISIC 2018 (real subset)"


def test_holm_runs_over_the_comparisons_of_a_claim_and_not_over_the_pool(make_results):
    tables = {"scd": better(0.004), "isic2018": better(0.05)}
    found = decide(make_results(tables, kinds=dict.fromkeys(tables, "subset")))[0].comparisons
    rows = found[found["id"] == "kappa.1"].set_index("dataset")
    assert set(rows.index) == {"scd", "isic2018", POOLED}
    assert rows.loc["scd", "p_holm"] == pytest.approx(rows.loc["scd", "p"])
    assert rows.loc["isic2018", "p_holm"] == pytest.approx(2 * rows.loc["isic2018", "p"])
    assert rows.loc[POOLED, "p_holm"] == rows.loc[POOLED, "p"]


def test_what_decides_nothing_is_corrected_as_a_family_of_its_own():
    rows = {"p": [0.01, 0.02, 0.03, 0.04, 0.001], "decides": [True, True, False, False, True]}
    table = pd.DataFrame(rows).assign(
        corrected=[False] * 4 + [True], limit="", expect="higher", low=0.1, high=0.2, margin=0.01
    )
    judged = _judged(table, None)
    assert judged["p_holm"].to_list() == pytest.approx([0.02, 0.02, 0.06, 0.06, 0.001])


def test_the_printed_difference_and_p_stand_beside_ours(make_results):
    found = decide(make_results({"isic2016": better(0.05)}))[0]
    row = found.comparisons.query("id == 'kappa.1'").iloc[0]
    assert (row["published"], row["published_p"]) == (0.04, "0.000")
    assert found.claims.set_index("id").loc["kappa.1", "published"] == "ISIC 2016: +0.04 (p 0.000)"


def test_cross_entropy_below_both_losses_supports_claim_8(make_results):
    table = better(0.0, cross_entropy=DICE - 0.06 + NOISE[::-1])
    found, verdicts = decide(make_results({"isic2018": table}, kinds={"isic2018": "subset"}))
    assert verdicts["kappa.8"] == "supported on ISIC 2018 (real subset)"
    assert "cross entropy − Kappa" in found.claims.set_index("id").loc["kappa.8", "ours"]


def test_faster_curves_are_measured_per_fold_on_another_set_where_the_papers_is_absent(make_results):
    slow = [np.linspace(0.1, 0.8, 20) for _ in range(3)]
    fast = [np.minimum(0.8, np.linspace(0.1, end, 20)) for end in (1.7, 2.0, 2.4)]
    history = {"isic2018": {"dice": slow, "kappa": fast}}
    results = make_results({"isic2018": better(0.0)}, kinds={"isic2018": "subset"}, history=history)
    found, verdicts = decide(results)
    assert verdicts["kappa.4"] == "supported on ISIC 2018 (real subset)"
    assert found.comparisons.query("id == 'kappa.4'")["n"].to_list() == [3, 3]


def test_the_same_gain_of_epochs_in_every_fold_is_no_certainty(make_results):
    slow, fast = np.linspace(0.1, 0.8, 20), np.minimum(0.8, np.linspace(0.1, 1.7, 20))
    results = make_results({"isic2018": better(0.0)}, history={"isic2018": {"dice": [slow] * 3, "kappa": [fast] * 3}})
    rows = decide(results)[0].comparisons.query("id == 'kappa.4' and metric == 'epochs_to_plateau'")
    assert rows["low"].isna().all()
    assert "supported" not in set(rows["verdict"])


def test_equal_differences_at_both_lengths_support_claim_5(make_results):
    table = better(0.02, dice_200=DICE + 0.05, kappa_200=DICE + 0.072 + NOISE)
    verdicts = decide(make_results({"isic2016": table}, kinds={"isic2016": "paper"}))[1]
    assert verdicts["kappa.5"] == "supported"


def test_verdicts_are_the_same_when_decided_again(make_results):
    results = make_results({"isic2018": better(0.01)})
    assert decide(results)[0].claims.equals(decide(results)[0].claims)


def test_the_gap_to_dice_is_positive_and_vanishes():
    gaps = [padding_gap(30, 5, 9, tn) for tn in (10, 10**3, 10**6)]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert float(gaps[2]) < 1e-4


def test_the_printed_loss_misses_a_perfect_match_as_errata_k4_says():
    target = (np.arange(200) < 60).astype(float)
    printed = kappa_equation_4(torch.from_numpy(target), torch.from_numpy(target)).item()
    assert printed == pytest.approx(1 - (2 * 200 - 60) / (2 * (200 - 1)))
    assert kappa_loss_of_eq_1(target, target) == pytest.approx(0)


def test_the_numeric_gradient_is_that_of_autograd():
    target = (np.arange(30) < 9).astype(float)
    probs = np.random.default_rng(0).uniform(0.1, 0.9, 30)
    p, g = torch.tensor(probs, requires_grad=True), torch.tensor(target)
    chance = 2 * p.sum() * g.sum() / 30
    (1 - (2 * (p * g).sum() - chance) / (p.sum() + g.sum() - chance)).backward()
    assert numeric_gradient(kappa_loss_of_eq_1, probs, target) == pytest.approx(p.grad.numpy(), abs=1e-8)
    assert (kappa_equation_5_gradient(p.detach(), g) - p.grad).abs().max() > 0.01


def test_the_first_printed_parameter_count_is_found_and_the_second_is_not():
    found = parameter_counts()
    assert found.ours.startswith("31,031,685")
    assert found.published == "31,031,685 and 1,946,449"
    assert found.verdict == "inconclusive"


def test_ranks_that_point_against_the_mean_confirm_nothing(make_results):
    # Most images lose a little and a few win much: the mean rises, the ranks fall.
    change = np.r_[np.full(50, -0.01), np.full(10, 0.3)] + NOISE / 100
    results = make_results({"isic2018": {"dice": {"dice": DICE, "kappa": DICE + change}}}, kinds={"isic2018": "subset"})
    found, verdicts = decide(results)
    row = found.comparisons.query("id == 'kappa.1'").iloc[0]
    assert (row["p"], row["position"]) == (1.0, "above 0, but not after correction")
    assert verdicts["kappa.1"] == "inconclusive on ISIC 2018 (real subset)"
