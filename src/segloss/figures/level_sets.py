"""Figures that explain the boundary loss: contours, level sets, where it pushes, empty slices, schedules."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from segloss.figures.examples import outline
from segloss.figures.mechanisms import GRADIENT_NOTE
from segloss.figures.style import COUNT_COLOURS, WIDTH_IN, bare, colour_of, finish, new_figure, styled

TRUE_RADIUS, MOVE = 3.0, 0.9
TRUE_COLOUR, MOVED_COLOUR = colour_of("generalized_dice"), colour_of("generalized_dice_plus_boundary")


@styled
def two_views(discs: pd.DataFrame) -> Figure:
    """The Boundary paper's Fig. 2, and how far its two views differ (errata B3).

    Args:
        discs: As :func:`boundary_values.moved_discs` gives them.
    """
    figure = new_figure(2.75)
    differential, integral, ratio = figure.subplots(1, 3, width_ratios=(1, 1, 1.35))
    captions = {differential: "Differential: sum the squared\nlengths of the strokes on G"}
    captions[integral] = "Integral: sum twice the distance\nto G over the region ΔS"
    for axes, caption in captions.items():
        axes.set(xlim=(-4.3, 4.3), ylim=(-4.3, 4.3), aspect="equal", xlabel=caption)
        bare(axes)
    draw_normals(differential)
    draw_region(integral)
    for radius, rows in discs.groupby("radius"):
        ratio.plot(rows["move"], rows["ratio"], label=f"disc of radius {radius:g}")
    ratio.axhline(1, color="black", linewidth=0.8, linestyle=":", label="straight contour")
    ratio.set(title="Eq. 3 over eq. 2", xlabel="motion of the contour outwards (px)")
    ratio.legend()
    return finish(figure, "Two views of a contour that moves from G (blue) to S (orange), and what parts them")


def draw_normals(axes: Axes) -> None:
    """Two contours, joined along the normals of the inner one."""
    for angle in np.linspace(0, 2 * np.pi, 36, endpoint=False):
        direction = np.array([np.cos(angle), np.sin(angle)])
        ends = np.stack([TRUE_RADIUS * direction, (TRUE_RADIUS + motion(angle)) * direction])
        axes.plot(*ends.T, color="#777777", linewidth=0.9)
    draw_contours_of_both(axes)


def draw_region(axes: Axes) -> None:
    """The region between the two contours, darker the further from the inner one."""
    grid = np.linspace(-4.3, 4.3, 300)
    x, y = np.meshgrid(grid, grid)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    distance = np.abs(radius - TRUE_RADIUS)
    between = (radius > TRUE_RADIUS) & (radius < TRUE_RADIUS + motion(angle))
    between |= (radius < TRUE_RADIUS) & (radius > TRUE_RADIUS + motion(angle))
    axes.imshow(np.where(between, distance, np.nan), extent=(-4.3, 4.3, -4.3, 4.3), origin="lower", cmap="Oranges")
    draw_contours_of_both(axes)


def draw_contours_of_both(axes: Axes) -> None:
    """The true contour, a circle, and the one that has moved."""
    angles = np.linspace(0, 2 * np.pi, 400)
    radii = TRUE_RADIUS + motion(angles)
    axes.add_patch(Circle((0, 0), TRUE_RADIUS, fill=False, edgecolor=TRUE_COLOUR, linewidth=1.6))
    axes.plot(radii * np.cos(angles), radii * np.sin(angles), color=MOVED_COLOUR)


def motion(angle: np.ndarray | float) -> np.ndarray:
    """How far the contour of the drawing moves outwards, by direction."""
    return MOVE * np.sin(np.asarray(angle) * 2 + 0.6) * 0.8 + 0.25


@styled
def level_set_maps(
    images: Sequence[np.ndarray], masks: Sequence[np.ndarray], maps: Sequence[Mapping[str, np.ndarray]]
) -> Figure:
    """One row per phantom: the image with the border of the truth, then its maps.

    Each map has its own scale, and inside and outside each their own side of it: outside, distances are far larger.

    Args:
        images: Pictures (H, W).
        masks: True masks (H, W).
        maps: As :func:`boundary_values.level_sets` gives them.
    """
    note = "Red is outside, blue inside, white the border itself, where the boundary loss has no gradient."
    return _map_rows(images, masks, maps, "Signed distance to the border of the truth, in pixels", note, two_sided=True)


@styled
def gradients_on_lesions(
    images: Sequence[np.ndarray], masks: Sequence[np.ndarray], maps: Sequence[Mapping[str, np.ndarray]]
) -> Figure:
    """The same of gradients: red pixels are pushed down, blue ones up; maps as in ``gradients_by_alpha``."""
    title = "Where eq. 6 pushes as α falls: up (blue) and down (red)"
    return _map_rows(images, masks, maps, title, f"{GRADIENT_NOTE} Each map has its own scale.")


@styled
def empty_slice_curves(sweep: pd.DataFrame) -> Figure:
    """The push on a slice without a lesion; ``sweep`` as :func:`boundary_values.empty_slice_sweep` gives it."""
    figure = new_figure(2.8)
    axes = figure.subplots()
    axes.plot(sweep["height"], sweep["ours"], color=colour_of("generalized_dice"), label="absent class dropped (ours)")
    axes.plot(sweep["height"], sweep["code"], color="black", linestyle="--", label="published code")
    axes.set(xscale="log", yscale="log", xlabel="probability that the network gives to every pixel")
    axes.set_ylabel("push down, times the pixels")
    axes.legend(loc="center right")
    return finish(figure, "A slice without a lesion: what the generalised Dice loss does there")


@styled
def weight_schedules(weights: pd.DataFrame, code: pd.DataFrame) -> Figure:
    """Weights of the two terms by epoch.

    Args:
        weights: As :func:`boundary_values.weights_by_epoch` gives them.
        code: Of the published code: columns ``epoch``, ``generalized_dice``, ``boundary``.
    """
    figure, schedules = new_figure(2.9), weights["schedule"].nunique()
    terms = {"generalized_dice": "Weight of the generalised Dice loss", "boundary": "Weight of the boundary loss"}
    for axes, (term, title) in zip(figure.subplots(1, 2), terms.items(), strict=True):
        # Lines that lie on each other stay visible: each is thinner than the one below it.
        for width, (name, rows) in zip(
            np.linspace(4, 1.2, schedules), weights.groupby("schedule", sort=False), strict=True
        ):
            axes.plot(rows["epoch"], rows[term], label=name, linewidth=width)
        axes.plot(code["epoch"], code[term], color="black", linestyle="--", label="published code")
        axes.set(title=title, xlabel="epoch", ylim=(-0.05, 2.1))
    figure.axes[0].legend(loc="upper right")
    return finish(figure, "How the weights of eq. 6 change during training")


def _map_rows(
    images: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    maps: Sequence[Mapping[str, np.ndarray]],
    title: str,
    note: str,
    two_sided: bool = False,
) -> Figure:
    columns = 1 + len(maps[0])
    figure = new_figure(0.75 + len(images) * (WIDTH_IN / columns + 0.35))
    panels = figure.subplots(len(images), columns, squeeze=False)
    for row, image, mask, of_image in zip(panels, images, masks, maps, strict=True):
        row[0].imshow(image, cmap="gray")
        for axes, values in zip(row[1:], of_image.values(), strict=True):
            low, high = min(float(values.min()), -1e-6), max(float(values.max()), 1e-6)
            low, high = (low, high) if two_sided else (-max(-low, high), max(-low, high))
            drawn = axes.imshow(values, cmap="RdBu_r", norm=TwoSlopeNorm(0, low, high))
            bar = figure.colorbar(drawn, ax=axes, shrink=0.9, location="bottom", pad=0.02)
            bar.set_ticks([low, 0, high], labels=[f"{end:.1f}".replace("-", "−") for end in (low, 0, high)])
        for axes in row:
            bare(axes)
            outline(axes, mask, COUNT_COLOURS["FP"] if axes is row[0] else "black")
    for axes, head in zip(panels[0], ["phantom, truth", *maps[0]], strict=True):
        axes.set_title(head, loc="center", fontsize=8)
    return finish(figure, title, note)
