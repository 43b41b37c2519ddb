"""The published numbers and claims of the Unified Focal paper, held against its text and against params.yaml."""

import re
from collections import Counter

import numpy as np
import pytest
import yaml

from segloss.metrics import case_metrics
from segloss.published import load_claims, load_published, load_rules, published_datasets, published_facts
from segloss.verdicts.computed import COMPUTATIONS
from segloss.verdicts.measures import MEASURES

CELLS = load_published("unified_focal")
FACTS = published_facts("unified_focal").set_index("fact")
# Quantities that the measures compute from several metrics, and the baseline that is no arm.
COMPUTED = {"precision_over_recall", "balance", "variance_ratio", "variance_ratio_over_folds", "dice_by_size"}
NO_ARM = {"equal_precision_and_recall", "the best of the other six", "the best of the other two"}


@pytest.fixture
def text(real_data):
    """The paper's text on one line, its broken words left as they are."""
    path = real_data.parent / "papers" / "unified_focal.txt"
    if not path.is_file():
        pytest.skip("the paper's text is not at hand")
    return re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))


def test_the_tables_have_the_cells_of_the_paper_and_most_are_unknown():
    assert Counter(CELLS["table"])["1"] == 42
    first = CELLS[CELLS["table"] == "1"]
    assert first["value"].notna().sum() == 1
    assert set(first.loc[first["value"].isna(), "printed"]) == {"unknown"}


@pytest.mark.parametrize("table", ["1", "2", "3", "4"])
def test_every_known_number_of_the_first_version_stands_in_the_text_where_it_is_at_hand(text, table):
    known = CELLS[(CELLS["table"] == table) & CELLS["value"].notna()]
    assert len(known)
    assert [cell for cell in known["printed"] if cell.replace(" ± ", "±") not in text] == []


def test_the_rows_of_the_matrices_stand_in_the_text_in_their_order_where_it_is_at_hand(text):
    second = CELLS[(CELLS["table"] == "2") & (CELLS["row"] == "kidney.focal_tversky")]
    assert "Focal Tversky loss " + " ".join(second["printed"].iloc[:5]) in text
    fourth = CELLS[(CELLS["table"] == "4") & (CELLS["row"] == "enhancing tumour.mixed_focal")]
    assert "Mixed Focal loss " + " ".join(fourth["printed"]) in text


def test_a_spread_and_stars_are_read_and_a_damaged_number_is_not():
    cell = CELLS[(CELLS["table"] == "3") & (CELLS["arm"] == "focal_tversky") & (CELLS["metric"] == "precision")].iloc[0]
    assert (cell["value"], cell["spread"]) == (0.776, 0.070)
    matrix = CELLS[CELLS["table"] == "2"].set_index(["row", "column"])["value"]
    assert matrix["kidney.combo", "cosine_tversky"] == 0.00249
    assert np.isnan(matrix["kidney.mixed_focal", "cosine_tversky"])  # its exponent is lost


def test_a_matrix_is_empty_above_its_diagonal():
    for _, table in CELLS[CELLS["table"].isin(["2", "4"])].groupby(["table", CELLS["row"].str.split(".").str[0]]):
        arms = list(table["column"].unique())
        cells = table.assign(arm=table["row"].str.split(".").str[1])
        above = [arms.index(cell.arm) < arms.index(cell.column) for cell in cells.itertuples()]
        assert set(cells.loc[above, "printed"]) == {""}


def test_both_versions_are_told_apart():
    own = CELLS[CELLS["arm"] == "asymmetric_unified_focal_deep_supervision"]
    assert own["table"].str.startswith("v3").all()
    assert set(CELLS.loc[CELLS["arm"] == "mixed_focal", "table"]) == {"1", "3"}
    assert CELLS.loc[CELLS["table"].isin(list("1234")), "place"].str.startswith("v1").all()


