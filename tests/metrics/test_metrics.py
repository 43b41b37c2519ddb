"""Metrics against scikit-learn, scikit-image and a brute-force distance matrix."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage.metrics import hausdorff_distance as skimage_hausdorff
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score, precision_score, recall_score

from segloss.metrics import (
    case_metrics,
    contour,
    count,
    dice_per_slice_published,
    dice_score,
    false_positive_volume_fraction,
    hausdorff_distance,
    iou_score,
    precision,
    relative_volume_error,
    sensitivity,
    specificity,
    surface_dice,
    surface_distances,
    volume_ml,
)

EMPTY, FULL = np.zeros((12, 12), dtype=bool), np.ones((12, 12), dtype=bool)


def blobs(seed, shape=(40, 32)):
    """Two overlapping random discs with noise, so that FP differs from FN."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape)
    masks = []
    for _ in range(2):
        centre = rng.uniform(0.3, 0.7, len(shape)) * shape
        distance = np.sqrt(sum((axis - c) ** 2 for axis, c in zip(grid, centre, strict=True)))
        masks.append((distance < rng.uniform(4, 16)) | (rng.random(shape) < 0.005))
    return masks


def brute_contour(mask):
    padded = np.pad(mask, 1)
    edge = []
    for point in np.argwhere(mask):
        neighbours = [point + step for axis in np.eye(mask.ndim, dtype=int) for step in (axis, -axis)]
        if not all(padded[tuple(neighbour + 1)] for neighbour in neighbours):
            edge.append(point)
    return np.array(edge)


@pytest.mark.parametrize("seed", range(8))
def test_overlap_metrics_agree_with_scikit_learn(seed):
    predicted, truth = blobs(seed)
    counts, pair = count(predicted, truth), (truth.ravel(), predicted.ravel())
    assert dice_score(counts) == pytest.approx(f1_score(*pair))
    assert iou_score(counts) == pytest.approx(jaccard_score(*pair))
    assert sensitivity(counts) == pytest.approx(recall_score(*pair))
    assert precision(counts) == pytest.approx(precision_score(*pair))
    assert specificity(counts) == pytest.approx(recall_score(*pair, pos_label=0))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.4, 2.5)])
def test_the_hausdorff_distance_is_that_of_the_whole_distance_matrix(seed, spacing):
    predicted, truth = blobs(seed)
    distances = cdist(brute_contour(predicted) * spacing, brute_contour(truth) * spacing)
    expected = max(distances.min(axis=0).max(), distances.min(axis=1).max())
    assert hausdorff_distance(predicted, truth, spacing) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_the_hausdorff_distance_agrees_with_scikit_image_on_contours(seed):
    predicted, truth = blobs(seed)
    assert hausdorff_distance(predicted, truth) == pytest.approx(skimage_hausdorff(contour(predicted), contour(truth)))


def test_volumes_are_measured_as_images_are():
    predicted, truth = blobs(3, (10, 14, 12))
    distances = cdist(brute_contour(predicted), brute_contour(truth))
    expected = max(distances.min(axis=0).max(), distances.min(axis=1).max())
    assert hausdorff_distance(predicted, truth) == pytest.approx(expected)


def brute_distances(predicted, truth, spacing):
    """From each contour point of either mask to the other contour."""
    distances = cdist(brute_contour(predicted) * spacing, brute_contour(truth) * spacing)
    return distances.min(axis=1), distances.min(axis=0)


SCAN_SPACING = (3.0, 0.8, 1.3)


@pytest.mark.parametrize("seed", range(4))
def test_a_percentile_is_the_larger_of_both_directions(seed):
    predicted, truth = blobs(seed, (8, 18, 16))
    expected = max(np.percentile(one, 95) for one in brute_distances(predicted, truth, SCAN_SPACING))
    assert hausdorff_distance(predicted, truth, SCAN_SPACING, percentile=95) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_surface_dice_is_the_share_of_both_contours_near_the_other(seed):
    predicted, truth = blobs(seed, (8, 18, 16))
    expected = np.mean(np.concatenate(brute_distances(predicted, truth, SCAN_SPACING)) <= 2.0)
    assert surface_dice(predicted, truth, 2.0, SCAN_SPACING) == pytest.approx(expected)


