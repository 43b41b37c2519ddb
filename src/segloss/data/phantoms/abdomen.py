"""Anatomy of an upper abdomen: thirteen organs of very different size, and everything that lies around them.

Lengths are millimetres of a reference person whose trunk is 300 wide, 210 deep and 120 high, measured from its middle;
every seed stretches, bends and shifts that person in its own way.
"""

from dataclasses import dataclass

import numpy as np

from segloss.data.phantoms.noise import smooth_noise
from segloss.data.phantoms.shapes import Coordinates, ellipsoid, top_share, tube, unit_grid

# In the order of their codes 1 to 13 in the data set of the BTCV challenge.
ORGANS = (
    "spleen",
    "right kidney",
    "left kidney",
    "gallbladder",
    "oesophagus",
    "liver",
    "stomach",
    "aorta",
    "inferior vena cava",
    "portal and splenic vein",
    "pancreas",
    "right adrenal gland",
    "left adrenal gland",
)
# Centre and radii (superior, posterior, left), and a turn in the axial plane.
SOLIDS: dict[str, tuple[tuple[tuple[float, ...], tuple[float, ...], float], ...]] = {
    "liver": (((16, 0, -78), (60, 74, 56), 0.2), ((28, -44, -14), (34, 30, 60), 0.1)),
    "stomach": (
        ((30, -6, 60), (30, 40, 34), -0.4),
        ((0, -46, 42), (30, 26, 36), 0.3),
        ((-14, -50, 4), (14, 16, 28), 0),
    ),
    "spleen": (((22, 36, 100), (46, 50, 25), -0.35),),
    "right kidney": (((-26, 42, -64), (40, 27, 21), 0.6),),
    "left kidney": (((-16, 42, 66), (40, 27, 21), -0.6),),
    "gallbladder": (((-18, -46, -50), (22, 19, 13), 0.4),),
}
# Points of the path (superior, posterior, left), and the radius at each.
TUBES: dict[str, tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]] = {
    "pancreas": (
        ((-32, -8, -34), (-16, -14, -24), (-4, -24, 2), (2, -18, 32), (10, 4, 68)),
        (13, 13, 9, 10, 8),
    ),
    "portal and splenic vein": (
        ((28, -12, -54), (8, -6, -26), (2, -8, 2), (8, 4, 40), (16, 16, 78)),
        (7, 7, 6, 5, 5),
    ),
    "inferior vena cava": (((-60, 20, -22), (0, 15, -26), (60, 0, -30)), (11, 12, 13)),
    "aorta": (((-60, 17, 7), (60, 22, 11)), (9, 12)),
    "oesophagus": (((60, 4, 15), (36, -6, 28)), (9, 8)),
    "right adrenal gland": (((12, 36, -46), (16, 20, -33), (10, 35, -30)), (3, 3.5, 3)),
    "left adrenal gland": (((2, 30, 47), (10, 14, 35), (6, 33, 34)), (3, 3.5, 3)),
}
# Where two organs claim a voxel, the later one has it.
PAINTED = ("liver", "stomach", "spleen", "right kidney", "left kidney", "gallbladder", *TUBES)

HOUNSFIELD = {
    "air": -1000,
    "lung": -820,
    "fat": -100,
    "muscle": 58,
    "marrow": 190,
    "cortex": 520,
    "bowel": 48,
    "gas": -700,
}


@dataclass(frozen=True)
class Abdomen:
    """One person.

    Args:
        surroundings: Hounsfield units of everything but the organs, as if they were not there.
        organs: Code of the organ in each voxel, 0 for none.
        body: Where the person is.
        cavity: Where organs may lie.
        points: Coordinates in millimetres of the reference person.
    """

    surroundings: np.ndarray
    organs: np.ndarray
    body: np.ndarray
    cavity: np.ndarray
    points: Coordinates


def draw_abdomen(rng: np.random.Generator, shape: tuple[int, int, int], organ_share: float) -> Abdomen:
    """Draw a person whose organs fill this share of the volume together."""
    points, trunk = _bent_points(rng, shape)
    fat = rng.uniform(1.06, 1.25)
    body, cavity = trunk < fat, trunk < 0.92
    lung = _lung(points, trunk) & cavity
    surroundings = _surroundings(rng, points, trunk, body, lung)
    bone = _spine(points)
    cavity = cavity & ~lung & (bone > 1)
    organs = _organs(rng, points, cavity, organ_share)
    return Abdomen(surroundings, organs, body, cavity, points)


def _bent_points(rng: np.random.Generator, shape: tuple[int, int, int]) -> tuple[Coordinates, np.ndarray]:
    """Coordinates of the reference person, and the distance from the trunk's axis: 1 where the muscles end."""
    z, y, x = unit_grid(shape)
    # Wide enough that even a thick layer of fat stays inside the field of view.
    width, depth = 200 * rng.uniform(0.93, 1.03), 200 * rng.uniform(0.8, 0.96)
    bend = [rng.uniform(2, 4) * smooth_noise(rng, shape, (0.3, 0.2, 0.2)) for _ in range(3)]
    points = (60 * z + bend[0], depth * y + bend[1] + rng.normal(0, 3), width * x + bend[2] + rng.normal(0, 3))
    return points, ellipsoid(points[1:], (0, 0), (105, 150), power=2.3)


