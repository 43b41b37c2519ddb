"""A brain with a tumour of nested parts, in four modalities, with its exact label map."""

import numpy as np

from segloss.data.phantoms.head import draw_head, posed
from segloss.data.phantoms.lesions import one_lump
from segloss.data.phantoms.scanner import magnetic_resonance, received
from segloss.data.phantoms.space import Millimetres, Space
from segloss.data.phantoms.volume import VolumePhantom

CHANNELS = ("flair", "t1", "t1ce", "t2")
NECROSIS, OEDEMA, ENHANCING = 1, 2, 4
LOOKS = {
    "oedema": {"flair": 0.95, "t1": 0.72, "t1ce": 0.74, "t2": 1.05},
    "core": {"flair": 0.85, "t1": 0.62, "t1ce": 0.62, "t2": 0.95},
    "necrosis": {"flair": 0.6, "t1": 0.4, "t1ce": 0.5, "t2": 1.25},
}


def brain_tumour_phantom(
    seed: int,
    shape: tuple[int, int, int] = (40, 48, 48),
    spacing_mm: Millimetres = (3.8, 3.8, 3.8),
    foreground_share: float = 0.015,
    contrast: float = 1.0,
    enhancing: bool = True,
    noise: float = 0.04,
) -> VolumePhantom:
    """Draw a skull-stripped brain with a tumour: oedema around a core, in it an enhancing rim around necrosis.

    Args:
        seed: The same seed gives the same phantom.
        shape: Z, Y, X.
        spacing_mm: Size of a voxel along Z, Y and X.
        foreground_share: Share of the volume that the whole tumour covers, oedema included.
        contrast: Visibility of the tumour: 0 is invisible, 1 as in a usual scan.
        enhancing: Whether the core takes up the contrast agent; without, it is label 1 throughout.
        noise: Of the scanner, as a share of the brightness of white matter in T1.

    Returns:
        Channels FLAIR, T1, T1 after gadolinium and T2; labels 1 necrotic or not enhancing core, 2 oedema,
        4 enhancing tumour.
    """
    rng = np.random.default_rng(seed)
    centre = (rng.uniform(0, 34), rng.uniform(-42, 42), rng.choice([-1, 1]) * rng.uniform(22, 40))
    place = posed(rng, Space.around(shape, spacing_mm, (-4, 0, 0)))
    place = place.pushed(centre, amount_mm=rng.uniform(2, 6), reach_mm=35)
    head = draw_head(rng, place, atrophy=rng.uniform(0.1, 0.7))
    tissue = head.brain & (head.ventricles_mm > 0) & (head.brain_mm > 1)
    # Oedema runs along white matter, spares the cortex, and hardly crosses to the other side.
    reluctance = 0.5 * head.tissues["grey"] + 0.8 * head.tissues["fluid"] + 0.7 * (head.where.left * centre[2] < 0)
    whole = one_lump(rng, head.where, tissue, centre, foreground_share, 0.25, reluctance, softness=0.12)
    core_share = foreground_share * rng.uniform(0.25, 0.6)
    core = one_lump(rng, head.where, whole.mask, centre, core_share, 0.2)
    inside = one_lump(rng, head.where, core.mask, centre, core_share * rng.uniform(0.2, 0.5), 0.3, softness=0.15)

    uptake = 0.7 * np.clip(0.9 + 0.25 * head.where.noise(rng, 6), 0.3, 1.3) if enhancing else np.zeros(shape)
    images = []
    for channel in CHANNELS:
        healthy = image = magnetic_resonance(rng, head, channel)
        for name, part in (("oedema", whole), ("core", core), ("necrosis", inside)):
            if name == "necrosis" and not enhancing:
                continue
            value = LOOKS[name][channel] + (uptake if name == "core" and channel == "t1ce" else 0)
            image = image + 0.85 * part.opacity * (value - image)
        image = healthy + contrast * (image - healthy)
        images.append(received(rng, np.maximum(image, 0), head, noise) * head.brain)
    labels = OEDEMA * whole.mask
    labels[core.mask] = ENHANCING if enhancing else NECROSIS
    labels[inside.mask] = NECROSIS
    return VolumePhantom(np.stack(images).astype(np.float32), labels.astype(np.uint8), spacing_mm)
