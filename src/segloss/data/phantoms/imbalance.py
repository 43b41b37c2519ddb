"""Phantoms of one task at any foreground share: equal spots on an even ground, whose number is all that changes."""

from collections.abc import Sequence

import numpy as np


def imbalance_phantom(
    seed: int | Sequence[int],
    share: float,
    size: int = 64,
    spot: int = 2,
    contrast: float = 1.0,
    noise_sd: float = 0.4,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw square spots at random places of a board, each field of which holds a whole spot or none.

    Every pixel is as hard at one share as at another: contrast, noise and the size of a spot are the same, nothing is
    blurred, and no spot covers part of another. One large object that shrinks would lose its inside instead, and
    become all border.

    Args:
        seed: The same seed, or the same row of numbers, gives the same picture.
        share: Foreground share; the mask has it to within half a spot.
        size: Side of the picture in pixels, a multiple of ``spot``.
        spot: Side of a spot in pixels.
        contrast: Brightness of a spot; that of the ground is 0.
        noise_sd: Standard deviation of the noise, independent from pixel to pixel.

    Returns:
        Picture (size, size) in float32 and its true mask.

    Raises:
        ValueError: If the board does not fill the picture, or the share gives no spot or leaves no ground.
    """
    rng = np.random.default_rng(seed)
    fields = fields_of(size, spot)
    chosen = rng.permutation(fields) < spots_for(share, size, spot)
    board = chosen.reshape(size // spot, size // spot)
    mask = board.repeat(spot, axis=0).repeat(spot, axis=1)
    picture = contrast * mask + noise_sd * rng.standard_normal(mask.shape)
    return picture.astype(np.float32), mask


def fields_of(size: int, spot: int) -> int:
    """Fields of the board.

    >>> fields_of(size=64, spot=2)
    1024
    """
    if size % spot:
        raise ValueError(f"size must be a multiple of the spot's side {spot}, got {size}")
    return (size // spot) ** 2


def spots_for(share: float, size: int, spot: int) -> int:
    """Spots whose share of the picture comes closest.

    >>> spots_for(0.001, size=64, spot=2)
    1
    """
    fields = fields_of(size, spot)
    spots = round(share * fields)
    if not 0 < spots < fields:
        raise ValueError(f"share must give between 1 and {fields - 1} of {fields} spots, got {share}")
    return spots
