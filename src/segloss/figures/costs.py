"""What a loss costs: the time of a training step beside that with cross entropy."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segloss.figures.families import family_colour
from segloss.figures.style import BELOW, finish, new_figure, placeholder, short_title_of, styled
from segloss.figures.synthesis import NO_SYNTHESIS

MARKERS = "osD^v<>P"


@styled
def cost_figure(costs: pd.DataFrame, titles: Mapping[str, str], note: str) -> Figure:
    """Time of a step of each loss over that of cross entropy, a mark and the middle half of the rounds per data set.

    Args:
        costs: dataset, loss, low, ratio, high.
        titles: Of the data sets.
        note: On which data.
    """
    title = "Cost: time of a training step, cross entropy is 1"
    if costs.empty:
        return placeholder(title, NO_SYNTHESIS)
    order = costs.groupby("loss")["ratio"].median().sort_values(kind="stable").index
    datasets = list(dict.fromkeys(costs["dataset"]))
    figure = new_figure(1.5 + 0.26 * len(order))
    axes = figure.subplots()
    for number, dataset in enumerate(datasets):
        rows = costs[costs["dataset"] == dataset].set_index("loss").loc[order]
        y = [place + 0.8 * ((number + 0.5) / len(datasets) - 0.5) for place in range(len(order))]
        colours = [family_colour(str(loss)) for loss in order]
        axes.hlines(y, rows["low"], rows["high"], color=colours, linewidth=0.8, alpha=0.6)
        axes.scatter(rows["ratio"], y, s=12, c=colours, marker=MARKERS[number % len(MARKERS)], linewidths=0)
    axes.axvline(1, color="#888888", linewidth=0.8)
    axes.set_yticks(range(len(order)), [short_title_of(str(loss)) for loss in order])
    axes.set(xlabel="seconds per step over those with cross entropy", ylim=(len(order) - 0.4, -0.6))
    keys = [
        Line2D(
            [],
            [],
            color="none",
            marker=MARKERS[n % len(MARKERS)],
            markerfacecolor="#555555",
            markeredgewidth=0,
            label=titles[name],
        )
        for n, name in enumerate(datasets)
    ]
    figure.legend(handles=keys, **BELOW, ncols=3, title=note)
    return finish(figure, title, note)
