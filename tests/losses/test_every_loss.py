"""What holds for every loss of the registry, 2-D and 3-D, binary and multi-class."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from segloss.losses import LOSSES, NonFiniteLogitsError, SegmentationLoss, build_loss

PERFECT = 60.0  # a logit whose probability is one even in float64
SHAPES = [(2, 1, 6, 5), (2, 3, 6, 5), (2, 1, 4, 3, 5), (2, 3, 4, 3, 5)]
TOLERANCE = {torch.float16: 2e-3, torch.bfloat16: 2e-2, torch.float32: 1e-5}
REQUIRED = {"weighted_cross_entropy": {"positive_weight": 2.0}}
# Where a pixel lies matters to these.
SPATIAL = {
    "boundary",
    "distance_penalized_cross_entropy",
    "hausdorff_convolution",
    "hausdorff_distance_transform",
    "hausdorff_erosion",
    "shape_aware",
    "structural_similarity",
}
UNWEIGHTED_BY_GRADIENT = {"structural_similarity"}  # its weights depend on the prediction, and are held fixed
BLIND_TO_SMALL_ERRORS = {"hausdorff_convolution", "hausdorff_erosion", "structural_similarity"}
# Smallest and largest value; without an entry the loss has no upper bound, and 0 is the lowest.
RANGE = {
    "asymmetric_unified_focal": (0, math.inf),
    "boundary": (-math.inf, math.inf),
    "cosine_tversky": (0, 1),
    "dice": (0, 1),
    "focal_tversky": (0, 1),
    "generalized_dice": (0, 1),
    "kappa": (0, 2),
    "log_cosh_dice": (0, math.log(math.cosh(1))),
    "lovasz_softmax": (0, 1),
    "sensitivity_specificity": (0, 1),
    "topk_dice": (0, 1),
    "tversky": (0, 1),
}


def build(name: str, **options: Any) -> SegmentationLoss:
    return build_loss(name, **REQUIRED.get(name, {}), **options)


def example(shape: tuple[int, ...], dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Random logits and labels in which every class occurs in every sample."""
    logits = 2 * torch.randn(shape, dtype=dtype)
    classes = max(shape[1], 2)
    labels = torch.randint(0, classes, (shape[0], *shape[2:]))
    labels.view(shape[0], -1)[:, :classes] = torch.arange(classes)
    return logits, labels


def matching(labels: Tensor, channels: int, logit: float) -> Tensor:
    """Logits that predict the labels with certainty."""
    if channels == 1:
        return (labels.double() * 2 - 1).unsqueeze(1) * logit
    onehot = torch.nn.functional.one_hot(labels, channels).movedim(-1, 1)
    return onehot.double() * logit


