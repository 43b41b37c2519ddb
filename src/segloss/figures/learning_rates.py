"""Fairness: what another learning rate would do to the ranks."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from segloss.figures.families import family_colour
from segloss.figures.style import BELOW, finish, new_figure, placeholder, short_title_of, styled

PARTS = {"loss": "#0072B2", "rate": "#E69F00", "interaction": "#BBBBBB"}


@styled
def learning_rate_figure(ranks: pd.DataFrame, shares: pd.DataFrame, note: str) -> Figure:
    """Left: mean rank of each loss, and how far its own learning rate moves it. Right: where the variance comes from.

    Args:
        ranks: As :func:`segloss.statistics.learning_rates.rate_ranks` gives them.
        shares: As :func:`segloss.statistics.learning_rates.variance_shares` gives them, data sets by their titles.
        note: On which data, and which rates.
    """
    title = "Fairness: how much of a rank the learning rate decides"
    if ranks.empty:
        return placeholder(title, "No data set was trained with several learning rates.")
    figure = new_figure(1.6 + 0.25 * len(ranks))
    left, right = figure.subplots(1, 2, width_ratios=(3, 1.3))
    for height, (loss, row) in enumerate(ranks.iterrows()):
        colour = family_colour(str(loss))
        left.plot(
            [row["least"], row["greatest"]],
            [height, height],
            color=colour,
            linewidth=5,
            alpha=0.3,
            solid_capstyle="butt",
        )
        left.plot(row["common"], height, "o", color=colour, markersize=5)
        left.plot(row["best"], height, "D", markerfacecolor="none", markeredgecolor=colour, markersize=8)
    left.set(xlabel="mean rank by Dice, 1 is best", ylim=(len(ranks) - 0.4, -0.6))
    left.set_yticks(range(len(ranks)), [short_title_of(str(loss)) for loss in ranks.index])
    start = pd.Series(0.0, index=shares.index)
    for part, colour in PARTS.items():
        right.bar(range(len(shares)), shares[part], bottom=start, color=colour, width=0.6)
        start = start + shares[part]
    names = [name.replace(" (", "\n(") for name in shares["dataset"]]
    right.set_xticks(range(len(shares)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=7.5)
    right.set(ylabel="share of the variance of Dice", ylim=(0, 1))
    grey = {"color": "none", "markeredgecolor": "#555555"}
    keys = [
        Line2D([], [], marker="o", markerfacecolor="#555555", label="the same rate for all", **grey),
        Line2D([], [], marker="D", markersize=8, markerfacecolor="none", label="each at its best rate", **grey),
        Line2D([], [], color="#555555", linewidth=5, alpha=0.3, label="only its own rate moves"),
        *(Patch(facecolor=colour, label=f"variance: {part}") for part, colour in PARTS.items()),
    ]
    figure.legend(handles=keys, **BELOW, ncols=3, title=note)
    return finish(figure, title, note)
