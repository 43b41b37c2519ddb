"""Figures that explain the Kappa index: its four counts, large lesions, the limit to Dice."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from segloss.figures.examples import outline
from segloss.figures.style import COUNT_COLOURS, LOSS_COLOURS, bare, finish, new_figure, styled

COUNTS = {"a": "TP", "b": "FP", "c": "FN", "d": "TN"}


@styled
def agreement_areas() -> Figure:
    """The Kappa paper's Fig. 1 and Table 1 in the same colours: true and predicted region, and the four counts."""
    figure = new_figure(2.9)
    regions, table = figure.subplots(1, 2, width_ratios=(1.15, 1))
    draw_regions(regions)
    draw_agreement_table(table)
    return finish(figure, "Four kinds of pixels: two raters, the truth and the prediction")


def draw_regions(axes: Axes) -> None:
    """Two overlapping ellipses in an image, with the areas a, b, c and d."""
    image = Rectangle((0, 0), 10, 6, facecolor=COUNT_COLOURS["TN"], edgecolor="black")
    predicted = Ellipse((4.2, 3), 5, 3.8, facecolor=COUNT_COLOURS["FP"])
    truth = Ellipse((5.8, 3), 5, 3.8, facecolor=COUNT_COLOURS["FN"])
    both = Ellipse((5.8, 3), 5, 3.8, facecolor=COUNT_COLOURS["TP"])
    for patch in (image, predicted, truth, both):
        axes.add_patch(patch)
    both.set_clip_path(predicted)
    for centre in ((4.2, 3), (5.8, 3)):
        axes.add_patch(Ellipse(centre, 5, 3.8, fill=False, edgecolor="black"))
    for letter, place in {"a": (5, 3), "b": (2.5, 3), "c": (7.5, 3), "d": (9.4, 0.7)}.items():
        axes.text(*place, letter, fontsize=15, ha="center", va="center")
    axes.text(2.1, 5.15, "prediction", ha="center")
    axes.text(7.9, 5.15, "truth", ha="center")
    axes.set(xlim=(-0.1, 10.1), ylim=(-0.1, 6.1), aspect="equal")
    axes.axis("off")


def draw_agreement_table(axes: Axes) -> None:
    """The table of agreement with its margins."""
    for letter, (column, row) in {"a": (1, 2), "b": (2, 2), "c": (1, 1), "d": (2, 1)}.items():
        kind = COUNTS[letter]
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=COUNT_COLOURS[kind], edgecolor="black"))
        axes.text(column + 0.5, row + 0.5, f"{letter} = {kind}", ha="center", va="center", fontsize=11)
    margins = {(3.55, 2.5): "P = a + b", (3.55, 1.5): "N − P", (1.5, 0.6): "G = a + c", (2.5, 0.6): "N − G"}
    heads = {(1.5, 3.2): "true +", (2.5, 3.2): "true −", (0.4, 2.5): "predicted +", (0.4, 1.5): "predicted −"}
    for place, text in (margins | heads | {(3.55, 0.6): "N"}).items():
        axes.text(*place, text, ha="center", va="center")
    axes.set(xlim=(-0.25, 4.25), ylim=(0.2, 3.6))
    axes.axis("off")


@styled
def large_lesions(images: list[np.ndarray], masks: list[np.ndarray]) -> Figure:
    """The Kappa paper's Fig. 2 on phantoms: lesions of growing size, and what painting everything would score."""
    figure = new_figure(2.75)
    panels = figure.subplots(1, len(images))
    for axes, image, mask in zip(panels, images, masks, strict=True):
        share = mask.mean()
        axes.imshow(image)
        outline(axes, mask)
        axes.set_title(f"lesion {share:.0%} of the image", loc="center")
        axes.set_xlabel(f"paint everything:\nDice {2 * share / (1 + share):.2f}, kappa 0.00")
        bare(axes)
    return finish(figure, "Phantoms: the larger the lesion, the more Dice is had for nothing")


@styled
def limit_to_dice(indices: pd.DataFrame, counts: str) -> Figure:
    """Both indices as true negatives are added (left), and the distance that is left (right).

    Args:
        indices: Columns ``d``, ``dice``, ``kappa``.
        counts: The other three counts in words.
    """
    figure = new_figure(2.8)
    value, distance = figure.subplots(1, 2)
    value.plot(indices["d"], indices["dice"], color=LOSS_COLOURS["dice"], label="Dice index")
    value.plot(indices["d"], indices["kappa"], color=LOSS_COLOURS["kappa"], label="Kappa index")
    value.set(xscale="log", xlabel="true negatives d", ylabel="index", title=f"Indices for {counts}")
    value.legend(loc="lower right")
    beyond = indices[indices["dice"] > indices["kappa"]]
    distance.plot(beyond["d"], beyond["dice"] - beyond["kappa"], color="black")
    distance.set(xscale="log", yscale="log", xlabel="true negatives d", title="Dice index minus Kappa index")
    return finish(figure, "Kappa tends to Dice from below as true negatives are added")
