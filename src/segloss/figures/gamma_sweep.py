"""Figure of the sweep of gamma: what the validation part would choose, and what the test cases say."""

import pandas as pd
from matplotlib.figure import Figure

from segloss.figures.style import colour_of, finish, new_figure, placeholder, styled

COLOURS = {"recall": "#009E73", "precision": "#CC79A7"}


@styled
def gamma_curves(sweep: pd.DataFrame, data: str, default: float = 0.5) -> Figure:
    """Dice by gamma on validation and test (left), recall and precision on test cases (right).

    Args:
        sweep: As :func:`segloss.statistics.gamma_sweep` gives it.
        data: Name and kind of the data set.
        default: Gamma of the authors' code, which is marked.
    """
    title = f"{data}: which γ for the asymmetric Unified Focal loss?"
    if sweep["gamma"].nunique() < 2:
        return placeholder(title, "Fewer than two γ were trained on this data set at this scale.")
    figure = new_figure(3.5)
    overlap, errors = figure.subplots(1, 2)
    of_dice = sweep[sweep["metric"] == "dice"]
    overlap.plot(of_dice["gamma"], of_dice["validation_dice"], "o-", color="#4D4D4D", label="validation Dice")
    known = of_dice.dropna(subset="validation_dice")
    if len(known):
        chosen = known.loc[known["validation_dice"].idxmax()]
        ring = {"markersize": 11, "markerfacecolor": "none", "markeredgecolor": "black"}
        overlap.plot(chosen["gamma"], chosen["validation_dice"], "o", label="chosen by it", linestyle="none", **ring)
    # Side by side, so that no bar hides another.
    for metric, axes, shift in (("dice", overlap, 0.0), ("recall", errors, -0.006), ("precision", errors, 0.006)):
        rows = sweep[sweep["metric"] == metric]
        reach = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
        colour = COLOURS.get(metric, colour_of("asymmetric_unified_focal"))
        label = "test Dice" if metric == "dice" else f"{metric}, test"
        axes.errorbar(rows["gamma"] + shift, rows["mean"], yerr=reach, fmt="s-", color=colour, capsize=3, label=label)
    for axes in (overlap, errors):
        axes.axvline(default, color="#888888", linewidth=0.8)
        axes.set(xlabel="γ", xlim=(0, 1))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, ncols=3, columnspacing=1, fontsize=8)
    note = f"Bars: interval over {sweep['cases'].max()} test subjects. Line: γ of the authors' code."
    return finish(figure, title, note)
