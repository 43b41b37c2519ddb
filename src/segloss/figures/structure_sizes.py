"""Figures of cases one by one: Dice by the size of the structure, and two arms on the same cases."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from segloss.figures.recall_precision import MARKERS
from segloss.figures.style import BELOW, colour_of, finish, new_figure, placeholder, short_title_of, styled, title_of
from segloss.statistics import clustered_error

CLASSES = 4  # of size, with equally many structures
STRUCTURES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


@styled
def dice_by_size(values: Mapping[str, pd.DataFrame], arms: Sequence[str]) -> Figure:
    """Mean Dice of each arm in classes of structures from small to large, one panel per data set.

    Args:
        values: By name and kind of the data set, as :func:`segloss.statistics.structure_values` gives them.
        arms: Arms to draw; those without values are left out.
    """
    title = "Dice by the size of the structure"
    shown = {data: frame for data, frame in values.items() if len(frame) and set(arms) & set(frame.columns)}
    if not shown:
        return placeholder(title, "None of these losses was evaluated at this scale.")
    figure = new_figure(3.5)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, (data, frame) in zip(panels, shown.items(), strict=True):
        for number, arm in enumerate(arms):
            if arm in frame:
                draw_size_classes(axes, frame[["share", arm]].dropna(), arm, MARKERS[number % len(MARKERS)])
        axes.set(title=f"{data}\n{len(frame)} structures", xlabel="share of the image", xscale="log", ylim=(0, 1))
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3), numticks=5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    panels[0].set_ylabel("Dice")
    drawn = {label: line for axes in panels for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    note = f"Means of up to {CLASSES} classes with as many structures each, bars: 2 standard errors over subjects."
    figure.legend(drawn.values(), drawn.keys(), **BELOW, ncols=4, title=note)
    return finish(figure, title)


def draw_size_classes(axes: Axes, points: pd.DataFrame, arm: str, marker: str) -> None:
    """Mean Dice of each class at the geometric mean of its sizes."""
    classes = pd.qcut(points["share"], min(CLASSES, max(1, len(points) // 3)), duplicates="drop")
    groups = points.groupby(classes, observed=True)
    shares = np.exp(np.log(points["share"]).groupby(classes, observed=True).mean())
    errors = 2 * groups[arm].agg(clustered_error)
    look = {"color": colour_of(arm), "marker": marker, "markersize": 4.5, "linewidth": 1.2, "elinewidth": 0.8}
    axes.errorbar(shares, groups[arm].mean(), yerr=errors, label=short_title_of(arm), **look)


@styled
def same_cases(values: Mapping[str, pd.DataFrame], arm: str, baseline: str, title: str) -> Figure:
    """Dice of every structure with one arm against that with another, one panel per data set; above the line it gains.

    Args:
        values: As above.
        arm: On the vertical axis.
        baseline: On the horizontal axis.
        title: What is compared.
    """
    shown = {data: frame for data, frame in values.items() if {arm, baseline} <= set(frame.columns)}
    if not shown:
        return placeholder(title, "The two arms were not both evaluated on a data set at this scale.")
    figure = new_figure(3.3 if len(shown) > 1 else 4.4)
    drawn: dict[str, Line2D] = {}
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, (data, frame) in zip(panels, shown.items(), strict=True):
        axes.plot([0, 1], [0, 1], color="#888888", linewidth=0.8)
        names = frame.index.get_level_values("class")
        for name in dict.fromkeys(names):
            number, points = list(dict.fromkeys([*drawn, name])).index(name), frame[names == name]
            look = {"marker": MARKERS[number], "color": STRUCTURES[number % len(STRUCTURES)], "alpha": 0.7}
            drawn[name] = axes.plot(points[baseline], points[arm], linestyle="none", markersize=5, **look)[0]
        axes.set(title=data, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=f"Dice, {short_title_of(baseline)}")
        axes.set_box_aspect(1)
    panels[0].set_ylabel(f"Dice, {title_of(arm)}".replace(" (", "\n("))
    note = "A mark is one structure of one test case. Above the line the vertical arm is better."
    figure.legend(drawn.values(), drawn.keys(), **BELOW, ncols=6, title=note)
    return finish(figure, title)
