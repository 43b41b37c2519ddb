"""A volume of two channels made by computer, for data sets in a general layout: a bent body in two parts that touch."""

import numpy as np
from scipy import ndimage

from segloss.data.phantoms.noise import ridges, smooth_noise
from segloss.data.phantoms.shapes import Coordinates, top_share, tube, unit_grid
from segloss.data.phantoms.volume import VolumePhantom

CHANNELS = ("T1", "T2")
CLASSES = ("head", "tail")
# Of the surroundings, of the two classes, and of fluid, in each channel.
BRIGHTNESS = ((55, 62, 60.5, 35), (48, 56, 46, 82))


def two_channel_phantom(
    seed: int,
    shape: tuple[int, int, int] = (24, 32, 32),
    spacing_mm: tuple[float, float, float] = (1.5, 1, 1),
    foreground_share: float = 0.05,
    contrast: float = 1.0,
) -> VolumePhantom:
    """Draw a body with labels 1 for its head and 2 for its tail, which only the second channel tells apart well.

    Args:
        seed: The same seed gives the same image.
        shape: Of the volume.
        spacing_mm: Goes into the result as it is.
        foreground_share: Share of the volume that head and tail cover together.
        contrast: Multiplies how far both differ from the tissue that would be there without them; 0 makes them
            invisible.
    """
    rng = np.random.default_rng(seed)
    points = _bent_points(rng, shape)
    path = np.array([(-0.1, -0.45, 0.2), (-0.05, -0.15, -0.05), (0.05, 0.2, -0.1), (0.15, 0.5, 0.1)])
    away = tube(points, path + rng.normal(0, 0.05, path.shape), rng.uniform(0.85, 1.15) * np.array([3, 2.5, 1.8, 1.2]))
    body = top_share(-away * np.exp(0.08 * smooth_noise(rng, shape, 0.06)), foreground_share)
    border = rng.uniform(-0.3, -0.05) + 0.2 * points[0]
    labels = np.where(body, np.where(points[1] < border, 1, 2), 0).astype(np.uint8)
    # Fluid fills clefts, and spots elsewhere may resemble the head in either channel.
    cleft, spots = ridges(rng, shape, 0.12) > 0.72, smooth_noise(rng, shape, 0.07) > 1.1
    image = np.stack([_channel(rng, units, labels, cleft, spots, contrast) for units in BRIGHTNESS])
    return VolumePhantom(image.astype(np.float32), labels, spacing_mm)


def _bent_points(rng: np.random.Generator, shape: tuple[int, int, int]) -> Coordinates:
    turn = rng.normal(0, 0.3)
    z, y, x = (axis + 0.06 * smooth_noise(rng, shape, 0.15) for axis in unit_grid(shape))
    return z, y * np.cos(turn) - x * np.sin(turn), x * np.cos(turn) + y * np.sin(turn)


def _channel(
    rng: np.random.Generator,
    brightness: tuple[float, ...],
    labels: np.ndarray,
    cleft: np.ndarray,
    spots: np.ndarray,
    contrast: float,
) -> np.ndarray:
    around, head, tail, fluid = brightness
    texture = 3 * smooth_noise(rng, labels.shape, 0.05)
    without = around + texture + rng.choice([0, 1]) * (head - around) * spots
    without[cleft] = fluid
    with_body = np.where(labels > 0, np.array([0, head, tail])[labels] + texture, without)
    uneven = np.exp(0.05 * smooth_noise(rng, labels.shape, 0.4))
    drawn = uneven * (without + contrast * (with_body - without))
    mixed = ndimage.gaussian_filter(drawn, (0.35, 0.5, 0.5))
    return np.clip(np.rint(mixed + rng.normal(0, 1.6, labels.shape)), 0, 255)
