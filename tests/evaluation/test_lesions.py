"""Lesions found, missed and invented, on masks drawn by hand and against scipy's components."""

import math

import numpy as np
import pytest
from scipy.ndimage import label
from scipy.spatial.distance import cdist

from segloss.evaluation.lesions import FAR_MM, SIZE_CLASSES_ML, lesion_metrics, lesion_numbers

SPACING = (3.0, 1.0, 2.0)


def empty():
    return np.zeros((12, 40, 40), dtype=bool)


def three_lesions():
    """Two of four voxels near each other, 24 mm³ each, and a larger one far away."""
    truth = empty()
    truth[2, 4:6, 4:6] = truth[2, 9:11, 4:6] = True
    truth[8:10, 30:36, 30:36] = True
    return truth


def random_masks(seed):
    rng = np.random.default_rng(seed)
    return [rng.random((6, 14, 14)) < share for share in (0.02, 0.03)]


def test_lesions_are_detected_missed_or_false():
    truth, predicted = three_lesions(), empty()
    predicted[2, 5, 5] = predicted[9, 33, 33] = True
    predicted[5, 20, 20] = predicted[6, 1, 1] = True
    values = lesion_metrics(predicted, truth, SPACING)
    names = ("lesions_true", "lesions_detected", "lesions_missed", "lesions_false", "lesion_recall", "lesion_precision")
    assert [values[name] for name in names] == [3, 2, 1, 2, pytest.approx(2 / 3), 0.5]


@pytest.mark.parametrize("seed", range(6))
def test_the_counts_agree_with_the_components_of_scipy(seed):
    predicted, truth = random_masks(seed)
    (lesions, true), (found, invented) = (label(mask, np.ones((3, 3, 3))) for mask in (truth, predicted))
    values = lesion_metrics(predicted, truth)
    assert values["lesions_true"] == true
    assert values["lesions_detected"] == sum(predicted[lesions == number].any() for number in range(1, true + 1))
    assert values["lesions_false"] == sum(not truth[found == number].any() for number in range(1, invented + 1))


def test_voxels_that_share_a_corner_are_one_lesion():
    truth = empty()
    truth[3, 3, 3] = truth[4, 4, 4] = True
    assert lesion_metrics(empty(), truth)["lesions_true"] == 1


def test_pixels_that_share_a_corner_are_one_lesion_of_a_picture():
    truth = np.eye(5, dtype=bool)
    values = lesion_metrics(truth, truth, (1.0, 1.0))
    assert (values["lesions_true"], values["lesions_detected"]) == (1, 1)
    assert not [name for name in values if name.startswith("lesion_slices")]
    assert "lesion_recall_tiny" not in values


def test_a_prediction_that_fills_the_head_detects_every_lesion_and_invents_none():
    values = lesion_metrics(~empty(), three_lesions(), SPACING)
    assert (values["lesion_recall"], values["lesions_false"]) == (1, 0)


def test_recall_is_given_by_size_class():
    truth = three_lesions()
    predicted = truth.copy()
    predicted[2, 4:6, 4:6] = False
    values = lesion_metrics(predicted, truth, SPACING)
    assert (values["lesion_recall_small"], values["lesion_recall_medium"]) == (0.5, 1.0)
    assert math.isnan(values["lesion_recall_tiny"])
    assert math.isnan(values["lesion_recall_large"])


def test_the_size_classes_follow_each_other_from_0_upwards():
    lows, highs = zip(*SIZE_CLASSES_ML.values(), strict=True)
    assert lows == (0, *highs[:-1])
    assert highs[-1] == math.inf


@pytest.mark.parametrize(
    ("voxels", "name"), [(9, "tiny"), (10, "small"), (99, "small"), (100, "medium"), (1000, "large")]
)
def test_a_size_class_holds_its_lower_end(voxels, name):
    truth = np.zeros((1, 1, 1002), dtype=bool)
    truth[0, 0, 1 : 1 + voxels] = True
    assert lesion_numbers(truth, (1, 1, 1))[f"lesions_true_{name}"] == 1


@pytest.mark.parametrize(("gap_mm", "far"), [(FAR_MM, 0), (FAR_MM + 1, 2)])
def test_a_lesion_is_far_if_no_other_is_within_that_distance(gap_mm, far):
    truth = empty()
    truth[4, 5, 10] = truth[4, 5 + int(gap_mm), 10] = True
    assert lesion_numbers(truth, SPACING)["lesions_true_far"] == far


@pytest.mark.parametrize("seed", range(4))
def test_far_lesions_are_those_of_the_whole_distance_matrix(seed):
    truth = np.random.default_rng(seed).random((8, 40, 40)) < 0.0008
    lesions, count = label(truth, np.ones((3, 3, 3)))
    points = [np.argwhere(lesions == number) * SPACING for number in range(1, count + 1)]
    nearest = [min(cdist(one, other).min() for other in points if other is not one) for one in points]
    assert lesion_numbers(truth, SPACING)["lesions_true_far"] == sum(distance > FAR_MM for distance in nearest)


def test_the_only_lesion_is_far_from_the_others():
    truth = empty()
    truth[4, 5, 10] = True
    assert lesion_metrics(truth, truth, SPACING)["lesion_recall_far"] == 1


def test_distances_of_false_lesions_and_voxels_are_those_to_the_nearest_true_voxel():
    truth, predicted = three_lesions(), empty()
    predicted[2, 4:6, 2:6] = True
    predicted[2:4, 20:23, 5] = predicted[11, 39, 39] = True
    wrong, true = (np.argwhere(mask) * SPACING for mask in (predicted & ~truth, truth))
    values = lesion_metrics(predicted, truth, SPACING)
    nearest = cdist(wrong, true).min(axis=1)
    assert values["false_positive_distance_mm"] == pytest.approx(nearest.mean())
    assert values["false_lesion_distance_mm"] == pytest.approx((10 + math.dist((0, 0, 0), (6, 4, 8))) / 2)


def test_a_prediction_that_only_grows_a_lesion_has_no_false_one():
    truth, predicted = three_lesions(), three_lesions()
    predicted[2, 4:6, 6] = True
    values = lesion_metrics(predicted, truth, SPACING)
    assert math.isnan(values["false_lesion_distance_mm"])
    assert values["false_positive_distance_mm"] == 2.0


def test_slices_with_a_lesion_are_counted_and_those_of_them_without_any_prediction():
    predicted = empty()
    predicted[8, 0, 0] = predicted[0] = True
    values = lesion_metrics(predicted, three_lesions())
    assert (values["lesion_slices"], values["lesion_slices_empty"]) == (3, 2)


def test_without_any_lesion_counts_are_0_and_shares_are_nothing():
    values = lesion_metrics(empty(), empty(), SPACING)
    assert {name: value for name, value in values.items() if not math.isnan(value)} == dict.fromkeys(
        ("lesions_true", "lesions_detected", "lesions_missed", "lesions_false", "lesion_slices", "lesion_slices_empty"),
        0,
    )


def test_recall_and_precision_are_0_where_only_one_mask_has_lesions():
    only_true, only_predicted = lesion_metrics(empty(), three_lesions()), lesion_metrics(three_lesions(), empty())
    for values in (only_true, only_predicted):
        assert (values["lesion_recall"], values["lesion_precision"]) == (0, 0)


def test_without_spacing_there_are_no_sizes_and_distances():
    names = lesion_metrics(three_lesions(), three_lesions())
    assert not [name for name in names if "mm" in name or name.startswith("lesion_recall_")]
    assert lesion_numbers(three_lesions()) == {}
