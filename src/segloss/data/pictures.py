"""Images and masks in picture formats, whatever their mode, as plain arrays."""

from pathlib import Path

import numpy as np
from PIL import Image

from segloss.errors import InputError


def read_image(path: Path) -> np.ndarray:
    """Colour image as uint8, shape ``(3, H, W)``.

    Raises:
        InputError: If the file is truncated or not an image.
    """
    return np.moveaxis(np.asarray(_decoded(path, "RGB")), -1, 0)


def read_mask(path: Path, threshold: int = 127) -> tuple[np.ndarray, bool]:
    """Mask as uint8 of 0 and 1, shape ``(H, W)``, and whether the file held a third grey value.

    Palette, bilevel, RGB and RGBA files are read by their brightness, never by their raw indices.

    Args:
        path: The mask file.
        threshold: Foreground is brighter than this, of 0 to 255.

    Raises:
        InputError: If the file is truncated or not an image.
    """
    grey = np.asarray(_decoded(path, "L"))
    values = np.flatnonzero(np.bincount(grey.ravel(), minlength=256))
    return (grey > threshold).astype(np.uint8), len(values) > 2


def _decoded(path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I"):
                return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
            return image.convert(mode)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: expected a complete image file, but it cannot be decoded ({error}).") from error
