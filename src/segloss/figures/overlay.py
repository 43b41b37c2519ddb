"""One image with the borders of what was found in it; what is small is magnified."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from scipy import ndimage

from segloss.data.case import Sample
from segloss.figures.contours import class_legend, draw_contours, fullest_slice
from segloss.figures.magnified import box_of
from segloss.figures.montage import show
from segloss.figures.style import BELOW, WIDTH_IN, finish, new_figure, styled

SMALL = 0.5  # of the sides of the image; a box below is shown again, magnified
TALLEST = 1.6
LETTERS = 115  # in a line of the note


@styled
def overlay(sample: Sample, name: str, channels: Sequence[str], classes: Sequence[str], note: str) -> Figure:
    """The image plain and with the borders of its labels; of a volume, three planes through them.

    Args:
        sample: The image, of which colours or the first channel are shown, and its predicted labels.
        name: Of the image.
        channels: What each image channel shows.
        classes: What labels 1, 2, ... mean.
        note: Shown below the picture.
    """
    views = {"image": sample, "prediction": sample} if sample.labels.ndim == 2 else planes(sample)
    whole = sample if sample.labels.ndim == 2 else views["axial"]
    structure = largest_structure(whole.labels)
    box = box_of(structure, structure)
    if structure.any() and box[0].stop - box[0].start < SMALL * min(structure.shape):
        views["magnified"] = Sample(whole.image[:, *box], whole.labels[box], whole.spacing_mm)
    figure = new_figure(_height(views) + 1.25)
    for axes, (head, view) in zip(figure.subplots(1, len(views), squeeze=False)[0], views.items(), strict=True):
        show(axes, view, 0)
        if head != "image":
            draw_contours(axes, view.labels)
        axes.set_title(head, loc="center", fontsize=8)
    # On dark grey, as on the image: these colours do not stand out on white paper.
    legend = figure.legend(handles=class_legend(classes), **BELOW, ncols=5, title=textwrap.fill(note, LETTERS))
    legend.set(frame_on=True)
    legend.get_frame().set(facecolor="0.27", edgecolor="none")
    for text in (*legend.get_texts(), legend.get_title()):
        text.set_color("white")
    shown = "" if len(channels) in (1, 3) and sample.labels.ndim == 2 else f" ({channels[0]})"
    return finish(figure, f"{name}{shown}")


def largest_structure(labels: np.ndarray) -> np.ndarray:
    """Mask of the largest connected piece of the foreground; pixels that share a side are connected."""
    pieces, count = ndimage.label(labels > 0)
    sizes = np.bincount(pieces.ravel(), minlength=2)
    return pieces == (1 + sizes[1:].argmax()) if count else np.zeros_like(labels, dtype=bool)


def planes(sample: Sample) -> dict[str, Sample]:
    """The axial, coronal and sagittal plane with the most foreground, or in the middle of the volume without any.

    Args:
        sample: A volume (Z, Y, X) whose axes grow to superior, posterior and left; head is up in what comes back.
    """
    found = {}
    for axis, head in enumerate(("axial", "coronal", "sagittal")):
        here = fullest_slice(np.moveaxis(sample.labels, axis, 0))
        image, labels = (np.take(array, here, axis=axis - 3) for array in (sample.image, sample.labels))
        if head != "axial":
            image, labels = image[:, ::-1], labels[::-1]
        spacing = sample.spacing_mm and tuple(mm for other, mm in enumerate(sample.spacing_mm) if other != axis)
        found[head] = Sample(image, labels, spacing)
    return found


def _height(views: dict[str, Sample]) -> float:
    """Of the tallest panel, in inches."""
    ratios = []
    for view in views.values():
        row_mm, column_mm = view.spacing_mm or (1.0, 1.0)
        ratios.append(view.labels.shape[0] * row_mm / (view.labels.shape[1] * column_mm))
    return min(max(ratios), TALLEST) * (WIDTH_IN - 0.3) / len(views)
