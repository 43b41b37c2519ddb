"""The cases of a data set as one fold of the synthesis has them: folds of its own, slices of volumes too."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segloss.data.case import IGNORED
from segloss.data.prepared import PreparedSlices, PreparedVolumes, read_prepared
from segloss.data.splits import equal_groups, evenly_spread
from segloss.losses.as_published import truncated_distance
from segloss.losses.distance_maps import signed_distance
from segloss.synthesis.protocol import EXACT, Protocol


class StudySlices(PreparedSlices):
    """Prepared cases, seen slice by slice, divided anew into equal groups of subjects.

    The papers' splits have one test part, so that folds of them would test on few cases. Here each fold tests on a
    group of subjects, and trains on the others, but for a few that are watched. Volumes of a 3-D protocol are seen
    slice by slice too: probabilities of all slices are kept, and a volume is measured whole.

    Args:
        folder: ``build/prepared/<data set>``.
        fold: Number of the fold.
        protocol: Of the synthesis.
        scale: Which of its scales: it says how many cases and slices are used at most.
        maps: How distance maps are made, ``"exact"`` or ``"truncated"``; None for none.
    """

    def __init__(self, folder: Path, fold: int, protocol: Protocol, scale: str, maps: str | None = None) -> None:
        most = protocol.scale(scale)["most"]
        prepared = read_prepared(folder)
        self.folder, self.provenance = folder, prepared.provenance
        self.channels, self.classes = prepared.channels, prepared.classes
        if isinstance(prepared, PreparedVolumes):
            self.images, self.labels = sliced(prepared, protocol.side)
        else:
            self.images, self.labels = prepared.images, prepared.labels
        chosen = set(evenly_spread(len(prepared.rows), most["cases"]))
        self.rows, self.cases, self.shapes = prepared.rows, prepared.cases, prepared.shapes
        self.case_of = np.repeat(np.arange(len(self.shapes)), [shape[0] for shape in self.shapes])
        group = equal_groups([row["subject"] for row in self.rows], protocol.folds)
        self._parts = _divided([row["subject"] for row in self.rows], group, fold, protocol.watching)
        self._parts[[case for case in range(len(self.rows)) if case not in chosen]] = ""
        self._used = self._thinned({"train": most["training_slices"], "validation": most["validation_slices"]})
        self.distances = None if maps is None else distance_maps(np.asarray(self.labels), self.classes, maps)

    def part(self, fold: int, part: str) -> NDArray[np.intp]:
        """Indices of the cases of a part (train, validation or test); the fold is that of these slices."""
        return np.flatnonzero(self._parts == part)

    def slices_of(self, cases: NDArray[np.intp]) -> NDArray[np.intp]:
        """Indices of the slices of some cases that are used."""
        return np.flatnonzero(np.isin(self.case_of, cases) & self._used)

    def distance_maps(self, slices: NDArray[np.intp], device: torch.device) -> Tensor | None:
        """Signed distance maps in pixels, a channel per channel of the logits; None where none were asked for."""
        return None if self.distances is None else torch.from_numpy(self.distances[slices]).to(device)

    def truth(self, case: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Labels of a case, (S, S) of a picture, (Z, S, S) of a volume, and where they are known."""
        labels = np.asarray(self.labels[self.case_of == case])
        labels = labels[0] if self.is_picture(case) else labels
        return np.where(labels == IGNORED, np.uint8(0), labels), labels != IGNORED

    def is_picture(self, case: int) -> bool:
        """Whether the original has two axes."""
        return self.rows[case]["shape"].count("x") == 1

    def _thinned(self, most: dict[str, int | None]) -> NDArray[np.bool_]:
        """Which slices are used: all for tests; at most so many for each other part, evenly spread."""
        used = np.ones(len(self.case_of), dtype=bool)
        for part, limit in most.items():
            here = np.flatnonzero(np.isin(self.case_of, self.part(0, part)))
            used[here] = False
            used[here[evenly_spread(len(here), limit)]] = True
        return used


def sliced(volumes: PreparedVolumes, side: int) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
    """All slices of all volumes, images (N, C, side, side) and labels (N, side, side), each centred in its square.

    Around a volume are its smallest values and background; what is larger than the square is cut.
    """
    images, labels = [], []
    for case in range(len(volumes.cases)):
        image, truth = volumes.volume(case)
        low = np.asarray(image).min(axis=(1, 2, 3))
        filled = np.broadcast_to(low[None, :, None, None], (len(truth), len(low), side, side)).copy()
        mask = np.zeros((len(truth), side, side), dtype=np.uint8)
        here, there = zip(*(_centred(size, side) for size in truth.shape[1:]), strict=True)
        filled[:, :, *there] = np.moveaxis(np.asarray(image), 0, 1)[:, :, *here]
        mask[:, *there] = truth[:, *here]
        images.append(filled)
        labels.append(mask)
    return np.concatenate(images), np.concatenate(labels)


def distance_maps(labels: NDArray[np.uint8], classes: int, maps: str) -> NDArray[np.float32]:
    """Signed distance maps in pixels of all slices, a channel per channel of the logits.

    Args:
        labels: (N, S, S).
        classes: How many there are besides the background.
        maps: ``"exact"`` for the paper's level set, ``"truncated"`` for what its published code computes.
    """
    truth = torch.from_numpy(np.where(labels == IGNORED, 0, labels).astype(np.int64))
    if maps == EXACT:
        found = signed_distance(truth, classes + 1, include_background=False)
    else:
        found = truncated_distance(torch.stack([truth == label for label in range(1, classes + 1)], dim=1))
    # No loss reads the map of the background, but where there are several classes its channel has to be there.
    return (found if classes == 1 else torch.nn.functional.pad(found, (0, 0, 0, 0, 1, 0))).numpy()


def _divided(subjects: list[str], group: list[int], fold: int, watching: float) -> NDArray[np.str_]:
    """The part of each case."""
    others = sorted({subject for subject, its in zip(subjects, group, strict=True) if its != fold})
    watched = {others[place] for place in evenly_spread(len(others), max(1, round(watching * len(others))))}
    parts = [
        "test" if its == fold else "validation" if subject in watched else "train"
        for subject, its in zip(subjects, group, strict=True)
    ]
    return np.array(parts, dtype="<U10")


def _centred(size: int, side: int) -> tuple[slice, slice]:
    """Which part of an axis is taken, and where in the square's side it goes."""
    kept = min(size, side)
    first, start = (size - kept) // 2, (side - kept) // 2
    return slice(first, first + kept), slice(start, start + kept)
