"""What the evaluate stage reads: the prepared cases and the runs of the arms."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segloss.data.case import IGNORED
from segloss.data.case_table import prepared_spacing, sizes
from segloss.data.splits import part_of
from segloss.errors import InputError
from segloss.evaluation.reading import read_json, streamed, undamaged
from segloss.metrics import Mask

THRESHOLD = 0.5


class Prepared:
    """The prepared cases of a data set; labels stay on disk. Without data there are no cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = read_json(folder / "status.json", "the outcome of the prepare stage")
        self.provenance = read_json(folder / "provenance.json", "the provenance of the prepared data")
        self.rows: list[dict[str, str]] = []
        if (folder / "cases.csv").is_file():
            with (folder / "cases.csv").open(newline="", encoding="utf-8") as stream:
                self.rows = list(csv.DictReader(stream))
            self.images = np.load(folder / "images.npy", mmap_mode="r")
            self.labels = np.load(folder / "labels.npy", mmap_mode="r")
        self.index = {row["case"]: number for number, row in enumerate(self.rows)}
        self.shapes = [sizes(row["prepared_shape"]) for row in self.rows]
        self.first = np.cumsum([0, *(shape[0] for shape in self.shapes)])

    def part(self, fold: int, part: str) -> list[int]:
        """Indices of the cases of a part (train, validation or test) in a fold."""
        parts = (part_of(int(row["fold"]), fold, self.provenance["groups"]) for row in self.rows)
        return [case for case, its_part in enumerate(parts) if its_part == part]

    def place(self, case: int) -> int | slice:
        """Where a case lies in the arrays: one item of a picture, several of a volume."""
        first, last = int(self.first[case]), int(self.first[case + 1])
        return first if self.is_picture(case) else slice(first, last)

    def is_picture(self, case: int) -> bool:
        """Whether the original has two axes."""
        return len(sizes(self.rows[case]["shape"])) == 2

    @property
    def classes(self) -> tuple[str, ...]:
        """What labels 1, 2, ... mean; without data there may be none."""
        return tuple(self.provenance.get("classes", ()))

    def truth(self, case: int) -> NDArray[np.uint8]:
        """Labels of a case, (S, S) of a picture, (Z, S, S) of a volume; background where nobody can tell."""
        labels = np.array(self.labels[self.place(case)])
        labels[labels == IGNORED] = 0
        return labels

    def judged(self, case: int) -> Mask:
        """Where a prediction counts: everywhere but where the labels say that nobody can tell."""
        return self.labels[self.place(case)] != IGNORED

    def spacing_mm(self, case: int) -> tuple[float, ...] | None:
        """Distance between the pixels of the resized case; None where the original's is not known."""
        return prepared_spacing(self.rows[case])

    def mean_training_masks(self, fold: int) -> Mask:
        """Where more than half of the fold's training slices have each class (K, S, S)."""
        train = self.part(fold, "train")
        total = np.zeros((len(self.classes), *self.labels.shape[1:]), dtype=np.int64)
        for case in train:
            labels = self.truth(case).reshape(-1, *total.shape[1:])
            for label, of_class in enumerate(total, start=1):
                of_class += np.count_nonzero(labels == label, axis=0)
        return total > THRESHOLD * sum(self.shapes[case][0] for case in train)

    def fitted(self, mask: Mask, case: int) -> Mask:
        """A mask that is the same for all cases, as it covers this one."""
        return np.broadcast_to(mask, self.labels[self.place(case)].shape)

    def training_items(self, fold: int, settings: dict[str, Any]) -> int:
        """How many slices an epoch of a fold had."""
        return sum(self.shapes[case][0] for case in self.part(fold, "train"))

    def run(self, folder: Path) -> "Run":
        """What training left of an arm on these cases."""
        return Run(folder, self)

    def shown(self, slices: dict[int, int]) -> dict[str, NDArray[np.uint8]]:
        """Pictures (n, S, S, 3) and labels (n, S, S) of one slice of each case, given as its number by case.

        Of other than three channels, the first is shown in grey.
        """
        items = [int(self.first[case]) + number for case, number in slices.items()]
        images = self.images[items].transpose(0, 2, 3, 1)
        images = images if images.shape[-1] == 3 else np.repeat(images[..., :1], 3, axis=-1)
        pictures = images if images.dtype == np.uint8 else (255 * images).astype(np.uint8)
        return {"images": np.ascontiguousarray(pictures), "labels": np.asarray(self.labels[items])}


