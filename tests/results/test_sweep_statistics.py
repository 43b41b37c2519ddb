"""Statistics of the robustness sweep: known interactions are found, none is not, and numbers agree with other tools."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from segloss.errors import InputError
from segloss.statistics import (
    Sweep,
    best_threshold_dice,
    load_sweep,
    positive_weight_trend,
    slope_difference,
    sweep_difference,
    sweep_interaction,
    sweep_lead,
    sweep_means,
    sweep_ranks,
    sweep_references,
    sweep_winners,
)

SHARES = [0.5, 0.05, 0.005]
COLUMNS = ["loss", "setting", "share", "seed", "case", "dice", "false_negatives", "false_positives"]


def made_up(
    means: dict[str, list[float]],
    *,
    cases: int = 30,
    noise: Callable[[float], float] = lambda share: 0.02,
    seed: int = 0,
    settings: dict[str, dict] | None = None,
) -> Sweep:
    """A sweep with two seeds, whose losses have these means at the three shares; cases differ by .1."""
    rng, rows = np.random.default_rng(seed), []
    for number, share in enumerate(SHARES):
        of_case = rng.normal(0, 0.1, cases)
        for loss, of_loss in means.items():
            for of_seed, case in np.ndindex(2, cases):
                dice = of_loss[number] + of_case[case] + rng.normal(0, noise(share))
                rows.append((loss, "survey", share, of_seed + 1, case, dice, 0, 0))
    losses = [{"loss": loss, "setting": "survey", "spec": loss} for loss in means]
    for setting, counts in (settings or {}).items():
        spec = {"weighted_cross_entropy": {"positive_weight": float(setting.split("_")[-1])}}
        losses.append({"loss": "weighted_cross_entropy", "setting": setting, "spec": spec})
        for case, (fn, fp) in enumerate(zip(*counts.values(), strict=True)):
            rows += [("weighted_cross_entropy", setting, 0.05, of_seed, case, 0.5, fn, fp) for of_seed in (1, 2)]
    runs = pd.DataFrame(rows, columns=COLUMNS)
    arm = runs["loss"].where(runs["setting"] == "survey", runs["loss"] + "_" + runs["setting"])
    picture = {"size": 64, "spot": 2, "contrast": 1.0, "noise_sd": 0.4}
    return Sweep(runs.assign(arm=arm), pd.DataFrame(), {"losses": losses, "shares": SHARES, "picture": picture})


PARALLEL = {"a": [0.9, 0.8, 0.7], "b": [0.85, 0.75, 0.65], "c": [0.7, 0.6, 0.5]}
CROSSING = {"a": [0.9, 0.8, 0.7], "b": [0.9, 0.8, 0.5], "c": [0.7, 0.6, 0.5]}


def test_an_interaction_that_is_there_is_found():
    found = sweep_interaction(made_up(CROSSING), resamples=500)
    assert found.p == pytest.approx(1 / 501)
    assert found.slopes["arm"].iloc[-1] == "b"
    assert found.slopes.set_index("arm").loc["b", "p_holm"] < 0.01


def test_losses_that_differ_by_a_constant_do_not_interact():
    found = sweep_interaction(made_up(PARALLEL), resamples=500)
    assert found.p > 0.05
    assert (found.slopes["p_holm"] > 0.05).all()


@pytest.mark.slow
def test_without_an_interaction_small_p_are_as_rare_as_they_should_be_even_where_spreads_differ():
    drawn = [made_up(PARALLEL, noise=lambda share: 0.01 / share**0.4, seed=seed) for seed in range(100)]
    small = [sweep_interaction(sweep, resamples=99).p <= 0.1 for sweep in drawn]
    assert 0.02 <= np.mean(small) <= 0.2


def test_slopes_are_those_of_a_mixed_model_with_a_random_intercept_per_case():
    sweep = made_up(CROSSING)
    long = sweep.values().rename_axis(columns="arm").stack().rename("dice").reset_index()
    long = long.assign(x=np.log10(long["share"]), unit=long["share"].astype(str) + "-" + long["case"].astype(str))
    model = smf.mixedlm("dice ~ 0 + C(arm) + C(arm):x", long, groups="unit").fit()
    slopes = sweep_interaction(sweep, resamples=9).slopes.set_index("arm")["slope"]
    for loss, slope in slopes.items():
        assert slope == pytest.approx(model.params[f"C(arm)[{loss}]:x"], rel=1e-3)


def test_w_is_the_wald_statistic_of_a_regression_with_its_spread_by_share():
    sweep = made_up({"a": [0.9, 0.8, 0.7], "b": [0.9, 0.8, 0.5]})
    values = sweep.values()
    difference = ((values["a"] - values["b"]) / 2).groupby(level="share")
    x = np.log10([share for share, _ in difference])
    c = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    slope, variance = c @ difference.mean(), c**2 @ (difference.var() / difference.size())
    assert sweep_interaction(sweep, resamples=9).statistic == pytest.approx(slope**2 / variance)


def test_the_order_of_the_losses_changes_neither_w_nor_p():
    sweep = made_up(CROSSING)
    turned = Sweep(sweep.runs, sweep.history, {**sweep.provenance, "losses": sweep.provenance["losses"][::-1]})
    first, second = (sweep_interaction(each, resamples=200) for each in (sweep, turned))
    assert first.statistic == pytest.approx(second.statistic)
    assert first.p == second.p


def test_a_loss_that_never_finds_anything_does_not_break_the_test():
    sweep = made_up(PARALLEL)
    sweep.runs.loc[sweep.runs["arm"] == "c", "dice"] = 0.0
    found = sweep_interaction(sweep, resamples=99)
    assert np.isfinite(found.statistic)
    assert found.slopes.set_index("arm").loc["c", "slope"] == 0


@pytest.mark.slow
def test_intervals_of_a_slope_hold_the_truth_as_often_as_they_say():
    held = []
    for seed in range(100):
        sweep = made_up({"a": [0.9, 0.8, 0.7], "b": [0.8, 0.8, 0.8]}, cases=20, seed=seed)
        found = slope_difference(sweep, "a", "b", resamples=200)
        held.append(found.low <= 0.1 <= found.high)
    assert np.mean(held) > 0.87


def test_a_loss_that_suffers_more_from_imbalance_has_a_positive_slope_against_the_other():
    found = slope_difference(made_up(CROSSING), "b", "a", resamples=200)
    assert found.slope == pytest.approx(0.1, abs=0.01)
    assert 0 < found.low < found.slope < found.high
    assert found.p < 0.01
    assert found.cases == 90
    assert found.seed_low <= found.slope <= found.seed_high


def test_of_groups_the_means_are_compared():
    sweep = made_up(CROSSING)
    slopes = sweep_interaction(sweep, resamples=9).slopes.set_index("arm")["slope"]
    found = slope_difference(sweep, ["a", "b"], "c", resamples=9)
    assert found.slope == pytest.approx((slopes["a"] + slopes["b"]) / 2 - slopes["c"])


def test_an_arm_that_was_not_trained_has_no_difference():
    sweep = made_up(PARALLEL)
    assert slope_difference(sweep, "a", "nothing", resamples=9) is None
    assert sweep_difference(sweep, "a", "nothing", 0.5, resamples=9) is None
    assert sweep_lead(sweep, "nothing", 0.5, resamples=9) is None


def test_means_are_over_seeds_first_and_the_spread_over_seeds_is_that_of_their_means():
    sweep = made_up(PARALLEL)
    row = sweep_means(sweep, resamples=99).set_index(["arm", "share"]).loc[("b", 0.05)]
    rows = sweep.runs[(sweep.runs["arm"] == "b") & (sweep.runs["share"] == 0.05)]
    of_seeds = rows.groupby("seed")["dice"].mean()
    assert row["mean"] == pytest.approx(rows["dice"].mean())
    assert row["sd_seeds"] == pytest.approx(abs(of_seeds[1] - of_seeds[2]) / np.sqrt(2))
    assert (row["cases"], row["seeds"]) == (30, 2)
    assert row["low"] < row["mean"] < row["high"]


def test_a_difference_at_one_share_is_paired_over_its_phantoms():
    sweep = made_up(PARALLEL)
    found = sweep_difference(sweep, "a", "b", 0.05, resamples=200)
    values = sweep.values("dice", 0.05)
    assert found.difference == pytest.approx((values["a"] - values["b"]).mean())
    assert found.p == pytest.approx(stats.wilcoxon(values["a"], values["b"]).pvalue)
    assert found.low < 0.05 < found.high
    assert found.high - found.low < 0.03


def test_the_winner_of_a_share_has_the_best_mean_there():
    winners = sweep_winners(made_up({"a": [0.9, 0.8, 0.5], "b": [0.6, 0.8, 0.7]}), resamples=200).set_index("share")
    assert list(winners.index) == SHARES
    assert (winners.loc[0.5, "arm"], winners.loc[0.005, "arm"]) == ("a", "b")
    assert winners.loc[0.5, "first_share"] == 1
    assert winners.loc[0.05, "first_share"] < 1
    assert winners.loc[0.5, "lead"] == pytest.approx(0.3, abs=0.02)
    assert winners.loc[0.5, "second"] == "b"


def test_the_lead_of_a_loss_is_over_the_best_of_the_others():
    lead, low, high, cases = sweep_lead(made_up(PARALLEL), "b", 0.5, resamples=200)
    assert lead == pytest.approx(-0.05, abs=0.01)
    assert low < lead < high < 0
    assert cases == 30


def test_ranks_and_friedmans_test_are_those_of_the_means():
    sweep = made_up({"a": [0.9, 0.8, 0.7], "b": [0.8, 0.7, 0.6], "c": [0.7, 0.6, 0.5]})
    found = sweep_ranks(sweep)
    assert found.ranks.loc[["a", "b", "c"], "mean"].tolist() == [1, 2, 3]
    # Three blocks in perfect agreement: chi-square = 12 / (3 * 3 * 4) * (3^2 + 6^2 + 9^2) - 3 * 3 * 4 = 6, two degrees.
    assert found.friedman_p == pytest.approx(np.exp(-3))


def test_the_critical_difference_is_that_of_demsars_table():
    losses = {f"loss{number}": [0.5, 0.5, 0.5] for number in range(10)}
    assert sweep_ranks(made_up(losses)).critical_difference == pytest.approx(3.164 * np.sqrt(110 / 18), rel=1e-3)


def weights(cases: int, trend: float) -> dict[str, dict]:
    rng = np.random.default_rng(0)
    return {
        f"positive_weight_{weight}": {
            "false_negatives": rng.poisson(20 * weight**-trend, cases),
            "false_positives": rng.poisson(20 * weight**trend, cases),
        }
        for weight in (0.25, 0.5, 1, 2, 4)
    }


def test_a_trend_in_the_claimed_direction_is_found():
    trend = positive_weight_trend(made_up(PARALLEL, settings=weights(30, 0.5)), resamples=99)
    assert set(trend["metric"]) == {"false_negatives", "false_positives"}
    assert (trend["p_holm"] < 0.001).all()
    means = trend[trend["metric"] == "false_negatives"].sort_values("weight")["mean"]
    assert means.is_monotonic_decreasing


@pytest.mark.parametrize("trend", [0, -0.5])
def test_neither_equal_counts_nor_a_trend_in_the_other_direction_support_the_claim(trend):
    found = positive_weight_trend(made_up(PARALLEL, settings=weights(30, trend)), resamples=99)
    assert (found["p"] > 0.05).all()


def test_without_other_weights_there_is_no_trend():
    assert positive_weight_trend(made_up(PARALLEL), resamples=9).empty


@pytest.mark.parametrize("spots", [1, 10, 512])
def test_the_best_threshold_reaches_what_a_simulation_of_it_reaches(spots):
    fields, dice = np.random.default_rng(spots).standard_normal((400, 1024)), []
    for threshold in np.linspace(1, 5, 41):
        found = fields + 5 * (np.arange(1024) < spots) > threshold
        hits = found[:, :spots].sum(axis=1)
        dice.append((2 * hits / (found.sum(axis=1) + spots)).mean())
    assert best_threshold_dice(spots, 1024, 5) == pytest.approx(max(dice), abs=0.025)


def test_to_predict_everything_reaches_two_s_over_one_plus_s():
    references = sweep_references(made_up(PARALLEL)).set_index("share")
    assert references.loc[0.5, "predict_everything"] == pytest.approx(2 / 3)
    assert references.loc[0.5, "predict_nothing"] == 0
    assert references["best_threshold"].is_monotonic_decreasing


def test_no_folder_is_no_sweep_and_half_a_sweep_is_an_error(tmp_path):
    assert load_sweep(tmp_path / "none") is None
    (tmp_path / "runs.csv").write_text("loss,setting\n")
    with pytest.raises(InputError, match=r"history\.csv is missing"):
        load_sweep(tmp_path)


def test_a_loaded_sweep_has_the_arms_of_its_files(tmp_path):
    sweep = made_up(PARALLEL, settings=weights(3, 0))
    sweep.runs.drop(columns="arm").to_csv(tmp_path / "runs.csv", index=False)
    pd.DataFrame(columns=["loss", "setting", "share", "seed", "step", "validation_dice"]).to_csv(
        tmp_path / "history.csv", index=False
    )
    (tmp_path / "provenance.json").write_text(json.dumps(sweep.provenance))
    loaded = load_sweep(tmp_path)
    assert list(loaded.runs["arm"].unique()) == list(sweep.runs["arm"].unique())
    assert "weighted_cross_entropy_positive_weight_0.25" in set(loaded.runs["arm"])
    assert (loaded.losses, loaded.shares) == (["a", "b", "c"], SHARES)
