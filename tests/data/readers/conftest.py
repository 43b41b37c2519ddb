"""Writing small volumes with nibabel itself, so that what the readers give can be compared with what was written."""

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import ArrayLike


@pytest.fixture
def write_nifti() -> Callable[..., Path]:
    """Write an array just as a file holds it, or one value for all voxels of a 2x3x4 volume.

    Its axes grow to right, anterior and superior unless the affine, or its diagonal, says otherwise.
    """

    def write(path: Path, values: ArrayLike, affine: ArrayLike = (1, 1, 1, 1), dtype: str = "int16") -> Path:
        array = np.broadcast_to(values, (2, 3, 4)) if np.ndim(values) == 0 else np.asarray(values)
        affine = np.diag(affine) if np.ndim(affine) == 1 else np.asarray(affine)
        path.parent.mkdir(parents=True, exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(array.astype(dtype), affine), path)
        return path

    return write


@pytest.fixture
def write_volume() -> Callable[..., Path]:
    """Write an array ``(Z, Y, X)`` that grows to superior, posterior and left, of 3x2x1 mm, as a file ``(X, Y, Z)``.

    ``flipped`` stores Y from posterior to anterior; ``shift_mm`` moves the volume to the right.
    """

    def write(path: Path, array: np.ndarray, flipped: bool = False, shift_mm: float = 0) -> Path:
        affine = np.diag([-1.0, -2, 3, 1])
        affine[0, 3] = shift_mm
        if flipped:
            affine[1, 3] = -2 * (array.shape[1] - 1)
            affine[1, 1] = 2
            array = array[:, ::-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(array.T, affine), path)
        return path

    return write
