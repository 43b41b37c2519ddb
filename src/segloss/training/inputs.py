"""What a fold trains on, validates on and predicts: slices, or patches of volumes."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segloss.data.augmentation import Amounts, augment
from segloss.data.case_table import prepared_spacing
from segloss.data.prepared import PreparedSlices, PreparedVolumes
from segloss.errors import InputError
from segloss.training.computing import outputs_of
from segloss.training.predictions import decided, probabilities, write_labels, write_probabilities
from segloss.training.settings import Settings
from segloss.training.sliding_window import predicted_volume

PREDICTED_AT_ONCE = 16


class Batch(NamedTuple):
    """Images (B, C, *spatial), labels (B, *spatial) and, if there are any, distance maps of the logits' shape."""

    images: Tensor
    labels: Tensor
    distance: Tensor | None = None

    def pieces(self, voxels_at_once: float) -> Iterator[Self]:
        """The batch in parts of at most so many pixels or voxels, but at least one image."""
        size = max(1, int(min(len(self.images), voxels_at_once // self.labels[0].numel())))
        for start in range(0, len(self.images), size):
            here = slice(start, start + size)
            distance = None if self.distance is None else self.distance[here]
            yield type(self)(self.images[here], self.labels[here], distance)


class Inputs(Protocol):
    """A fold's data as its training wants them."""

    cases: int
    channels: int
    classes: int
    layout: torch.memory_format
    settings: Settings

    def __len__(self) -> int:
        """How many items an epoch has."""

    def training(self) -> Iterator[Batch]:
        """The batches of an epoch: in random order, augmented, both drawn from torch's generator."""

    def validation(self) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        """The same batches in every epoch, and the case of each of their items."""

    def spacing_of(self, case: int) -> tuple[float, ...] | None:
        """Distance in mm between the pixels of a case as the network sees it, if known."""

    def write_predictions(self, path: Path, network: nn.Module) -> None:
        """Write what the network says of the test part."""


class SliceInputs:
    """All slices of the fold's cases.

    Args:
        data: The prepared data set.
        fold: Number of the fold.
        settings: Of the arm.
        device: Where batches are wanted.

    Raises:
        InputError: If the augmentation would move images that have distance maps.
    """

    layout = torch.channels_last

    def __init__(self, data: PreparedSlices, fold: int, settings: Settings, device: torch.device) -> None:
        if data.distances is not None and Amounts.of(settings.augmentation).moves:
            raise InputError(
                f"{data.provenance['dataset']}: distance maps do not move with an image, expected no such augmentation."
            )
        self.data, self.settings, self.device = data, settings, device
        self.cases, self.channels, self.classes = len(data.cases), data.channels, data.classes
        self.test = data.part(fold, "test")
        self.train, self.validate = (data.slices_of(data.part(fold, part)) for part in ("train", "validation"))

    def __len__(self) -> int:
        """How many slices the training part has."""
        return len(self.train)

    def training(self) -> Iterator[Batch]:
        """Every slice once."""
        order = self.train[torch.randperm(len(self)).numpy()]
        for slices in np.array_split(order, self.settings.steps_per_epoch(len(self))):
            images, labels, distance = self._batch(slices)
            yield Batch(*augment(images, labels, self.settings.augmentation), distance)

    def validation(self) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        """Every slice once, in order."""
        for slices in _in_parts(self.validate):
            yield self.data.case_of[slices], self._batch(slices)

    def spacing_of(self, case: int) -> tuple[float, ...] | None:
        """Distance in mm between the pixels of a case as the network sees it, if known."""
        return prepared_spacing(self.data.rows[case])

    @torch.no_grad()
    def write_predictions(self, path: Path, network: nn.Module) -> None:
        """Write the probabilities of every slice of the test part."""
        slices = self.data.slices_of(self.test)
        probs = (self._probabilities(self._batch(part).images, network) for part in _in_parts(slices))
        write_probabilities(path, self.data.cases[self.test], len(slices), probs)

    def _probabilities(self, images: Tensor, network: nn.Module) -> NDArray[np.float16]:
        logits = outputs_of(network, images, mixed_precision=self.settings.mixed_precision)
        return probabilities(logits.float()).half().cpu().numpy()

    def _batch(self, slices: NDArray[np.intp]) -> Batch:
        return Batch(*self.data.batch(slices, self.device), self.data.distance_maps(slices, self.device))


class PatchInputs:
    """Patches anywhere in the fold's volumes, each place as likely as any other unless the protocol balances classes.

    Validation takes random patches too, the same ones in every epoch: whole volumes would take longer than the
    training. The test part is predicted whole, and on its original grid.

    Args:
        data: The prepared data set.
        fold: Number of the fold.
        settings: Of the arm.
        device: Where batches are wanted.
    """

    layout = torch.channels_last_3d

    def __init__(self, data: PreparedVolumes, fold: int, settings: Settings, device: torch.device) -> None:
        self.data, self.settings, self.device, self.fold = data, settings, device, fold
        self.patch = settings.patch or ()
        self.cases, self.channels, self.classes = len(data.cases), data.channels, data.classes
        self.test = data.part(fold, "test")
        self.train, self.validate = (
            np.repeat(data.part(fold, part), settings.patches_per_case) for part in ("train", "validation")
        )
        # A batch is turned as one: where voxel sizes differ from case to case, the middle one stands for all.
        known = [spacing for case in self.train if (spacing := self.spacing_of(case)) is not None]
        self.spacing_mm = np.median(known, axis=0).tolist() if known else None

    def __len__(self) -> int:
        """How many patches an epoch takes."""
        return len(self.train)

    def training(self) -> Iterator[Batch]:
        """So many patches of every volume as the protocol says."""
        order = self.train[torch.randperm(len(self)).numpy()]
        for cases in np.array_split(order, self.settings.steps_per_epoch(len(self))):
            images, labels = self.data.batch(cases, self.patch, self.device, balanced=self.settings.balanced_patches)
            yield Batch(*augment(images, labels, self.settings.augmentation, self.spacing_mm))

    def validation(self) -> Iterator[tuple[NDArray[np.intp], Batch]]:
        """As many patches of every volume, whose places a seed of their own draws."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.fold)
            for start in range(0, len(self.validate), self.settings.batch_size):
                cases = self.validate[start : start + self.settings.batch_size]
                yield cases, Batch(*self.data.batch(cases, self.patch, self.device))

    def spacing_of(self, case: int) -> tuple[float, ...] | None:
        """Distance in mm between the pixels of a case as the network sees it, if known."""
        return prepared_spacing(self.data.rows[case])

    @torch.no_grad()
    def write_predictions(self, path: Path, network: nn.Module) -> None:
        """Write the labels of every volume of the test part, voxel by voxel of its original grid."""
        voxels = sum(math.prod(self.data.original_shapes[case]) for case in self.test)
        write_labels(path, self.data.cases[self.test], voxels, (self._labels(case, network) for case in self.test))

    def _labels(self, case: int, network: nn.Module) -> NDArray[np.uint8]:
        image = torch.from_numpy(self.data.volume(case)[0].astype(np.float32))
        mixed = self.settings.mixed_precision
        probs = predicted_volume(network, image, self.patch, self.settings.overlap, self.device, mixed_precision=mixed)
        return decided(probs, self.data.original_shapes[case])


def inputs_of(data: PreparedSlices | PreparedVolumes, fold: int, settings: Settings, device: torch.device) -> Inputs:
    """What a fold of these data trains on."""
    if isinstance(data, PreparedVolumes):
        return PatchInputs(data, fold, settings, device)
    return SliceInputs(data, fold, settings, device)


def _in_parts(items: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(items), PREDICTED_AT_ONCE):
        yield items[start : start + PREDICTED_AT_ONCE]
