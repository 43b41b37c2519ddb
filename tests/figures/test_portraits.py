"""The pictures of the guided tour: what they are computed from, and that they show what they say."""

import io

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from segloss import figures
from segloss.figures import descent, portraits
from segloss.figures import portrait_data as data
from segloss.losses import FAMILIES, LOSSES
from segloss.verdicts.words import loss_title


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


@pytest.mark.parametrize("share", [0.5, 0.1, 0.0005])
def test_a_disc_fills_its_share_to_the_pixel(share):
    assert data.disc(share, 128).sum() == round(share * 128**2)


def test_cross_entropy_over_p_is_the_logarithm():
    probs = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(data.loss_over_p("cross_entropy", probs), -np.log(probs), atol=1e-9)


def test_the_dice_surface_is_the_formula_and_its_rows_go_with_the_outside():
    surface = data.loss_surface("dice", [0.3, 0.9], [0.1, 0.2, 0.4])
    true = data.disc(data.LESION_SHARE, data.SURFACE_SIZE).sum().item()
    rest = data.SURFACE_SIZE**2 - true
    inside, outside = np.array([0.3, 0.9]), np.array([[0.1], [0.2], [0.4]])
    np.testing.assert_allclose(surface, 1 - 2 * inside * true / (inside * true + outside * rest + true), atol=1e-9)


def test_every_curve_ends_lower_than_it_begins():
    for name in LOSSES:
        first, last = data.loss_over_p(name, [0.02, 0.98])
        assert last < first, name


def test_the_gradient_of_cross_entropy_in_the_logits_is_probability_minus_truth():
    labels = data.disc(0.2, 8)
    probs = torch.linspace(0.1, 0.9, 64, dtype=torch.float64).view(8, 8)
    gradient = data.logit_gradient("cross_entropy", probs, labels)
    np.testing.assert_allclose(gradient, (probs - labels).numpy() / 64, atol=1e-12)


def test_under_cross_entropy_an_untrained_lesion_pulls_as_much_as_it_has_pixels():
    shares = data.lesion_share_of_gradient("cross_entropy", next(iter(data.STATES)), [0.5, 0.01])
    np.testing.assert_allclose(shares, [0.5, 0.01], rtol=0.1)


def test_under_dice_a_tiny_lesion_has_half_of_the_pull():
    assert data.lesion_share_of_gradient("dice", next(iter(data.STATES)), [0.001])[0] == pytest.approx(0.5, abs=0.03)


def test_a_loss_without_any_gradient_has_no_share():
    untrained, missed = data.STATES
    assert np.isnan(data.lesion_share_of_gradient("hausdorff_erosion", untrained, [0.1])[0])
    assert data.lesion_share_of_gradient("hausdorff_erosion", missed, [0.1])[0] > 0.99


def test_the_scene_has_errors_of_both_kinds_and_a_far_false_spot():
    scene = data.tour_scene()
    predicted, true = scene.probs.numpy() > 0.5, scene.labels.numpy() > 0
    assert (predicted & ~true).sum() > 50
    assert (~predicted & true).sum() > 50
    assert predicted[:18, :18].any()
    assert not true[:18, :18].any()
    assert 0 < scene.probs.min() < scene.probs.max() < 1


@pytest.mark.parametrize("name", ["weighted_cross_entropy", "boundary", "hausdorff_erosion"])
def test_a_portrait_names_its_loss_its_pictures_and_its_options(name):
    shown = texts(figures.portrait(name))
    assert {loss_title(name), "Over p", "Inside and outside", "Pull from the lesion", "Where it pushes"} <= set(shown)
    assert portraits.options_note(name) in shown


def test_options_without_a_default_have_an_example():
    assert "positive_weight = 4.0" in portraits.options_note("weighted_cross_entropy")
    assert portraits.options_note("boundary") == "It has no options."


def test_the_same_portrait_has_the_same_bytes():
    streams = [io.BytesIO() for _ in range(2)]
    for stream in streams:
        with mpl.rc_context({"svg.hashsalt": "test"}):
            figures.portrait("tversky").savefig(stream, format="svg", metadata={"Date": None})
    assert streams[0].getvalue() == streams[1].getvalue()


def test_the_overview_has_a_row_for_every_loss(monkeypatch):
    monkeypatch.setattr(data, "IMBALANCE_SIZE", 48)
    shown = texts(figures.gradient_overview())
    assert {loss_title(name) for name in LOSSES} <= set(shown)


@pytest.mark.parametrize(
    ("share", "text"), [(0.5, "50"), (0.012, "1.2"), (0.0001, "< 0.1"), (1.0, "100"), (float("nan"), "–")]
)
def test_shares_are_written_in_percent(share, text):
    assert portraits.percent(share) == text


def test_the_nodes_of_the_family_tree_are_the_registry():
    assert set(descent.DESCENT) == set(descent.node_places()) == set(LOSSES)
    shown = texts(figures.family_tree())
    assert {loss_title(name) for name in LOSSES} <= set(shown)


def test_everything_a_loss_comes_from_is_a_loss():
    assert {parent for parents, _ in descent.DESCENT.values() for parent in parents} <= set(LOSSES)


def test_a_compound_loss_is_made_of_a_distribution_loss_and_a_region_loss():
    for name in FAMILIES["compound"]:
        assert [descent.family_of(parent) for parent in descent.DESCENT[name][0]] == ["distribution", "region"], name


def test_no_two_boxes_of_the_tree_overlap():
    places = descent.node_places()
    by_column = {}
    for name, (_, y) in places.items():
        by_column.setdefault(descent.COLUMNS[descent.family_of(name)], []).append(y)
    for heights in by_column.values():
        assert np.diff(sorted(heights)).min() > descent.HEIGHT
