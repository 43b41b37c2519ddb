"""The Boundary paper's numbers and claims, held against its own text and against params.yaml."""

import re

import numpy as np
import pytest
import yaml

from segloss.evaluation.lesions import lesion_metrics
from segloss.metrics import case_metrics
from segloss.published import load_claims, load_published, load_rules, published_datasets, published_facts
from segloss.statistics import TRIVIAL_ARMS
from segloss.verdicts.measures import MEASURES

CELLS = load_published("boundary")
# Metrics that are computed from the curves of training, and one that no evaluation can measure.
OF_CURVES, NOT_MEASURED = {"roughness", "gap_opening"}, {"step_time"}


@pytest.fixture
def text(real_data):
    """The paper's text, with words broken at line ends joined."""
    path = real_data.parent / "papers" / "boundary.txt"
    if not path.is_file():
        pytest.skip("the paper's text is not at hand")
    return path.read_text(encoding="utf-8")


def test_every_cell_of_table_1_is_there():
    assert len(CELLS) == 12
    assert published_datasets("boundary") == ("isles2018", "wmh2017")
    assert set(CELLS.loc[CELLS["value"].isna(), "printed"]) == {"NA"}
    assert set(CELLS.loc[CELLS["value"].isna(), "arm"]) == {"boundary"}


@pytest.mark.parametrize(
    ("dataset", "arm", "metric", "value", "spread"),
    [
        ("isles2018", "boundary", "dice", 0.321, 0.0),
        ("isles2018", "generalized_dice_plus_boundary", "hausdorff", 3.562, 0.009),
        ("wmh2017", "generalized_dice", "dice", 0.727, 0.006),
    ],
)
def test_a_cell_is_read_as_mean_and_deviation(dataset, arm, metric, value, spread):
    cell = CELLS[(CELLS["dataset"] == dataset) & (CELLS["arm"] == arm) & (CELLS["metric"] == metric)].iloc[0]
    assert (cell["value"], cell["spread"]) == (value, spread)
    assert cell["spread_kind"] == "standard deviation over 2 runs"
    assert cell["unit"] == {"dice": "1", "hausdorff": "mm"}[metric]


def test_the_table_agrees_with_the_text_of_the_paper_where_it_is_at_hand(text):
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in text.splitlines() if "\t" in line}
    printed = [cells for head, cells in rows.items() if head.startswith("$")]
    assert [cell for row in printed for cell in row] == CELLS["printed"].to_list()


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("gain_hausdorff", "10% improvement in Hausdorff"),
        ("batch_size", "batch size equal to 8"),
        ("learning_rate_patience", "during 20 epochs"),
        ("alpha_last", "reached the value of 0.01"),
        ("validation_isles", "74 and 20 examples"),
        ("slices_highest", "between 2 and 16 slices"),
        ("background_over_foreground", "500 times smaller"),
    ],
)
def test_a_fact_agrees_with_the_text_of_the_paper_where_it_is_at_hand(text, fact, words):
    value = published_facts("boundary").set_index("fact")["value"][fact]
    assert words in re.sub(r"\s+", " ", text)
    assert f"{value:g}" in words


def test_unknown_stays_unknown():
    facts = published_facts("boundary").set_index("fact")["value"]
    assert facts[["epochs", "test_part", "spacing", "filters", "p_value"]].isna().all()


def test_the_claims_are_numbered_and_each_has_what_decides_it():
    claims = load_claims("boundary")
    assert [claim["id"] for claim in claims] == [f"bd.{number}" for number in range(1, 13)]
    for claim in claims:
        assert set(claim["kind"]) <= set(load_rules()["kinds"])
        assert claim["decided_by"] in MEASURES if claim.get("comparisons") else "A" in claim["kind"]


def test_every_comparison_names_arms_metrics_and_expectations_that_exist(root):
    arms = {*yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]}
    mask = np.eye(2, dtype=bool)[None]
    known = {*case_metrics(mask, mask, (1, 1, 1)), *lesion_metrics(mask, mask, (1, 1, 1))} | OF_CURVES | NOT_MEASURED
    for claim in load_claims("boundary"):
        for comparison in claim.get("comparisons", ()):
            assert comparison["expect"] in load_rules()["expectations"]
            assert comparison["metric"] in known
            for dataset in comparison["datasets"]:
                trained = {comparison["arm"], comparison["baseline"]} - {*TRIVIAL_ARMS}
                assert {f"{dataset}-{arm}" for arm in trained} <= arms