def test_the_values_of_the_abstract_are_those_of_the_third_version_s_tables(text):
    own = CELLS[CELLS["arm"] == "asymmetric_unified_focal_deep_supervision"].set_index(["dataset", "class"])["value"]
    for fact, cell in (
        ("dice_bus2017", own["bus2017"].iloc[0]),
        ("dice_brats2020", own["brats2020"].iloc[0]),
        ("dice_kits19_tumour", own["kits19", "tumour"]),
    ):
        assert FACTS.loc[fact, "value"] == cell
        assert f"{cell:.3f}" in text[:4000]


def test_a_setting_is_unknown_exactly_where_it_has_no_value():
    assert (FACTS["value"].isna() == (FACTS["status"] == "unknown")).all()
    assert FACTS.loc[["epochs_kits19", "patch_brats2020", "scans_brats2020"], "status"].eq("unknown").all()


def test_inferred_counts_add_up():
    value = FACTS["value"]
    left = value["scans_of_kits19"] - value["without_labels_kits19"] - value["left_out_kits19"]
    assert (value["scans_kits19"], value["labelled_brats2020"]) == (left, 494 - 125)


def test_the_protocols_have_the_known_and_inferred_settings(root):
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    value, kits = FACTS["value"], params["protocols"]["unified_focal_kits19"]
    assert kits["patch"] == [value["patch_slices_kits19"], *[value["patch_side_kits19"]] * 2]
    assert (kits["batch_size"], kits["learning_rate"], kits["folds"], kits["overlap"]) == tuple(
        value[["batch_size_kits19", "first_learning_rate", "folds", "overlap_kits19"]]
    )
    assert params["datasets"]["kits19"]["view"]["clip"] == list(value[["lowest_hu_kits19", "highest_hu_kits19"]])
    losses = params["losses"]["unified_focal"]
    assert losses["focal_tversky"]["focal_tversky"]["exponent"] == value["exponent_of_focal_tversky"]
    assert losses["tversky"]["tversky"]["fn_weight"] == value["fn_weight_of_tversky"]
    assert losses["focal"]["focal"]["exponent"] == value["gamma_of_focal"]


def test_the_papers_order_of_its_data_sets():
    assert published_datasets("unified_focal") == ("kits19", "brats2020", "bus2017")


def test_the_claims_are_numbered_and_each_has_what_decides_it():
    claims = load_claims("unified_focal")
    assert [claim["id"] for claim in claims] == [f"uf.{number}" for number in range(1, 15)]
    for claim in claims:
        assert set(claim["kind"]) <= set(load_rules()["kinds"])
        assert claim["decided_by"] in (MEASURES if claim.get("comparisons") else COMPUTATIONS)


def test_every_comparison_names_arms_metrics_and_expectations_that_exist(root):
    arms = {*yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]}
    mask = np.eye(2, dtype=bool)[None]
    known = {*case_metrics(mask, mask, (1, 1, 1))} | COMPUTED
    for claim in load_claims("unified_focal"):
        for comparison in claim.get("comparisons", ()):
            if comparison.get("measured_on") == "sweep":
                continue
            assert comparison["expect"] in load_rules()["expectations"]
            assert comparison["metric"] in known
            named = {comparison["arm"], comparison["baseline"], *comparison.get("others", ())} - NO_ARM
            named |= {*comparison.get("family", ())}
            for dataset in comparison["datasets"]:
                assert {f"{dataset}-{arm}" for arm in named} <= arms, (claim["id"], dataset)


def test_the_stand_in_has_the_arms_of_every_claim_that_may_use_it(root):
    arms = {*yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]}
    for claim in load_claims("unified_focal"):
        for comparison in claim.get("comparisons", ()) if "instead" in claim else ():
            if comparison.get("decides", True):
                named = {comparison["arm"], comparison["baseline"], *comparison.get("others", ())} - NO_ARM
                assert {f"hippocampus-{arm}" for arm in named} <= arms, claim["id"]
