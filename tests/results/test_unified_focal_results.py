"""Statistics, verdicts and tables of the Unified Focal paper on chosen results."""

import math
from inspect import signature
from itertools import combinations
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from segloss import tables
from segloss.losses import LOSSES
from segloss.published import load_claims
from segloss.statistics import (
    Results,
    balance_frame,
    gamma_of,
    gamma_sweep,
    pairwise_tests,
    precision_minus_recall,
    recall_precision_distance,
    size_interaction,
    structure_values,
    structures_of,
    variance_ratio,
)
from segloss.statistics.sweep import Sweep
from segloss.verdicts import decide_claims
from segloss.verdicts.unified_focal_arithmetic import (
    largest_deviation,
    most_scans,
    needed_deviation,
    printed_p_values,
    smallest_rank_sum_p,
    unit_of_the_statistics,
)

V1 = ["focal", "dice", "tversky", "cosine_tversky", "focal_tversky", "combo", "mixed_focal"]
CASES = 24
RNG = np.random.default_rng(3)
BASE = RNG.uniform(0.5, 0.8, CASES)
SHARES = {"kidney": np.geomspace(0.004, 0.02, CASES), "tumour": np.geomspace(0.0002, 0.004, CASES)}
COLUMNS = ["dataset", "arm", "fold", "case", "class", "metric", "value"]
HISTORY = ["dataset", "arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]


def made_up(values: dict, dataset: str = "kits19", kind: str = "subset", shares: dict | None = None) -> Results:
    """Results of one data set from values by arm, class and metric, one per case; case k is tested in fold k % 5."""
    shares = SHARES if shares is None else shares
    rows = [
        (dataset, "truth", k % 5, f"case{k:02}", name, "foreground_share", share)
        for name, of_class in shares.items()
        for k, share in enumerate(of_class)
    ]
    rows += [
        (dataset, arm, k % 5, f"case{k:02}", name, metric, value)
        for arm, classes in values.items()
        for name, metrics in classes.items()
        for metric, numbers in metrics.items()
        for k, value in enumerate(numbers)
    ]
    history = [(dataset, arm, 0, 1, arm, 1.0, 1.0, 0.5 + 0.01 * n) for n, arm in enumerate(values)]
    arms = {arm: {"outcome": "done"} for arm in values}
    provenance = {dataset: {"title": dataset.upper(), "kind": kind, "arms": arms, "image_size": None}}
    return Results(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(history, columns=HISTORY), provenance)


def of_gains(gains: dict[str, float], dataset: str = "kits19", **options) -> Results:
    """Dice of each arm is that of its case plus its gain and a little noise; recall below precision by the gain."""
    values = {}
    for number, (arm, gain) in enumerate(gains.items()):
        noise = np.random.default_rng(number).normal(0, 0.003, CASES)
        dice = BASE + gain + noise
        values[arm] = {name: {"dice": dice, "sensitivity": dice, "precision": dice} for name in SHARES}
    return made_up(values, dataset, **options)


def verdict_of(claim: str, results: Results) -> tuple[str, pd.DataFrame]:
    """The verdict and the comparisons of one claim; the others are not decided, for speed."""
    only = [known for known in load_claims("unified_focal") if known["id"] == claim]
    with mock.patch("segloss.verdicts.claims.load_claims", return_value=only):
        found = decide_claims("unified_focal", results, resamples=200)
    return found.claims.set_index("id")["verdict"][claim], found.comparisons.query("id == @claim")


# ------------------------------------------------------------------------------------------ arithmetic


def test_the_smallest_rank_sum_p_is_that_of_complete_separation():
    for folds in (3, 5, 8):
        exact = stats.mannwhitneyu(range(folds), range(folds, 2 * folds), method="exact").pvalue
        assert smallest_rank_sum_p(folds) == pytest.approx(exact)


def test_no_values_between_0_and_1_with_this_mean_spread_further():
    zeros_and_ones = np.repeat([0.0, 1.0], [253, 747])
    assert largest_deviation(0.747) == pytest.approx(zeros_and_ones.std())
    assert all(RNG.beta(a, 1, 10_000).std() < largest_deviation(a / (a + 1)) for a in (0.1, 1, 3))


def test_the_most_scans_of_an_interval_is_where_the_needed_deviation_passes_the_largest():
    most = most_scans(0.747, 0.05)
    assert needed_deviation(0.05, most) <= largest_deviation(0.747) < needed_deviation(0.05, most + 1)


def test_the_two_units_cannot_be_one():
    found = unit_of_the_statistics()
    assert printed_p_values().min() == 0.00145
    assert found.verdict == "contradicted"
    assert "at most 290 scans" in found.ours
    assert f"missing from {369 - 290} of the 369 scans" in found.reason


# ------------------------------------------------------------------------------------------- all pairs


def test_the_matrix_holds_scipys_tests_of_every_pair():
    results = of_gains({"focal": 0.0, "dice": 0.01, "combo": 0.05})
    found = pairwise_tests(results, "kits19", ["focal", "dice", "combo"], structure="tumour", resamples=100)
    values = results.metrics.query("metric == 'dice' and `class` == 'tumour'").pivot(
        index="case", columns="arm", values="value"
    )
    for (column, row), line in zip(combinations(["focal", "dice", "combo"], 2), found.itertuples(), strict=True):
        assert (line.row, line.column, line.cases) == (row, column, CASES)
        assert line.rank_sum == pytest.approx(stats.ranksums(values[row], values[column]).pvalue)
        assert line.signed_rank == pytest.approx(stats.wilcoxon(values[row], values[column]).pvalue)
        assert line.difference == pytest.approx((values[row] - values[column]).mean())


def test_holm_runs_over_all_pairs_of_a_structure():
    found = pairwise_tests(of_gains(dict.fromkeys(V1, 0.0)), "kits19", V1, structure="kidney", resamples=20)
    assert len(found) == 21
    smallest = found["signed_rank"].idxmin()
    assert found.loc[smallest, "signed_rank_holm"] == pytest.approx(min(1, 21 * found.loc[smallest, "signed_rank"]))


def test_the_unpaired_test_misses_what_the_paired_one_finds():
    line = pairwise_tests(of_gains({"focal": 0.0, "dice": 0.01}), "kits19", ["focal", "dice"]).iloc[0]
    assert line["rank_sum"] > 0.05
    assert line["signed_rank"] < 1e-4


def test_arms_without_values_are_left_out_of_the_matrix():
    assert pairwise_tests(of_gains({"focal": 0.0}), "kits19", V1).empty
    assert pairwise_tests(of_gains({"focal": 0.0}), "brats2020", V1).empty


# --------------------------------------------------------------------------------------------- balance


def test_precision_minus_recall_is_averaged_over_the_structures_of_a_case():
    half = np.full(CASES, 0.5)
    both = {
        "kidney": {"dice": half, "sensitivity": half, "precision": half + 0.3},
        "tumour": {"dice": half, "sensitivity": half, "precision": half - 0.1},
    }
    results = made_up({"dice": both})
    assert precision_minus_recall(results, "kits19")["dice"].to_numpy() == pytest.approx(np.full(CASES, 0.1))
    frame = balance_frame(results, "kits19", ["dice", "combo"], structures_of(results, "kits19"), resamples=50)
    assert dict(zip(frame["structure"], frame["difference"], strict=True)) == pytest.approx(
        {"kidney": 0.3, "tumour": -0.1}
    )


def test_a_structure_of_which_nothing_is_found_is_as_far_from_balance_as_can_be():
    nothing, half = np.zeros(CASES), np.full(CASES, 0.5)
    arms = {
        "empty": {"dice": nothing, "sensitivity": nothing, "precision": nothing},
        "balanced": {"dice": half, "sensitivity": half, "precision": half},
        "careful": {"dice": half, "sensitivity": half, "precision": half + 0.3},
    }
    results = made_up({arm: {"kidney": values, "tumour": arms["balanced"]} for arm, values in arms.items()})
    kidney = recall_precision_distance(results, "kits19", "kidney").mean()
    assert kidney[[*arms]].to_list() == pytest.approx([1.0, 0.0, 0.3])
    both = recall_precision_distance(results, "kits19").mean()
    assert both[[*arms]].to_list() == pytest.approx([0.5, 0.0, 0.15])
    frame = balance_frame(results, "kits19", [*arms], ["kidney"], resamples=50)
    assert frame["distance"].to_list() == pytest.approx([1.0, 0.0, 0.3])


def test_the_balance_of_an_absent_data_set_is_empty():
    assert balance_frame(of_gains({"dice": 0.0}), "brats2020", ["dice"]).empty


# ---------------------------------------------------------------------------------------------- spread


def test_the_ratio_of_variances_and_levenes_test_are_those_of_the_cases():
    wide, narrow = 0.6 + RNG.normal(0, 0.08, CASES), 0.6 + RNG.normal(0, 0.02, CASES)
    results = made_up({"focal_tversky": {"lesion": {"dice": wide}}, "combo": {"lesion": {"dice": narrow}}})
    found = variance_ratio(results, "kits19", "focal_tversky", "combo", resamples=500)
    assert found.log_ratio == pytest.approx(2 * math.log(wide.std() / narrow.std()))
    assert found.low > 0
    assert found.p == pytest.approx(stats.levene(wide, narrow, center="median").pvalue)


def test_over_folds_the_interval_is_that_of_the_f_distribution():
    wide, narrow = 0.6 + RNG.normal(0, 0.08, CASES), 0.6 + RNG.normal(0, 0.02, CASES)
    results = made_up({"a": {"lesion": {"dice": wide}}, "b": {"lesion": {"dice": narrow}}})
    found = variance_ratio(results, "kits19", "a", "b", over="folds")
    means = [np.array([values[fold::5].mean() for fold in range(5)]) for values in (wide, narrow)]
    ratio = means[0].var(ddof=1) / means[1].var(ddof=1)
    assert found.units == 5
    assert math.exp(found.log_ratio) == pytest.approx(ratio)
    assert math.exp(found.high) == pytest.approx(ratio / stats.f.ppf(0.025, 4, 4))


def test_two_folds_have_no_ratio():
    results = made_up({arm: {"lesion": {"dice": BASE}} for arm in "ab"})
    results.metrics["fold"] %= 2
    assert variance_ratio(results, "kits19", "a", "b", over="folds") is None


# ------------------------------------------------------------------------------------------------ size


def of_slope(slope: float) -> Results:
    """The gain of Dice loss over cross entropy changes by ``slope`` for each tenfold size of a structure."""
    values = {"dice": {}, "cross_entropy": {}}
    for name, shares in SHARES.items():
        noise = np.random.default_rng(len(name)).normal(0, 0.01, CASES)
        values["cross_entropy"][name] = {"dice": BASE}
        values["dice"][name] = {"dice": BASE + 0.1 + slope * np.log10(shares) + noise}
    return made_up(values)


@pytest.mark.parametrize("slope", [-0.08, 0.0, 0.08])
def test_the_interaction_is_the_slope_of_the_gain_on_the_logarithm_of_the_size(slope):
    results = of_slope(slope)
    found = size_interaction(results, "kits19", "dice", "cross_entropy", resamples=300)
    points = structure_values(results, "kits19")
    is_kidney = points.index.get_level_values("class") == "kidney"
    design = np.column_stack([np.log10(points["share"]), is_kidney, ~is_kidney]).astype(float)
    fitted = np.linalg.lstsq(design, points["dice"] - points["cross_entropy"])[0]
    assert found.slope == pytest.approx(fitted[0])
    assert found.low < slope < found.high
    assert (found.p < 0.05) == (slope != 0)
    assert found.subjects == CASES


def test_a_gain_that_one_class_has_and_another_has_not_is_no_matter_of_size():
    values = {"dice": {}, "cross_entropy": {name: {"dice": BASE} for name in SHARES}}
    for name, gain in (("kidney", 0.0), ("tumour", 0.1)):  # the tumours are the smaller ones
        noise = np.random.default_rng(len(name)).normal(0, 0.01, CASES)
        values["dice"][name] = {"dice": BASE + gain + noise}
    found = size_interaction(made_up(values), "kits19", "dice", "cross_entropy", resamples=300)
    assert found.low < 0 < found.high
    assert abs(found.slope) < 0.02


def test_a_class_that_few_subjects_have_keeps_its_place_in_the_resamples():
    results = of_slope(0.08)
    rare = (results.metrics["class"] == "tumour") & (results.metrics["case"] > "case01")
    results = Results(results.metrics[~rare], results.history, results.provenance)
    found = size_interaction(results, "kits19", "dice", "cross_entropy", resamples=300)
    assert found.low < 0.08 < found.high
    assert found.subjects == CASES


def test_structures_of_one_size_have_no_interaction():
    same = {name: np.full(CASES, 0.01) for name in SHARES}
    results = made_up({arm: {name: {"dice": BASE} for name in SHARES} for arm in ("a", "b")}, shares=same)
    assert size_interaction(results, "kits19", "a", "b") is None


# ----------------------------------------------------------------------------------------------- gamma


def test_the_arms_of_the_sweep_are_ordered_by_gamma_and_the_plain_arm_has_the_default():
    plain = "asymmetric_unified_focal"
    arms = [f"{plain}_gamma_90", plain, f"{plain}_gamma_10", "dice"]
    sweep = gamma_sweep(of_gains(dict.fromkeys(arms, 0.0), "bus2017"), "bus2017", resamples=50)
    assert sweep["gamma"].unique().tolist() == [0.1, 0.5, 0.9]
    assert set(sweep["metric"]) == {"dice", "recall", "precision"}
    assert gamma_of("asymmetric_unified_focal_deep_supervision") is None
    assert gamma_of(plain) == signature(LOSSES[plain]).parameters["gamma"].default


def test_a_sweep_without_data_is_empty():
    assert gamma_sweep(of_gains({"dice": 0.0}), "bus2017").empty
    assert tables.gamma_table(of_gains({"dice": 0.0}), "bus2017").shape[0] == 1


# -------------------------------------------------------------------------------------------- verdicts


def test_the_best_of_seven_in_both_structures_and_metrics_supports_claim_1():
    verdict, rows = verdict_of("uf.1", of_gains({arm: 0.05 * (arm == "mixed_focal") for arm in V1}))
    assert verdict == "supported on KITS19 (real subset)"
    assert list(zip(rows["structure"], rows["metric"], strict=True)) == [
        *[("kidney", "dice"), ("tumour", "dice"), ("kidney", "sensitivity"), ("tumour", "sensitivity")]
    ]


def test_claim_2_is_corrected_over_all_pairs_of_the_family():
    results = of_gains(dict.fromkeys(V1, 0.0) | {"cosine_tversky": -0.05, "tversky": -0.05})
    verdict, rows = verdict_of("uf.2", results)
    matrix = pairwise_tests(results, "kits19", V1, structure="kidney", resamples=10)
    matrix = {frozenset((row.row, row.column)): row.signed_rank_holm for row in matrix.itertuples()}
    assert verdict == "supported on KITS19 (real subset)"
    assert rows["p_holm"].to_list() == [
        pytest.approx(matrix[frozenset(pair)]) for pair in zip(rows["arm"], rows["baseline"], strict=True)
    ]


def test_claim_6_looks_at_the_sign_of_precision_minus_recall():
    def balance(gap: float) -> dict:
        return {name: {"dice": BASE, "sensitivity": BASE, "precision": BASE + gap + 0.01 * BASE} for name in SHARES}

    gaps = {"focal": 0.1, "dice": 0.1, "combo": 0.1, "tversky": -0.1, "cosine_tversky": -0.1, "focal_tversky": -0.1}
    assert verdict_of("uf.6", made_up({arm: balance(gap) for arm, gap in gaps.items()}))[0].startswith("supported")
    turned = {arm: balance(-gap) for arm, gap in gaps.items()}
    assert verdict_of("uf.6", made_up(turned))[0].startswith("contradicted")


def balanced(dice: float, gap: float) -> dict:
    """An arm with so much more Dice than the case's, and a precision so far above the recall."""
    values = {"dice": BASE + dice, "sensitivity": BASE, "precision": BASE + gap * (1 + BASE)}
    return dict.fromkeys(SHARES, values)


@pytest.mark.parametrize(("dice", "verdict"), [(0.05, "supported"), (-0.2, "contradicted")])
def test_claim_7_asks_for_balance_and_for_quality(dice, verdict):
    arms = {name: balanced(dice, 0.01) if name == "mixed_focal" else balanced(0.0, 0.1) for name in V1}
    found, rows = verdict_of("uf.7", made_up(arms))
    assert found == f"{verdict} on KITS19 (real subset)"
    assert (rows.loc[rows["metric"] == "balance", "verdict"] == "supported").all()


def test_a_loss_that_predicts_nothing_has_not_the_best_balance():
    nothing = dict.fromkeys(SHARES, dict.fromkeys(("dice", "sensitivity", "precision"), np.zeros(CASES)))
    arms = {name: nothing if name == "mixed_focal" else balanced(0.0, 0.1) for name in V1}
    for dataset in ("kits19", "hippocampus"):
        found, rows = verdict_of("uf.7", made_up(arms, dataset))
        assert found.startswith("contradicted")
        assert set(rows["verdict"]) == {"contradicted"}


def made_for_claim_4(precision: float) -> dict:
    """The compound losses are better by 0.1 in Dice and recall, and in precision by so much."""
    values = {}
    for arm in ("dice", "focal", "focal_tversky", "combo", "mixed_focal"):
        compound = arm in ("combo", "mixed_focal")
        numbers = {"dice": BASE + 0.1 * compound, "sensitivity": BASE + 0.1 * compound}
        values[arm] = dict.fromkeys(("anterior", "posterior"), numbers | {"precision": BASE + precision * compound})
    return values


@pytest.mark.parametrize(("precision", "verdict"), [(0.1, "supported"), (-0.1, "contradicted")])
def test_where_another_organ_stands_in_claim_4_is_decided_by_precision_too(precision, verdict):
    shares = dict.fromkeys(("anterior", "posterior"), SHARES["kidney"])
    results = made_up(made_for_claim_4(precision), "hippocampus", shares=shares)
    found, rows = verdict_of("uf.4", results)
    assert found == f"{verdict} on HIPPOCAMPUS (real subset)"
    over_structures = rows[rows["metric"] == "precision"]
    assert list(zip(over_structures["arm"], over_structures["baseline"], strict=True)) == [
        *[("combo", "dice"), ("mixed_focal", "focal"), ("mixed_focal", "focal_tversky")]
    ]
    assert over_structures["structure"].isna().all()


def test_on_the_papers_own_set_claim_4_asks_for_the_precision_of_its_structures():
    _, rows = verdict_of("uf.4", of_gains(dict.fromkeys(V1, 0.0)))
    assert rows.loc[rows["metric"] == "precision", "structure"].to_list() == ["kidney", "tumour", "tumour", "tumour"]


def test_a_comparison_that_is_not_made_on_the_stand_in_is_not_called_missing():
    only = [claim for claim in load_claims("unified_focal") if claim["id"] == "uf.4"]
    shares = dict.fromkeys(("anterior", "posterior"), SHARES["kidney"])
    with mock.patch("segloss.verdicts.claims.load_claims", return_value=only):
        results = made_up(made_for_claim_4(0.1), "hippocampus", shares=shares)
        reason = decide_claims("unified_focal", results, resamples=50).claims["reason"].item()
    assert "missing" not in reason


def test_the_inverted_form_of_claim_8_decides_nothing():
    gains = {"tversky": 0.05, "focal_tversky": 0.05, "cosine_tversky": 0.0, "cosine_tversky_as_published": -0.4}
    verdict, rows = verdict_of("uf.8", of_gains(gains))
    assert verdict == "supported on KITS19 (real subset)"
    assert set(rows.loc[~rows["decides"].astype(bool), "arm"]) == {"cosine_tversky_as_published"}


def test_claim_11_can_be_decided_on_phantoms():
    steep = {}
    for name, shares in SHARES.items():
        lift = -0.1 * np.log10(shares)
        steep[name] = {"dice": BASE + lift / 2, "sensitivity": BASE, "precision": BASE}
    flat = {name: {"dice": BASE, "sensitivity": BASE, "precision": BASE} for name in SHARES}
    values = dict.fromkeys(["dice", "mixed_focal", "asymmetric_unified_focal"], steep)
    results = made_up(values | dict.fromkeys(["cross_entropy", "focal"], flat), kind="phantom")
    assert verdict_of("uf.11", results)[0] == "supported on phantoms"


def test_the_sweep_stands_beside_claim_11_and_decides_nothing():
    rng, rows = np.random.default_rng(0), []
    for loss, suffers in (("cross_entropy", 1), ("focal", 1), ("dice", 0), ("tversky", 0), ("focal_tversky", 0)):
        for share in (0.5, 0.05, 0.005):
            dice = 0.9 + 0.1 * suffers * np.log10(share) + rng.normal(0, 0.01, (2, 8))
            rows += [(loss, share, seed, case, value) for (seed, case), value in np.ndenumerate(dice)]
    runs = pd.DataFrame(rows, columns=["arm", "share", "seed", "case", "dice"])
    runs = runs.assign(sensitivity=0.9, specificity=0.9, false_negatives=1, false_positives=1)
    sweep = Sweep(runs, pd.DataFrame(), {})
    only = [claim for claim in load_claims("unified_focal") if claim["id"] == "uf.11"]
    with mock.patch("segloss.verdicts.claims.load_claims", return_value=only):
        found = decide_claims("unified_focal", of_gains({}), sweep=sweep, resamples=200)
    row = found.comparisons.set_index("dataset").loc["sweep"]
    assert row["difference"] == pytest.approx(-0.1, abs=0.01)
    assert (row["low"] < row["difference"] < row["high"], row["verdict"]) == (True, "supported")
    assert not row["decides"]
    assert found.claims["verdict"].item() == "not testable here"


def test_claim_12_is_corrected_on_each_data_set_apart():
    six = ["cross_entropy", "focal", "dice", "tversky", "focal_tversky", "combo"]
    both = ["asymmetric_unified_focal", "symmetric_unified_focal"]
    parts = [of_gains(dict.fromkeys([*six, *both], 0.0), name) for name in ("kits19", "bus2017")]
    metrics, history = (pd.concat([getattr(part, name) for part in parts]) for name in ("metrics", "history"))
    rows = verdict_of("uf.12", Results(metrics, history, parts[0].provenance | parts[1].provenance))[1]
    for _, family in rows.groupby(["dataset", "decides"]):
        assert len(family) in (5, 6)
        assert family["p_holm"].to_numpy() == pytest.approx(multipletests(family["p"].astype(float), method="holm")[1])


def test_the_hippocampus_stands_in_where_the_papers_sets_have_too_few_patients():
    gains = dict.fromkeys([*V1, "cross_entropy"], 0.0) | {"asymmetric_unified_focal": 0.05}
    many, few = of_gains(gains, "hippocampus"), of_gains(gains, "brats2020")
    few_rows = few.metrics[few.metrics["case"] < "case04"]
    results = Results(
        pd.concat([many.metrics, few_rows]),
        pd.concat([many.history, few.history]),
        {**few.provenance, **many.provenance},
    )
    verdict, rows = verdict_of("uf.12", results)
    assert verdict == "supported on HIPPOCAMPUS (real subset)"
    assert set(rows["dataset"]) == {"hippocampus"}


def test_a_printed_difference_with_an_unknown_side_is_unknown():
    rows = verdict_of("uf.9", of_gains({"mixed_focal": 0.0, "combo": 0.0, "focal_tversky": 0.0}, "brats2020"))[1]
    published = rows.set_index(["arm", "baseline"])["published"]
    assert published["combo", "focal_tversky"] == pytest.approx(0.001)
    assert published.drop(("combo", "focal_tversky")).isna().all()


# ---------------------------------------------------------------------------------------------- tables


def test_table_1_shows_the_surviving_cell_and_says_unknown_for_the_lost():
    table = tables.structure_metrics_table(of_gains({"focal": 0.0}), "kits19", ["focal", "combo"], table="1")
    kidney = table[table["structure"] == "kidney"].set_index("arm")
    assert kidney.loc["focal", "Dice, published"] == "0.940 ± 0.020"
    assert kidney.loc["combo", "Dice, published"] == "unknown"
    assert kidney.filter(like="ours").loc["combo"].unique().tolist() == ["absent"]
    mean, _, spread = kidney.filter(like="Dice, ours").loc["focal"].item().partition(" ± ")
    assert (float(mean), float(spread)) == pytest.approx((BASE.mean(), BASE.std(ddof=1)), abs=2e-3)


def test_the_table_of_pairs_has_the_printed_p_beside_ours():
    table = tables.pairs_matrix_table(of_gains(dict.fromkeys(V1, 0.0)), "kits19", V1, ["kidney", "tumour"], table="2")
    table = table.set_index(["structure", "pair"])
    assert len(table) == 42
    assert table.loc[("kidney", "focal Tversky − cosine Tversky"), "p, published"] == "0.00145**"
    assert table.loc[("tumour", "combo − focal"), "p, published"] == "unknown"


def test_the_tables_of_absent_data_keep_their_rows():
    nothing = of_gains({"dice": 0.0}, "elsewhere")
    assert len(tables.structure_metrics_table(nothing, "kits19", V1, ["kidney", "tumour"], table="1")) == 14
    assert set(tables.pairs_matrix_table(nothing, "kits19", V1, ["kidney"])["cases"]) == {"0"}
    published = tables.other_methods_table(nothing).query("whose == 'published'")
    assert len(published) == 21


def test_the_settings_say_which_of_them_are_unknown():
    table = tables.settings_table().set_index("setting")
    assert table.loc["epochs kits19", ["value", "status"]].to_list() == ["unknown", "unknown"]
    assert table.loc["patch side kits19", ["value", "status"]].to_list() == ["160", "inferred"]


def test_the_tables_of_balance_and_consistency_have_a_row_for_each_structure_and_unit():
    results = of_gains({"focal_tversky": 0.0, "combo": 0.0})
    assert len(tables.balance_table(results, ["kits19", "bus2017"], ["combo", "focal_tversky"], resamples=50)) == 4
    assert tables.consistency_table(results, ["kits19"], resamples=50)["over"].to_list() == ["cases", "folds"]
