"""What a run of a protocol costs on the present device, from a few of its epochs."""

import math
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from segloss.data.prepared import PreparedSlices, PreparedVolumes, read_prepared
from segloss.training.fold import train_fold
from segloss.training.settings import Settings

# So much time of epochs is measured; a first one that takes long is not repeated, and stands for all that a fold does.
ENOUGH_S = 4.0
LONG_S = 16.0


class Cost(NamedTuple):
    """Of a fold: seconds of what only the first of a process has, of what each has once, and of an epoch; bytes."""

    first_s: float
    once_s: float
    epoch_s: float
    memory_bytes: int
    weights_bytes: int
    predictions_bytes: int


class Size(NamedTuple):
    """How many items a fold trains on, and how many it predicts; the windows of a volume are its items."""

    trained: float
    predicted: float


def measure(prepared: Path, settings: Settings) -> Cost:
    """Train a fold of a data set for one epoch, and again for several, and take the difference.

    It is to be called in a process of its own, whose peak of memory counts.
    """
    torch.set_num_threads(settings.threads)
    data = read_prepared(prepared)

    def seconds(epochs: int, folder: Path) -> float:
        begun = time.perf_counter()
        train_fold(folder, data, 0, replace(settings, epochs=epochs, min_steps=0, max_steps=float("inf")))
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter() - begun

    with tempfile.TemporaryDirectory() as temporary:
        runs = Path(temporary)
        cold = one = epoch = seconds(1, runs / "cold")
        if cold < LONG_S:
            one = seconds(1, runs / "one")
            epochs = max(2, min(20, round(ENOUGH_S / one)))
            epoch = max(0.0, seconds(1 + epochs, runs / "several") - one) / epochs
        weights, predictions = ((runs / "cold" / name).stat().st_size for name in ("weights.pt", "predictions.npz"))
    return Cost(cold - one, max(0.0, one - epoch), epoch, _peak_bytes(), weights, predictions)


def size_of(data: PreparedSlices | PreparedVolumes, settings: Settings) -> Size:
    """Items of the first fold of a prepared data set."""
    trained, predicted = data.part(0, "train"), data.part(0, "test")
    if isinstance(data, PreparedSlices):
        return Size(len(data.slices_of(trained)), len(data.slices_of(predicted)))
    patch, step = settings.patch or (), 1 - settings.overlap
    windows = [
        math.prod(1 + max(0, math.ceil((full - side) / (side * step))) for full, side in zip(shape, patch, strict=True))
        for shape in (data.shapes[case] for case in predicted)
    ]
    return Size(len(trained) * settings.patches_per_case, sum(windows))


def _peak_bytes() -> int:
    """Most memory that was taken: on a graphics card by tensors, else by the whole process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
