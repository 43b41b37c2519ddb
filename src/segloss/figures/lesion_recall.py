"""Figures of lesions: how many of each size are found."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segloss.figures.style import arms_in_order, colour_of, finish, new_figure, placeholder, styled, title_of
from segloss.statistics import Results, bootstrap_interval, case_values


@styled
def recall_by_group(results: Results, dataset: str, arms: Sequence[str], groups: Mapping[str, str]) -> Figure:
    """Recall of lesions by their size and place: mean over scans with its interval, one colour per arm.

    Args:
        results: Measured values.
        dataset: Whose lesions to draw.
        arms: Arms to draw; those without values are left out.
        groups: Names of the groups of lesions, in order, and their labels, "name, limits".
    """
    title = f"{results.data(dataset)}: which lesions are found"
    values = {group: case_values(results.metrics, dataset, f"lesion_recall_{group}") for group in groups}
    shown = arms_in_order([arm for arm in arms if any(arm in table for table in values.values())])
    if not shown:
        return placeholder(title, "No lesions were counted on this data set at this scale.")
    figure = new_figure(3.0)
    axes = figure.subplots()
    for offset, arm in zip(np.linspace(-0.15, 0.15, len(shown)), shown, strict=True):
        draw_recalls(axes, [table[arm] for table in values.values()], offset, arm)
    scans = [int(table[shown[0]].count()) for table in values.values()]
    labels = [label.replace(", ", "\n") for label in groups.values()]
    counts = [f"{count} scan{'s' * (count != 1)}" for count in scans]
    axes.set_xticks(range(len(groups)), [f"{label}\n{count}" for label, count in zip(labels, counts, strict=True)])
    axes.set(ylim=(-0.03, 1.03), ylabel="recall of lesions", xlim=(-0.5, len(groups) - 0.5))
    axes.grid(axis="x", visible=False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, ncols=3)
    return finish(figure, title, "Mean over the scans that have such lesions, with its interval over scans.")


def draw_recalls(axes: Axes, recalls: Sequence[pd.Series], offset: float, arm: str) -> None:
    """Mean and interval of one arm for each group that any scan has; of a single scan there is no interval."""
    known = {place: recall.dropna().to_numpy(float) for place, recall in enumerate(recalls) if recall.notna().any()}
    means = np.array([recall.mean() for recall in known.values()])
    ends = np.array([bootstrap_interval(np.mean, recall) for recall in known.values()]).reshape(-1, 2).T
    look = {"fmt": "o", "capsize": 3, "color": colour_of(arm), "label": title_of(arm)}
    axes.errorbar(np.array([*known]) + offset, means, yerr=np.nan_to_num(np.abs(ends - means)), **look)
