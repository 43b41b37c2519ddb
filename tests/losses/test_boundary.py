"""Boundary and shape-aware loss against float64 formulas, pixel by pixel."""

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_erosion, generate_binary_structure
from torch import Tensor
from torch.nn import functional

from segloss.losses import build_loss, signed_distance


def example(channels: int = 3) -> tuple[Tensor, Tensor]:
    """Logits (2, channels, 12, 9) and blocks of labels in which every class occurs."""
    labels = torch.arange(12).view(1, 4, 3).remainder(max(channels, 2)).repeat(2, 1, 1)
    labels[1] = labels[1].flip(1)
    labels = labels.repeat_interleave(3, 1).repeat_interleave(3, 2)
    return 2 * torch.randn(2, channels, 12, 9, dtype=torch.float64), labels


def square(side: int, shift: int = 0) -> Tensor:
    """Labels (1, 16, 16) with a square."""
    labels = torch.zeros(1, 16, 16, dtype=torch.long)
    labels[:, 5 : 5 + side, 2 + shift : 2 + shift + side] = 1
    return labels


def certain(labels: Tensor, logit: float = 40.0) -> Tensor:
    """The logits (B, 1, *spatial) of a prediction without doubt."""
    return (labels.double() * 2 - 1).unsqueeze(1) * logit


def edge(mask: np.ndarray) -> np.ndarray:
    return mask & ~binary_erosion(mask, generate_binary_structure(mask.ndim, 1), border_value=1)


def test_the_boundary_loss_is_the_mean_of_maps_times_probabilities() -> None:
    logits, labels = example()
    maps = torch.randn_like(logits)
    probs = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(1, keepdims=True)
    expected = (maps.numpy() * probs)[:, 1:].mean()
    assert build_loss("boundary")(logits, labels, distance=maps).item() == pytest.approx(expected)


def test_maps_that_are_left_out_are_computed_in_pixels() -> None:
    for name, channels in (("boundary", 3), ("shape_aware", 3), ("boundary", 2), ("shape_aware", 2)):
        logits, labels = example(channels)
        given = build_loss(name)(logits, labels, distance=signed_distance(labels, channels))
        torch.testing.assert_close(build_loss(name)(logits, labels), given)


def test_maps_in_millimetres_scale_the_boundary_loss() -> None:
    logits, labels = example()
    in_mm = build_loss("boundary")(logits, labels, distance=signed_distance(labels, 3, (0.8, 0.8)))
    torch.testing.assert_close(in_mm, 0.8 * build_loss("boundary")(logits, labels), check_dtype=False)


def test_the_boundary_loss_rewards_the_inside_and_costs_outside() -> None:
    labels = square(5)
    logits = torch.zeros(1, 1, 16, 16, dtype=torch.float64, requires_grad=True)
    build_loss("boundary")(logits, labels).backward()
    assert logits.grad is not None
    inside = torch.from_numpy(labels[0].numpy().astype(bool) & ~edge(labels[0].numpy() == 1))
    assert (logits.grad[0, 0][inside] < 0).all()
    assert (logits.grad[0, 0][labels[0] == 0] > 0).all()


def test_the_perfect_prediction_has_the_sum_of_the_inner_distances() -> None:
    labels = square(3)  # phi = -1 in the centre, 0 on the other eight pixels
    assert build_loss("boundary")(certain(labels), labels).item() == pytest.approx(-1 / 256)


def test_a_false_positive_costs_the_more_the_farther_it_is() -> None:
    labels = square(3)
    values = []
    for column in (6, 9, 15):
        predicted = labels.clone()
        predicted[0, 6, column] = 1
        values.append(build_loss("boundary")(certain(predicted), labels).item())
    assert values == pytest.approx([(-1 + column - 4) / 256 for column in (6, 9, 15)])


def test_an_object_of_one_pixel_is_not_learnt_from_the_boundary_loss_alone() -> None:
    labels = square(1)
    empty = build_loss("boundary")(certain(torch.zeros_like(labels)), labels).item()
    assert empty == pytest.approx(build_loss("boundary")(certain(labels), labels).item())


