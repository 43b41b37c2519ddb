"""Figures of all test cases: overlap per arm, and distance against overlap."""

from itertools import chain

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segloss.figures.plotted import GUIDE
from segloss.figures.style import (
    POINTS_DRAWN_AS_VECTORS,
    arms_in_order,
    colour_of,
    finish,
    new_figure,
    placeholder,
    styled,
    title_of,
)
from segloss.statistics import TRUTH, Results, case_values

FEWEST_FOR_A_BOX = 5  # quartiles of fewer are hardly more than the points


@styled
def distribution_per_arm(results: Results, dataset: str, metric: str = "dice") -> Figure:
    """Every test case's overlap as a point, quartiles as a box, the mean as a diamond; trivial rows in grey.

    Fewer than five cases get no box.

    Args:
        results: Measured values.
        dataset: Whose cases to draw.
        metric: Name of a metric between 0 and 1.
    """
    title = f"{results.data(dataset)}: {title_of(metric)} of every test case"
    if dataset not in results.present:
        return placeholder(title, "No values for this data set at this scale.")
    values = case_values(results.metrics, dataset, metric).drop(columns=TRUTH, errors="ignore")
    arms = arms_in_order(list(values.columns))
    figure = new_figure(0.9 + 0.36 * len(arms))
    axes = figure.subplots()
    for height, arm in enumerate(arms):
        draw_distribution(axes, values[arm].dropna().to_numpy(), height, colour_of(arm))
    axes.set_yticks(range(len(arms)), [title_of(arm) for arm in arms])
    axes.set(xlim=(-0.02, 1.02), ylim=(len(arms) - 0.4, -0.6), xlabel=title_of(metric))
    axes.grid(axis="y", visible=False)
    boxes = " Box: quartiles. Whiskers: 5 to 95 % of the cases." if len(values) >= FEWEST_FOR_A_BOX else ""
    return finish(figure, title, f"{len(values)} cases.{boxes} Diamond: mean.")


def draw_distribution(axes: Axes, values: np.ndarray, height: int, colour: str) -> None:
    """One row of :func:`distribution_per_arm`."""
    jitter = np.random.default_rng(0).uniform(-0.3, 0.3, len(values))
    many = len(values) > POINTS_DRAWN_AS_VECTORS
    few = len(values) < FEWEST_FOR_A_BOX
    look = {"s": 4, "alpha": 0.2} if many else {"s": 16, "alpha": 0.9} if few else {"s": 9, "alpha": 0.6}
    axes.scatter(values, height + jitter, color=colour, linewidth=0, rasterized=many, **look)
    if not few:
        box = axes.boxplot(
            values,
            orientation="horizontal",
            positions=[height],
            widths=0.5,
            whis=(5, 95),
            showfliers=False,
            medianprops={"color": "black"},
            manage_ticks=False,
        )
        for line in chain.from_iterable(box.values()):
            line.set_label(GUIDE)  # its points are drawn, so that its corners are no numbers of their own
    axes.plot(values.mean(), height, marker="D", markersize=5, color=colour, markeredgecolor="black")


@styled
def hausdorff_against_dice(results: Results, dataset: str, published: pd.DataFrame, side: int = 256) -> Figure:
    """Hausdorff distance of every test case against its Dice index, with the published means.

    Args:
        results: Measured values.
        dataset: Whose cases to draw.
        published: As :func:`segloss.published.load_published` gives it; its first table with distances is drawn.
        side: Side in pixels of the images that the published distances are for.
    """
    title = f"{results.data(dataset)}: does the distance fit the overlap?"
    arms = [arm for arm in arms_in_order(list(results.arms(dataset))) if arm in ("dice", "kappa")]
    if not arms:
        return placeholder(title, "Neither arm was evaluated on this data set at this scale.")
    figure = new_figure(3.6)
    axes = figure.subplots()
    dice, distance = (case_values(results.metrics, dataset, metric) for metric in ("dice", "hausdorff_px"))
    scaled = distance * side / results.provenance[dataset]["image_size"]
    many = len(dice) > POINTS_DRAWN_AS_VECTORS
    for arm in arms:
        look = {"color": colour_of(arm), "markersize": 2 if many else 4, "alpha": 0.4, "rasterized": many}
        axes.plot(dice[arm], scaled[arm].replace(np.inf, np.nan), "o", label=f"{title_of(arm)} loss, ours", **look)
    means = published[published["arm"].isin(arms) & published["table"].isin(tables_with_distances(published))]
    means = means.pivot(index=["dataset", "arm"], columns="metric", values="value")
    axes.plot(means["dice"], means["hausdorff"], "D", color="white", markeredgecolor="black", label="published means")
    axes.set(xlabel="Dice index", ylabel=f"Hausdorff (pixels of {side})", ylim=(0, None))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, ncols=3)
    return finish(figure, title, f"{len(dice)} cases; those without a prediction have no distance and are left out.")


def tables_with_distances(published: pd.DataFrame) -> set[str]:
    """Names of the printed tables that hold Hausdorff distances."""
    return set(published.loc[published["metric"] == "hausdorff", "table"])
