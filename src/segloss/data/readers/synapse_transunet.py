"""Synapse multi-organ CT as TransUNet hands it out: slices of the training scans, volumes of the test scans.

Values were clipped to -125..275 HU and scaled to 0..1. They are mapped back to HU here, so that both forms of the
data set are prepared alike. The files carry neither affine nor spacing: axes stay as they are, slices first.
"""

import lzma
import re
import struct
import zlib
from collections import defaultdict
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile, ZipFile

import h5py
import numpy as np
from numpy.lib import format as npy

from segloss.data.case import Case, Fault, Listing, Sample
from segloss.data.declared_sizes import check_claim
from segloss.data.readers.synapse_raw import CLASSES, EXPECTS, not_in_split, part_of
from segloss.data.readers.volumetric import listing_of
from segloss.errors import InputError

LOWEST_HU, HIGHEST_HU = -125, 275
TOLERANCE = 1e-3
NAMES = ("image", "label")
UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, MemoryError, RuntimeError, OverflowError),
    *(BadZipFile, NotImplementedError, struct.error, zlib.error, lzma.LZMAError, SyntaxError, TokenError),
)
SLICE = re.compile(r"(case\d+)_slice(\d+)\.npz")
VOLUME = re.compile(r"(case\d+)\.npy\.h5")


def find(folder: Path) -> Listing:
    """List the scans of the published split: training scans from their slices, test scans from their volumes."""
    slices: dict[str, dict[int, Path]] = defaultdict(dict)
    for file in (folder / "train_npz").glob("case*.npz"):
        if match := SLICE.fullmatch(file.name):
            slices[match[1]][int(match[2])] = file
    volumes = {
        match[1]: file for file in (folder / "test_vol_h5").glob("case*.h5") if (match := VOLUME.fullmatch(file.name))
    }
    names = slices.keys() | volumes.keys()
    if not names:
        raise InputError(f"{folder}: neither slices nor volumes were found; expected {EXPECTS}.")
    return listing_of(
        (_case(folder, name, slices.get(name, {}), volumes.get(name)) for name in names), ("CT",), CLASSES
    )


def read(case: Case) -> Sample:
    """Open one scan.

    Raises:
        InputError: If a file is corrupt, or holds values or labels other than described above.
    """
    parts = [_read_file(file) for file in case.images]
    for file, (image, _) in zip(case.images, parts, strict=True):
        if image.shape[1:] != parts[0][0].shape[1:]:
            raise InputError(f"{file}: another size than {case.images[0].name}, expected the same for all slices.")
    image, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Sample(image[np.newaxis], labels)


def _case(folder: Path, name: str, slices: dict[int, Path], volume: Path | None) -> Case | Fault:
    part = part_of(int(name.removeprefix("case")))
    if part == "test":
        if volume is None:
            expected = folder / "test_vol_h5" / f"{name}.npy.h5"
            return Fault(name, f"{expected}: this file of a published test case is missing; left out.", "left_out")
        return Case(name, name, (volume,), (volume,), part)
    if part == "train":
        files = tuple(slices[number] for number in sorted(slices))
        gaps = sorted(set(range(max(slices, default=0) + 1)) - slices.keys())
        if gaps:
            expected = folder / "train_npz" / f"{name}_slice{gaps[0]:03d}.npz"
            return Fault(name, f"{expected}: first of {len(gaps)} missing slices of {name}; left out.", "left_out")
        return Case(name, name, files, files, part)
    return not_in_split(name, volume or min(slices.values()))


def _read_file(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Image in HU and labels of one file, slices first."""
    try:
        image, labels = _in_hdf5(file) if file.suffix == ".h5" else _in_zip(file)
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{file}: expected the arrays image and label, but they cannot be read ({reason}).") from error
    dimensions = 3 if file.suffix == ".h5" else 2
    if image.shape != labels.shape or image.ndim != dimensions or not image.size:
        raise InputError(
            f"{file}: image of shape {image.shape} and label of shape {labels.shape}, "
            f"expected the same {dimensions} dimensions."
        )
    if not (image.min() >= -TOLERANCE and image.max() <= 1 + TOLERANCE):
        raise InputError(f"{file}: values from {image.min():g} to {image.max():g}, expected CT scaled to 0..1.")
    codes = np.unique(labels)
    if not np.isin(codes, np.arange(len(CLASSES) + 1)).all():
        raise InputError(f"{file}: labels {codes[:9]}, expected only whole numbers from 0 to {len(CLASSES)}.")
    in_hu = image * np.float32(HIGHEST_HU - LOWEST_HU) + np.float32(LOWEST_HU)
    return _slices_first(in_hu), _slices_first(labels.astype(np.uint8))


def _in_hdf5(file: Path) -> list[np.ndarray]:
    arrays = []
    with h5py.File(file) as content:
        for name in NAMES:
            dataset = content[name]
            if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
                raise TypeError(f"{name} is no array of its own")
            if not isinstance(content.get(name, getlink=True), h5py.HardLink):
                raise TypeError(f"{name} is a link")
            for shape in (dataset.shape, dataset.chunks or ()):
                check_claim(shape, dataset.dtype.itemsize, dataset.id.get_storage_size())
            arrays.append(_as_float32(dataset[()]))
    return arrays


def _in_zip(file: Path) -> list[np.ndarray]:
    arrays = []
    with ZipFile(file) as content:
        for name in NAMES:
            member = content.getinfo(f"{name}.npy")
            with content.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                header = (
                    np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = header(stream)
                check_claim(shape, dtype.itemsize, member.compress_size)
            with content.open(member) as stream:
                arrays.append(_as_float32(npy.read_array(stream, allow_pickle=False)))
    return arrays


def _as_float32(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "biuf":
        raise TypeError(f"its values are {array.dtype}, not real numbers")
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range becomes infinite, and is refused
        return np.asarray(array, dtype=np.float32)


def _slices_first(array: np.ndarray) -> np.ndarray:
    if array.ndim == 2:
        return array[np.newaxis]
    # TransUNet's script writes slices last, the files it hands out have them first; slices are square.
    return np.moveaxis(array, -1, 0) if array.shape[0] == array.shape[1] != array.shape[2] else array
