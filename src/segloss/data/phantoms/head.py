"""A head made by computer: scalp, skull, fluid, folded cortex, white matter, nuclei, ventricles, face and neck."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from segloss.data.phantoms.space import Layers, Space, ellipsoid, tube

SKULL_MM = 7.0
SCALP_MM = 5.0
CORTEX_MM = 3.5


@dataclass(frozen=True)
class Head:
    """One head.

    Args:
        where: Places of the voxels in the head's own coordinates, whose origin lies between the ventricles.
        tissues: Share of each tissue in every voxel, shape ``(Z, Y, X)``; together 1.
        brain_mm: Depth below the surface of the brain, negative outside.
        ventricles_mm: Distance from the ventricles, negative inside.
    """

    where: Space
    tissues: dict[str, np.ndarray]
    brain_mm: np.ndarray
    ventricles_mm: np.ndarray

    @property
    def brain(self) -> np.ndarray:
        """Voxels of the brain, with the fluid in its furrows and ventricles."""
        return self.brain_mm > 0


def posed(rng: np.random.Generator, where: Space) -> Space:
    """The volume with a head of random proportions in it, held at a random angle."""
    return where.turned(rng, degrees=5, stretch=0.04).bent(rng, amount_mm=1.5, width_mm=25)


def draw_head(rng: np.random.Generator, where: Space, atrophy: float | None = None) -> Head:
    """Draw a head.

    Args:
        rng: Source of everything random.
        where: Places of the voxels in the head; the brain is about 130 mm high, 165 mm long and 132 mm wide.
        atrophy: From 0, a young brain, to 1 with wide ventricles and furrows; random by default.
    """
    atrophy = rng.uniform(0, 1) if atrophy is None else atrophy
    cerebrum, cerebellum, stem = _brain_parts(where)
    brain = brain_depth(where)
    ventricles = _ventricles(where, atrophy)
    gap = 1.5 + 2 * atrophy

    layers = Layers(where, "air")
    dura = np.maximum(brain, stem) + gap
    _outside_of_skull(layers, where, brain + gap)
    layers.paint("bone", dura + SKULL_MM + where.noise(rng, 20))
    layers.paint("marrow", 2.5 - np.abs(dura + 0.5 * SKULL_MM), special.expit(2 * where.noise(rng, 12)))
    layers.paint("fluid", dura)
    depth = _depth_below_folds(rng, where, cerebrum) - 0.5 - atrophy
    layers.paint("grey", depth)
    layers.paint("white", depth - CORTEX_MM)
    for nucleus in _nuclei(where):
        layers.paint("grey", np.minimum(nucleus, depth), 0.8)
    layers.paint("grey", cerebellum)
    layers.paint("white", np.minimum(cerebellum - 7 + 2.5 * where.noise(rng, 5), np.abs(where.left) - 3), 0.8)
    layers.paint("white", stem, 0.85)
    layers.paint("fluid", ventricles)
    layers.paint("vessel", _sinuses(where, cerebrum, gap))
    return Head(where, layers.shares, brain, -ventricles)


def brain_depth(where: Space) -> np.ndarray:
    """Depth in millimetres below the surface of the brain, its furrows filled; negative outside."""
    cerebrum, cerebellum, stem = _brain_parts(where)
    return np.maximum.reduce([cerebrum, cerebellum, np.minimum(stem, where.up + 62)])


def _brain_parts(where: Space) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels of cerebrum, cerebellum, and brain stem with spinal cord, their surfaces without folds."""
    # The brain is egg-shaped from above, and its temporal lobes hang below its base.
    narrowed = Space(where.up, where.back, where.left / (1 + 0.1 * np.tanh(where.back / 60)), where.spacing_mm)
    tentorium = 10 + 12 * (where.left / 50) ** 2 * special.expit((where.back - 10) / 10)
    upper = np.minimum(ellipsoid(narrowed, (6, 0, 0), (60, 82, 66)), where.up + tentorium)
    temporal = [ellipsoid(where, (-16, 8, left), (25, 40, 24)) for left in (-39, 39)]
    cerebrum = np.maximum.reduce([upper, *temporal])
    cerebellum = ellipsoid(where, (-34, 48, 0), (23, 27, 46))
    stem = tube(
        where, [(-5, 8, 0), (-28, 12, 0), (-50, 20, 0), (-75, 26, 0), (-150, 34, 0)], [11.0, 14.0, 10.0, 7.0, 6.0]
    )
    return cerebrum, cerebellum, stem


