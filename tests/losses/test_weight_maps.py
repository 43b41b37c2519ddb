"""Cross entropy under a map of weights, against brute force: distances to every pixel, windows one by one."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from segloss.losses import Quantities
from segloss.losses.cross_entropy import cross_entropy_loss
from segloss.losses.weight_maps import distance_penalized_cross_entropy_loss, structural_similarity_loss


def example(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Random logits and labels in which every class occurs in every sample."""
    classes = max(shape[1], 2)
    labels = torch.randint(0, classes, (shape[0], *shape[2:]))
    labels.view(shape[0], -1)[:, :classes] = torch.arange(classes)
    return 2 * torch.randn(shape, dtype=torch.float64), labels


def probabilities(logits: Tensor) -> np.ndarray:
    """Softmax by its definition; a single channel is a sigmoid and its complement."""
    z = logits.numpy()
    if z.shape[1] == 1:
        z = np.concatenate([0 * z, z], axis=1)
    return np.exp(z) / np.exp(z).sum(1, keepdims=True)


def distance_by_brute_force(mask: np.ndarray) -> np.ndarray:
    """Distance of each pixel to the nearest pixel of the mask that has a face neighbour outside of it."""
    pixels = list(np.ndindex(*mask.shape))
    true = {pixel for pixel in pixels if mask[pixel]}
    steps = [tuple(step) for sign in (1, -1) for step in sign * np.eye(mask.ndim, dtype=int)]

    def outside(pixel: tuple[int, ...]) -> bool:
        beside = (tuple(np.add(pixel, step).tolist()) for step in steps)
        return any(other in set(pixels) - true for other in beside)

    boundary = [pixel for pixel in true if outside(pixel)]
    nearest = [min((math.dist(pixel, other) for other in boundary), default=0.0) for pixel in pixels]
    return np.array(nearest).reshape(mask.shape)


def penalized_by_brute_force(logits: Tensor, labels: Tensor) -> float:
    p, weighted = probabilities(logits), []
    for sample, truth in zip(p, labels.numpy(), strict=True):
        phi = np.zeros(truth.shape)
        for label in range(1, p.shape[1]):
            distance = distance_by_brute_force(truth == label)
            if distance.max() > 0:
                phi = np.maximum(phi, 1 - distance / distance.max())
        true = np.take_along_axis(sample, truth[None], axis=0)[0]
        weighted.append((1 + phi) * -np.log(true))
    return float(np.mean(weighted))


