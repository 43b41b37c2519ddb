"""Figures of the pixels that topK Dice keeps and ignores, and of where it then pushes; Figs. 1 and 2 of the paper."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import SymLogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from segloss.figures.contours import colour_of_class, grey_range
from segloss.figures.examples import outline
from segloss.figures.mechanisms import GRADIENT_NOTE
from segloss.figures.style import COUNT_COLOURS, bare, finish, new_figure, styled

IGNORED_COLOUR = "#D0D0D0"


@styled
def ignored_pixels(
    image: np.ndarray, labels: np.ndarray, ignored: np.ndarray, keep: float, names: Sequence[str]
) -> Figure:
    """Image, labels, ignore map and what is left of the labels, as the paper's Fig. 1.

    Args:
        image: Grey values (H, W).
        labels: Integer labels (H, W).
        ignored: The ignore map (H, W) of all classes together.
        keep: Share of the true pixels that is kept.
        names: Of the labels 1, 2, ...
    """
    low, high = grey_range(image)
    pictures = {
        "(a) image": (image - low) / (high - low),
        "(b) labels": coloured(labels),
        f"(c) ignored, K = {keep:.0%}": np.where(ignored, 0.0, 1.0),
        "(d) labels that are left": coloured(np.where(ignored, 0, labels)),
    }
    figure = new_figure(2.8)
    for axes, (title, picture) in zip(figure.subplots(1, 4), pictures.items(), strict=True):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes.set_title(title, loc="center", fontsize=8)
        bare(axes)
    found = [int(label) for label in np.unique(labels[labels > 0])]
    keys = [Patch(color=colour_of_class(label), label=names[label - 1]) for label in found]
    figure.legend(handles=keys, loc="outside lower left", ncols=5, fontsize=8)
    return finish(figure, "The easy part of every organ is ignored", "A phantom, predicted as its blurred labels.")


@styled
def kept_by_share(
    probs: np.ndarray, mask: np.ndarray, kept: Mapping[float, np.ndarray], losses: pd.DataFrame
) -> Figure:
    """One prediction and the true pixels that each K keeps, with the loss, as the paper's Fig. 2.

    Args:
        probs: Foreground probabilities (H, W), the same in every panel.
        mask: True pixels (H, W).
        kept: Those that are kept (H, W), by share.
        losses: Columns keep and loss.
    """
    figure = new_figure(2.7)
    panels = figure.subplots(1, 1 + len(kept))
    drawn = panels[0].imshow(probs, cmap="viridis", vmin=0, vmax=1)
    panels[0].set_title("prediction", loc="center", fontsize=8)
    values = losses.set_index("keep")["loss"]
    for axes, (keep, pixels) in zip(panels[1:], kept.items(), strict=True):
        axes.imshow(kept_picture(probs, mask, pixels))
        axes.set_title(f"K = {keep:.0%}\nloss {values[keep]:.3f}", loc="center", fontsize=8)
    for axes in panels:
        bare(axes)
        outline(axes, probs > 0.5, "#D55E00")
    figure.colorbar(drawn, ax=panels, shrink=0.8, aspect=40, orientation="horizontal", label="predicted probability")
    keys = [
        Patch(facecolor=IGNORED_COLOUR, label="ignored"),
        Line2D([], [], color="#D55E00", label="border of the prediction"),
    ]
    figure.legend(handles=keys, loc="outside lower left", ncols=2)
    return finish(figure, "Fewer and harder true pixels: one prediction, five losses")


@styled
def gradients_by_share(mask: np.ndarray, gradients: Mapping[float, np.ndarray]) -> Figure:
    """Gradient maps of one prediction for several K; red pixels are pushed down, blue ones up.

    All panels share one scale, logarithmic beyond 1.
    """
    figure = new_figure(2.9)
    panels = figure.subplots(1, len(gradients))
    reach = max(np.abs(gradient).max() for gradient in gradients.values())
    for axes, (keep, gradient) in zip(panels, gradients.items(), strict=True):
        drawn = axes.imshow(gradient, cmap="RdBu_r", norm=SymLogNorm(1, vmin=-reach, vmax=reach))
        axes.set_title(f"K = {keep:.0%}", loc="center")
        outline(axes, mask)
        bare(axes)
    figure.colorbar(drawn, ax=panels, shrink=0.8)
    return finish(figure, "Where topK Dice pushes: up (blue) and down (red)", GRADIENT_NOTE)


@styled
def missed_and_added(sweep: pd.DataFrame) -> Figure:
    """What a missed and an added part cost by K; ``sweep`` as :func:`topk_probes.missed_and_added_sweep` gives it."""
    figure = new_figure(3.0)
    panels = figure.subplots(1, sweep["error"].nunique(), sharey=True)
    colours = {"missed": COUNT_COLOURS["FN"], "added": COUNT_COLOURS["FP"]}
    for axes, (error, rows) in zip(panels, sweep.groupby("error"), strict=True):
        for kind, curve in rows.groupby("kind", sort=False):
            axes.plot(curve["keep"], curve["loss"], color=colours[kind], label=f"{kind} pixels")
        axes.set(title=f"wrong pixels: {error:.0%} of the lesion", xlabel="K", xlim=(1, 0), ylim=(0, 1))
        axes.xaxis.set_major_formatter(PercentFormatter(1))
    panels[0].set_ylabel("topK Dice loss")
    panels[0].legend()
    return finish(figure, "A lower K makes both errors dearer, the missed one more", "Sure predictions of a lesion.")


def coloured(labels: np.ndarray) -> np.ndarray:
    """Colour picture (H, W, 3) of labels, white where there is none."""
    picture = np.ones((*labels.shape, 3))
    for label in np.unique(labels[labels > 0]):
        picture[labels == label] = to_rgb(colour_of_class(int(label)))
    return picture


def kept_picture(probs: np.ndarray, mask: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Colour picture (H, W, 3): kept true pixels in the colour of their probability, ignored ones grey."""
    picture = np.ones((*mask.shape, 3))
    picture[mask] = to_rgb(IGNORED_COLOUR)
    picture[kept] = colormaps["viridis"](probs[kept])[:, :3]
    return picture
