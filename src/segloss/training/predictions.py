"""The predictions of a fold, written as they come: those of a large test part do not fit into memory."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segloss.data.resizing import resize_image


def probabilities(logits: Tensor) -> Tensor:
    r"""Of the foreground, (B, 1, \*spatial), where there is one logit; else of each class."""
    return torch.sigmoid(logits) if logits.shape[1] == 1 else torch.softmax(logits, 1)


def decisions(logits: Tensor) -> Tensor:
    r"""The most probable class (B, \*spatial)."""
    return (logits.squeeze(1) > 0).long() if logits.shape[1] == 1 else logits.argmax(1)


def decided(probs: Tensor, shape: Sequence[int]) -> NDArray[np.uint8]:
    r"""The most probable class (\*shape) of the probabilities (K, \*spatial), interpolated on another grid first."""
    there = resize_image(probs.numpy(), shape)
    return (there[0] > 0.5 if len(there) == 1 else there.argmax(axis=0)).astype(np.uint8)


def write_probabilities(path: Path, cases: np.ndarray, slices: int, probs: Iterable[np.ndarray]) -> None:
    """Write an ``.npz`` file of the names of the cases, and the probabilities ``probs`` of all their slices.

    Args:
        path: The file.
        cases: Names, in the order of the slices.
        slices: How many there are.
        probs: Batches of float16 (n, K, S, S), as many slices together.
    """
    _write(path, cases, "probs", "<f2", slices, probs)


def write_labels(path: Path, cases: np.ndarray, voxels: int, labels: Iterable[np.ndarray]) -> None:
    """Write an ``.npz`` file of the names of the cases, and the ``labels`` of all their voxels, flat and packed.

    Args:
        path: The file.
        cases: Names, in the order of the volumes.
        voxels: How many all volumes have together.
        labels: Volumes of uint8.
    """
    flat = (volume.reshape(-1) for volume in labels)
    _write(path, cases, "labels", "|u1", voxels, flat, zipfile.ZIP_DEFLATED)


def _write(
    path: Path,
    cases: np.ndarray,
    name: str,
    dtype: str,
    length: int,
    parts: Iterable[np.ndarray],
    packing: int = zipfile.ZIP_STORED,
) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        with _entry(archive, "cases") as stream:
            np.lib.format.write_array(stream, cases, allow_pickle=False)
        with _entry(archive, name, packing) as stream:
            for number, part in enumerate(parts):
                if number == 0:
                    header = {"descr": dtype, "fortran_order": False, "shape": (length, *part.shape[1:])}
                    np.lib.format.write_array_header_1_0(stream, header)
                stream.write(part.astype(dtype).tobytes())


def _entry(archive: zipfile.ZipFile, name: str, packing: int = zipfile.ZIP_STORED) -> Any:
    # ZipInfo has a fixed date: the same predictions have the same bytes.
    info = zipfile.ZipInfo(f"{name}.npy")
    info.compress_type = packing
    return archive.open(info, "w", force_zip64=True)
