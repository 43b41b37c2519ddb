import numpy as np
import pytest
import torch

from segloss.figures import probes
from segloss.losses import build_loss


def dice_by_hand(probs: np.ndarray, target: np.ndarray) -> float:
    return 1 - 2 * (probs * target).sum() / (probs.sum() + target.sum())


def kappa_by_hand(probs: np.ndarray, target: np.ndarray) -> float:
    """Cohen's definition: agreement beyond chance."""
    observed = (probs * target + (1 - probs) * (1 - target)).mean()
    chance = probs.mean() * target.mean() + (1 - probs).mean() * (1 - target).mean()
    return 1 - (observed - chance) / (1 - chance)


@pytest.mark.parametrize(("name", "by_hand"), [("dice", dice_by_hand), ("kappa", kappa_by_hand)])
def test_value_and_gradient_agree_with_the_definition_and_finite_differences(name, by_hand):
    probs = np.random.default_rng(0).uniform(0.1, 0.9, 30)
    target = (np.arange(30) < 11).astype(float)
    value, gradient = probes.value_and_gradient(
        build_loss(name), torch.from_numpy(probs), torch.from_numpy(target).long()
    )
    steps = 1e-6 * np.eye(30)
    differences = [(by_hand(probs + step, target) - by_hand(probs - step, target)) / 2e-6 for step in steps]
    assert value == pytest.approx(by_hand(probs, target), abs=1e-9)
    np.testing.assert_allclose(gradient, 30 * np.array(differences), atol=1e-6)


def test_probing_leaves_the_probabilities_alone():
    probs = torch.full((8,), 0.4, dtype=torch.float64)
    probes.value_and_gradient(build_loss("dice"), probs, torch.ones(8).long())
    assert not probs.requires_grad


def test_predicting_everything_costs_one_under_kappa_and_ever_less_under_dice():
    sweep = probes.lesion_size_sweep(["dice", "kappa"], [0.1, 0.5, 0.9]).set_index(["loss", "share"])["everything"]
    np.testing.assert_allclose(sweep["kappa"], 1, atol=1e-6)
    np.testing.assert_allclose(sweep["dice"], [1 - 2 * share / (1 + share) for share in (0.1, 0.5, 0.9)], atol=1e-6)


def test_kappa_weighs_lesion_and_background_alike_at_half_the_image_and_dice_does_not():
    sweep = probes.lesion_size_sweep(["dice", "kappa"], [0.5]).set_index("loss")
    ratio = -sweep["lesion_gradient"] / sweep["background_gradient"]
    assert ratio["kappa"] == pytest.approx(1)
    assert ratio["dice"] > 1.2


def test_the_right_area_costs_nothing_and_areas_beyond_the_image_are_left_out():
    sweep = probes.area_error_sweep(["dice", "kappa"], [0.6], [0.5, 1.0, 1.5, 2.0])
    np.testing.assert_allclose(sweep.loc[sweep["ratio"] == 1, "value"], 0, atol=1e-6)
    assert sweep["ratio"].max() == 1.5


def test_gradient_maps_have_one_value_in_the_lesion_and_one_outside():
    mask = np.zeros((6, 6), dtype=bool)
    mask[1:4, 2:5] = True
    probs = np.random.default_rng(0).uniform(0.2, 0.8, (6, 6))
    gradient = probes.gradient_maps(["kappa"], probs, mask)["kappa"]
    assert np.ptp(gradient[mask]) < 1e-9
    assert np.ptp(gradient[~mask]) < 1e-9
    assert gradient[mask][0] < 0 < gradient[~mask][0]


def test_equation_four_as_printed_leaves_half_the_lesions_share_as_a_floor():
    forms = probes.printed_forms_sweep([0.3, 0.7])
    np.testing.assert_allclose(forms["right_floor"], 0, atol=1e-6)
    np.testing.assert_allclose(forms["printed_floor"], [0.15, 0.35], atol=1e-3)


def test_equation_five_as_printed_differs_from_the_right_gradient_in_both_components():
    forms = probes.printed_forms_sweep([0.7]).iloc[0]
    assert abs(forms["right_lesion"] - forms["printed_lesion"]) > 0.5
    assert abs(forms["right_background"] - forms["printed_background"]) > 0.5


def test_a_disc_shrinks_by_the_radius_that_the_dice_index_asks_for():
    rows, columns = np.mgrid[:201, :201] - 100
    disc = np.hypot(rows, columns) <= 60
    kept_share = 0.8 / (2 - 0.8)
    assert probes.border_displacement(disc, 0.8) == pytest.approx(60 * (1 - np.sqrt(kept_share)), abs=1)
