"""Reading what the prepare stage wrote: memory-mapped arrays, cases, and the parts of each fold."""

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segloss.data.case import IGNORED
from segloss.data.case_table import sizes
from segloss.data.prepared_files import CONTENT, content_fingerprint
from segloss.data.splits import part_of
from segloss.errors import InputError

# Up to here a hash takes less than a minute or two, little beside a training; of more, only the lengths are checked.
HASHED_BYTES = 64 * 2**30


class _PreparedCases:
    """Cases, their parts and their arrays. Arrays stay on disk until something asks for a piece of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.provenance: dict[str, Any] = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        with (folder / "cases.csv").open(newline="", encoding="utf-8") as stream:
            self.rows = list(csv.DictReader(stream))
        self.cases = np.array([row["case"] for row in self.rows])
        self.shapes = [sizes(row["prepared_shape"]) for row in self.rows]
        self.channels = len(self.provenance["channels"])
        self.classes = len(self.provenance["classes"])

    def part(self, fold: int, part: str) -> np.ndarray:
        """Indices of the cases of a part (train, validation or test) in a fold."""
        groups = self.provenance["groups"]
        return np.array([i for i, row in enumerate(self.rows) if part_of(int(row["fold"]), fold, groups) == part], int)


class PreparedSlices(_PreparedCases):
    """The prepared cases of a 2-D protocol, pictures or the slices of volumes.

    Args:
        folder: ``build/prepared/<data set>``.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.images = np.load(folder / "images.npy", mmap_mode="r")
        self.labels = np.load(folder / "labels.npy", mmap_mode="r")
        maps = folder / "distances.npy"
        self.distances = np.load(maps, mmap_mode="r") if maps.is_file() else None
        slices = [shape[0] for shape in self.shapes]
        self.case_of = np.repeat(np.arange(len(slices)), slices)

    def slices_of(self, cases: np.ndarray) -> np.ndarray:
        """Indices of all slices of some cases."""
        return np.flatnonzero(np.isin(self.case_of, cases))

    def batch(self, slices: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor]:
        """Images (B, C, S, S), pictures in [0, 1], and labels (B, S, S)."""
        return _images(self.images[slices], device), _labels(self.labels[slices], device)

    def distance_maps(self, slices: np.ndarray, device: torch.device) -> Tensor | None:
        """Signed distance maps in pixels, a channel per channel of the logits; None where none were prepared.

        They are (B, 1, S, S) of one class, else (B, 1 + K, S, S), where that of the background, which no loss reads,
        is zero.
        """
        if self.distances is None:
            return None
        maps = _moved(self.distances[slices], device)
        return torch.nn.functional.pad(maps, (0, 0, 0, 0, 1, 0)) if self.classes > 1 else maps


class PreparedVolumes(_PreparedCases):
    """The prepared cases of a 3-D protocol.

    Args:
        folder: ``build/prepared/<data set>``.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.original_shapes = [sizes(row["shape"]) for row in self.rows]
        self._first = np.cumsum([0, *(math.prod(shape) for shape in self.shapes)])

    def volume(self, case: int) -> tuple[np.ndarray, np.ndarray]:
        """Image (C, Z, Y, X) and labels (Z, Y, X) of a case, both still on disk."""
        first, last = self._first[case], self._first[case + 1]
        # Mapped anew each time: pages of a map that stays would add up to the whole data set.
        images, labels = (np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in ("images", "labels"))
        image = images[first * self.channels : last * self.channels]
        return image.reshape(self.channels, *self.shapes[case]), labels[first:last].reshape(self.shapes[case])

    def batch(
        self, cases: np.ndarray, size: Sequence[int], device: torch.device, *, balanced: bool = False
    ) -> tuple[Tensor, Tensor]:
        """A patch of each case, anywhere with equal probability: images (B, C, *size) and labels (B, *size).

        ``balanced`` patches hold a voxel of a class, each class being as likely as the others, where the case has it;
        the background counts as one. Only the patches are read (of a balanced one, all labels of its case too). A
        volume that is smaller than a patch is centred in it, surrounded by its smallest values and background. The
        places come from the global random generator.
        """
        patches = [self._patch(case, size, balanced) for case in cases]
        images, labels = (np.stack(arrays) for arrays in zip(*patches, strict=True))
        return _images(images, device), _labels(labels, device)

    def _patch(self, case: int, size: Sequence[int], balanced: bool) -> tuple[np.ndarray, np.ndarray]:
        image, labels = self.volume(case)
        ranges = [(0, max(0, full - wanted)) for full, wanted in zip(labels.shape, size, strict=True)]
        if balanced:
            voxels = np.flatnonzero(labels == int(torch.randint(self.classes + 1, ())))
            if len(voxels):
                held = np.unravel_index(voxels[int(torch.randint(len(voxels), ()))], labels.shape)
                ranges = [
                    (max(first, int(here) - wanted + 1), min(last, int(here)))
                    for (first, last), here, wanted in zip(ranges, held, size, strict=True)
                ]
        starts = [int(torch.randint(first, last + 1, ())) for first, last in ranges]
        place = tuple(slice(start, start + wanted) for start, wanted in zip(starts, size, strict=True))
        patch, target = image[:, *place], labels[place]
        missing = [wanted - have for wanted, have in zip(size, target.shape, strict=True)]
        if any(missing):
            sides = [(gap // 2, gap - gap // 2) for gap in missing]
            patch = np.stack([np.pad(channel, sides, constant_values=channel.min()) for channel in patch])
            target = np.pad(target, sides)
        return patch, target


def read_prepared(folder: Path) -> PreparedSlices | PreparedVolumes:
    """The prepared cases of a data set, as its view says.

    Raises:
        InputError: If a file is not as the prepare stage left it.
    """
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    _require_undamaged(folder, provenance["fingerprint"])
    volumes = provenance.get("view", {}).get("kind") == "volumes"
    return PreparedVolumes(folder) if volumes else PreparedSlices(folder)


def _require_undamaged(folder: Path, expected: str) -> None:
    files = [folder / name for name in CONTENT if (folder / name).is_file()]
    for file in files:
        if file.suffix == ".npy":
            try:
                np.load(file, mmap_mode="r")
            except (ValueError, EOFError) as error:
                raise InputError(f"{file} is damaged ({error}); prepare the data set again.") from error
    if sum(file.stat().st_size for file in files) <= HASHED_BYTES and content_fingerprint(folder) != expected:
        names = ", ".join(file.name for file in files)
        raise InputError(
            f"{folder} is damaged: one of {names} is not as it was prepared, with the fingerprint {expected}; prepare "
            "the data set again."
        )


def _images(images: np.ndarray, device: torch.device) -> Tensor:
    moved = _moved(images, device)
    return moved.float().div_(255) if images.dtype == np.uint8 else moved.float()


def _labels(labels: np.ndarray, device: torch.device) -> Tensor:
    moved = _moved(labels, device)
    return moved.masked_fill(moved == IGNORED, 0).long()


def _moved(array: np.ndarray, device: torch.device) -> Tensor:
    # Only out of pinned memory does a copy run while the GPU computes.
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
