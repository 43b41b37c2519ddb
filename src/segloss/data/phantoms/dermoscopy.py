"""A dermoscopy image made by computer, with its exact lesion mask."""

import numpy as np
from scipy import ndimage

from segloss.data.phantoms import skin
from segloss.data.phantoms.lesion import draw_lesion
from segloss.data.phantoms.noise import smooth_noise

HAIR = np.array([0.2, 0.13, 0.09])
BLUE_GREY = np.array([0.15, 0.0, -0.15])  # how deep melanin looks
INK = np.array([0.1, 0.1, 0.12])


def dermoscopy_phantom(
    seed: int, size: int = 128, lesion_share: float = 0.2, irregularity: float = 0.2, contrast: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one image and its mask.

    Args:
        seed: The same seed gives the same image.
        size: Side in pixels.
        lesion_share: Share of the image that the lesion covers, in (0, 1).
        irregularity: Of the border; 0 is an ellipse, 0.5 has deep notches.
        contrast: Multiplies the pigment of the lesion; 0 makes it invisible, and spots show where it would hide them.

    Returns:
        Image as uint8 of shape ``(size, size, 3)`` and mask as bool of shape ``(size, size)``.

    Example:
        >>> image, mask = dermoscopy_phantom(seed=1, size=64, lesion_share=0.25)
        >>> image.shape, mask.shape, round(float(mask.mean()), 2)
        ((64, 64, 3), (64, 64), 0.25)
    """
    rng = np.random.default_rng(seed)
    lesion = draw_lesion(rng, size, lesion_share, irregularity)
    strength = np.exp(rng.uniform(np.log(0.5), np.log(2.2)))
    blood, deep_melanin = rng.uniform(0, 0.5), rng.uniform(-0.2, 1)
    absorption = skin.MELANIN + blood * (skin.BLOOD - skin.MELANIN) + deep_melanin * BLUE_GREY
    pigment = contrast * strength * lesion.opacity * lesion.depth * (1 + 0.2 * smooth_noise(rng, size, 0.03))
    elsewhere = (
        rng.uniform(0.5, 1) * strength * (1 - min(contrast, 1) * lesion.opacity) * skin.spots(rng, size, lesion_share)
    )

    # Pigment absorbs light (Beer-Lambert), so deep lesions turn black and pale ones keep the colour of the skin.
    image = skin.skin(rng, size) * np.exp(-pigment[..., None] * absorption - elsewhere[..., None] * skin.MELANIN)
    for opacity, colour in (
        (skin.pen_marks(rng, size), skin.PEN),
        (skin.sticker(rng, size), skin.STICKER),
        (skin.ruler(rng, size), INK),
        (skin.hair(rng, size), HAIR),
    ):
        image = image + opacity[..., None] * (colour - image)
    image = np.clip(image, 0.02, 1) * skin.light(rng, size)[..., None]
    blur = rng.uniform(0.2, 0.8) * size / 128
    image = ndimage.gaussian_filter(image, (blur, blur, 0))
    image = image + rng.normal(0, 0.008, image.shape)
    return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8), lesion.mask
