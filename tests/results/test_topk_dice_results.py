"""Claims, sweep and tables of the TopK Dice paper on chosen results of several classes."""

import numpy as np
import pandas as pd
import pytest
import torch

from segloss.losses import build_loss
from segloss.statistics import (
    Results,
    chosen_on_validation,
    compare,
    kept_share_of,
    kept_share_sweep,
    lead_over_others,
    over_subjects,
    rank_first_share,
)
from segloss.tables import printed_means_table, printed_ranks_table, structures_table
from segloss.verdicts import decide_claims, judge
from segloss.verdicts.topk_arithmetic import equation_7, ignored_by_equation_4, kept_count, loss_by_kept_share

NEW, PLAIN = "cross_entropy_plus_topk_dice", "cross_entropy_plus_dice"
FIVE = ["cross_entropy", PLAIN, "focal_plus_dice", "topk_cross_entropy_plus_dice", NEW]
STRUCTURES = ["right ventricle", "myocardium", "left ventricle"]
RNG = np.random.default_rng(5)
BASE = RNG.uniform(0.7, 0.9, 20)


def made_up(
    gains: dict[str, dict[str, float]],
    dataset: str = "acdc",
    kind: str = "subset",
    metrics: tuple[str, ...] = ("dice",),
) -> Results:
    """Results of one data set: each arm's Dice is that of its case plus its gain in each structure."""
    noise = np.random.default_rng(6).normal(0, 0.002, 20)
    rows = [
        (dataset, arm, 0, f"case{case:02}", structure, metric, BASE[case] + gain + noise[(case + 7 * number) % 20])
        for number, (arm, of_arm) in enumerate(gains.items())
        for structure, gain in of_arm.items()
        for metric in metrics
        for case in range(20)
    ]
    history = [
        (dataset, arm, 0, epoch, arm, 1.0, 1.0, 0.5 + next(iter(of_arm.values())) + 0.001 * epoch)
        for arm, of_arm in gains.items()
        for epoch in range(1, 21)
    ]
    arms = {arm: {"outcome": "done"} for arm in gains}
    columns = ["dataset", "arm", "fold", "case", "class", "metric", "value"]
    curves = ["dataset", "arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
    provenance = {dataset: {"title": dataset.upper(), "kind": kind, "arms": arms, "image_size": 64}}
    return Results(pd.DataFrame(rows, columns=columns), pd.DataFrame(history, columns=curves), provenance)


def everywhere(gain: float) -> dict[str, float]:
    return dict.fromkeys(STRUCTURES, gain)


def verdict_of(claim: str, results: Results) -> tuple[str, pd.DataFrame]:
    found = decide_claims("topk_dice", results, resamples=300)
    return found.claims.set_index("id")["verdict"][claim], found.comparisons.query("id == @claim")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.001, 0.02, "supported"), (-0.02, -0.001, "contradicted"), (-0.01, 0.01, "inconclusive")],
)
def test_a_claim_to_the_first_place_is_decided_by_the_lead(low, high, verdict):
    assert judge("first", low, high) == verdict


def test_the_lead_is_beyond_zero_exactly_where_the_share_of_first_places_says_so():
    rng = np.random.default_rng(1)
    for gain in (-0.02, 0.0, 0.004, 0.02):
        table = pd.DataFrame(rng.normal([gain, 0, 0], 0.02, (30, 3)), columns=["new", "a", "b"])
        share = rank_first_share(table, resamples=1000)["new"]
        lead, low, high, cases = lead_over_others(table, resamples=1000)
        assert lead == pytest.approx(table["new"].mean() - max(table["a"].mean(), table["b"].mean()))
        assert (low > 0, high < 0, cases) == (share > 0.95, share < 0.05, 30)


def test_one_case_has_a_lead_and_no_interval():
    lead, low, high, cases = lead_over_others(pd.DataFrame({"new": [0.9], "a": [0.8]}))
    assert (lead, cases) == (pytest.approx(0.1), 1)
    assert np.isnan([low, high]).all()


def test_a_clear_lead_over_all_four_supports_the_first_claim_and_the_printed_lead_stands_beside_it():
    gains = {arm: everywhere(0.03 if arm == NEW else 0.0) for arm in FIVE}
    verdict, rows = verdict_of("topk.1", made_up(gains, metrics=("dice", "iou")))
    assert verdict == "supported on ACDC (real subset)"
    assert rows["published"].to_list() == [pytest.approx(0.0033), pytest.approx(0.005)]


def test_the_first_claim_needs_all_five_losses():
    gains = {arm: everywhere(0.0) for arm in FIVE[1:]}
    assert verdict_of("topk.1", made_up(gains))[0] == "not testable here"


def test_a_general_gain_is_asked_of_every_structure_apart():
    loses_in_one = everywhere(0.03) | {"myocardium": -0.03}
    verdict, rows = verdict_of("topk.6", made_up({PLAIN: everywhere(0.0), NEW: loses_in_one}))
    assert verdict == "contradicted on ACDC (real subset)"
    assert dict(zip(rows["structure"], rows["verdict"], strict=True)) == {
        "right ventricle": "supported",
        "myocardium": "contradicted",
        "left ventricle": "supported",
    }
    assert rows["published"].to_list() == [pytest.approx(value) for value in (-0.0017, 0.0052, 0.0079)]


