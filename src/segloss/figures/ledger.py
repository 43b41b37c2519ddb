"""Figures of the ledger of claims: verdicts by paper, and the cases that would decide."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segloss.figures.style import BELOW, finish, new_figure, placeholder, styled
from segloss.verdicts.ledger import NOT_RUN, verdict_counts
from segloss.verdicts.rules import VERDICTS

# Dark to light in the order of what is known, so that they differ without colour too.
VERDICT_COLOURS = dict(zip((*VERDICTS, NOT_RUN), ("#117733", "#882255", "#DDCC77", "#CCCCCC", "#F2F2F2"), strict=True))
_DARK = ("#117733", "#882255")
_PANELS = {"computed": "computed: needs no data", "on_phantoms": "on phantoms", "on_real_data": "on real data"}


@styled
def verdicts_by_paper(frame: pd.DataFrame, names: dict[str, str]) -> Figure:
    """Number of claims by verdict, a bar per paper, a panel for what the verdict rests on.

    Args:
        frame: As :func:`segloss.verdicts.ledger.ledger` gives it.
        names: The papers' names.
    """
    counts = verdict_counts(frame)
    figure = new_figure(3.1)
    panels = figure.subplots(1, len(_PANELS), sharey=True, sharex=True)
    for axes, (evidence, title) in zip(panels, _PANELS.items(), strict=True):
        _draw_bars(axes, counts[counts["evidence"] == evidence].reset_index(drop=True))
        axes.set(title=title, xlabel="claims")
    panels[0].set_yticks(range(counts["paper"].nunique()), [names[paper] for paper in counts["paper"].unique()])
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, **BELOW, ncols=5, title="A number is the number of claims with that verdict.")
    return finish(figure, "What became of the claims")


@styled
def cases_to_decide(frame: pd.DataFrame) -> Figure:
    """Cases so far and cases that would decide each claim whose spread is known, on a logarithmic axis.

    Args:
        frame: As :func:`segloss.verdicts.ledger.ledger` gives it.
    """
    title = "How many cases would decide"
    rows = frame[frame["decide"].notna()].reset_index(drop=True)
    if rows.empty:
        return placeholder(title, "No spread of paired differences has been measured at any scale.")
    figure = new_figure(1.5 + 0.27 * len(rows))
    axes = figure.subplots()
    range_of_spread = {"color": "#999999", "linewidth": 3, "label": "range by its spread"}
    axes.hlines(rows.index, rows["decide_low"], rows["decide_high"], **range_of_spread)
    axes.plot(rows["decide"], rows.index, "o", color="#004488", label="would decide")
    axes.plot(rows["cases"], rows.index, "|", color="black", markersize=11, markeredgewidth=2, label="so far")
    seen = rows["see_published"].where(rows["see_published"] < 1e6)
    axes.plot(seen, rows.index, "D", color="white", markeredgecolor="#BB5566", label="would see the printed difference")
    axes.set_yticks(rows.index, [f"{row.id}, {row.data}" for row in rows.itertuples()])
    axes.set(xscale="log", xlabel="cases", ylim=(len(rows) - 0.4, -0.6))
    axes.grid(axis="y", visible=False)
    figure.legend(**BELOW, ncols=4)
    return finish(figure, title)


def _draw_bars(axes: Axes, counts: pd.DataFrame) -> None:
    left = pd.Series(0, index=counts.index)
    for verdict, colour in VERDICT_COLOURS.items():
        axes.barh(
            counts.index, counts[verdict], left=left, color=colour, edgecolor="#666666", linewidth=0.5, label=verdict
        )
        for row, number in counts[verdict].items():
            if number:
                ink = "white" if colour in _DARK else "black"
                axes.text(left[row] + number / 2, row, str(number), ha="center", va="center", color=ink, fontsize=8)
        left = left + counts[verdict]
    axes.grid(axis="y", visible=False)
