"""The variance of a seed study: against the analysis of variance of statsmodels, and against known components."""

import json

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from segloss.errors import InputError
from segloss.statistics import load_seed_study, seed_spread, spread_of
from segloss.tables import seed_table

PARTS = ("seed", "fold", "case", "rest")


def drawn(rng, *, folds, cases, seeds, seed=0.0, fold=0.0, case=0.0, rest=0.0):
    """A table of cases by seeds with these standard deviations, and the fold of each case."""
    blocks = [
        rng.normal(0, fold)
        + rng.normal(0, seed, seeds)
        + rng.normal(0, case, (cases, 1))
        + rng.normal(0, rest, (cases, seeds))
        for _ in range(folds)
    ]
    index = [f"case{number}" for number in range(folds * cases)]
    table = pd.DataFrame(np.concatenate(blocks), index=index, columns=range(1, seeds + 1))
    return table, pd.Series(np.repeat(range(folds), cases), index=index)


def test_with_one_fold_the_variances_are_those_of_a_crossed_analysis_of_variance():
    table, folds = drawn(np.random.default_rng(1), folds=1, cases=9, seeds=4, seed=0.1, case=0.2, rest=0.05)
    long = table.stack().rename_axis(["case", "seed"]).rename("y").reset_index()
    squares = anova_lm(ols("y ~ C(seed) + C(case)", long).fit())["mean_sq"]
    found = spread_of(table, folds).variances
    assert found["rest"] == pytest.approx(squares["Residual"])
    assert found["seed"] == pytest.approx((squares["C(seed)"] - squares["Residual"]) / 9)
    assert found["case"] == pytest.approx((squares["C(case)"] - squares["Residual"]) / 4)
    assert np.isnan(found["fold"])


def test_with_equal_folds_the_variances_are_those_of_a_nested_analysis_of_variance():
    table, folds = drawn(np.random.default_rng(2), folds=3, cases=5, seeds=4, seed=0.1, fold=0.3, case=0.2, rest=0.05)
    long = (
        table.stack()
        .rename_axis(["case", "seed"])
        .rename("y")
        .reset_index()
        .assign(fold=lambda f: f["case"].map(folds))
    )
    long["within"] = long.groupby("fold")["case"].transform(lambda names: pd.factorize(names)[0])
    squares = anova_lm(ols("y ~ C(fold) + C(fold):C(seed) + C(fold):C(within)", long).fit())["mean_sq"]
    rest = squares["Residual"]
    of_seeds, of_cases = squares["C(fold):C(seed)"], squares["C(fold):C(within)"]
    found = spread_of(table, folds).variances
    assert found["seed"] == pytest.approx((of_seeds - rest) / 5)
    assert found["case"] == pytest.approx((of_cases - rest) / 4)
    assert found["fold"] == pytest.approx((squares["C(fold)"] - of_seeds - of_cases + rest) / (5 * 4))


def test_with_unequal_folds_the_mean_estimate_is_the_true_variance():
    rng, found = np.random.default_rng(3), []
    true = {"seed": 0.5, "fold": 1.0, "case": 2.0, "rest": 0.7}
    for _ in range(400):
        table, folds = drawn(rng, folds=3, cases=5, seeds=3, **true)
        kept = table.drop(["case0", "case1", "case5"])
        found.append([spread_of(kept, folds).variances[part] for part in PARTS])
    errors = np.std(found, axis=0) / np.sqrt(len(found))
    assert np.all(np.abs(np.mean(found, axis=0) - [true[part] ** 2 for part in PARTS]) < 4 * errors)


@pytest.mark.parametrize("folds", [1, 2])
def test_a_part_that_is_not_there_is_estimated_as_nothing_in_the_mean_below_zero_as_often_as_above(folds):
    rng, found = np.random.default_rng(4), []
    for _ in range(150):
        table, fold_of = drawn(rng, folds=folds, cases=6, seeds=3, case=1.0, rest=0.5)
        found.append(spread_of(table, fold_of).variances["seed"])
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))
    assert 0.4 < np.mean(np.less(found, 0)) < 0.7


def test_a_fold_that_one_seed_did_not_finish_is_left_out_under_every_seed():
    table, folds = drawn(np.random.default_rng(5), folds=2, cases=6, seeds=3, seed=0.1, fold=1.0, case=0.2, rest=0.1)
    second = folds[folds == 1].index
    unfinished = table.copy()
    unfinished.loc[second, 2] = np.nan
    found, expected = spread_of(unfinished, folds), spread_of(table.drop(second), folds.drop(second))
    assert (found.cases, found.left_out) == (6, 6)
    assert found.by_seed == expected.by_seed
    assert found.variances == pytest.approx(expected.variances, nan_ok=True)
    assert np.isnan(found.variances["fold"])


def test_seeds_that_finished_different_folds_have_nothing_in_common():
    table, folds = drawn(np.random.default_rng(6), folds=2, cases=4, seeds=2, case=0.2)
    table.loc[folds == 0, 1] = np.nan
    table.loc[folds == 1, 2] = np.nan
    found = spread_of(table, folds)
    assert (found.cases, found.left_out) == (0, 8)
    assert np.isnan([found.mean, found.sd_seeds, *found.variances.values()]).all()


