"""The cross entropy family, against PyTorch's own losses and plain formulas in float64."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segloss.losses import Quantities
from segloss.losses.cross_entropy import (
    balanced_cross_entropy_loss,
    cross_entropy_loss,
    focal_loss,
    one_vs_rest,
    topk_cross_entropy_loss,
    weighted_cross_entropy_loss,
)

ALL = [
    (cross_entropy_loss, {}),
    (weighted_cross_entropy_loss, {"positive_weight": 2.0}),
    (balanced_cross_entropy_loss, {}),
    (focal_loss, {}),
    (topk_cross_entropy_loss, {}),
]


def example(channels: int = 4) -> tuple[Tensor, Tensor]:
    labels = torch.randint(0, max(channels, 2), (2, 7, 5))
    return 2 * torch.randn(2, channels, 7, 5, dtype=torch.float64), labels


def arrays(logits: Tensor, labels: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and one-hot masks by their definition, (B, C, *spatial)."""
    z = logits.detach().numpy()
    if z.shape[1] == 1:
        z = np.concatenate([0 * z, z], axis=1)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return p, np.moveaxis(np.eye(z.shape[1])[labels.numpy()], -1, 1)


def of_true_class(logits: Tensor, labels: Tensor) -> np.ndarray:
    p, g = arrays(logits, labels)
    return (p * g).sum(1)


def quantities_of(probs: list[float], labels: list[int], **options: Any) -> Quantities:
    """One image of a row of pixels, given by the foreground's probability."""
    logits = torch.tensor([[probs]], dtype=torch.float64).logit()
    return Quantities(logits, torch.tensor([labels]), **options)


def test_cross_entropy_is_pytorchs() -> None:
    logits, labels = example()
    torch.testing.assert_close(cross_entropy_loss(Quantities(logits, labels)), functional.cross_entropy(logits, labels))


def test_binary_cross_entropy_is_pytorchs() -> None:
    logits, labels = example(1)
    expected = functional.binary_cross_entropy_with_logits(logits[:, 0], labels.double())
    torch.testing.assert_close(cross_entropy_loss(Quantities(logits, labels)), expected)


def test_a_certain_error_costs_its_logit() -> None:
    loss = cross_entropy_loss(Quantities(torch.full((1, 1, 4), 25.0), torch.zeros(1, 4, dtype=torch.long)))
    assert loss.item() == pytest.approx(25)


@pytest.mark.parametrize("ignore_index", [None, 3])
def test_class_weights_mean_what_they_mean_in_pytorch(ignore_index: int | None) -> None:
    logits, labels = example()
    weights = [0.2, 1.0, 3.0, 0.0]
    loss = cross_entropy_loss(Quantities(logits, labels, ignore_index), class_weights=weights)
    as_tensor = torch.tensor(weights, dtype=torch.float64)
    expected = functional.cross_entropy(logits, labels, as_tensor, ignore_index=-1 if ignore_index is None else 3)
    torch.testing.assert_close(loss, expected)


def test_a_single_channel_takes_the_weights_of_background_and_foreground() -> None:
    loss = cross_entropy_loss(quantities_of([0.5, 0.5, 0.9], [0, 1, 1]), class_weights=[1, 3])
    assert loss.item() == pytest.approx(-(math.log(0.5) + 3 * math.log(0.5) + 3 * math.log(0.9)) / 7)


def test_a_batch_whose_pixels_all_weigh_nothing_costs_nothing_and_is_attached() -> None:
    logits = torch.randn(1, 1, 4, requires_grad=True)
    loss = cross_entropy_loss(Quantities(logits, torch.ones(1, 4, dtype=torch.long)), class_weights=[1, 0])
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_a_positive_weight_is_that_of_pytorch() -> None:
    logits, labels = example(1)
    loss = weighted_cross_entropy_loss(Quantities(logits, labels), positive_weight=2.5)
    weight = torch.tensor(2.5, dtype=torch.float64)
    expected = functional.binary_cross_entropy_with_logits(logits[:, 0], labels.double(), pos_weight=weight)
    torch.testing.assert_close(loss, expected)


