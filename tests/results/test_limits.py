"""What keeps a comparison from deciding: few patients, phantoms, and networks below the trivial answers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segloss.published import load_rules
from segloss.statistics import Results
from segloss.tables import published_versus_replicated
from segloss.verdicts import decide_claims
from segloss.verdicts.limits import above_trivial_answers

NEW, PLAIN, FOCAL = "cross_entropy_plus_topk_dice", "cross_entropy_plus_dice", "focal_plus_dice"
SHARES = [PLAIN, *(f"{NEW}_{keep}" for keep in (90, 70, 30, 10))]
COLUMNS = ["dataset", "arm", "fold", "case", "class", "metric", "value"]
CURVES = ["dataset", "arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
PAIR = {"arm": NEW, "baseline": PLAIN}


def made_up(
    means: dict[str, dict[str, float]], dataset: str, kind: str, cases: int = 12, **validation: float
) -> Results:
    """Results of one class: arm to metric to mean, with a small spread over the cases; validation Dice is constant."""
    rows = [
        (dataset, arm, 0, f"case{case:02}", "lesion", metric, mean + 0.001 * ((7 * case + number) % 5))
        for number, (arm, metrics) in enumerate(means.items())
        for metric, mean in metrics.items()
        for case in range(cases)
    ]
    history = [(dataset, arm, 0, epoch, 0, 1.0, 1.0, dice) for arm, dice in validation.items() for epoch in (1, 2)]
    arms = {arm: {"outcome": "done"} for arm in means if "predict" not in arm and arm != "mean_training_mask"}
    provenance = {dataset: {"title": dataset.upper(), "kind": kind, "arms": arms, "image_size": 64}}
    return Results(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(history, columns=CURVES), provenance)


def decided(results: Results, claim: str) -> pd.Series:
    return decide_claims("topk_dice", results, resamples=200).claims.set_index("id").loc[claim]


def recall_as_claimed(trivial: float, kind: str = "phantom", worst: float = 0.5) -> Results:
    arms = {PLAIN: (0.5, 0.6, 0.7), NEW: (worst, 0.7, 0.6), FOCAL: (0.5, 0.8, 0.5)}
    means = {arm: dict(zip(("dice", "sensitivity", "precision"), of, strict=True)) for arm, of in arms.items()}
    return made_up({**means, "predict_nothing": {"dice": 0.0}, "mean_training_mask": {"dice": trivial}}, "msseg", kind)


def test_networks_above_the_trivial_answers_show_a_mechanism_on_phantoms():
    assert decided(recall_as_claimed(trivial=0.4), "topk.7")["verdict"] == "supported on phantoms"


def test_networks_below_a_trivial_answer_show_no_mechanism_on_phantoms():
    row = decided(recall_as_claimed(trivial=0.6), "topk.7")
    assert row["verdict"] == "not testable here"
    assert row["reason"].startswith("networks were not above the trivial answers")


def test_one_network_below_the_trivial_answers_is_enough_to_leave_its_comparisons_out():
    results = recall_as_claimed(trivial=0.4, worst=0.3)
    assert not above_trivial_answers(results, "msseg", PAIR)
    assert above_trivial_answers(results, "msseg", {"arm": FOCAL, "baseline": PLAIN})
    assert not above_trivial_answers(results, "msseg", {"arm": FOCAL, "baseline": "the best", "others": [PLAIN, NEW]})


def test_real_data_decide_whatever_the_trivial_answers_are():
    assert decided(recall_as_claimed(trivial=0.6, kind="subset"), "topk.7")["verdict"].startswith("supported on")


def test_networks_and_trivial_answers_are_compared_on_the_same_cases():
    results = recall_as_claimed(trivial=0.4)
    # The mean training mask is far better on the only case in which the network has no Dice: it is left out.
    rows = results.metrics
    first = (rows["metric"] == "dice") & (rows["case"] == "case00")
    rows.loc[first & (rows["arm"] == NEW), "value"] = np.nan
    rows.loc[first & (rows["arm"] == "mean_training_mask"), "value"] = 5.0
    assert above_trivial_answers(results, "msseg", PAIR)


def test_a_comparison_with_a_trivial_answer_needs_no_network_above_it():
    comparison = {"arm": NEW, "baseline": "predict_nothing"}
    assert above_trivial_answers(recall_as_claimed(trivial=0.6), "msseg", comparison)


@pytest.mark.parametrize(("patients", "verdict"), [(5, "inconclusive"), (6, "supported")])
def test_fewer_than_six_patients_carry_no_claim(patients, verdict):
    results = made_up({PLAIN: {"dice": 0.5}, NEW: {"dice": 0.7}}, "acdc", "subset", cases=patients)
    row = decided(results, "topk.6")
    assert row["verdict"] == f"{verdict} on ACDC (real subset)"
    assert ("fewer than six patients" in row["reason"]) == (patients == 5)


def test_two_phases_of_four_hearts_are_four_patients():
    results = made_up({PLAIN: {"dice": 0.5}, NEW: {"dice": 0.7}}, "acdc", "subset", cases=8)
    results.provenance["acdc"]["subjects"] = {f"case{case:02}": f"patient{case // 2}" for case in range(8)}
    assert "fewer than six patients" in decided(results, "topk.6")["reason"]


def test_six_is_the_smallest_number_of_patients_whose_ranks_can_reach_the_level():
    rules = load_rules()
    best = {n: stats.wilcoxon(np.arange(1.0, n + 1), method="exact").pvalue for n in range(2, 10)}
    assert min(n for n, p in best.items() if p < rules["level"]) == rules["fewest_patients"] == 6


@pytest.mark.parametrize(("other", "verdict"), [(0.70, "supported"), (0.805, "inconclusive"), (0.82, "contradicted")])
def test_the_validation_part_decides_which_k_is_the_best(other, verdict):
    # On the test part the printed K is the worst, which decides nothing.
    means = {NEW: {"dice": 0.4}} | {arm: {"dice": 0.6} for arm in SHARES}
    validation = {NEW: 0.8} | dict.fromkeys(SHARES, 0.6) | {f"{NEW}_30": other}
    row = decided(made_up(means, "acdc", "subset", **validation), "topk.9")
    assert row["verdict"] == f"{verdict} on ACDC (real subset)"
    assert "validation Dice" in row["ours"]


def test_a_choice_needs_every_k():
    means = {arm: {"dice": 0.6} for arm in (NEW, *SHARES)}
    validation = dict.fromkeys((NEW, *SHARES[1:]), 0.8)
    assert decided(made_up(means, "acdc", "subset", **validation), "topk.9")["verdict"] == "not testable here"


def test_a_choice_is_inconclusive_where_even_the_test_part_has_few_patients():
    means = {arm: {"dice": 0.6} for arm in (NEW, *SHARES)}
    results = made_up(means, "acdc", "subset", cases=4, **{NEW: 0.8}, **dict.fromkeys(SHARES, 0.6))
    assert decided(results, "topk.9")["verdict"] == "inconclusive on ACDC (real subset)"


def test_identical_phases_of_a_patient_do_not_narrow_the_difference_from_the_printed_value():
    once = made_up({NEW: {"dice": 0.9}}, "acdc", "paper", cases=10)
    again = once.metrics.assign(case="second " + once.metrics["case"])
    twice = Results(pd.concat([once.metrics, again]), once.history, {"acdc": dict(once.provenance["acdc"])})
    cases = once.metrics["case"].unique()
    twice.provenance["acdc"]["subjects"] = {name: case for case in cases for name in (case, f"second {case}")}

    def difference(results: Results) -> str:
        table = published_versus_replicated("topk_dice", "2", results, ["dice"], resamples=200)
        return table.set_index("arm").loc["cross entropy + topK Dice", "Dice, difference"]

    assert difference(twice) == difference(once) != "–"