def test_the_spread_over_seeds_is_that_of_the_means():
    table = pd.DataFrame({1: [0.5, 0.7], 2: [0.6, 0.8], 3: [0.4, 0.6]}, index=["a", "b"])
    spread = spread_of(table, pd.Series(0, index=table.index))
    assert spread.by_seed == pytest.approx({1: 0.6, 2: 0.7, 3: 0.5})
    assert spread.sd_seeds == pytest.approx(0.1)
    assert spread.sd_cases == pytest.approx(np.sqrt(0.02))


def test_a_negative_estimate_counts_as_nothing_in_the_shares():
    table = pd.DataFrame({1: [0.0, 1.0], 2: [1.0, 0.0]}, index=["a", "b"])
    spread = spread_of(table, pd.Series(0, index=table.index))
    assert spread.variances["seed"] < 0
    assert {part: spread.shares[part] for part in ("seed", "case", "rest")} == {"seed": 0.0, "case": 0.0, "rest": 1.0}


def test_a_case_without_a_value_under_a_seed_and_a_seed_without_values_are_left_out():
    table = pd.DataFrame({1: [0.5, 0.7, 0.2], 2: [0.6, 0.8, np.nan], 3: [np.nan] * 3}, index=list("abc"))
    spread = spread_of(table, pd.Series(0, index=table.index))
    assert (spread.cases, spread.left_out, list(spread.by_seed)) == (2, 1, [1, 2])


@pytest.mark.parametrize("table", [{1: [0.5]}, {1: [0.5, 0.6]}, {1: [0.5], 2: [0.6]}, {1: [np.nan], 2: [np.nan]}])
def test_of_too_little_the_variances_stay_unknown(table):
    frame = pd.DataFrame(table)
    assert np.isnan(list(spread_of(frame, pd.Series(0, index=frame.index)).variances.values())).all()


@pytest.fixture
def folder(tmp_path):
    """Two arms on two patients with two scans each, two classes, three seeds; the difference is 0.1 times the seed."""
    scans = {"p1a": 0.2, "p1b": 0.4, "p2a": 0.5, "p2b": 0.5}
    rows = [
        (seed, arm, 0, scan, name, "dice", dice + sign * 0.05 + (0.1 * seed if arm == "kappa" else 0.0))
        for seed in (1, 2, 3)
        for arm in ("dice", "kappa")
        for scan, dice in scans.items()
        for name, sign in (("left", 1), ("right", -1))
    ]
    columns = ["seed", "arm", "fold", "case", "class", "metric", "value"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "acdc.csv", index=False)
    provenance = {"title": "ACDC", "kind": "phantom", "seeds": [1, 2, 3], "arms": {"dice": {}, "kappa": {}}}
    provenance |= {"subjects": {scan: scan[:2] for scan in scans}, "fingerprints": {"data": "dd", "code": "cc"}}
    (tmp_path / "acdc-provenance.json").write_text(json.dumps(provenance))
    return tmp_path


def test_the_unit_is_the_subject_and_the_mean_over_classes(folder):
    spread = seed_spread(load_seed_study(folder), "acdc", "dice")
    assert (spread.cases, spread.mean) == (2, pytest.approx(0.4))
    assert spread.sd_cases == pytest.approx(np.std([0.3, 0.5], ddof=1))


def test_the_difference_of_two_arms_is_paired_by_seed_and_subject(folder):
    spread = seed_spread(load_seed_study(folder), "acdc", "kappa", "dice")
    assert spread.by_seed == pytest.approx({1: 0.1, 2: 0.2, 3: 0.3})
    assert spread.sd_cases == pytest.approx(0)


def test_the_table_has_a_row_per_arm_and_one_for_the_difference(folder):
    table = seed_table(folder, "kappa", "dice")
    assert list(table["arm"]) == ["Dice", "kappa".capitalize(), "Kappa − Dice"]
    assert set(table["data set"]) == {"ACDC (phantom)"}
    assert table["mean by seed"].iloc[-1] == "+0.100; +0.200; +0.300"
    assert table["SD over seeds of the mean"].to_list() == ["0.000", "0.100", "0.100"]
    assert table["variance: fold"].to_list() == ["–"] * 3
    assert set(table["data · code"]) == {"dd · cc"}


def test_the_table_says_where_an_estimate_was_negative(folder):
    rows = pd.read_csv(folder / "acdc.csv")
    rows.loc[rows["case"].str.startswith("p1"), "value"] -= 0.2 * rows["seed"]
    rows.loc[rows["case"].str.startswith("p2"), "value"] += 0.2 * rows["seed"]
    rows.to_csv(folder / "acdc.csv", index=False)
    assert seed_table(folder, "kappa", "dice")["variance: seed"].iloc[0] == "0% (estimate below 0)"


def test_without_a_study_the_table_is_one_line_that_says_so(tmp_path):
    assert seed_table(tmp_path / "seeds", "kappa", "dice").to_numpy().tolist() == [["–", "no seed study at this scale"]]


def test_missing_metrics_of_a_study_end_in_one_sentence(folder):
    (folder / "acdc.csv").unlink()
    with pytest.raises(InputError, match=r"acdc\.csv is missing; expected the metrics of the seed study"):
        load_seed_study(folder)
