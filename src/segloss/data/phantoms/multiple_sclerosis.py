"""A brain with multiple sclerosis, in five modalities, with its exact lesion mask."""

import numpy as np

from segloss.data.phantoms.head import draw_head, posed
from segloss.data.phantoms.lesions import scattered
from segloss.data.phantoms.scanner import magnetic_resonance, received
from segloss.data.phantoms.space import Millimetres, Space
from segloss.data.phantoms.volume import VolumePhantom

CHANNELS = ("flair", "t1", "t2", "dp", "t1ce")
LESION = {"flair": 0.35, "t1": -0.28, "t2": 0.45, "dp": 0.2, "t1ce": -0.2}
ENHANCEMENT = 0.6


def multiple_sclerosis_phantom(
    seed: int,
    shape: tuple[int, int, int] = (24, 72, 64),
    spacing_mm: Millimetres = (5.5, 2.5, 2.5),
    foreground_share: float = 0.005,
    contrast: float = 1.0,
    pieces: int = 30,
    noise: float = 0.035,
) -> VolumePhantom:
    """Draw a skull-stripped brain with lesions around the ventricles and in white matter.

    Args:
        seed: The same seed gives the same phantom.
        shape: Z, Y, X.
        spacing_mm: Size of a voxel along Z, Y and X.
        foreground_share: Share of the volume that all lesions cover together.
        contrast: Visibility of the lesions: 0 is invisible, 1 as in a usual scan.
        pieces: Number of lesions; some may grow together.
        noise: Of the scanner, as a share of the brightness of white matter in T1.

    Returns:
        Channels FLAIR, T1, T2, proton density and T1 after gadolinium; label 1 is lesion.

    Example:
        >>> phantom = multiple_sclerosis_phantom(seed=1, foreground_share=0.01)
        >>> phantom.images.shape, round(float(phantom.labels.mean()), 3)
        ((5, 24, 72, 64), 0.01)
    """
    rng = np.random.default_rng(seed)
    head = draw_head(rng, posed(rng, Space.around(shape, spacing_mm, (-2, 0, 0))), atrophy=rng.uniform(0.1, 0.7))
    # Lesions lie around the ventricles above all, fewer below the cortex.
    near = 0.04 + np.exp(-np.maximum(head.ventricles_mm, 0) / 6)
    white = (head.tissues["white"] > 0.6) & (head.brain_mm > 4) & (np.abs(head.where.left) > 3)
    likely = np.where(white, near, 0)
    lesions = scattered(rng, head.where, likely, foreground_share, pieces)
    strength = 1 + 0.25 * head.where.noise(rng, 6)
    # A few lesions are active: they take up the contrast agent.
    active = ENHANCEMENT * np.clip(head.where.noise(rng, 8) - 1.2, 0, 1)
    images = []
    for channel in CHANNELS:
        change = LESION[channel] * strength + (active if channel == "t1ce" else 0)
        image = magnetic_resonance(rng, head, channel) + contrast * change * lesions.opacity
        images.append(received(rng, np.maximum(image, 0), head, noise) * head.brain)
    return VolumePhantom(np.stack(images).astype(np.float32), lesions.mask.astype(np.uint8), spacing_mm)