def test_small_differences_between_the_rivals_support_claim_4():
    gains = {PLAIN: 0.0, "focal_plus_dice": 0.003, "topk_cross_entropy_plus_dice": -0.003}
    results = made_up({arm: everywhere(gain) for arm, gain in gains.items()})
    assert verdict_of("topk.4", results)[0] == "supported on ACDC (real subset)"


def test_two_phases_of_one_heart_count_once():
    results = made_up({PLAIN: everywhere(0.0), NEW: everywhere(0.03)})
    results.provenance["acdc"]["subjects"] = {f"case{case:02}": f"patient{case // 2}" for case in range(20)}
    assert compare(results, "acdc", NEW, PLAIN, resamples=100).cases == 10
    table = pd.DataFrame({NEW: [0.5, 0.7]}, index=pd.Index(["case00", "case01"], name="case"))
    assert over_subjects(table, results, "acdc")[NEW].to_dict() == {"patient0": pytest.approx(0.6)}
    assert over_subjects(table, results, "synapse") is table


def test_the_arms_of_the_sweep_are_known_by_their_names():
    assert [kept_share_of(arm, "acdc") for arm in (PLAIN, NEW, f"{NEW}_10", "cross_entropy")] == [100, 50, 10, None]
    assert kept_share_of(NEW, "no_such_set") is None


def test_the_sweep_goes_from_all_to_few_and_validation_chooses_the_best():
    gains = {f"{NEW}_10": 0.0, PLAIN: 0.01, f"{NEW}_30": 0.03, NEW: 0.02, "topk_dice": 0.09}
    sweep = kept_share_sweep(made_up({arm: everywhere(gain) for arm, gain in gains.items()}), "acdc", resamples=100)
    dice = sweep[sweep["metric"] == "dice"]
    assert dice["keep"].to_list() == [100, 50, 30, 10]
    assert chosen_on_validation(sweep) == 30
    assert dice["validation_dice"].iloc[2] == pytest.approx(0.5 + 0.03 + 0.0195)  # epochs 19 and 20
    assert (dice["low"] < dice["mean"]).all()
    assert (dice["mean"] < dice["high"]).all()


def test_nothing_is_chosen_where_nothing_was_trained():
    assert chosen_on_validation(kept_share_sweep(made_up({PLAIN: everywhere(0.0)}), "synapse")) is None


def test_the_loss_of_equation_7_is_that_of_the_package():
    rng = np.random.default_rng(2)
    target = (np.arange(90) < 40).astype(float)
    probs = rng.uniform(0.01, 0.99, 90)
    logits, labels = torch.from_numpy(probs).logit()[None, None], torch.from_numpy(target).long()[None]
    for keep, dropped in ((1.0, 0), (0.5, 20), (0.1, 36)):
        assert build_loss("topk_dice", keep=keep)(logits, labels).item() == pytest.approx(
            equation_7(probs, target, dropped)
        )


def test_another_order_than_the_easiest_first_can_lower_the_loss():
    probs, target = np.array([0.9, 0.2, 0.0]), np.array([1.0, 1.0, 0.0])
    hardest_dropped = equation_7(probs[[0, 2]], target[[0, 2]], 0)
    assert hardest_dropped < equation_7(probs, target, 0) < equation_7(probs, target, 1)


def test_the_loss_by_kept_share_is_supported_and_the_exact_count_is_not():
    assert loss_by_kept_share().verdict == "supported"
    found = kept_count()
    assert found.verdict == "contradicted"
    assert "59, 63, 74 are ignored" in found.ours
    assert ignored_by_equation_4(np.linspace(0, 1, 100), keep=0.3) == 69


def test_the_table_of_structures_has_published_and_ours_row_below_row():
    table = structures_table("topk_dice", "2", made_up({NEW: everywhere(0.0)}, kind="phantom"))
    assert table["whose"].unique().tolist() == ["published, ACDC", "ours on phantoms: mean ± SD over scans"]
    published, ours = table[table["arm"] == "cross entropy + topK Dice"].to_dict("records")
    assert (published["myocardium"], published["mean"]) == ("89.57 %", "91.67 %")
    assert float(ours["mean"]) == pytest.approx(BASE.mean(), abs=2e-3)
    assert table.iloc[1]["mean"] == "absent"


def test_the_printed_means_agree_with_the_printed_organs():
    table = printed_means_table()
    assert len(table) == 10
    assert set(table["agree"]) == {"yes"}


def test_the_printed_ranks_say_where_the_new_loss_is_best():
    table = printed_ranks_table().set_index("structure")
    assert (table["its rank"] == "1 of 5").sum() == 5
    assert table.loc["left kidney", "minus cross entropy + Dice"] == "+3.24 points"
    assert table.loc["liver", "its rank"] == "4 of 5"
