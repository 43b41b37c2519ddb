"""CT of the abdomen made by computer: thirteen organs with their labels, or the kidneys and a tumour in one of them."""

import numpy as np
from scipy import ndimage

from segloss.data.phantoms.abdomen import ORGANS, Abdomen, draw_abdomen
from segloss.data.phantoms.noise import ridges, smooth_noise
from segloss.data.phantoms.shapes import ellipsoid, top_share
from segloss.data.phantoms.volume import VolumePhantom

# Hounsfield units with contrast agent, in the order of ORGANS: in the portal venous phase, in the late arterial one.
PORTAL = (112, 140, 140, 12, 62, 100, 52, 138, 128, 142, 92, 78, 78)
ARTERIAL = (120, 165, 165, 12, 62, 78, 48, 215, 105, 110, 98, 82, 82)
AIR = -1000
STEP = 4  # of the Hounsfield units in the image: far below the noise, and files shrink by a tenth


def abdomen_phantom(
    seed: int,
    shape: tuple[int, int, int] = (24, 96, 96),
    spacing_mm: tuple[float, float, float] = (5, 3.5, 3.5),
    foreground_share: float = 0.115,
    contrast: float = 1.0,
) -> VolumePhantom:
    """Draw a CT in the portal venous phase with the thirteen organs of the BTCV challenge.

    Args:
        seed: The same seed gives the same image.
        shape: Of the volume; the person always fits into it, whatever the spacing says.
        spacing_mm: Goes into the result as it is.
        foreground_share: Share of the volume that all organs cover together, up to about 0.2.
        contrast: Multiplies how far the organs differ from what would be there without them; 0 makes them invisible.
    """
    rng = np.random.default_rng(seed)
    abdomen = draw_abdomen(rng, shape, foreground_share)
    with_organs = _with_organs(rng, abdomen, PORTAL)
    drawn = abdomen.surroundings + contrast * (with_organs - abdomen.surroundings)
    return VolumePhantom(_scan(rng, drawn, abdomen.body), abdomen.organs, spacing_mm)


def kidney_phantom(
    seed: int,
    shape: tuple[int, int, int] = (24, 80, 80),
    spacing_mm: tuple[float, float, float] = (4, 4.2, 4.2),
    foreground_share: float = 0.004,
    contrast: float = 1.0,
) -> VolumePhantom:
    """Draw a CT in the late arterial phase with labels 1 for the kidneys and their cysts, and 2 for a tumour.

    Args:
        seed: The same seed gives the same image.
        shape: Of the volume; the person always fits into it, whatever the spacing says.
        spacing_mm: Goes into the result as it is.
        foreground_share: Share of the volume that the tumour covers.
        contrast: Multiplies how far the tumour differs from what would be there without it; 0 makes it invisible.
    """
    rng = np.random.default_rng(seed)
    abdomen = draw_abdomen(rng, shape, organ_share=rng.uniform(0.1, 0.13))
    kidneys = np.isin(abdomen.organs, [_code("right kidney"), _code("left kidney")])
    healthy = _with_organs(rng, abdomen, ARTERIAL)
    cysts = kidneys & (smooth_noise(rng, shape, (0.1, 0.04, 0.04)) > rng.uniform(1.3, 3))
    healthy[cysts] = rng.uniform(5, 25)

    tumour = _tumour(rng, abdomen, kidneys, foreground_share)
    uptake = rng.uniform(55, 130) + rng.uniform(8, 25) * smooth_noise(rng, shape, 0.04)
    necrosis = smooth_noise(rng, shape, 0.06) > rng.uniform(0.8, 2)
    diseased = np.where(tumour, np.where(necrosis, 28, uptake), healthy)
    labels = np.where(tumour, 2, kidneys).astype(np.uint8)
    return VolumePhantom(_scan(rng, healthy + contrast * (diseased - healthy), abdomen.body), labels, spacing_mm)


def _code(organ: str) -> int:
    return ORGANS.index(organ) + 1


def _with_organs(rng: np.random.Generator, abdomen: Abdomen, units: tuple[int, ...]) -> np.ndarray:
    drawn = abdomen.surroundings.copy()
    agent = rng.normal(0, 8)  # how much contrast agent arrived
    texture = 5 * smooth_noise(rng, drawn.shape, 0.04)
    for code, value in enumerate(units, start=1):
        inside = abdomen.organs == code
        drawn[inside] = value + agent * value / 100 + rng.normal(0, 5) + texture[inside]
    kidneys = np.isin(abdomen.organs, [_code("right kidney"), _code("left kidney")])
    drawn[kidneys] += 15 * ridges(rng, drawn.shape, 0.03)[kidneys]
    _fill_stomach(rng, drawn, abdomen)
    return drawn


def _fill_stomach(rng: np.random.Generator, drawn: np.ndarray, abdomen: Abdomen) -> None:
    """Put food, water or contrast agent into it, and gas that rises to the front."""
    content = rng.choice([15, 35, 90]) + 10 * smooth_noise(rng, drawn.shape, 0.03)
    gas, front = rng.uniform(0, 0.35), abdomen.points[1]
    lumen = ndimage.binary_erosion(abdomen.organs == _code("stomach"), iterations=2)
    drawn[lumen] = content[lumen]
    if lumen.any():
        drawn[lumen & (front < np.quantile(front[lumen], gas))] = -850


def _tumour(rng: np.random.Generator, abdomen: Abdomen, kidneys: np.ndarray, share: float) -> np.ndarray:
    """A lump that bulges out of one of the kidneys, or hides in it."""
    rim = kidneys & ~ndimage.binary_erosion(kidneys)
    centre = [axis[rim][rng.integers(rim.sum())] for axis in abdomen.points]
    away = ellipsoid(abdomen.points, centre, rng.uniform(0.8, 1.25, 3))
    bumps = 0.15 * smooth_noise(rng, kidneys.shape, 0.06)
    level = bumps - np.log(away + 1)
    other_organs = (abdomen.organs > 0) & ~kidneys
    forbidden = ~abdomen.cavity | other_organs
    return top_share(np.where(forbidden, -np.inf, level), share)


def _scan(rng: np.random.Generator, drawn: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Partial volume, and the noise of the reconstruction; the air outside holds none, as scanners cut it off."""
    blurred = ndimage.gaussian_filter(drawn, (0.35, 0.6, 0.6))
    noise = ndimage.gaussian_filter(rng.standard_normal(drawn.shape), (0, 0.55, 0.55))
    noisy = blurred + rng.uniform(15, 25) * noise / noise.std()
    near_body = ndimage.binary_dilation(body, iterations=1)
    rounded = STEP * np.rint(np.maximum(noisy, AIR) / STEP)
    return np.where(near_body, rounded, AIR).astype(np.float32)[None]
