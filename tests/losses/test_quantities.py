"""The shared quantities: against plain formulas in float64, and where float32 would lose digits."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from segloss.losses import Quantities
from segloss.losses.reductions import class_mean, dropped, power, ratio


def example(channels: int) -> tuple[Tensor, Tensor]:
    labels = torch.randint(0, max(channels, 2), (2, 5, 4))
    return 2 * torch.randn(2, channels, 5, 4, dtype=torch.float64), labels


def probabilities(logits: Tensor) -> np.ndarray:
    """Softmax by its definition; a single channel is a sigmoid and its complement."""
    z = logits.numpy()
    if z.shape[1] == 1:
        p = 1 / (1 + np.exp(-z))
        return np.concatenate([1 - p, p], axis=1)
    return np.exp(z) / np.exp(z).sum(1, keepdims=True)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_the_counts_are_sums_of_products_of_probabilities_and_masks(channels: int) -> None:
    logits, labels = example(channels)
    p, g = probabilities(logits), np.eye(max(channels, 2))[labels.numpy()].transpose(0, 3, 1, 2)
    counts = Quantities(logits, labels).counts(include_background=True)
    expected = {"tp": p * g, "fp": p * (1 - g), "fn": (1 - p) * g, "tn": (1 - p) * (1 - g), "predicted": p, "true": g}
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(counts, name).numpy(), values.sum((2, 3)), rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(counts.pixels.numpy(), 20)
    np.testing.assert_allclose(counts.rest.numpy(), (1 - g).sum((2, 3)))


def test_the_foreground_is_every_class_but_the_first() -> None:
    logits, labels = example(4)
    quantities = Quantities(logits, labels)
    torch.testing.assert_close(quantities.counts(False).fp, quantities.counts(True).fp[:, 1:])


def test_small_counts_keep_their_digits_in_float32() -> None:
    logits = torch.full((1, 1, 1000, 1000), 20.0)
    labels = torch.ones(1, 1000, 1000, dtype=torch.long)
    labels[0, 0, 0], logits[0, 0, 0, 0] = 0, -20.0
    counts = Quantities(logits, labels).counts(False)
    assert counts.fn.item() == pytest.approx(999_999 / (1 + math.exp(20)), rel=1e-4)
    assert counts.fp.item() == pytest.approx(1 / (1 + math.exp(20)), rel=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_log_probabilities_and_their_complements_are_the_logarithms(channels: int) -> None:
    logits, labels = example(channels)
    p = probabilities(logits)
    quantities = Quantities(logits, labels)
    np.testing.assert_allclose(quantities.log_probs.numpy(), np.log(p), rtol=1e-10)
    np.testing.assert_allclose(quantities.log_complements.numpy(), np.log(1 - p), rtol=1e-10)
    true = np.take_along_axis(p, labels.unsqueeze(1).numpy(), axis=1).squeeze(1)
    np.testing.assert_allclose(quantities.cross_entropy.numpy(), -np.log(true), rtol=1e-10)
    np.testing.assert_allclose(quantities.log_error.numpy(), np.log(1 - true), rtol=1e-10)


def test_the_complement_of_a_near_certain_class_keeps_its_digits_in_float32() -> None:
    logits = torch.tensor([[[30.0], [0.0], [1.0]]])
    quantities = Quantities(logits, torch.tensor([[0]]))
    expected = math.log((1 + math.e) / (1 + math.e + math.exp(30)))
    assert quantities.log_complements[0, 0, 0].item() == pytest.approx(expected, rel=1e-6)
    assert quantities.log_error.item() == pytest.approx(expected, rel=1e-6)


def test_the_gradient_of_probabilities_and_counts_together_is_that_of_plain_autograd() -> None:
    logits, labels = example(3)
    weights, matrix_weights = torch.randn_like(logits), torch.randn(2, 3, dtype=torch.float64)

    def gradient(both: bool) -> Tensor:
        leaf = logits.clone().requires_grad_()
        if both:
            quantities = Quantities(leaf, labels)
            value = (quantities.probs * weights).sum() + (quantities.counts(True).fp * matrix_weights).sum()
        else:
            p, g = leaf.softmax(1), torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
            value = (p * weights).sum() + ((p * (1 - g)).sum((2, 3)) * matrix_weights).sum()
        return torch.autograd.grad(value, leaf)[0]

    torch.testing.assert_close(gradient(both=True), gradient(both=False))


def test_the_gradient_of_cross_entropy_and_error_together_is_that_of_plain_autograd() -> None:
    logits, labels = example(3)
    first, second = torch.randn(2, 2, 5, 4, dtype=torch.float64)

    def gradient(shared: bool) -> Tensor:
        leaf = logits.clone().requires_grad_()
        quantities = Quantities(leaf, labels)
        true = leaf.softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1)
        pair = (quantities.cross_entropy, quantities.log_error) if shared else (-true.log(), (1 - true).log())
        return torch.autograd.grad((first * pair[0] + second * pair[1]).sum(), leaf)[0]

    torch.testing.assert_close(gradient(shared=True), gradient(shared=False))


def test_a_second_backward_pass_gives_the_same_gradient() -> None:
    logits, labels = example(3)
    leaf = logits.requires_grad_()
    value = Quantities(leaf, labels).counts(True).fp.sum()
    first = torch.autograd.grad(value, leaf, retain_graph=True)[0]
    torch.testing.assert_close(torch.autograd.grad(value, leaf)[0], first, rtol=0, atol=0)


def test_quantities_are_computed_once() -> None:
    quantities = Quantities(*example(3))
    assert quantities.probs is quantities.probs
    assert quantities.target is quantities.target


@pytest.mark.parametrize("channels", [1, 3])
def test_given_distance_maps_are_taken_without_the_background(channels: int) -> None:
    logits, labels = example(channels)
    maps = torch.randn_like(logits)
    foreground = maps if channels == 1 else maps[:, 1:]
    torch.testing.assert_close(Quantities(logits, labels, distance=maps).distance, foreground)


def test_the_pixel_mean_leaves_ignored_pixels_out() -> None:
    labels = torch.tensor([[0, 1, 7, 7]])
    quantities = Quantities(torch.zeros(1, 1, 4), labels, ignore_index=7)
    assert quantities.pixel_mean(torch.tensor([[1.0, 2.0, 50.0, 60.0]])).item() == 1.5
    assert quantities.pixel_sums(torch.tensor([[[1.0, 2.0, 50.0, 60.0]]])).tolist() == [[3.0]]


def test_a_ratio_over_nothing_is_zero_with_a_finite_slope() -> None:
    numerator = torch.tensor([1.0, 0.0], requires_grad=True)
    value = ratio(numerator, torch.tensor([4.0, 0.0]))
    value.sum().backward()
    assert value.tolist() == [0.25, 0.0]
    assert numerator.grad is not None
    assert numerator.grad.tolist() == [0.25, 0.0]


@pytest.mark.parametrize("exponent", [0.3, 0.75, 1.0, 2.0])
def test_a_power_is_exact_from_a_millionth_on(exponent: float) -> None:
    base = torch.tensor([1e-6, 1e-3, 0.5, 1.0], dtype=torch.float64)
    np.testing.assert_allclose(power(base, exponent).numpy(), base.numpy() ** exponent, rtol=1e-12)


@pytest.mark.parametrize("exponent", [0.3, 0.75, 1.0, 2.0])
def test_a_power_is_zero_at_zero_with_a_finite_slope(exponent: float) -> None:
    base = torch.zeros(1, requires_grad=True)
    value = power(base, exponent)
    value.backward()
    assert value.item() == 0
    assert base.grad is not None
    assert base.grad.isfinite().all()


def test_the_class_mean_is_over_counted_classes_then_over_samples_that_have_one() -> None:
    values = torch.tensor([[1.0, 3.0], [5.0, 100.0], [100.0, 100.0]])
    counted = torch.tensor([[True, True], [True, False], [False, False]])
    assert class_mean(values, counted).item() == (2 + 5) / 2


@pytest.mark.parametrize(("keep", "pixels", "expected"), [(0.5, 121, 60), (0.3, 10, 7), (0.7, 10, 3), (1.0, 9, 0)])
def test_the_number_of_dropped_pixels_is_rounded_down_and_safe_from_binary_fractions(
    keep: float, pixels: int, expected: int
) -> None:
    assert dropped(keep, pixels) == expected