@pytest.mark.parametrize("shape", [(2, 1, 6, 5), (2, 3, 6, 5), (1, 3, 3, 4, 3)])
def test_the_distance_penalty_is_that_of_brute_force(shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    loss = distance_penalized_cross_entropy_loss(Quantities(logits, labels))
    assert loss.item() == pytest.approx(penalized_by_brute_force(logits, labels))


def test_given_maps_are_scaled_by_their_largest_distance_in_each_sample_and_class() -> None:
    maps = torch.tensor([[[9.0, 9.0, 9.0], [0.0, 2.0, 4.0], [-3.0, 0.0, 3.0]]], dtype=torch.float64)
    quantities = Quantities(torch.zeros(1, 3, 3, dtype=torch.float64), torch.tensor([[1, 2, 0]]), distance=maps)
    # The foreground's 1 - |d| / max are (1, .5, 0) and (0, 1, 0); the background's map is not used.
    expected = math.log(3) * ((1 + 1) + (1 + 1) + (1 + 0)) / 3
    assert distance_penalized_cross_entropy_loss(quantities).item() == pytest.approx(expected)


def test_an_error_at_the_boundary_costs_more_than_one_far_away() -> None:
    labels = torch.zeros(1, 7, 7, dtype=torch.long)
    labels[0, :, :2] = 1

    def cost(column: int) -> float:
        logits = torch.where(labels == 1, 5.0, -5.0).unsqueeze(1)
        logits[0, 0, 3, column] *= -1
        return distance_penalized_cross_entropy_loss(Quantities(logits, labels)).item()

    assert cost(1) > cost(2) > cost(4) > cost(6)


@pytest.mark.parametrize("fill", [0, 1])
def test_an_empty_or_a_full_mask_adds_no_distance_penalty(fill: int) -> None:
    quantities = Quantities(torch.randn(2, 1, 5, 4), torch.full((2, 5, 4), fill))
    torch.testing.assert_close(distance_penalized_cross_entropy_loss(quantities), cross_entropy_loss(quantities))


def test_an_absent_class_adds_no_distance_penalty() -> None:
    logits, labels = example((1, 1, 5, 4))
    three = torch.cat([torch.zeros_like(logits), logits, torch.full_like(logits, -800)], dim=1)
    expected = distance_penalized_cross_entropy_loss(Quantities(logits, labels))
    torch.testing.assert_close(distance_penalized_cross_entropy_loss(Quantities(three, labels)), expected)


def standing_out(values: np.ndarray, pixel: tuple[int, ...], valid: np.ndarray) -> float:
    """The standardised value of a pixel in its window, of the pixels that are inside and count."""
    window = [tuple(np.add(pixel, step).tolist()) for step in itertools.product((-1, 0, 1), repeat=values.ndim)]
    window = [p for p in window if all(0 <= i < n for i, n in zip(p, values.shape, strict=True)) and valid[p]]
    weights = np.array([math.exp(-(math.dist(p, pixel) ** 2) / (2 * 1.5**2)) for p in window])
    seen = np.array([values[p] for p in window])
    mean = np.average(seen, weights=weights)
    deviation = math.sqrt(np.average((seen - mean) ** 2, weights=weights))
    return (values[pixel] - mean + 0.01) / (deviation + 0.01)


def similarity_by_brute_force(logits: Tensor, labels: Tensor, valid: np.ndarray, hard_share: float = 0.1) -> float:
    p, errors, entropies = probabilities(logits), [], []
    for sample, label in itertools.product(range(p.shape[0]), range(1, p.shape[1])):
        truth, probs = (labels[sample].numpy() == label).astype(float), p[sample, label]
        for pixel in np.ndindex(*truth.shape):
            if valid[sample][pixel]:
                errors.append(
                    abs(standing_out(truth, pixel, valid[sample]) - standing_out(probs, pixel, valid[sample]))
                )
                entropies.append(-math.log(probs[pixel] if truth[pixel] else 1 - probs[pixel]))
    hard = [(e, entropy) for e, entropy in zip(errors, entropies, strict=True) if e > hard_share * max(errors)]
    return sum(e * entropy for e, entropy in hard) / len(hard)


@pytest.mark.parametrize("shape", [(2, 1, 6), (2, 1, 6, 5), (2, 3, 6, 5), (1, 3, 3, 4, 3)])
@pytest.mark.parametrize("hard_share", [0.0, 0.1, 0.6])
def test_the_structural_similarity_loss_is_that_of_brute_force(shape: tuple[int, ...], hard_share: float) -> None:
    logits, labels = example(shape)
    loss = structural_similarity_loss(Quantities(logits, labels), hard_share=hard_share)
    expected = similarity_by_brute_force(logits, labels, np.ones(labels.shape, dtype=bool), hard_share)
    assert loss.item() == pytest.approx(expected)


def test_ignored_pixels_are_in_no_window() -> None:
    logits, labels = example((2, 1, 6, 5))
    valid = np.random.default_rng(0).random(labels.shape) < 0.7
    labels[~torch.from_numpy(valid)] = 9
    loss = structural_similarity_loss(Quantities(logits, labels, ignore_index=9))
    assert loss.item() == pytest.approx(similarity_by_brute_force(logits, labels, valid))


def test_a_uniform_region_that_is_wholly_wrong_costs_nothing() -> None:
    quantities = Quantities(torch.full((1, 1, 6, 6), 3.0), torch.zeros(1, 6, 6, dtype=torch.long))
    assert structural_similarity_loss(quantities).item() == 0
    assert cross_entropy_loss(quantities).item() > 3


@pytest.mark.parametrize("probability", [0.9, 1 / 3, 1e-4])
def test_flat_windows_have_no_deviation_in_float32(probability: float) -> None:
    logits = torch.full((1, 1, 8, 8), probability).logit()
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    labels[0, 2, 2] = 1
    inside = structural_similarity_loss(Quantities(logits, labels)).item()
    double = structural_similarity_loss(Quantities(logits.double(), labels)).item()
    assert inside == pytest.approx(double, rel=1e-5)


def test_the_weights_of_the_structural_similarity_are_without_gradient() -> None:
    logits = torch.zeros(1, 1, 2, requires_grad=True)
    structural_similarity_loss(Quantities(logits, torch.tensor([[1, 0]]))).backward()
    # The second pixel alone counts, with the weight e; its cross entropy has the slope p - g = .5.
    side = math.exp(-1 / 4.5)
    mean, deviation = side / (1 + side), math.sqrt(side) / (1 + side)
    weight = 1 - (0 - mean + 0.01) / (deviation + 0.01)
    assert logits.grad is not None
    assert logits.grad[0, 0].tolist() == pytest.approx([0, 0.5 * weight])


@pytest.mark.parametrize("hard_share", [-0.1, 1.0, math.nan])
def test_a_threshold_outside_its_domain_is_refused(hard_share: float) -> None:
    quantities = Quantities(torch.zeros(1, 1, 3), torch.tensor([[0, 1, 0]]))
    with pytest.raises(ValueError, match=rf"\[0, 1\), got {hard_share}"):
        structural_similarity_loss(quantities, hard_share=hard_share)
