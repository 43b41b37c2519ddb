"""A pigmented lesion: its irregular shape, the softness of its border, and the pattern of its pigment."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from segloss.data.phantoms.noise import ridges, smooth_noise
from segloss.data.phantoms.shapes import part_of_share


@dataclass(frozen=True)
class Lesion:
    """Shape ``(size, size)`` each: the true mask, opacity of the pigment in [0, 1], and how deep the pigment lies."""

    mask: np.ndarray
    opacity: np.ndarray
    depth: np.ndarray


def draw_lesion(rng: np.random.Generator, size: int, share: float, irregularity: float) -> Lesion:
    """Draw a lesion that covers this share of the image.

    Args:
        rng: Source of everything random.
        size: Side of the image in pixels.
        share: Foreground share in (0, 1).
        irregularity: Noise on the logarithm of the radius; 0 is an ellipse, 0.5 has deep notches.
    """
    radius, angle = _elliptic_coordinates(rng, size, share)
    extent = np.sqrt(share)
    noise = smooth_noise(rng, size, 0.16 * extent) + 0.4 * smooth_noise(rng, size, 0.05 * extent)
    level = irregularity * noise - np.log(radius + 1e-3)
    mask, threshold = part_of_share(level, share)
    softness = rng.uniform(0.02, 0.2)
    opacity = special.expit((level - threshold) / softness)
    pattern = PATTERNS[rng.integers(len(PATTERNS))](rng, size, radius / extent, angle)
    depth = 1 + rng.uniform(0.1, 0.4) * pattern + 0.12 * smooth_noise(rng, size, 0.12)
    return Lesion(mask, opacity, np.clip(depth, 0.3, 1.7))


def _elliptic_coordinates(rng: np.random.Generator, size: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    shift = 0.45 * (1 - np.sqrt(share))
    row, column = rng.uniform(-shift, shift, 2)
    turn, aspect = rng.uniform(0, np.pi), rng.uniform(0.6, 1)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    y, x = y - row, x - column
    along = x * np.cos(turn) + y * np.sin(turn)
    across = (y * np.cos(turn) - x * np.sin(turn)) / aspect
    return np.hypot(along, across), np.arctan2(across, along)


def _homogeneous(rng: np.random.Generator, size: int, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return 0.3 * smooth_noise(rng, size, 0.2)


def _network(rng: np.random.Generator, size: int, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return ridges(rng, size, rng.uniform(0.015, 0.03))


def _globules(rng: np.random.Generator, size: int, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.tanh(3 * (smooth_noise(rng, size, rng.uniform(0.02, 0.04)) - 0.6))


def _streaks(rng: np.random.Generator, size: int, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    wobble = 1.5 * smooth_noise(rng, size, 0.05)
    return np.clip(2 * radius - 0.8, 0, 1) * np.sin(rng.integers(12, 24) * angle + wobble)


def _blotches(rng: np.random.Generator, size: int, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.tanh(1.5 * smooth_noise(rng, size, 0.08))


def _pale_centre(rng: np.random.Generator, size: int, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return 0.6 - 1.6 * np.exp(-((radius / 0.5) ** 2))


PATTERNS = (_homogeneous, _network, _globules, _streaks, _blotches, _pale_centre)