def test_the_weighted_cross_entropy_is_the_mean_over_foreground_classes_and_pixels() -> None:
    logits, labels = example()
    p, g = (values[:, 1:] for values in arrays(logits, labels))
    expected = -np.mean(2.5 * g * np.log(p) + (1 - g) * np.log(1 - p))
    loss = weighted_cross_entropy_loss(Quantities(logits, labels), positive_weight=2.5)
    assert loss.item() == pytest.approx(expected)


def test_the_positive_weight_is_that_of_false_negatives() -> None:
    missed, false_alarm = quantities_of([0.1, 0.1], [1, 0]), quantities_of([0.9, 0.9], [1, 0])
    heavy = [weighted_cross_entropy_loss(q, positive_weight=3.0).item() for q in (missed, false_alarm)]
    light = [weighted_cross_entropy_loss(q, positive_weight=0.3).item() for q in (missed, false_alarm)]
    assert heavy[0] > heavy[1]
    assert light[0] < light[1]


def test_a_positive_weight_of_one_gives_the_cross_entropy_of_two_classes() -> None:
    quantities = Quantities(*example(1))
    loss = weighted_cross_entropy_loss(quantities, positive_weight=1.0)
    torch.testing.assert_close(loss, cross_entropy_loss(quantities))


def test_the_balanced_cross_entropy_is_the_formula_per_sample_and_class() -> None:
    logits, labels = example()
    p, g = (values[:, 1:] for values in arrays(logits, labels))
    beta = 1 - g.mean((2, 3), keepdims=True)
    expected = -np.mean(beta * g * np.log(p) + (1 - beta) * (1 - g) * np.log(1 - p))
    assert balanced_cross_entropy_loss(Quantities(logits, labels)).item() == pytest.approx(expected)


def test_a_mask_of_half_the_image_costs_half_its_cross_entropy() -> None:
    quantities = quantities_of([0.9, 0.6, 0.3, 0.2], [1, 1, 0, 0])
    torch.testing.assert_close(balanced_cross_entropy_loss(quantities), cross_entropy_loss(quantities) / 2)


def test_balanced_true_pixels_weigh_together_what_all_others_weigh() -> None:
    rare = [1] + [0] * 9
    missed = balanced_cross_entropy_loss(quantities_of([0.1] + [1e-9] * 9, rare))
    false_alarms = balanced_cross_entropy_loss(quantities_of([1 - 1e-9] + [0.9] * 9, rare))
    assert missed.item() == pytest.approx(false_alarms.item(), rel=1e-6)
    assert missed.item() == pytest.approx(-0.9 * math.log(0.1) / 10, rel=1e-6)


def test_balanced_empty_and_full_masks_are_left_out_of_the_mean() -> None:
    logits, labels = example(1)
    alone = balanced_cross_entropy_loss(Quantities(logits[:1], labels[:1]))
    for fill in (0, 1):
        labels[1] = fill
        torch.testing.assert_close(balanced_cross_entropy_loss(Quantities(logits, labels)), alone)


def test_an_ignored_pixel_does_not_change_the_balance() -> None:
    cut = quantities_of([0.9, 0.6, 0.3], [1, 0, 0])
    ignored = quantities_of([0.9, 0.6, 0.3, 0.7], [1, 0, 0, 9], ignore_index=9)
    torch.testing.assert_close(balanced_cross_entropy_loss(ignored), balanced_cross_entropy_loss(cut))


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("channels", [1, 4])
def test_focal_is_the_sum_over_classes_and_the_mean_over_pixels(channels: int, exponent: float) -> None:
    logits, labels = example(channels)
    p, g = arrays(logits, labels)
    expected = -np.mean(((1 - p) ** exponent * g * np.log(p)).sum(1))
    assert focal_loss(Quantities(logits, labels), exponent=exponent).item() == pytest.approx(expected)


def test_focal_of_exponent_zero_is_the_cross_entropy() -> None:
    quantities = Quantities(*example())
    torch.testing.assert_close(focal_loss(quantities, exponent=0.0), cross_entropy_loss(quantities))


