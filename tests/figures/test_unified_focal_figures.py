"""Figures and probes of the Unified Focal paper."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from scipy import stats

from segloss import figures
from segloss.figures import focusing, relatives, unified_probes
from segloss.figures.examples import Examples
from segloss.figures.magnified import GROUND, box_of
from segloss.figures.pair_matrix import HIGHER, LOWER
from segloss.figures.style import LOSS_COLOURS, loss_of
from segloss.losses import FAMILIES, LOSSES, build_loss
from segloss.statistics import clustered_error

V1 = ["focal", "dice", "tversky", "cosine_tversky", "focal_tversky", "combo", "mixed_focal"]
MASK = np.zeros((24, 24), dtype=bool)
MASK[6:14, 8:18] = True
PROBS = np.where(np.roll(MASK, 2, axis=1), 0.9, 0.1)


def texts(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


# ------------------------------------------------------------------------------------------ the family


@pytest.mark.parametrize("name", relatives.RELATIVES)
def test_a_relation_of_the_family_graph_holds_on_other_data_too(name):
    assert relatives.largest_gap(name, seed=7) < relatives.TOLERANCE


def test_a_relation_that_does_not_hold_is_not_drawn(monkeypatch):
    wrong = relatives.Relative({"exponent": 1.0}, {"cross_entropy": 1.0}, "wrong")
    monkeypatch.setitem(relatives.RELATIVES, "focal", wrong)
    assert "focal" not in relatives.relations_that_hold()
    assert "combo" in relatives.relations_that_hold()


def test_every_loss_of_the_paper_has_a_box_in_the_column_of_its_family():
    places = relatives.node_places()
    paper = {*V1, "cross_entropy", "symmetric_unified_focal", "asymmetric_unified_focal"}
    assert set(places) == paper
    for family, x in relatives.COLUMNS.items():
        assert {name for name, place in places.items() if place[0] == x} == paper & set(FAMILIES[family])
    assert len(set(places.values())) == len(places)  # no two on one place
    assert "Asymmetric unified focal" in texts(figures.family_graph())


def test_every_arm_of_the_paper_has_a_colour_of_its_own(root):
    import yaml

    named = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))["arms"]
    arms = {name.partition("-")[2] for name, arm in named.items() if arm["paper"] == "unified_focal"}
    colours = [LOSS_COLOURS[loss] for loss in {loss_of(arm) for arm in arms}]
    assert len(set(colours)) == len(colours)


# ------------------------------------------------------------------------------------- what gamma does


def test_the_curves_of_focal_and_focal_tversky_are_their_closed_forms():
    p = focusing.STEPS
    assert focusing.focal(2.0) == pytest.approx((1 - p) ** 2 * -np.log(p), abs=1e-6)
    assert focusing.focal_tversky(0.75) == pytest.approx((1 - p) ** 0.75, abs=1e-6)


def test_the_two_cosine_forms_run_in_opposite_directions():
    p = focusing.STEPS
    assert focusing.cosine_tversky(1.0) == pytest.approx(np.cos(np.pi / 2 * p), abs=1e-6)
    assert focusing.inverted_cosine(1.0) == pytest.approx(1 - np.cos(np.pi * p), abs=1e-6)
    assert (np.diff(focusing.cosine_tversky(1.0)) < 0).all()
    assert (np.diff(focusing.inverted_cosine(1.0)) > 0).all()


def test_the_figure_of_gamma_has_a_panel_for_each_loss_and_form():
    panels = figures.effect_of_gamma().axes
    assert [len(axes.lines) for axes in panels] == [5, 8, 4, 3]
    assert all(np.isfinite(line.get_ydata()).all() for axes in panels for line in axes.lines)


# ------------------------------------------------------------------------------------------- gradients


def test_the_shares_of_the_gradient_add_up_to_one():
    specs = {"dice": "dice", "focal": "focal"}
    values = unified_probes.values_on(specs, PROBS, MASK).set_index("loss")
    assert values[["missed", "added", "found", "left out"]].sum(axis=1).to_list() == pytest.approx([1, 1])
    assert values.loc["focal", ["missed", "added"]].sum() > 0.9 > values.loc["dice", ["missed", "added"]].sum()


def test_dice_of_the_foreground_gives_a_small_lesion_half_and_cross_entropy_its_share():
    specs = {"cross_entropy": "cross_entropy", "dice": "dice", "all": {"dice": {"include_background": True}}}
    found = unified_probes.lesion_shares(specs, [0.01]).query("state.str.startswith('untrained')")
    found = found.set_index("loss")["on_lesion"]
    assert found["cross_entropy"] == pytest.approx(0.01, rel=0.1)
    assert found["dice"] == pytest.approx(0.5, abs=0.05)
    assert found["all"] < 0.1  # the background as a class takes the advantage away


def test_with_gamma_0_both_unified_forms_pull_alike():
    pulls = unified_probes.pulls([0.0], [0.3, 0.9]).pivot(index="p", columns="loss", values=["lesion", "background"])
    for kind in ("lesion", "background"):
        first, second = (pulls[kind, name] for name in unified_probes.UNIFIED)
        assert first.to_numpy() == pytest.approx(second.to_numpy())


def test_the_asymmetric_form_keeps_more_of_both_kinds_of_pixel_as_the_notebook_says():
    pulls = unified_probes.pulls([0.0, 0.9], [0.1, 0.3, 0.5, 0.8]).set_index(["loss", "gamma", "p"])
    symmetric, asymmetric = (pulls.loc[name] for name in unified_probes.UNIFIED)
    kept = (asymmetric / symmetric).loc[0.9]
    assert kept.loc[0.5, ["lesion", "background"]].to_list() == pytest.approx([1.2, 1.46], abs=0.02)
    assert kept.loc[0.8, "lesion"] > kept.loc[0.8, "background"] > 1
    gained = asymmetric.loc[0.9, "background"] / asymmetric.loc[0.0, "background"]
    assert (gained > 1).to_list() == [True, True, False, False]


def test_the_tversky_gradient_is_the_one_line_of_the_notebook():
    p, g = torch.from_numpy(PROBS), torch.from_numpy(MASK).double()
    a, b = 0.3, 0.7
    logits = p.logit()[None, None].requires_grad_()
    loss = build_loss("tversky", fp_weight=a, fn_weight=b)(logits, g.long()[None])
    (gradient,) = torch.autograd.grad(loss, logits)
    in_p = gradient[0, 0] / (p * (1 - p))
    by_hand = (a * (1 - loss.item()) - g) / (a * p.sum() + b * g.sum())
    assert in_p.numpy() == pytest.approx(by_hand.numpy(), abs=1e-9)


def test_the_gradient_figures_have_a_panel_for_each_loss():
    specs = {name: name for name in ("cross_entropy", "dice", "mixed_focal")}
    gradients = unified_probes.gradients_on(specs, PROBS, MASK)
    figure = figures.where_losses_push(PROBS, MASK, PROBS, gradients)
    assert sum(bool(axes.images) for axes in figure.axes) >= 5
    shares = figures.lesion_share_curves(unified_probes.lesion_shares(specs, [0.5, 0.1]))
    assert [len(axes.lines) for axes in shares.axes] == [4, 4]  # and the share of the image
    pulls = figures.pulls_by_gamma(unified_probes.pulls([0.0, 0.5], [0.2, 0.8]))
    assert [len(axes.lines) for axes in pulls.axes] == [2] * 4


# -------------------------------------------------------------------------------- results of the paper


def test_structures_of_one_subject_are_not_counted_as_independent():
    index = pd.MultiIndex.from_product([["a", "b", "c"], ["kidney", "tumour"]], names=["subject", "class"])
    of_subjects = [0.5, 0.6, 0.9]
    twice = pd.Series(np.repeat(of_subjects, 2), index)
    assert clustered_error(twice) == pytest.approx(stats.sem(of_subjects))
    apart = pd.Series(of_subjects, pd.Index(["a", "b", "c"], name="subject"))
    assert clustered_error(apart) == pytest.approx(stats.sem(of_subjects))
    assert np.isnan(clustered_error(apart[:1]))


def test_the_matrix_shades_a_cell_by_who_is_better_and_holds_both_tests():
    line = {"row": "dice", "column": "focal", "cases": 9, "difference": 0.05, "statistic": 1.2}
    tests = pd.DataFrame([line | {"rank_sum_holm": 0.231, "signed_rank_holm": 1e-5}])
    axes = figures.pair_matrices({"kidney": tests}, "KiTS19").axes[0]
    shade = {patch.get_xy(): to_hex(patch.get_facecolor()).upper() for patch in axes.patches}
    assert shade == {(-0.5, 0.5): HIGHER, (0.5, -0.5): LOWER}  # Dice is higher: its row below, its column above
    cells = {text.get_position(): (text.get_text(), text.get_fontweight()) for text in axes.texts}
    assert (cells[0, 1], cells[1, 0]) == (("0.231", "normal"), ("< 0.001", "bold"))


def example(kind: str) -> Examples:
    labels = np.stack([np.where(MASK, 1, 0)] * 2).astype(np.uint8)
    labels[:, 8:12, 10:14] = 2
    images = np.random.default_rng(0).integers(80, 250, (2, 24, 24, 3), dtype=np.uint8)
    predicted = {"dice": np.roll(labels, 1, axis=2), "combo": 0 * labels}
    return Examples("KiTS19", kind, images, labels, {}, predicted)


def magnified(kind: str) -> Figure:
    return figures.magnified_slices(example(kind), "KiTS19", ["dice", "combo", "focal"], ["kidney", "tumour"], cases=1)


def test_slices_show_the_truth_and_every_arm_that_predicted():
    figure = magnified("phantom")
    assert sum(bool(axes.images) for axes in figure.axes) == 4  # the slice, its part, two arms
    assert "Focal" not in texts(figure).replace("Focal Tversky", "")
    assert "0.00 · 0.00" in texts(figure)  # combo predicts nothing


def test_no_pixel_of_a_real_image_is_shown():
    for kind, shown in (("phantom", True), ("subset", False), ("paper", False)):
        pixels = [np.asarray(image.get_array()) for axes in magnified(kind).axes for image in axes.images]
        assert pixels
        assert any((values != GROUND).any() for values in pixels) == shown


def test_the_magnified_part_is_a_square_around_the_truth_inside_the_slice():
    rows, columns = box_of(MASK, MASK)
    assert rows.stop - rows.start == columns.stop - columns.start == 15  # half as much again as the ten columns
    assert (MASK[rows, columns].sum(), rows.start >= 0, columns.stop <= 24) == (MASK.sum(), True, True)
    nothing = np.zeros_like(MASK)
    assert box_of(nothing, nothing) == (slice(0, 24), slice(0, 24))


def test_predicted_labels_come_from_labels_or_from_probabilities():
    labels = np.stack([np.where(MASK, 2, 0)])
    several = np.eye(3)[labels].transpose(0, 3, 1, 2)
    examples = Examples("", "phantom", labels, labels, {"a": several, "b": (labels > 0) * 0.6}, {"c": labels})
    assert examples.arms == ("a", "b", "c")
    assert all(np.array_equal(examples.prediction(arm, 0), labels[0]) for arm in ("a", "c"))
    assert np.array_equal(examples.prediction("b", 0), labels[0] > 0)


def test_the_scatter_marks_recall_and_precision_of_every_arm():
    columns = ["recall", "precision", "difference"]
    frame = pd.DataFrame({"structure": "kidney", "arm": ["dice", "combo"], "cases": 9})
    for name, values in zip(columns, ([0.5, 0.8], [0.7, 0.6], [0.2, -0.2]), strict=True):
        frame[name], frame[f"{name}_low"], frame[f"{name}_high"] = values, np.subtract(values, 0.1), np.add(values, 0.1)
    axes = figures.recall_against_precision(frame, "KiTS19").axes[0]
    marks = [tuple(container.lines[0].get_xydata()[0]) for container in axes.containers]
    assert marks == [(0.5, 0.7), (0.8, 0.6)]


def test_figures_without_values_say_so():
    empty = pd.DataFrame()
    drawn = [
        figures.pair_matrices({"kidney": empty}, "KiTS19 (absent)"),
        figures.magnified_slices(Examples.none(), "KiTS19 (absent)", V1, ["kidney"], 2),
        figures.dice_by_size({"KiTS19": empty}, V1),
        figures.same_cases({}, "dice", "combo", "Pairs"),
    ]
    assert all(len(figure.axes) == 1 and not figure.axes[0].lines for figure in drawn)
    assert all("at this scale" in texts(figure) for figure in drawn)


def test_the_registry_has_every_loss_that_is_related():
    assert {*relatives.RELATIVES} <= set(LOSSES)
