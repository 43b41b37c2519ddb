"""NIfTI volumes in one orientation: axes (Z, Y, X) that grow to superior, posterior and left.

A slice ``volume[z]`` is then an axial slice as a radiologist looks at it, whatever the file's own order.
"""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from nibabel import imageglobals
from nibabel.filebasedimages import ImageFileError
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from segloss.data.declared_sizes import check_claim
from segloss.errors import InputError

# What nibabel mends in a header it says without naming a file; what it cannot mend raises all the same.
imageglobals.logger.setLevel("CRITICAL")

AXES = ("S", "P", "L")
# Affines are stored as float32, and registration tools round them; a tenth of a voxel shifts no label.
TOLERANCE_VOXELS = 0.1
# Scaling a label code by the header's slope leaves about 1e-7 of it; anything beyond this is no code.
TOLERANCE_CODE = 1e-2
# Of a voxel's size: what rounding leaves between the affine and the header's own entry.
TOLERANCE_SIZE = 1e-2
# The length of its header, the first entry of a file, tells NIfTI-2 from NIfTI-1.
NIFTI_2_HEADER = 540
NIFTI_2 = ((540).to_bytes(4, "little"), (540).to_bytes(4, "big"))
# Microscopes resolve more than 10 nm only with electrons, and no scanner holds a voxel of ten metres.
SMALLEST_MM, LARGEST_MM = 1e-5, 1e4
# Far beyond what any scanner measures, and far enough from the end of float32 to be computed with.
LARGEST_VALUE = 1e30
CHUNK = 1 << 20
UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, OverflowError, MemoryError, zlib.error),
    *(ImageFileError, HeaderDataError, WrapStructError),
)


@dataclass(frozen=True)
class Volume:
    """A volume in our orientation.

    Args:
        array: Shape ``(Z, Y, X)``.
        affine: From its voxel indices to the scanner's millimetres.
    """

    array: np.ndarray
    affine: np.ndarray

    @property
    def spacing_mm(self) -> tuple[float, ...]:
        """Size of a voxel along Z, Y and X."""
        return tuple(float(mm) for mm in np.round(np.linalg.norm(self.affine[:3, :3], axis=0), 5))


def read_volume(path: Path) -> Volume:
    """Read an image as float32.

    Raises:
        InputError: If the file is truncated, no NIfTI, not three-dimensional, holds NaN or infinity, or has a header
            that asks for more than the file can hold.
    """
    volume = _read(path)
    lowest, highest = float(volume.array.min()), float(volume.array.max())
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise InputError(f"{path}: the volume holds NaN or infinite values, expected finite ones.")
    if max(-lowest, highest) > LARGEST_VALUE:
        raise InputError(f"{path}: values from {lowest:g} to {highest:g}, expected none beyond {LARGEST_VALUE:g}.")
    return volume


def read_labels(path: Path, codes: Mapping[int, int]) -> Volume:
    """Read a label map as uint8.

    Args:
        path: The file; codes stored as floats with the noise of a slope are rounded.
        codes: Class of each code that the file may hold.

    Raises:
        InputError: If the file is no volume, or holds another code.
    """
    volume = read_volume(path)
    classes = np.zeros(volume.array.shape, dtype=np.uint8)
    strange: set[str] = set()
    # Slice by slice: the intermediate arrays of a large scan would take several times its size.
    for stored, mapped in zip(volume.array, classes, strict=True):
        rounded = np.rint(stored)
        if np.abs(stored - rounded).max() > TOLERANCE_CODE:
            strange.add("values between whole numbers")
        for code in np.unique(rounded):
            if code in codes:
                mapped[rounded == code] = codes[int(code)]
            else:
                strange.add(f"{code:g}")
    if strange:
        known = ", ".join(str(code) for code in sorted(codes))
        raise InputError(f"{path}: unknown label {', '.join(sorted(strange)[:5])}; expected only {known}.")
    return Volume(classes, volume.affine)


def read_modalities(paths: Sequence[Path]) -> tuple[np.ndarray, Volume]:
    """Read the modalities of a subject: image ``(C, Z, Y, X)``, and the volume of the first, whose grid all share.

    Raises:
        InputError: If one cannot be read, or lies on another grid than the first.
    """
    first, *others = (read_volume(path) for path in paths)
    for path, volume in zip(paths[1:], others, strict=True):
        check_same_grid(path, volume, paths[0], first)
    return np.stack([first.array, *(volume.array for volume in others)]), first


