"""Hausdorff losses against float64 formulas: pixel by pixel, erosion by erosion, disc by disc."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate
from torch import Tensor

from segloss.losses import build_loss

NAMES = ["hausdorff_distance_transform", "hausdorff_erosion", "hausdorff_convolution"]
SHAPES = [(3, 12, 9), (2, 9, 10), (3, 5, 6, 7)]


def example(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Logits (2, *shape) and blocks of labels, often and clearly mistaken, every class in every sample."""
    channels, *spatial = shape
    generator = torch.Generator().manual_seed(1)
    coarse = torch.randint(0, channels, (2, *[-(-size // 3) for size in spatial]), generator=generator)
    coarse.view(2, -1)[:, :channels] = torch.arange(channels)
    wrong = torch.randint(0, channels, coarse.shape, generator=generator)
    for axis, size in enumerate(spatial, start=1):
        coarse, wrong = (x.repeat_interleave(3, axis).narrow(axis, 0, size) for x in (coarse, wrong))
    logits = torch.randn(2, *shape, dtype=torch.float64, generator=generator)
    return logits.scatter_add(1, wrong.unsqueeze(1), torch.full((2, 1, *spatial), 4.0, dtype=torch.float64)), coarse


def square(side: int, row: int = 0, column: int = 0, size: int = 24) -> Tensor:
    """Labels (1, size, size) with a square, and one pixel in the corner that is always there."""
    labels = torch.zeros(1, size, size, dtype=torch.long)
    labels[:, row : row + side, column : column + side] = 1
    labels[:, -1, -1] = 1
    return labels


def certain(labels: Tensor) -> Tensor:
    """The logits (B, 1, *spatial) of a prediction without doubt."""
    return (labels.double() * 2 - 1).unsqueeze(1) * 40


def value(name: str, predicted: Tensor, labels: Tensor, **options: Any) -> float:
    return build_loss(name, **options)(certain(predicted), labels).item()


def distances(mask: np.ndarray) -> np.ndarray:
    """Of each pixel to the nearest of the other side, by brute force."""
    values = np.zeros(mask.shape)
    for place in np.ndindex(*mask.shape) if mask.any() and not mask.all() else ():
        values[place] = np.sqrt(((np.argwhere(mask != mask[place]) - place) ** 2).sum(1)).min()
    return values


def by_distance_transform(probs: np.ndarray, truth: np.ndarray, exponent: float) -> float:
    weights = distances(probs > 0.5) ** exponent + distances(truth > 0.5) ** exponent
    return float(((probs - truth) ** 2 * weights).mean())


def by_erosion(probs: np.ndarray, truth: np.ndarray, exponent: float) -> float:
    cross = np.zeros([3] * probs.ndim)
    for axis in range(probs.ndim):
        cross[tuple(slice(None) if other == axis else 1 for other in range(probs.ndim))] = {2: 1 / 5, 3: 1 / 7}[
            probs.ndim
        ]
    errors, total = (probs - truth) ** 2, 0.0
    for k in range(1, 11):
        errors = np.maximum(correlate(errors, cross, mode="constant") - 0.5, 0)
        total += k**exponent * errors.mean()
    return total


def by_discs(probs: np.ndarray, truth: np.ndarray, exponent: float) -> float:
    places = np.indices(probs.shape).reshape(probs.ndim, -1).T
    total = 0.0
    for place in np.ndindex(*probs.shape):
        p, g = probs[place], truth[place]
        squares = ((places - place) ** 2).sum(1).reshape(probs.shape)
        for radius in (3, 6, 9, 12, 15, 18):
            disc = squares <= radius**2
            of_p, of_g = probs[disc].mean(), truth[disc].mean()
            wrong_p = max(0, (1 - of_g) - 0.5) + max(0, of_p - 0.5)
            wrong_g = max(0, (1 - of_p) - 0.5) + max(0, of_g - 0.5)
            total += radius**exponent * (p - g) ** 2 * (p * wrong_p + g * wrong_g)
    return total / probs.size


FORMULAS = dict(zip(NAMES, (by_distance_transform, by_erosion, by_discs), strict=True))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("exponent", [2.0, 0.5])
@pytest.mark.parametrize("include_background", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_loss_is_its_formula(name: str, include_background: bool, exponent: float, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    probs = logits.softmax(1).numpy()
    classes = range(0 if include_background else 1, shape[0])
    expected = np.mean(
        [
            FORMULAS[name](probs[sample, label], (labels[sample] == label).double().numpy(), exponent)
            for sample in range(2)
            for label in classes
        ]
    )
    loss = build_loss(name, exponent=exponent, include_background=include_background)
    assert expected > 0
    assert loss(logits, labels).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["hausdorff_erosion", "hausdorff_convolution"])
def test_a_thicker_error_costs_more_per_pixel(name: str) -> None:
    truth = square(0)
    per_pixel = [value(name, square(side, 4, 4), truth) / side**2 for side in (2, 5, 9)]
    assert per_pixel[0] < per_pixel[1] < per_pixel[2]


@pytest.mark.parametrize("name", ["hausdorff_distance_transform", "hausdorff_convolution"])
def test_a_false_positive_costs_more_the_farther_it_is(name: str) -> None:
    truth = square(8, 0, 0)
    values = []
    for column in (8, 11, 15, 20):
        predicted = truth.clone()
        predicted[0, 3, column] = 1
        values.append(value(name, predicted, truth))
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_a_far_false_positive_costs_the_square_of_its_distance() -> None:
    truth, predicted = square(0), square(0)
    predicted[0, 23, 3] = 1  # 20 pixels off
    assert value("hausdorff_distance_transform", predicted, truth) == pytest.approx((20**2 + 1) / 24**2)


def test_exchanging_prediction_and_truth_changes_nothing() -> None:
    one, other = square(7, 2, 3), square(5, 6, 9)
    for name in NAMES:
        assert value(name, one, other) == pytest.approx(value(name, other, one))


@pytest.mark.parametrize("name", NAMES)
def test_an_object_of_one_pixel_found_costs_nothing_and_missed_something_finite(name: str) -> None:
    truth = square(0)
    assert value(name, truth, truth) == pytest.approx(0, abs=1e-12)
    missed = value(name, torch.zeros_like(truth), truth)
    if name == "hausdorff_erosion":  # too thin to survive one erosion
        assert missed == pytest.approx(0, abs=1e-12)
    else:
        assert 0 < missed < 100


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_mask_is_left_out(name: str) -> None:
    truth, predicted = square(9, 4, 4), square(5, 8, 8)
    alone = value(name, predicted, truth)
    both = value(name, predicted.repeat(2, 1, 1), torch.cat([truth, torch.zeros_like(truth)]))
    assert both == pytest.approx(alone)
    logits = certain(predicted).requires_grad_()
    none = build_loss(name)(logits, torch.zeros_like(truth))
    none.backward()
    assert none.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.parametrize("name", NAMES)
def test_a_hole_in_a_full_mask_costs_something_finite(name: str) -> None:
    truth = torch.ones(1, 24, 24, dtype=torch.long)
    assert 0 < value(name, 1 - square(7, 8, 8), truth) < 1000


def test_the_distances_have_no_gradient() -> None:
    logits, labels = example((3, 12, 9))
    probs = logits.softmax(1).requires_grad_()
    masks = [(probs.detach()[:, 1:] > 0.5).numpy(), np.stack([labels == 1, labels == 2], axis=1) * 1.0]
    weights = sum(np.stack([[distances(mask > 0.5) ** 2 for mask in sample] for sample in side]) for side in masks)
    ((probs[:, 1:] - torch.from_numpy(masks[1])) ** 2 * torch.from_numpy(weights)).mean().backward()
    expected = torch.autograd.grad(logits.requires_grad_().softmax(1), logits, probs.grad)[0]
    found = torch.autograd.grad(build_loss(NAMES[0])(logits, labels), logits)[0]
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)


def test_the_erosion_loss_reaches_the_logits() -> None:
    logits = torch.full((1, 1, 24, 24), 2.0, requires_grad=True)
    build_loss("hausdorff_erosion")(logits, square(0)).backward()
    assert logits.grad is not None
    assert (logits.grad[0, 0, :20, :20] > 0).all()


def test_a_small_error_costs_far_less_than_a_large_one_in_the_erosion_loss() -> None:
    truth = square(0)
    small, large = (value("hausdorff_erosion", square(side, 4, 4), truth) for side in (2, 9))
    assert small < large / 20


def test_errors_below_the_threshold_are_invisible_to_the_erosion_loss() -> None:
    logits = torch.full((1, 1, 24, 24), 0.8)  # p = .69, an error of .48 when squared
    assert build_loss("hausdorff_erosion")(logits, square(0)).item() == 0


def test_as_printed_nothing_outlives_the_second_erosion() -> None:
    options: list[dict[str, Any]] = [{"erosions": 1}, {"erosions": 10}, {"exponent": 5.0}]
    values = [value("hausdorff_erosion", square(20), square(0), **option) for option in options]
    assert values[0] == values[1] == values[2] > 0


def test_rescaled_every_erosion_counts_with_the_power_of_its_number() -> None:
    errors, cross, expected = np.ones((24, 24)), np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5, 0.0
    errors[23, 23] = 0  # the one true pixel
    for k in range(1, 7):
        errors = np.maximum(2 * correlate(errors, cross, mode="constant") - 1, 0)
        expected += k**1.5 * errors.mean()
    predicted = torch.ones_like(square(0))
    options = {"rescaled": True, "exponent": 1.5}
    assert value("hausdorff_erosion", predicted, square(0), erosions=6, **options) == pytest.approx(expected)
    assert value("hausdorff_erosion", predicted, square(0), erosions=5, **options) < expected


@pytest.mark.parametrize("name", ["hausdorff_distance_transform", "hausdorff_convolution"])
def test_a_volume_of_one_slice_costs_what_the_slice_costs(name: str) -> None:
    logits, labels = example((3, 12, 9))
    volume = build_loss(name)(logits.unsqueeze(2), labels.unsqueeze(1))
    torch.testing.assert_close(volume, build_loss(name)(logits, labels))


def test_a_volume_of_one_slice_costs_less_in_the_erosion_loss() -> None:
    predicted, truth = square(9, 4, 4), square(0)
    flat = build_loss("hausdorff_erosion")(certain(predicted), truth)
    assert build_loss("hausdorff_erosion")(certain(predicted).unsqueeze(2), truth.unsqueeze(1)) < flat


def test_an_error_at_the_image_border_is_not_cheaper_in_the_convolution_loss() -> None:
    truth = square(0)
    middle, corner = square(1, 12, 2), square(1, 0, 0)
    name = "hausdorff_convolution"
    assert value(name, corner, truth, radii=[3]) >= value(name, middle, truth, radii=[3])


def test_discs_hold_counted_pixels_alone() -> None:
    logits, labels = example((2, 12, 9))
    cut = build_loss("hausdorff_convolution")(logits[:, :, :-3], labels[:, :-3])
    labels[:, -3:] = 255
    ignoring = build_loss("hausdorff_convolution", ignore_index=255)
    torch.testing.assert_close(ignoring(logits, labels), cut)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        *((name, {"exponent": -1}, "exponent must be at least 0 and finite, got -1") for name in NAMES),
        ("hausdorff_erosion", {"erosions": 0}, "erosions must be a whole number above 0, got 0"),
        ("hausdorff_erosion", {"erosions": 2.5}, "got 2.5"),
        ("hausdorff_convolution", {"radii": []}, r"radii must be numbers above 0, at least one, got \[\]"),
        ("hausdorff_convolution", {"radii": [3, 0]}, r"got \[3, 0\]"),
    ],
)
def test_a_wrong_option_is_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_loss(name, **options)(torch.zeros(1, 1, 4, 4), torch.zeros(1, 4, 4, dtype=torch.long))
