"""What the short training of the guided tour did, step by step."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from segloss.figures.examples import outline
from segloss.figures.style import bare, colour_of, finish, new_figure, styled
from segloss.verdicts.words import loss_title

if TYPE_CHECKING:  # every report imports the figures, and needs no training
    from segloss.live_training import LiveTraining

LOOKS = 6  # pictures of each run


@styled
def live_training_curves(training: "LiveTraining") -> Figure:
    """Mean Dice index of the test phantoms over the steps, one line per loss."""
    figure = new_figure(2.4)
    axes = figure.subplots()
    for run in training.runs:
        axes.plot(run.steps, run.dice, color=colour_of(run.loss), label=loss_title(run.loss))
    axes.set(xlabel="optimiser steps", ylabel="Dice index, mean of the test phantoms", ylim=(0, 1))
    axes.yaxis.label.set_fontsize(8)
    axes.set_xlim(0, training.runs[0].steps[-1])
    figure.legend(loc="outside right upper")
    return finish(figure, "Two losses, one network, the same phantoms")


@styled
def live_training_pictures(training: "LiveTraining") -> Figure:
    """The probabilities of one test phantom as the training goes on, one row per loss, with the true border."""
    looked = np.linspace(0, len(training.runs[0].steps) - 1, LOOKS).round().astype(int)
    figure = new_figure(0.7 + 1.22 * len(training.runs))
    panels = figure.subplots(len(training.runs), 1 + LOOKS, squeeze=False)
    for run, (picture, *rest) in zip(training.runs, panels, strict=True):
        picture.imshow(training.image)
        outline(picture, training.mask)
        picture.set_ylabel(loss_title(run.loss), fontsize=8)
        for axes, look in zip(rest, looked, strict=True):
            axes.imshow(run.probs[look], cmap="Greys", vmin=0, vmax=1)
            outline(axes, training.mask, colour_of("kappa"))
    for axes, look in zip(panels[0, 1:], looked, strict=True):
        axes.set_title(f"step {training.runs[0].steps[look]}", fontsize=8)
    panels[0, 0].set_title("phantom", fontsize=8)
    for axes in panels.flat:
        bare(axes)
    note = "Dark: lesion, says the network. The line is the true border."
    return finish(figure, "One test phantom during the training", note)