def check_same_grid(path: Path, volume: Volume, reference_path: Path, reference: Volume) -> None:
    """Check that two volumes have the same voxels at the same places, which equal shapes alone do not say.

    Raises:
        InputError: If they have not.
    """
    if volume.array.shape != reference.array.shape:
        raise InputError(
            f"{path}: shape {_by(volume.array.shape)} in (Z, Y, X), expected {_by(reference.array.shape)} "
            f"as {reference_path.name}."
        )
    apart = _largest_distance(volume, reference)
    if not apart <= TOLERANCE_VOXELS:  # nor if it cannot be told
        raise InputError(
            f"{path}: its affine puts voxels up to {apart:.1f} voxels from where {reference_path.name} has them, "
            "expected the same grid."
        )


def _read(path: Path) -> Volume:
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range becomes infinite, and is refused
        try:
            image = _opened(path)
            array = np.asarray(image.dataobj, dtype=np.float32)
        except UNREADABLE as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(f"{path}: expected a complete NIfTI volume, but it cannot be read ({reason}).") from error
        shape = image.shape
        while len(shape) > 3 and shape[-1] == 1:
            shape = shape[:-1]
        if len(shape) != 3 or min(shape) < 1:
            raise InputError(f"{path}: shape {_by(image.shape)}, expected a volume of three dimensions.")
        if not np.isfinite(image.affine).all() or not abs(np.linalg.det(image.affine[:3, :3])) >= 1e-12:
            raise InputError(f"{path}: the header has no usable affine, expected one that can be inverted.")
        affine = _affine(image, path)
    turn = ornt_transform(io_orientation(affine), axcodes2ornt(AXES))
    turned = apply_orientation(array.reshape(shape), turn)
    return Volume(np.ascontiguousarray(turned), affine @ inv_ornt_aff(turn, shape))


def _opened(path: Path) -> nibabel.Nifti1Image:
    """The image, whose header asks for no more than the file holds."""
    packed = path.suffix == ".gz"
    with gzip.open(path) if packed else path.open("rb") as stream:
        start = stream.read(NIFTI_2_HEADER)
        kind = nibabel.Nifti2Image if start[:4] in NIFTI_2 else nibabel.Nifti1Image
        header = kind.header_class(start[: kind.header_class.sizeof_hdr])
        voxel, offset = header.get_data_dtype(), header.get_data_offset()
        if voxel.kind not in "iuf":
            raise TypeError(f"its voxels are {voxel}, not real numbers")
        end = offset + check_claim(header.get_data_shape(), voxel.itemsize, path.stat().st_size, packed)
        stream.seek(0)
        content = stream.read(end)
        if len(content) < end:
            raise EOFError(f"its header asks for {end:,} bytes, the file holds {len(content):,}")
        # To the end, where the checksum stands: without it damaged voxels would be taken for good.
        while packed and stream.read(CHUNK):
            pass
    return kind.from_bytes(content)


def _affine(image: nibabel.Nifti1Image, path: Path) -> np.ndarray:
    """The affine; where it says 1 mm for every voxel, with voxels of the size that the header states beside it.

    Both should say the same, but the affine of official ACDC files is that of a grid of 1 mm.
    """
    affine = image.affine.copy()
    of_affine, of_header = np.linalg.norm(affine[:3, :3], axis=0), np.asarray(image.header.get_zooms()[:3])
    if of_affine.min() < SMALLEST_MM or of_affine.max() > LARGEST_MM:
        size = " x ".join(f"{mm:.4g}" for mm in of_affine)
        raise InputError(f"{path}: voxels of {size} mm, expected {SMALLEST_MM:g} to {LARGEST_MM:g} mm.")
    if np.allclose(of_affine, of_header, rtol=TOLERANCE_SIZE, atol=0):
        return affine
    if not np.allclose(of_affine, 1, rtol=TOLERANCE_SIZE, atol=0) or (of_header <= 0).any():
        sizes = " and ".join(" x ".join(f"{mm:.4g}" for mm in voxel) for voxel in (of_affine, of_header))
        raise InputError(f"{path}: affine and header have voxels of {sizes} mm, expected the same size in both.")
    affine[:3, :3] *= of_header
    return affine


def _largest_distance(volume: Volume, reference: Volume) -> float:
    """Between the same corner of both grids, in voxels of the reference."""
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in reference.array.shape])).reshape(3, -1)
    homogeneous = np.vstack([corners, np.ones(corners.shape[1])])
    there = np.linalg.solve(reference.affine, volume.affine @ homogeneous)
    return float(np.linalg.norm((there - homogeneous)[:3], axis=0).max())


def _by(shape: Sequence[int]) -> str:
    return "x".join(str(size) for size in shape)
