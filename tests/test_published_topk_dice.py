"""The published numbers and claims of the TopK Dice paper, held against its text and against each other."""

import re
from collections import Counter

import numpy as np
import pytest
import yaml

from segloss.published import load_claims, load_published, load_rules, published_datasets, published_facts

CELLS = load_published("topk_dice")
MEANS = CELLS[CELLS["class"].isna()].pivot(index=["dataset", "arm"], columns="metric", values="value")


def test_every_cell_of_the_three_tables_is_there():
    assert Counter(CELLS["table"]) == {"1": 50, "2": 25, "3": 20}
    assert CELLS["value"].notna().all()


@pytest.mark.parametrize(
    ("dataset", "arm", "metric", "structure", "value", "printed"),
    [
        ("synapse", "cross_entropy_plus_topk_dice", "dice", "left kidney", 0.8878, "88.78 %"),
        ("synapse", "topk_cross_entropy_plus_dice", "iou", None, 0.73, "73.00 %"),
        ("acdc", "focal_plus_dice", "dice", "left ventricle", 0.9545, "95.45 %"),
        ("msseg", "focal_plus_dice", "sensitivity", None, 0.6783, "67.83 %"),
    ],
)
def test_a_cell_in_percent_is_kept_as_printed_and_as_a_share(dataset, arm, metric, structure, value, printed):
    cell = CELLS[(CELLS["dataset"] == dataset) & (CELLS["arm"] == arm) & (CELLS["metric"] == metric)]
    cell = cell[cell["class"].isna() if structure is None else cell["class"] == structure]
    assert (cell["value"].item(), cell["printed"].item()) == (value, printed)


def test_the_structures_are_those_that_the_readers_know():
    from segloss.data.readers import acdc, synapse_raw

    printed = CELLS.dropna(subset="class").groupby("dataset")["class"].unique()
    assert tuple(printed["synapse"]) == synapse_raw.CLASSES
    assert tuple(printed["acdc"]) == acdc.CLASSES


def test_the_tables_agree_with_the_text_of_the_paper_row_by_row_where_it_is_at_hand(real_data):
    text = real_data.parent / "papers" / "topk_dice.txt"
    if not text.is_file():
        pytest.skip("the paper's text is not at hand")
    lines = text.read_text(encoding="utf-8").splitlines()
    printed = [
        re.findall(r"\t(\d\d\.\d\d)", line) for line in lines if re.match(r"(CE|focal|topK)[^\t]*\t", line, re.I)
    ]
    rows = [
        [cell.removesuffix(" %") for cell in row["printed"]] for _, row in CELLS.groupby(["table", "arm"], sort=False)
    ]
    assert sorted(rows) == sorted(printed)


def test_a_mean_iou_lies_between_what_equal_scans_would_give_and_the_mean_dice():
    dice, iou = MEANS["dice"], MEANS["iou"]
    assert (iou < dice).all()
    assert (iou > dice / (2 - dice) - 1e-4).all()  # IoU is a convex function of Dice


def test_a_mean_dice_is_at_most_the_harmonic_mean_of_mean_precision_and_mean_recall():
    lesions = MEANS.loc["msseg"]
    harmonic = 2 / (1 / lesions["precision"] + 1 / lesions["sensitivity"])
    assert (lesions["dice"] < harmonic).all()


def test_the_papers_order_of_its_data_sets():
    assert published_datasets("topk_dice") == ("synapse", "acdc", "msseg")


def test_what_the_paper_does_not_say_stays_unknown():
    facts = published_facts("topk_dice").set_index("fact")["value"]
    assert facts[["kept_share_acdc", "kept_share_msseg"]].to_list() == [50, 30]
    assert facts[["batch_size", "seeds", "spread", "focal_exponent"]].isna().all()


def test_the_protocols_are_the_printed_ones(root):
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    facts = published_facts("topk_dice").set_index("fact")["value"]
    for dataset in published_datasets("topk_dice"):
        protocol = params["protocols"][f"topk_dice_{dataset}"]
        assert params["datasets"][dataset]["view"]["image_size"] == facts[f"image_size_{dataset}"]
        assert protocol["epochs"] == facts[f"epochs_{dataset}"]
        assert (protocol["learning_rate"], protocol["weight_decay"]) == tuple(facts[["learning_rate", "weight_decay"]])
        keep = facts[f"kept_share_{dataset}"]
        loss = params["arms"][f"{dataset}-cross_entropy_plus_topk_dice"]["loss"]
        assert params["losses"]["topk_dice"][loss]["topk_dice"]["keep"] == keep / 100


def test_the_claims_are_numbered_and_each_has_what_decides_it():
    claims = load_claims("topk_dice")
    assert [claim["id"] for claim in claims] == [f"topk.{number}" for number in range(1, 13)]
    assert all(set(claim["kind"]) <= set(load_rules()["kinds"]) for claim in claims)
    assert all(claim["kind"] == ["A"] or claim["comparisons"] for claim in claims)


def test_every_comparison_names_arms_and_expectations_that_exist(root):
    arms = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]
    for claim in load_claims("topk_dice"):
        for comparison in claim.get("comparisons", ()):
            assert comparison["expect"] in load_rules()["expectations"]
            others = comparison.get("others", [comparison["baseline"]])
            for dataset in comparison["datasets"]:
                assert {f"{dataset}-{arm}" for arm in (comparison["arm"], *others)} <= set(arms)


def test_the_printed_leads_are_those_that_the_claims_note():
    dice = MEANS["dice"].unstack("arm")
    lead = dice["cross_entropy_plus_topk_dice"] - dice.drop(columns="cross_entropy_plus_topk_dice").max(axis=1)
    assert 100 * lead[["synapse", "acdc", "msseg"]].to_numpy() == pytest.approx(np.array([0.86, 0.33, 0.88]))
