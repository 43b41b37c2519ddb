"""What holds for every loss of the registry, 2-D and 3-D, binary and multi-class."""

import pytest
import torch
from torch import Tensor

from segloss.losses import LOSSES, NonFiniteLogitsError, build_loss

PERFECT = 30.0  # a logit whose probability is one in float32
SHAPES = [(2, 1, 6, 5), (2, 3, 6, 5), (2, 1, 4, 3, 5), (2, 3, 4, 3, 5)]
TOLERANCE = {torch.float16: 2e-3, torch.bfloat16: 2e-2, torch.float32: 1e-6, torch.float64: 1e-12}


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
def test_a_perfect_prediction_costs_nothing(name: str, shape: tuple[int, ...]) -> None:
    _, labels = example(shape)
    assert build_loss(name)(matching(labels, shape[1], 60.0), labels).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_agrees_with_finite_differences(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    torch.autograd.gradcheck(lambda x: build_loss(name)(x, labels), logits.requires_grad_())


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_raising_the_probability_of_the_true_class_lowers_the_loss(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    better = logits + 0.3 * matching(labels, shape[1], 1.0)
    assert build_loss(name)(better, labels) < build_loss(name)(logits, labels)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_the_order_of_pixels_and_samples_changes_nothing(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    order = torch.randperm(shape[2])
    moved = build_loss(name)(logits[:, :, order].flip(0), labels[:, order].flip(0))
    torch.testing.assert_close(moved, build_loss(name)(logits, labels))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_volume_of_one_slice_is_that_slice(name: str, channels: int) -> None:
    logits, labels = example((2, channels, 6, 5))
    volume = build_loss(name)(logits.unsqueeze(2), labels.unsqueeze(1))
    torch.testing.assert_close(volume, build_loss(name)(logits, labels))


def test_two_equal_samples_cost_what_one_costs(name: str) -> None:
    logits, labels = example((1, 1, 6, 5))
    doubled = build_loss(name)(logits.repeat(2, 1, 1, 1), labels.repeat(2, 1, 1))
    torch.testing.assert_close(doubled, build_loss(name)(logits, labels))


def test_one_channel_equals_two_classes_with_probabilities_p_and_one_minus_p(name: str) -> None:
    logits, labels = example((2, 1, 6, 5))
    pair = torch.cat([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(build_loss(name)(logits, labels), build_loss(name)(pair, labels))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_lower_precision_gives_nearly_the_value_of_float64(name: str, dtype: torch.dtype) -> None:
    logits, labels = example((2, 1, 32, 32))
    low = logits.to(dtype)
    expected = build_loss(name)(low.double(), labels).item()
    assert build_loss(name)(low, labels).item() == pytest.approx(expected, abs=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("extreme", [-3e4, 3e4])
@pytest.mark.parametrize("fill", [0, 1])
@pytest.mark.parametrize("channels", [1, 3])
def test_extreme_logits_on_empty_and_full_masks_stay_finite(
    name: str, dtype: torch.dtype, extreme: float, fill: int, channels: int
) -> None:
    logits = torch.full((2, channels, 8, 8), extreme, dtype=dtype)
    logits[:, -1] *= -1
    logits.requires_grad_()
    value = build_loss(name)(logits, torch.full((2, 8, 8), fill))
    value.backward()
    assert value.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_a_large_image_in_half_precision_does_not_overflow(name: str) -> None:
    labels = torch.ones((1, 512, 512), dtype=torch.long)
    labels[:, :8] = 0
    logits = matching(labels, 1, 20.0).half()
    assert build_loss(name)(logits, labels).item() == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_ignored_pixels_count_nowhere(name: str, shape: tuple[int, ...]) -> None:
    logits, labels = example(shape)
    cut = build_loss(name)(logits[:, :, :-1], labels[:, :-1])
    noisy, ignored = logits.clone(), labels.clone()
    noisy[:, :, -1] = 100 * torch.randn_like(noisy[:, :, -1])
    ignored[:, -1] = 255
    torch.testing.assert_close(build_loss(name, ignore_index=255)(noisy, ignored), cut)


def test_with_every_pixel_ignored_the_loss_is_zero_and_attached(name: str) -> None:
    logits, labels = example((2, 1, 6, 5))
    value = build_loss(name, ignore_index=9)(logits.requires_grad_(), torch.full_like(labels, 9))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_inputs_are_not_modified(name: str) -> None:
    logits, labels = example((2, 3, 6, 5))
    before = logits.clone(), labels.clone()
    build_loss(name, ignore_index=2)(logits, labels)
    torch.testing.assert_close((logits, labels), before)


def test_the_compiled_loss_equals_the_eager_one(name: str) -> None:
    logits, labels = example((2, 1, 6, 5), torch.float32)
    compiled = torch.compile(build_loss(name), backend="eager")
    torch.testing.assert_close(compiled(logits, labels), build_loss(name)(logits, labels))


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
        build_loss(name)(logits, labels)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_non_finite_logits_are_refused(name: str, bad: float) -> None:
    logits, labels = example((2, 1, 6, 5))
    logits[0, 0, 0, 0] = bad
    with pytest.raises(NonFiniteLogitsError, match="finite"):
        build_loss(name)(logits, labels)
