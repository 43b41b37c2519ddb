"""Compound losses against formulas in plain numpy, written from the papers."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from segloss.losses.compound import combo_loss, exponential_logarithmic_loss, mixed_focal_loss
from segloss.losses.cross_entropy import focal_loss
from segloss.losses.dice import dice_loss
from segloss.losses.quantities import Quantities
from segloss.losses.tversky import focal_tversky_loss

Array = NDArray[np.float64]


def batch(classes: int = 4) -> tuple[Tensor, Tensor]:
    """Logits and labels in which every class occurs, unequally often, and samples differ."""
    labels = torch.randint(0, classes, (3, 12, 11)).clamp(max=classes - 1)
    labels[:, :6] = 0
    labels[:, 8, :classes] = torch.arange(classes)
    return torch.randn(3, classes, 12, 11, dtype=torch.float64), labels


def plain(logits: Tensor, labels: Tensor) -> tuple[Array, Array]:
    """Probabilities and masks (B, C, N)."""
    z = logits.flatten(2).numpy()
    exponential = np.exp(z - z.max(1, keepdims=True))
    probs = exponential / exponential.sum(1, keepdims=True)
    return probs, np.eye(z.shape[1])[labels.flatten(1).numpy()].transpose(0, 2, 1)


def dice_index(p: Array, g: Array) -> Array:
    return 2 * (p * g).sum(2) / (p.sum(2) + g.sum(2))


def combo(logits: Tensor, labels: Tensor, a: float, b: float) -> float:
    p, g = (x[:, 1:] for x in plain(logits, labels))
    modified = -(b * g * np.log(p) + (1 - b) * (1 - g) * np.log(1 - p)).mean()
    return a * modified + (1 - a) * (1 - dice_index(p, g)).mean()


def exponential_logarithmic(logits: Tensor, labels: Tensor, v: float, w: float, e: float) -> float:
    p, g = plain(logits, labels)
    frequency = g.sum((0, 2))
    of_pixels = np.sqrt(frequency.sum() / frequency)[None, :, None] * g * (-np.log(p)) ** e
    return v * ((-np.log(dice_index(p, g)[:, 1:])) ** e).mean() + w * of_pixels.sum(1).mean()


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.3, 0.8), (1.0, 0.2), (0.0, 0.9)])
def test_combo_is_modified_cross_entropy_plus_dice_loss(a: float, b: float) -> None:
    logits, labels = batch()
    value = combo_loss(Quantities(logits, labels), cross_entropy_weight=a, positive_weight=b)
    assert value.item() == pytest.approx(combo(logits, labels, a, b), rel=1e-10)


def test_combo_of_a_single_channel_is_that_of_two_classes() -> None:
    logits, labels = torch.randn(2, 1, 30, dtype=torch.float64), (torch.rand(2, 30) < 0.3).long()
    pair = torch.cat([torch.zeros_like(logits), logits], 1)
    value = combo_loss(Quantities(logits, labels), positive_weight=0.8)
    assert value.item() == pytest.approx(combo(pair, labels, 0.5, 0.8))


def test_combo_without_cross_entropy_is_the_dice_loss() -> None:
    quantities = Quantities(*batch())
    assert combo_loss(quantities, cross_entropy_weight=0.0).item() == pytest.approx(dice_loss(quantities).item())


def test_a_larger_positive_weight_makes_a_missed_pixel_cost_more_than_a_false_one() -> None:
    labels = torch.tensor([[1, 1, 0, 0]])
    missed, false = torch.tensor([[[-3.0, 3.0, -3.0, -3.0]]]), torch.tensor([[[3.0, 3.0, 3.0, -3.0]]])
    options = {"cross_entropy_weight": 1.0, "positive_weight": 0.9}
    assert combo_loss(Quantities(missed, labels), **options) > combo_loss(Quantities(false, labels), **options)


def test_combo_of_an_empty_mask_still_punishes_false_positives() -> None:
    labels = torch.zeros(1, 8, dtype=torch.long)
    high, low = (combo_loss(Quantities(torch.full((1, 1, 8), z), labels)) for z in (2.0, -2.0))
    assert high > low > 0


@pytest.mark.parametrize(("v", "w", "e"), [(0.8, 0.2, 0.3), (0.5, 0.7, 1.0), (0.2, 0.9, 2.0)])
def test_exponential_logarithmic_takes_powers_of_logarithms(v: float, w: float, e: float) -> None:
    logits, labels = batch()
    options = {"dice_weight": v, "cross_entropy_weight": w, "exponent": e}
    value = exponential_logarithmic_loss(Quantities(logits, labels), **options)
    assert value.item() == pytest.approx(exponential_logarithmic(logits, labels, v, w, e), rel=1e-10)


def test_the_gradient_of_exponential_logarithmic_is_that_of_its_formula() -> None:
    logits, labels = batch(classes=3)
    leaf = logits.clone().requires_grad_()
    exponential_logarithmic_loss(Quantities(leaf, labels)).backward()
    moves = torch.zeros_like(logits)
    for index in [(0, 0, 1, 2), (1, 2, 8, 2), (2, 1, 8, 1)]:
        moves[index] = 1e-6
        up, down = (exponential_logarithmic(logits + sign * moves, labels, 0.8, 0.2, 0.3) for sign in (1, -1))
        moves[index] = 0
        assert leaf.grad is not None
        assert leaf.grad[index].item() == pytest.approx((up - down) / 2e-6, rel=1e-4)


def test_rare_classes_weigh_more_in_the_exponential_logarithmic_cross_entropy() -> None:
    labels = torch.tensor([[1, 0, 0, 0]])
    wrong_rare, wrong_frequent = torch.tensor([[[0.0, -4.0, -4.0, -4.0]], [[4.0, 0.0, -4.0, -4.0]]]).unsqueeze(1)
    options = {"dice_weight": 0.0, "cross_entropy_weight": 1.0}
    values = [exponential_logarithmic_loss(Quantities(z, labels), **options) for z in (wrong_rare, wrong_frequent)]
    assert values[0] > values[1]


def test_without_foreground_the_cross_entropy_takes_over_the_weight_of_the_dice_part() -> None:
    logits, labels = torch.randn(2, 3, 20, dtype=torch.float64), torch.zeros(2, 20, dtype=torch.long)
    expected = ((-np.log(plain(logits, labels)[0][:, 0])) ** 0.3).mean()  # the only class has the weight 1
    assert exponential_logarithmic_loss(Quantities(logits, labels)).item() == pytest.approx(expected)
    nothing = exponential_logarithmic_loss(Quantities(logits, labels), cross_entropy_weight=0.0)
    assert nothing.item() == 0


def test_ignored_pixels_count_for_no_frequency() -> None:
    logits, labels = batch()
    extended = torch.cat([logits, torch.randn(3, 4, 5, 11, dtype=torch.float64)], 2)
    ignored = torch.cat([labels, torch.full((3, 5, 11), 255)], 1)
    value = exponential_logarithmic_loss(Quantities(extended, ignored, ignore_index=255))
    assert value.item() == pytest.approx(exponential_logarithmic(logits, labels, 0.8, 0.2, 0.3))


@pytest.mark.parametrize("scale", [0.0, 1.0, 3e4])
@pytest.mark.parametrize("share", [0.0, 0.01, 1.0])
def test_exponential_logarithmic_is_finite_everywhere(scale: float, share: float) -> None:
    labels = (torch.arange(200) < 200 * share).long()[None]
    for sign in (1, -1):
        logits = (sign * scale * (2.0 * labels - 1)).unsqueeze(1).requires_grad_()
        value = exponential_logarithmic_loss(Quantities(logits, labels))
        value.backward()
        assert value.isfinite()
        assert logits.grad is not None
        assert logits.grad.isfinite().all()


def test_mixed_focal_is_focal_tversky_of_all_classes_plus_focal_loss() -> None:
    logits, labels = batch()
    p, g = plain(logits, labels)
    tp, fp, fn = (p * g).sum(2), (p * (1 - g)).sum(2), ((1 - p) * g).sum(2)
    region = ((1 - tp / (tp + 0.2 * fp + 0.8 * fn)) ** 0.6).mean()
    focal = -(g * (1 - p) ** 1.5 * np.log(p)).sum(1).mean()
    options = {"fn_weight": 0.8, "tversky_exponent": 0.6, "focal_exponent": 1.5}
    assert mixed_focal_loss(Quantities(logits, labels), **options).item() == pytest.approx(region + focal)


def test_mixed_focal_with_its_defaults_is_the_sum_of_its_parts() -> None:
    quantities = Quantities(*batch())
    parts = focal_tversky_loss(quantities, include_background=True) + focal_loss(quantities)
    torch.testing.assert_close(mixed_focal_loss(quantities), parts)


def test_mixed_focal_changes_when_the_weights_of_both_errors_change_places() -> None:
    pixel = torch.arange(40)
    too_much = Quantities((6.0 * (pixel < 6) - 3)[None, None], (pixel < 3).long()[None])
    assert mixed_focal_loss(too_much, fn_weight=0.3) > mixed_focal_loss(too_much, fn_weight=0.7) + 0.01


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (combo_loss, {"cross_entropy_weight": 1.5}),
        (combo_loss, {"positive_weight": -0.1}),
        (exponential_logarithmic_loss, {"exponent": 0.0}),
        (exponential_logarithmic_loss, {"dice_weight": -1.0}),
        (mixed_focal_loss, {"fn_weight": 0.0}),
        (mixed_focal_loss, {"tversky_exponent": 0.0}),
    ],
)
def test_an_option_out_of_its_range_is_refused_with_what_came(loss, options) -> None:
    with pytest.raises(ValueError, match=f"got .*{next(iter(options.values()))}"):
        loss(Quantities(*batch()), **options)