def test_the_foreground_weight_goes_to_all_classes_but_the_background() -> None:
    logits, labels = example()
    p = of_true_class(logits, labels)
    weight = np.where(labels.numpy() > 0, 0.25, 0.75)
    expected = -np.mean(weight * (1 - p) ** 2 * np.log(p))
    assert focal_loss(Quantities(logits, labels), foreground_weight=0.25).item() == pytest.approx(expected)


def test_focal_of_a_large_exponent_keeps_a_small_error_finite_in_float32() -> None:
    logits = torch.tensor([[[12.0]]], requires_grad=True)
    loss = focal_loss(Quantities(logits, torch.tensor([[1]])), exponent=5.0)
    loss.backward()
    error = 1 / (1 + math.exp(12))
    assert loss.item() == pytest.approx(error**6, rel=0.2)  # 1 - p of p near 1 has few digits in float32
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.5, 0.77, 1.0])
def test_topk_is_the_mean_of_the_largest_values_of_the_whole_batch(keep: float) -> None:
    logits, labels = example()
    values = np.sort(-np.log(of_true_class(logits, labels)).ravel())
    expected = values[math.floor(round((1 - keep) * values.size, 6)) :].mean()
    assert topk_cross_entropy_loss(Quantities(logits, labels), keep=keep).item() == pytest.approx(expected)


def test_topk_of_all_pixels_is_the_cross_entropy() -> None:
    quantities = Quantities(*example())
    torch.testing.assert_close(topk_cross_entropy_loss(quantities, keep=1.0), cross_entropy_loss(quantities))


def test_topk_may_take_all_its_pixels_from_one_sample() -> None:
    logits = torch.tensor([[[-3.0, -2.0]], [[9.0, 9.0]]])
    loss = topk_cross_entropy_loss(Quantities(logits, torch.ones(2, 2, dtype=torch.long)), keep=0.5)
    assert loss.item() == pytest.approx((math.log1p(math.exp(3)) + math.log1p(math.exp(2))) / 2)


def test_ignored_pixels_are_not_among_those_that_topk_counts() -> None:
    cut = quantities_of([0.9, 0.6, 0.3, 0.2], [1, 0, 0, 1])
    ignored = quantities_of([0.9, 0.6, 0.3, 0.2, 0.5, 0.5], [1, 0, 0, 1, 9, 9], ignore_index=9)
    torch.testing.assert_close(topk_cross_entropy_loss(ignored), topk_cross_entropy_loss(cut))


@pytest.mark.parametrize("keep", [1e-9, 0.5])
def test_topk_of_no_pixel_is_zero_and_attached(keep: float) -> None:
    logits = torch.randn(1, 1, 4, requires_grad=True)
    ignore_index = None if keep < 0.5 else 7
    labels = torch.full((1, 4), 1 if keep < 0.5 else 7)
    loss = topk_cross_entropy_loss(Quantities(logits, labels, ignore_index), keep=keep)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_only_the_pixels_that_topk_keeps_have_a_gradient() -> None:
    logits = torch.tensor([[[2.0, -1.0, 0.5, 3.0]]], requires_grad=True)
    topk_cross_entropy_loss(Quantities(logits, torch.ones(1, 4, dtype=torch.long)), keep=0.5).backward()
    assert logits.grad is not None
    np.testing.assert_allclose(
        logits.grad[0, 0].numpy(), [0, -1 / (1 + math.exp(-1)) / 2, -1 / (1 + math.exp(0.5)) / 2, 0], rtol=1e-6
    )


def test_one_against_the_rest_weighs_true_pixels_and_others_apart() -> None:
    logits, labels = example()
    p, g = (values[:, 1:] for values in arrays(logits, labels))
    negative = torch.rand(2, 3, 1, 1, dtype=torch.float64)
    values = one_vs_rest(Quantities(logits, labels), 0.3, negative)
    np.testing.assert_allclose(values.numpy(), -(0.3 * g * np.log(p) + negative.numpy() * (1 - g) * np.log(1 - p)))


