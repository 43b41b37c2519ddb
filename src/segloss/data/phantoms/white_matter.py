"""An old person's head with white matter hyperintensities, in FLAIR and T1, with their exact mask."""

from dataclasses import dataclass

import numpy as np

from segloss.data.phantoms.head import Head, draw_head, posed
from segloss.data.phantoms.lesions import Lesions, one_lump, scattered
from segloss.data.phantoms.scanner import magnetic_resonance, received
from segloss.data.phantoms.space import Millimetres, Space
from segloss.data.phantoms.volume import VolumePhantom


@dataclass(frozen=True)
class Scanner:
    """What differs between hospitals.

    Args:
        visibility: Of lesions in FLAIR and in T1.
        noise: As a share of the brightness of white matter in T1.
        bias: How uneven the brightness is.
        unlike: How much tissues differ from the usual brightness.
    """

    visibility: tuple[float, float] = (0.3, -0.18)
    noise: float = 0.03
    bias: float = 0.1
    unlike: float = 0.03


def white_matter_phantom(
    seed: int,
    shape: tuple[int, int, int] = (16, 64, 64),
    spacing_mm: Millimetres = (3.0, 3.5, 3.5),
    foreground_share: float = 0.003,
    contrast: float = 1.0,
    pieces: int = 25,
    other_share: float = 0.0,
    scanner: Scanner | None = None,
) -> VolumePhantom:
    """Draw a slab of a head with hyperintensities that cap the ventricles and lie scattered in white matter.

    Args:
        seed: The same seed gives the same phantom.
        shape: Z, Y, X.
        spacing_mm: Size of a voxel along Z, Y and X.
        foreground_share: Share of the volume that label 1 covers.
        contrast: Visibility of what is labelled: 0 is invisible, 1 as in a usual scan.
        pieces: Number of hyperintensities; some may grow together.
        other_share: Share of the volume of an old infarct in the cortex, label 2.
        scanner: Which hospital it is.

    Returns:
        Channels FLAIR and T1; label 1 is hyperintensity, label 2 other pathology.
    """
    rng = np.random.default_rng(seed)
    scanner = scanner or Scanner()
    head = draw_head(rng, posed(rng, Space.around(shape, spacing_mm, (18, 2, 0))), atrophy=rng.uniform(0.5, 1))
    infarct = _infarct(rng, head, other_share)
    near = 0.03 + np.exp(-np.maximum(head.ventricles_mm, 0) / 4)
    white = (head.tissues["white"] > 0.6) & (head.brain_mm > 6) & (np.abs(head.where.left) > 3) & ~infarct.mask
    lesions = scattered(rng, head.where, np.where(white, near, 0), foreground_share, pieces, softness=0.3)
    strength = 1 + 0.25 * head.where.noise(rng, 8)
    # An old infarct is a cavity with a scar around it: dark in FLAIR with a bright rim.
    cavity = np.clip(2 * infarct.opacity - 1.2, 0, 1)
    images = []
    for channel, visibility in zip(("flair", "t1"), scanner.visibility, strict=True):
        image = magnetic_resonance(rng, head, channel, scanner.unlike)
        change = visibility * strength * np.maximum(lesions.opacity, infarct.opacity)
        image = image + contrast * (change + cavity * (0.2 - image - change))
        images.append(received(rng, np.maximum(image, 0), head, scanner.noise, scanner.bias))
    labels = np.where(infarct.mask, 2, lesions.mask).astype(np.uint8)
    return VolumePhantom(np.stack(images).astype(np.float32), labels, spacing_mm)


def _infarct(rng: np.random.Generator, head: Head, share: float) -> Lesions:
    centre = (rng.uniform(15, 30), rng.uniform(-30, 40), rng.choice([-1, 1]) * 48.0)
    tissue = head.brain & (head.ventricles_mm > 3)
    return one_lump(rng, head.where, tissue, centre, share, irregularity=0.3, softness=0.2)
