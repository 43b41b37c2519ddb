"""Figures that explain the survey: its Figs. 1 to 6, the log-cosh of the Dice loss, and what Table III allows."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from segloss.figures.contours import grey_range
from segloss.figures.examples import outline
from segloss.figures.style import (
    COUNT_COLOURS,
    WIDTH_IN,
    bare,
    colour_of,
    finish,
    new_figure,
    styled,
    title_of,
)
from segloss.figures.survey_values import farthest
from segloss.verdicts.survey_arithmetic import ROUNDING, PossibleRow, highest_dice

PAIR = ("dice", "log_cosh_dice")
# Of a family of curves from pale to dark; dark enough on white, with a line style each for those who see no hue.
SHADES = ("#88CCEE", "#0072B2", "#332288", "#117733")
DASHES = ("-", "--", "-.", ":")
# Where a name stands that would cross another to its right: points to the right and up, and on which side it ends.
LABEL_PLACES = {
    "log_cosh_dice": (-6, 6, "right"),
    "cross_entropy": (-6, 0, "right"),
    "weighted_cross_entropy": (-6, 0, "right"),
    "exponential_logarithmic": (-6, 2, "right"),
}


@styled
def foregrounds(phantoms: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """The survey's Figs. 1 and 6: pictures with few and with many foreground pixels, and their shares.

    Args:
        phantoms: Image (H, W) and mask (H, W) by name.
    """
    figure = new_figure(2.2)
    panels = figure.subplots(1, 2 * len(phantoms) + 1)
    for place, (name, (image, mask)) in enumerate(phantoms.items()):
        picture, white = panels[2 * place : 2 * place + 2]
        low, high = grey_range(image)
        picture.imshow(image, cmap="gray", vmin=low, vmax=high)
        white.imshow(mask, cmap="gray", vmin=0, vmax=1)
        picture.set_title(name, fontsize=8.5)
        white.set_title("mask", fontsize=8.5)
        for axes in (picture, white):
            bare(axes)
    shares = [100 * mask.mean() for _, mask in phantoms.values()]
    bars = panels[-1].bar(range(len(shares)), shares, color="#777777", width=0.6)
    panels[-1].bar_label(bars, fmt="%.1f %%", fontsize=8)
    panels[-1].set_xticks(range(len(shares)), [name.replace(" ", "\n") for name in phantoms], fontsize=7.5)
    panels[-1].set_title("foreground", fontsize=8.5)
    panels[-1].set(ylim=(0, 1.25 * max(shares)), yticks=[])
    panels[-1].set_box_aspect(1)
    return finish(figure, "White pixels may be fewer than black ones, a little or by far")


@styled
def cross_entropy_curves(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """The survey's Fig. 2 with its relatives: the loss of one pixel by its probability, one panel per family.

    Args:
        curves: As :func:`survey_values.pixel_curves` gives them, by the title of the panel. They are of a
            foreground pixel; where a panel has one curve, the background pixel is drawn beside it.
    """
    figure = new_figure(2.9)
    panels = figure.subplots(1, len(curves), sharey=True)
    for axes, (title, frame) in zip(panels, curves.items(), strict=True):
        labels = list(frame["label"].unique())
        for label, colour, dashes in zip(labels, SHADES, DASHES, strict=False):
            rows = frame[(frame["label"] == label) & (frame["target"] == 1)]
            name = "foreground pixel" if len(labels) == 1 else label
            axes.plot(rows["probability"], rows["loss"], color=SHADES[1] if len(labels) == 1 else colour,
                      linestyle=dashes, label=name)  # fmt: skip
        if len(labels) == 1:
            rows = frame[frame["target"] == 0]
            axes.plot(rows["probability"], rows["loss"], color=colour_of("cross_entropy"), linestyle="--",
                      label="background pixel")  # fmt: skip
        axes.set(title=title, xlabel="probability of foreground", xlim=(0, 1), ylim=(0, 5.4))
        axes.legend(loc="upper center" if len(labels) == 1 else "upper right")
    panels[0].set_ylabel("loss of one pixel")
    return finish(figure, "Cross entropy, weighted and focused", "Middle and right: a foreground pixel.")


@styled
def hyperbolic_functions() -> Figure:
    """The survey's Figs. 4 and 5, and the log-cosh of them, with the part that a Dice loss can reach."""
    figure = new_figure(2.9)
    cosh, tanh, log_cosh = figure.subplots(1, 3)
    x = np.linspace(-3, 3, 241)
    cosh.plot(x, np.exp(x) / 2, color=SHADES[0], linestyle="--", label=r"$e^{x}/2$")
    cosh.plot(x, np.exp(-x) / 2, color=SHADES[2], linestyle=":", label=r"$e^{-x}/2$")
    cosh.plot(x, np.cosh(x), color="black", label=r"$\cosh x$, their sum")
    cosh.set(title="Eq. 28 (Fig. 4)", ylim=(0, 10.5), xlabel="x")
    cosh.legend(loc="upper center")
    tanh.plot(x, np.tanh(x), color="black", label=r"$\tanh x$")
    tanh.plot(x, x, color=SHADES[1], linestyle="--", label="x")
    tanh.set(title="Eq. 31 (Fig. 5), the slope", ylim=(-1.5, 1.5), xlabel="x")
    tanh.legend(loc="upper left")
    log_cosh.plot(x, np.log(np.cosh(x)), color="black", label=r"$\log \cosh x$")
    log_cosh.plot(x, x**2 / 2, color=SHADES[1], linestyle="--", label=r"$x^2/2$")
    log_cosh.plot(x, np.abs(x) - np.log(2), color=SHADES[2], linestyle=":", label=r"$|x| - \log 2$")
    log_cosh.set(title="Eq. 30", ylim=(0, 3.6), xlabel="x")
    log_cosh.legend(loc="upper center")
    for axes in (tanh, log_cosh):
        axes.axvspan(0, 1, color=COUNT_COLOURS["TP"], alpha=0.45, linewidth=0)
    return finish(
        figure, "Cosh, its logarithm and its slope", "Grey: where x can be if it is a Dice loss, from 0 to 1."
    )


