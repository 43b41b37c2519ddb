"""Figures and tables of the robustness sweep, with a sweep, without one, and with a loss that diverged."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from segloss.figures import dice_by_share, dice_by_share_one_by_one, dice_heat_map, imbalance_examples
from segloss.figures.sweep import share_words
from segloss.statistics import Sweep
from segloss.sweep.protocol import Protocol
from segloss.tables import (
    positive_weight_table,
    sweep_ranks_table,
    sweep_slopes_table,
    sweep_table,
    sweep_winners_table,
)

LOSSES = ["cross_entropy", "weighted_cross_entropy", "focal", "dice", "tversky", "focal_tversky"]
LOSSES += ["sensitivity_specificity", "exponential_logarithmic", "log_cosh_dice", "generalized_dice"]
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
FIGURES = [dice_by_share, dice_by_share_one_by_one, dice_heat_map]
TABLES = [sweep_table, sweep_slopes_table, sweep_winners_table, sweep_ranks_table, positive_weight_table]


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    """Ten losses at the shares of the protocol; each next loss is worse the rarer the foreground is."""
    protocol, rng = Protocol.read(), np.random.default_rng(0)
    cells = [
        (loss, "survey", share, 0.9 + 0.02 * number * np.log10(share), 5, 5)
        for number, loss in enumerate(LOSSES)
        for share in protocol.shares
    ]
    cells += [("weighted_cross_entropy", f"positive_weight_{w:g}", 0.05, 0.8, 8 / w, 8 * w) for w in WEIGHTS]
    rows = [
        (loss, setting, share, seed, case, rng.normal(dice, 0.02), rng.poisson(fn), rng.poisson(fp))
        for loss, setting, share, dice, fn, fp in cells
        for seed in (1, 2, 3)
        for case in range(6)
    ]
    columns = ["loss", "setting", "share", "seed", "case", "dice", "false_negatives", "false_positives"]
    runs = pd.DataFrame(rows, columns=columns)
    arm = runs["loss"].where(runs["setting"] == "survey", runs["loss"] + "_" + runs["setting"])
    curve = [(loss, share, step, 0.5 + 0.1 * (step == 180) * (loss == "focal"))
             for loss in LOSSES for share in protocol.shares for step in (60, 120, 180)]  # fmt: skip
    history = pd.DataFrame(curve, columns=["arm", "share", "step", "validation_dice"])
    losses = [{"loss": loss, "setting": "survey", "spec": loss} for loss in LOSSES]
    losses += [
        {
            "loss": "weighted_cross_entropy",
            "setting": f"positive_weight_{w:g}",
            "spec": {"weighted_cross_entropy": {"positive_weight": w}},
        }
        for w in WEIGHTS
    ]
    facts = {"shares": protocol.shares, "seeds": [1, 2, 3], "picture": protocol.picture, "training": protocol.training}
    prints = {"data": "1" * 12, "code": "2" * 12, "parameters": "3" * 12}
    return Sweep(runs.assign(arm=arm), history, {"losses": losses, "fingerprints": prints, **facts})


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def texts(figure) -> str:
    """Everything that is written in a figure."""
    return "\n".join(text.get_text() for text in figure.findobj(plt.Text))


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_says_that_its_data_are_phantoms(sweep, figure):
    assert "Phantoms" in texts(figure(sweep, resamples=19))


@pytest.mark.parametrize("figure", FIGURES)
def test_without_a_sweep_a_figure_says_how_to_run_it(figure):
    assert "make sweep" in texts(figure(None))


@pytest.mark.parametrize("table", TABLES)
def test_without_a_sweep_a_table_says_how_to_run_it(table):
    assert table(None).to_numpy().tolist() == [["no robustness sweep: make sweep"]]


def test_every_loss_has_a_line_through_its_means(sweep):
    [axes] = dice_by_share(sweep, resamples=19).findobj(plt.Axes)
    lines = {line.get_label(): line for line in axes.get_lines()}
    focal = sweep.runs[sweep.runs["arm"] == "focal"].groupby("share")["dice"].mean()
    np.testing.assert_allclose(lines["Focal"].get_ydata(), focal)
    assert len(lines) == len(LOSSES) + 2


def test_no_two_losses_look_alike(sweep):
    [axes] = dice_by_share(sweep, resamples=19).findobj(plt.Axes)
    lines = [line for line in axes.get_lines() if line.get_marker() != "None"]
    colours = np.array([to_rgb(line.get_color()) for line in lines])
    apart = np.abs(colours[:, None] - colours).max(axis=2) + np.eye(len(lines))
    assert apart.min() > 0.1
    assert len({line.get_marker() for line in lines}) == len(LOSSES)


def test_shares_fall_from_left_to_right_on_a_logarithmic_axis(sweep):
    [axes] = dice_by_share(sweep, resamples=19).findobj(plt.Axes)
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[0] > axes.get_xlim()[1]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["50 %", "20 %", "5 %", "1 %", "0.3 %", "0.1 %"]


def test_the_legend_covers_no_curve(sweep):
    figure = dice_by_share(sweep, resamples=19)
    figure.canvas.draw()
    [axes] = figure.findobj(plt.Axes)
    assert axes.get_legend().get_window_extent().x0 >= axes.get_window_extent().x1


def test_a_panel_shows_the_mean_of_every_seed(sweep):
    panels = dice_by_share_one_by_one(sweep, resamples=19).findobj(plt.Axes)
    assert len(panels) == len(LOSSES)
    dots = panels[0].get_lines()[-1]
    best = sweep.runs[sweep.runs["arm"] == "cross_entropy"].groupby(["share", "seed"])["dice"].mean()
    np.testing.assert_allclose(np.sort(dots.get_ydata()), np.sort(best))


def test_the_heat_map_writes_every_mean_and_marks_the_best_of_a_share(sweep):
    figure = dice_heat_map(sweep, resamples=19)
    axes = figure.findobj(plt.Axes)[0]
    assert len(axes.texts) == len(LOSSES) * 6
    bold = [text.get_text() for text in axes.texts if text.get_weight() == "bold"]
    means = sweep.runs[sweep.runs["setting"] == "survey"].groupby(["share", "arm"])["dice"].mean()
    assert sorted(bold) == sorted(f"{value:.3f}" for value in means.groupby("share").max())


def test_a_loss_that_diverged_at_a_share_is_shown_as_such(sweep):
    gone = (sweep.runs["arm"] == "focal") & (sweep.runs["share"] == 0.001)
    diverged = replace(sweep, runs=sweep.runs[~gone])
    row = sweep_table(diverged, resamples=19).set_index("loss").loc["focal"]
    assert row["0.1 % (phantoms): mean (interval) [SD over seeds]"] == "diverged"
    assert "–" in [text.get_text() for text in dice_heat_map(diverged, resamples=19).findobj(plt.Axes)[0].texts]
    dice_by_share(diverged, resamples=19)
    slopes = sweep_slopes_table(diverged, resamples=19)
    assert "focal" not in set(slopes["loss"])


def test_the_examples_show_a_phantom_and_its_mask_of_every_share():
    pictures = [axes.images[0].get_array() for axes in imbalance_examples((0.5, 0.05)).findobj(plt.Axes)]
    assert len(pictures) == 4
    assert sorted(picture.mean() for picture in pictures if picture.dtype == bool) == pytest.approx(
        [0.05, 0.5], rel=0.025
    )


def test_the_table_holds_the_losses_against_the_trivial_answers(sweep):
    table = sweep_table(sweep, resamples=19).set_index("loss")
    head = "50 % (phantoms): mean (interval) [SD over seeds]"
    assert table.loc["predict everything", head] == "0.667"
    assert table.loc["predict nothing", head] == "0.000"
    mean = sweep.runs[(sweep.runs["arm"] == "dice") & (sweep.runs["share"] == 0.5)]["dice"].mean()
    assert table.loc["Dice", head].startswith(f"{mean:.3f} (")


def test_the_table_names_the_losses_that_were_still_learning(sweep):
    table = sweep_table(sweep, resamples=19).set_index("loss")["still rising at"]
    assert table["focal"] == "50 %, 20 %, 5 %, 1 %, 0.3 %, 0.1 %"
    assert table["Dice"] == "–"


def test_the_table_of_slopes_ends_in_the_interaction(sweep):
    table = sweep_slopes_table(sweep, resamples=999)
    assert table["loss"].iloc[0] == "cross entropy"
    assert table["loss"].iloc[-2] == "generalised Dice"
    assert table["loss"].iloc[-1] == "interaction of loss and log share"
    assert table["p"].iloc[-1] == "0.001"


def test_winners_and_ranks_name_the_best_loss(sweep):
    winners = sweep_winners_table(sweep, resamples=19)
    assert winners["best loss"].iloc[-1] == "cross entropy"
    ranks = sweep_ranks_table(sweep).set_index("loss")
    assert ranks.loc["cross entropy", "0.1 %"] == "1"
    assert ranks.index[-1].startswith("Friedman: p")


def test_the_table_of_weights_has_a_column_for_each(sweep):
    table = positive_weight_table(sweep, resamples=19)
    assert [f"weight {w:g}" in table for w in WEIGHTS] == [True] * 5
    assert table["claimed"].tolist() == ["fall", "rise"]
    assert table["p, Holm"].tolist() == ["< 0.001", "< 0.001"]


@pytest.mark.parametrize(("share", "words"), [(0.5, "50 %"), (0.001, "0.1 %")])
def test_shares_are_written_in_percent(share, words):
    assert share_words(share) == words
