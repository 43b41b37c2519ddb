"""Figures of training: loss and validation Dice by epoch, with the spread over the folds."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segloss.figures.style import (
    arms_in_order,
    colour_of,
    finish,
    new_figure,
    placeholder,
    short_title_of,
    styled,
    title_of,
)
from segloss.statistics import Results

FOLD_NOTE = "Line: mean of the folds. Band: lowest to highest fold."
ONE_FOLD_NOTE = "One fold."
_LOW = 0.4  # a Dice index below which nobody reads curves off an axis up to 1
HAUSDORFF = "validation_hausdorff_mm"


@styled
def training_curves(results: Results, dataset: str, arms: Sequence[str]) -> Figure:
    """Loss and validation Dice by epoch, as Fig. 4 of the Kappa and Fig. 3 of the Boundary paper.

    Where the training measured the Hausdorff distance, a third panel shows it; it has gaps where nothing was found.

    Args:
        results: Measured values.
        dataset: Whose training to draw.
        arms: Arms to draw; those without a history are left out.
    """
    title = f"{results.data(dataset)}: training epoch by epoch"
    history = results.history[results.history["dataset"] == dataset]
    trained = arms_in_order([arm for arm in arms if arm in set(history["arm"])])
    if not trained:
        return placeholder(title, f"Not trained at this scale: {', '.join(title_of(arm) for arm in arms)}.")
    figure = new_figure(3.6)
    measured = HAUSDORFF in history and bool(history.loc[history["arm"].isin(trained), HAUSDORFF].notna().any())
    losses, dice, *hausdorff = figure.subplots(1, 3 if measured else 2)
    for arm in trained:
        rows = history[history["arm"] == arm]
        draw_fold_band(losses, rows, "loss", colour_of(arm))
        draw_fold_band(losses, rows, "validation_loss", colour_of(arm), linestyle="--")
        draw_fold_band(dice, rows, "validation_dice", colour_of(arm), label=title_of(arm))
        for axes in hausdorff:
            draw_fold_band(axes, rows, HAUSDORFF, colour_of(arm))
            axes.set(title="Hausdorff distance, mm", xlabel="epoch", ylim=(0, None))
    # The boundary loss is negative where a prediction is good.
    all_above_zero = history.loc[history["arm"].isin(trained), ["loss", "validation_loss"]].min(axis=None) >= 0
    losses.set(title="Loss", xlabel="epoch", ylim=(0, None) if all_above_zero else None)
    best = float(history.loc[history["arm"].isin(trained), "validation_dice"].max())
    # Curves of a task on which little is learned would lie on the axis.
    top = 1.0 if not best < _LOW else math.ceil(best * 11) / 10
    head = "Dice index" if measured else "Dice index on the validation part"
    dice.set(title=head if top == 1 else f"{head}, up to {top:g}", xlabel="epoch", ylim=(0, top))
    kinds = {"training loss": "-", "validation loss": "--"}
    lines = [Line2D([], [], color="black", linestyle=look, label=kind) for kind, look in kinds.items()]
    handles = [*dice.get_legend_handles_labels()[0], *lines]
    figure.legend(handles=handles, loc="outside lower left", ncols=4 if len(trained) < 3 else 3)
    note = fold_note(history[history["arm"].isin(trained)])
    return finish(figure, title, f"{note} Dice and Hausdorff distance: validation part." if measured else note)


@styled
def curves_of_every_arm(results: Results, dataset: str) -> Figure:
    """One panel per arm: training loss, validation loss and validation Dice by epoch, with the change of loss."""
    title = f"{results.data(dataset)}: training of every arm"
    history = results.history[results.history["dataset"] == dataset]
    arms = arms_in_order(list(history["arm"].unique()))
    if not arms:
        return placeholder(title, "No arm was trained on this data set at this scale.")
    columns = min(len(arms) + 1, 4)  # one panel more than arms: the legend's
    rows_of_panels = math.ceil((len(arms) + 1) / columns)
    figure = new_figure(0.7 + 1.75 * rows_of_panels)
    panels = figure.subplots(rows_of_panels, columns, sharey=True, squeeze=False)
    for axes, arm in zip(panels.flat, arms, strict=False):
        rows = history[history["arm"] == arm]
        draw_fold_band(axes, rows, "loss", colour_of(arm), "training loss")
        draw_fold_band(axes, rows, "validation_loss", colour_of(arm), "validation loss", "--")
        draw_fold_band(axes, rows, "validation_dice", "black", "validation Dice", ":")
        draw_change_of_loss(axes, rows)
        axes.set(title=short_title_of(arm).replace(", ", ",\n").replace(" (", "\n("), xlabel="epoch", ylim=(0, 1))
    for axes in panels.flat[len(arms) :]:
        axes.axis("off")
    panels.flat[len(arms)].legend(*panels.flat[0].get_legend_handles_labels(), loc="center left")
    return finish(figure, title, f"{fold_note(history)} CE: cross entropy. Vertical line: change of loss.")


def fold_note(history: pd.DataFrame) -> str:
    """What line and band are; of a single fold there is no band."""
    return FOLD_NOTE if history["fold"].nunique() > 1 else ONE_FOLD_NOTE


def draw_fold_band(
    axes: Axes, rows: pd.DataFrame, column: str, colour: str, label: str = "", linestyle: str = "-"
) -> None:
    """Mean over the folds by epoch, with a band from the lowest to the highest fold."""
    by_epoch = rows.groupby("epoch")[column].agg(["mean", "min", "max"])
    axes.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], color=colour, alpha=0.15, linewidth=0)
    marker = "o" if len(by_epoch) == 1 else None  # one epoch makes no line
    axes.plot(by_epoch.index, by_epoch["mean"], color=colour, linestyle=linestyle, marker=marker, label=label)


def draw_change_of_loss(axes: Axes, rows: pd.DataFrame) -> None:
    """A line at the epoch after which the second loss of a two-phase arm takes over."""
    last_of_phase = rows.groupby("phase")["epoch"].max().sort_values()
    for epoch in last_of_phase.iloc[:-1]:
        axes.axvline(epoch + 0.5, color="#888888", linewidth=0.8)
