"""Distance maps against brute force: every pixel against every pixel of the boundary."""

from itertools import product

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segloss.losses.distance_maps import contour, distance_to_other_side, signed_distance


def has_neighbour_outside(mask: np.ndarray, place: tuple[int, ...]) -> bool:
    for axis, step in product(range(mask.ndim), (-1, 1)):
        neighbour = [*place]
        neighbour[axis] += step
        if 0 <= neighbour[axis] < mask.shape[axis] and not mask[tuple(neighbour)]:
            return True
    return False


def level_set(mask: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """The definition, pixel by pixel, in float64."""
    boundary = [place for place in np.argwhere(mask) if has_neighbour_outside(mask, tuple(place))]
    values = np.zeros(mask.shape)
    for place in np.ndindex(*mask.shape) if boundary else ():
        distance = np.sqrt((((np.array(place) - boundary) * spacing) ** 2).sum(1)).min()
        values[place] = -distance if mask[place] else distance
    return values


def coarse(shape: tuple[int, ...], classes: int, seed: int = 0) -> Tensor:
    """Labels (2, *shape) in blocks of 3 pixels, so that there are insides."""
    blocks = np.random.default_rng(seed).integers(0, classes, [2, *(-(-size // 3) for size in shape)])
    for axis in range(1, blocks.ndim):
        blocks = blocks.repeat(3, axis=axis)
    return torch.from_numpy(blocks)[:, *map(slice, shape)]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("shape", "classes", "spacing"),
    [
        ((17,), 3, (0.7,)),
        ((16, 11), 2, (1.0, 1.0)),
        ((16, 11), 4, (0.3, 2.5)),
        ((11, 16), 3, (7.5, 0.1)),
        ((7, 9, 8), 2, (1.0, 1.0, 1.0)),
        ((7, 9, 8), 3, (3.22, 1.62, 0.81)),
        ((8, 4, 9), 2, (0.5, 4.0, 1.25)),
    ],
)
def test_the_map_is_the_distance_to_the_nearest_boundary_pixel(
    shape: tuple[int, ...], classes: int, spacing: tuple[float, ...], seed: int
) -> None:
    labels = coarse(shape, classes, seed)
    maps = signed_distance(labels, classes, spacing)
    assert maps.dtype == torch.float32
    assert maps.shape == (2, classes, *shape)
    for sample, label in np.ndindex(2, classes):
        expected = level_set(labels[sample].numpy() == label, spacing)
        np.testing.assert_allclose(maps[sample, label].numpy(), expected, rtol=1e-6, atol=1e-6)


def test_the_map_is_negative_inside_and_positive_outside_and_zero_on_the_boundary_alone() -> None:
    labels = torch.zeros(1, 9, 9, dtype=torch.long)
    labels[:, 2:7, 2:7] = 1
    phi = signed_distance(labels, 2)[0, 1]
    assert (phi[3:6, 3:6] < 0).all()
    assert (phi[labels[0] == 0] > 0).all()
    ring = (labels[0] == 1) & (phi == 0)
    assert ring.sum() == 16
    assert phi[4, 4] == -2
    assert phi[0, 0] == pytest.approx(8**0.5)


def test_distances_are_no_whole_numbers_where_they_should_not_be() -> None:
    labels = torch.zeros(1, 5, 5, dtype=torch.long)
    labels[0, 0, 0] = 1
    assert signed_distance(labels, 2)[0, 1, 2, 1] == pytest.approx(5**0.5)


@pytest.mark.parametrize("label", [0, 1])
def test_a_class_that_is_absent_or_fills_the_sample_has_a_map_of_zeros(label: int) -> None:
    labels = torch.full((2, 6, 5), label)
    labels[1, 2:4, 1:4] = 1 - label
    maps = signed_distance(labels, 3)
    assert not maps[0].any()
    assert not maps[:, 2].any()
    assert maps[1, 0].any()
    assert maps[1, 1].any()


@pytest.mark.parametrize("place", [(0, 0), (3, 2), (6, 4)])
def test_an_object_of_one_pixel_is_zero_there_and_positive_around(place: tuple[int, int]) -> None:
    labels = torch.zeros(1, 7, 5, dtype=torch.long)
    labels[0, place[0], place[1]] = 1
    phi = signed_distance(labels, 2)[0, 1]
    rows, columns = torch.meshgrid(torch.arange(7) - place[0], torch.arange(5) - place[1], indexing="ij")
    torch.testing.assert_close(phi, (rows**2 + columns**2).sqrt())


def test_a_hole_of_one_pixel_is_the_only_place_without_a_negative_value() -> None:
    labels = torch.ones(1, 9, 9, dtype=torch.long)
    labels[0, 4, 4] = 0
    phi = signed_distance(labels, 2)[0, 1]
    assert phi[4, 4] == 1
    assert (phi < 0).sum() == 81 - 5


def test_the_image_border_is_no_boundary() -> None:
    labels = torch.zeros(1, 4, 6, dtype=torch.long)
    labels[:, :, 2:] = 1  # cut off by three sides of the image
    expected = torch.tensor([2.0, 1.0, 0.0, -1.0, -2.0, -3.0]).expand(4, 6)
    torch.testing.assert_close(signed_distance(labels, 2)[0, 1], expected)


def test_a_volume_of_one_slice_has_the_maps_of_that_slice() -> None:
    labels = coarse((12, 9), 3)
    volume = signed_distance(labels.unsqueeze(1), 3, (9.0, 0.5, 2.0))
    torch.testing.assert_close(volume.squeeze(2), signed_distance(labels, 3, (0.5, 2.0)))


def test_spacing_in_millimetres_scales_the_map() -> None:
    labels = coarse((12, 9), 2)
    torch.testing.assert_close(signed_distance(labels, 2, (0.4, 0.4)), 0.4 * signed_distance(labels, 2))


def test_each_axis_has_its_own_spacing() -> None:
    labels = torch.zeros(1, 5, 5, 5, dtype=torch.long)
    labels[0, 0, 0, 0] = 1
    phi = signed_distance(labels, 2, (2.0, 3.0, 5.0))[0, 1]
    assert (phi[1, 0, 0], phi[0, 1, 0], phi[0, 0, 1]) == (2, 3, 5)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int8, torch.int16, torch.uint16, torch.int32])
def test_any_type_of_integers_will_do(dtype: torch.dtype) -> None:
    labels = coarse((12, 9), 2)
    torch.testing.assert_close(signed_distance(labels.to(dtype), 2), signed_distance(labels, 2))


def test_the_layout_in_memory_does_not_matter_and_labels_stay_as_they_are() -> None:
    labels = coarse((12, 9, 5), 3)
    turned = labels.permute(0, 3, 2, 1)
    before = turned.clone()
    expected = signed_distance(turned.contiguous(), 3, (3.0, 2.0, 1.0))
    torch.testing.assert_close(signed_distance(turned, 3, (3.0, 2.0, 1.0)), expected)
    torch.testing.assert_close(turned, before)


def test_the_background_can_be_left_out() -> None:
    labels = coarse((12, 9), 3)
    expected = signed_distance(labels, 3)[:, 1:]
    torch.testing.assert_close(signed_distance(labels, 3, include_background=False), expected)


def test_ignored_labels_belong_to_no_class() -> None:
    labels = coarse((12, 9), 3)
    ignored = labels.where(labels != 2, 255)
    torch.testing.assert_close(signed_distance(ignored, 3)[:, :2], signed_distance(labels, 3)[:, :2])
    assert not signed_distance(ignored, 3)[:, 2].any()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_map_lies_on_the_device_of_the_labels() -> None:
    labels = coarse((12, 9), 3)
    maps = signed_distance(labels.cuda(), 3)
    assert maps.is_cuda
    torch.testing.assert_close(maps.cpu(), signed_distance(labels, 3))


@pytest.mark.parametrize(
    ("labels", "classes", "spacing", "message"),
    [
        (torch.zeros(1, 4, 4), 2, None, r"integers.*float32 of \(1, 4, 4\)"),
        (torch.zeros(4, dtype=torch.long), 2, None, r"one to three axes, got torch.int64 of \(4,\)"),
        (torch.zeros(1, 2, 2, 2, 2, dtype=torch.long), 2, None, "one to three axes"),
        (torch.zeros(1, 4, 4, dtype=torch.long), 1, None, "at least 2, the background counted, got 1"),
        (torch.zeros(1, 4, 4, dtype=torch.long), 2, (1.0,), r"2 numbers above 0, one for each axis, got \[1.0\]"),
        (torch.zeros(1, 4, 4, dtype=torch.long), 2, (1.0, 1.0, 1.0), "2 numbers above 0"),
        (torch.zeros(1, 4, 4, dtype=torch.long), 2, (1.0, 0.0), r"above 0.*got \[1.0, 0.0\]"),
        (torch.zeros(1, 4, 4, dtype=torch.long), 2, (1.0, float("nan")), "above 0"),
    ],
)
def test_wrong_arguments_are_refused(
    labels: Tensor, classes: int, spacing: tuple[float, ...] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        signed_distance(labels, classes, spacing)


@pytest.mark.parametrize("shape", [(13,), (9, 12), (6, 7, 9)])
def test_the_contour_is_what_has_a_face_neighbour_outside(shape: tuple[int, ...]) -> None:
    masks = torch.stack([coarse(shape, 3, seed) == 1 for seed in range(2)], dim=1)
    found = contour(masks)
    for sample, channel, *place in np.ndindex(*masks.shape):
        mask = masks[sample, channel].numpy()
        expected = mask[tuple(place)] and has_neighbour_outside(mask, tuple(place))
        assert found[sample, channel, *place].item() == expected


@pytest.mark.parametrize("shape", [(13,), (9, 12), (6, 7, 9), (1, 9, 12)])
def test_the_distance_to_the_other_side_is_the_sum_of_two_transforms(shape: tuple[int, ...]) -> None:
    masks = torch.stack([coarse(shape, 2, seed).bool() for seed in range(3)], dim=1)
    expected = [distance_transform_edt(mask) + distance_transform_edt(~mask) for mask in masks.flatten(0, 1).numpy()]
    found = distance_to_other_side(masks).flatten(0, 1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("fill", [False, True])
def test_a_mask_without_an_edge_has_no_distance_to_its_other_side(fill: bool) -> None:
    assert not distance_to_other_side(torch.full((2, 3, 4, 5), fill)).any()