@pytest.mark.parametrize("fill", [0, 1])
def test_a_mask_without_a_contour_has_no_boundary_loss_and_no_gradient(fill: int) -> None:
    logits = torch.randn(2, 1, 6, 5, requires_grad=True)
    value = build_loss("boundary")(logits, torch.full((2, 6, 5), fill))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_an_absent_class_counts_as_zero_in_the_boundary_loss() -> None:
    logits, labels = example(3)
    labels = labels.where(labels != 2, 0)
    phi, probs = signed_distance(labels, 3)[:, 1].double(), logits.softmax(1)[:, 1]
    assert build_loss("boundary")(logits, labels).item() == pytest.approx((phi * probs).mean().item() / 2)


def shape_aware(logits: Tensor, labels: Tensor, spacing: tuple[float, float]) -> float:
    """The formula, class by class and contour pixel by contour pixel."""
    log_probs = (logits - logits.logsumexp(1, keepdim=True)).numpy()
    cross_entropy = -np.take_along_axis(log_probs, labels.unsqueeze(1).numpy(), 1)[:, 0]
    per_sample = []
    for sample, truth in enumerate(labels.numpy()):
        predicted, terms = log_probs[sample].argmax(0), []
        for label in range(1, logits.shape[1]):
            mine, true = predicted == label, truth == label
            if not true.any():
                continue
            ours, theirs = np.argwhere(edge(mine)) * spacing, np.argwhere(edge(true)) * spacing
            offset = np.mean([np.sqrt(((point - theirs) ** 2).sum(1)).min() for point in ours])
            terms.append(offset * (cross_entropy[sample] * (mine != true)).mean())
        per_sample.append(np.mean(terms))
    return float(cross_entropy.mean() + np.mean(per_sample))


@pytest.mark.parametrize("channels", [2, 3])
def test_the_shape_aware_loss_is_its_formula(channels: int) -> None:
    logits, labels = example(channels)
    maps = signed_distance(labels, channels, (2.0, 0.5))
    value = build_loss("shape_aware")(logits, labels, distance=maps).item()
    assert value == pytest.approx(shape_aware(logits, labels, (2.0, 0.5)), rel=1e-6)


def test_the_offset_of_the_contours_has_no_gradient() -> None:
    labels, logits = square(5), certain(square(5, shift=3), 2.0).requires_grad_()
    build_loss("shape_aware")(logits, labels).backward()
    predicted = square(5, shift=3)
    offset = signed_distance(labels, 2)[0, 1].abs()[torch.from_numpy(edge(predicted[0].numpy() == 1))].mean()
    weights = 1 + offset * (predicted != labels)
    leaf = logits.detach().clone().requires_grad_()
    values = functional.binary_cross_entropy_with_logits(leaf[:, 0], labels.double(), reduction="none")
    (weights * values).mean().backward()
    torch.testing.assert_close(logits.grad, leaf.grad)


def test_the_shape_aware_loss_grows_with_the_offset_of_the_contours() -> None:
    labels = square(3)
    loss, plain = build_loss("shape_aware"), build_loss("cross_entropy")
    excess = []
    for shift in (4, 6, 8):  # apart from the truth, so that the cross entropy is the same
        logits = certain(square(3, shift), 2.0)
        excess.append((loss(logits, labels) - plain(logits, labels)).item())
    assert 0 < excess[0] < excess[1] < excess[2]


@pytest.mark.parametrize(("predicted", "true"), [(0, 5), (3, 0), (0, 0)])
def test_without_a_predicted_or_a_true_contour_the_cross_entropy_stands_alone(predicted: int, true: int) -> None:
    logits, labels = certain(square(predicted), 2.0), square(true)
    expected = build_loss("cross_entropy")(logits, labels)
    torch.testing.assert_close(build_loss("shape_aware")(logits, labels), expected)
