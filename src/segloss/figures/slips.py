"""A published slip against the loss without it: what it does to every subject of every data set."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segloss.figures.style import BELOW, finish, new_figure, placeholder, styled, title_of
from segloss.statistics.synthesis import Synthesis
from segloss.verdicts.words import arm_words, p_words, signed

SUBJECT, MEAN = "#9A9A9A", "#D55E00"


@styled
def slip_figure(studies: list[Synthesis], effects: pd.DataFrame, form: str, rope: float) -> Figure:
    """A row for each data set: the differences of the subjects, their mean with its interval, and the ROPE as a band.

    Args:
        studies: Of one or more scales.
        effects: As :func:`segloss.statistics.slips.slip_effects` gives them, of all studies, one below the other, with
            the column ``data``: the title of the data set.
        form: The published form.
        rope: Half the width of the region of practical equivalence, in Dice.
    """
    rows = effects[effects["arm"] == form]
    if rows.empty:
        return placeholder(title_of(form), "It was not trained on data that are here: make synthesis.")
    right = str(rows["baseline"].iloc[0])
    title = f"{title_of(form)}, less {arm_words(right)}"
    figure = new_figure(1.3 + 0.52 * len(rows))
    axes = figure.subplots()
    axes.axvspan(-rope, rope, color="#EEEEEE", zorder=0)
    axes.axvline(0, color="#888888", linewidth=0.8)
    labels = []
    for height, row in enumerate(rows.itertuples()):
        values = _differences(studies, str(row.data), form, right)
        scatter = height + 0.26 * (np.arange(len(values)) * 0.618 % 1 - 0.5)
        axes.plot(values, scatter, "o", color=SUBJECT, markersize=3, markeredgewidth=0, alpha=0.8)
        ends = [[max(0.0, row.difference - row.low)], [max(0.0, row.high - row.difference)]]
        look = {"fmt": "D", "color": MEAN, "markersize": 5, "elinewidth": 2}
        axes.errorbar([row.difference], [height], xerr=np.nan_to_num(ends), **look)
        p = p_words(row.p_holm)
        labels.append(
            f"{row.data}\n{signed(row.difference, 'dice')}, p {p if p.startswith('<') else f'= {p}'}, n = {row.cases}"
        )
    axes.set_yticks(range(len(rows)), labels)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="difference in Dice; below 0 the published form is worse")
    keys = [
        Line2D([], [], color="none", marker="o", markerfacecolor=SUBJECT, markeredgewidth=0, label="a subject"),
        Line2D([], [], color=MEAN, marker="D", linewidth=2, label="mean and interval"),
        Line2D([], [], color="#DDDDDD", linewidth=7, label=f"within {rope:g} Dice: practically the same"),
    ]
    note = (
        "Classes and cases of a subject averaged first; p of the signed-rank test, Holm over all slips and data sets."
    )
    figure.legend(handles=keys, **BELOW, ncols=3, title=note)
    return finish(figure, title, note)


def slip_caption(form: str) -> str:
    """What :func:`slip_figure` shows, in a sentence."""
    return (
        f"{title_of(form)}, beside the loss without the slip: difference in Dice of every subject, with mean and "
        "interval, on each data set; the band is the region of practical equivalence."
    )


def _differences(studies: list[Synthesis], data: str, form: str, right: str) -> np.ndarray:
    for study in studies:
        for dataset in study.datasets:
            if study.title(dataset) == data:
                table = study.subject_table(dataset, [form, right])
                return (table[form] - table[right]).dropna().to_numpy()
    return np.array([])
