"""Kappa and sensitivity-specificity: values by hand, scikit-learn, closed-form gradients, and what sets them apart."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score, recall_score
from torch import Tensor

from segloss.losses import build_loss

# TP 1.4, FP 0.2, FN 0.6, TN 1.8 over four pixels: FP differs from FN, so an exchange of the two shows.
PROBS = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]], dtype=torch.float64)
LABELS = torch.tensor([[1, 1, 0, 0]])


def hard(mask: Tensor) -> Tensor:
    """Logits whose probabilities are 0 and 1."""
    return (mask.double() * 2 - 1).unsqueeze(1) * 60


def example() -> tuple[Tensor, Tensor, np.ndarray, np.ndarray]:
    """Logits and labels, with their probabilities and masks (B, C, N)."""
    logits, labels = 2 * torch.randn(3, 4, 50, dtype=torch.float64), torch.arange(50).remainder(4).repeat(3, 1)
    return logits, labels, logits.softmax(1).numpy(), np.eye(4)[labels.numpy()].transpose(0, 2, 1)


def printed_kappa(tp: float, fp: float, fn: float, tn: float) -> float:
    """Equation 1 of the paper, from the agreement table."""
    return 2 * (tp * tn - fp * fn) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def test_kappa_of_a_small_example_is_equation_1() -> None:
    value = build_loss("kappa")(PROBS.logit(), LABELS).item()
    assert value == pytest.approx(1 - printed_kappa(tp=1.4, fp=0.2, fn=0.6, tn=1.8))


@pytest.mark.parametrize("include_background", [False, True])
def test_kappa_is_averaged_over_classes_then_samples(include_background: bool) -> None:
    logits, labels, p, g = example()
    first = 0 if include_background else 1
    tables = [
        ((p * g).sum(), (p * (1 - g)).sum(), ((1 - p) * g).sum(), ((1 - p) * (1 - g)).sum())
        for p, g in zip(p[:, first:].reshape(-1, 50), g[:, first:].reshape(-1, 50), strict=True)
    ]
    value = build_loss("kappa", include_background=include_background)(logits, labels).item()
    assert value == pytest.approx(1 - np.mean([printed_kappa(*table) for table in tables]))


def test_kappa_of_hard_masks_is_cohens_kappa() -> None:
    true, predicted = torch.rand(2, 20, 20) < torch.tensor([0.4, 0.6]).view(2, 1, 1)
    expected = 1 - cohen_kappa_score(true.flatten(), predicted.flatten())
    value = build_loss("kappa")(hard(predicted[None]), true[None].long()).item()
    assert value == pytest.approx(expected, abs=1e-9)


def test_kappa_gradient_is_the_closed_form() -> None:
    """The quotient rule by hand; equation 5 with errata K5 put right."""
    p, g = torch.rand(40, dtype=torch.float64, requires_grad=True), (torch.rand(40) < 0.6).double()
    build_loss("kappa")(p.logit().view(1, 1, 40), g.long().view(1, 40)).backward()
    predicted, true, overlap, pixels = p.sum().item(), g.sum().item(), (p * g).sum().item(), 40
    denominator = predicted + true - 2 * predicted * true / pixels
    expected = -2 * (g * denominator - overlap * (1 - 2 * true / pixels) - true**2 / pixels) / denominator**2
    torch.testing.assert_close(p.grad, expected)


def test_kappa_stays_when_foreground_and_background_change_places_and_dice_does_not() -> None:
    swapped = build_loss("kappa")((1 - PROBS).logit(), 1 - LABELS)
    torch.testing.assert_close(swapped, build_loss("kappa")(PROBS.logit(), LABELS))
    assert build_loss("dice")((1 - PROBS).logit(), 1 - LABELS) != build_loss("dice")(PROBS.logit(), LABELS)


def test_padding_with_true_negatives_takes_the_kappa_loss_down_to_the_dice_loss() -> None:
    def padded(name: str, pixels: int) -> float:
        probs = torch.nn.functional.pad(PROBS, (0, pixels), value=1e-300)
        return build_loss(name)(probs.logit(), torch.nn.functional.pad(LABELS, (0, pixels))).item()

    dice, kappa = padded("dice", 0), [padded("kappa", pixels) for pixels in (0, 10, 100, 10_000)]
    assert kappa == sorted(kappa, reverse=True)
    assert kappa[-1] > dice
    assert kappa[-1] == pytest.approx(dice, abs=1e-3)


def test_constant_prediction_agrees_by_chance_alone() -> None:
    labels = (torch.rand(1, 400) < 0.3).long()
    logits = torch.full((1, 1, 400), 0.7, dtype=torch.float64)
    assert build_loss("kappa")(logits, labels).item() == pytest.approx(1)


def test_complete_disagreement_on_half_the_image_costs_two() -> None:
    labels = torch.tensor([[0, 0, 1, 1]])
    assert build_loss("kappa")(hard(1 - labels), labels).item() == pytest.approx(2)


def test_kappa_of_a_nearly_full_mask_keeps_its_digits_in_float32() -> None:
    labels, logits = torch.ones(1, 1_000_000, dtype=torch.long), torch.full((1, 1, 1_000_000), 12.0)
    labels[0, :3], logits[0, 0, :2] = 0, -1.0
    expected = build_loss("kappa")(logits.double(), labels).item()
    assert build_loss("kappa")(logits, labels).item() == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("fill", [0, 1])
def test_a_sample_whose_kappa_is_undefined_is_left_out(fill: int) -> None:
    logits = torch.cat([PROBS.logit(), torch.randn_like(PROBS)])
    labels = torch.cat([LABELS, torch.full_like(LABELS, fill)])
    torch.testing.assert_close(build_loss("kappa")(logits, labels), build_loss("kappa")(PROBS.logit(), LABELS))


@pytest.mark.parametrize("weight", [0.0, 0.05, 0.8, 1.0])
def test_sensitivity_and_specificity_of_a_small_example_by_hand(weight: float) -> None:
    value = build_loss("sensitivity_specificity", sensitivity_weight=weight)(PROBS.logit(), LABELS).item()
    assert value == pytest.approx(1 - weight * 1.4 / 2 - (1 - weight) * 1.8 / 2)


def test_of_hard_masks_the_two_terms_are_the_recalls_of_foreground_and_background() -> None:
    true, predicted = torch.rand(2, 20, 20) < torch.tensor([0.4, 0.6]).view(2, 1, 1)
    sensitivity, specificity = (recall_score(true.flatten(), predicted.flatten(), pos_label=label) for label in (1, 0))
    loss = build_loss("sensitivity_specificity", sensitivity_weight=0.3)
    value = loss(hard(predicted[None]), true[None].long()).item()
    assert value == pytest.approx(1 - 0.3 * sensitivity - 0.7 * specificity, abs=1e-9)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("include_background", [False, True])
def test_both_forms_are_averaged_over_classes_then_samples(power: int, include_background: bool) -> None:
    logits, labels, p, g = example()
    errors = abs(p - g) ** power
    missed, false = (errors * g).sum(2) / g.sum(2), (errors * (1 - g)).sum(2) / (1 - g).sum(2)
    expected = (0.2 * missed + 0.8 * false)[:, 0 if include_background else 1 :].mean()
    options = {"squared_error": power == 2, "include_background": include_background, "sensitivity_weight": 0.2}
    assert build_loss("sensitivity_specificity", **options)(logits, labels).item() == pytest.approx(expected)


@pytest.mark.parametrize("power", [1, 2])
def test_the_gradient_of_sensitivity_and_specificity_is_the_closed_form(power: int) -> None:
    p, g = torch.rand(40, dtype=torch.float64, requires_grad=True), (torch.rand(40) < 0.6).double()
    loss = build_loss("sensitivity_specificity", sensitivity_weight=0.3, squared_error=power == 2)
    loss(p.logit().view(1, 1, 40), g.long().view(1, 40)).backward()
    slopes = power * (p.detach() - g).abs() ** (power - 1)
    expected = slopes * torch.where(g > 0, -0.3 / g.sum(), 0.7 / (1 - g).sum())
    torch.testing.assert_close(p.grad, expected)


@pytest.mark.parametrize("squared_error", [False, True])
@pytest.mark.parametrize("weight", [0.0, 0.05, 1.0])
def test_a_term_that_is_undefined_leaves_all_the_weight_to_the_other(squared_error: bool, weight: float) -> None:
    loss = build_loss("sensitivity_specificity", sensitivity_weight=weight, squared_error=squared_error)
    errors = PROBS[0, 0] ** (2 if squared_error else 1)
    empty = loss(PROBS.logit(), torch.zeros_like(LABELS)).item()
    assert empty == pytest.approx(0 if weight == 1 else errors.mean().item())
    full = loss((1 - PROBS).logit(), torch.ones_like(LABELS)).item()
    assert full == pytest.approx(0 if weight == 0 else errors.mean().item())


def test_a_sample_without_a_weighted_term_is_left_out() -> None:
    loss = build_loss("sensitivity_specificity", sensitivity_weight=1.0)
    logits = torch.cat([PROBS.logit(), torch.randn_like(PROBS)])
    value = loss(logits, torch.cat([LABELS, torch.zeros_like(LABELS)]))
    torch.testing.assert_close(value, loss(PROBS.logit(), LABELS))


@pytest.mark.parametrize("squared_error", [False, True])
def test_ignored_pixels_enter_neither_sensitivity_nor_specificity(squared_error: bool) -> None:
    loss = build_loss("sensitivity_specificity", squared_error=squared_error, ignore_index=9)
    padded = torch.nn.functional.pad(PROBS.logit(), (0, 3), value=0.3)
    value = loss(padded, torch.nn.functional.pad(LABELS, (0, 3), value=9))
    torch.testing.assert_close(value, loss(PROBS.logit(), LABELS))


@pytest.mark.parametrize("weight", [-0.1, 1.1, math.nan])
def test_a_sensitivity_weight_outside_0_to_1_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match=rf"sensitivity_weight must lie in \[0, 1\], got {weight}"):
        build_loss("sensitivity_specificity", sensitivity_weight=weight)(PROBS.logit(), LABELS)