def _organs(rng: np.random.Generator, points: Coordinates, cavity: np.ndarray, organ_share: float) -> np.ndarray:
    away = {}
    for name in PAINTED:
        shift = rng.normal(0, (4, 3, 3))
        moved = tuple(axis - by for axis, by in zip(points, shift, strict=True))
        wobble = np.exp(0.06 * smooth_noise(rng, cavity.shape, 0.05) + rng.normal(0, 0.06))
        away[name] = wobble * _away(name, moved)
    nearest = np.where(cavity, np.minimum.reduce(list(away.values())), np.inf)
    inside = top_share(-nearest, organ_share)
    size = np.max(nearest, where=inside, initial=0)
    organs = np.zeros(cavity.shape, dtype=np.uint8)
    for name in PAINTED:
        organs[inside & (away[name] <= size)] = ORGANS.index(name) + 1
    return organs


def _away(name: str, points: Coordinates) -> np.ndarray:
    if name in TUBES:
        return tube(points, *TUBES[name])
    away = np.minimum.reduce([ellipsoid(points, *solid) for solid in SOLIDS[name]])
    if name.endswith("kidney"):
        # The fat of the renal sinus, open to the spine.
        (z, y, x), side = SOLIDS[name][0][0], np.sign(SOLIDS[name][0][0][2])
        sinus = ellipsoid(points, (z, y - 8, x - 13 * side), (14, 9, 13), -0.6 * side)
        away = np.maximum(away, 1.6 - 0.6 * sinus)
    return away


def _lung(points: Coordinates, trunk: np.ndarray) -> np.ndarray:
    """Above the domes of the diaphragm, and deep behind them in the recesses at the side and back."""
    z, y, _ = points
    recess = 62 * np.clip((trunk - 0.72) / 0.2, 0, 1) * np.clip((y + 70) / 60, 0, 1)
    return z > 66 - recess


def _spine(points: Coordinates) -> np.ndarray:
    z, y, x = points
    body = ellipsoid((y, x), (44, 0), (19, 23))
    arch = np.minimum(ellipsoid((y, x), (82, 0), (18, 5)), ellipsoid((y, x), (66, 0), (5, 34)))
    return np.minimum(body, arch + 0.25 * (np.cos(2 * np.pi * z / 38) > 0.3))


def _surroundings(
    rng: np.random.Generator, points: Coordinates, trunk: np.ndarray, body: np.ndarray, lung: np.ndarray
) -> np.ndarray:
    z, y, x = points
    units = np.full(trunk.shape, float(HOUNSFIELD["air"]))
    units[body] = HOUNSFIELD["fat"]
    units[body & (trunk > 0.92) & (trunk < 1)] = HOUNSFIELD["muscle"]
    # Loops of bowel fill the front of the cavity and look like any soft tissue.
    loops = smooth_noise(rng, trunk.shape, (0.1, 0.045, 0.045))
    bowel = (loops > -0.35) & (trunk < 0.88) & (y < 20 - 0.3 * np.abs(x)) & (z < 35)
    units[bowel] = HOUNSFIELD["bowel"] + 18 * smooth_noise(rng, trunk.shape, 0.06)[bowel]
    units[bowel & (loops > 1.9)] = HOUNSFIELD["gas"]
    for side in (-1, 1):
        psoas = ellipsoid((y, x), (46, 37 * side), (17, 13)) * (1 + 0.01 * np.maximum(z, 0))
        back = ellipsoid((y, x), (82, 34 * side), (14, 27))
        crus = ellipsoid((z, y, x), (50, 28, 19 * side), (60, 16, 5))
        units[body & (np.minimum.reduce([psoas, back, crus]) < 1)] = HOUNSFIELD["muscle"]
    units[lung] = HOUNSFIELD["lung"]
    _draw_bones(units, points, trunk)
    return units


def _draw_bones(units: np.ndarray, points: Coordinates, trunk: np.ndarray) -> None:
    z, y, x = points
    spine, canal = _spine(points), ellipsoid((y, x), (68, 0), (8, 9))
    units[spine < 1] = HOUNSFIELD["cortex"]
    units[spine < 0.85] = HOUNSFIELD["marrow"]
    units[canal < 1] = 35
    # Ribs fall towards the front, so that an axial slice cuts each of them obliquely.
    along = np.abs(np.mod((z - 0.45 * y) / 34, 1) - 0.5)
    away = np.hypot((trunk - 0.95) / 0.04, along / 0.2)
    reach = (z > -15 - 0.4 * y) & (np.abs(x) > 40) & (y > -85)
    units[reach & (away < 1)] = HOUNSFIELD["cortex"]
    units[reach & (away < 0.5)] = HOUNSFIELD["marrow"]
