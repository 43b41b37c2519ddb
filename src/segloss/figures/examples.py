"""Figures of single cases: image, truth, and each arm's errors; without pixels where the data are real."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from segloss.figures.style import (
    COUNT_COLOURS,
    COUNT_NAMES,
    WIDTH_IN,
    arms_in_order,
    bare,
    finish,
    new_figure,
    placeholder,
    short_title_of,
    styled,
)


@dataclass(frozen=True)
class Examples:
    """A few test cases with every arm's prediction.

    Attributes:
        title: Of the data set.
        kind: "phantom", "subset" or "paper".
        images: Pictures, uint8 (n, S, S, 3).
        labels: Masks (n, S, S).
        probs: Foreground probabilities (n, S, S) by arm, of pictures and slices; (n, C, S, S) of several classes.
        predicted: Labels (n, S, S) by arm, of volumes.
    """

    title: str
    kind: str
    images: np.ndarray
    labels: np.ndarray
    probs: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms with predictions of either kind."""
        return (*self.probs, *self.predicted)

    def predicted_labels(self, arm: str) -> np.ndarray:
        """What an arm predicts as labels (n, S, S): the class with the highest probability, of one class above 0.5."""
        if arm in self.predicted:
            return self.predicted[arm]
        probs = self.probs[arm]
        return probs.argmax(axis=1) if probs.ndim == 4 else (probs > 0.5).astype(int)


def load_examples(folder: Path | str) -> Examples | None:
    """Read the folder of examples that the evaluation wrote for a data set; None if it wrote none."""
    folder = Path(folder)
    if not (folder / "examples.npz").is_file():
        return None
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    with np.load(folder / "examples.npz") as arrays:
        probs, predicted = (
            {name.removeprefix(kind): arrays[name] for name in arrays if name.startswith(kind)}
            for kind in ("probs_", "predicted_")
        )
        names = provenance["title"], provenance["kind"]
        return Examples(*names, arrays["images"], arrays["labels"], probs, predicted)


@styled
def gallery(examples: Examples | None, data: str, arms: Sequence[str], cases: int, objects: str = "lesions") -> Figure:
    """One row per case: image, truth, one error map per arm, as the Kappa paper's Fig. 3.

    The column of images is there for phantoms only: reports of real data show no pixel of them.

    Args:
        examples: As :func:`load_examples` gives them.
        data: Name and kind of the data set.
        arms: Arms to show; those without predictions are left out.
        cases: At most so many rows.
        objects: What the masks are of.
    """
    title = f"{data}: test cases from small to large {objects}"
    predicted = arms_in_order([arm for arm in arms if examples and arm in examples.probs])
    if examples is None or not predicted:
        return placeholder(title, "No predictions for this data set at this scale.")
    with_pixels = examples.kind == "phantom"
    columns = with_pixels + 1 + len(predicted)
    rows = min(cases, len(examples.labels))
    side = WIDTH_IN / columns
    figure = new_figure(rows * (side + 0.12) + 1.0)
    panels = figure.subplots(rows, columns, squeeze=False)
    for row in range(rows):
        draw_case(panels[row], examples, row, predicted, with_pixels)
    titles = ["image"] * with_pixels + ["truth", *(short_title_of(arm).replace(", ", ",\n") for arm in predicted)]
    for axes, head in zip(panels[0], titles, strict=True):
        axes.set_title(head, loc="center", fontsize=8)
    keys = [Patch(facecolor=COUNT_COLOURS[key], label=COUNT_NAMES[key]) for key in ("TP", "FP", "FN")]
    border = Line2D([], [], color="black", linewidth=0.7, label="border of the truth")
    figure.legend(handles=[*keys, border], loc="outside lower left", ncols=4)
    return finish(figure, title)


def draw_case(panels: np.ndarray, examples: Examples, row: int, arms: list[str], with_pixels: bool) -> None:
    """One row of :func:`gallery`."""
    truth = examples.labels[row] > 0
    if with_pixels:
        panels[0].imshow(examples.images[row])
    first = int(with_pixels)
    panels[first].imshow(count_map(truth, truth))
    panels[first].set_xlabel(f"area {truth.mean():.0%}", fontsize=8, labelpad=1)
    for axes, arm in zip(panels[first + 1 :], arms, strict=True):
        prediction = examples.probs[arm][row] > 0.5
        axes.imshow(count_map(prediction, truth))
        axes.set_xlabel(f"Dice {hard_dice(prediction, truth):.2f}", fontsize=8, labelpad=1)
    for axes in panels:
        bare(axes)
        outline(axes, truth)


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


def hard_dice(prediction: np.ndarray, truth: np.ndarray) -> float:
    """Dice index of two masks; NaN where both are empty."""
    total = prediction.sum() + truth.sum()
    return 2 * (prediction & truth).sum() / total if total else float("nan")
