"""A breast ultrasound made by computer: speckle from layered tissue, a lesion, and what sound does behind it."""

import numpy as np
from scipy import ndimage, special

from segloss.data.phantoms.noise import ridges, smooth_noise
from segloss.data.phantoms.shapes import Coordinates, ellipsoid, part_of_share, unit_grid

# How strongly tissue scatters, in decibels relative to glandular tissue.
SCATTER = {"gel": -12.0, "skin": 4.0, "fat": -13.0, "septum": 2.0, "gland": 0.0, "muscle": -10.0, "rib": -6.0}
DYNAMIC_RANGE = 50.0


def ultrasound_phantom(
    seed: int, shape: tuple[int, int] = (128, 150), foreground_share: float = 0.07, contrast: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one image, depth downwards, and the mask of its lesion.

    Args:
        seed: The same seed gives the same image.
        shape: Height and width in pixels.
        foreground_share: Share of the image that the lesion covers.
        contrast: Multiplies how many decibels the lesion, its rim and its shadow differ from the tissue around them;
            0 makes them invisible.

    Returns:
        Image as uint8 and mask as bool, both of this shape.
    """
    rng = np.random.default_rng(seed)
    points = unit_grid(shape)
    tissue = _tissue(rng, points)
    mask, lesion = _lesion(rng, points, foreground_share)
    decibels = tissue + contrast * lesion + _elsewhere(rng, points)
    return _display(_speckle(rng, decibels)), mask


def _tissue(rng: np.random.Generator, points: Coordinates) -> np.ndarray:
    """Gel, skin, fat crossed by bright septa, gland, muscle with its fibres, and ribs that swallow all sound."""
    depth = points[0]
    shape = depth.shape
    wave = 0.12 * smooth_noise(rng, shape, 0.2)
    gland_at, muscle_at = rng.uniform(-0.75, -0.35) + wave, rng.uniform(0.45, 0.8) + wave / 2
    fat = SCATTER["fat"] + (SCATTER["septum"] - SCATTER["fat"]) * special.expit(8 * (ridges(rng, shape, 0.07) - 0.7))
    gland = SCATTER["gland"] + 4 * smooth_noise(rng, shape, (0.03, 0.07))
    # Lobules of fat within the gland are dark and rounded, as lesions are.
    lobules = special.expit(7 * (smooth_noise(rng, shape, (0.07, 0.09)) - rng.uniform(0.7, 1.5)))
    gland = gland + lobules * (SCATTER["fat"] - SCATTER["gland"])
    fibres = smooth_noise(rng, shape, (0.01, 0.15))
    muscle = SCATTER["muscle"] + 5 * fibres
    tissue = np.where(depth < gland_at, fat, np.where(depth < muscle_at, gland, muscle))
    fascia = np.exp(-(((depth - muscle_at) / 0.025) ** 2))
    tissue = tissue + fascia * (SCATTER["septum"] + 3 - tissue)
    skin_at = -0.93 + 0.01 * smooth_noise(rng, shape, (0.3, 0.3))
    tissue = np.where(np.abs(depth - skin_at) < 0.04, SCATTER["skin"], tissue)
    tissue = np.where(depth < skin_at - 0.04, SCATTER["gel"], tissue)
    # What is deep comes back fainter than the amplifier makes up for, at a rate that differs from image to image.
    return _with_ribs(rng, tissue, points, muscle_at) - rng.uniform(1, 7) * (depth + 1)


def _with_ribs(rng: np.random.Generator, tissue: np.ndarray, points: Coordinates, muscle_at: np.ndarray) -> np.ndarray:
    depth, across = points
    place = across - rng.uniform(-0.8, 0.8)
    top = muscle_at + 0.25 + 0.4 * place**2
    beneath = np.abs(place) < 0.35
    surface = beneath & (np.abs(depth - top) < 0.03)
    return np.where(surface, 3.0, np.where(beneath & (depth > top), tissue - 18, tissue))


def _lesion(rng: np.random.Generator, points: Coordinates, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Its mask, and the decibels that it adds to the tissue in it and behind it."""
    depth = points[0]
    shape = depth.shape
    malignant = rng.random() < 0.4
    extent = np.sqrt(share)
    aspect = rng.uniform(0.75, 1.2) if malignant else rng.uniform(1.3, 2)  # wider than tall is a good sign
    centre = (rng.uniform(-0.35, 0.3) * (1 - extent), rng.uniform(-0.6, 0.6) * (1 - extent))
    away = ellipsoid(points, centre, (1, shape[0] / shape[1] * aspect), rng.normal(0, 0.25))
    noise = smooth_noise(rng, shape, 0.2 * extent) + 0.5 * smooth_noise(rng, shape, 0.07 * extent)
    level = rng.uniform(*((0.12, 0.2) if malignant else (0.03, 0.07))) * noise - np.log(away + 0.02)
    mask, threshold = part_of_share(level, share)
    inside = special.expit((level - threshold) / rng.uniform(0.04, 0.15 if malignant else 0.08))
    darkness = rng.uniform(10, 18) + rng.uniform(0.5, 2) * smooth_noise(rng, shape, 0.25 * extent)
    rim = rng.uniform(0, 4) * np.exp(-(((level - threshold + 0.1) / 0.08) ** 2))
    # How far sound has travelled through the lesion, relative to its height.
    way = np.cumsum(mask, axis=0) / max(mask.sum(0).max(), 1)
    behind = ndimage.gaussian_filter1d(way * ~mask, 0.02 * shape[1], axis=1) * np.exp(-np.maximum(depth, 0))
    change = -rng.uniform(6, 18) if malignant else rng.uniform(-2, 8)
    return mask, rim - darkness * inside + change * behind


def _elsewhere(rng: np.random.Generator, points: Coordinates) -> np.ndarray:
    """Shadows of ligaments and poor contact, and dark spots that are no lesion."""
    depth, across = points
    added = np.zeros(depth.shape)
    for _ in range(rng.poisson(1.5)):
        column, width, start = rng.uniform(-1, 1), rng.uniform(0.03, 0.12), rng.uniform(-0.9, 0)
        edge = np.exp(-(((across - column) / width) ** 2))
        added -= rng.uniform(3, 9) * edge * special.expit((depth - start) / 0.05)
    for _ in range(rng.poisson(1.0)):
        centre, radius = (rng.uniform(-0.5, 0.5), rng.uniform(-0.9, 0.9)), rng.uniform(0.06, 0.15)
        away = ellipsoid(points, centre, (radius, radius * rng.uniform(1, 2))) + 0.2 * smooth_noise(
            rng, depth.shape, 0.04
        )
        added -= rng.uniform(5, 10) * special.expit((1 - away) / 0.15)
    return added


def _speckle(rng: np.random.Generator, decibels: np.ndarray) -> np.ndarray:
    """Amplitude of the echo: random scatterers seen through a pulse that is short in depth and wide across.

    Its amplitude follows a Rayleigh distribution where the tissue is even. The pulse widens with depth, as beams do.
    """
    scatterers = 10 ** (decibels / 20) * (
        rng.standard_normal(decibels.shape) + 1j * rng.standard_normal(decibels.shape)
    )
    deep = np.linspace(0, 1, decibels.shape[0])[:, None]
    near, far = (_pulsed(scatterers, width) for width in (1.0, 1.9))
    return np.abs(np.sqrt(1 - deep) * near + np.sqrt(deep) * far)


def _pulsed(scatterers: np.ndarray, width: float) -> np.ndarray:
    echo = ndimage.gaussian_filter(scatterers, (0.6, width))
    return echo * np.sqrt(4 * np.pi * 0.6 * width)  # the filter weakens uncorrelated scatterers by this


def _display(echo: np.ndarray) -> np.ndarray:
    """Logarithmic compression to grey levels, as every scanner does before it shows or stores an image."""
    decibels = 20 * np.log10(echo / np.quantile(echo, 0.995) + 1e-6)
    # Scan conversion interpolates, which fills the finest black dots.
    decibels = ndimage.gaussian_filter(np.maximum(decibels, -DYNAMIC_RANGE), 0.45)
    return np.round(255 * np.clip(1 + decibels / DYNAMIC_RANGE, 0, 1)).astype(np.uint8)
