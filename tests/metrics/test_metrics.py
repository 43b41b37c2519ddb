"""Metrics against scikit-learn, scikit-image and a brute-force distance matrix."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage.metrics import hausdorff_distance as skimage_hausdorff
from sklearn.metrics import f1_score, jaccard_score, recall_score

from segloss.metrics import (
    case_metrics,
    contour,
    count,
    dice_score,
    hausdorff_distance,
    iou_score,
    sensitivity,
    specificity,
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
    assert values == {"dice": 1, "iou": 1, "sensitivity": 1, "specificity": 1, "hausdorff_px": 0, "hausdorff_mm": 0}


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
