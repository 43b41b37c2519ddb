"""Figures of the robustness sweep: its phantoms, and Dice against the foreground share, loss by loss."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from segloss.data.phantoms.imbalance import imbalance_phantom
from segloss.figures.style import (
    TRIVIAL_COLOUR,
    bare,
    colour_of,
    finish,
    new_figure,
    placeholder,
    short_title_of,
    styled,
)
from segloss.statistics import Sweep, sweep_interaction, sweep_means, sweep_references
from segloss.verdicts.words import p_words

NO_SWEEP = "The robustness sweep was not run: make sweep."
# Elsewhere it has the colour of Dice, beside which it stands only here.
GENERALIZED_DICE_COLOUR = "#332288"
PANELS_IN_A_ROW = 5
MARKERS = "osD^v<>PXp"
REFERENCES = {"best_threshold": ("best threshold", "-."), "predict_everything": ("predict everything", ":")}


@styled
def imbalance_examples(shares: Sequence[float], **picture: float) -> Figure:
    """One phantom of each share (above) and its mask (below).

    Args:
        shares: Foreground shares.
        picture: Options of :func:`segloss.data.phantoms.imbalance.imbalance_phantom`.
    """
    figure = new_figure(3.0)
    columns = figure.subplots(2, len(shares), squeeze=False).T
    for (above, below), share in zip(columns, shares, strict=True):
        drawn, mask = imbalance_phantom(0, share, **picture)  # type: ignore[arg-type]
        above.imshow(drawn, cmap="gray", vmin=-1, vmax=2)
        below.imshow(mask, cmap="gray", vmin=0, vmax=1)
        above.set_title(share_words(share))
        bare(above)
        bare(below)
    note = "Phantoms. Contrast, noise and the size of a spot are the same everywhere; only the number of spots changes."
    return finish(figure, "One task at several foreground shares", note)


@styled
def dice_by_share(sweep: Sweep | None, *, confidence: float = 0.95, resamples: int = 2000) -> Figure:
    """Mean Dice of every loss against the foreground share, on a logarithmic axis, with interval bands."""
    title = "Robustness to imbalance: Dice against the foreground share"
    if sweep is None:
        return placeholder(title, NO_SWEEP)
    means = sweep_means(sweep, confidence=confidence, resamples=resamples)
    figure = new_figure(4.6)
    axes = figure.subplots()
    for loss in _from_best_to_worst(sweep, means):
        _draw_loss(axes, sweep, means, loss, band=0.1)
    _draw_references(axes, sweep)
    _share_axis(axes, sweep.shares)
    axes.set(ylabel="mean Dice", ylim=(-0.02, 1.02))
    order = f"from best to worst at {share_words(min(sweep.shares))}"
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), title=order, alignment="left")
    interaction = sweep_interaction(sweep, resamples=resamples)
    note = (
        f"Phantoms, {_design(sweep, means)}; bands: {confidence:.0%} intervals over phantoms, not over seeds.\n"
        f"Interaction of loss and log share: p {_equals(interaction.p)}. {_prints(sweep)}"
    )
    return finish(figure, title, note)


@styled
def dice_by_share_one_by_one(sweep: Sweep | None, *, confidence: float = 0.95, resamples: int = 2000) -> Figure:
    """The same, a panel for each loss with all others in grey behind it; dots are the means of single seeds."""
    title = "The same, one loss at a time"
    if sweep is None:
        return placeholder(title, NO_SWEEP)
    means = sweep_means(sweep, confidence=confidence, resamples=resamples)
    losses = _from_best_to_worst(sweep, means)
    rows_of_panels = -(-len(losses) // PANELS_IN_A_ROW)
    figure = new_figure(0.9 + 1.6 * rows_of_panels)
    grid = figure.subplots(rows_of_panels, PANELS_IN_A_ROW, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(losses) :]:
        axes.axis("off")
    for axes, loss in zip(grid.flat, losses, strict=False):
        for other in losses:
            rows = means[means["arm"] == other]
            axes.plot(rows["share"], rows["mean"], color="#D8D8D8", linewidth=0.8)
        _draw_loss(axes, sweep, means, loss, band=0.25, markersize=0)
        of_seeds = sweep.runs[sweep.runs["arm"] == loss].groupby(["share", "seed"])["dice"].mean().reset_index()
        axes.plot(of_seeds["share"], of_seeds["dice"], ".", color="black", markersize=3)
        _share_axis(axes, sweep.shares, labelled=slice(None, None, 2))
        axes.set(title=textwrap.fill(short_title_of(loss), 16, break_on_hyphens=True), ylim=(-0.02, 1.02), xlabel="")
        axes.title.set_fontsize(8)
    for axes in grid[:, 0]:
        axes.set_ylabel("mean Dice")
    for axes in grid[-1]:
        axes.set_xlabel("foreground share")
    note = f"Phantoms, {_design(sweep, means)}; dots: single seeds; bands: {confidence:.0%} intervals over phantoms."
    return finish(figure, title, note)


@styled
def dice_heat_map(sweep: Sweep | None, *, resamples: int = 2000) -> Figure:
    """Mean Dice of every loss (rows, the best at the rarest share first) at every share; the best of each is bold."""
    title = "Mean Dice by loss and foreground share"
    if sweep is None:
        return placeholder(title, NO_SWEEP)
    means = sweep_means(sweep, resamples=resamples)
    losses = _from_best_to_worst(sweep, means)
    table = means.pivot_table("mean", "arm", "share").reindex(index=losses, columns=sweep.shares)
    figure = new_figure(1.0 + 0.28 * len(losses))
    axes = figure.subplots()
    picture = axes.imshow(table, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    best = table.round(3).eq(table.max().round(3))
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        weight = "bold" if best.iloc[row, column] else "normal"
        text = "–" if np.isnan(value) else f"{value:.3f}"
        axes.text(column, row, text, ha="center", va="center", weight=weight, color="black" if value > 0.5 else "white")
    axes.set_xticks(range(len(sweep.shares)), [share_words(share) for share in sweep.shares])
    axes.set_yticks(range(len(losses)), [short_title_of(loss) for loss in losses])
    axes.set_xlabel("foreground share")
    axes.grid(False)
    axes.tick_params(length=0)
    figure.colorbar(picture, ax=axes, label="mean Dice", shrink=0.9)
    return finish(figure, title, f"Phantoms, {_design(sweep, means)}. Bold: the best of a share. {_prints(sweep)}")


def share_words(share: float) -> str:
    """A share as people read it.

    >>> share_words(0.5), share_words(0.003)
    ('50 %', '0.3 %')
    """
    return f"{100 * share:g} %"


def _draw_loss(
    axes: Axes, sweep: Sweep, means: pd.DataFrame, loss: str, *, band: float, markersize: float = 4.5
) -> None:
    rows = means[means["arm"] == loss].sort_values("share")
    number = sweep.losses.index(loss)
    colour = GENERALIZED_DICE_COLOUR if loss == "generalized_dice" else colour_of(loss)
    # Neighbours in the list differ in their lines too, for eyes and printers that do not tell the colours apart.
    line = "-" if number % 2 == 0 else "--"
    marker = {"marker": MARKERS[number % len(MARKERS)], "markersize": markersize}
    axes.plot(rows["share"], rows["mean"], line, color=colour, label=short_title_of(loss), linewidth=1.4, **marker)
    axes.fill_between(rows["share"], rows["low"], rows["high"], color=colour, alpha=band, linewidth=0)


def _draw_references(axes: Axes, sweep: Sweep) -> None:
    references = sweep_references(sweep)
    for column, (label, line) in REFERENCES.items():
        axes.plot(references["share"], references[column], line, color=TRIVIAL_COLOUR, label=label, linewidth=1.3)


def _share_axis(axes: Axes, shares: Sequence[float], labelled: slice = slice(None)) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1.25 * max(shares), min(shares) / 1.25)
    axes.set_xticks(shares[labelled], [share_words(share) for share in shares[labelled]])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("foreground share")


def _from_best_to_worst(sweep: Sweep, means: pd.DataFrame) -> list[str]:
    """The losses by their Dice at the smallest share."""
    rarest = means[means["share"] == min(sweep.shares)].set_index("arm")["mean"]
    found = [loss for loss in sweep.losses if loss in set(means["arm"])]
    return sorted(found, key=lambda loss: -rarest.get(loss, -1.0))


def _design(sweep: Sweep, means: pd.DataFrame) -> str:
    steps = sweep.provenance["training"]["steps"]
    return f"{means['cases'].max()} per share, mean of {len(sweep.provenance['seeds'])} seeds, {steps} steps each"


def _prints(sweep: Sweep) -> str:
    prints = sweep.provenance["fingerprints"]
    return f"Data {prints['data']}, code {prints['code']}."


def _equals(p: float) -> str:
    return p_words(p) if p < 0.001 else f"= {p_words(p)}"