@styled
def log_cosh_of_dice(push: pd.DataFrame, way: pd.DataFrame, two_images: pd.DataFrame) -> Figure:
    """What log-cosh makes of the Dice loss: its value and push, a bulge that stays, and what it changes in a batch.

    Args:
        push: As :func:`survey_values.push_by_dice` gives it.
        way: As :func:`survey_values.along_a_segment` gives it.
        two_images: As :func:`survey_values.pull_of_two_images` gives it.
    """
    figure = new_figure(5.4)
    (value, gradient), (bulge, batch) = figure.subplots(2, 2)
    for name in PAIR:
        look = {"color": colour_of(name), "linestyle": DASHES[PAIR.index(name)], "label": title_of(name)}
        value.plot(push["index"], push[name], **look)
        gradient.plot(push["index"], push[f"{name}_push"], **look)
        bulge.plot(way["way"], way[name], **look)
        bulge.plot(way["way"], way[f"{name}_chord"], color=colour_of(name), linewidth=0.9, linestyle=":")
        batch.plot(two_images["index"], two_images[name], **look)
    value.set(title="Value", xlabel="Dice index of the prediction", ylabel="loss", xlim=(0, 1), ylim=(0, 1.02))
    gradient.set(title="Push on the prediction", xlabel="Dice index of the prediction", xlim=(0, 1), ylim=(0, 1.08))
    gradient.set_ylabel("length of the gradient,\nshare of Dice's")
    bulge.set(title="From one prediction to another, and straight (dotted)", xlabel="way", ylabel="loss", xlim=(0, 1))
    bulge.margins(y=0.12)
    batch.set(title="Share of the harder of two images", xlabel="Dice index of the easier image", ylim=(0.4, 1.02))
    batch.set(ylabel="of both weights", xlim=(two_images["index"].min(), 1))
    value.legend(loc="upper right")
    return finish(figure, "What log-cosh changes in the Dice loss, and what it leaves")


