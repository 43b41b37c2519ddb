"""Portraits of the losses for the guided tour: four small pictures of each, on the same scales, and one of all."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from segloss.figures import portrait_data as data
from segloss.figures.examples import outline
from segloss.figures.style import FAMILY_COLOURS, bare, finish, new_figure, styled
from segloss.losses import FAMILIES
from segloss.verdicts.words import loss_title

GREY = "#8C8C8C"
CURVE = np.linspace(0.02, 0.98, 33)
GRID = np.linspace(0.02, 0.98, 17)
# Beside which plain loss a curve is drawn, and how high its panel is.
BESIDE = {"distribution": "cross_entropy", "region": "dice", "compound": "cross_entropy"}
HEIGHTS = {"distribution": 4.2, "region": 1.3, "compound": 4.2}
SHORT_STATES = ("untrained", "lesion missed")
BINS = (0, 0.01, 0.03, 0.1, 0.2, 0.35, 0.65, 0.8, 1)


def family_of(name: str) -> str:
    """The family that the registry lists a loss under."""
    return next(family for family, losses in FAMILIES.items() if name in losses)


@styled
def portrait(name: str) -> Figure:
    """Four pictures of one loss: over p, as a surface, under imbalance, and its gradient on a phantom."""
    figure = new_figure(2.5)
    curve, surface, imbalance, gradient = figure.subplots(1, 4)
    draw_curve(curve, name)
    draw_surface(surface, name)
    draw_imbalance(imbalance, name)
    draw_gradient(gradient, name, data.tour_scene())
    for axes in (curve, surface, imbalance, gradient):
        axes.set_box_aspect(1)
        axes.tick_params(labelsize=7)
        axes.title.set_fontsize(8)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set_fontsize(7.5)
    return finish(figure, loss_title(name), options_note(name))


def options_note(name: str) -> str:
    """With which options a portrait is drawn."""
    options = [f"{option} = {value}" for option, value in data.options_of(name).items()]
    return f"Drawn with {', '.join(options)}." if options else "It has no options."


def draw_curve(axes: Axes, name: str) -> None:
    """Loss over p, beside the plain loss that it is compared with."""
    family = family_of(name)
    beside = BESIDE.get(family, name)
    if beside != name:
        axes.plot(CURVE, data.loss_over_p(beside, CURVE), color=GREY, linewidth=1.1, linestyle="--")
    axes.plot(CURVE, data.loss_over_p(name, CURVE), color=FAMILY_COLOURS[family], clip_on=False)
    axes.set(title="Over p", xlabel="p of the true class", xlim=(0, 1), xticks=(0, 0.5, 1))
    axes.set_ylim(0, HEIGHTS.get(family))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    if beside != name:
        axes.text(0.98, 0.97, f"dashed: {loss_title(beside).lower()}", transform=axes.transAxes, fontsize=6.5,
                  color="#555555", ha="right", va="top")  # fmt: skip


def draw_surface(axes: Axes, name: str) -> None:
    """Loss by the probability inside and outside the lesion; the perfect prediction is at the lower right."""
    values = data.loss_surface(name, GRID, GRID)
    levels = MaxNLocator(9).tick_values(values.min(), np.quantile(values, 0.97))
    axes.contourf(GRID, GRID, values, levels=levels, cmap="cividis_r", extend="both")
    lines = axes.contour(GRID, GRID, values, levels=levels[1::2], colors="white", linewidths=0.6)
    axes.clabel(lines, fmt="%g", fontsize=6)
    axes.plot(GRID[-1], GRID[0], "o", color="white", markeredgecolor="black", markersize=4, clip_on=False)
    axes.set(title="Inside and outside", xlabel="p in the lesion", ylabel="p outside", xticks=(0.02, 0.5, 0.98))
    axes.set(yticks=(0.02, 0.5, 0.98), xticklabels=("0", "0.5", "1"), yticklabels=("0", "0.5", "1"))
    axes.grid(False)


def draw_imbalance(axes: Axes, name: str) -> None:
    """The lesion's share of the gradient as the lesion shrinks, in two states of the training."""
    axes.plot(data.SHARES, data.SHARES, color=GREY, linewidth=0.9, linestyle=":")
    for state, linestyle in zip(data.STATES, ("-", "--"), strict=True):
        drawn = data.lesion_share_of_gradient(name, state)
        axes.plot(data.SHARES, drawn, color=FAMILY_COLOURS[family_of(name)], linestyle=linestyle, clip_on=False)
    axes.set(title="Pull from the lesion", xlabel="lesion, % of the image", xscale="log", ylim=(0, 1))
    axes.set(xlim=(max(data.SHARES), min(data.SHARES)), xticks=(0.5, 0.05, 0.005, 0.0005), yticks=(0, 0.5, 1))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.2%}".rstrip("0%").rstrip(".")))
    axes.set_yticklabels(("0", "½", "1"))


def draw_gradient(axes: Axes, name: str, scene: data.Scene) -> None:
    """Where the loss pushes on the phantom: blue up, red down, the strongest pixel in full colour."""
    gradient = data.logit_gradient(name, scene.probs, scene.labels)
    reach = np.abs(gradient).max() or 1
    # One small picture inside a drawing: as an image it would turn the whole figure into pixels.
    axes.pcolormesh(gradient / reach, cmap="RdBu_r", vmin=-1, vmax=1, rasterized=True)
    axes.invert_yaxis()
    draw_outlines(axes, scene)
    bare(axes)
    axes.set_title("Where it pushes")


def draw_outlines(axes: Axes, scene: data.Scene) -> None:
    """The true border, and the predicted one dashed."""
    outline(axes, scene.labels.numpy() > 0)
    axes.contour(scene.probs.numpy(), levels=[0.5], colors="black", linewidths=0.7, linestyles=":")