@pytest.mark.parametrize("extreme", [3e4, 100.0, 17.0])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize(("loss", "options"), ALL)
def test_a_certain_pixel_pulls_with_its_full_weight_if_wrong_and_not_at_all_if_right(
    loss: Any, options: dict[str, Any], dtype: torch.dtype, extreme: float
) -> None:
    logits = torch.tensor([[[extreme, -extreme, extreme, -extreme]]], dtype=dtype, requires_grad=True)
    value = loss(Quantities(logits, torch.tensor([[1, 1, 0, 0]])), **options)
    value.backward()
    # Of the four pixels the second and the third are wrong. By hand: weight of a pixel / number of pixels.
    positive = {
        weighted_cross_entropy_loss: 2 / 4,
        balanced_cross_entropy_loss: 0.5 / 4,
        topk_cross_entropy_loss: 1 / 2,
    }
    negative = {balanced_cross_entropy_loss: 0.5 / 4, topk_cross_entropy_loss: 1 / 2}
    expected = [0, -positive.get(loss, 1 / 4), negative.get(loss, 1 / 4), 0]
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad[0, 0].float().numpy(), expected, atol=1e-5)
    wrong = float(logits.detach()[0, 0, 0])
    assert value.item() == pytest.approx((abs(expected[1]) + abs(expected[2])) * wrong, rel=1e-5)


@pytest.mark.parametrize(("loss", "options"), [*ALL, (focal_loss, {"exponent": 0.5}), (focal_loss, {"exponent": 0.0})])
def test_saturated_pixels_of_three_classes_have_a_finite_gradient(loss: Any, options: dict[str, Any]) -> None:
    logits = torch.tensor([[[3e4, -3e4, 0.0], [-3e4, 3e4, 0.0], [0.0, 0.0, 0.0]]], requires_grad=True)
    for labels in ([[0, 1, 2]], [[1, 0, 2]], [[2, 2, 2]], [[0, 0, 0]]):
        value = loss(Quantities(logits, torch.tensor(labels)), **options)
        (gradient,) = torch.autograd.grad(value, logits)
        assert value.isfinite()
        assert gradient.isfinite().all()


@pytest.mark.parametrize(("loss", "options"), [*ALL, (focal_loss, {"exponent": 0.5, "foreground_weight": 0.3})])
def test_the_gradient_agrees_with_finite_differences(loss: Any, options: dict[str, Any]) -> None:
    logits, labels = example()
    assert torch.autograd.gradcheck(lambda x: loss(Quantities(x, labels), **options), logits.requires_grad_())


@pytest.mark.parametrize(
    ("loss", "options", "message"),
    [
        (cross_entropy_loss, {"class_weights": [1.0, 2.0, 3.0]}, r"2 finite numbers >= 0, got \[1.0, 2.0, 3.0\]"),
        (cross_entropy_loss, {"class_weights": [1.0, -2.0]}, r">= 0, got \[1.0, -2.0\]"),
        (cross_entropy_loss, {"class_weights": [math.nan, 1.0]}, "finite"),
        (cross_entropy_loss, {"class_weights": [0.0, 0.0]}, "not all be 0"),
        (weighted_cross_entropy_loss, {"positive_weight": 0.0}, "above 0 and finite, got 0.0"),
        (weighted_cross_entropy_loss, {"positive_weight": math.inf}, "above 0 and finite, got inf"),
        (focal_loss, {"exponent": -1.0}, "at least 0 and finite, got -1.0"),
        (focal_loss, {"exponent": math.nan}, "at least 0 and finite, got nan"),
        (focal_loss, {"foreground_weight": 1.0}, "strictly between 0 and 1, got 1.0"),
        (topk_cross_entropy_loss, {"keep": 0.0}, r"\(0, 1\], got 0.0"),
        (topk_cross_entropy_loss, {"keep": 50}, r"\(0, 1\], got 50"),
    ],
)
def test_an_option_outside_its_domain_is_refused(loss: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss(quantities_of([0.4, 0.6], [0, 1]), **options)
