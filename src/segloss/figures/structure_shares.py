"""Dice of every structure against its foreground share, one loss at a time: imbalance over many tasks."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from segloss.figures.families import family_colour
from segloss.figures.style import finish, new_figure, placeholder, short_title_of, styled
from segloss.figures.synthesis import NO_SYNTHESIS
from segloss.statistics.structure_shares import ShareInteraction
from segloss.verdicts.words import p_words, signed

PANELS_IN_A_ROW = 4


@styled
def dice_by_structure_share(means: pd.DataFrame, interaction: ShareInteraction | None, note: str) -> Figure:
    """A panel for each loss, the one that loses least on small structures first; all others in grey behind it.

    Args:
        means: As :func:`segloss.statistics.structure_shares.structure_means` gives them.
        interaction: Slopes, and the test that they are equal; None where there are no data.
        note: On which data, and what the bars are.
    """
    title = "Imbalance over many tasks: Dice of a structure against its foreground share"
    if interaction is None or means.empty:
        return placeholder(title, NO_SYNTHESIS)
    losses = [str(loss) for loss in interaction.slopes.index]
    rows_of_panels = -(-len(losses) // PANELS_IN_A_ROW)
    figure = new_figure(1.0 + 1.55 * rows_of_panels)
    grid = figure.subplots(rows_of_panels, PANELS_IN_A_ROW, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(losses) :]:
        axes.axis("off")
    for axes, loss in zip(grid.flat, losses, strict=False):
        axes.plot(means["share"], means["mean"], ".", color="#D8D8D8", markersize=3)
        _draw(axes, means[means["loss"] == loss], family_colour(loss))
        slope = f"{signed(interaction.slopes[loss], 'dice')} per tenfold share"
        name = textwrap.shorten(short_title_of(loss), 28, placeholder="…")
        axes.set_title(f"{name}\n{slope}", fontsize=8)
    for axes in grid[:, 0]:
        axes.set_ylabel("mean Dice")
    for column in range(PANELS_IN_A_ROW):
        below = [axes for axes in grid[:, column] if axes.axison]
        if below:
            below[-1].set_xlabel("foreground share")
            below[-1].tick_params(labelbottom=True)
    words = p_words(interaction.p)
    p = words if words.startswith("<") else f"= {words}"
    found = f"Interaction of loss and log share: p {p}, {interaction.structures} structures."
    return finish(figure, title, f"{note}\nSlopes: beside the mean of all losses. {found}")


def _draw(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    rows = rows.sort_values("share")
    errors = [
        (rows["mean"] - rows["low"]).clip(lower=0).fillna(0),
        (rows["high"] - rows["mean"]).clip(lower=0).fillna(0),
    ]
    axes.errorbar(rows["share"], rows["mean"], errors, fmt="o", color=colour, markersize=3.5, elinewidth=0.9)
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(-0.03, 1.03)
