"""NIfTI files whose bytes depend on the volume alone, in any orientation that scanners and archives use."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, ornt_transform

from segloss.data.volumes import AXES


def save_nifti(
    array: np.ndarray,
    path: Path,
    spacing_mm: tuple[float, float, float],
    axes: str = "RAS",
    dtype: np.typing.DTypeLike | None = None,
) -> None:
    """Write a volume, compressed where the name ends in ``.gz``.

    Args:
        array: Shape ``(Z, Y, X)``, axes that grow to superior, posterior and left.
        path: Of the file; its folder is made where it is missing.
        spacing_mm: Size of a voxel along Z, Y and X.
        axes: Where the axes of the file grow to, such as ``LPS``.
        dtype: Of the file, by default that of the array. Whole numbers are rounded and kept in range.
    """
    stored = np.dtype(dtype or (np.uint8 if array.dtype == bool else array.dtype))
    if np.issubdtype(stored, np.integer):
        limits = np.iinfo(stored)
        array = np.clip(np.rint(array), limits.min, limits.max)
    turn = ornt_transform(axcodes2ornt(AXES), axcodes2ornt(axes))
    turned = np.ascontiguousarray(apply_orientation(array.astype(stored), turn))
    affine = _centred_affine(array.shape, spacing_mm) @ inv_ornt_aff(turn, array.shape)
    image = nibabel.Nifti1Image(turned, affine)
    image.set_qform(affine, code="scanner")
    image.set_sform(affine, code="scanner")
    image.header.set_xyzt_units("mm", "sec")
    content = image.to_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        if path.suffix == ".gz":
            # The gzip header would else hold the file's name and the time.
            with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
                packed.write(content)
        else:
            file.write(content)


def _centred_affine(shape: tuple[int, ...], spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """From indices (z, y, x) to millimetres right, anterior, superior, with 0 in the middle of the volume."""
    z_mm, y_mm, x_mm = spacing_mm
    affine = np.eye(4)
    affine[:3, :3] = [[0, 0, -x_mm], [0, -y_mm, 0], [z_mm, 0, 0]]
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine
