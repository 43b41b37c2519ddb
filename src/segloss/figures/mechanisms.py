"""Figures of what the losses reward and where they push, on made-up predictions."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, PercentFormatter

from segloss.figures.examples import outline
from segloss.figures.style import bare, colour_of, finish, new_figure, styled, title_of

GRADIENT_NOTE = "Gradient in one pixel's probability, times the number of pixels."


@styled
def lesion_size_curves(sweep: pd.DataFrame, note: str) -> Figure:
    """Loss and gradient of each loss as the lesion grows; ``sweep`` as :func:`probes.lesion_size_sweep` gives it."""
    figure = new_figure(5.2)
    panels = figure.subplots(2, 2, sharex=True)
    drawn = {
        "value": "Loss of a half-trained prediction",
        "everything": "Loss of predicting lesion everywhere",
        "lesion_gradient": "Pull on a lesion pixel (minus the gradient)",
        "background_gradient": "Push on a background pixel (gradient)",
    }
    for axes, (column, title) in zip(panels.flat, drawn.items(), strict=True):
        for loss, rows in sweep.groupby("loss", sort=False):
            values = rows[column].abs() if "gradient" in column else rows[column]
            axes.plot(rows["share"], values, color=colour_of(loss), label=title_of(loss))
        axes.set_title(title)
        axes.xaxis.set_major_formatter(PercentFormatter(1))
    panels[0, 1].set_ylim(0, 1.1)
    panels[0, 0].set_ylim(0, None)
    for axes in panels[1]:
        axes.set(xlabel="lesion's share of the image", yscale="log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    panels[0, 0].legend()
    return finish(figure, "The same prediction quality, lesions from 1 to 90 % of the image", note)


@styled
def area_error_curves(sweep: pd.DataFrame) -> Figure:
    """What a prediction costs that is too small or too large; ``sweep`` as :func:`probes.area_error_sweep` gives it."""
    figure = new_figure(2.9)
    panels = figure.subplots(1, sweep["share"].nunique(), sharey=True, sharex=True)
    for axes, (share, rows) in zip(panels, sweep.groupby("share"), strict=True):
        for loss, curve in rows.groupby("loss", sort=False):
            axes.plot(curve["ratio"], curve["value"], color=colour_of(loss), label=title_of(loss))
        axes.axvline(1, color="#888888", linewidth=0.8)
        axes.set(title=f"lesion {share:.0%} of the image", xlabel="predicted area / true area", ylim=(0, 1.02))
    panels[0].set_ylabel("loss")
    panels[0].legend()
    note = "Certain predictions in the right place. A curve ends where the whole image is predicted."
    return finish(figure, "Too small and too large: what an error of area costs", note)


@styled
def gradient_pictures(
    images: list[np.ndarray], masks: list[np.ndarray], maps: list[Mapping[str, np.ndarray]], foreground: str = "lesion"
) -> Figure:
    """One row per phantom: the image, then each loss's gradient map; red pixels are pushed down, blue ones up.

    ``foreground`` is what the masks are of.
    """
    columns = 1 + len(maps[0])
    figure = new_figure(0.9 + 2.1 * len(images))
    panels = figure.subplots(len(images), columns, squeeze=False)
    for row, (image, mask, gradients) in enumerate(zip(images, masks, maps, strict=True)):
        reach = max(np.abs(gradient).max() for gradient in gradients.values())
        panels[row, 0].imshow(image)
        panels[row, 0].set_ylabel(f"{foreground} {mask.mean():.0%}")
        for axes, (loss, gradient) in zip(panels[row, 1:], gradients.items(), strict=True):
            drawn = axes.imshow(gradient, cmap="RdBu_r", vmin=-reach, vmax=reach)
            panels[0, list(gradients).index(loss) + 1].set_title(f"{title_of(loss)} loss", loc="center")
        for axes in panels[row]:
            outline(axes, mask)
            bare(axes)
        figure.colorbar(drawn, ax=panels[row, 1:], shrink=0.85)
    return finish(figure, "Where each loss pushes on two phantoms: up (blue) and down (red)", GRADIENT_NOTE)


@styled
def printed_forms(forms: pd.DataFrame) -> Figure:
    """The printed equations 4 and 5 of the Kappa paper beside the right ones as the lesion grows.

    Args:
        forms: Columns ``share``, ``right_floor``, ``printed_floor`` (loss of the perfect prediction),
            ``right_lesion``, ``printed_lesion``, ``right_background``, ``printed_background`` (gradients).
    """
    figure = new_figure(2.9)
    titles = {
        "floor": "Loss of the perfect prediction",
        "lesion": "Gradient, lesion pixel",
        "background": "Gradient, background pixel",
    }
    panels = figure.subplots(1, len(titles))
    for axes, (key, title) in zip(panels, titles.items(), strict=True):
        axes.plot(forms["share"], forms[f"right_{key}"], color=colour_of("kappa"), label="right")
        axes.plot(forms["share"], forms[f"printed_{key}"], color="black", linestyle="--", label="as printed")
        axes.set(title=title, xlabel="lesion's share of the image")
        axes.xaxis.set_major_formatter(PercentFormatter(1))
    panels[0].legend()
    return finish(figure, "Equations 4 and 5 as printed, and as they follow from equation 1", GRADIENT_NOTE)
