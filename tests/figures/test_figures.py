import io
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure

from segloss import figures
from segloss.figures import probes, style
from segloss.figures.distributions import draw_distribution
from segloss.figures.examples import Examples
from segloss.published import load_published
from segloss.statistics import slope_on_share
from segloss.verdicts import decide_claims


def svg(figure: Figure) -> bytes:
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "test"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def texts(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def test_arms_of_one_paper_have_colours_of_their_own_and_protocols_share_them(root):
    arms = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]
    for paper in {arm["paper"] for arm in arms.values()}:
        losses = {style.loss_of(name.partition("-")[2]) for name, arm in arms.items() if arm["paper"] == paper}
        assert len({style.LOSS_COLOURS[loss] for loss in losses}) == len(losses)
    assert style.colour_of("kappa_200") == style.colour_of("kappa")
    assert style.colour_of("predict_nothing") == style.TRIVIAL_COLOUR


def test_a_family_has_a_colour_that_no_loss_has():
    others = {*style.LOSS_COLOURS.values(), *style.COUNT_COLOURS.values(), style.TRIVIAL_COLOUR}
    assert set(style.FAMILY_COLOURS.values()).isdisjoint(others)


def test_drawing_does_not_change_the_settings_of_matplotlib():
    before = dict(mpl.rcParams)
    figures.agreement_areas()
    assert dict(mpl.rcParams) == before


