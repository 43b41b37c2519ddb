"""Cine MR of the heart in short-axis slices, made by computer: two cavities and the muscle between, in two phases.

Lengths are millimetres of a reference chest that is 144 deep, 160 wide and 80 high, measured from its middle.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import ndimage, special

from segloss.data.phantoms.noise import smooth_noise
from segloss.data.phantoms.shapes import Coordinates, ellipsoid, unit_grid
from segloss.data.phantoms.volume import VolumePhantom

CLASSES = ("right ventricle", "myocardium", "left ventricle")
Phase = Literal["end-diastole", "end-systole"]
PHASES: tuple[Phase, Phase] = ("end-diastole", "end-systole")
BRIGHTNESS = {"lung": 6, "liver": 33, "chest": 28, "fat": 72, "tissue": 36, "muscle": 32, "blood": 64}


@dataclass(frozen=True)
class Build:
    """A heart at end-diastole, and how it contracts.

    Args:
        left: Radius of the left ventricle at its base.
        wall: Thickness of its muscle.
        right: Size of the right ventricle, 1 is normal.
        shortening: By which share the radius of the left ventricle shrinks until end-systole.
        scar: How much a part of the muscle is thinned and does not move, in [0, 1].
        length: Of the left ventricle.
        base: Height of the valves.
    """

    left: float = 25
    wall: float = 9
    right: float = 1.0
    shortening: float = 0.34
    scar: float = 0
    length: float = 56
    base: float = 29


# Normal, dilated and hypertrophic cardiomyopathy, infarction, and an abnormal right ventricle.
BUILDS = {
    "NOR": Build(),
    "DCM": Build(left=34, wall=8, shortening=0.13),
    "HCM": Build(left=21, wall=14, shortening=0.42),
    "MINF": Build(left=28, wall=9, shortening=0.24, scar=0.8),
    "RV": Build(left=22, right=1.3, shortening=0.28),
}


def heart_phantom(
    seed: int,
    phase: Phase = "end-diastole",
    group: str = "NOR",
    shape: tuple[int, int, int] = (8, 72, 80),
    spacing_mm: tuple[float, float, float] = (10, 2, 2),
    foreground_share: float = 0.1,
    contrast: float = 1.0,
) -> VolumePhantom:
    """Draw a heart with labels 1 for the right ventricle, 2 for the myocardium and 3 for the left ventricle.

    Args:
        seed: The same seed gives the same heart, also in the other phase.
        phase: When it is largest or when it is smallest.
        group: A key of ``BUILDS``.
        shape: Of the volume; slices above the valves and below the apex stay empty.
        spacing_mm: Goes into the result as it is.
        foreground_share: Share of the volume that the three structures cover together at end-diastole.
        contrast: Multiplies how far the heart differs from the tissue that would be there without it; 0 makes it
            invisible.
    """
    rng = np.random.default_rng(seed)
    build = _varied(rng, BUILDS[group])
    chest = _bent_points(rng, shape)
    heart = _heart_points(rng, chest)
    scar_at = rng.uniform(-np.pi, np.pi)
    zoom = _zoom(heart, build, scar_at, foreground_share)
    if phase == "end-systole":
        build = _contracted(build)
    heart = (heart[0], heart[1] / zoom, heart[2] / zoom)
    labels = _structures(heart, build, scar_at)
    surroundings = _surroundings(rng, chest)
    with_heart = _with_heart(rng, surroundings, labels, heart, build)
    uneven = np.exp(0.2 * smooth_noise(rng, shape, (0.5, 0.3, 0.3)) - 0.004 * chest[1])
    drawn = uneven * (surroundings + contrast * (with_heart - surroundings))
    # The noise of one moment is not that of another.
    noise_of_phase = np.random.default_rng([seed, PHASES.index(phase)])
    return VolumePhantom(_scan(noise_of_phase, drawn), labels, spacing_mm)


def _varied(rng: np.random.Generator, build: Build) -> Build:
    return replace(
        build,
        left=build.left * rng.uniform(0.9, 1.1),
        wall=build.wall * rng.uniform(0.9, 1.1),
        right=build.right * rng.uniform(0.9, 1.1),
        shortening=build.shortening * rng.uniform(0.85, 1.15),
        length=build.length * rng.uniform(0.9, 1.0),
    )


def _contracted(build: Build) -> Build:
    """At end-systole the valves have come down, and the muscle has thickened so that its area stays the same."""
    left = build.left * (1 - build.shortening)
    wall = np.sqrt(left**2 + (build.left + build.wall) ** 2 - build.left**2) - left
    lowered = 0.4 * build.shortening * build.length
    return replace(
        build,
        left=left,
        wall=wall,
        right=build.right * (1 - 0.8 * build.shortening),
        length=build.length - lowered,
        base=build.base - lowered,
        # What was still thins while the rest thickens.
        scar=build.scar * 1.3,
    )


def _bent_points(rng: np.random.Generator, shape: tuple[int, int, int]) -> Coordinates:
    z, y, x = unit_grid(shape)
    bend = [rng.uniform(1, 2) * smooth_noise(rng, shape, (0.4, 0.12, 0.12)) for _ in range(2)]
    return 40 * z, 72 * y + bend[0], 80 * x + bend[1]


def _heart_points(rng: np.random.Generator, chest: Coordinates) -> Coordinates:
    """Coordinates around the long axis of the left ventricle, the right ventricle on the side of negative x."""
    z, y, x = chest
    tilt = rng.normal(0, 0.08, 2)
    y, x = y - rng.uniform(0, 12) - tilt[0] * z, x - rng.uniform(10, 22) - tilt[1] * z
    turn = rng.uniform(-0.1, 0.6)
    return z, y * np.cos(turn) - x * np.sin(turn), x * np.cos(turn) + y * np.sin(turn)


def _zoom(heart: Coordinates, build: Build, scar_at: float, share: float) -> float:
    """Enlargement within the slices that gives the heart this share; across them it would jump from slice to slice."""
    low, high = 0.0, 4.0
    for _ in range(20):
        zoom = (low + high) / 2
        z, y, x = heart
        covered = (_structures((z, y / zoom, x / zoom), build, scar_at) > 0).mean()
        low, high = (low, zoom) if covered > share else (zoom, high)
    return high


def _structures(heart: Coordinates, build: Build, scar_at: float) -> np.ndarray:
    z, y, x = heart
    angle = np.arctan2(y, x)
    scar = build.scar * np.exp(2.5 * (np.cos(angle - scar_at) - 1))
    left = build.left
    outer = left + build.wall * (1 - 0.5 * scar)
    below_valves = z <= build.base
    cavity = ellipsoid(heart, (build.base, 0, 0), (build.length, left, left))
    muscle = ellipsoid(heart, (build.base, 0, 0), (build.length + build.wall, outer, outer))
    beside = -0.8 * (build.left + build.wall)
    right = ellipsoid(
        heart, (build.base, -4, beside), (0.85 * build.length, 37 * build.right, 36 * build.right), power=2.2
    )
    labels = np.zeros(z.shape, dtype=np.uint8)
    labels[below_valves & (right < 1)] = 1
    labels[below_valves & (muscle < 1)] = 2
    labels[below_valves & (cavity < 1)] = 3
    return labels


def _surroundings(rng: np.random.Generator, chest: Coordinates) -> np.ndarray:
    """Lung, the tissue between the lungs with its fat, the chest wall, the liver and the aorta."""
    z, y, x = chest
    drawn = np.full(z.shape, float(BRIGHTNESS["lung"]))
    between = ellipsoid(chest[1:], (2, 0), (52, 62)) * np.exp(0.08 * smooth_noise(rng, z.shape, 0.1))
    drawn[between < 1] = BRIGHTNESS["tissue"]
    fat = special.expit(6 * (smooth_noise(rng, z.shape, (0.2, 0.05, 0.05)) - 0.9 + 0.8 * np.abs(between - 0.95)))
    drawn += (between < 1.05) * fat * (BRIGHTNESS["fat"] - drawn)
    wall = y + 0.0035 * x**2 + rng.uniform(44, 52)
    drawn[wall < 0] = BRIGHTNESS["chest"]
    drawn[wall < -9] = BRIGHTNESS["fat"]
    dome = y - 0.5 * z - 0.15 * (x + 30) - rng.uniform(38, 46) + 0.008 * (x + 35) ** 2
    drawn[dome > 0] = BRIGHTNESS["liver"]
    aorta = ellipsoid(chest[1:], (rng.uniform(52, 58), rng.uniform(30, 42)), (10, 10))
    drawn[aorta < 1] = BRIGHTNESS["blood"]
    return drawn * (1 + 0.08 * smooth_noise(rng, z.shape, (0.1, 0.02, 0.02)))


def _with_heart(
    rng: np.random.Generator, surroundings: np.ndarray, labels: np.ndarray, heart: Coordinates, build: Build
) -> np.ndarray:
    z, y, x = heart
    drawn = surroundings.copy()
    flow = BRIGHTNESS["blood"] * (1 + 0.1 * smooth_noise(rng, z.shape, (0.3, 0.08, 0.08)))
    # The free wall of the right ventricle is muscle too, too thin to be labelled.
    drawn[ndimage.binary_dilation(labels > 0, iterations=1) | (labels == 2)] = BRIGHTNESS["muscle"]
    # The atria and the outlets lie above the valves; nobody labels them, and they look like ventricles.
    left_atrium = ellipsoid((y, x), (6, 4), (21, 25))
    right_atrium = ellipsoid((y, x), (-2, -38), (24, 22))
    above = (z > build.base) & (np.minimum(left_atrium, right_atrium) < 1)
    cavities = (labels == 1) | (labels == 3) | above
    drawn[cavities] = flow[cavities]
    beams = (labels == 1) & (smooth_noise(rng, z.shape, (0.1, 0.03, 0.03)) > 0.9)
    drawn[beams] = 0.5 * (drawn[beams] + BRIGHTNESS["muscle"])
    for angle in rng.normal((0.9, 2.6), 0.25):
        away = 0.6 * build.left
        papillary = ellipsoid((y, x), (away * np.sin(angle), away * np.cos(angle)), (4.5, 4.5))
        drawn[(labels == 3) & (papillary < 1) & (z < build.base - 10)] = BRIGHTNESS["muscle"] * 1.1
    return drawn


def _scan(rng: np.random.Generator, drawn: np.ndarray) -> np.ndarray:
    """A thick slice mixes what lies above each other; noise is Rician, as the magnitude of two channels."""
    mixed = ndimage.gaussian_filter(drawn, (0.3, 0.7, 0.7))
    real, imaginary = rng.uniform(2.4, 4) * rng.standard_normal((2, *drawn.shape))
    return np.rint(np.hypot(mixed + real, imaginary)).astype(np.float32)[None]
