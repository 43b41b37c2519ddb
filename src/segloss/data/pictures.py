"""Images and masks in picture formats, whatever their mode, as plain arrays."""

import struct
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from segloss.errors import InputError

# Pillow knows forty formats more; one of them starts another program, and none is tried because of what a file holds.
FORMATS = ("JPEG", "PNG", "BMP", "TIFF")
# What its decoders raise on damaged files; one of more than 178 million pixels it refuses before it takes memory.
UNDECODABLE = (
    *(OSError, SyntaxError, ValueError, Image.DecompressionBombError),
    *(MemoryError, OverflowError, TypeError, LookupError, struct.error, zlib.error),
)


def read_image(path: Path, mode: Literal["RGB", "L"] = "RGB") -> np.ndarray:
    """Image as uint8, channels first.

    Args:
        path: The image file.
        mode: ``RGB`` gives colour, shape ``(3, H, W)``; ``L`` gives brightness, shape ``(1, H, W)``.

    Raises:
        InputError: If the file is truncated or not an image.
    """
    return np.moveaxis(np.atleast_3d(np.asarray(_decoded(path, mode))), -1, 0)


def read_mask(path: Path, threshold: int = 127) -> tuple[np.ndarray, bool]:
    """Mask as uint8 of 0 and 1, shape ``(H, W)``, and whether the file held a third grey value.

    Palette, bilevel, RGB and RGBA files are read by their brightness, never by their raw indices.

    Args:
        path: The mask file.
        threshold: Foreground is brighter than this, of 0 to 255.

    Raises:
        InputError: If the file is truncated, not an image, or so dark that its foreground would be lost.
    """
    grey = np.asarray(_decoded(path, "L"))
    if 0 < (brightest := int(grey.max())) <= threshold:
        raise InputError(f"{path}: the brightest value of the mask is {brightest}, expected 255 for foreground.")
    values = np.flatnonzero(np.bincount(grey.ravel(), minlength=256))
    return (grey > threshold).astype(np.uint8), len(values) > 2


def read_codes(path: Path) -> np.ndarray:
    """Label codes of a grey picture exactly as stored, shape ``(H, W)``.

    Colour and palette files are refused: whether a code is the palette's index or its colour, nobody can tell.

    Raises:
        InputError: If the file is truncated, not an image, or in colour.
    """
    stored = _decoded(path)
    if stored.mode not in ("1", "L", "I", "I;16"):
        raise InputError(f"{path}: the picture's mode is {stored.mode}, expected grey values that are the label codes.")
    return np.asarray(stored)


def _decoded(path: Path, mode: str = "") -> Image.Image:
    """The picture in a mode, or as stored."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            if not mode:
                return image.copy()
            if image.mode.startswith("I"):
                return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
            return image.convert(mode)
    except UNDECODABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: expected a complete image file, but it cannot be decoded ({reason}).") from error
