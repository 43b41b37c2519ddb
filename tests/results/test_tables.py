"""Tables: what every row and head says, on chosen results."""

import numpy as np
import pytest

from segloss import tables
from segloss.statistics import compare, comparison_frame
from segloss.verdicts import decide_claims

DICE = np.linspace(0.6, 0.9, 9) ** 1.1
HAUSDORFF = np.linspace(4, 12, 9)


@pytest.fixture
def results(make_results):
    metrics = {
        "dice": {"dice": DICE, "kappa": DICE + 0.01, "predict_nothing": DICE * 0, "predict_everything": DICE * 0 + 0.4},
        "iou": {"dice": DICE - 0.1},
        "hausdorff_px": {"dice": HAUSDORFF, "kappa": HAUSDORFF - 1, "predict_nothing": HAUSDORFF * np.nan},
    }
    return make_results(
        {"isic2018": metrics, "isic2016": {}},
        outcomes={"isic2018": {"cross_entropy": "diverged"}, "isic2016": {"dice": "absent"}},
    )


def test_ours_stands_beside_the_published_value_with_data_and_spreads(results):
    table = tables.published_versus_replicated("kappa", "2", results)
    row = table[(table["data set"] == "ISIC 2018 (phantom)") & (table["arm"] == "Dice")].iloc[0]
    ours = "Dice, ours on phantoms: mean ± SD over images [SD over folds]"
    assert (
        row[ours]
        == f"{DICE.mean():.3f} ± {DICE.std(ddof=1):.3f} [{np.std([DICE[k::3].mean() for k in range(3)], ddof=1):.3f}]"
    )
    assert row["Dice, published"] == "0.81 ± 0.03"
    assert row["Dice, difference"] == "not comparable"
    assert row["images"] == "9"


def test_absent_data_and_failed_arms_keep_their_rows(results):
    second = tables.published_versus_replicated("kappa", "2", results)
    absent = second[second["data set"] == "ISIC 2016 (absent)"]
    assert absent.iloc[:, 2].to_list() == ["absent", "absent"]
    third = tables.published_versus_replicated("kappa", "3", results, ("dice", "iou"))
    row = third[(third["data set"] == "ISIC 2018 (phantom)") & (third["arm"] == "cross entropy")].iloc[0]
    assert row.iloc[2] == "diverged"


def test_the_trivial_rows_are_there_and_an_undefined_distance_is_counted(results):
    table = tables.published_versus_replicated("kappa", "2", results)
    row = table[table["arm"] == "predict nothing"].iloc[0]
    assert row["Hausdorff (px at 64), ours on phantoms: mean ± SD over images [SD over folds]"] == "undefined"
    assert row["undefined"] == "9"
    assert {"predict everything", "mean training mask"} <= set(table["arm"])


def test_a_metric_that_the_paper_does_not_print_has_no_published_column(results):
    table = tables.published_versus_replicated("kappa", "3", results, ("dice", "iou"))
    assert any(column.startswith("IoU, ours") for column in table)
    assert "IoU, published" not in table
    assert "Dice, published" in table


def test_a_difference_is_shown_on_the_papers_own_data_only(make_results):
    results = make_results({"isic2018": {"dice": {"dice": DICE, "kappa": DICE}}}, kinds={"isic2018": "paper"})
    table = tables.published_versus_replicated("kappa", "2", results, ("dice",))
    cell = table[(table["data set"] == "ISIC 2018") & (table["arm"] == "Dice")].iloc[0]["Dice, difference"]
    assert cell.startswith("−0.0")


def test_the_paired_test_stands_beside_the_papers_own(results):
    frame = comparison_frame([compare(results, "isic2018", "kappa", "dice", m) for m in ("dice", "hausdorff_px")])
    row = tables.comparison_table(frame, results).iloc[0]
    assert row["data set"] == "ISIC 2018 (phantom)"
    assert row["comparison"] == "Dice: Kappa − Dice"
    assert row["p, signed-rank"] == "0.004"
    assert row["p, Holm"] == "0.008"
    assert float(row["the paper's t-test, images"]) > 0.5


def test_the_ranking_names_the_share_of_resamples(results):
    table = tables.ranking_table(results, ["dice", "kappa"], resamples=50)
    assert table["arm"].to_list() == ["Kappa", "Dice"]
    assert table["ranks first in"].to_list() == ["100.0%", "0.0%"]


def test_printed_p_values_are_recomputed():
    table = tables.recomputed_table()
    row = table[(table["data set"] == "ISIC-17") & (table["metric"] == "dice")].iloc[0]
    assert (row["p, printed"], row["the printed p fits"]) == ("0.067", "none")
    assert row["p, t-test over images"].startswith("7e-45")


def test_one_of_six_cells_agrees_with_the_text_as_errata_k9_says():
    assert tables.text_against_table()["in the table"].value_counts().to_dict() == {"better": 1, "equal": 2, "worse": 3}


def test_all_means_of_table_3_repeat_table_2_and_one_spread_does_not_as_errata_k8_says():
    table = tables.repeated_cells()
    assert set(table["same mean"]) == {"yes"}
    assert table.loc[table["same spread"] == "no", ["data set", "arm"]].to_numpy().tolist() == [["ISIC-16", "Dice"]]


def test_outcomes_cases_and_origin_are_told(results):
    outcomes = tables.outcomes_table(results)
    assert "diverged" in outcomes["outcome"].to_list()
    assert tables.left_out_table(results)["reason"].to_list() == ["x_mask.png is missing."] * 2
    origin = tables.provenance_table(results)
    assert origin.loc[1, ["data", "code", "parameters"]].to_list() == ["d" * 12, "c" * 12, "–"]


def test_every_cell_is_text_and_every_table_has_rows(results):
    verdicts = decide_claims("kappa", results, resamples=50)
    frames = [
        tables.published_versus_replicated("kappa", "2", results),
        tables.recomputed_table(),
        tables.outcomes_table(results),
        tables.provenance_table(results),
        tables.verdict_table(verdicts),
    ]
    for frame in frames:
        assert len(frame)
        assert not frame.isna().any().any()
