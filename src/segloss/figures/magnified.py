"""Figures of single slices with a magnified part, one panel per arm; Figs. 3 and 4 of the Unified Focal paper.

The image is there for phantoms only: reports of real data show contours, no pixel of them.
"""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from segloss.figures.contours import class_legend, draw_contours
from segloss.figures.examples import Examples, mean_dice
from segloss.figures.style import BELOW, WIDTH_IN, bare, finish, new_figure, placeholder, short_title_of, styled

ABREAST = 7
GROUND = 70  # the grey below the contours where no pixel may be shown
MARGIN = 0.25  # around the structures, as a share of their size


@styled
def magnified_slices(examples: Examples, data: str, arms: Sequence[str], classes: Sequence[str], cases: int) -> Figure:
    """Per case the whole slice, then its part with the structures: the truth and the contours of every arm.

    Args:
        examples: As :func:`segloss.figures.load_examples` gives them.
        data: Name and kind of the data set.
        arms: Arms to show; those without predictions are left out.
        classes: What labels 1, 2, ... mean.
        cases: At most so many cases.
    """
    title = f"{data}: slices of test cases, magnified"
    predicted = [arm for arm in arms if arm in examples.arms]
    if not predicted:
        return placeholder(title, examples.why_none)
    shown = min(cases, len(examples.labels))
    columns = min(ABREAST, 2 + len(predicted))
    rows = math.ceil((2 + len(predicted)) / columns)
    figure = new_figure(shown * rows * (WIDTH_IN / columns + 0.5) + 0.9)
    panels = figure.subplots(shown * rows, columns, squeeze=False).reshape(shown, rows * columns)
    for case, row in enumerate(panels):
        draw_case(row, examples, case, predicted, len(classes))
        for axes in row[2 + len(predicted) :]:
            axes.axis("off")
    truth = Line2D([], [], color="white", linestyle=":", linewidth=1.2, label="truth")
    note = f"Below each: Dice in this slice, of {', '.join(classes)}."
    legend = figure.legend(handles=[*class_legend(classes), truth], **BELOW, ncols=len(classes) + 1, title=note)
    legend.set(frame_on=True)
    legend.get_frame().set(facecolor=str(GROUND / 255), edgecolor="none")
    for text in (*legend.get_texts(), legend.get_title()):
        text.set_color("white")
    return finish(figure, title)


def draw_case(panels: np.ndarray, examples: Examples, case: int, arms: Sequence[str], classes: int) -> None:
    """The panels of one case, with so many classes."""
    truth = examples.truth(case)
    image = examples.images[case] if examples.kind == "phantom" else np.full((*truth.shape, 3), GROUND, dtype=np.uint8)
    predictions = [examples.prediction(arm, case) for arm in arms]
    rows, columns = box_of(np.any([truth > 0, *(labels > 0 for labels in predictions)], axis=0), truth > 0)
    panels[0].imshow(image)
    draw_contours(panels[0], truth)
    frame = Rectangle((columns.start, rows.start), columns.stop - columns.start, rows.stop - rows.start)
    frame.set(facecolor="none", edgecolor="white", linewidth=0.8)
    panels[0].add_patch(frame)
    panels[0].set_title("slice, truth", loc="center", fontsize=7)
    titles = ["truth, magnified", *(textwrap.fill(short_title_of(arm), 18) for arm in arms)]
    for axes, labels, head in zip(panels[1:], [truth, *predictions], titles, strict=False):
        part = (rows, columns)
        axes.imshow(image[part])
        draw_contours(axes, labels[part])
        if labels is not truth:
            outline_truth(axes, truth[part])
            scores = [mean_dice(labels == label, truth == label) for label in range(1, classes + 1)]
            words = ["–" if math.isnan(score) else f"{score:.2f}" for score in scores]
            axes.set_xlabel(" · ".join(words), fontsize=7, labelpad=1)
        axes.set_title(head, loc="center", fontsize=7)
    for axes in panels:
        bare(axes)


def box_of(wanted: np.ndarray, truth: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns around the truth, or around all contours where there is none; a square inside the slice."""
    inside = truth if truth.any() else wanted
    if not inside.any():
        return slice(0, len(truth)), slice(0, truth.shape[1])
    ends = [(line.min(), line.max() + 1) for line in np.nonzero(inside)]
    side = min(math.ceil((1 + 2 * MARGIN) * max(high - low for low, high in ends)), *truth.shape)
    starts = [
        min(max(0, (low + high - side) // 2), length - side)
        for (low, high), length in zip(ends, truth.shape, strict=True)
    ]
    return slice(starts[0], starts[0] + side), slice(starts[1], starts[1] + side)


def outline_truth(axes: Axes, truth: np.ndarray) -> None:
    """The border of every true structure, dotted white."""
    for label in np.unique(truth[truth > 0]):
        if not (truth == label).all():
            axes.contour(truth == label, levels=[0.5], colors="white", linewidths=0.7, linestyles=":")