@styled
def possible_region(rows: Sequence[PossibleRow], lowest: float = 0.93) -> Figure:
    """Table III in the plane of sensitivity and Dice, with the bound that no prediction passes (errata S21)."""
    figure = new_figure(4.3)
    axes = figure.subplots()
    sensitivity = np.linspace(lowest, 1, 200)
    bound = [highest_dice(s) for s in sensitivity]
    axes.fill_between(sensitivity, bound, 1.002, color="#DDDDDD", linewidth=0)
    axes.plot(sensitivity, bound, color="black", linewidth=1.2)
    axes.text(0.937, 0.988, "impossible: above 2s / (1 + s),\nno false positive at all", fontsize=8.5, va="center")
    size = 2 * ROUNDING
    for row in rows:
        corner = (row.sensitivity - ROUNDING, row.dice - ROUNDING)
        axes.add_patch(Rectangle(corner, size, size, fill=False, edgecolor=colour_of(row.arm), linewidth=0.9))
        axes.plot(row.sensitivity, row.dice, "o", color=colour_of(row.arm), markersize=3)
        dx, dy, align = LABEL_PLACES.get(row.arm, (6, -1, "left"))
        axes.annotate(title_of(row.arm), (row.sensitivity, row.dice), (dx, dy), textcoords="offset points",
                      fontsize=8, ha=align, va="center")  # fmt: skip
        if not row.possible:
            exchanged = row.dice, row.sensitivity
            axes.plot(*exchanged, "o", markerfacecolor="white", color=colour_of(row.arm), markersize=3)
            axes.annotate(
                "", exchanged, (row.sensitivity, row.dice), arrowprops={"arrowstyle": "->", "color": "#555555"}
            )
            axes.annotate("both cells exchanged", exchanged, (6, -10), textcoords="offset points", fontsize=8)
    axes.set(xlim=(lowest, 1.007), ylim=(lowest, 1.002), xlabel="sensitivity s, Table III", ylabel="Dice, Table III")
    note = "Boxes: what a cell of three decimals can stand for."
    return finish(figure, "One row of Table III lies where no prediction can", note)


@styled
def one_sided_distances(truth: np.ndarray, masks: Mapping[str, np.ndarray], sides: pd.DataFrame) -> Figure:
    """The survey's Fig. 3: the distance from one contour to another, both ways (errata S13).

    Args:
        truth: True mask (H, W).
        masks: Predicted masks (H, W) by name.
        sides: As :func:`survey_values.sides_of_the_distance` gives it.
    """
    figure = new_figure(WIDTH_IN / len(masks) * 0.85 + 1.1)
    panels = figure.subplots(1, len(masks))
    ours, theirs = colour_of("dice"), colour_of("log_cosh_dice")
    for axes, (name, mask), row in zip(panels, masks.items(), sides.itertuples(), strict=True):
        axes.imshow(np.ones((*truth.shape, 3)))
        outline(axes, truth, ours)
        outline(axes, mask, theirs)
        for pair, colour in ((farthest(truth, mask), ours), (farthest(mask, truth), theirs)):
            if (pair[0] != pair[1]).any():
                axes.plot(*pair.T, color=colour, linewidth=2.2)
                axes.plot(*pair[0], "o", color=colour, markersize=4)
        axes.set_title(name, loc="center")
        axes.set_xlabel(f"from X {row.from_truth:.1f}, from Y {row.from_prediction:.1f}")
        bare(axes)
    lines = [Line2D([], [], color=ours, label="X, the truth"), Line2D([], [], color=theirs, label="Y, a prediction")]
    figure.legend(handles=lines, loc="outside lower left", ncols=2)
    return finish(figure, "Equation 23 from either side, in pixels: the Hausdorff distance is the larger one")
