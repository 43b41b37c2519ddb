"""What the statistics make of several classes in one case."""

import numpy as np
import pandas as pd
import pytest

from segloss.statistics import case_values, fold_means, summarise

NAN = float("nan")


def measured(**values):
    """Metrics of two classes: metric to rows of cases (a, b, c, d), pairs of the classes; folds 0, 1, 0, 1."""
    rows = [
        ("acdc", "dice", number % 2, case, name, metric, value)
        for metric, pairs in values.items()
        for number, (case, pair) in enumerate(zip("abcd", pairs, strict=True))
        for name, value in zip(("left", "right"), pair, strict=True)
    ]
    columns = ["dataset", "arm", "fold", "case", "class", "metric", "value"]
    return pd.DataFrame(rows, columns=columns).astype({"arm": "category", "class": "category"})


DICE = [(0.8, 0.6), (0.4, NAN), (NAN, NAN), (0.0, 0.5)]


def test_a_case_has_the_mean_over_the_classes_that_have_a_value():
    values = case_values(measured(dice=DICE), "acdc", "dice")["dice"]
    assert values.to_dict() == pytest.approx({"a": 0.7, "b": 0.4, "c": NAN, "d": 0.25}, nan_ok=True)


def test_a_class_can_be_taken_alone():
    values = case_values(measured(dice=DICE), "acdc", "dice", ["right"])["dice"]
    assert values.to_list() == pytest.approx([0.6, NAN, NAN, 0.5], nan_ok=True)


@pytest.mark.parametrize("metric", ["hausdorff_mm", "hausdorff95_mm", "hausdorff_px"])
def test_a_distance_is_infinite_where_any_class_is_missed(metric):
    metrics = measured(dice=DICE, **{metric: [(2.0, 4.0), (3.0, NAN), (NAN, NAN), (NAN, 5.0)]})
    values = case_values(metrics, "acdc", metric)["dice"]
    assert values.to_list() == pytest.approx([3.0, 3.0, NAN, np.inf], nan_ok=True)


def test_means_of_folds_are_over_cases_of_means_over_classes():
    folds = fold_means(measured(dice=DICE), "acdc", "dice")["dice"]
    assert folds.to_dict() == pytest.approx({0: 0.7, 1: (0.4 + 0.25) / 2})
    assert fold_means(measured(dice=DICE), "acdc", "dice", ["left"])["dice"].to_dict() == {0: 0.8, 1: 0.2}


def test_the_summary_counts_cases_and_not_classes():
    row = summarise(measured(dice=DICE)).iloc[0]
    assert (row["cases"], row["undefined"], row["folds"]) == (3, 1, 2)
    assert row["mean"] == pytest.approx(np.mean([0.7, 0.4, 0.25]))
    assert row["sd_images"] == pytest.approx(np.std([0.7, 0.4, 0.25], ddof=1))


def test_the_summary_by_class_has_rows_of_each_class():
    table = summarise(measured(dice=DICE), by_class=True).set_index("class")
    assert table["mean"].to_dict() == pytest.approx({"left": 0.4, "right": 0.55})
    assert table["undefined"].to_dict() == {"left": 1, "right": 2}
