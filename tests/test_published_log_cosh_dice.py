"""The survey's numbers and claims, held against its own text, against params.yaml and against each other."""

import re

import numpy as np
import pytest
import yaml

from segloss.losses import FAMILIES, LOSSES
from segloss.metrics import case_metrics
from segloss.published import (
    load_claims,
    load_published,
    load_rules,
    load_survey,
    published_datasets,
    published_facts,
)
from segloss.verdicts.computed import COMPUTATIONS
from segloss.verdicts.measures import MEASURES
from segloss.verdicts.sweep_results import SHARES, SWEEP, share_key

CELLS = load_published("log_cosh_dice")
FACTS = published_facts("log_cosh_dice").set_index("fact")["value"]
OF_CURVES = {"epochs_to_plateau"}
OF_THE_SWEEP = {"dice", "further_winners", "false_negatives", "false_positives"}


@pytest.fixture
def text(real_data):
    """The survey's text."""
    path = real_data.parent / "papers" / "survey_log_cosh_dice.txt"
    if not path.is_file():
        pytest.skip("the paper's text is not at hand")
    return path.read_text(encoding="utf-8")


@pytest.fixture
def arms(root):
    """What params.yaml trains."""
    return yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]


def test_every_cell_of_table_3_is_there():
    assert len(CELLS) == 27
    assert CELLS["value"].notna().all()
    assert published_datasets("log_cosh_dice") == ("nfbs",)


@pytest.mark.parametrize(
    ("arm", "metric", "printed"),
    [
        ("log_cosh_dice", "dice", "0.989"),
        ("log_cosh_dice", "sensitivity", "0.975"),
        ("focal_tversky", "sensitivity", "0.990"),
        ("weighted_cross_entropy", "dice", "0.962"),
        ("focal", "specificity", "0.999"),
    ],
)
def test_a_cell_is_as_printed_and_has_a_unit(arm, metric, printed):
    cell = CELLS[(CELLS["arm"] == arm) & (CELLS["metric"] == metric)].iloc[0]
    assert (cell["printed"], cell["value"]) == (printed, float(printed))
    assert cell["unit"] == "1"
    assert cell["spread"] is None or np.isnan(cell["spread"])


def test_the_table_agrees_with_the_text_of_the_paper_row_by_row_where_it_is_at_hand(text):
    printed = re.findall(r"^[A-Z][^\t\n]*\t(0\.\d{3})\t(0\.\d{3})\t(0\.\d{3})$", text, flags=re.MULTILINE)
    rows = [tuple(row["printed"]) for _, row in CELLS.groupby("arm", sort=False)]
    assert rows == printed


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("losses_in_the_introduction", "fifteen such segmentation based loss functions"),
        ("losses_in_the_conclusion", "summarized 14 well-known loss functions"),
        ("losses_compared", "using only 9 loss functions"),
        ("best_dice_of_the_text", "optimal dice coefficient of 0.98 using Focal Tversky"),
        ("log_cosh_dice_of_the_text", "similar results of the dice coefficient 0.975"),
        ("annotated_examples", "using 40,000 annotated"),
        ("scans", "of 125 skull CT scans"),
        ("slices_of_a_scan", "consists of 120 slices"),
        ("batch_size", "batch size of 32"),
        ("learning_rate", "learning rate 0.001"),
        ("training_share", "into 60-20-20"),
        ("encoder_convolutions", "with 10 convolution encoded layers and 8 decoded"),
    ],
)
def test_a_fact_agrees_with_the_text_of_the_paper_where_it_is_at_hand(text, fact, words):
    plain = re.sub(r"\s+", " ", re.sub(r"TABLE III.*?Log Cosh Dice Loss[^\n]*\n", "", text, flags=re.DOTALL))
    assert words in plain
    assert f"{FACTS[fact]:g}" in words.replace(",", "").replace("fifteen", "15")


