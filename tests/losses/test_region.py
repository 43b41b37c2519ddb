"""Dice and kappa: values by hand, independent oracles, and what sets them apart."""

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score, f1_score
from torch import Tensor

from segloss.losses import build_loss

# TP 1.4, FP 0.2, FN 0.6, TN 1.8 over four pixels: FP differs from FN, so an exchange of the two shows.
PROBS = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]], dtype=torch.float64)
LABELS = torch.tensor([[1, 1, 0, 0]])


def hard(mask: Tensor) -> Tensor:
    """Logits whose probabilities are 0 and 1."""
    return (mask.double() * 2 - 1).unsqueeze(1) * 60


def printed_kappa(tp: float, fp: float, fn: float, tn: float) -> float:
    """Equation 1 of the paper, from the agreement table."""
    return 2 * (tp * tn - fp * fn) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def test_dice_of_a_small_example_is_the_value_by_hand() -> None:
    assert build_loss("dice")(PROBS.logit(), LABELS).item() == pytest.approx(1 - 2 * 1.4 / (2 * 1.4 + 0.2 + 0.6))


def test_smooth_is_added_to_numerator_and_denominator() -> None:
    value = build_loss("dice", smooth=1.0)(PROBS.logit(), LABELS).item()
    assert value == pytest.approx(1 - (2 * 1.4 + 1) / (2 * 1.4 + 0.2 + 0.6 + 1))


def test_kappa_of_a_small_example_is_equation_1() -> None:
    value = build_loss("kappa")(PROBS.logit(), LABELS).item()
    assert value == pytest.approx(1 - printed_kappa(tp=1.4, fp=0.2, fn=0.6, tn=1.8))


def test_kappa_of_hard_masks_is_cohens_kappa() -> None:
    true, predicted = torch.rand(2, 20, 20) < torch.tensor([0.4, 0.6]).view(2, 1, 1)
    expected = 1 - cohen_kappa_score(true.flatten(), predicted.flatten())
    value = build_loss("kappa")(hard(predicted[None]), true[None].long()).item()
    assert value == pytest.approx(expected, abs=1e-9)


def test_dice_of_hard_masks_is_the_f1_score() -> None:
    true, predicted = torch.rand(2, 20, 20) < 0.4
    expected = 1 - f1_score(true.flatten(), predicted.flatten())
    assert build_loss("dice")(hard(predicted[None]), true[None].long()).item() == pytest.approx(expected, abs=1e-9)


def test_classes_and_samples_are_averaged_not_pooled() -> None:
    logits, labels = torch.randn(3, 4, 50, dtype=torch.float64), torch.arange(50).remainder(4).repeat(3, 1)
    probs, target = logits.softmax(1).numpy(), np.eye(4)[labels.numpy()].transpose(0, 2, 1)
    dice = 2 * (probs * target).sum(2) / (probs.sum(2) + target.sum(2))
    assert build_loss("dice")(logits, labels).item() == pytest.approx(1 - dice[:, 1:].mean())
    assert build_loss("dice", include_background=True)(logits, labels).item() == pytest.approx(1 - dice.mean())


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


@pytest.mark.parametrize(("name", "fill"), [("dice", 0), ("kappa", 0), ("kappa", 1)])
def test_a_sample_whose_index_is_undefined_is_left_out(name: str, fill: int) -> None:
    logits = torch.cat([PROBS.logit(), torch.randn_like(PROBS)])
    labels = torch.cat([LABELS, torch.full_like(LABELS, fill)])
    torch.testing.assert_close(build_loss(name)(logits, labels), build_loss(name)(PROBS.logit(), LABELS))


def test_an_absent_class_is_left_out_of_its_sample() -> None:
    logits, labels = torch.randn(1, 3, 30, dtype=torch.float64), torch.arange(30).remainder(2).view(1, 30)
    probs, target = logits.softmax(1)[0, 1], labels[0].double()
    expected = 1 - 2 * (probs * target).sum() / (probs.sum() + target.sum())
    torch.testing.assert_close(build_loss("dice")(logits, labels), expected)


def test_smoothing_gives_an_empty_mask_a_gradient() -> None:
    logits = PROBS.logit().requires_grad_()
    build_loss("dice", smooth=1.0)(logits, torch.zeros_like(LABELS)).backward()
    assert logits.grad is not None
    assert (logits.grad > 0).all()


def test_negative_smoothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0, got -1"):
        build_loss("dice", smooth=-1.0)(PROBS.logit(), LABELS)
