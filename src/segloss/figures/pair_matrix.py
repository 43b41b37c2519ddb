"""Figure of all pairs of arms: the paper's test below the diagonal, the paired one above it; Tables 2 and 4."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from segloss.figures.style import BELOW, finish, new_figure, placeholder, short_title_of, styled
from segloss.verdicts.words import p_words

HIGHER, LOWER, LEVEL = "#A6CEE3", "#FDBF6F", 0.05


@styled
def pair_matrices(tests: Mapping[str, pd.DataFrame], data: str) -> Figure:
    """A matrix of adjusted p-values for each structure, its cells shaded by which of the two arms is better.

    Args:
        tests: By structure, as :func:`segloss.statistics.pairwise_tests` gives them.
        data: Name and kind of the data set.
    """
    title = f"{data}: every loss against every other, p by Holm"
    shown = {structure: frame for structure, frame in tests.items() if len(frame)}
    if not shown:
        return placeholder(title, "Fewer than two of these losses were evaluated on this data set at this scale.")
    arms = list(dict.fromkeys(arm for frame in shown.values() for arm in (*frame["column"], *frame["row"])))
    figure = new_figure(0.9 + len(shown) * (0.85 + 0.3 * len(arms)))
    panels = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    for axes, (structure, frame) in zip(panels, shown.items(), strict=True):
        draw_matrix(axes, frame, arms)
        axes.set_title(f"{structure}, n = {frame['cases'].max()}")
    keys = [Patch(facecolor=HIGHER, label="row is higher"), Patch(facecolor=LOWER, label="row is lower")]
    note = "Below the diagonal: rank-sum test, as in the paper. Above: signed-rank test, paired. Bold: below 0.05."
    figure.legend(handles=keys, **BELOW, ncols=2, title=note)
    return finish(figure, title)


def draw_matrix(axes: Axes, frame: pd.DataFrame, arms: list[str]) -> None:
    """Rows are compared with columns; below the diagonal by the sum of ranks, above it by the mean difference."""
    for row in frame.itertuples():
        below, above = arms.index(row.row), arms.index(row.column)
        draw_cell(axes, (above, below), row.rank_sum_holm, row.statistic)
        draw_cell(axes, (below, above), row.signed_rank_holm, -row.difference)
    for place in range(len(arms)):
        axes.text(place, place, "–", ha="center", va="center", color="#888888")
    names = [short_title_of(arm) for arm in arms]
    axes.set_xticks(range(len(arms)), [name.replace(" ", "\n") for name in names], fontsize=7.5)
    axes.set_yticks(range(len(arms)), names, fontsize=8)
    axes.set(xlim=(-0.5, len(arms) - 0.5), ylim=(len(arms) - 0.5, -0.5))
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def draw_cell(axes: Axes, place: tuple[int, int], p: float, sign: float) -> None:
    """One p-value on the shade of its direction."""
    (x, y), shade = place, HIGHER if sign > 0 else LOWER if sign < 0 else "white"
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=shade, edgecolor="white", linewidth=1.5))
    weight = "bold" if not math.isnan(p) and p < LEVEL else "normal"
    axes.text(x, y, p_words(float(np.float64(p))), ha="center", va="center", fontsize=7.5, fontweight=weight)
