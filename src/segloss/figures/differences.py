"""Figures of paired differences: per data set, per pair of arms, by the size of the lesion."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segloss.figures.style import (
    POINTS_DRAWN_AS_VECTORS,
    colour_of,
    finish,
    new_figure,
    placeholder,
    short_title_of,
    styled,
    title_of,
)
from segloss.statistics import Slope

SHORT_NAMES = {"CE": "cross entropy", "GDL": "generalised Dice loss"}
OURS_NOTE = "Dot and bar: mean paired difference and its interval."
DIFFERENCE_NOTE = f"{OURS_NOTE} White diamond: published, on the paper's data."


@styled
def differences_by_dataset(comparisons: pd.DataFrame, claim: str, title: str) -> Figure:
    """Mean paired difference of one pair of arms, one row per data set, beside the published difference.

    Args:
        comparisons: As :func:`segloss.verdicts.decide_claims` gives them.
        claim: Whose comparisons to draw, those of its first metric.
        title: What is compared.
    """
    rows = comparisons[comparisons["id"] == claim]
    if rows.empty:
        return placeholder(title, "None of the arms were both evaluated on a data set at this scale.")
    rows = rows[rows["metric"] == rows["metric"].iloc[0]].reset_index(drop=True)
    figure = new_figure(1.3 + 0.32 * len(rows))
    axes = figure.subplots()
    draw_differences(axes, rows)
    axes.set_yticks(rows.index, [row_name(row) for row in rows.itertuples()])
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel=f"difference in {title_of(rows['metric'][0])}")
    return finish(figure, title, DIFFERENCE_NOTE)


def row_name(row: Any) -> str:
    """The data, the structure where one is compared apart, and the number of cases."""
    structure = f", {row.structure}" if isinstance(row.structure, str) else ""
    return f"{row.data}{structure}, n = {row.n}"


@styled
def differences_by_pair(comparisons: pd.DataFrame, claims: Sequence[str], title: str) -> Figure:
    """Mean paired differences of several pairs of arms, one panel per data set; arguments as above."""
    rows = comparisons[comparisons["id"].isin(claims)]
    if rows.empty:
        return placeholder(title, "None of the arms were both evaluated on a data set at this scale.")
    rows = rows.assign(pair=[f"{short_title_of(r.arm)} − {short_title_of(r.baseline)}" for r in rows.itertuples()])
    pairs = list(rows["pair"].unique())
    datasets = list(rows["dataset"].unique())
    figure = new_figure(1.6 + 0.32 * len(pairs))
    panels = figure.subplots(1, len(datasets), sharey=True, sharex=True, squeeze=False)[0]
    for axes, dataset in zip(panels, datasets, strict=True):
        shown = rows[rows["dataset"] == dataset]
        draw_differences(axes, shown.set_index(shown["pair"].map(pairs.index)))
        data, cases = shown.iloc[0][["data", "n"]]
        axes.set(title=f"{data}\nn = {cases}", xlabel=f"difference in {title_of(shown.iloc[0]['metric'])}")
    panels[0].set_yticks(range(len(pairs)), pairs)
    panels[0].set_ylim(len(pairs) - 0.4, -0.6)
    notes = [DIFFERENCE_NOTE if rows["published"].notna().any() else OURS_NOTE]
    notes += [f"{short}: {name}." for short, name in SHORT_NAMES.items() if any(short in pair for pair in pairs)]
    return finish(figure, title, " ".join(notes))


def draw_differences(axes: Axes, rows: pd.DataFrame) -> None:
    """Dot, bar and diamond of each row at the height of its index."""
    axes.axvline(0, color="#888888", linewidth=0.8)
    for row in rows.itertuples():
        axes.plot([row.low, row.high], [row.Index] * 2, color=colour_of(row.arm), linewidth=2.5)
        axes.plot(row.difference, row.Index, "o", color=colour_of(row.arm), markeredgecolor="black", markersize=6)
    axes.plot(rows["published"], rows.index, "D", color="white", markeredgecolor="black", markersize=5)
    axes.grid(axis="y", visible=False)


@styled
def difference_by_lesion_size(slope: Slope | None, data: str, size_classes: int = 8) -> Figure:
    """Each case's Dice difference (Kappa loss minus Dice loss) against the lesion's share of its image.

    Args:
        slope: As :func:`segloss.statistics.slope_on_share` gives it; None where an arm is missing.
        data: Name and kind of the data set.
        size_classes: Number of classes with equally many cases, whose means are drawn.
    """
    title = f"{data}: does the Kappa loss help more where lesions are large?"
    if slope is None:
        return placeholder(title, "The two arms were not both evaluated on this data set at this scale.")
    share, difference = (slope.points[column].to_numpy(float) for column in ("share", "difference"))
    figure = new_figure(3.6)
    axes = figure.subplots()
    many = len(share) > POINTS_DRAWN_AS_VECTORS
    axes.axhline(0, color="#888888", linewidth=0.8)
    look = {"markersize": 2.5, "alpha": 0.25 if many else 0.6, "color": "#777777", "rasterized": many}
    axes.plot(share, difference, "o", label="one case", **look)
    draw_slope(axes, slope, share, difference)
    draw_size_classes(axes, slope.points, size_classes)
    reach = max(0.05, 1.1 * float(np.quantile(np.abs(difference), 0.95)))
    axes.set(xlim=(0, 1), ylim=(-reach, reach), xlabel="lesion's share of the image", ylabel="difference in Dice")
    legend = axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, ncols=3)
    legend.legend_handles[0].set(rasterized=False, alpha=1)
    beyond = int((np.abs(difference) > reach).sum())
    note = (
        f"Above zero the Kappa loss is better. {slope.cases} cases, {beyond} of them beyond the vertical limits.\n"
        f"Slope {slope.slope:+.3f} Dice per unit of share, interval {slope.low:+.3f} to {slope.high:+.3f}."
    )
    return finish(figure, title, note)


def draw_slope(axes: Axes, slope: Slope, share: np.ndarray, difference: np.ndarray) -> None:
    """The straight line with the band that the interval of its slope spans around the centre of the points."""
    ends = np.linspace(share.min(), share.max(), 50)
    low, middle, high = (
        difference.mean() + value * (ends - share.mean()) for value in (slope.low, slope.slope, slope.high)
    )
    axes.plot(ends, middle, color=colour_of("kappa"), label="straight line, interval of its slope")
    axes.fill_between(ends, low, high, color=colour_of("kappa"), alpha=0.2, linewidth=0)


def draw_size_classes(axes: Axes, points: pd.DataFrame, size_classes: int) -> None:
    """Mean difference of each size class with twice its standard error."""
    classes = pd.qcut(points["share"], min(size_classes, max(1, len(points) // 4)), duplicates="drop")
    means = points.groupby(classes, observed=True).agg(["mean", "sem"])
    axes.errorbar(
        means["share", "mean"],
        means["difference", "mean"],
        yerr=2 * means["difference", "sem"],
        fmt="s",
        markersize=4,
        color="black",
        capsize=3,
        label="size class, ± 2 standard errors",
    )
