import numpy as np
import pytest

from segloss.data.resizing import resize_image, resize_labels


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return (np.hypot(y, x) <= radius).astype(np.uint8)


@pytest.mark.parametrize("size", [32, 64, 90, 256])
def test_resizing_keeps_the_share_of_a_lesion(size: int) -> None:
    mask = disc(128, 30)
    assert resize_labels(mask, (size, size), 1).mean() == pytest.approx(mask.mean(), rel=0.03)


def test_a_mask_of_the_wanted_size_is_unchanged() -> None:
    mask = disc(32, 9)
    np.testing.assert_array_equal(resize_labels(mask, (32, 32), 1), mask)


def test_image_and_mask_stay_aligned() -> None:
    mask = disc(100, 20)
    mask = np.roll(mask, (15, -10), axis=(0, 1))
    image = resize_image(np.stack([mask * np.uint8(200)] * 3), (40, 40))
    np.testing.assert_array_equal(image[0] >= 100, resize_labels(mask, (40, 40), 1))


def test_shrinking_averages_fine_stripes_instead_of_picking_some() -> None:
    stripes = np.zeros((1, 64, 64), np.uint8)
    stripes[:, :, ::2] = 200
    inner = resize_image(stripes, (16, 16))[0, :, 1:-1]
    assert np.abs(inner.astype(int) - 100).max() <= 2


def test_an_oblong_image_becomes_square() -> None:
    assert resize_image(np.zeros((3, 30, 50), np.uint8), (20, 20)).shape == (3, 20, 20)


def test_a_pixel_takes_the_class_that_covers_most_of_it() -> None:
    labels = np.zeros((4, 4), np.uint8)
    labels[:2, :2] = [[1, 2], [2, 2]]
    labels[2:, :2] = [[3, 3], [3, 0]]
    labels[:2, 2:] = [[0, 0], [1, 2]]
    # Averaging over blocks, which at a factor of two the triangle filter does up to its overlap.
    assert resize_labels(np.kron(labels, np.ones((8, 8), np.uint8)), (2, 2), 3).tolist() == [[2, 0], [3, 0]]


def test_where_two_classes_tie_the_lower_one_wins() -> None:
    labels = np.repeat(np.array([[2, 1]], np.uint8), 2, axis=0)
    assert resize_labels(labels, (2, 1), 2).tolist() == [[1], [1]]


def test_a_volume_is_resampled_along_every_axis() -> None:
    ramp = np.arange(16, dtype=np.float32)
    volume = np.broadcast_to(ramp[:, None, None], (16, 10, 12))
    image = np.stack([volume, np.broadcast_to(np.arange(12, dtype=np.float32), (16, 10, 12))])
    resized = resize_image(image, (8, 5, 24))
    assert resized.shape == (2, 8, 5, 24)
    np.testing.assert_allclose(resized[0, 1:-1, 2, 3], ramp[2:-2].reshape(-1, 2).mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(np.diff(resized[1, 4, 2, 2:-2]), 0.5, rtol=1e-5)


def test_resampled_volumes_of_image_and_labels_stay_aligned() -> None:
    z, y, x = np.mgrid[:20, :30, :30]
    ball = ((z - 8) ** 2 + (y - 17) ** 2 + (x - 12) ** 2 < 49).astype(np.uint8)
    image = resize_image(ball[None] * np.float32(100), (11, 17, 23))
    disagreement = (image[0] >= 50) != resize_labels(ball, (11, 17, 23), 1).astype(bool)
    assert disagreement.mean() < 0.002
