"""Cases that a network saw as volumes: they are judged whole, on the grid on which they came."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segloss.data.case import IGNORED
from segloss.data.case_table import original_spacing, sizes
from segloss.data.resizing import resize_image
from segloss.evaluation.inputs import THRESHOLD, Prepared, Run
from segloss.evaluation.reading import streamed
from segloss.metrics import Mask

# Volumes differ in shape: what most of them have at a place is counted on a grid of this size laid over each.
COMMON_GRID = (32, 64, 64)
SHOWN_PERCENTILES = (1, 99)  # of grey values, black and white in a picture


class WholeVolumes(Prepared):
    """The prepared cases of a 3-D protocol with their labels as they came, which stay on disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        if (folder / "truth.npy").is_file():
            self.labels = np.load(folder / "truth.npy", mmap_mode="r")
        self.seen_shapes, self.shapes = self.shapes, [sizes(row["shape"]) for row in self.rows]
        self.first_seen = np.cumsum([0, *(math.prod(shape) for shape in self.seen_shapes)])
        self.first = np.cumsum([0, *(math.prod(shape) for shape in self.shapes)])

    def truth(self, case: int) -> NDArray[np.uint8]:
        """Labels (Z, Y, X) of a case; background where nobody can tell."""
        labels = self._as_they_came(case)
        return np.where(labels == IGNORED, np.uint8(0), labels)

    def judged(self, case: int) -> Mask:
        """Where a prediction counts: everywhere but where the labels say that nobody can tell."""
        return self._as_they_came(case) != IGNORED

    def spacing_mm(self, case: int) -> tuple[float, ...] | None:
        """Distance between the voxels of the case as it came; None where it is not known."""
        return original_spacing(self.rows[case])

    def mean_training_masks(self, fold: int) -> Mask:
        """Where more than half of the fold's training volumes have each class (K, *COMMON_GRID)."""
        train = self.part(fold, "train")
        total = np.zeros((len(self.classes), *COMMON_GRID), dtype=np.int64)
        for case in train:
            labels = _on_grid(self.truth(case), COMMON_GRID)
            for label, of_class in enumerate(total, start=1):
                of_class += labels == label
        return total > THRESHOLD * len(train)

    def fitted(self, mask: Mask, case: int) -> Mask:
        """A mask of the common grid, stretched over the case."""
        return _on_grid(mask, self.shapes[case])

    def training_items(self, fold: int, settings: dict[str, Any]) -> int:
        """How many patches an epoch of a fold had."""
        return settings["patches_per_case"] * len(self.part(fold, "train"))

    def run(self, folder: Path) -> Run:
        """What training left of an arm on these cases."""
        return VolumeRun(folder, self)

    def shown(self, slices: dict[int, int]) -> dict[str, NDArray[np.uint8]]:
        """Pictures (n, S, S, 3) and labels (n, S, S) of one slice of each case; smaller ones have an empty rim."""
        side = max(max(self.shapes[case][1:]) for case in slices)
        pictures = [_padded(self._picture(case, number), side) for case, number in slices.items()]
        labels = [_padded(self._as_they_came(case)[number], side) for case, number in slices.items()]
        return {"images": np.repeat(np.stack(pictures)[..., None], 3, axis=-1), "labels": np.stack(labels)}

    def _as_they_came(self, case: int) -> NDArray[np.uint8]:
        return np.asarray(self.labels[self.first[case] : self.first[case + 1]]).reshape(self.shapes[case])

    def _picture(self, case: int, number: int) -> NDArray[np.uint8]:
        """A slice of the first channel as the network saw it, stretched to the size in which it came."""
        shape, first = self.seen_shapes[case], int(self.first_seen[case]) * len(self.provenance["channels"])
        image = self.images[first : first + math.prod(shape)].reshape(shape).astype(np.float32)
        depth, *size = self.shapes[case]
        plane = image[int((number + 0.5) * len(image) / depth)]
        black, white = np.percentile(image, SHOWN_PERCENTILES)
        grey = np.clip((plane - black) / max(white - black, 1e-6), 0, 1)
        return (255 * resize_image(grey[None], size)[0]).astype(np.uint8)


class VolumeRun(Run):
    """What training left of an arm whose predictions are labels of whole volumes."""

    prepared: WholeVolumes

    def predictions(self, fold: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Index and predicted labels (Z, Y, X) of each test case, one in memory at a time.

        Raises:
            InputError: If the run predicts other cases than the fold's test part.
        """
        path, names = self._tested(fold)
        cases = [self.prepared.index[name] for name in names]
        lengths = [math.prod(self.prepared.shapes[case]) for case in cases]
        for case, labels in zip(cases, streamed(path, "labels", lengths), strict=True):
            yield case, labels.reshape(self.prepared.shapes[case]).copy()

    def shown(self, fold: int, shown: dict[int, int]) -> tuple[str, NDArray[Any]]:
        """``predicted``, the labels (n, S, S) of one slice of each case, given as its number by case."""
        side = max(max(self.prepared.shapes[case][1:]) for case in shown)
        found = {case: labels[shown[case]] for case, labels in self.predictions(fold) if case in shown}
        return "predicted", np.stack([_padded(found[case], side) for case in shown])


def read_cases(folder: Path) -> Prepared:
    """The prepared cases of a data set, as its view says."""
    cases = Prepared(folder)
    return WholeVolumes(folder) if cases.provenance.get("view", {}).get("kind") == "volumes" else cases


def _on_grid(volume: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The nearest voxel for each one of another grid over the same volume."""
    nearest = [((np.arange(new) + 0.5) * old / new).astype(int) for old, new in zip(volume.shape, shape, strict=True)]
    return volume[np.ix_(*nearest)]


def _padded(plane: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A slice in the middle of a square."""
    gaps = [side - size for size in plane.shape]
    return np.pad(plane, [(gap // 2, gap - gap // 2) for gap in gaps])
