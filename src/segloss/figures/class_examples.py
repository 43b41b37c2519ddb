"""Figures of single slices with one or several classes: labels and errors, or errors and probabilities."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from segloss.data.case import IGNORED
from segloss.figures.examples import Examples, count_map, hard_dice, outline
from segloss.figures.hard_pixels import coloured
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

WRONG = "#EE3377"
# What the two rows of a case show, of one class and of several.
ROWS = {False: ("errors", "probability"), True: ("labels", "errors")}


@styled
def slices_in_two_rows(examples: Examples | None, data: str, arms: Sequence[str], cases: int) -> Figure:
    """Two rows per case: of several classes labels and errors, of one class errors and probabilities.

    As the TopK Dice paper's Figs. 3 and 4. The image is there for phantoms only: reports of real data show no pixel of
    them.

    Args:
        examples: As :func:`segloss.figures.load_examples` gives them.
        data: Name and kind of the data set.
        arms: Arms to show; those without predictions are left out.
        cases: At most so many cases.
    """
    title = f"{data}: slices of test cases, from few to many foreground pixels"
    predicted = arms_in_order([arm for arm in arms if examples and arm in examples.probs])
    if examples is None or not predicted:
        return placeholder(title, "No predictions for this data set at this scale.")
    with_pixels = examples.kind == "phantom"
    several = examples.probs[predicted[0]].ndim == 4
    columns, shown = with_pixels + 1 + len(predicted), min(cases, len(examples.labels))
    figure = new_figure(2 * shown * (WIDTH_IN / columns + 0.1) + 1.0)
    panels = figure.subplots(2 * shown, columns, squeeze=False)
    for case in range(shown):
        pair = panels[2 * case : 2 * case + 2]
        truth = np.where(examples.labels[case] == IGNORED, 0, examples.labels[case])
        if with_pixels:
            pair[0, 0].imshow(examples.images[case])
            outline(pair[0, 0], truth > 0)
            pair[1, 0].axis("off")
        first = pair[:, int(with_pixels)]
        first[0].imshow(coloured(truth) if several else count_map(truth > 0, truth > 0))
        first[1].axis("off")
        for axes, words in zip(pair[:, 1 + with_pixels], ROWS[several], strict=True):
            axes.set_ylabel(words, fontsize=8)
        for axes, arm in zip(pair[:, 1 + with_pixels :].T, predicted, strict=True):
            draw_prediction(axes, examples.probs[arm][case], truth, coarse=not with_pixels)
    for axes in panels.flat:
        bare(axes)
    titles = ["image"] * with_pixels + ["truth", *(short_title_of(arm).replace(" + ", " +\n") for arm in predicted)]
    for axes, head in zip(panels[0], titles, strict=True):
        axes.set_title(head, loc="center", fontsize=8)
    keys = [Patch(facecolor=COUNT_COLOURS[key], label=COUNT_NAMES[key]) for key in ("TP", "FP", "FN")]
    keys = [Patch(facecolor=WRONG, label="wrong label")] if several else keys
    figure.legend(handles=keys, loc="outside lower left", ncols=3)
    return finish(figure, title)


def draw_prediction(axes: Sequence[Axes], probs: np.ndarray, truth: np.ndarray, coarse: bool) -> None:
    """Both rows of one arm: probabilities (K, H, W) of several classes with the background, or (H, W) of one.

    ``coarse`` shows them in five steps, so that of real data nothing of the image shines through.
    """
    if probs.ndim == 3:
        labels = probs.argmax(axis=0)
        axes[0].imshow(coloured(labels))
        picture = np.where((truth > 0)[..., None], 0.85, np.ones((*truth.shape, 3)))
        picture[labels != truth] = to_rgb(WRONG)
        axes[1].imshow(picture)
        present = np.union1d(np.unique(truth), np.unique(labels))
        scores = [hard_dice(labels == label, truth == label) for label in present if label > 0]
        score = float(np.mean(scores)) if scores else float("nan")
    else:
        axes[0].imshow(count_map(probs > 0.5, truth > 0))
        shown = np.round(4 * probs.astype(float)) / 4 if coarse else probs.astype(float)
        axes[1].imshow(shown, cmap="gray_r", vmin=0, vmax=1)
        outline(axes[1], truth > 0)
        score = hard_dice(probs > 0.5, truth > 0)
    axes[1].set_xlabel(f"Dice {score:.2f}", fontsize=8, labelpad=1)
