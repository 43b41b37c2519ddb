"""The gallery of test cases: image, truth, and what every arm makes of it; without pixels where the data are real."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from segloss.figures.contours import colour_of_class, draw_contours
from segloss.figures.examples import Examples, count_map, mean_dice, outline
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

BORDER = "#00B7FF"  # seen on skin, on black, on white and on grey
RIGHT, WRONG = "#D9D9D9", "#222222"  # no class has these
LABEL_IN = 0.12  # room for the words below a case


@styled
def gallery(
    examples: Examples, data: str, arms: Sequence[str], cases: int, rows: Sequence[str] = ("errors",)
) -> Figure:
    """Test cases with one column per arm, as Fig. 3 of the Kappa, Fig. 4 of the Boundary, Figs. 3-4 of the TopK paper.

    The column of images is there for phantoms only: reports of real data show no pixel of them.

    Args:
        examples: As :func:`load_examples` gives them.
        data: Name and kind of the data set.
        arms: Arms to show; those without predictions are left out.
        cases: At most so many cases.
        rows: What is shown of each case, one below the other: "labels", "errors", "probability" (of the foreground).
    """
    title = f"{data}: test cases from little to much foreground"
    predicted = arms_in_order([arm for arm in arms if arm in examples.probs])
    if not predicted:
        return placeholder(title, examples.why_none)
    with_pixels = examples.kind == "phantom"
    several = examples.probs[predicted[0]].ndim == 4
    shown, columns = min(cases, len(examples.labels)), with_pixels + 1 + len(predicted)
    figure = new_figure(shown * (len(rows) * WIDTH_IN / columns + LABEL_IN) + 1.0)
    panels = figure.subplots(len(rows) * shown, columns, squeeze=False)
    for axes in panels.flat:
        bare(axes)
    for case in range(shown):
        of_case = panels[len(rows) * case : len(rows) * (case + 1)]
        for axes in of_case[1:, : 1 + with_pixels].flat:
            axes.axis("off")
        draw_truth(of_case[0, : 1 + with_pixels], examples, case, several)
        for arm, column in zip(predicted, of_case[:, 1 + with_pixels :].T, strict=True):
            draw_prediction(column, examples, arm, case, rows)
        if len(rows) > 1:
            for axes, words in zip(of_case[:, 1 + with_pixels], rows, strict=True):
                axes.set_ylabel(words, fontsize=8)
    broken = [short_title_of(arm).replace(", ", ",\n").replace(" + ", " +\n") for arm in predicted]
    for axes, head in zip(panels[0], ["image"] * with_pixels + ["truth", *broken], strict=True):
        axes.set_title(head, loc="center", fontsize=8)
    figure.legend(handles=legend(examples, several, rows), loc="outside lower left", ncols=5)
    return finish(figure, title)


def draw_truth(panels: Sequence[Axes], examples: Examples, case: int, several: bool) -> None:
    """The image, where there is a panel for it, and the true labels."""
    truth = examples.truth(case)
    if len(panels) > 1:
        panels[0].imshow(examples.images[case])
        if several:
            draw_contours(panels[0], truth)
        else:
            outline(panels[0], truth > 0, BORDER)
    panels[-1].imshow(coloured(truth) if several else count_map(truth > 0, truth > 0))
    share = (truth > 0).mean()
    panels[-1].set_xlabel(f"area {share:.0%}" if share >= 0.1 else f"area {share:.1%}", fontsize=8, labelpad=1)


def draw_prediction(panels: Sequence[Axes], examples: Examples, arm: str, case: int, rows: Sequence[str]) -> None:
    """What one arm makes of a case, one panel per row; its Dice index below."""
    probs, truth, labels = examples.probs[arm][case], examples.truth(case), examples.prediction(arm, case)
    for axes, row in zip(panels, rows, strict=True):
        if row == "labels":
            axes.imshow(coloured(labels))
        elif row == "errors":
            axes.imshow(wrong_labels(labels, truth) if probs.ndim == 3 else count_map(labels > 0, truth > 0))
        else:
            foreground = (1 - probs[0] if probs.ndim == 3 else probs).astype(float)
            # In five steps, so that of real data nothing of the image shines through.
            steps = foreground if examples.kind == "phantom" else np.round(4 * foreground) / 4
            axes.imshow(steps, cmap="gray_r", vmin=0, vmax=1)
            outline(axes, truth > 0, BORDER)
    panels[-1].set_xlabel(f"Dice {mean_dice(labels, truth):.2f}", fontsize=8, labelpad=1)


def wrong_labels(labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Colour picture (H, W, 3) of several classes: foreground with the right label, and pixels with a wrong one."""
    picture = np.ones((*truth.shape, 3))
    picture[truth > 0] = to_rgb(RIGHT)
    picture[labels != truth] = to_rgb(WRONG)
    return picture


def legend(examples: Examples, several: bool, rows: Sequence[str]) -> list[Artist]:
    """The colours that occur: of classes, of errors, of the border."""
    keys: list[Artist] = []
    if several:
        keys += [Patch(facecolor=colour_of_class(k), label=name) for k, name in enumerate(examples.classes, 1)]
        errors = {"right label": RIGHT, "wrong label": WRONG}
    else:
        errors = {COUNT_NAMES[key]: COUNT_COLOURS[key] for key in ("TP", "FP", "FN")}
    if "errors" in rows:
        keys += [Patch(facecolor=colour, label=name) for name, colour in errors.items()]
    if "probability" in rows or (examples.kind == "phantom" and not several):
        keys.append(Line2D([], [], color=BORDER, label="border of the truth"))
    return keys
