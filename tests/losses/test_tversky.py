"""The Tversky family: which weight goes with which error, and that transforms act per class."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import fbeta_score, jaccard_score
from torch import Tensor

from segloss.losses import build_loss

FAMILY = ["tversky", "focal_tversky", "cosine_tversky"]
# TP 1.4, FP 0.2, FN 0.6 over four pixels.
PROBS = torch.tensor([[[0.9, 0.5, 0.1, 0.1]]], dtype=torch.float64)
LABELS = torch.tensor([[1, 1, 0, 0]])


def example() -> tuple[Tensor, Tensor, np.ndarray, np.ndarray]:
    """Logits and labels, with their probabilities and masks (B, C, N)."""
    logits, labels = 2 * torch.randn(3, 4, 50, dtype=torch.float64), torch.arange(50).remainder(4).repeat(3, 1)
    return logits, labels, logits.softmax(1).numpy(), np.eye(4)[labels.numpy()].transpose(0, 2, 1)


def index(p: np.ndarray, g: np.ndarray, fp_weight: float, fn_weight: float, smooth: float = 0.0) -> np.ndarray:
    """The Tversky index over the last axis."""
    tp, fp, fn = (p * g).sum(-1), (p * (1 - g)).sum(-1), ((1 - p) * g).sum(-1)
    return (tp + smooth) / (tp + fp_weight * fp + fn_weight * fn + smooth)


@pytest.mark.parametrize(("fp", "fn", "expected"), [(0.3, 0.7, 0.48 / 1.88), (0.7, 0.3, 0.32 / 1.72), (0, 1, 0.6 / 2)])
def test_each_weight_goes_with_its_own_error(fp: float, fn: float, expected: float) -> None:
    value = build_loss("tversky", fp_weight=fp, fn_weight=fn)(PROBS.logit(), LABELS).item()
    assert value == pytest.approx(expected)


@pytest.mark.parametrize("name", FAMILY)
def test_swapping_the_weights_changes_the_loss_where_fp_differs_from_fn(name: str) -> None:
    logits, labels, *_ = example()
    one, other = (build_loss(name, fp_weight=w, fn_weight=1 - w)(logits, labels).item() for w in (0.3, 0.7))
    assert abs(one - other) > 1e-3
    one, other = (build_loss(name, fp_weight=w, fn_weight=1 - w)(PROBS.logit(), LABELS).item() for w in (0.3, 0.7))
    assert one > other  # FN is the larger error


@pytest.mark.parametrize("name", FAMILY)
def test_the_defaults_weigh_a_missed_pixel_more_than_a_false_one(name: str) -> None:
    missed, false = torch.tensor([[[9.0, -9.0, -9.0, -9.0]]]), torch.tensor([[[9.0, 9.0, 9.0, -9.0]]])
    assert build_loss(name)(missed, LABELS) > build_loss(name)(false, LABELS)


@pytest.mark.parametrize("include_background", [False, True])
@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_classes_and_samples_are_averaged_not_pooled(include_background: bool, smooth: float) -> None:
    logits, labels, p, g = example()
    expected = 1 - index(p, g, 0.3, 0.7, smooth)[:, 0 if include_background else 1 :].mean()
    loss = build_loss("tversky", smooth=smooth, include_background=include_background)
    assert loss(logits, labels).item() == pytest.approx(expected)


def test_the_gradient_is_the_quotient_rule() -> None:
    p, g = torch.rand(40, dtype=torch.float64, requires_grad=True), (torch.rand(40) < 0.6).double()
    build_loss("tversky", fp_weight=0.2, fn_weight=0.9)(p.logit().view(1, 1, 40), g.long().view(1, 40)).backward()
    tp, fp, fn = (value.sum().item() for value in (p * g, p * (1 - g), (1 - p) * g))
    denominator = tp + 0.2 * fp + 0.9 * fn
    numerator = torch.where(g > 0, tp * (1 - 0.9) - denominator, tp * 0.2).double()
    torch.testing.assert_close(p.grad, numerator / denominator**2)


def test_weights_of_one_half_give_the_dice_loss() -> None:
    logits, labels, *_ = example()
    value = build_loss("tversky", fp_weight=0.5, fn_weight=0.5, smooth=1.0)(logits, labels)
    torch.testing.assert_close(value, build_loss("dice", smooth=2.0)(logits, labels))


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_of_hard_masks_it_is_the_f_score_with_recall_weighed_by_the_false_negatives(beta: float) -> None:
    true, predicted = torch.rand(2, 20, 20) < torch.tensor([0.3, 0.6]).view(2, 1, 1)
    loss = build_loss("tversky", fp_weight=1 / (1 + beta**2), fn_weight=beta**2 / (1 + beta**2))
    value = loss((predicted.double() * 2 - 1)[None, None] * 60, true[None].long()).item()
    assert value == pytest.approx(1 - fbeta_score(true.flatten(), predicted.flatten(), beta=beta), abs=1e-9)


def test_of_hard_masks_with_weights_of_one_it_is_the_jaccard_score() -> None:
    true, predicted = torch.rand(2, 20, 20) < 0.4
    loss = build_loss("tversky", fp_weight=1.0, fn_weight=1.0)
    value = loss((predicted.double() * 2 - 1)[None, None] * 60, true[None].long()).item()
    assert value == pytest.approx(1 - jaccard_score(true.flatten(), predicted.flatten()), abs=1e-9)


@pytest.mark.parametrize("exponent", [0.5, 0.75, 4 / 3, 2.0])
def test_the_exponent_acts_on_each_class_before_the_mean(exponent: float) -> None:
    logits, labels, p, g = example()
    errors = 1 - index(p, g, 0.3, 0.7)[:, 1:]
    value = build_loss("focal_tversky", exponent=exponent)(logits, labels).item()
    assert value == pytest.approx((errors**exponent).mean())
    assert value != pytest.approx(errors.mean() ** exponent, rel=1e-5)


def test_the_default_exponent_is_three_quarters() -> None:
    assert build_loss("focal_tversky")(PROBS.logit(), LABELS).item() == pytest.approx((0.48 / 1.88) ** 0.75)


def test_an_exponent_of_one_gives_the_tversky_loss() -> None:
    logits, labels, *_ = example()
    torch.testing.assert_close(
        build_loss("focal_tversky", exponent=1.0)(logits, labels), build_loss("tversky")(logits, labels)
    )


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_cosine_is_that_of_a_quarter_turn_times_the_index_of_each_class(exponent: float) -> None:
    logits, labels, p, g = example()
    cosines = np.cos(np.pi / 2 * index(p, g, 0.3, 0.7)[:, 1:]) ** exponent
    value = build_loss("cosine_tversky", exponent=exponent)(logits, labels).item()
    assert value == pytest.approx(cosines.mean())
    assert value != pytest.approx(np.cos(np.pi / 2 * index(p, g, 0.3, 0.7)[:, 1:].mean()) ** exponent, rel=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_a_prediction_without_overlap_costs_one_and_a_perfect_one_nothing(name: str) -> None:
    perfect = (LABELS.double() * 2 - 1).unsqueeze(1) * 60
    assert build_loss(name)(perfect, LABELS).item() == pytest.approx(0, abs=1e-12)
    assert build_loss(name)(-perfect, LABELS).item() == pytest.approx(1)


def test_small_errors_keep_their_digits_in_float32() -> None:
    logits = (LABELS.float() * 2 - 1).unsqueeze(1) * 17  # one minus the index would be 0 or 6e-8
    error = 1 / (1 + math.exp(17))
    assert build_loss("tversky")(logits, LABELS).item() == pytest.approx(error, rel=1e-5)
    assert build_loss("cosine_tversky")(logits, LABELS).item() == pytest.approx(math.pi / 2 * error, rel=1e-5)


@pytest.mark.parametrize("name", FAMILY)
def test_an_empty_sample_is_left_out_unless_smoothing_gives_it_a_gradient(name: str) -> None:
    logits = torch.cat([PROBS.logit(), torch.randn_like(PROBS)]).requires_grad_()
    labels = torch.cat([LABELS, torch.zeros_like(LABELS)])
    value = build_loss(name)(logits, labels)
    torch.testing.assert_close(value, build_loss(name)(PROBS.logit(), LABELS))
    assert not torch.autograd.grad(value, logits)[0][1].any()
    assert (torch.autograd.grad(build_loss(name, smooth=1.0)(logits, labels), logits)[0][1] > 0).all()


@pytest.mark.parametrize("name", FAMILY)
def test_a_sample_that_is_ignored_as_a_whole_does_not_count_with_smoothing_either(name: str) -> None:
    loss = build_loss(name, smooth=1.0, ignore_index=9)
    both = loss(PROBS.logit().repeat(2, 1, 1), torch.cat([LABELS, torch.full_like(LABELS, 9)]))
    torch.testing.assert_close(both, loss(PROBS.logit(), LABELS))


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize(
    ("option", "value"), [("fp_weight", -0.1), ("fn_weight", 0.0), ("smooth", -1.0), ("fn_weight", math.nan)]
)
def test_weights_and_smoothing_out_of_range_are_refused(name: str, option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"fn_weight above 0, and all finite, got .*{option} {value}"):
        build_loss(name, **{option: value})(PROBS.logit(), LABELS)


@pytest.mark.parametrize("name", FAMILY[1:])
@pytest.mark.parametrize("exponent", [0.0, -1.0, math.nan])
def test_an_exponent_that_is_not_positive_is_refused(name: str, exponent: float) -> None:
    with pytest.raises(ValueError, match=f"exponent must be above 0 and finite, got {exponent}"):
        build_loss(name, exponent=exponent)(PROBS.logit(), LABELS)
