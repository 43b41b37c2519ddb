"""Figures of how the losses of the Unified Focal paper work: where they push, and how much imbalance changes that."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from segloss.figures.examples import outline
from segloss.figures.mechanisms import GRADIENT_NOTE
from segloss.figures.recall_precision import MARKERS
from segloss.figures.style import BELOW, bare, colour_of, finish, new_figure, short_title_of, styled, title_of

ABREAST = 4


@styled
def where_losses_push(
    image: np.ndarray, mask: np.ndarray, probs: np.ndarray, gradients: Mapping[str, np.ndarray]
) -> Figure:
    """The image, the prediction, and each loss's gradient map; all maps share one scale, logarithmic beyond 1.

    Args:
        image: Grey values (H, W).
        mask: True pixels (H, W).
        probs: Foreground probabilities (H, W).
        gradients: Maps (H, W) by loss.
    """
    rows = -(-(2 + len(gradients)) // ABREAST)
    figure = new_figure(0.7 + 1.6 * rows)
    panels = figure.subplots(rows, ABREAST).ravel()
    reach = max(np.abs(gradient).max() for gradient in gradients.values())
    panels[0].imshow(image, cmap="gray")
    panels[0].set_title("phantom", loc="center", fontsize=8)
    panels[1].imshow(probs, cmap="gray_r", vmin=0, vmax=1)
    panels[1].set_title("prediction", loc="center", fontsize=8)
    outline(panels[1], probs > 0.5, "#D55E00")
    for axes, (name, gradient) in zip(panels[2:], gradients.items(), strict=False):
        drawn = axes.imshow(gradient, cmap="RdBu_r", norm=SymLogNorm(1, vmin=-reach, vmax=reach))
        axes.set_title(textwrap.fill(short_title_of(name), 20), loc="center", fontsize=8)
    for number, axes in enumerate(panels):
        if number < 2 + len(gradients):
            bare(axes)
            outline(axes, mask)
        else:
            axes.axis("off")
    figure.colorbar(drawn, ax=list(panels), shrink=0.6)
    return finish(figure, "Where each loss pushes: up (blue) and down (red)", GRADIENT_NOTE)


@styled
def lesion_share_curves(shares: pd.DataFrame) -> Figure:
    """The lesion's share of the gradient as it shrinks; ``shares`` as :func:`unified_probes.lesion_shares` gives it."""
    figure = new_figure(3.5)
    panels = figure.subplots(1, shares["state"].nunique(), sharey=True)
    for axes, (state, rows) in zip(panels, shares.groupby("state", sort=False), strict=True):
        sizes = sorted(rows["share"].unique(), reverse=True)
        axes.plot(sizes, sizes, color="#8C8C8C", linestyle=":", label="its share of the image")
        for number, (name, curve) in enumerate(rows.groupby("loss", sort=False)):
            look = {"color": colour_of(name), "marker": MARKERS[number % len(MARKERS)], "markersize": 3.5}
            axes.plot(curve["share"], curve["on_lesion"], label=short_title_of(name), linewidth=1.2, **look)
        axes.set(
            title=state[0].upper() + state[1:],
            xlabel="lesion, share of the image",
            xscale="log",
            xlim=(sizes[0], sizes[-1]),
        )
        axes.set(ylim=(-0.02, 1.02))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
        axes.title.set_fontsize(8.5)
    panels[0].set_ylabel("share of the gradient on the lesion")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=4)
    return finish(figure, "How much of the gradient a small lesion gets")


@styled
def pulls_by_gamma(pulls: pd.DataFrame) -> Figure:
    """What gamma does to a lesion pixel and a background pixel; ``pulls`` as :func:`unified_probes.pulls` gives it."""
    figure = new_figure(4.9)
    names = list(pulls["loss"].unique())
    panels = figure.subplots(2, len(names), sharex=True, sharey="row")
    gammas = list(pulls["gamma"].unique())
    shades = dict(zip(gammas, colormaps["cividis_r"](np.linspace(0.2, 1, len(gammas))), strict=True))
    for axes, kind in zip(panels, ("lesion", "background"), strict=True):
        for panel, name in zip(axes, names, strict=True):
            for gamma, curve in pulls[pulls["loss"] == name].groupby("gamma"):
                panel.plot(curve["p"], curve[kind], color=shades[gamma], label=f"γ = {gamma:g}")
            panel.set(title=f"{title_of(name)}: a {kind} pixel", yscale="log", xlim=(0, 1))
        axes[0].set_ylabel("strength of the gradient")
    for panel in panels[1]:
        panel.set_xlabel("p of the true class, everywhere")
    keys = panels[0, 0].get_legend_handles_labels()
    figure.legend(*keys, **BELOW, ncols=len(gammas), title=GRADIENT_NOTE)
    return finish(figure, "γ in the Unified Focal losses")
