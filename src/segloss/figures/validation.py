"""Figure of the Dice index on the validation part by epoch, all arms of a data set together."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from segloss.figures.curves import draw_fold_band, fold_note
from segloss.figures.style import arms_in_order, colour_of, finish, new_figure, placeholder, short_title_of, styled
from segloss.statistics import Results


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
    history = history[history["dataset"].isin(trained)]
    figure = new_figure(3.6)
    panels = figure.subplots(1, len(trained), sharey=True, squeeze=False)[0]
    lines: dict[str, Artist] = {}
    for axes, dataset in zip(panels, trained, strict=True):
        of_dataset = history[history["dataset"] == dataset]
        for arm in arms_in_order(list(of_dataset["arm"].unique())):
            rows = of_dataset[of_dataset["arm"] == arm]
            draw_fold_band(axes, rows, "validation_dice", colour_of(arm), short_title_of(arm))
        axes.set(title=results.data(dataset), xlabel="epoch", ylim=(0, 1))
        lines |= {line.get_label(): line for line in axes.get_legend_handles_labels()[0]}
    figure.legend(handles=list(lines.values()), loc="outside lower left", ncols=5)
    return finish(figure, title, f"{fold_note(history)} CE: cross entropy.")
