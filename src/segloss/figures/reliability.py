"""Reliability diagrams: is a probability of foreground as often right as it says?"""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from segloss.figures.families import family_colour
from segloss.figures.style import finish, new_figure, placeholder, short_title_of, styled
from segloss.figures.synthesis import NO_SYNTHESIS
from segloss.statistics.calibration import calibration_error, merged_bins

PANELS_IN_A_ROW = 4


@styled
def reliability_figure(bins: pd.DataFrame, note: str) -> Figure:
    """A panel for each loss, the best calibrated first: share of foreground against probability, and where voxels are.

    Args:
        bins: loss, dataset, bin, voxels, probability, foreground. Data sets weigh the same, however large they are.
        note: On which data.
    """
    title = "Calibration: how often foreground is where a network says so"
    if bins.empty:
        return placeholder(title, NO_SYNTHESIS)
    weighed = bins.assign(voxels=bins["voxels"] / bins.groupby(["loss", "dataset"])["voxels"].transform("sum"))
    merged = {str(loss): merged_bins(rows) for loss, rows in weighed.groupby("loss")}
    errors = {loss: calibration_error(table, first_bin=1) for loss, table in merged.items()}
    order = sorted(merged, key=lambda loss: np.nan_to_num(errors[loss], nan=np.inf))
    rows_of_panels = -(-len(order) // PANELS_IN_A_ROW)
    figure = new_figure(0.9 + 1.7 * rows_of_panels)
    grid = figure.subplots(rows_of_panels, PANELS_IN_A_ROW, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(order) :]:
        axes.axis("off")
    for axes, loss in zip(grid.flat, order, strict=False):
        table = merged[loss]
        axes.plot([0, 1], [0, 1], color="#AAAAAA", linewidth=0.8)
        unsure = table[table["bin"] > 0]
        share = unsure["voxels"] / unsure["voxels"].sum()
        axes.bar(unsure["probability"], share, width=0.045, color="#DDDDDD")
        axes.plot(
            table["probability"], table["foreground"], "o-", color=family_colour(loss), markersize=3, linewidth=1.2
        )
        name = textwrap.shorten(short_title_of(loss), 28, placeholder="…")
        axes.set_title(f"{name}\nECE {calibration_error(table):.3f}, unsure {errors[loss]:.3f}", fontsize=8)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=[0, 0.5, 1])
    for axes in grid[:, 0]:
        axes.set_ylabel("share that is\nforeground")
    for axes in grid[-1]:
        axes.set_xlabel("probability")
    grey = "Grey bars: where the voxels above the first bin lie. Unsure: the error over these alone."
    return finish(figure, title, f"{note}\n{grey}")
