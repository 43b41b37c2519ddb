"""Figures and probes of the TopK Dice paper."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from segloss import figures
from segloss.figures import topk_probes
from segloss.figures.hard_pixels import IGNORED_COLOUR, coloured, kept_picture
from segloss.losses import build_loss
from segloss.statistics import Results

MASK = np.zeros((24, 24), dtype=bool)
MASK[6:18, 4:20] = True


def texts(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def pictures_in(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def prediction() -> np.ndarray:
    return topk_probes.with_a_missed_part(MASK, share=0.2, softness_px=2)


@pytest.mark.parametrize(("keep", "ignored"), [(1.0, 0), (0.5, 96), (0.1, 172)])  # of 192
def test_the_easiest_pixels_are_those_without_a_gradient(keep, ignored):
    logits = torch.from_numpy(prediction()).logit()[None, None].requires_grad_()
    build_loss("topk_dice", keep=keep)(logits, torch.from_numpy(MASK).long()[None]).backward()
    easiest = topk_probes.easiest(prediction(), MASK, keep)
    assert easiest.sum() == ignored
    assert np.array_equal(logits.grad[0, 0].numpy() == 0, easiest)


def test_the_ignore_map_takes_half_of_every_organ():
    labels = np.where(MASK, 1, 0)
    labels[8:12, 8:12] = 2
    ignored = topk_probes.ignore_map(topk_probes.soft_prediction(labels, 1), labels, keep=0.5)
    assert [int(ignored[labels == label].sum()) for label in (0, 1, 2)] == [0, 88, 8]


def test_a_soft_prediction_adds_up_to_one():
    assert topk_probes.soft_prediction(np.where(MASK, 2, 0), 2).sum(axis=0) == pytest.approx(np.ones(MASK.shape))


def test_the_missed_part_is_missed_and_the_rest_is_found():
    found = prediction() > 0.5
    assert not found[:, 17:].any()
    assert found[:, :16].sum() == MASK[:, :16].sum()


def test_the_loss_rises_as_fewer_pixels_are_kept_and_begins_at_dice():
    losses = topk_probes.kept_share_losses(prediction(), MASK, [1.0, 0.9, 0.5, 0.1])
    assert losses["loss"].is_monotonic_increasing
    p, g = prediction(), MASK.astype(float)
    assert losses["loss"].iloc[0] == pytest.approx(((p - g) ** 2).sum() / ((p**2).sum() + g.sum()))
    assert (losses["kept"] + losses["ignored"] == MASK.sum()).all()


def test_missed_and_added_pixels_cost_what_the_formulas_say():
    sweep = topk_probes.missed_and_added_sweep([1.0, 0.5], [0.1]).set_index(["kind", "keep"])["loss"]
    for (kind, keep), loss in sweep.items():
        sign = -1 if kind == "missed" else 1
        assert loss == pytest.approx(100 / (2 * keep * 1000 + sign * 100), rel=1e-4)


def test_every_reading_of_the_equations_is_counted_and_only_ours_is_exact():
    counts = topk_probes.ignored_counts([121, 128, 151], keep=0.5)
    assert counts["here"].to_list() == [60, 64, 75]
    assert counts["with the perturbation"].to_list() == [59, 63, 74]


def test_kept_pixels_have_the_colour_of_their_probability_and_ignored_ones_are_grey():
    kept = MASK & (np.arange(24) > 10)
    picture = kept_picture(np.full(MASK.shape, 1.0), MASK, kept)
    assert picture[7, 5] == pytest.approx(to_rgb(IGNORED_COLOUR))
    assert picture[7, 15] == pytest.approx(mpl.colormaps["viridis"](1.0)[:3])
    assert picture[0, 0] == pytest.approx((1, 1, 1))


def test_the_figure_of_kept_pixels_prints_the_loss_of_every_k():
    keeps = [1.0, 0.5]
    losses = topk_probes.kept_share_losses(prediction(), MASK, keeps)
    kept = {keep: MASK & ~topk_probes.easiest(prediction(), MASK, keep) for keep in keeps}
    words = texts(figures.kept_by_share(prediction(), MASK, kept, losses))
    assert all(f"loss {loss:.3f}" in words for loss in losses["loss"])


def test_the_ignored_pixels_are_gone_from_the_labels_that_are_left():
    figure = figures.ignored_pixels(MASK.astype(float), np.where(MASK, 1, 0), MASK, keep=0.5, names=["organ"])
    assert pictures_in(figure)[3].min() == 1


def test_organs_of_the_ignored_pixels_are_named_where_they_are_there():
    labels = np.where(MASK, 2, 0)
    figure = figures.ignored_pixels(MASK.astype(float), labels, MASK, keep=0.5, names=["liver", "spleen"])
    [legend] = [legend for part in figure.subfigs for legend in part.legends]
    assert [text.get_text() for text in legend.get_texts()] == ["spleen"]


def test_gradients_of_all_k_share_one_scale():
    figure = figures.gradients_by_share(MASK, topk_probes.kept_share_gradients(prediction(), MASK, [1.0, 0.1]))
    limits = {image.get_clim() for axes in figure.axes for image in axes.images}
    assert len(limits) == 1


def sweep_of(*keeps: int) -> pd.DataFrame:
    rows = [
        (keep, "arm", 0.7 + keep / 1000, metric, 0.8, 0.75, 0.85, 9)
        for keep in keeps
        for metric in ("dice", "sensitivity", "precision")
    ]
    columns = ["keep", "arm", "validation_dice", "metric", "mean", "low", "high", "cases"]
    return pd.DataFrame(rows, columns=columns)


def test_the_sweep_marks_what_validation_would_choose():
    figure = figures.kept_share_curves(sweep_of(90, 50, 10), "ACDC (phantom)", printed=50)
    rings = [line for line in figure.axes[0].lines if line.get_label() == "validation would choose"]
    assert [line.get_xdata().tolist() for line in rings] == [[90]]
    assert "9 test subjects" in texts(figure)


def test_one_k_makes_no_sweep():
    assert "Fewer than two K" in texts(figures.kept_share_curves(sweep_of(50), "ACDC (phantom)", printed=50))


def test_validation_curves_have_a_panel_for_every_trained_set_and_say_when_there_is_none():
    rows = [("acdc", "topk_dice", 0, epoch, "topk_dice", 1.0, 1.0, 0.1 * epoch) for epoch in range(1, 4)]
    columns = ["dataset", "arm", "fold", "epoch", "phase", "loss", "validation_loss", "validation_dice"]
    provenance = {"acdc": {"title": "ACDC", "kind": "phantom", "arms": {}}}
    results = Results(pd.DataFrame(), pd.DataFrame(rows, columns=columns), provenance)
    assert "ACDC (phantom)" in texts(figures.validation_curves(results, ["acdc", "synapse"], ["topk_dice"]))
    assert "None of the arms" in texts(figures.validation_curves(results, ["acdc"], ["cross_entropy"]))


def test_labels_are_coloured_and_the_background_is_white():
    picture = coloured(np.array([[0, 1], [2, 1]]))
    assert picture[0, 0] == pytest.approx((1, 1, 1))
    assert not np.allclose(picture[0, 1], picture[1, 0])
