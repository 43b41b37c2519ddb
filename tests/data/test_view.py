"""What a view makes of a case, against arrays that are worked out by hand."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from segloss.data.case import IGNORED, Sample
from segloss.data.view import View
from segloss.errors import InputError

NO_CAPS = {"max_image_size": None}


def volume_sample(**changes: Any) -> Sample:
    """Three slices of 6 x 4 voxels, two channels, a block of class 2 in the middle slice."""
    labels = np.zeros((3, 6, 4), np.uint8)
    labels[1, 2:4, 1:3] = 2
    image = np.stack([np.arange(72).reshape(3, 6, 4), 100 - np.arange(72).reshape(3, 6, 4)]).astype(np.float32)
    return Sample(**{"image": image, "labels": labels, "spacing_mm": (6.0, 1.0, 2.0)} | changes)


def view(**settings: Any) -> View:
    return View.of({"kind": "slices", "intensity": "unit_range", "image_size": 8} | settings, NO_CAPS)


def test_each_slice_of_a_volume_becomes_a_square_with_all_channels() -> None:
    arrays = view().prepare(volume_sample(), classes=2)
    assert (arrays["images"].shape, arrays["images"].dtype) == ((3, 2, 8, 8), np.float16)
    assert (arrays["labels"].shape, arrays["labels"].dtype) == ((3, 8, 8), np.uint8)
    assert [sorted(np.unique(plane)) for plane in arrays["labels"]] == [[0], [0, 2], [0]]


def test_a_picture_is_one_slice_and_keeps_its_bytes() -> None:
    picture = np.arange(192, dtype=np.uint8).reshape(3, 8, 8)
    arrays = view(intensity="bytes").prepare(Sample(picture, np.eye(8, dtype=np.uint8)), classes=1)
    np.testing.assert_array_equal(arrays["images"], picture[None])
    np.testing.assert_array_equal(arrays["labels"], np.eye(8)[None])


def test_each_channel_gets_a_range_of_its_own() -> None:
    images = view(image_size=6).prepare(volume_sample(), classes=2)["images"]
    for channel in range(2):
        assert (images[:, channel].min(), images[:, channel].max()) == pytest.approx((0, 1), abs=0.02)


def test_clipping_bounds_are_the_ends_of_the_range() -> None:
    image = np.array([-1000, -125, 75, 275, 3000], np.float32).reshape(1, 1, 1, 5)
    sample = Sample(np.repeat(image, 5, axis=2), np.zeros((1, 5, 5), np.uint8), (1, 1, 1))
    images = view(image_size=5, clip=[-125, 275]).prepare(sample, classes=1)["images"]
    np.testing.assert_allclose(images[0, 0, 0], [0, 0, 0.5, 1, 1])


def test_a_slice_of_one_value_does_not_set_the_range() -> None:
    image = volume_sample().image.copy()
    image[:, 2] = 65535
    images = view().prepare(volume_sample(image=image), classes=2)["images"]
    assert images[1].max() > 0.9
    assert (images[2] == 1).all()


def test_an_image_of_one_value_is_zero_and_finite() -> None:
    for intensity in ("unit_range", "z_score"):
        sample = volume_sample(image=np.full((2, 3, 6, 4), 7, np.float32))
        np.testing.assert_array_equal(view(intensity=intensity).prepare(sample, classes=2)["images"], 0)


def test_a_z_score_has_mean_0_and_deviation_1_in_each_channel() -> None:
    images = view(kind="volumes", intensity="z_score").prepare(volume_sample(), classes=2)["images"]
    np.testing.assert_allclose(images.astype(float).mean(axis=(1, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(images.astype(float).std(axis=(1, 2, 3)), 1, atol=1e-3)


def test_volumes_are_resampled_to_the_spacing_of_the_view() -> None:
    arrays = view(kind="volumes", spacing_mm=(3.0, 2.0, 1.0)).prepare(volume_sample(), classes=2)
    assert arrays["images"].shape == (2, 6, 3, 8)
    assert arrays["labels"].shape == (6, 3, 8)
    assert set(np.unique(arrays["labels"])) == {0, 2}


def test_volumes_of_unknown_spacing_keep_their_voxels() -> None:
    sample = volume_sample(spacing_mm=None)
    labels = view(kind="volumes", spacing_mm=(3.0, 2.0, 1.0)).prepare(sample, classes=2)["labels"]
    np.testing.assert_array_equal(labels, sample.labels)


def test_ignored_voxels_are_marked_where_they_are_background() -> None:
    ignored = np.zeros((3, 6, 4), bool)
    ignored[1, :4] = True
    labels = view(kind="volumes").prepare(volume_sample(ignored=ignored), classes=2)["labels"]
    expected = np.where(ignored, IGNORED, 0)
    expected[1, 2:4, 1:3] = 2
    np.testing.assert_array_equal(labels, expected)


def test_distance_maps_are_signed_distances_within_each_slice() -> None:
    arrays = view(image_size=16, distance_maps=True).prepare(volume_sample(), classes=2)
    maps, inside = arrays["distances"], arrays["labels"][1] == 2
    assert (maps.shape, maps.dtype) == ((3, 2, 16, 16), np.float32)
    assert not maps[:, 0].any()
    assert not maps[[0, 2], 1].any()
    contour = inside & ~ndimage.binary_erosion(inside)
    distance = ndimage.distance_transform_edt(~contour)
    np.testing.assert_allclose(maps[1, 1], np.where(inside, -distance, distance), atol=1e-4)


def test_ignored_voxels_are_background_to_the_distance_maps() -> None:
    ignored = np.zeros((3, 6, 4), bool)
    ignored[0] = True
    plain, marked = (
        view(distance_maps=True).prepare(volume_sample(ignored=mask), classes=2)["distances"]
        for mask in (None, ignored)
    )
    np.testing.assert_array_equal(plain, marked)


def test_a_scale_caps_the_size_of_slices() -> None:
    settings = {"kind": "slices", "intensity": "unit_range", "image_size": 256}
    assert View.of(settings, {"max_image_size": 64}).image_size == 64


@pytest.mark.parametrize(
    "settings", [{"kind": "slabs"}, {"intensity": "loud"}, {"kind": "slices", "image_size": None}, {"clip_at": 3}]
)
def test_a_view_that_is_not_known_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"params\.yaml, view of a data set"):
        view(**settings)
