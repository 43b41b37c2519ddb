"""Figure of the Dice index on the validation part by epoch, all arms of a data set together."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from segloss.figures.curves import FOLD_NOTE, draw_fold_band
from segloss.figures.style import arms_in_order, colour_of, finish, new_figure, placeholder, short_title_of, styled
from segloss.statistics import Results

# More lines leave no room for a legend among them.
LINES_BESIDE_A_LEGEND = 6


@styled
def validation_curves(results: Results, datasets: Sequence[str], arms: Sequence[str]) -> Figure:
    """Validation Dice by epoch, one panel per data set; losses of different scales are compared by nothing else.

    Args:
        results: Measured values.
        datasets: Whose training to draw; those without a history are left out.
        arms: Arms to draw; those without a history are left out.
    """
    title = "Dice index on the validation part during training"
    history = results.history[results.history["arm"].isin(list(arms))]
    trained = [dataset for dataset in datasets if dataset in set(history["dataset"])]
    if not trained:
        return placeholder(title, "None of the arms was trained at this scale.")
    figure = new_figure(3.4)
    panels = figure.subplots(1, len(trained), sharey=True, squeeze=False)[0]
    for axes, dataset in zip(panels, trained, strict=True):
        of_dataset = history[history["dataset"] == dataset]
        for arm in arms_in_order(list(of_dataset["arm"].unique())):
            rows = of_dataset[of_dataset["arm"] == arm]
            draw_fold_band(axes, rows, "validation_dice", colour_of(arm), short_title_of(arm))
        axes.set(title=results.data(dataset), xlabel="epoch", ylim=(0, 1))
        if len(arms) <= LINES_BESIDE_A_LEGEND:
            axes.legend(loc="lower right")
    if len(arms) > LINES_BESIDE_A_LEGEND:
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    return finish(figure, title, f"{FOLD_NOTE} CE: cross entropy.")