@pytest.mark.parametrize("step", [0.1, 0.3, 0.7, 1.1])
def test_a_distance_that_equals_the_tolerance_is_within_it(step):
    plate, moved = np.zeros((2, 12, 6, 6), dtype=bool)
    plate[2], moved[5] = True, True
    assert surface_dice(plate, moved, 3 * step, (step, 1, 1)) == 1.0
    assert surface_dice(plate, moved, 2.99 * step, (step, 1, 1)) == 0.0


def test_distances_in_pixels_are_exact():
    predicted, truth = blobs(4, (90, 110))
    for found, expected in zip(
        surface_distances(predicted, truth), brute_distances(predicted, truth, 1.0), strict=True
    ):
        assert np.array_equal(np.sort(found), np.sort(expected))


def test_surfaces_far_apart_are_measured_as_near_ones_are():
    one, other = np.zeros((2, 30, 60, 50), dtype=bool)
    one[0, 0, 0], other[29, 59, 49] = True, True
    assert hausdorff_distance(one, other, SCAN_SPACING) == pytest.approx(math.dist((0, 0, 0), (87, 47.2, 63.7)))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), SCAN_SPACING])
def test_scattered_voxels_are_measured_as_dense_ones_are(spacing):
    rng = np.random.default_rng(0)
    predicted, truth = (rng.random((20, 60, 60)) < 0.001 for _ in range(2))
    found = surface_distances(predicted, truth, spacing)
    for values, expected in zip(found, brute_distances(predicted, truth, spacing), strict=True):
        assert np.array_equal(values, expected)


def test_the_surface_dice_of_one_empty_mask_is_0_and_of_two_is_nothing():
    assert surface_dice(EMPTY, FULL, 100) == surface_dice(FULL, EMPTY, 100) == 0.0
    assert math.isnan(surface_dice(EMPTY, EMPTY, 100))


def test_a_spacing_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"spacing is \(1\.0, 1\.0, 1\.0\), expected 2 numbers"):
        hausdorff_distance(FULL, FULL, (1, 1, 1))


def test_the_distance_is_between_contours_and_not_between_regions():
    hole = FULL.copy()
    hole[5:7, 5:7] = False
    assert hausdorff_distance(hole, FULL) == pytest.approx(4.0)


def test_swapping_the_masks_changes_sensitivity_and_not_the_distance():
    predicted, truth = blobs(1)
    assert hausdorff_distance(predicted, truth) == hausdorff_distance(truth, predicted)
    assert sensitivity(count(predicted, truth)) != sensitivity(count(truth, predicted))


def test_a_mask_at_the_edge_of_the_image_has_a_closed_contour():
    assert contour(FULL).sum() == 4 * 11
    assert not contour(EMPTY).any()


def test_one_pixel_is_its_own_contour():
    one, other = EMPTY.copy(), EMPTY.copy()
    one[2, 3], other[5, 7] = True, True
    assert hausdorff_distance(one, other) == 5.0


def test_a_perfect_match_is_1_and_0_apart():
    values = case_metrics(*[blobs(1)[0]] * 2, spacing_mm=(0.5, 0.5))
    overlap = dict.fromkeys(("dice", "iou", "precision", "sensitivity", "specificity"), 1)
    assert values == {**overlap, "hausdorff_px": 0, "hausdorff_mm": 0}


def test_a_structure_absent_from_both_has_no_metric():
    assert all(math.isnan(value) for value in case_metrics(EMPTY, EMPTY, (1, 1)).values())


@pytest.mark.parametrize(("predicted", "truth"), [(EMPTY, FULL), (FULL, EMPTY)])
def test_a_structure_absent_from_one_has_overlap_0_and_no_distance(predicted, truth):
    values = case_metrics(predicted, truth)
    assert (values["dice"], values["iou"], values["sensitivity"]) == (0, 0, 0)
    assert math.isnan(values["hausdorff_px"])