def test_unknown_stays_unknown():
    unknown = ["epochs", "image_size", "positive_weight", "focal_exponent", "weights_of_tversky", "split_by_subject"]
    assert FACTS[[*unknown, "unit_of_the_mean", "seeds", "spread"]].isna().all()


def test_table_1_leaves_out_one_loss_of_table_2_and_the_facts_say_so():
    survey = load_survey()
    assert len(survey) == FACTS["losses_in_table_2"]
    assert sum(row["family"] is not None for row in survey) == FACTS["losses_in_table_1"]


def test_the_losses_of_table_2_are_those_of_the_paper_where_it_is_at_hand(text):
    table = text[text.index("TABLE II") : text.index("Fig. 6.")]
    assert all(row["name"] in table.replace("(ours)", "") for row in load_survey())


def test_every_loss_of_the_survey_can_be_built_and_is_of_the_family_that_it_names():
    family_of = {name: family for family, names in FAMILIES.items() for name in names}
    for row in load_survey():
        assert set(row["losses"]) <= set(LOSSES)
        # Table I puts the distance map with the distributions, since it weighs a cross entropy.
        if row["family"] and row["name"] != "Distance map derived loss penalty term":
            assert {family_of[name] for name in row["losses"]} == {row["family"]}


def test_the_losses_that_are_compared_are_the_rows_of_table_3_and_the_arms_that_are_trained(arms):
    compared = {row["compared"] for row in load_survey() if row["compared"]}
    assert len(compared) == FACTS["losses_compared"]
    assert compared == set(CELLS["arm"]) == {name.removeprefix("nfbs-") for name in arms if name.startswith("nfbs-")}


def test_the_claims_are_numbered_and_each_has_what_decides_it():
    claims = load_claims("log_cosh_dice")
    assert [claim["id"] for claim in claims] == [f"sv.{number}" for number in range(1, 13)]
    for claim in claims:
        assert set(claim["kind"]) <= set(load_rules()["kinds"])
        assert claim["decided_by"] in MEASURES
        assert claim.get("computed_by", "log_cosh_of_dice") in COMPUTATIONS


def test_every_comparison_on_nfbs_names_arms_metrics_and_expectations_that_exist(arms):
    mask = np.eye(2, dtype=bool)[None]
    known = {*case_metrics(mask, mask, (1, 1, 1))} | OF_CURVES
    for claim in load_claims("log_cosh_dice"):
        for comparison in claim["comparisons"]:
            assert comparison["expect"] in load_rules()["expectations"]
            assert comparison.get("decided_by", claim["decided_by"]) in MEASURES
            if "measured_on" in claim:
                continue
            assert comparison["datasets"] == ["nfbs"]
            assert comparison["metric"].removesuffix("_rank") in known
            ranked = comparison.get("others", [comparison["baseline"]])
            trained = [*ranked, *([] if comparison["arm"] == "the highest" else [comparison["arm"]])]
            assert {f"nfbs-{arm}" for arm in trained} <= set(arms)


def test_every_comparison_of_the_sweep_names_its_shares_and_what_it_measures():
    for claim in load_claims("log_cosh_dice"):
        if claim.get("measured_on") == "sweep":
            for comparison in claim["comparisons"]:
                assert set(comparison["datasets"]) <= {SWEEP, *map(share_key, SHARES)}
                assert comparison["metric"] in OF_THE_SWEEP


def test_a_ranking_is_against_all_other_arms():
    for claim in load_claims("log_cosh_dice")[:3]:
        [comparison] = [each for each in claim["comparisons"] if each["expect"] == "first"]
        assert {comparison["arm"], *comparison["others"]} == set(CELLS["arm"])


def test_the_margin_of_specificity_is_the_range_of_the_printed_values():
    printed = CELLS.loc[CELLS["metric"] == "specificity", "value"]
    assert load_rules()["margins"]["specificity"] == pytest.approx(np.ptp(printed))
