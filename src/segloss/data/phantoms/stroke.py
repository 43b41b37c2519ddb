"""A few slices of a head with a fresh stroke: CT and perfusion maps, with the exact mask of the infarct."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage, special

from segloss.data.phantoms.head import Head, draw_head, posed
from segloss.data.phantoms.lesions import one_lump
from segloss.data.phantoms.scanner import HOUNSFIELD, blend
from segloss.data.phantoms.space import Millimetres, Space
from segloss.data.phantoms.volume import VolumePhantom

CHANNELS = ("CT", "CBF", "CBV", "MTT", "Tmax")
FLOW = (0, 0, 0, 0, 0, 3, 58, 24, 130)  # of the tissues, in ml per 100 g and minute
BLOOD = (0, 0, 0, 0, 0, 0.4, 3.8, 1.9, 14)  # in ml per 100 g
PENUMBRA, CORE = {"CBF": 0.6, "CBV": 1.08, "Tmax": 6.5, "CT": -1.0}, {"CBF": 0.28, "CBV": 0.55, "Tmax": 9.0, "CT": -4.0}


def stroke_phantom(
    seed: int,
    shape: tuple[int, int, int] = (4, 56, 56),
    spacing_mm: Millimetres = (6.0, 4.0, 4.0),
    foreground_share: float = 0.03,
    contrast: float = 1.0,
) -> VolumePhantom:
    """Draw slices at the height of the ventricles, with one territory of a middle cerebral artery short of blood.

    Args:
        seed: The same seed gives the same phantom.
        shape: Z, Y, X.
        spacing_mm: Size of a voxel along Z, Y and X.
        foreground_share: Share of the volume that the infarct covers; tissue at risk around it is not labelled.
        contrast: Visibility of the stroke, infarct and tissue at risk: 0 is invisible, 1 as in a usual scan.

    Returns:
        Channels CT in Hounsfield units, CBF in ml / 100 g / min, CBV in ml / 100 g times ten, MTT and Tmax in
        seconds; label 1 is infarct.
    """
    rng = np.random.default_rng(seed)
    place = posed(rng, Space.around(shape, spacing_mm, (rng.uniform(5, 22), 0, 0)))
    head = draw_head(rng, place, atrophy=rng.uniform(0.2, 1))
    side = rng.choice([-1, 1])
    territory = _territory(rng, head, side)
    centre = (float(place.up.mean()), rng.uniform(-22, 28), side * rng.uniform(30, 44))
    tissue = (territory > 0.5) & head.brain & (head.ventricles_mm > 1)
    infarct = one_lump(rng, head.where, tissue, centre, foreground_share, 0.35, softness=0.15)
    reach = min(foreground_share * rng.uniform(1.8, 3.5), 0.85 * tissue.mean())
    at_risk = one_lump(rng, head.where, tissue, centre, max(reach, foreground_share), 0.35, softness=0.2)
    risk = contrast * np.maximum(at_risk.opacity, infarct.opacity)
    dead = contrast * infarct.opacity * (1 + 0.2 * head.where.noise(rng, 10))

    def affected(channel: str) -> np.ndarray:
        return 1 - (1 - PENUMBRA[channel]) * risk + (CORE[channel] - PENUMBRA[channel]) * dead

    flow = _perfused(rng, head, FLOW) * affected("CBF")
    volume = _perfused(rng, head, BLOOD) * affected("CBV")
    delay = 2 + 0.6 * head.where.noise(rng, 25) + _watershed(rng, head)
    delay = delay + PENUMBRA["Tmax"] * risk + (CORE["Tmax"] - PENUMBRA["Tmax"]) * dead
    maps = _measured(rng, head, flow, volume, delay)
    density = blend(head, HOUNSFIELD) + PENUMBRA["CT"] * risk + (CORE["CT"] - PENUMBRA["CT"]) * dead
    density = ndimage.gaussian_filter(density, (0, 0.4, 0.4)) + 3.5 * rng.standard_normal(shape)
    images = np.stack([np.maximum(density, -1024), *maps])
    return VolumePhantom(images.astype(np.float32), infarct.mask.astype(np.uint8), spacing_mm)


def _territory(rng: np.random.Generator, head: Head, side: int) -> np.ndarray:
    """What the artery feeds: a wedge from the lateral cleft outwards, in [0, 1]."""
    where = head.where
    angle = np.degrees(np.arctan2(where.back, side * where.left - 4)) + 6 * where.noise(rng, 15)
    inside = np.minimum(angle + rng.uniform(48, 60), rng.uniform(50, 65) - angle)
    return special.expit(inside / 3) * special.expit((side * where.left - 8) / 2)


def _watershed(rng: np.random.Generator, head: Head) -> np.ndarray:
    """Blood comes late to where two territories meet, in health too."""
    where = head.where
    angle = np.degrees(np.arctan2(where.back, np.abs(where.left)))
    border = np.exp(-(((np.abs(angle) - 55) / 7) ** 2))
    return rng.uniform(0.3, 2.5) * border * special.expit(2 * where.noise(rng, 15))


def _perfused(rng: np.random.Generator, head: Head, value: Sequence[float]) -> np.ndarray:
    return blend(head, value) * np.exp(0.12 * head.where.noise(rng, 5) + 0.12 * head.where.noise(rng, 20))


def _measured(
    rng: np.random.Generator, head: Head, flow: np.ndarray, volume: np.ndarray, delay: np.ndarray
) -> list[np.ndarray]:
    """CBF, CBV, MTT and Tmax as software computes them from a noisy series; nothing outside the brain."""
    shape = flow.shape
    flow, volume = (ndimage.gaussian_filter(part, (0, 0.6, 0.6)) for part in (flow, volume))
    flow = np.maximum(flow * np.exp(0.12 * rng.standard_normal(shape)) + rng.normal(0, 2, shape), 0)
    volume = np.maximum(volume * np.exp(0.12 * rng.standard_normal(shape)) + rng.normal(0, 0.15, shape), 0)
    # Where little blood flows, time is guessed from noise: fluid looks as slow as an infarct.
    uncertain = 0.5 + 12 / (flow + 5)
    delay = np.clip(ndimage.gaussian_filter(delay, (0, 0.6, 0.6)) + uncertain * rng.standard_normal(shape), 0, 25)
    transit = np.clip(60 * volume / (flow + 2), 0, 25)
    return [np.where(head.brain, part, 0) for part in (flow, 10 * volume, transit, delay)]
