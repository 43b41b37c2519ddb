"""Phantoms of a given foreground share: the share holds, and nothing but the share changes."""

import numpy as np
import pytest
from scipy import ndimage

from segloss.data.phantoms.imbalance import imbalance_phantom
from segloss.sweep.protocol import Protocol

SHARES = Protocol.read().shares


@pytest.mark.parametrize("share", SHARES)
def test_every_picture_has_its_share_to_within_half_a_spot_and_two_and_a_half_percent(share: float) -> None:
    for seed in range(5):
        found = imbalance_phantom(seed, share)[1].mean()
        assert abs(found - share) <= 0.5 * 2**2 / 64**2
        assert found == pytest.approx(share, rel=0.025)


@pytest.mark.parametrize("share", SHARES)
def test_contrast_and_noise_of_a_pixel_are_the_same_at_every_share(share: float) -> None:
    drawn = [imbalance_phantom(seed, share) for seed in range(200)]
    pictures, masks = (np.stack(arrays) for arrays in zip(*drawn, strict=True))
    spots, ground = pictures[masks], pictures[~masks]
    wide = 5 / np.sqrt(len(spots))
    assert spots.mean() == pytest.approx(1, abs=0.4 * wide)
    assert spots.std() == pytest.approx(0.4, rel=wide)
    assert (ground.mean(), ground.std()) == pytest.approx((0, 0.4), abs=0.005)


def test_rare_foreground_is_made_of_whole_spots() -> None:
    for seed in range(20):
        parts, number = ndimage.label(imbalance_phantom(seed, 0.003)[1])
        assert all(size % 4 == 0 for size in np.bincount(parts.ravel())[1:])
        assert 1 <= number <= 3


def test_noise_is_independent_from_pixel_to_pixel() -> None:
    noise = np.stack([imbalance_phantom(seed, 0.001, contrast=0)[0] for seed in range(50)])
    assert np.corrcoef(noise[:, :, 1:].ravel(), noise[:, :, :-1].ravel())[0, 1] == pytest.approx(0, abs=0.01)


def test_spots_lie_everywhere_equally_often() -> None:
    chance = np.mean([imbalance_phantom(seed, 0.5, size=8)[1] for seed in range(2000)], axis=0)
    assert np.abs(chance - 0.5).max() < 0.06


def test_the_same_seed_gives_the_same_picture_and_another_gives_another() -> None:
    first, second, other = (imbalance_phantom(seed, 0.05)[0] for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("share", "size", "message"),
    [
        (0.0001, 64, "share must give between 1 and 1023 of 1024 spots, got 0.0001"),
        (1.0, 64, "share must give between 1 and 1023 of 1024 spots, got 1.0"),
        (0.5, 63, "size must be a multiple of the spot's side 2, got 63"),
    ],
)
def test_an_impossible_share_or_board_is_refused(share: float, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        imbalance_phantom(0, share, size)