def _outside_of_skull(layers: Layers, where: Space, dura: np.ndarray) -> None:
    face = ellipsoid(where, (-58, -42, 0), (62, 50, 56))
    nose = ellipsoid(where, (-48, -94, 0), (16, 12, 10))
    neck = np.minimum(ellipsoid(where, (-120, 30, 0), (200, 52, 56)), -30 - where.up)
    skin = np.maximum(np.maximum(face, nose), neck)
    layers.paint("scalp", np.maximum(skin, dura + SKULL_MM + SCALP_MM))
    layers.paint("muscle", np.maximum(face, neck) - SCALP_MM)
    layers.paint("bone", np.minimum(face - 12, 8 - np.abs(where.up + 68)), 0.8)
    layers.paint("air", ellipsoid(where, (-45, -70, 0), (20, 24, 12)), 0.9)
    layers.paint("air", tube(where, [(-60, -45, 0), (-75, -20, 0), (-150, -15, 0)], [8.0, 8.0, 9.0]), 0.9)
    for left in (-31, 31):
        layers.paint("scalp", ellipsoid(where, (-24, -62, left), (17, 24, 18)))
        layers.paint("fluid", ellipsoid(where, (-24, -72, left), (12, 12, 12)))
        layers.paint("air", ellipsoid(where, (-52, -60, left), (13, 14, 12)), 0.9)


def _depth_below_folds(rng: np.random.Generator, where: Space, cerebrum: np.ndarray) -> np.ndarray:
    """Depth below the surface that follows furrows, the cleft between the hemispheres, and the lateral clefts."""
    side = np.abs(where.left)
    wave = 5.5
    furrows = wave * np.abs(where.noise(rng, wave)) + np.maximum(cerebrum - rng.uniform(11, 16), 0)
    callosum = ellipsoid(where, (2, 2, 0), (24, 42, 500))
    between = side + 3 * np.maximum(callosum, 0)
    sheet = where.up + 6 - 0.35 * where.back + 4 * where.noise(rng, 12)
    lateral = np.abs(sheet) + 2 * np.maximum(36 - side, 0) + np.maximum(np.abs(where.back + 5) - 30, 0)
    return np.minimum(np.minimum(cerebrum, furrows), np.minimum(between, lateral))


def _ventricles(where: Space, atrophy: float) -> np.ndarray:
    wide = 0.75 + 0.7 * atrophy
    levels = [
        tube(where, [(0, -2, 0), (4, 10, 0), (-6, 20, 0)], [2.0, 2.5, 1.0]),
        ellipsoid(where, (-32, 30, 0), (8, 5, 7)),
    ]
    for sign in (-1, 1):
        points = [(6, -30, 11), (15, -18, 9), (21, 2, 10), (19, 22, 15), (8, 36, 24), (10, 52, 22)]
        levels.append(tube(where, [(up, back, sign * left) for up, back, left in points], [4, 5.5, 5, 5, 5.5, 1]))
        horn = [(8, 36, 24), (-10, 24, 31), (-16, 0, 31)]
        levels.append(tube(where, [(up, back, sign * left) for up, back, left in horn], [4, 2.5, 2]))
    return np.maximum.reduce(levels) + 4 * (wide - 1)


def _nuclei(where: Space) -> list[np.ndarray]:
    levels = []
    for sign in (-1, 1):
        levels.append(ellipsoid(where, (4, 12, sign * 11), (9, 14, 9)))
        levels.append(ellipsoid(where, (3, -4, sign * 26), (9, 15, 6)))
        levels.append(tube(where, [(4, -22, sign * 14), (20, -8, sign * 18), (22, 16, sign * 21)], [6.0, 3.5, 2.0]))
    return levels


def _sinuses(where: Space, cerebrum: np.ndarray, gap: float) -> np.ndarray:
    """Large veins: along the midline below the skull, and at the tentorium."""
    along_midline = 3 - np.hypot(cerebrum + 0.5 * gap + 1, where.left)
    sagittal = np.minimum(along_midline, where.up + 4 + 0.3 * where.back)
    across = [
        tube(where, [(-12, 76, 0), (-20, 60, sign * 40), (-40, 30, sign * 52)], [4.0, 3.5, 3.5]) for sign in (-1, 1)
    ]
    return np.maximum.reduce([sagittal, *across])
