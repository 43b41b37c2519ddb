"""From tissues to a scan: what each tissue looks like in a modality, and what the scanner adds to it."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from segloss.data.phantoms.head import Head

# Brightness of these tissues relative to white matter in T1, about as at 1.5 to 3 tesla.
TISSUES = ("air", "scalp", "muscle", "bone", "marrow", "fluid", "grey", "white", "vessel")
MAGNETIC_RESONANCE = {
    "t1": (0, 1.25, 0.5, 0.12, 0.95, 0.22, 0.66, 1.0, 0.3),
    "t1ce": (0, 1.25, 0.6, 0.12, 1.0, 0.22, 0.7, 1.0, 1.6),
    "t2": (0, 0.8, 0.3, 0.1, 0.5, 1.5, 0.78, 0.55, 0.25),
    "flair": (0, 0.9, 0.4, 0.1, 0.55, 0.15, 0.72, 0.58, 0.25),
    "dp": (0, 0.9, 0.6, 0.1, 0.7, 0.98, 1.0, 0.8, 0.3),
}
HOUNSFIELD = (-1000, -80, 50, 900, 500, 8, 37, 30, 50)


def blend(head: Head, brightness: Sequence[float]) -> np.ndarray:
    """Brightness of each voxel from the tissues in it, given in the order of ``TISSUES``."""
    return np.sum([head.tissues[tissue] * value for tissue, value in zip(TISSUES, brightness, strict=True)], axis=0)


def magnetic_resonance(rng: np.random.Generator, head: Head, modality: str, unlike: float = 0.04) -> np.ndarray:
    """A noise-free scan of a head, with texture, and in FLAIR with what looks like lesions and is none.

    Args:
        rng: Source of everything random.
        head: What is scanned.
        modality: A name in ``MAGNETIC_RESONANCE``.
        unlike: How much brightness of tissues varies from scan to scan.
    """
    brightness = MAGNETIC_RESONANCE[modality] * (1 + unlike * rng.standard_normal(len(TISSUES)))
    image = blend(head, brightness)
    texture = 0.02 * head.where.noise(rng, 4) + 0.03 * head.where.noise(rng, 15)
    image = image * (1 + texture)
    if modality == "flair":
        image = image + _bright_rim(rng, head) + _moving_fluid(rng, head)
    return image


def received(rng: np.random.Generator, image: np.ndarray, head: Head, noise: float, bias: float = 0.12) -> np.ndarray:
    """The scan as the scanner delivers it: uneven, slightly ghosted, with Rician noise.

    Args:
        rng: Source of everything random.
        image: Noise-free.
        head: What was scanned.
        noise: Standard deviation in each of the two channels of the receiver.
        bias: How uneven the brightness is.
    """
    uneven = image * np.exp(bias * _sensitivity(rng, head))
    shift = int(rng.integers(image.shape[1] // 4, image.shape[1] // 2))
    ghost = rng.uniform(0, 0.02) * np.roll(uneven, shift, axis=1)
    real, imaginary = noise * rng.standard_normal((2, *image.shape))
    return np.hypot(uneven + ghost + real, imaginary)


def _sensitivity(rng: np.random.Generator, head: Head) -> np.ndarray:
    """How much more than elsewhere the coil receives, of zero mean and unit variance."""
    where = head.where
    places = [part / np.abs(part).max() for part in (where.up, where.back, where.left)]
    field = sum(
        slope * place + curve * place**2 for slope, curve, place in zip(*rng.normal(0, 1, (2, 3)), places, strict=True)
    )
    return (field - field.mean()) / field.std()


def _bright_rim(rng: np.random.Generator, head: Head) -> np.ndarray:
    """A rim around the ventricles that healthy people have too, brightest at the horns."""
    near = np.exp(-np.maximum(head.ventricles_mm, 0) / 2.5) * head.tissues["white"]
    return rng.uniform(0.1, 0.25) * near * special.expit(2 * head.where.noise(rng, 12))


def _moving_fluid(rng: np.random.Generator, head: Head) -> np.ndarray:
    """Fluid that flows is not dark throughout."""
    return rng.uniform(0.2, 0.6) * head.tissues["fluid"] * special.expit(4 * (head.where.noise(rng, 6) - 1.4))