class Run:
    """What training left of one arm: its outcome and the folds that were finished."""

    def __init__(self, folder: Path, prepared: Prepared) -> None:
        self.folder, self.prepared = folder, prepared
        self.folds: list[int] = []
        self.provenance: dict[str, Any] = {}
        if not self.folder.is_dir():
            self.outcome, self.reason = "not run", "This scale does not train the arm."
            return
        status = read_json(self.folder / "status.json", "the outcome of the train stage")
        self.outcome, self.reason = status["outcome"], status["reason"]
        if self.outcome in ("done", "diverged") and self.prepared.rows:
            self.provenance = read_json(self.folder / "provenance.json", "the provenance of the run")
            folders = self.folder.glob("fold*/predictions.npz")
            self.folds = sorted(int(path.parent.name.removeprefix("fold")) for path in folders)

    def predictions(self, fold: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Index and predicted labels, of the truth's shape, of each test case, one in memory at a time.

        Of one class it is what has a probability above one half; of several, background included, the most probable
        one, where they tie the lowest.

        Raises:
            InputError: If the run predicts other cases than the fold's test part, or other classes than the data set's.
        """
        names, slices = self._opened(fold)
        for name in names:
            case = self.prepared.index[name]
            labels = np.stack([_decided(probs) for probs in islice(slices, self.prepared.shapes[case][0])])
            yield case, labels[0] if self.prepared.is_picture(case) else labels

    def shown(self, fold: int, shown: dict[int, int]) -> tuple[str, NDArray[Any]]:
        """``probs``, probabilities (n, S, S) of one slice of each case, given as its number by case.

        Of several classes they are (n, 1 + classes, S, S), the background first.

        Raises:
            InputError: As :meth:`predictions`.
        """
        names, slices = self._opened(fold)
        found = {}
        for name in names:
            case = self.prepared.index[name]
            for number, probs in enumerate(islice(slices, self.prepared.shapes[case][0])):
                if number == shown.get(case):
                    found[case] = probs
        probs = np.stack([found[case] for case in shown])
        return "probs", probs[:, 0] if probs.shape[1] == 1 else probs

    def _opened(self, fold: int) -> tuple[list[str], Iterator[NDArray[np.float16]]]:
        """Names of the test cases, and the probabilities (K, S, S) of all their slices."""
        path, names = self._tested(fold)
        return names, self._slices(path)

    def _tested(self, fold: int) -> tuple[Path, list[str]]:
        """The file of a fold's predictions, and the cases in it."""
        path = self.folder / f"fold{fold}" / "predictions.npz"
        with undamaged(path), np.load(path) as archive:
            names = archive["cases"].tolist()
        if {self.prepared.index.get(name) for name in names} != set(self.prepared.part(fold, "test")):
            raise InputError(f"{path} predicts other cases than the test part of fold {fold}; train the arm again.")
        return path, names

    def _slices(self, path: Path) -> Iterator[NDArray[np.float16]]:
        classes = len(self.prepared.classes)
        wanted = 1 if classes == 1 else 1 + classes
        for (probs,) in streamed(path, "probs"):
            if len(probs) != wanted:
                raise InputError(
                    f"{path} has {len(probs)} probabilities of each pixel, expected {wanted}; train the arm again."
                )
            yield probs

    def history(self, fold: int) -> list[dict[str, str]]:
        """The epochs of a fold."""
        with (self.folder / f"fold{fold}" / "history.csv").open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))


def _decided(probs: NDArray[np.float16]) -> NDArray[np.uint8]:
    return (probs[0] > THRESHOLD).astype(np.uint8) if len(probs) == 1 else probs.argmax(axis=0).astype(np.uint8)
