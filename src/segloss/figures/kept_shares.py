"""Figure of the K sweep: what the validation part would choose, and what the test part says about every K."""

import pandas as pd
from matplotlib.figure import Figure

from segloss.figures.style import colour_of, finish, new_figure, placeholder, styled, title_of
from segloss.statistics import chosen_on_validation

TEST_COLOURS = {"sensitivity": "#009E73", "precision": "#CC79A7"}
METRIC_NAMES = {"dice": "Dice", "sensitivity": "recall", "precision": "precision"}


@styled
def kept_share_curves(sweep: pd.DataFrame, data: str, printed: int) -> Figure:
    """Dice by K on validation and test part (left), recall and precision by K on the test part (right).

    Args:
        sweep: As :func:`segloss.statistics.kept_share_sweep` gives it.
        data: Name and kind of the data set.
        printed: The paper's K in percent.
    """
    title = f"{data}: how many of the true pixels to keep?"
    if sweep["keep"].nunique() < 2:
        return placeholder(title, "Fewer than two K were trained on this data set at this scale.")
    figure = new_figure(3.5)
    overlap, errors = figure.subplots(1, 2)
    rows = sweep[sweep["metric"] == "dice"]
    overlap.plot(rows["keep"], rows["validation_dice"], "o-", color="#4D4D4D", label="validation")
    chosen = rows[rows["keep"] == chosen_on_validation(sweep)]
    ring = {"markersize": 11, "markerfacecolor": "none", "markeredgecolor": "black"}
    overlap.plot(chosen["keep"], chosen["validation_dice"], "o", label="validation would choose", **ring)
    # Side by side, so that no bar hides another.
    panels = {"dice": (overlap, 0), "sensitivity": (errors, 0.7), "precision": (errors, -0.7)}
    for metric, (axes, shift) in panels.items():
        of_metric = sweep[sweep["metric"] == metric]
        colour = TEST_COLOURS.get(metric, colour_of("cross_entropy_plus_topk_dice"))
        reach = [of_metric["mean"] - of_metric["low"], of_metric["high"] - of_metric["mean"]]
        label = f"{METRIC_NAMES[metric]}, test"
        look = {"fmt": "s-", "color": colour, "capsize": 3, "label": label}
        axes.errorbar(of_metric["keep"] + shift, of_metric["mean"], yerr=reach, **look)
    for axes in (overlap, errors):
        axes.axvline(printed, color="#888888", linewidth=0.8)
        axes.set(xlabel="K in percent", xlim=(105, 5))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, ncols=2)
    overlap.set_ylabel(title_of("dice"))
    note = f"Bars: interval over {sweep['cases'].max()} test subjects. Line: the paper's K. K = 100 is CE + Dice."
    return finish(figure, title, note)
