"""The survey's figures and the numbers behind them."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import distance_transform_edt

from segloss import figures
from segloss.figures import survey_values as values
from segloss.verdicts.survey_arithmetic import possible_rows


def texts(figure):
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


@pytest.fixture
def disc():
    rows, columns = np.mgrid[:32, :32]
    return np.hypot(rows - 15, columns - 15) <= 8


def test_a_curve_is_the_loss_of_one_pixel():
    curves = values.pixel_curves({"β = 2": {"weighted_cross_entropy": {"positive_weight": 2.0}}}, [0.25, 0.5])
    by_target = curves.set_index(["target", "probability"])["loss"]
    assert by_target[1, 0.25] == pytest.approx(-2 * np.log(0.25))
    assert by_target[0, 0.25] == pytest.approx(-np.log(0.75))


def test_the_push_of_log_cosh_dice_is_tanh_of_the_dice_loss_and_fades_at_the_optimum():
    push = values.push_by_dice([0.2, 0.9, 0.99])
    assert push["dice"].to_numpy() == pytest.approx(1 - push["index"], abs=1e-3)
    assert push["log_cosh_dice"].to_numpy() == pytest.approx(np.log(np.cosh(push["dice"])))
    assert push["log_cosh_dice_push"].to_numpy() == pytest.approx(np.tanh(push["dice"]))
    assert push["log_cosh_dice_push"].iloc[-1] < 0.011


def test_both_losses_bulge_on_the_way_that_the_notebook_shows():
    way = values.along_a_segment([1] * 40, [1] * 2 + [0.05] * 38, [1] * 2 + [0] * 38)
    inner = way.iloc[1:-1]
    for loss in ("dice", "log_cosh_dice"):
        assert way[loss].iloc[[0, -1]].to_list() == pytest.approx(way[f"{loss}_chord"].iloc[[0, -1]].to_list())
        assert (inner[loss] > inner[f"{loss}_chord"]).all()


def test_equal_images_weigh_the_same_and_the_harder_one_more_as_the_other_improves():
    shares = values.pull_of_two_images([0.5, 0.8, 1.0], hard=0.5)
    assert shares["log_cosh_dice"].to_list() == pytest.approx([0.5, np.tanh(0.5) / (np.tanh(0.5) + np.tanh(0.2)), 1.0])
    assert set(shares["dice"]) == {0.5}


def test_a_side_of_the_distance_is_the_farthest_pixel_of_the_distance_transform(disc):
    moved = np.roll(disc, 5, axis=1)
    sides = values.sides_of_the_distance({"moved": moved, "part": disc & moved}, disc).set_index("prediction")
    assert sides.loc["moved", "from_truth"] == pytest.approx(distance_transform_edt(~moved)[disc].max())
    assert sides.loc["part", "from_prediction"] == 0  # equation 23 forgives whatever is missed
    assert sides.loc["part", "hausdorff"] == sides.loc["part", "from_truth"] > 0


def test_the_farthest_pixel_lies_in_the_mask_as_far_from_the_other_as_the_distance_says(disc):
    moved = np.roll(disc, 5, axis=1)
    (x, y), (near_x, near_y) = values.farthest(disc, moved)
    assert disc[y, x]
    assert moved[near_y, near_x]
    assert np.hypot(x - near_x, y - near_y) == pytest.approx(distance_transform_edt(~moved)[disc].max())


def test_the_shares_of_the_masks_are_written_above_their_bars(disc):
    small = np.zeros_like(disc)
    small[:4, :4] = True
    figure = figures.foregrounds({"small one": (disc * 1.0, small), "disc": (disc * 1.0, disc)})
    assert "1.6 %" in texts(figure)
    assert f"{100 * disc.mean():.1f} %" in texts(figure)


def test_only_the_impossible_row_of_table_3_is_drawn_exchanged():
    figure = figures.possible_region(possible_rows())
    assert texts(figure).count("both cells exchanged") == 1
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert [tuple(line.get_xydata()[0]) for line in hollow] == [(0.989, 0.975)]


def test_every_row_of_table_3_is_named_in_the_region():
    named = texts(figures.possible_region(possible_rows()))
    assert all(name in named for name in ("Log-cosh Dice", "Focal Tversky", "Weighted cross entropy", "Tversky"))


def test_each_family_of_curves_has_a_panel_and_a_single_curve_its_background_beside_it():
    probs = [0.2, 0.5, 0.8]
    one = values.pixel_curves({"cross entropy": "cross_entropy"}, probs)
    two = values.pixel_curves({f"γ = {g}": {"focal": {"exponent": float(g)}} for g in (0, 2)}, probs)
    figure = figures.cross_entropy_curves({"one": one, "two": two})
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]
    assert "background pixel" in texts(figure)


def test_the_drawn_slope_of_log_cosh_is_tanh():
    figure = figures.hyperbolic_functions()
    by_label = {line.get_label(): line.get_xydata() for axes in figure.axes for line in axes.lines}
    x, slope = by_label[r"$\tanh x$"].T
    log_cosh = by_label[r"$\log \cosh x$"][:, 1]
    assert np.gradient(log_cosh, x)[1:-1] == pytest.approx(slope[1:-1], abs=1e-3)


def test_both_losses_are_drawn_in_all_four_panels():
    push = values.push_by_dice([0.2, 0.9])
    way = values.along_a_segment([1, 1], [1, 0], [1, 0], steps=5)
    figure = figures.log_cosh_of_dice(push, way, values.pull_of_two_images([0.5, 0.9], hard=0.5))
    assert [len(axes.lines) for axes in figure.axes] == [2, 2, 4, 2]


def test_both_sides_of_every_prediction_are_written_below_it(disc):
    masks = {"moved": np.roll(disc, 5, axis=1)}
    sides = values.sides_of_the_distance(masks, disc)
    figure = figures.one_sided_distances(disc, {**masks, "again": masks["moved"]}, pd.concat([sides, sides]))
    assert texts(figure).count("from X 5.0, from Y 5.0") == 2
