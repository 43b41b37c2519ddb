"""The few test cases that figures show, and how a mask and its errors are drawn."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from segloss.data.case import IGNORED
from segloss.figures.style import COUNT_COLOURS


@dataclass(frozen=True)
class Examples:
    """A few test cases with every arm's prediction; of a volume, one slice.

    Attributes:
        title: Of the data set.
        kind: "phantom", "subset" or "paper".
        images: Pictures, uint8 (n, S, S, 3).
        labels: Labels (n, S, S), 255 where nobody can tell.
        probs: Probabilities by arm, of pictures and slices: (n, S, S) of one class, (n, 1 + classes, S, S) of several,
            the background first.
        predicted: Labels (n, S, S) by arm, of volumes.
        classes: What labels 1, 2, ... mean.
        why_none: What a figure says that has no prediction to show.
    """

    title: str
    kind: str
    images: np.ndarray
    labels: np.ndarray
    probs: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    why_none: str = "No predictions for this data set at this scale."

    @classmethod
    def none(cls, why: str = why_none) -> "Examples":
        """No cases at all."""
        empty = np.empty((0, 0, 0), np.uint8)
        return cls("", "absent", empty[..., None], empty, {}, why_none=why)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms with predictions of either kind."""
        return (*self.probs, *self.predicted)

    def truth(self, case: int) -> np.ndarray:
        """True labels (S, S); background where nobody can tell."""
        return np.where(self.labels[case] == IGNORED, 0, self.labels[case])

    def prediction(self, arm: str, case: int) -> np.ndarray:
        """Predicted labels (S, S), decided as the evaluation decides; background where nobody can tell."""
        if arm in self.predicted:
            labels = self.predicted[arm][case]
        else:
            probs = self.probs[arm][case]
            labels = probs.argmax(axis=0) if probs.ndim == 3 else (probs > 0.5).astype(int)
        return np.where(self.labels[case] == IGNORED, 0, labels)


def load_examples(folder: Path | str) -> Examples:
    """Read the folder of examples that the evaluation wrote for a data set.

    Args:
        folder: ``<paper>/<data set>``. Where that of the paper is missing, the pipeline has not run here.

    Returns:
        No cases where the evaluation wrote none or has not run; a figure of them says which.
    """
    folder = Path(folder)
    if not folder.parent.is_dir():
        command = f"`make reproduce PAPER={folder.parent.name}`"
        return Examples.none(f"The full run shows predictions of test cases here: {command} makes them.")
    if not (folder / "examples.npz").is_file():
        return Examples.none()
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    with np.load(folder / "examples.npz") as arrays:
        probs, predicted = (
            {name.removeprefix(kind): arrays[name] for name in arrays if name.startswith(kind)}
            for kind in ("probs_", "predicted_")
        )
        facts = provenance["title"], provenance["kind"], arrays["images"], arrays["labels"]
        return Examples(*facts, probs, predicted, tuple(provenance.get("classes", ())))


def count_map(prediction: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Colour picture (H, W, 3) of true positives, false positives and false negatives."""
    picture = np.empty((*truth.shape, 3))
    picture[~prediction & ~truth] = to_rgb(COUNT_COLOURS["TN"])
    picture[prediction & truth] = to_rgb(COUNT_COLOURS["TP"])
    picture[prediction & ~truth] = to_rgb(COUNT_COLOURS["FP"])
    picture[~prediction & truth] = to_rgb(COUNT_COLOURS["FN"])
    return picture


def outline(axes: Axes, mask: np.ndarray, colour: str = "black") -> None:
    """The border of a mask as a thin line; nothing where the mask is empty or full."""
    if mask.any() and not mask.all():
        axes.contour(mask, levels=[0.5], colors=colour, linewidths=0.7)


def mean_dice(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Dice index of two label maps, a mean over the classes that one of them has; NaN where both are empty.

    >>> mean_dice(np.array([1, 1, 2]), np.array([1, 0, 0]))    # 2/3 of the first class, 0 of the second
    0.3333333333333333
    """
    present = [label for label in np.union1d(prediction, truth) if label > 0]
    pairs = [(prediction == label, truth == label) for label in present]
    return float(np.mean([2 * (p & t).sum() / (p.sum() + t.sum()) for p, t in pairs])) if pairs else float("nan")
