"""The published numbers and claims, held against the paper's own text and against params.yaml."""

from collections import Counter
from importlib.resources import files

import pytest
import yaml

from segloss.published import (
    PAPERS,
    load_claims,
    load_published,
    load_rules,
    printed_names,
    published_datasets,
    published_facts,
)

CELLS = load_published("kappa")


def test_the_papers_are_those_that_have_claims():
    claims = yaml.safe_load(files("segloss.published").joinpath("claims.yaml").read_text(encoding="utf-8"))["claims"]
    assert set(PAPERS) == set(claims)


def test_every_cell_of_the_three_tables_is_there():
    assert Counter(CELLS["table"]) == {"1": 9, "2": 36, "3": 21}


@pytest.mark.parametrize(
    ("table", "dataset", "arm", "metric", "printed"),
    [
        ("2", "scd_nonmelanoma", "kappa", "hausdorff", "4.70 ± 2.02"),
        ("2", "isic2016", "kappa", "dice", "0.84 ± 0.01"),
        ("2", "isic2016", "p", "dice", "0.000"),
        ("2", "isic2018", "p", "hausdorff", "0.066"),
        ("3", "isic2016", "dice", "dice", "0.80 ± 0.04"),
        ("3", "scd", "cross_entropy_then_kappa", "dice", "0.82 ± 0.04"),
        ("3", "isic2018", "kappa_then_cross_entropy", "dice", "0.77 ± 0.07"),
    ],
)
def test_a_cell_is_as_printed(table, dataset, arm, metric, printed):
    cell = CELLS[(CELLS["table"] == table) & (CELLS["dataset"] == dataset) & (CELLS["arm"] == arm)]
    assert cell[cell["metric"] == metric]["printed"].item() == printed


def test_every_number_says_what_it_is_of_and_where_it_stands():
    numbers = CELLS[CELLS["value"].notna()]
    assert numbers[["dataset", "arm", "metric", "unit", "n", "place"]].notna().all().all()
    means = numbers[numbers["arm"] != "p"]
    assert means[["spread", "spread_kind"]].notna().all().all()
    assert numbers[numbers["arm"] == "p"]["spread"].isna().all()


def test_tables_agree_with_the_text_of_the_paper_where_it_is_at_hand(real_data):
    text = real_data.parent / "papers" / "kappa.txt"
    if not text.is_file():
        pytest.skip("the paper's text is not at hand")
    plain = text.read_text(encoding="utf-8").replace("{\\pm}", "\\pm").replace("{", "").replace("}", "")
    plain = plain.replace("\\boldsymbol", "").replace("\\pm", " ± ").replace("$", "").replace("  ", " ")
    printed = CELLS[CELLS["table"].isin(["2", "3"])]["printed"]
    assert all(cell in plain for cell in printed)


def test_unknown_stays_unknown():
    facts = published_facts("kappa").set_index("fact")["value"]
    assert facts["parameters_16_filters"] == 1946449
    assert facts[["seeds", "threshold", "augmentation_amounts"]].isna().all()


def test_the_papers_order_and_names_of_its_data_sets():
    datasets = published_datasets("kappa")
    assert datasets == ("scd_nonmelanoma", "scd_melanoma", "scd", "isic2016", "isic2017", "isic2018")
    assert tuple(printed_names("kappa")) == datasets
    assert published_datasets("no_such_paper") == ()


def test_the_claims_are_numbered_and_each_has_what_decides_it():
    claims = load_claims("kappa")
    assert [claim["id"] for claim in claims] == [f"kappa.{number}" for number in range(1, 13)]
    for claim in claims:
        assert set(claim["kind"]) <= set(load_rules()["kinds"])
        assert claim["place"]
        assert claim["kind"] == ["A"] or claim["comparisons"]


def test_every_comparison_names_arms_metrics_and_expectations_that_exist(root):
    arms = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]
    for claim in load_claims("kappa"):
        for comparison in claim.get("comparisons", ()):
            assert comparison["expect"] in load_rules()["expectations"]
            assert comparison["metric"] in {*load_rules()["margins"], "epochs_to_plateau"}
            for dataset in comparison["datasets"]:
                for side in ("arm", "baseline"):
                    assert {f"{dataset}-{arm}" for arm in comparison[side].split(" - ")} <= set(arms)


def test_the_margins_are_those_fixed_beforehand():
    margins = load_rules()["margins"]
    assert (margins["dice"], margins["sensitivity"], margins["hausdorff_px"]) == (0.01, 0.02, {"relative": 0.05})