def test_a_distance_in_mm_is_given_only_where_the_spacing_is_known():
    predicted, truth = blobs(2)
    assert "hausdorff_mm" not in case_metrics(predicted, truth)
    both = case_metrics(predicted, truth, (0.5, 0.5))
    assert both["hausdorff_mm"] == pytest.approx(0.5 * both["hausdorff_px"])


def test_a_scan_has_more_metrics_than_a_picture():
    predicted, truth = blobs(3, (10, 14, 12))
    values = case_metrics(predicted, truth, SCAN_SPACING)
    assert set(values) - set(case_metrics(predicted[5], truth[5], (1, 1))) == {
        *("false_positive_volume_fraction", "relative_volume_error", "dice_per_slice_published"),
        *("hausdorff95_mm", "surface_dice_mm2", "volume_ml"),
    }
    assert values["surface_dice_mm2"] == surface_dice(predicted, truth, 2.0, SCAN_SPACING)


def test_a_scan_without_spacing_has_nothing_in_mm_or_ml():
    names = case_metrics(*blobs(3, (10, 14, 12)))
    assert not [name for name in names if "mm" in name or "ml" in name]


def test_a_volume_is_that_of_its_voxels():
    mask = np.zeros((4, 5, 6), dtype=bool)
    mask[1:3, 1:3, 1:6] = True
    assert volume_ml(mask, (10, 5, 2)) == pytest.approx(20 * 100 / 1000)


@pytest.mark.parametrize(("factor", "error"), [(1, 0.0), (0.5, -0.5), (2, 1.0), (0, -1.0)])
def test_the_relative_volume_error_tells_too_much_from_too_little(factor, error):
    truth, predicted = np.zeros((2, 8, 40), dtype=bool)
    truth[:, :10], predicted[:, : int(10 * factor)] = True, True
    assert relative_volume_error(count(predicted, truth)) == error


def test_false_positives_per_true_pixel_are_those_of_the_confusion_matrix():
    predicted, truth = blobs(2)
    (_, false_positives), (missed, found) = confusion_matrix(truth.ravel(), predicted.ravel())
    assert false_positives > 0
    assert false_positive_volume_fraction(count(predicted, truth)) == false_positives / (missed + found)


def test_more_background_raises_specificity_and_leaves_false_positives_per_true_pixel():
    predicted, truth = blobs(2)
    wider = [np.pad(mask, 20) for mask in (predicted, truth)]
    near, far = count(predicted, truth), count(*wider)
    assert specificity(far) > specificity(near)
    assert false_positive_volume_fraction(far) == false_positive_volume_fraction(near)


def test_false_positives_per_true_pixel_are_undefined_without_a_true_pixel():
    assert math.isnan(false_positive_volume_fraction(count(FULL, EMPTY)))


def test_dice_per_slice_counts_a_slice_without_anything_as_1():
    predicted, truth = blobs(1, (7, 12, 12))
    predicted[2] = truth[2] = predicted[4] = False
    scores = [f1_score(t.ravel(), p.ravel(), zero_division=1) for p, t in zip(predicted, truth, strict=True)]
    assert scores[2] == 1
    assert dice_per_slice_published(predicted, truth) == pytest.approx(np.mean(scores))


def test_predicting_nothing_scores_the_share_of_empty_slices_per_slice():
    truth = np.zeros((10, 6, 6), dtype=bool)
    truth[:3, 2:4, 2:4] = True
    assert dice_per_slice_published(np.zeros_like(truth), truth) == pytest.approx(0.7)


def test_dice_per_slice_wants_slices():
    with pytest.raises(ValueError, match=r"shape \(12, 12\), expected a volume of slices"):
        dice_per_slice_published(FULL, FULL)


def test_masks_of_different_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(12, 12\), truth \(3, 3\)"):
        count(EMPTY, FULL[:3, :3])


def test_probabilities_are_refused():
    with pytest.raises(ValueError, match="predicted has dtype float64, expected bool"):
        hausdorff_distance(EMPTY.astype(float), FULL)


def test_the_masks_are_not_modified():
    predicted, truth = blobs(0)
    before = predicted.copy(), truth.copy()
    case_metrics(predicted, truth)
    assert np.array_equal(predicted, before[0])
    assert np.array_equal(truth, before[1])
