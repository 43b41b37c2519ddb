"""What the evaluate stage reads: the prepared cases and the runs of the arms."""

import csv
import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segloss.errors import InputError
from segloss.metrics import Mask

THRESHOLD = 0.5
THIRDS = 3


class Prepared:
    """The prepared cases of a data set; labels stay on disk. Without data there are no cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = _read_json(folder / "status.json", "the outcome of the prepare stage")
        self.provenance = _read_json(folder / "provenance.json", "the provenance of the prepared data")
        self.rows: list[dict[str, str]] = []
        self.labels = np.zeros((0, 1, 1), dtype=np.uint8)
        if self.status["outcome"] == "done":
            with (folder / "cases.csv").open(newline="", encoding="utf-8") as stream:
                self.rows = list(csv.DictReader(stream))
            self.labels = np.load(folder / "labels.npy", mmap_mode="r")
        self.index = {row["case"]: number for number, row in enumerate(self.rows)}

    def third(self, number: int) -> list[int]:
        """Indices of the cases in a third; fold f tests third f and trains on third (f + 2) % 3."""
        return [i for i, row in enumerate(self.rows) if int(row["fold"]) == number % THIRDS]

    def truth(self, case: int) -> Mask:
        """True mask of a case."""
        return self.labels[case] > 0

    def spacing_mm(self, case: int) -> tuple[float, ...] | None:
        """Distance between the pixels of the resized image; None where the original's is not known."""
        row = self.rows[case]
        if not row["spacing_mm"]:
            return None
        sizes = (int(row["height"]), int(row["width"]))
        spacing = (float(mm) for mm in row["spacing_mm"].split("x"))
        return tuple(mm * size / new for mm, size, new in zip(spacing, sizes, self.labels.shape[1:], strict=True))

    def mean_training_mask(self, fold: int) -> Mask:
        """Where more than half of the fold's training cases have foreground."""
        train = self.third(fold + 2)
        total = np.zeros(self.labels.shape[1:], dtype=np.int64)
        for case in train:
            total += self.truth(case)
        return total > THRESHOLD * len(train)


class Run:
    """What training left of one arm: its outcome and the folds that were finished."""

    def __init__(self, folder: Path, prepared: Prepared) -> None:
        self.folder, self.prepared = folder, prepared
        self.folds: list[int] = []
        self.provenance: dict[str, Any] = {}
        if not self.folder.is_dir():
            self.outcome, self.reason = "not run", "This scale does not train the arm."
            return
        status = _read_json(self.folder / "status.json", "the outcome of the train stage")
        self.outcome, self.reason = status["outcome"], status["reason"]
        if self.outcome in ("done", "diverged") and self.prepared.rows:
            self.provenance = _read_json(self.folder / "provenance.json", "the provenance of the run")
            folders = self.folder.glob("fold*/predictions.npz")
            self.folds = sorted(int(path.parent.name.removeprefix("fold")) for path in folders)

    def predictions(self, fold: int) -> Iterator[tuple[int, NDArray[np.float16]]]:
        """Index and foreground probabilities (S, S) of each test case, one in memory at a time.

        Raises:
            InputError: If the run predicts other cases than the fold's test third.
        """
        path = self.folder / f"fold{fold}" / "predictions.npz"
        with np.load(path) as archive:
            names = archive["cases"].tolist()
        if {self.prepared.index.get(name) for name in names} != set(self.prepared.third(fold)):
            raise InputError(f"{path} predicts other cases than the test third of fold {fold}; train the arm again.")
        for name, probs in zip(names, _streamed(path, "probs"), strict=True):
            yield self.prepared.index[name], probs[0]

    def history(self, fold: int) -> list[dict[str, str]]:
        """The epochs of a fold."""
        with (self.folder / f"fold{fold}" / "history.csv").open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))


def _streamed(path: Path, name: str) -> Iterator[NDArray[Any]]:
    """Entries of an array in an npz file along its first axis: NumPy itself would load all of them at once."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
        np.lib.format.read_magic(stream)
        (length, *shape), _, dtype = np.lib.format.read_array_header_1_0(stream)
        size = math.prod(shape) * dtype.itemsize
        for _ in range(length):
            yield np.frombuffer(stream.read(size), dtype).reshape(shape)


def _read_json(path: Path, what: str) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path} was not found; expected {what}.")
    return json.loads(path.read_text(encoding="utf-8"))
