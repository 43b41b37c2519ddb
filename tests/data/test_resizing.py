import numpy as np
import pytest

from segloss.data.resizing import resize_image, resize_mask


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return (np.hypot(y, x) <= radius).astype(np.uint8)


@pytest.mark.parametrize("size", [32, 64, 90, 256])
def test_resizing_keeps_the_share_of_a_lesion(size: int) -> None:
    mask = disc(128, 30)
    assert resize_mask(mask, size).mean() == pytest.approx(mask.mean(), rel=0.03)


def test_a_mask_of_the_wanted_size_is_unchanged() -> None:
    mask = disc(32, 9)
    np.testing.assert_array_equal(resize_mask(mask, 32), mask)


def test_image_and_mask_stay_aligned() -> None:
    mask = disc(100, 20)
    mask = np.roll(mask, (15, -10), axis=(0, 1))
    image = resize_image(np.stack([mask * np.uint8(200)] * 3), 40)
    np.testing.assert_array_equal(image[0] >= 100, resize_mask(mask, 40))


def test_shrinking_averages_fine_stripes_instead_of_picking_some() -> None:
    stripes = np.zeros((1, 64, 64), np.uint8)
    stripes[:, :, ::2] = 200
    inner = resize_image(stripes, 16)[0, :, 1:-1]
    assert np.abs(inner.astype(int) - 100).max() <= 2


def test_an_oblong_image_becomes_square() -> None:
    assert resize_image(np.zeros((3, 30, 50), np.uint8), 20).shape == (3, 20, 20)
