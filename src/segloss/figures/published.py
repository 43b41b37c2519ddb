"""Figures of what the papers print: differences with the intervals that their numbers allow, p-values recomputed."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segloss.figures.style import BELOW, colour_of, finish, new_figure, short_title_of, styled
from segloss.published import printed_names
from segloss.statistics.recomputed import INDEPENDENT
from segloss.verdicts.words import metric_words

# The more the two losses agree on the cases, the shorter the interval: drawn from the longest to the shortest.
_BARS = ({"linewidth": 9, "alpha": 0.25}, {"linewidth": 9, "alpha": 0.5}, {"linewidth": 9, "alpha": 1.0})
SMALLEST_P, _HALF_DIGIT = 1e-12, 0.0005
_TESTS = {"folds": "folds, independent", "images": "images, independent", "paired": "images, paired"}
_TEST_COLOURS = {"folds": "#E69F00", "images": "#0072B2", "paired": "#009E73"}


@styled
def published_forest(tests: pd.DataFrame, title: str) -> Figure:
    """Printed differences with the intervals that their spreads allow: one bar for each assumed correlation.

    Args:
        tests: Rows of :func:`segloss.statistics.recomputed.recompute_differences`, of one paper; a row of panels for
            each metric, a column for each unit.
        title: What is compared.
    """
    metrics, units = tests["metric"].unique(), tests["unit"].unique()
    labels = {metric: list(dict.fromkeys(map(_label, _records(tests, metric=metric)))) for metric in metrics}
    rows = [len(names) for names in labels.values()]
    figure = new_figure(1.5 + 0.7 * len(metrics) + 0.3 * sum(rows))
    panels = figure.subplots(len(metrics), len(units), squeeze=False, height_ratios=[n + 1 for n in rows])
    for line, (metric, names) in zip(panels, labels.items(), strict=True):
        for axes, unit in zip(line, units, strict=True):
            shown = tests[(tests["metric"] == metric) & (tests["unit"] == unit)]
            _draw_forest(axes, shown, names)
            axes.set(title=f"over {unit},\nn = {_numbers(shown['cases'])}")
            axes.set_xlabel(f"difference in {metric_words(metric)}")
            axes.set_yticks(range(len(names)), names if unit == units[0] else [])
    correlations = tests["pairing"][tests["pairing"] != INDEPENDENT].unique()
    keys = [Line2D([], [], color="#333333", **bar, label=name) for bar, name in zip(_BARS, correlations, strict=True)]
    keys.append(Line2D([], [], color="black", linewidth=1, marker="|", label="independent samples"))
    note = "Dot: printed difference. Bars: its 95 % interval if the losses correlate by ρ over the same cases."
    figure.legend(handles=keys, **BELOW, ncols=4, title=note)
    return finish(figure, title)


@styled
def printed_and_recomputed_p(frame: pd.DataFrame, paper: str, title: str) -> Figure:
    """Printed p-values beside the ranges that the printed means and deviations allow, on a logarithmic axis.

    Args:
        frame: As :func:`segloss.statistics.recompute_p_values` gives it.
        paper: Whose data sets these are.
        title: Which p-values these are.
    """
    names = printed_names(paper)
    figure = new_figure(1.5 + 0.32 * len(frame))
    axes = figure.subplots()
    for offset, (test, colour) in zip((-0.24, 0.0, 0.24), _TEST_COLOURS.items(), strict=True):
        low, high = (frame[f"p_{test}_{end}"].clip(lower=SMALLEST_P).to_numpy() for end in ("low", "high"))
        heights = np.arange(len(frame)) + offset
        axes.hlines(heights, low, high, color=colour, linewidth=4, label=_TESTS[test])
        axes.plot(high, heights, "|", color=colour, markersize=6)  # a range may be as narrow as its rounding
    printed, look = frame["printed"].astype(float), {"color": "white", "markeredgecolor": "black", "linestyle": "none"}
    rows = np.arange(len(frame))
    axes.plot(printed.where(printed > 0), rows, "D", label="printed", **look)
    if (printed == 0).any():  # less than half of the last digit
        axes.plot(printed.mask(printed > 0).add(_HALF_DIGIT), rows, "<", label="printed as 0.000", **look)
    axes.axvline(0.05, color="#888888", linewidth=0.8, linestyle="--")
    labels = [f"{names[row.dataset]}, {metric_words(row.metric)}" for row in frame.itertuples()]
    axes.set_yticks(range(len(frame)), labels)
    axes.set(xscale="log", xlim=(SMALLEST_P, 2), ylim=(len(frame) - 0.4, -0.6), xlabel="p, two-sided")
    axes.grid(axis="y", visible=False)
    note = "Ranges over all roundings of the printed numbers and all pairings; they go on to the left. Dashed: 0.05."
    figure.legend(**BELOW, ncols=3, title=note)
    return finish(figure, title)


def _draw_forest(axes: Axes, tests: pd.DataFrame, names: list[str]) -> None:
    axes.axvline(0, color="#888888", linewidth=0.8)
    pairings = [name for name in tests["pairing"].unique() if name != INDEPENDENT]
    for row in tests.to_dict("records"):
        height, colour = names.index(_label(row)), colour_of(row["arm"])
        if row["pairing"] == INDEPENDENT:
            axes.plot([row["low"], row["high"]], [height] * 2, color="black", linewidth=1, marker="|", zorder=3)
            axes.plot(row["difference"], height, "o", color="white", markeredgecolor="black", markersize=5, zorder=4)
        else:
            bar = _BARS[pairings.index(row["pairing"])]
            axes.plot([row["low"], row["high"]], [height] * 2, color=colour, **bar, solid_capstyle="butt")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)


def _records(tests: pd.DataFrame, metric: str) -> list[dict[str, object]]:
    return tests[tests["metric"] == metric].to_dict("records")


def _label(row: dict[str, object]) -> str:
    name = printed_names(str(row["paper"]))[str(row["dataset"])]
    return f"{name}: {short_title_of(str(row['arm']))} − {short_title_of(str(row['baseline']))}"


def _numbers(cases: pd.Series) -> str:
    low, high = cases.min(), cases.max()
    return f"{low}" if low == high else f"{low} to {high}"
