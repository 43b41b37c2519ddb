"""Figures of sample sizes: power by the number of cases, and cases needed by the spread of the differences."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segloss.figures.style import BELOW, colour_of, finish, new_figure, styled
from segloss.published import load_record, printed_names
from segloss.statistics.power import cases_to_see, largest_spread, paired_power
from segloss.statistics.recomputed import INDEPENDENT

_LINES = ("-", "--", ":")
_COLUMNS = 3
# Of data sets, by Tol's high-contrast scheme.
_SET_COLOURS = ("#004488", "#BB5566", "#DDAA33", "#000000")


@styled
def power_curves(tests: pd.DataFrame, title: str, most: int = 3000) -> Figure:
    """Power of a paired t-test for printed differences, by the number of cases: a line for each assumed correlation.

    Args:
        tests: Rows of :func:`segloss.statistics.recomputed.recompute_differences` over one unit, a panel for each
            difference.
        title: Which differences these are.
        most: Cases at the right end of the axis.
    """
    rules = load_record()["rules"]
    tests = tests[tests["pairing"] != INDEPENDENT]
    groups = list(tests.groupby(["dataset", "arm", "baseline"], sort=False))
    rows = -(-len(groups) // _COLUMNS)
    figure = new_figure(1.2 + 1.75 * rows)
    panels = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    cases = np.unique(np.geomspace(2, most, 120).astype(int))
    for axes, (_, group) in zip(panels, groups, strict=False):
        _draw_power(axes, group, cases, rules["level"])
        axes.axhline(rules["power"], color="#888888", linewidth=0.8)
    for axes in panels[len(groups) :]:
        axes.set_visible(False)
    unit = tests["unit"].iloc[0]
    panels[0].set(xscale="log", xlim=(2, most), ylim=(0, 1.03))
    for axes in panels[(rows - 1) * _COLUMNS :]:
        axes.set_xlabel(unit)
    for axes in panels[::_COLUMNS]:
        axes.set_ylabel("power")
    handles, labels = panels[0].get_legend_handles_labels()
    note = f"Grey line: power {rules['power']:g}. Grey area: as many {unit} as the paper has, or more."
    figure.legend(handles, labels, **BELOW, ncols=4, title=note)
    return finish(figure, title)


@styled
def cases_by_spread(leads: pd.DataFrame, title: str, widest: float = 0.3) -> Figure:
    """Cases with which a printed difference is seen, by the spread of the paired differences, which is not printed.

    Args:
        leads: Columns paper, dataset, difference, cases (the paper's).
        title: Which differences these are.
        widest: Largest spread on the axis.
    """
    rules = load_record()["rules"]
    figure = new_figure(3.7)
    axes = figure.subplots()
    spreads = np.geomspace(0.002, widest, 40)
    for colour, lead in zip(_SET_COLOURS, leads.itertuples(), strict=False):
        needed = [cases_to_see(lead.difference, spread, rules["power"], rules["level"]) for spread in spreads]
        name = printed_names(lead.paper)[lead.dataset]
        axes.plot(spreads, needed, color=colour, label=f"{name}, +{lead.difference:.4f} in Dice")
        most = float(largest_spread(lead.difference, lead.cases, rules["level"]))
        axes.plot(most, lead.cases, "o", color=colour, markeredgecolor="black", markersize=7)
    axes.set(xscale="log", yscale="log", xlim=(0.002, widest), ylim=(1.8, 20_000))
    ticks = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="standard deviation of the paired differences in Dice", ylabel="cases needed")
    note = (
        f"Line: power {rules['power']:g} of a paired t-test.\n"
        "Dot: the paper's number of cases, at the largest spread with which its lead is significant."
    )
    figure.legend(**BELOW, ncols=2, title=note)
    return finish(figure, title)


def _draw_power(axes: Axes, group: pd.DataFrame, cases: np.ndarray, level: float) -> None:
    first = group.iloc[0]
    colour = colour_of(first["arm"])
    for style, row in zip(_LINES, group.itertuples(), strict=False):
        axes.plot(cases, paired_power(row.gain / row.paired_sd, cases, level), style, color=colour, label=row.pairing)
    axes.axvspan(first["cases"], cases.max(), color="#EEEEEE", linewidth=0, zorder=0)
    name = printed_names(first["paper"])[first["dataset"]]
    difference = f"{first['difference']:+g}".replace("-", "−")
    axes.set_title(f"{name}: {difference}, n = {first['cases']}")