@pytest.fixture(params=LOSSES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("shape", SHAPES)
def test_a_perfect_prediction_costs_nothing_and_nothing_costs_less(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    perfect = build(name)(matching(labels, shape[1], PERFECT), labels).item()
    if name != "boundary":  # the sum of negative distances inside, its own smallest value
        assert perfect == pytest.approx(0, abs=1e-9)
    assert perfect <= build(name)(logits, labels).item()


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_the_opposite_of_the_truth_costs_most_and_stays_in_the_range(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    worst = build(name)(matching(labels, shape[1], -PERFECT), labels).item()
    low, high = RANGE.get(name, (0, math.inf))
    for value in (worst, build(name)(logits, labels).item()):
        assert low <= value <= high + 1e-9
    if name not in BLIND_TO_SMALL_ERRORS and shape[1] == 1:
        assert build(name)(logits, labels).item() <= worst + 1e-9


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_agrees_with_finite_differences(name: str, shape: tuple[int, ...]) -> None:
    if name in UNWEIGHTED_BY_GRADIENT:
        assert "without gradient" in (LOSSES[name].__doc__ or "")
        return
    logits, labels = example(shape)
    torch.autograd.gradcheck(lambda x: build(name)(x, labels), logits.requires_grad_())


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_raising_the_probability_of_the_true_class_lowers_the_loss(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    better = logits + 0.3 * matching(labels, shape[1], 1.0)
    if name in BLIND_TO_SMALL_ERRORS:
        better = matching(labels, shape[1], PERFECT)
    assert build(name)(better, labels) < build(name)(logits, labels)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_the_order_of_pixels_matters_to_spatial_losses_alone(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    moved = build(name)(logits[:, :, order], labels[:, order])
    assert torch.isclose(moved, build(name)(logits, labels)).item() == (name not in SPATIAL)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_the_order_of_samples_and_a_mirrored_image_change_nothing(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    turned = build(name)(logits.flip(0, 2, 3), labels.flip(0, 1, 2))
    torch.testing.assert_close(turned, build(name)(logits, labels))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_volume_of_one_slice_is_that_slice(name: str, channels: int) -> None:
    if name in ("hausdorff_erosion", "hausdorff_convolution"):
        assert "3-D" in (LOSSES[name].__doc__ or "")  # a kernel of one more axis: the docstring says what changes
        return
    logits, labels = example((2, channels, 6, 5))
    volume = build(name)(logits.unsqueeze(2), labels.unsqueeze(1))
    torch.testing.assert_close(volume, build(name)(logits, labels))


def test_two_equal_samples_cost_what_one_costs(name: str) -> None:
    logits, labels = example((1, 1, 6, 5))
    doubled = build(name)(logits.repeat(2, 1, 1, 1), labels.repeat(2, 1, 1))
    torch.testing.assert_close(doubled, build(name)(logits, labels))


def test_one_channel_equals_two_classes_with_probabilities_p_and_one_minus_p(name: str) -> None:
    logits, labels = example((2, 1, 6, 5))
    pair = torch.cat([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(build(name)(logits, labels), build(name)(pair, labels))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_lower_precision_gives_nearly_the_value_of_float64(name: str, dtype: torch.dtype) -> None:
    logits, labels = example((2, 1, 32, 32))
    low = logits.to(dtype)
    expected = build(name)(low.double(), labels).item()
    value = build(name)(low, labels)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(expected, rel=TOLERANCE[dtype], abs=TOLERANCE[dtype])


def test_autocast_changes_nothing(name: str) -> None:
    logits, labels = example((2, 3, 16, 16), torch.float32)
    gradients = []
    for enabled in (False, True):
        leaf = logits.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            build(name)(leaf, labels).backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=0)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("extreme", [-3e4, 3e4])
@pytest.mark.parametrize("fill", [0, 1])
@pytest.mark.parametrize("channels", [1, 3])
def test_extreme_logits_on_empty_and_full_masks_stay_finite(
    name: str, dtype: torch.dtype, extreme: float, fill: int, channels: int
) -> None:
    logits = torch.full((2, channels, 8, 8), extreme, dtype=dtype)
    logits[:, -1] *= -1
    _assert_finite(build(name), logits, torch.full((2, 8, 8), fill))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("logit", [3e4, -3e4, 100.0, -100.0, 17.0, -17.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_saturated_logits_that_are_all_right_or_all_wrong_stay_finite(
    name: str, dtype: torch.dtype, logit: float, channels: int
) -> None:
    _, labels = example((2, channels, 8, 8))
    _assert_finite(build(name), matching(labels, channels, logit).to(dtype), labels)


@pytest.mark.parametrize("place", [(0, 0), (4, 4)])
def test_an_object_of_one_pixel_has_a_finite_value_and_gradient(name: str, place: tuple[int, int]) -> None:
    labels = torch.zeros(1, 9, 9, dtype=torch.long)
    labels[0, place[0], place[1]] = 1
    _assert_finite(build(name), torch.randn(1, 1, 9, 9), labels)
    _assert_finite(build(name), matching(labels, 1, PERFECT).float(), labels)


def _assert_finite(loss: SegmentationLoss, logits: Tensor, labels: Tensor) -> None:
    logits = logits.clone().requires_grad_()
    value = loss(logits, labels)
    value.backward()
    assert value.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("margin", range(40, 115, 5))
def test_probabilities_that_all_but_vanish_where_there_is_nothing_stay_finite(name: str, margin: int) -> None:
    labels = torch.zeros(2, 8, 8, dtype=torch.long)
    labels[1, 2:5, 2:5] = 1
    _assert_finite(build(name), -margin + torch.rand(2, 1, 8, 8), labels)
    logits = torch.rand(2, 3, 8, 8)
    logits[:, 2] -= margin
    _assert_finite(build(name), logits, labels)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_layout_of_the_memory_changes_nothing(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape, torch.float32)
    gradients = []
    for layout in (torch.contiguous_format, torch.channels_last if len(shape) == 4 else torch.channels_last_3d):
        leaf = logits.clone(memory_format=layout).requires_grad_()
        build(name)(leaf, labels).backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(gradients[1], gradients[0])


def test_integers_of_any_kind_are_labels(name: str) -> None:
    logits, labels = example((2, 3, 6, 5))
    expected = build(name)(logits, labels)
    for kind in (torch.uint8, torch.int16, torch.uint16, torch.int32):
        torch.testing.assert_close(build(name)(logits, labels.to(kind)), expected)


def test_an_image_without_pixels_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"at least one pixel, got shape \(0, 3, 6, 5\)"):
        build(name)(torch.zeros(0, 3, 6, 5), torch.zeros(0, 6, 5, dtype=torch.long))


def test_a_class_that_is_absent_from_a_sample_does_not_spoil_the_others(name: str) -> None:
    logits, labels = example((2, 3, 6, 5))
    labels[0][labels[0] == 2] = 1
    _assert_finite(build(name), logits, labels)


def test_a_large_image_in_half_precision_does_not_overflow(name: str) -> None:
    labels = torch.ones((1, 512, 512), dtype=torch.long)
    labels[:, :8] = 0
    value = build(name)(matching(labels, 1, 20.0).half(), labels)
    assert value.isfinite()
    if name != "boundary":
        assert value.item() == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_prediction_at_ignored_pixels_counts_nowhere(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    labels[:, -1] = 255
    loss = build(name, ignore_index=255)
    values = []
    for _ in range(2):
        logits[:, :, -1] = 10 * torch.randn_like(logits[:, :, -1])
        leaf = logits.clone().requires_grad_()
        values.append(loss(leaf, labels))
        values[-1].backward()
        assert leaf.grad is not None
        assert not leaf.grad[:, :, -1].any()
    torch.testing.assert_close(values[0], values[1])


@pytest.mark.parametrize("shape", SHAPES)
def test_ignored_pixels_cost_what_an_image_without_them_costs(name: str, shape: tuple[int, ...]) -> None:
    if name in SPATIAL:
        return  # their neighbours see the gap
    logits, labels = example(shape)
    ignored = labels.clone()
    ignored[:, -1] = 255
    cut = build(name)(logits[:, :, :-1], labels[:, :-1])
    torch.testing.assert_close(build(name, ignore_index=255)(logits, ignored), cut)


def test_with_every_pixel_ignored_the_loss_is_zero_and_attached(name: str) -> None:
    logits, labels = example((2, 1, 6, 5))
    value = build(name, ignore_index=9)(logits.requires_grad_(), torch.full_like(labels, 9))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_inputs_are_not_modified(name: str) -> None:
    logits, labels = example((2, 3, 6, 5))
    before = logits.clone(), labels.clone()
    build(name, ignore_index=2)(logits.requires_grad_(), labels).backward()
    torch.testing.assert_close((logits.detach(), labels), before)


@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)])
def test_the_compiled_loss_equals_the_eager_one(name: str, backend: str) -> None:
    torch.compiler.reset()
    logits, labels = example((2, 3, 6, 5), torch.float32)
    values, gradients = [], []
    for loss in (build(name), torch.compile(build(name), backend=backend)):
        leaf = logits.clone().requires_grad_()
        values.append(loss(leaf, labels))
        values[-1].backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(values[1], values[0])
    torch.testing.assert_close(gradients[1], gradients[0])


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 5, dtype=torch.long), r"\(2, 4, 4\).*\(2, 4, 5\)"),
        (torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 4, 4, dtype=torch.long), r"\(2, 1, 4, 4\)"),
        (torch.zeros(2, 1, 4, 4), torch.zeros(2, 4, 4), "float32"),
        (torch.zeros(2, 4), torch.zeros(2, dtype=torch.long), r"\(B, C, \*spatial\)"),
        (torch.zeros(2, 1, 4, 4, dtype=torch.long), torch.zeros(2, 4, 4, dtype=torch.long), "int64"),
        (torch.zeros(2, 1, 4, 4), torch.full((2, 4, 4), 2), "0..1, got values from 2 to 2"),
        (torch.zeros(2, 3, 4, 4), torch.full((2, 4, 4), -1), "0..2, got values from -1 to -1"),
    ],
)
def test_wrong_input_is_refused_with_what_came_and_what_was_expected(
    name: str, logits: Tensor, labels: Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build(name)(logits, labels)


def test_a_distance_map_of_another_shape_is_refused(name: str) -> None:
    logits, labels = example((2, 3, 6, 5))
    with pytest.raises(ValueError, match=r"\(2, 3, 6, 5\), got \(2, 6, 5\)"):
        build(name)(logits, labels, distance=torch.zeros(2, 6, 5))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_non_finite_logits_are_refused(name: str, bad: float) -> None:
    logits, labels = example((2, 1, 6, 5))
    logits[0, 0, 0, 0] = bad
    with pytest.raises(NonFiniteLogitsError, match="finite"):
        build(name)(logits, labels)


def test_its_docstring_has_the_same_sections_as_all_others(name: str) -> None:
    text = LOSSES[name].__doc__ or ""
    sections = [".. math::", "Regions: ", "Args:", "Returns:", "Reference:", "Example:"]
    positions = [text.find(section) for section in sections]
    assert -1 not in positions
    assert positions == sorted(positions)
