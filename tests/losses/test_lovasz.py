"""Lovász-softmax against the Lovász extension by its definition as an integral, and the Jaccard score."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score
from torch import Tensor

from segloss.losses import build_loss


def extension(errors: np.ndarray, true: np.ndarray) -> float:
    """Integral over t from 0 to 1 of the Jaccard loss of a mask that is wrong exactly where an error exceeds t."""
    levels = np.unique(np.concatenate([[0.0, 1.0], errors]))
    value = 0.0
    for low, high in itertools.pairwise(levels):
        predicted = true ^ (errors > low)
        union = (predicted | true).sum()
        value += (high - low) * (1 - (predicted & true).sum() / union)
    return value


def example(samples: int = 3, classes: int = 4) -> tuple[Tensor, Tensor]:
    logits = 2 * torch.randn(samples, classes, 30, dtype=torch.float64)
    return logits, torch.arange(30).remainder(classes).repeat(samples, 1)


def expected(logits: Tensor, labels: Tensor) -> float:
    """Mean over the classes present in a sample, then over samples."""
    probs = logits.softmax(1).numpy()
    values = []
    for p, y in zip(probs, labels.numpy(), strict=True):
        values.append(np.mean([extension(abs(p[c] - (y == c)), y == c) for c in np.unique(y)]))
    return float(np.mean(values))


@pytest.mark.parametrize("classes", [2, 4])
def test_it_is_the_integral_of_the_jaccard_loss_over_all_thresholds(classes: int) -> None:
    logits, labels = example(classes=classes)
    assert build_loss("lovasz_softmax")(logits, labels).item() == pytest.approx(expected(logits, labels))


def test_equal_errors_have_the_value_of_the_definition() -> None:
    logits, labels = example()
    logits = logits.round()
    assert build_loss("lovasz_softmax")(logits, labels).item() == pytest.approx(expected(logits, labels))


def test_of_hard_masks_it_is_one_minus_the_jaccard_score() -> None:
    true, predicted = torch.randint(0, 3, (2, 200))
    logits = torch.nn.functional.one_hot(predicted, 3).T[None].double() * 60
    value = build_loss("lovasz_softmax")(logits, true[None]).item()
    assert value == pytest.approx(1 - jaccard_score(true, predicted, average="macro"), abs=1e-9)


def test_a_single_channel_counts_both_classes() -> None:
    logits, labels = torch.randn(2, 1, 30, dtype=torch.float64), torch.arange(30).remainder(3).clamp(max=1).repeat(2, 1)
    pair = torch.cat([torch.zeros_like(logits), logits], dim=1)
    assert build_loss("lovasz_softmax")(logits, labels).item() == pytest.approx(expected(pair, labels))


def test_a_class_is_left_out_of_the_samples_that_do_not_have_it() -> None:
    logits, labels = example()
    labels[0][labels[0] == 2] = 1
    labels[2] = 0
    assert build_loss("lovasz_softmax")(logits, labels).item() == pytest.approx(expected(logits, labels))


def test_an_empty_mask_pushes_the_background_up() -> None:
    logits = torch.randn(1, 1, 30, requires_grad=True)
    build_loss("lovasz_softmax")(logits, torch.zeros(1, 30, dtype=torch.long)).backward()
    assert logits.grad is not None
    assert (logits.grad > 0).all()


def test_it_is_convex_in_the_errors() -> None:
    labels = torch.arange(20).remainder(2).view(1, -1)
    one, other = torch.rand(2, 1, 1, 20, dtype=torch.float64)

    def value(probs: Tensor) -> float:
        return build_loss("lovasz_softmax")(probs.logit(), labels).item()

    assert value((one + other) / 2) <= (value(one) + value(other)) / 2


def test_ignored_pixels_count_nowhere_even_beside_errors_of_exactly_zero() -> None:
    labels = torch.tensor([[1, 0, 1, 0, 1, 0, 1, 0]])
    logits = torch.tensor([[[60.0, -60.0, 60.0, -60.0, 0.3, -0.2, 60.0, -60.0]]])  # in float32 p is 0 or 1
    ignored = torch.cat([torch.full((1, 40), 9), labels], dim=1)
    padded = torch.cat([torch.linspace(-60, 60, 40).view(1, 1, -1), logits], dim=2)
    whole, cut = padded.requires_grad_(), logits.clone().requires_grad_()
    values = build_loss("lovasz_softmax", ignore_index=9)(whole, ignored), build_loss("lovasz_softmax")(cut, labels)
    torch.testing.assert_close(*values)
    gradient, expected_gradient = torch.autograd.grad(sum(values), (whole, cut))
    torch.testing.assert_close(gradient[:, :, 40:], expected_gradient)
    assert not gradient[:, :, :40].any()


def test_the_gradient_of_many_pixels_keeps_its_digits_in_float32() -> None:
    logits, labels = torch.randn(1, 1, 200_000), (torch.rand(1, 200_000) < 0.3).long()
    gradients = []
    for dtype in (torch.float32, torch.float64):
        leaf = logits.to(dtype).requires_grad_()
        gradients.append(torch.autograd.grad(build_loss("lovasz_softmax")(leaf, labels), leaf)[0].double())
    torch.testing.assert_close(gradients[0], gradients[1], rtol=2e-3, atol=1e-12)
