"""Unified focal losses against the authors' formulas in plain numpy."""

import numpy as np
import pytest
import torch
from torch import Tensor

from segloss.losses.cross_entropy import cross_entropy_loss
from segloss.losses.dice import dice_loss
from segloss.losses.quantities import Quantities
from segloss.losses.unified_focal import asymmetric_unified_focal_loss, symmetric_unified_focal_loss

FORMS = {"symmetric": symmetric_unified_focal_loss, "asymmetric": asymmetric_unified_focal_loss}


def batch(classes: int = 2, size: tuple[int, ...] = (9, 8)) -> tuple[Tensor, Tensor]:
    """Logits and labels in which every sample has every class."""
    labels = torch.randint(0, classes, (3, *size))
    labels.flatten(1)[:, :classes] = torch.arange(classes)
    return torch.randn(3, classes, *size, dtype=torch.float64), labels


def plain(form: str, logits: Tensor, labels: Tensor, delta: float, gamma: float, focal_weight: float) -> float:
    """The losses of the authors' code, its weight of the focal term as in the text, channel 0 the background."""
    p = logits.softmax(1).flatten(2).numpy()
    g = np.eye(p.shape[1])[labels.flatten(1).numpy()].transpose(0, 2, 1)
    foreground = (np.arange(p.shape[1]) > 0)[None, :, None]
    focused = np.ones_like(foreground) if form == "symmetric" else ~foreground
    modulator = np.where(focused, (1 - p) ** gamma, 1)
    focal = (np.where(foreground, delta, 1 - delta) * modulator * g * -np.log(p)).sum(1).mean()
    tp, fp, fn = (p * g).sum(2), (p * (1 - g)).sum(2), ((1 - p) * g).sum(2)
    error = 1 - tp / (tp + delta * fn + (1 - delta) * fp)
    enhanced = foreground[..., 0] if form == "asymmetric" else np.ones_like(foreground[..., 0])
    return focal_weight * focal + (1 - focal_weight) * np.where(enhanced, error ** (1 - gamma), error).mean()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("delta", "gamma", "weight"), [(0.6, 0.5, 0.5), (0.7, 0.2, 0.3), (0.3, 0.8, 1.0), (0.8, 0, 0)])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_value_is_that_of_the_authors_formula(form, delta, gamma, weight, classes) -> None:
    logits, labels = batch(classes)
    value = FORMS[form](Quantities(logits, labels), delta=delta, gamma=gamma, focal_weight=weight)
    assert value.item() == pytest.approx(plain(form, logits, labels, delta, gamma, weight), rel=1e-7)


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_is_that_of_the_formula(form) -> None:
    logits, labels = batch(3, size=(7,))
    leaf = logits.clone().requires_grad_()
    FORMS[form](Quantities(leaf, labels)).backward()
    numeric = torch.zeros_like(logits)
    for index in np.ndindex(*logits.shape):
        move = torch.zeros_like(logits)
        move[index] = 1e-6
        up, down = (plain(form, logits + sign * move, labels, 0.6, 0.5, 0.5) for sign in (1, -1))
        numeric[index] = (up - down) / 2e-6
    torch.testing.assert_close(leaf.grad, numeric, atol=1e-8, rtol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_a_volume_is_treated_by_channels_not_by_slabs(form) -> None:
    logits, labels = batch(size=(3, 4, 5))
    value = FORMS[form](Quantities(logits, labels), delta=0.7)
    assert value.item() == pytest.approx(plain(form, logits, labels, 0.7, 0.5, 0.5))


def test_without_a_focus_both_forms_are_half_cross_entropy_and_dice() -> None:
    quantities = Quantities(*batch())
    expected = 0.5 * 0.5 * cross_entropy_loss(quantities) + 0.5 * dice_loss(quantities, include_background=True)
    for loss in FORMS.values():
        torch.testing.assert_close(loss(quantities, delta=0.5, gamma=0.0), expected)


def test_the_asymmetric_form_keeps_the_full_cross_entropy_of_easy_foreground_alone() -> None:
    labels = torch.tensor([[1, 0]])
    easy = Quantities(torch.tensor([[[5.0, -5.0]]]), labels)
    options = {"delta": 0.5, "gamma": 0.9, "focal_weight": 1.0}
    full = 0.5 * easy.cross_entropy[0]
    modulated = full * torch.sigmoid(torch.tensor(-5.0)) ** 0.9
    torch.testing.assert_close(asymmetric_unified_focal_loss(easy, **options), (full[0] + modulated[1]) / 2)
    torch.testing.assert_close(symmetric_unified_focal_loss(easy, **options), modulated.mean())


@pytest.mark.parametrize("form", FORMS)
def test_raising_delta_raises_the_cost_of_missed_pixels_and_lowers_that_of_false_ones(form) -> None:
    labels = torch.tensor([[1, 1, 0, 0]])
    missed, false = torch.tensor([[[-2.0, 2.0, -2.0, -2.0]]]), torch.tensor([[[2.0, 2.0, 2.0, -2.0]]])
    low, high = ([FORMS[form](Quantities(z, labels), delta=d) for z in (missed, false)] for d in (0.2, 0.8))
    assert high[0] - high[1] > low[0] - low[1]


def test_focal_weight_is_that_of_the_focal_term() -> None:
    labels = batch()[1]
    wrong = Quantities(30 * (1 - 2 * torch.nn.functional.one_hot(labels).movedim(-1, 1).double()), labels)
    assert symmetric_unified_focal_loss(wrong, focal_weight=1.0) > 10  # the region term never exceeds 1
    assert symmetric_unified_focal_loss(wrong, focal_weight=0.0) <= 1


@pytest.mark.parametrize("form", FORMS)
def test_an_absent_class_is_left_out_of_the_region_term(form) -> None:
    logits, labels = batch(3)
    labels = labels.clamp(max=1)
    p = logits.softmax(1).flatten(2).numpy()
    g = np.eye(3)[labels.flatten(1).numpy()].transpose(0, 2, 1)
    tp, fp, fn = (p * g).sum(2), (p * (1 - g)).sum(2), ((1 - p) * g).sum(2)
    error = (1 - tp / (tp + 0.6 * fn + 0.4 * fp))[:, :2]
    powers = [0.5, 0.5] if form == "symmetric" else [1.0, 0.5]
    value = FORMS[form](Quantities(logits, labels), focal_weight=0.0)
    assert value.item() == pytest.approx((error**powers).mean())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_saturated_predictions_have_finite_value_and_gradient(form, dtype, share) -> None:
    labels = (torch.arange(100) < 100 * share).long()[None]
    for sign in (1, -1):
        logits = (sign * 3e4 * (2 * labels - 1)).to(dtype).unsqueeze(1).requires_grad_()
        value = FORMS[form](Quantities(logits, labels))
        value.backward()
        assert value.isfinite()
        assert logits.grad is not None
        assert logits.grad.isfinite().all()
        assert sign < 0 or value == 0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "options", [{"delta": 0.0}, {"delta": 1.0}, {"gamma": 1.0}, {"gamma": -0.1}, {"focal_weight": 2}]
)
def test_an_option_out_of_its_range_is_refused_with_what_came(form, options) -> None:
    with pytest.raises(ValueError, match=f"got .*{next(iter(options.values()))}"):
        FORMS[form](Quantities(*batch()), **options)
