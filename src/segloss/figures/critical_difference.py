"""Mean ranks on a line, and bars over the losses that a Nemenyi test does not tell apart."""

import numpy as np
from matplotlib.figure import Figure

from segloss.figures.families import family_colour, family_keys
from segloss.figures.style import BELOW, finish, new_figure, placeholder, short_title_of, styled
from segloss.statistics.ranks import RankTest
from segloss.verdicts.words import p_words

BAR_STEP = 0.36


@styled
def critical_difference_diagram(test: RankTest | None, title: str, note: str) -> Figure:
    """Mean rank of every loss on a line, the best on the left; a bar joins losses whose ranks do not differ.

    Args:
        test: Ranks and critical difference; None where there are no data.
        title: What was ranked.
        note: On which data, with how many cases.
    """
    if test is None or np.isnan(test.critical_difference):
        return placeholder(title, "Fewer than two data sets or three losses have been compared: make synthesis.")
    names, groups = [str(name) for name in test.mean.index], test.groups
    half = -(-len(names) // 2)
    depth = BAR_STEP * (len(groups) + 0.5)
    figure = new_figure(1.5 + 0.27 * half + 0.25 * depth)
    axes = figure.subplots()
    lowest, highest = 1, len(names)
    margin = 0.42 * (highest - lowest)
    axes.set(xlim=(lowest - margin, highest + margin), ylim=(-depth - 0.9 * half - 0.4, 1.9))
    axes.axis("off")
    axes.plot([lowest, highest], [0, 0], color="black", linewidth=1)
    for rank in range(lowest, highest + 1):
        axes.plot([rank, rank], [0, 0.16], color="black", linewidth=1)
        axes.text(rank, 0.3, str(rank), ha="center", va="bottom", fontsize=8)
    for place, name in enumerate(names):
        left = place < half
        row = place if left else len(names) - 1 - place
        height = -depth - 0.9 * (row + 0.5)
        edge = lowest - 0.4 if left else highest + 0.4
        rank, colour = test.mean[name], family_colour(name)
        axes.plot([rank, rank, edge], [0, height, height], color=colour, linewidth=1)
        axes.plot(rank, 0, "o", color=colour, markersize=4)
        label = f"{short_title_of(name)}  {rank:.2f}" if left else f"{rank:.2f}  {short_title_of(name)}"
        beside = edge - 0.12 if left else edge + 0.12
        axes.text(beside, height, label, ha="right" if left else "left", va="center", fontsize=8.5)
    for number, group in enumerate(groups):
        ends = test.mean[[group[0], group[-1]]]
        y = -BAR_STEP * (number + 1)
        axes.plot(
            [ends.iloc[0] - 0.06, ends.iloc[1] + 0.06], [y, y], color="black", linewidth=2.6, solid_capstyle="butt"
        )
    axes.plot([lowest, lowest + test.critical_difference], [1.35, 1.35], color="black", linewidth=1, marker="|")
    axes.text(
        lowest + test.critical_difference + 0.3,
        1.35,
        f"critical difference {test.critical_difference:.2f}",
        va="center",
        fontsize=8.5,
    )
    tests = {"Friedman": test.friedman_p, "Iman and Davenport": test.iman_davenport_p}
    found = "; ".join(f"{name}: p {_equals(p)}" for name, p in tests.items())
    text = f"Mean rank, 1 is best. {found}.\n{note}"
    figure.legend(handles=family_keys(names), **BELOW, ncols=4, title=text)
    return finish(figure, title, text)


def _equals(p: float) -> str:
    return words if (words := p_words(p)).startswith("<") else f"= {words}"
