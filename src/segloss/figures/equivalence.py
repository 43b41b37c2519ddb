"""Every loss against every other one: how probable it is that one is better, and that neither is by much."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from segloss.figures.style import BELOW, finish, new_figure, placeholder, short_title_of, styled
from segloss.figures.synthesis import NO_SYNTHESIS

SHADES = {"better": "#0072B2", "equivalent": "#8A8A8A", "worse": "#D55E00"}
WORDS = {"better": "row is better", "equivalent": "practically equivalent", "worse": "column is better"}


@styled
def equivalence_figure(pairs: pd.DataFrame, rope: float, posterior: float, note: str) -> Figure:
    """A cell for each pair: bars for the three probabilities, and a frame where one of them decides.

    Args:
        pairs: As :func:`segloss.statistics.equivalence.equivalence_matrix` gives them.
        rope: Half the width of the region of practical equivalence, in Dice.
        posterior: Probability from which there is a decision.
        note: On which data.
    """
    title = "Better, worse, or as good: probabilities of every pair"
    if pairs.empty:
        return placeholder(title, NO_SYNTHESIS)
    losses = list(dict.fromkeys([*pairs["column"], *pairs["row"]]))
    figure = new_figure(1.9 + 0.3 * len(losses))
    axes = figure.subplots()
    for pair in pairs.itertuples():
        x, y = losses.index(pair.column), losses.index(pair.row)
        left = x - 0.46
        for name, colour in SHADES.items():
            share = getattr(pair, name)
            axes.add_patch(Rectangle((left, y - 0.4), 0.92 * share, 0.8, facecolor=colour, linewidth=0))
            left += 0.92 * share
        if pair.decision != "undecided":
            axes.add_patch(Rectangle((x - 0.46, y - 0.4), 0.92, 0.8, fill=False, edgecolor="black", linewidth=1.6))
    names = [short_title_of(loss) for loss in losses]
    axes.set_xticks(range(len(losses) - 1), names[:-1], rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(1, len(losses)), names[1:])
    axes.set(xlim=(-0.6, len(losses) - 1.4), ylim=(len(losses) - 0.4, 0.4))
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    keys = [Patch(facecolor=colour, label=WORDS[name]) for name, colour in SHADES.items()]
    keys.append(Patch(facecolor="none", edgecolor="black", linewidth=1.6, label=f"above {posterior:.0%}: decided"))
    text = f"{note} Equivalent: within {rope:g} Dice of each other."
    figure.legend(handles=keys, **BELOW, ncols=4, title=text)
    return finish(figure, title, text)
