"""Luck: what another seed does to a loss, and how many of its runs came to nothing."""

import pandas as pd
from matplotlib.figure import Figure

from segloss.figures.families import family_colour, family_keys
from segloss.figures.style import BELOW, finish, new_figure, placeholder, short_title_of, styled
from segloss.figures.synthesis import NO_SYNTHESIS

FATES = {"collapsed": "#999933", "diverged": "#882255"}
MARKERS = "osD^v"


@styled
def stability_figure(table: pd.DataFrame, seeds: pd.DataFrame, note: str) -> Figure:
    """Left: each run's Dice less the mean over the seeds of its data set. Right: shares of runs that came to nothing.

    Args:
        table: As :func:`segloss.statistics.stability.stability` gives it, in the order of the rows, the first on top.
        seeds: As :func:`segloss.statistics.stability.seed_values` gives them.
        note: On which data, and what a collapse is.
    """
    title = "Stability: seeds, and runs that came to nothing"
    if table.empty:
        return placeholder(title, NO_SYNTHESIS)
    figure = new_figure(1.5 + 0.25 * len(table))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    height = dict(zip(table["loss"], range(len(table)), strict=True))
    for number, (_, rows) in enumerate(seeds.groupby("dataset")):
        y = [height[loss] + 0.2 * (number - 1) for loss in rows["loss"]]
        colours = [family_colour(loss) for loss in rows["loss"]]
        left.scatter(rows["deviation"], y, s=14, c=colours, marker=MARKERS[number % len(MARKERS)], linewidths=0)
    for row in table.itertuples():
        left.plot([-row.sd_seeds, row.sd_seeds], [height[row.loss]] * 2, color="#555555", linewidth=5, alpha=0.25)
    left.axvline(0, color="#888888", linewidth=0.8)
    left.set(xlabel="Dice less the mean over the seeds", ylim=(len(table) - 0.4, -0.6))
    left.set_yticks(range(len(table)), [short_title_of(loss) for loss in table["loss"]])
    start = pd.Series(0.0, index=table.index)
    for fate, colour in FATES.items():
        right.barh(range(len(table)), table[fate], left=start, color=colour, height=0.6, label=fate)
        start = start + table[fate]
    right.set(xlabel="share of runs", xlim=(0, max(0.1, 1.08 * start.max())))
    keys = [*family_keys(list(table["loss"])), *right.get_legend_handles_labels()[0]]
    figure.legend(handles=keys, **BELOW, ncols=6, title=note)
    return finish(figure, title, note)
