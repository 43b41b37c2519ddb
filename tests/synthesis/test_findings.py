"""What the tables of the synthesis say: effects that were put in come out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from segloss.errors import InputError
from segloss.figures.slips import slip_figure
from segloss.losses.as_published import kappa_readme
from segloss.statistics.learning_rates import rate_ranks, variance_shares
from segloss.statistics.slips import all_slip_effects, fold_p
from segloss.statistics.stability import run_fates, seed_values, stability
from segloss.statistics.structure_shares import share_interaction, structure_means
from segloss.statistics.synthesis import dataset_means, load_synthesis, median_means
from segloss.synthesis.protocol import Protocol
from segloss.tables.synthesis import (
    against_baseline_table,
    baseline_comparisons,
    decisions_table,
    interval_place,
    losses_compared_table,
    slips_table,
    synthesis_data_table,
)
from segloss.verdicts.findings import findings, five_sentences, missing_datasets, source
from segloss.verdicts.slips import STORIES, conclusion, slip_paragraph
from segloss.verdicts.words import arm_words
from tests.synthesis.made_up import CASES, write_made_up

OURS = Protocol.read()
FEW = {name: OURS.losses[name] for name in ("cross_entropy", "dice", "kappa", "focal")}
GAINS = {"kappa": 0.1, "dice": 0.05, "focal": -0.65, "kappa_readme": -0.1}
RULES = {**OURS.rules, "resamples": 50, "draws": 500}


@pytest.fixture(scope="module")
def protocol():
    forms = {"kappa_readme": OURS.as_published["kappa_readme"]}
    return replace(OURS, losses=FEW, as_published=forms)


@pytest.fixture(scope="module")
def study(tmp_path_factory, protocol):
    folder = tmp_path_factory.mktemp("reports") / "metrics/phantom/synthesis"
    write_made_up(folder, protocol, "phantom", GAINS, diverged=("dice-1-1-1",))
    return load_synthesis(folder)


@pytest.fixture(scope="module")
def found(study):
    return findings(study, list(FEW), RULES)


def test_nothing_is_loaded_where_nothing_is(tmp_path):
    assert load_synthesis(tmp_path) is None


def test_a_missing_table_is_named(tmp_path, protocol):
    write_made_up(tmp_path, protocol, "subset")
    (tmp_path / "acdc-runs.csv").unlink()
    with pytest.raises(InputError, match=r"acdc-runs\.csv is missing"):
        load_synthesis(tmp_path)


def test_missing_data_sets_are_named(found):
    assert missing_datasets(found, ["acdc", "hearts"]) == ["hearts"]
    assert missing_datasets(None, ["acdc"]) == ["acdc"]


def test_means_over_subjects_are_those_of_the_cases(study):
    rows = study.common(study.cases)
    expected = rows[(rows["dataset"] == "scd") & (rows["loss"] == "kappa")].groupby("case")["dice"].mean().mean()
    assert dataset_means(study, list(FEW)).loc["kappa", "scd"] == pytest.approx(expected)


def test_a_diverged_run_has_no_overlap_with_a_structure_that_is_absent(tmp_path, protocol):
    write_made_up(tmp_path, protocol, "phantom", diverged=("dice-1-1-1",))
    shares = pd.read_csv(tmp_path / "scd-shares.csv")
    shares.loc[shares["case"] == "case01", "share"] = 0
    shares.to_csv(tmp_path / "scd-shares.csv", index=False)
    cases = load_synthesis(tmp_path).cases
    gone = cases.query("dataset == 'scd' and loss == 'dice' and fold == 1 and rate == 1")
    assert sorted(gone["case"]) == ["case04", "case07", "case10"]


def test_one_missed_structure_of_each_subject_does_not_make_the_median_distance_infinite(study, protocol):
    cases = study.cases.copy()
    missed = (cases["dataset"] == "acdc") & (cases["loss"] == "kappa") & (cases["class"] == "myocardium")
    cases.loc[missed, "hausdorff95"] = np.nan
    medians = median_means(replace(study, cases=cases), ["kappa"])
    rows = study.common(cases[cases["dataset"] == "acdc"]).query("loss == 'kappa'")
    distances = sorted(rows["hausdorff95"].fillna(np.inf))
    assert medians.loc["kappa", "acdc"] == distances[(len(distances) - 1) // 2]
    assert np.isfinite(medians.loc["kappa", "acdc"])


def test_losses_that_share_the_first_place_are_all_named(found):
    tied = replace(found, measures=found.measures.assign(**{"surface Dice": [1.5, 1.5, 3.0, 4.0]}))
    first, second = (arm_words(loss) for loss in found.losses[:2])
    assert f"by surface Dice {first} and {second}," in five_sentences(tied, None)[-1]


def test_where_no_run_collapsed_no_loss_is_blamed_for_it(found):
    runs = found.stability["runs"].sum()
    sentence = five_sentences(replace(found, stability=found.stability.assign(collapsed=0.0)), None)[3]
    assert sentence.startswith(f"**How much is luck?** None of the {runs} runs collapsed to a trivial answer, ")
    assert "0%" not in sentence.split(",")[0]


def test_a_diverged_run_finds_nothing_in_any_case_of_its_fold(study):
    values = study.subject_table("scd", ["dice"])["dice"]
    assert (values == 0).sum() == CASES // 3
    assert values.size == CASES


def test_the_best_loss_comes_first_and_the_worst_last(found):
    assert found.losses[0] == "kappa"
    assert found.losses[-1] == "focal"
    assert found.ranks.friedman_p < 0.001


def test_a_gain_that_was_put_in_comes_out_as_a_difference(found):
    rows = baseline_comparisons(found, "cross_entropy").set_index(["dataset", "arm"])
    assert rows.loc[("scd", "kappa"), "difference"] == pytest.approx(0.1, abs=0.01)
    assert rows.loc[("scd", "kappa"), "p_holm"] < 0.05


def test_the_p_over_folds_is_that_of_their_means(study):
    rows = study.common(study.cases).query("dataset == 'scd'")
    means = rows.pivot_table("dice", "fold", "loss")
    d = (means["kappa"] - means["cross_entropy"]).to_numpy()
    t = d.mean() / np.sqrt((1 / 3 + 4 / 7) * d.var(ddof=1))
    assert fold_p(study, "scd", "kappa", "cross_entropy") == pytest.approx(2 * stats.t.sf(abs(t), 2))


def test_collapsed_and_diverged_runs_are_told_apart(study):
    fates = run_fates(study, list(FEW)).groupby("loss")["fate"].agg(set)
    assert fates["focal"] == {"collapsed"}
    assert fates["dice"] == {"done", "diverged"}
    table = stability(study, list(FEW)).set_index("loss")
    assert table.loc["focal", "collapsed"] == 1
    assert table.loc["dice", "diverged"] == pytest.approx(8 / table.loc["dice", "runs"])


def test_the_spread_over_seeds_is_the_pooled_standard_deviation(study):
    rows = study.runs[(study.runs["loss"] == "kappa") & (study.runs["rate"] == 1) & (study.runs["fold"] == 0)]
    several = [group["dice"].to_numpy() for _, group in rows.groupby("dataset") if len(group) > 1]
    assert [len(values) for values in several] == [3, 3, 3]
    expected = np.sqrt(np.mean([values.var(ddof=1) for values in several]))
    assert stability(study, list(FEW)).set_index("loss").loc["kappa", "sd_seeds"] == pytest.approx(expected)
    deviations = seed_values(study, list(FEW)).groupby(["dataset", "loss"])["deviation"].sum()
    assert deviations.abs().max() < 1e-9


def test_the_rank_of_a_loss_far_ahead_does_not_hang_on_its_learning_rate(study):
    ranks = rate_ranks(study, list(FEW))
    assert ranks.index[0] == "kappa"
    assert ranks.loc["kappa", ["common", "best", "least", "greatest"]].tolist() == [1, 1, 1, 1]


def test_the_shares_of_the_variance_sum_to_1_and_the_loss_has_most(study):
    shares = variance_shares(study, list(FEW))
    assert shares[["loss", "rate", "interaction"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert (shares["loss"] > 0.9).all()


def test_a_slope_that_was_put_in_comes_out_and_is_found():
    shares = np.logspace(-4, -1, 12)
    rows = [
        {"dataset": "d", "class": str(n), "share": s, "loss": loss, "mean": 0.5 + slope * np.log10(s)}
        for n, s in enumerate(shares)
        for loss, slope in (("steep", 0.1), ("level", 0.0))
    ]
    result = share_interaction(pd.DataFrame(rows), resamples=200)
    assert result.slopes["steep"] - result.slopes["level"] == pytest.approx(0.1)
    assert result.p == pytest.approx(1 / 201)


def test_without_a_slope_the_p_of_the_interaction_is_spread_over_the_unit_interval():
    rng, p_values = np.random.default_rng(0), []
    for _ in range(60):
        rows = [
            {"dataset": "d", "class": str(n), "share": 10.0**-n, "loss": loss, "mean": rng.normal()}
            for n in range(8)
            for loss in ("a", "b", "c")
        ]
        p_values.append(share_interaction(pd.DataFrame(rows), resamples=99).p)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_structures_have_the_share_of_their_cases(study):
    means = structure_means(study, list(FEW), resamples=20)
    assert len(means) == 10 * len(FEW)
    acdc = means[(means["dataset"] == "acdc") & (means["loss"] == "kappa")].set_index("class")
    assert acdc.loc["myocardium", "share"] == pytest.approx(0.3 / 4**2)


def test_five_sentences_name_the_first_and_the_last_loss(found):
    sentences = five_sentences(found, None)
    assert len(sentences) == 5
    assert "Kappa comes first (1.0 of 4) and focal last (4.0)" in sentences[0]
    assert "focal: 100%" in sentences[3]


def test_without_a_synthesis_there_is_one_sentence_that_says_so():
    assert findings(None, list(FEW), RULES) is None
    [sentence] = five_sentences(None, None)
    assert "was not run" in sentence


def test_the_source_names_the_data_of_both_scales(study, tmp_path, protocol):
    write_made_up(tmp_path / "metrics/subset/synthesis", protocol, "subset")
    text = source(tmp_path)
    assert text.startswith("phantoms: not run; real subsets: ACDC, HIPPOCAMPUS, ISIC2018 (data ")


def test_tables_have_a_row_for_everything(found):
    assert losses_compared_table(found)["loss"].tolist()[0] == "Kappa"
    assert len(against_baseline_table(found)) == 3 * 8
    counts = decisions_table(found).drop(columns="loss").astype(int).sum(axis=1)
    assert counts.tolist() == [3, 3, 3, 3]
    assert synthesis_data_table(found, ["hearts"])["data set"].tolist()[-1] == "hearts"


def test_the_interval_of_a_slip_lies_along_the_differences(study, protocol):
    effects = all_slip_effects([study], protocol.as_published, resamples=50)
    axes = slip_figure([study], effects, "kappa_readme", 0.01).axes[0]
    drawn = [bar.lines[2][0].get_segments()[0][:, 0] for bar in axes.containers]
    rows = effects[effects["arm"] == "kappa_readme"]
    assert np.allclose(drawn, rows[["low", "high"]])


def test_a_slip_that_costs_accuracy_is_said_to(study, protocol):
    effects = all_slip_effects([study], protocol.as_published, resamples=50)
    assert effects["difference"].to_numpy() == pytest.approx(-0.2, abs=0.02)
    assert "The slip costs accuracy (published form worse on BUS2017 (phantom)" in slip_paragraph(
        "kappa_readme", effects, 0.01
    )
    assert set(slips_table(effects, protocol.as_published, 0.01)["the interval"]) == {"below: worse as published"}


def test_a_slip_without_data_is_unknown(protocol):
    effects = all_slip_effects([], protocol.as_published)
    assert "unknown" in slip_paragraph("kappa_readme", effects, 0.01)


def test_a_perfect_match_has_the_loss_that_the_story_of_the_kappa_page_says():
    for scale, settings in OURS.scales.items():
        pixels = settings["training"]["batch_size"] * OURS.side**2
        mask = (torch.arange(pixels) < 0.3 * pixels).double()
        loss = kappa_readme(mask, mask, **OURS.as_published["kappa_readme"]["at_scale"][scale]).item()
        assert f"the loss {loss:.2f}" in STORIES["kappa_readme"]


def test_every_published_form_has_its_story():
    assert set(STORIES) == set(OURS.as_published)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ([(-0.2, -0.1)], "The slip costs accuracy ("),
        ([(0.02, 0.1)], "The slip helps ("),
        ([(-0.005, 0.005)], "The slip makes no difference that matters ("),
        ([(-0.05, 0.05)], "What the slip does is not decided ("),
        ([(-0.2, -0.1), (0.02, 0.1)], "What the slip does depends on the data ("),
        ([(-0.2, -0.1), (-0.05, 0.05)], "The slip costs accuracy on some data ("),
    ],
)
def test_the_conclusion_follows_the_intervals(ends, words):
    rows = pd.DataFrame([{"data": f"set {n}", "low": low, "high": high} for n, (low, high) in enumerate(ends)])
    assert conclusion(rows, 0.01).startswith(words)


def test_an_interval_that_touches_the_region_from_outside_is_not_decided():
    assert interval_place(-0.2, -0.005, 0.01) == "not decided"
