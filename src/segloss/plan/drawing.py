"""Data sets of random numbers, in the form in which the prepare stage leaves them: what a step costs shows on them."""

import csv
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np

from segloss.data.prepared import PreparedSlices, PreparedVolumes
from segloss.data.splits import part_of
from segloss.data.view import View
from segloss.training.settings import Settings


def draw(folder: Path, like: PreparedSlices | PreparedVolumes, view: View, settings: Settings) -> None:
    """Write as few cases as fill a batch, divided into parts as the data set is.

    Args:
        folder: Where to; it is there.
        like: The data set as it was prepared at another scale: its channels, classes and parts count.
        view: What networks see of it at this scale.
        settings: Of the arm.
    """
    rng = np.random.default_rng(0)
    folds = _few([int(row["fold"]) for row in like.rows], like.provenance["groups"], settings)
    cases, classes, channels = len(folds), like.classes, like.channels
    shape = settings.patch or (1, view.image_size, view.image_size)
    labels = rng.integers(0, classes + 1, (cases, *shape), dtype=np.uint8)
    images = rng.integers(0, 256, (cases, channels, *shape), dtype=np.uint8).astype(view.dtype)
    if settings.patch:
        arrays = {"labels": labels.reshape(-1), "images": images.reshape(-1)}
    else:
        arrays = {"labels": labels[:, 0], "images": images[:, :, 0]}
    if view.distance_maps:
        arrays["distances"] = rng.normal(size=(cases, classes, *shape[1:])).astype(np.float32)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    size = "x".join(map(str, shape))
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, ["case", "subject", "fold", "shape", "spacing_mm", "prepared_shape"])
        table.writeheader()
        same = {"shape": size, "spacing_mm": "", "prepared_shape": size}
        table.writerows({"case": f"c{i}", "subject": f"c{i}", "fold": fold, **same} for i, fold in enumerate(folds))
    (folder / "provenance.json").write_text(json.dumps(like.provenance), encoding="utf-8")


def _few(folds: list[int], groups: int, settings: Settings) -> list[int]:
    """Parts of so many cases that a batch of the first fold is full and no part is empty, each with its share."""
    count = Counter(folds)
    trained = sum(number for fold, number in count.items() if part_of(fold, 0, groups) == "train") / len(folds)
    full = math.ceil(settings.batch_size / settings.patches_per_case / trained)
    cases = max(full, math.ceil(len(folds) / min(count.values())))
    return [sorted(folds)[number * len(folds) // cases] for number in range(cases)]
