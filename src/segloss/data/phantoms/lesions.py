"""Lesions with an exact share of the volume: many small pieces scattered in tissue, or one of several nested layers."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from segloss.data.phantoms.space import Millimetres, Space


@dataclass(frozen=True)
class Lesions:
    """Shape ``(Z, Y, X)`` each: the true mask, and how much of the lesion each voxel shows, in [0, 1].

    Args:
        mask: What an ideal reader would outline.
        opacity: Soft at the border, where the mask has to decide.
    """

    mask: np.ndarray
    opacity: np.ndarray


def scattered(
    rng: np.random.Generator,
    where: Space,
    likely: np.ndarray,
    foreground_share: float,
    pieces: int,
    softness: float = 0.2,
) -> Lesions:
    """Draw many pieces of very different size.

    Args:
        rng: Source of everything random.
        where: Places of the voxels.
        likely: How likely a piece starts at a voxel; no piece grows into voxels where this is 0.
        foreground_share: Share of the volume that all pieces cover together.
        pieces: How many start; some grow together, a ragged one may fall apart. Never more than voxels to cover.
        softness: Of the border, relative to the radius.
    """
    count = _voxels(foreground_share, likely > 0)
    if count == 0:
        return Lesions(np.zeros(likely.shape, bool), np.zeros(likely.shape))
    centres = _centres(rng, where, likely, min(pieces, count))
    sizes = np.exp(rng.normal(0, 0.5, len(centres)))
    level = np.full(likely.shape, -np.inf)
    for centre, size in zip(centres, sizes, strict=True):
        level = np.maximum(level, np.log(size) - np.log(_elongated_distance(rng, where, centre) + 0.3 * where.voxel_mm))
    level = level + 0.25 * where.noise(rng, 4)
    places = np.array([np.ravel_multi_index(centre, level.shape) for centre in centres])
    level.ravel()[places] += 10  # each piece shows, however small
    mask, threshold = _top(level, likely > 0, count)
    return Lesions(mask, special.expit((level - threshold) / softness) * (likely > 0))


def one_lump(
    rng: np.random.Generator,
    where: Space,
    within: np.ndarray,
    centre: Millimetres,
    foreground_share: float,
    irregularity: float = 0.2,
    reluctance: np.ndarray | float = 0.0,
    softness: float = 0.08,
) -> Lesions:
    """Draw one irregular lesion around a point.

    Args:
        rng: Source of everything random.
        where: Places of the voxels.
        within: Voxels that it may cover.
        centre: Where it starts, in millimetres.
        foreground_share: Share of the volume that it covers.
        irregularity: Noise on the logarithm of its radius.
        reluctance: How little it grows into each voxel, likewise on the logarithm of its radius.
        softness: Of the border, relative to the radius.
    """
    count = _voxels(foreground_share, within)
    if count == 0:
        return Lesions(np.zeros(within.shape, bool), np.zeros(within.shape))
    width = float(count * np.prod(where.spacing_mm)) ** (1 / 3)
    noise = where.noise(rng, 0.3 * width) + 0.4 * where.noise(rng, 0.1 * width)
    level = irregularity * noise - np.log(where.distance(centre) + 1) - reluctance
    mask, threshold = _top(level, within, count)
    return Lesions(mask, special.expit((level - threshold) / softness) * within)


def _voxels(foreground_share: float, allowed: np.ndarray) -> int:
    if not 0 <= foreground_share < 1:
        raise ValueError(f"foreground_share must lie in [0, 1), got {foreground_share}")
    count = round(foreground_share * allowed.size)
    if count > allowed.sum():
        raise ValueError(
            f"foreground_share must be at most {allowed.mean():.3g}, the share of tissue that lesions can grow in, "
            f"got {foreground_share}"
        )
    return count


def _top(level: np.ndarray, allowed: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """The ``count`` allowed voxels of highest level, and the level of the last of them."""
    ranked = np.where(allowed, level, -np.inf).ravel()
    chosen = np.argsort(-ranked, kind="stable")[:count]
    mask = np.zeros(level.size, bool)
    mask[chosen] = True
    return mask.reshape(level.shape), float(ranked[chosen[-1]])


def _centres(rng: np.random.Generator, where: Space, likely: np.ndarray, pieces: int) -> list[tuple[int, ...]]:
    """Starting voxels, drawn by likelihood, apart from each other while there is room."""
    chance = likely.astype(float).copy()
    centres: list[tuple[int, ...]] = []
    for _ in range(pieces):
        if chance.sum() == 0:
            break
        place = rng.choice(chance.size, p=chance.ravel() / chance.sum())
        centre = tuple(int(index) for index in np.unravel_index(place, chance.shape))
        centres.append(centre)
        neighbourhood = tuple(slice(max(index - 2, 0), index + 3) for index in centre)
        chance[neighbourhood] = 0
    return centres


def _elongated_distance(rng: np.random.Generator, where: Space, centre: tuple[int, ...]) -> np.ndarray:
    """Distance from a voxel, in the metric of a randomly directed ellipsoid."""
    direction = rng.standard_normal(3)
    direction = direction / np.linalg.norm(direction)
    offsets = [part - part[centre] for part in (where.up, where.back, where.left)]
    along = sum(offset * step for offset, step in zip(offsets, direction, strict=True))
    squares = sum(offset**2 for offset in offsets)
    return np.sqrt(squares - along**2 * (1 - 1 / rng.uniform(1, 2.2) ** 2))
