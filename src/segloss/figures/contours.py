"""Contours of the classes over an image: which colour, which slice, which greys."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from segloss.data.case import IGNORED

# Bright enough for skin, black air and white bone alike, neighbours in the list told apart by hue.
CLASS_COLOURS = (
    *("#FFD400", "#00B7FF", "#FF4D6D", "#4DE07A", "#C77DFF", "#FF8C1A", "#00E5D0", "#FF9BE0"),
    *("#B5D300", "#7C9BFF", "#D9A066", "#F2F2F2", "#A0A0A0"),
)
IGNORED_COLOUR = "#C8C8C8"


def colour_of_class(label: int) -> str:
    """Colour of a label from 1 upwards; it begins anew after the last."""
    return CLASS_COLOURS[(label - 1) % len(CLASS_COLOURS)]


def fullest_slice(labels: np.ndarray) -> int:
    """Index of the axial slice of labels (Z, Y, X) with the most foreground; the middle one where there is none."""
    foreground = ((labels > 0) & (labels != IGNORED)).sum(axis=(1, 2))
    return int(foreground.argmax()) if foreground.any() else len(labels) // 2


def grey_range(values: np.ndarray) -> tuple[float, float]:
    """Values shown as black and as white: a few bright voxels must not darken all others."""
    low, high = np.percentile(values, [0.5, 99.5])
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def draw_contours(axes: Axes, labels: np.ndarray, ignored: np.ndarray | None = None) -> None:
    """The border of each class of labels (Y, X), dashed where nobody judges."""
    for label in np.setdiff1d(labels, [0, IGNORED]):
        _border(axes, labels == label, colour_of_class(int(label)), "solid")
    _border(axes, labels == IGNORED if ignored is None else ignored, IGNORED_COLOUR, "dashed")


def class_legend(classes: Sequence[str], ignored: bool = False) -> list[Line2D]:
    """A line for each class, the first is label 1, and for what nobody judges where there is any."""
    lines = [Line2D([], [], color=colour_of_class(k), linewidth=2.5, label=name) for k, name in enumerate(classes, 1)]
    if ignored:
        lines.append(Line2D([], [], color=IGNORED_COLOUR, linestyle="dashed", label="left out of the evaluation"))
    return lines


def _border(axes: Axes, mask: np.ndarray, colour: str, style: str) -> None:
    if mask.any() and not mask.all():
        axes.contour(mask, levels=[0.5], colors=colour, linewidths=0.8, linestyles=style)
