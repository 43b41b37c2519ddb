"""Portraits of the losses for the guided tour: four small pictures of each, on the same scales, and one of all."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from segloss.figures import portrait_data as data
from segloss.figures.descent import family_of
from segloss.figures.examples import outline
from segloss.figures.style import COUNT_COLOURS, COUNT_NAMES, FAMILY_COLOURS, bare, finish, new_figure, styled
from segloss.losses import LOSSES
from segloss.verdicts.words import loss_title

GREY = "#8C8C8C"
CURVE = np.linspace(0.02, 0.98, 33)
GRID = np.linspace(0.02, 0.98, 17)
# Beside which plain loss a curve is drawn, and how high its panel is.
BESIDE = {"distribution": "cross_entropy", "region": "dice", "compound": "cross_entropy"}
HEIGHTS = {"distribution": 4.2, "region": 1.3, "compound": 4.2}
OVERVIEW_SHARES = (0.5, 0.1, 0.01, 0.001, 0.0005)
# Without dark ends, so that black writing can be read on all of it.
PALE = ListedColormap(colormaps["cividis_r"](np.linspace(0, 0.62, 256)))
BALANCE = ListedColormap(colormaps["PuOr"](np.linspace(0.22, 0.78, 256)))


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
    axes.plot(CURVE, data.loss_over_p(name, CURVE), color=FAMILY_COLOURS[family])
    axes.set(title="Over p", xlabel="p of the true class", xlim=(0, 1), xticks=(0, 0.5, 1))
    axes.set_ylim(0, HEIGHTS.get(family))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    if beside != name:
        axes.text(0.98, 0.97, f"dashed: {loss_title(beside)}", transform=axes.transAxes, fontsize=6.5,
                  color="#555555", ha="right", va="top")  # fmt: skip


def draw_surface(axes: Axes, name: str) -> None:
    """Loss by the probability inside and outside the lesion; the perfect prediction is at the lower right."""
    values = data.loss_surface(name, GRID, GRID)
    levels = MaxNLocator(9).tick_values(values.min(), np.quantile(values, 0.97))
    axes.contourf(GRID, GRID, values, levels=levels, cmap=PALE, extend="both")
    lines = axes.contour(GRID, GRID, values, levels=levels[1::2], colors="black", linewidths=0.5)
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


@styled
def tour_stage() -> Figure:
    """What the gradients of all portraits are drawn on: a phantom, a prediction, and what is wrong with it."""
    scene = data.tour_scene()
    figure = new_figure(2.85)
    image, probs, errors = figure.subplots(1, 3)
    image.imshow(scene.image)
    image.set_title("Phantom and true border")
    outline(image, scene.labels.numpy() > 0)
    drawn = probs.imshow(scene.probs.numpy(), cmap="Greys", vmin=0, vmax=1)
    probs.set_title("Predicted p, p = 0.5 dotted")
    draw_outlines(probs, scene)
    figure.colorbar(drawn, ax=probs, shrink=0.7, ticks=(0, 0.5, 1))
    predicted, true = scene.probs.numpy() > 0.5, scene.labels.numpy() > 0
    kinds = {"TP": predicted & true, "FP": predicted & ~true, "FN": ~predicted & true, "TN": ~predicted & ~true}
    colours = np.select([kind[..., None] for kind in kinds.values()], [to_rgb(COUNT_COLOURS[k]) for k in kinds])
    errors.imshow(colours)
    errors.set_title("Its errors")
    handles = [Patch(facecolor=COUNT_COLOURS[k], edgecolor="#CCCCCC", label=COUNT_NAMES[k]) for k in kinds]
    figure.legend(handles=handles, loc="outside lower right", ncols=4, fontsize=7.5)
    for axes in (image, probs, errors):
        bare(axes)
    return finish(figure, "The scene of every gradient below")


@styled
def gradient_overview() -> Figure:
    """The lesion's share of the gradient for every loss, by the lesion's share of the image, in both states."""
    names = list(LOSSES)
    figure = new_figure(0.9 + 0.215 * len(names))
    panels = figure.subplots(1, len(data.STATES), sharey=True)
    for axes, state in zip(panels, data.STATES, strict=True):
        shares = np.array([data.lesion_share_of_gradient(name, state, OVERVIEW_SHARES) for name in names])
        axes.pcolormesh(shares, cmap=BALANCE, vmin=0, vmax=1, edgecolors="white", linewidth=0.8)
        for (row, column), share in np.ndenumerate(shares):
            axes.text(column + 0.5, row + 0.52, percent(share), ha="center", va="center", fontsize=7.5)
        axes.set_title(state[0].upper() + state[1:], fontsize=8.5)
        axes.set_xticks(np.arange(len(OVERVIEW_SHARES)) + 0.5, [f"{100 * share:.4g}" for share in OVERVIEW_SHARES])
        axes.set_yticks(np.arange(len(names)) + 0.5, [loss_title(name) for name in names])
        axes.set(xlabel="lesion, % of the image")
        axes.tick_params(length=0)
        axes.grid(False)
        axes.spines[:].set_visible(False)
    panels[0].invert_yaxis()
    for label, name in zip(panels[0].get_yticklabels(), names, strict=True):
        label.set(color=FAMILY_COLOURS[family_of(name)], fontsize=8)
    note = "Orange: the background has the say; violet: the lesion; a dash: no gradient at all."
    return finish(figure, "How much of the gradient comes from the lesion (%)", note)


def percent(share: float) -> str:
    """A share in percent, with a digit after the point where it is small."""
    if np.isnan(share):
        return "–"
    return f"{share:.0%}".rstrip("%") if share >= 0.095 else "< 0.1" if share < 0.0005 else f"{100 * share:.1f}"
