"""The Dice family: values by hand, plain formulas, scikit-learn, and which pixels top-K drops."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from torch import Tensor

from segloss.losses import build_loss

# TP 1.4, FP 0.2, FN 0.6, TN 1.8 over four pixels: FP differs from FN, so an exchange of the two shows.
PROBS = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]], dtype=torch.float64)
LABELS = torch.tensor([[1, 1, 0, 0]])


def example(samples: int = 3, classes: int = 4, pixels: int = 50) -> tuple[Tensor, Tensor, np.ndarray, np.ndarray]:
    """Logits and labels, with their probabilities and masks (B, C, N)."""
    logits = 2 * torch.randn(samples, classes, pixels, dtype=torch.float64)
    labels = torch.randint(0, classes, (samples, pixels))
    return logits, labels, logits.softmax(1).numpy(), np.eye(classes)[labels.numpy()].transpose(0, 2, 1)


def hard(mask: Tensor) -> Tensor:
    """Logits whose probabilities are 0 and 1."""
    return (mask.double() * 2 - 1).unsqueeze(1) * 60


def index(p: np.ndarray, g: np.ndarray, power: int = 1, smooth: float = 0.0) -> np.ndarray:
    """Dice as the papers print it, over the last axis."""
    return (2 * (p * g).sum(-1) + smooth) / ((p**power).sum(-1) + (g**power).sum(-1) + smooth)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 1 - 2 * 1.4 / (1.6 + 2)),
        ({"squared": True}, 1 - 2 * 1.4 / (0.81 + 0.25 + 0.01 + 0.01 + 2)),
        ({"smooth": 1.0}, 1 - (2 * 1.4 + 1) / (1.6 + 2 + 1)),
        ({"smooth": 1.0, "squared": True}, 1 - (2 * 1.4 + 1) / (1.08 + 2 + 1)),
    ],
)
def test_dice_of_a_small_example_is_the_value_by_hand(options: dict[str, Any], expected: float) -> None:
    assert build_loss("dice", **options)(PROBS.logit(), LABELS).item() == pytest.approx(expected)


@pytest.mark.parametrize("squared", [False, True])
def test_dice_of_hard_masks_is_the_f1_score(squared: bool) -> None:
    true, predicted = torch.rand(2, 20, 20) < 0.4
    value = build_loss("dice", squared=squared)(hard(predicted[None]), true[None].long()).item()
    assert value == pytest.approx(1 - f1_score(true.flatten(), predicted.flatten()), abs=1e-9)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("include_background", [False, True])
def test_classes_and_samples_are_averaged_not_pooled(power: int, include_background: bool) -> None:
    logits, labels, p, g = example()
    value = build_loss("dice", squared=power == 2, include_background=include_background)(logits, labels).item()
    assert value == pytest.approx(1 - index(p, g, power)[:, 0 if include_background else 1 :].mean())


@pytest.mark.parametrize("power", [1, 2])
def test_the_gradient_of_dice_is_the_quotient_rule(power: int) -> None:
    p, g = torch.rand(40, dtype=torch.float64, requires_grad=True), (torch.rand(40) < 0.6).double()
    build_loss("dice", squared=power == 2)(p.logit().view(1, 1, 40), g.long().view(1, 40)).backward()
    overlap, sizes = (p * g).sum().item(), (p**power).sum().item() + g.sum().item()
    expected = -2 * (g * sizes - overlap * power * p.detach() ** (power - 1)) / sizes**2
    torch.testing.assert_close(p.grad, expected)


@pytest.mark.parametrize("name", ["dice", "topk_dice"])
def test_an_empty_sample_is_left_out(name: str) -> None:
    logits = torch.cat([PROBS.logit(), torch.randn_like(PROBS)])
    labels = torch.cat([LABELS, torch.zeros_like(LABELS)])
    torch.testing.assert_close(build_loss(name)(logits, labels), build_loss(name)(PROBS.logit(), LABELS))


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("name", ["dice", "topk_dice"])
def test_an_absent_class_is_left_out_of_its_sample(name: str, squared: bool) -> None:
    logits, labels = torch.randn(1, 3, 30, dtype=torch.float64), torch.arange(30).remainder(2).view(1, 30)
    p, g = logits.softmax(1)[0, 1].numpy(), labels[0].numpy()
    keep_all = {"keep": 1.0} if name == "topk_dice" else {}
    value = build_loss(name, squared=squared, **keep_all)(logits, labels).item()
    assert value == pytest.approx(1 - index(p, g, 2 if squared else 1))


@pytest.mark.parametrize("name", ["dice", "log_cosh_dice"])
def test_smoothing_gives_an_empty_mask_a_gradient(name: str) -> None:
    logits = PROBS.logit().requires_grad_()
    build_loss(name, smooth=1.0)(logits, torch.zeros_like(LABELS)).backward()
    assert logits.grad is not None
    assert (logits.grad > 0).all()


@pytest.mark.parametrize("name", ["dice", "log_cosh_dice"])
def test_a_sample_that_is_ignored_as_a_whole_does_not_count_with_smoothing_either(name: str) -> None:
    loss = build_loss(name, smooth=1.0, ignore_index=9)
    both = loss(PROBS.logit().repeat(2, 1, 1), torch.cat([LABELS, torch.full_like(LABELS, 9)]))
    torch.testing.assert_close(both, loss(PROBS.logit(), LABELS))


@pytest.mark.parametrize("smooth", [-1.0, math.nan])
@pytest.mark.parametrize("name", ["dice", "log_cosh_dice"])
def test_negative_smoothing_is_refused(name: str, smooth: float) -> None:
    with pytest.raises(ValueError, match=f"at least 0 and finite, got {smooth}"):
        build_loss(name, smooth=smooth)(PROBS.logit(), LABELS)


def test_generalized_dice_of_two_regions_is_equation_1() -> None:
    logits, labels, p, g = example(classes=2)
    (p, g), volume = (p[:, 1], g[:, 1]), g[:, 1].sum(1)
    weight, weight_b = 1 / volume**2, 1 / (50 - volume) ** 2
    above = weight * (g * p).sum(1) + weight_b * ((1 - g) * (1 - p)).sum(1)
    below = weight * (p + g).sum(1) + weight_b * (2 - p - g).sum(1)
    assert build_loss("generalized_dice")(logits, labels).item() == pytest.approx((1 - 2 * above / below).mean())


def test_generalized_dice_weighs_each_class_by_its_inverse_squared_volume_in_its_sample() -> None:
    logits, labels, p, g = example()
    weights = 1 / g.sum(2) ** 2
    expected = 1 - 2 * (weights * (p * g).sum(2)).sum(1) / (weights * (p + g).sum(2)).sum(1)
    assert build_loss("generalized_dice")(logits, labels).item() == pytest.approx(expected.mean())


def test_generalized_dice_drops_an_absent_class_and_keeps_a_gradient_on_an_empty_mask() -> None:
    logits = torch.randn(1, 2, 30, dtype=torch.float64, requires_grad=True)
    value = build_loss("generalized_dice")(logits, torch.zeros(1, 30, dtype=torch.long))
    value.backward()
    background = logits.softmax(1)[0, 0].detach().numpy()
    assert value.item() == pytest.approx(1 - index(background, np.ones(30)))
    assert logits.grad is not None
    assert (logits.grad[0, 1] > 0).all()


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_log_cosh_is_taken_of_each_class_before_the_mean(smooth: float) -> None:
    logits, labels, p, g = example()
    losses = 1 - index(p, g, smooth=smooth)[:, 1:]
    value = build_loss("log_cosh_dice", smooth=smooth)(logits, labels).item()
    assert value == pytest.approx(np.log(np.cosh(losses)).mean())
    assert value != pytest.approx(np.log(np.cosh(losses.mean())), rel=1e-4)


def test_the_gradient_of_log_cosh_is_the_hyperbolic_tangent_times_that_of_dice() -> None:
    dice, gradients = build_loss("dice", smooth=1.0)(PROBS.logit(), LABELS).item(), []
    for name in ("log_cosh_dice", "dice"):
        leaf = PROBS.logit().requires_grad_()
        build_loss(name, smooth=1.0)(leaf, LABELS).backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[0], math.tanh(dice) * gradients[1])


def test_log_cosh_of_a_small_loss_keeps_its_digits_in_float32() -> None:
    logits = torch.where(LABELS.repeat(1, 100) == 1, 8.0, -8.0).unsqueeze(1)
    dice = build_loss("dice")(logits, LABELS.repeat(1, 100)).item()
    value = build_loss("log_cosh_dice", smooth=0.0)(logits, LABELS.repeat(1, 100)).item()
    assert value == pytest.approx(dice**2 / 2, rel=1e-5)


def topk_dice(p: np.ndarray, g: np.ndarray, drop: int, power: int) -> float:
    """Equations 5 to 7 for one class: sort the true pixels from high to low and set the first ``drop`` to 0."""
    easiest = sorted(np.flatnonzero(g), key=lambda pixel: -p[pixel])[:drop]  # stable
    kept = ~np.isin(np.arange(len(p)), easiest)
    return 1 - index(p * kept, g * kept, power)


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("include_background", [False, True])
@pytest.mark.parametrize("many_equal", [False, True])
def test_topk_dice_is_equation_7_after_a_stable_sort(
    keep: float, power: int, include_background: bool, many_equal: bool
) -> None:
    logits, labels, p, g = example(classes=3)
    if many_equal:
        logits = logits.sign()
        p = logits.softmax(1).numpy()
    expected = [
        [topk_dice(p[b, c], g[b, c], math.floor(round((1 - keep) * g[b, c].sum(), 6)), power) for c in range(3)]
        for b in range(3)
    ]
    loss = build_loss("topk_dice", keep=keep, squared=power == 2, include_background=include_background)
    first = 0 if include_background else 1
    assert loss(logits, labels).item() == pytest.approx(np.mean([classes[first:] for classes in expected]))


def without_gradient(probs: Tensor, labels: Tensor, keep: float) -> Tensor:
    """Which pixels the loss does not depend on: the dropped ones."""
    leaf = probs.logit().view(1, 1, -1).requires_grad_()
    build_loss("topk_dice", keep=keep)(leaf, labels.view(1, -1)).backward()
    assert leaf.grad is not None
    return leaf.grad.flatten() == 0


@pytest.mark.parametrize(("pixels", "expected"), [(121, 60), (128, 64), (151, 75)])
@pytest.mark.parametrize("decimals", [1, 8])
def test_exactly_the_share_is_dropped_however_many_pixels_are_equal(pixels: int, expected: int, decimals: int) -> None:
    probs, labels = torch.rand(400).double(), torch.arange(400) < pixels
    probs = (0.9 * probs + 0.05).round(decimals=decimals)
    easy = without_gradient(probs, labels.long(), keep=0.5)
    assert easy.sum() == expected
    assert not easy[pixels:].any()
    assert probs[:pixels][easy[:pixels]].min() >= probs[:pixels][~easy[:pixels]].max()


def test_of_equal_pixels_the_earlier_one_is_dropped() -> None:
    probs = torch.tensor([0.9, 0.3, 0.7, 0.7, 0.7, 0.7, 0.2], dtype=torch.float64)
    easy = without_gradient(probs, torch.tensor([0, 1, 1, 1, 1, 1, 1]), keep=0.5)
    assert easy.tolist() == [False, False, True, True, True, False, False]


def test_pixels_of_the_background_are_never_dropped() -> None:
    probs, labels = torch.tensor([0.999, 0.001, 0.6, 0.5], dtype=torch.float64), torch.tensor([0, 0, 1, 1])
    assert without_gradient(probs, labels, keep=0.5).tolist() == [False, False, True, False]


@pytest.mark.parametrize("squared", [False, True])
def test_keeping_every_pixel_gives_the_dice_loss(squared: bool) -> None:
    logits, labels, *_ = example()
    value = build_loss("topk_dice", keep=1.0, squared=squared)(logits, labels)
    torch.testing.assert_close(value, build_loss("dice", squared=squared)(logits, labels))


def test_keeping_fewer_pixels_of_a_trained_prediction_costs_more() -> None:
    probs = torch.cat([0.5 + 0.5 * torch.rand(60), 0.3 * torch.rand(60)]).double().view(1, 1, -1)
    labels = (torch.arange(120) < 60).long().view(1, -1)
    values = [build_loss("topk_dice", keep=keep / 10)(probs.logit(), labels).item() for keep in range(10, 0, -1)]
    assert values == sorted(values)


def test_a_perfect_prediction_costs_nothing_whatever_is_dropped() -> None:
    assert build_loss("topk_dice", keep=0.5)(hard(LABELS), LABELS).item() == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("keep", [0.0, 1.5, 50, math.nan])
def test_a_share_outside_0_to_1_is_refused(keep: float) -> None:
    with pytest.raises(ValueError, match=rf"keep must lie in \(0, 1\], got {keep}"):
        build_loss("topk_dice", keep=keep)(PROBS.logit(), LABELS)
