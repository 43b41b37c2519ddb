"""Figure of the balance: mean precision against mean recall of every arm, with what 95 % of the resamples leave."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segloss.figures.style import colour_of, finish, new_figure, placeholder, short_title_of, styled

MARKERS = "osD^vP*X<>hd"
LEVELS = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9)


@styled
def recall_against_precision(balance: pd.DataFrame, data: str) -> Figure:
    """One panel per structure, a mark per arm; on the diagonal both are equal, along a curve Dice is.

    Args:
        balance: As :func:`segloss.statistics.balance_frame` gives it.
        data: Name and kind of the data set.
    """
    title = f"{data}: precision against recall"
    shown = balance.dropna(subset=["recall", "precision"])
    if shown.empty:
        return placeholder(title, "Recall and precision were not measured on this data set at this scale.")
    structures, arms = list(shown["structure"].unique()), list(shown["arm"].unique())
    figure = new_figure(5.0)
    panels = figure.subplots(1, len(structures), squeeze=False)[0]
    for axes, structure in zip(panels, structures, strict=True):
        rows = shown[shown["structure"] == structure]
        for row in rows.itertuples():
            look = {"color": colour_of(row.arm), "marker": MARKERS[arms.index(row.arm) % len(MARKERS)]}
            ends = [[[mean - low], [high - mean]] for mean, low, high in (
                (row.recall, row.recall_low, row.recall_high), (row.precision, row.precision_low, row.precision_high)
            )]  # fmt: skip
            reach = np.nan_to_num(np.clip(ends, 0, None))
            bars = {"xerr": reach[0], "yerr": reach[1], "elinewidth": 0.8, "linestyle": "none"}
            label = short_title_of(row.arm)
            axes.errorbar(row.recall, row.precision, **look, **bars, markeredgecolor="black", label=label, markersize=7)
        draw_guides(axes, rows)
        axes.set(title=f"{structure or 'mean of the structures'}, n = {rows['cases'].max()}", xlabel="recall")
        axes.set_box_aspect(1)
    panels[0].set_ylabel("precision")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=4, fontsize=8)
    return finish(figure, title, "Bars: intervals over subjects. Line: recall = precision. Curves: equal Dice of both.")


def draw_guides(axes: Axes, rows: pd.DataFrame) -> None:
    """The diagonal and curves of equal Dice, in limits that hold all marks and bars."""
    ends = rows.filter(regex="^(recall|precision)(_low|_high)?$").to_numpy(dtype=float)
    low, high = max(0.0, np.nanmin(ends) - 0.05), min(1.0, np.nanmax(ends) + 0.05)
    values = np.linspace(max(low, 1e-3), high, 200)
    recall, precision = np.meshgrid(values, values)
    dice = 2 * recall * precision / (recall + precision)
    curves = axes.contour(recall, precision, dice, levels=LEVELS, colors="#B5B5B5", linewidths=0.7, zorder=0)
    axes.clabel(curves, fmt="%g", fontsize=7)
    axes.plot([low, high], [low, high], color="#888888", linewidth=0.9, zorder=0)
    axes.set(xlim=(low, high), ylim=(low, high))