def test_the_same_figure_has_the_same_bytes(results):
    first, second = (svg(figures.distribution_per_arm(results, "isic2016")) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("share", [0.05, 0.7])
def test_large_lesions_states_what_painting_everything_scores(share):
    mask = np.arange(400).reshape(20, 20) < share * 400
    figure = figures.large_lesions([np.zeros((20, 20, 3), np.uint8)] * 2, [mask] * 2)
    assert f"Dice {2 * share / (1 + share):.2f}" in texts(figure)


def test_limit_to_dice_draws_the_distance_only_where_kappa_is_below():
    indices = pd.DataFrame({"d": [1, 10, 100], "dice": [0.8] * 3, "kappa": [0.1, 0.5, 0.8]})
    distance = figures.limit_to_dice(indices, "a = 1").axes[1].lines[0]
    assert list(distance.get_xdata()) == [1, 10]


def test_figures_of_the_mechanism_draw_one_curve_per_loss():
    sizes = figures.lesion_size_curves(probes.lesion_size_sweep(["dice", "kappa"], [0.2, 0.4]), "note")
    areas = figures.area_error_curves(probes.area_error_sweep(["dice", "kappa"], [0.2, 0.4], [0.5, 1.0]))
    forms = figures.printed_forms(probes.printed_forms_sweep([0.2, 0.4]))
    assert [len(axes.lines) for axes in sizes.axes] == [2] * 4
    assert [len(axes.lines) for axes in areas.axes] == [3] * 2  # and the line of the true area
    assert [len(axes.lines) for axes in forms.axes] == [2] * 3


def test_gradient_pictures_share_one_scale_around_zero_per_row():
    mask = np.eye(4, dtype=bool)
    maps = [{"dice": np.full((4, 4), -2.0), "kappa": np.full((4, 4), 0.5)}]
    figure = figures.gradient_pictures([np.zeros((4, 4, 3), np.uint8)], [mask], maps)
    limits = {axes.images[0].get_clim() for axes in figure.axes[1:3]}
    assert limits == {(-2.0, 2.0)}


def test_training_curves_show_the_mean_of_the_folds(results):
    dice = figures.training_curves(results, "isic2016", ["dice", "kappa"]).axes[1]
    np.testing.assert_allclose(dice.lines[0].get_ydata(), [1 - 0.9 / epoch - 0.01 for epoch in range(1, 5)])


def test_the_change_of_loss_is_marked_between_the_two_phases(results):
    figure = figures.curves_of_every_arm(results, "isic2016")
    panel = next(axes for axes in figure.axes if axes.get_title(loc="left") == "CE,\nthen Kappa")
    assert panel.lines[-1].get_xdata()[0] == 2.5


def test_every_arm_and_every_trivial_answer_has_a_row_in_the_distribution(results):
    labels = texts(figures.distribution_per_arm(results, "isic2016"))
    assert all(style.title_of(arm) in labels for arm in (*results.arms("isic2016"), "predict_everything"))


def test_differences_are_drawn_where_the_comparison_says_beside_the_published_ones(results):
    comparisons = decide_claims("kappa", results, resamples=50).comparisons
    axes = figures.differences_by_dataset(comparisons, "kappa.1", "Kappa minus Dice").axes[0]
    row = comparisons[comparisons["id"] == "kappa.1"].iloc[0]
    assert axes.lines[1].get_xdata() == pytest.approx([row["low"], row["high"]])
    assert axes.lines[-1].get_xdata() == pytest.approx([0.04])  # Table 2, ISIC 2016: .84 - .80


def test_pairs_of_arms_get_one_panel_per_data_set(results):
    comparisons = decide_claims("kappa", results, resamples=50).comparisons
    figure = figures.differences_by_pair(comparisons, ["kappa.6", "kappa.8"], "Pairs")
    assert len(figure.axes) == 1
    assert "CE, then Kappa − Kappa" in texts(figure)


def test_the_slope_over_lesion_size_is_written_below_its_figure(results):
    slope = slope_on_share(results, "isic2016", resamples=50)
    assert f"{slope.slope:+.3f}" in texts(figures.difference_by_lesion_size(slope, "ISIC 2016 (phantom)"))


def test_hausdorff_distances_are_scaled_to_the_published_image_size(results):
    axes = figures.hausdorff_against_dice(results, "isic2016", load_published("kappa")).axes[0]
    dice, distance = axes.lines[0].get_data()
    np.testing.assert_allclose(distance, 20 * (1 - dice) * 256 / 64, atol=1e-3)


def test_absent_data_give_a_figure_that_says_so(results):
    drawn = [
        figures.training_curves(results, "isic2018", ["dice"]),
        figures.curves_of_every_arm(results, "isic2018"),
        figures.distribution_per_arm(results, "isic2018"),
        figures.hausdorff_against_dice(results, "isic2018", load_published("kappa")),
        figures.difference_by_lesion_size(None, results.data("isic2018")),
        figures.gallery(Examples.none(), results.data("isic2018"), ["dice"], 2),
    ]
    assert all("ISIC 2018 (absent)" in texts(figure) and "at this scale" in texts(figure) for figure in drawn)


def boxes_of(figure: Figure) -> tuple[list[mpl.transforms.Bbox], list[mpl.transforms.Bbox]]:
    """Where the legends and the axes of a drawn figure lie."""
    figure.draw_without_rendering()
    legends = figure.findobj(mpl.legend.Legend)
    return [legend.get_window_extent() for legend in legends], [axes.get_window_extent() for axes in figure.axes]


def test_legends_of_training_curves_cover_no_curve(results):
    for figure in (
        figures.training_curves(results, "isic2016", ["dice", "kappa"]),
        figures.training_curves(results, "isic2016", ["dice", "kappa", "cross_entropy"]),
        figures.validation_curves(results, ["isic2016"], ["dice", "kappa", "cross_entropy"]),
    ):
        legends, panels = boxes_of(figure)
        assert len(legends) == 1
        assert not any(legend.overlaps(panel) for legend in legends for panel in panels)


def test_the_note_of_a_figure_with_a_legend_is_not_below_its_keys(results):
    figure = figures.validation_curves(results, ["isic2016"], ["dice", "kappa"])
    figure.draw_without_rendering()
    (legend,) = figure.findobj(mpl.legend.Legend)
    note = legend.get_title()
    assert note.get_text().startswith("Line: mean of the folds.")
    assert not any(note.get_window_extent().overlaps(text.get_window_extent()) for text in legend.get_texts())


def test_of_one_fold_no_band_is_announced(results):
    one = replace(results, history=results.history.query("fold == 0"))
    assert "One fold." in texts(figures.training_curves(one, "isic2016", ["dice"]))


@pytest.mark.parametrize(("cases", "boxes"), [(4, 0), (5, 1)])
def test_fewer_than_five_cases_get_points_and_no_box(cases, boxes):
    axes = Figure().subplots()
    draw_distribution(axes, np.linspace(0.2, 0.8, cases), 0, "black")
    assert len(axes.collections[0].get_offsets()) == cases
    assert sum(len(line.get_xdata()) == 5 for line in axes.lines) == boxes  # the outline of a box


def test_training_curves_show_the_hausdorff_distance_where_it_was_measured(results):
    history = results.history.assign(validation_hausdorff_mm=results.history["epoch"] * 2.0)
    panels = figures.training_curves(replace(results, history=history), "isic2016", ["dice"]).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["Loss", "Dice index", "Hausdorff distance, mm"]
    line = panels[2].lines[0]
    assert list(line.get_ydata()) == [2.0 * epoch for epoch in line.get_xdata()]
    assert len(figures.training_curves(results, "isic2016", ["dice"]).axes) == 2
