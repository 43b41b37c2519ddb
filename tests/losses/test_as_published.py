"""The printed forms: letter by letter, and how they differ from the losses that are trained with."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from segloss.losses import LOSSES, as_published
from segloss.losses.as_published import (
    alpha_with_floor,
    inverted_cosine_tversky,
    kappa_equation_4,
    kappa_equation_5_gradient,
    kappa_readme,
    survey_combo,
    survey_focal_tversky,
    truncated_distance,
)

# TP 1.4, FP 0.2, FN 0.6 over four pixels: P 1.6, G 2, I 1.4.
PROBS = torch.tensor([0.9, 0.5, 0.1, 0.1], dtype=torch.float64)
MASK = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=torch.float64)


def test_equation_4_of_the_kappa_paper_is_the_value_by_hand() -> None:
    assert kappa_equation_4(PROBS, MASK).item() == pytest.approx(1 - (2.8 - 3.2 / 4) / (3.6 - 2.8 / 4))


def test_equation_5_of_the_kappa_paper_is_the_value_by_hand() -> None:
    below, second = (3.6 - 2.8 / 4) ** 2, 1.4 * (1 - 4 / 16) + 4 / 4
    lesion, background = (-2 * (3.6 - 6.4 / 4) + second) / below, second / below
    expected = [lesion, lesion, background, background]
    assert kappa_equation_5_gradient(PROBS, MASK).tolist() == pytest.approx(expected)


def test_the_readme_form_is_the_value_by_hand() -> None:
    value = kappa_readme(PROBS, MASK, pixels=4)
    assert value.item() == pytest.approx(1 - (2.8 - 3.2 / 4) / (1.08 + 2 - 2.8 / 4))


def test_the_readme_form_does_not_see_the_size_of_the_image() -> None:
    padded = torch.nn.functional.pad(PROBS, (0, 100)), torch.nn.functional.pad(MASK, (0, 100))
    assert kappa_readme(*padded) == kappa_readme(PROBS, MASK)


def test_the_truncated_map_is_that_of_scipy_without_fractions() -> None:
    labels = torch.rand(2, 9, 7) < 0.3
    masks = torch.stack([~labels, labels], 1)
    maps = truncated_distance(masks.float())
    for index in np.ndindex(2, 2):
        mask = masks[index].numpy()
        exact = np.where(mask, 1 - distance_transform_edt(mask), distance_transform_edt(~mask))
        assert np.array_equal(maps[index].numpy(), exact.astype(int))


def test_the_truncated_map_of_an_absent_class_is_zero_and_volumes_are_mapped_too() -> None:
    assert truncated_distance(torch.zeros(1, 2, 3, 4, 5)).equal(torch.zeros(1, 2, 3, 4, 5))


def test_alpha_starts_at_one_and_never_falls_below_a_tenth() -> None:
    assert alpha_with_floor(0) == (1.0, 0.01)
    assert min(alpha_with_floor(epoch)[0] for epoch in range(300)) == 0.1
    assert sum(alpha_with_floor(50)) == pytest.approx(1.01)  # up to here all but convex
    assert sum(alpha_with_floor(199)) == pytest.approx(2.1)


def test_the_inverted_cosine_grows_with_the_overlap() -> None:
    index = 1.4 / (1.4 + 0.3 * 0.2 + 0.7 * 0.6)
    value = inverted_cosine_tversky(PROBS[None, None], MASK[None, None])
    assert value.item() == pytest.approx(1 - math.cos(math.pi * index))
    better = inverted_cosine_tversky((PROBS + MASK)[None, None] / 2, MASK[None, None])
    assert better > value


def test_the_surveys_focal_tversky_is_summed_over_classes_with_its_exponent() -> None:
    probs, target = torch.stack([1 - PROBS, PROBS])[None], torch.stack([1 - MASK, MASK])[None]
    background, foreground = 1 - 1.8 / (1.8 + 0.3 * 0.6 + 0.7 * 0.2), 1 - 1.4 / (1.4 + 0.3 * 0.2 + 0.7 * 0.6)
    value = survey_focal_tversky(probs, target, fp_weight=0.3, exponent=2.0)
    assert value.item() == pytest.approx(background**2 + foreground**2)


def test_the_surveys_combo_is_the_value_by_hand() -> None:
    inside = sum(0.7 * (1 - math.log(p)) for p in (0.9, 0.5))
    outside = 2 * (0.7 * (0 - math.log(0.1)) + 0.3 * math.log(0.9))
    expected = -0.4 * (inside + outside) / 4 - 0.6 * (1 - (2.8 + 1) / (3.6 + 1))
    value = survey_combo(PROBS, MASK, cross_entropy_weight=0.4, positive_weight=0.7)
    assert value.item() == pytest.approx(expected)


def test_no_printed_form_can_be_built_by_name() -> None:
    assert not [name for name, loss in LOSSES.items() if loss.__module__ == as_published.__name__]
    assert not set(dir(as_published)) & set(LOSSES)
