"""A whole head in T1 with the exact mask of its brain."""

import numpy as np

from segloss.data.phantoms.head import brain_depth, draw_head, posed
from segloss.data.phantoms.scanner import magnetic_resonance, received
from segloss.data.phantoms.space import Millimetres, Space
from segloss.data.phantoms.volume import VolumePhantom


def brain_extraction_phantom(
    seed: int,
    shape: tuple[int, int, int] = (48, 56, 48),
    spacing_mm: Millimetres = (4.0, 4.0, 4.0),
    foreground_share: float = 0.15,
    contrast: float = 1.0,
    noise: float = 0.03,
) -> VolumePhantom:
    """Draw a head with face and neck.

    Args:
        seed: The same seed gives the same phantom.
        shape: Z, Y, X.
        spacing_mm: Size of a voxel along Z, Y and X.
        foreground_share: Share of the volume that the brain covers; the head is made larger or smaller to fit.
        contrast: Of tissues inside the head: at 0 they all look the same, and the brain cannot be told from the rest.
        noise: Of the scanner, as a share of the brightness of white matter.

    Returns:
        Channel T1; label 1 is brain, with the fluid in its furrows and ventricles.
    """
    rng = np.random.default_rng(seed)
    place = posed(rng, Space.around(shape, spacing_mm, (-12, -2, 0)))
    head = draw_head(rng, place.scaled(_size(place, foreground_share)))
    image = magnetic_resonance(rng, head, "t1")
    tissue = 1 - head.tissues["air"]
    uniform = (image * tissue).sum() / tissue.sum() * tissue
    image = received(rng, np.maximum(uniform + contrast * (image - uniform), 0), head, noise)
    return VolumePhantom(image[None].astype(np.float32), head.brain.astype(np.uint8), spacing_mm)


def _size(place: Space, foreground_share: float) -> float:
    """How much larger than usual a head must be for its brain to cover the share."""
    size = 1.0
    for _ in range(6):
        covered = (brain_depth(place.scaled(size)) > 0).mean()
        size *= (foreground_share / covered) ** (1 / 3)
    return float(size)
