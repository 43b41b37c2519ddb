"""One look at a data set: a few cases, every modality, the borders of the classes."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segloss.data.case import Sample
from segloss.figures.contours import class_legend, draw_contours, fullest_slice, grey_range
from segloss.figures.style import WIDTH_IN, bare, finish, new_figure, styled

PANELS_ABREAST = 4
CLASSES_ABREAST = 5
PADDING_IN = 0.1


@styled
def montage(samples: Mapping[str, Sample], title: str, channels: Sequence[str], classes: Sequence[str]) -> Figure:
    """Each case plain, then each of its image channels with the borders of the classes.

    Of a volume, the axial slice with the most foreground is shown; a colour picture is one panel. A row holds one
    case, or several where they have few channels.

    Args:
        samples: By the name of the case.
        title: Above the figure.
        channels: What each image channel shows.
        classes: What labels 1, 2, ... mean.
    """
    sliced = {name: axial(sample) for name, sample in samples.items()}
    heads = ["image"] if any(map(is_colour, sliced.values())) else list(channels)
    panels_of_case = 1 + len(heads)
    abreast = max(1, min(len(samples), PANELS_ABREAST // panels_of_case))
    rows, columns = math.ceil(len(samples) / abreast), abreast * panels_of_case
    tallest = max(sample.labels.shape[0] / sample.labels.shape[1] * _aspect(sample) for sample in sliced.values())
    height = min(tallest, 1.5) * ((WIDTH_IN - 0.3) / columns - PADDING_IN) + PADDING_IN
    unjudged = any(sample.ignored is not None and sample.ignored.any() for sample in sliced.values())
    handles = class_legend(classes, unjudged)
    figure = new_figure(rows * height + 0.55 + 0.2 * math.ceil(len(handles) / CLASSES_ABREAST))
    panels = figure.subplots(rows, columns, squeeze=False)
    cases = panels.reshape(rows * abreast, panels_of_case)
    for row, (name, sample) in zip(cases, sliced.items(), strict=False):
        row[0].set_ylabel(name, fontsize=8)
        show(row[0], sample, 0)
        for channel, axes in enumerate(row[1:]):
            show(axes, sample, channel)
            draw_contours(axes, sample.labels, sample.ignored)
    for axes in cases[len(samples) :].flat:
        axes.axis("off")
    for axes, head in zip(panels[0], abreast * [f"plain {heads[0]}", *heads], strict=True):
        axes.set_title(head, loc="center", fontsize=8)
    figure.legend(handles=handles, loc="outside lower left", ncols=CLASSES_ABREAST)
    return finish(figure, title)


def axial(sample: Sample) -> Sample:
    """The sample itself where it is two-dimensional, else its slice with the most foreground."""
    if sample.labels.ndim == 2:
        return sample
    z = fullest_slice(sample.labels)
    ignored = None if sample.ignored is None else sample.ignored[z]
    spacing = sample.spacing_mm and sample.spacing_mm[1:]
    return Sample(sample.image[:, z], sample.labels[z], spacing, ignored=ignored)


def is_colour(sample: Sample) -> bool:
    """Whether the channels are red, green and blue."""
    return sample.image.dtype == np.uint8 and len(sample.image) == 3


def show(axes: Axes, sample: Sample, channel: int) -> None:
    """Draw a channel of a two-dimensional sample in grey, or its colours; pixels as large as they are."""
    bare(axes)
    if is_colour(sample):
        axes.imshow(np.moveaxis(sample.image, 0, -1), aspect=_aspect(sample))
        return
    low, high = (0, 255) if sample.image.dtype == np.uint8 else grey_range(sample.image[channel])
    axes.imshow(sample.image[channel], cmap="gray", vmin=low, vmax=high, aspect=_aspect(sample))


def _aspect(sample: Sample) -> float:
    return sample.spacing_mm[0] / sample.spacing_mm[1] if sample.spacing_mm else 1.0
