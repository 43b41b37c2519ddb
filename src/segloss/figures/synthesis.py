"""All losses on all data sets: Dice as a map, and the ranks by several measures side by side."""

from collections.abc import Mapping
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from segloss.figures.families import family_colour, family_keys
from segloss.figures.style import BELOW, finish, new_figure, placeholder, short_title_of, styled

NO_SYNTHESIS = "The synthesis was not run on these data: make synthesis."
MARKERS = "osD^v<>P"


@styled
def dice_map(means: pd.DataFrame, titles: Mapping[str, str], note: str) -> Figure:
    """Mean Dice of every loss (rows, in the order given) on every data set; the best of each is bold.

    Args:
        means: Losses by data sets.
        titles: Of the data sets.
        note: On which data, with how many cases.
    """
    title = "Mean Dice of every loss on every data set"
    if means.empty:
        return placeholder(title, NO_SYNTHESIS)
    figure = new_figure(1.7 + 0.27 * len(means))
    axes = figure.subplots()
    picture = axes.imshow(means, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    best = means.round(3).eq(means.max().round(3))
    for (row, column), value in np.ndenumerate(means.to_numpy()):
        text = "–" if np.isnan(value) else f"{value:.3f}"
        weight = "bold" if best.iloc[row, column] else "normal"
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            weight=weight,
            color="black" if value > 0.5 else "white",
            fontsize=8,
        )
    letters = 9 if means.shape[1] > 4 else 25
    axes.set_xticks(range(means.shape[1]), [fill(titles[name], letters) for name in means], fontsize=7.5)
    axes.set_yticks(range(len(means)), [short_title_of(str(loss)) for loss in means.index])
    axes.grid(False)
    axes.tick_params(length=0)
    figure.colorbar(picture, ax=axes, label="mean Dice", shrink=0.9)
    return finish(figure, title, note)


@styled
def ranks_by_measure(ranks: pd.DataFrame, note: str) -> Figure:
    """Mean rank of every loss by several measures, a line for each loss: lines that cross are a trade.

    Args:
        ranks: Losses by measures, 1 the best.
        note: On which data.
    """
    title = "What a loss gains by one measure and pays by another"
    if ranks.empty:
        return placeholder(title, NO_SYNTHESIS)
    figure = new_figure(1.6 + 0.26 * len(ranks))
    axes = figure.subplots()
    places = ranks.rank(method="first")
    for number, loss in enumerate(places.index):
        style = {"color": family_colour(str(loss)), "marker": MARKERS[number % len(MARKERS)], "markersize": 5}
        axes.plot(range(places.shape[1]), places.loc[loss], linewidth=1.3, label=short_title_of(str(loss)), **style)
        for side, column in ((-1, 0), (1, places.shape[1] - 1)):
            label, shown = short_title_of(str(loss)), ranks.iloc[number, column]
            text = f"{label}  {shown:.1f}" if side < 0 else f"{shown:.1f}  {label}"
            align = "right" if side < 0 else "left"
            axes.text(column + 0.06 * side, places.iloc[number, column], text, ha=align, va="center", fontsize=8)
    axes.set_xticks(range(places.shape[1]), list(places))
    axes.xaxis.tick_top()
    axes.set(xlim=(-1.25, places.shape[1] + 0.25), ylim=(len(ranks) + 0.6, 0.4), yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.legend(handles=family_keys(list(map(str, ranks.index))), **BELOW, ncols=4, title=note)
    return finish(figure, title, note)
