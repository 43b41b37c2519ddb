"""What gamma does: focal, focal Tversky and cosine Tversky loss, right and as published; Fig. 2 of the paper."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segloss.figures.style import finish, new_figure, styled
from segloss.losses import SegmentationLoss, build_loss
from segloss.losses.as_published import inverted_cosine_tversky

STEPS = np.linspace(0.001, 0.999, 200)
FOCAL = (0.0, 0.5, 1.0, 2.0, 5.0)
FOCAL_TVERSKY = (1.0, 4 / 3, 2.0, 3.0)
COSINE = (0.5, 1.0, 2.0, 3.0)
INVERTED = (1.0, 2.0, 3.0)  # a power of a negative cosine is no number at others
_LETTERS = {4 / 3: "4/3"}


def loss_of_one_pixel(loss: SegmentationLoss, probs: Sequence[float] | np.ndarray) -> np.ndarray:
    """The loss of an image of one true pixel by its probability p; with weight only on false negatives, TI is p."""
    logits = torch.as_tensor(np.asarray(probs)).logit()
    return np.array([loss(logit.reshape(1, 1, 1), torch.ones(1, 1, dtype=torch.long)).item() for logit in logits])


def focal(gamma: float) -> np.ndarray:
    """The focal loss over p."""
    return loss_of_one_pixel(build_loss("focal", exponent=gamma), STEPS)


def focal_tversky(exponent: float) -> np.ndarray:
    """The focal Tversky loss over the Tversky index."""
    return loss_of_one_pixel(build_loss("focal_tversky", fp_weight=0.0, fn_weight=1.0, exponent=exponent), STEPS)


def cosine_tversky(gamma: float) -> np.ndarray:
    """The cosine Tversky loss over the Tversky index."""
    return loss_of_one_pixel(build_loss("cosine_tversky", fp_weight=0.0, fn_weight=1.0, exponent=gamma), STEPS)


def inverted_cosine(gamma: float) -> np.ndarray:
    """The form of the published code over the Tversky index."""
    probs = torch.from_numpy(STEPS).reshape(-1, 1, 1, 1)
    values = [inverted_cosine_tversky(p, torch.ones_like(p), 0.0, 1.0, gamma).item() for p in probs]
    return np.array(values)


@styled
def effect_of_gamma() -> Figure:
    """Four panels: each loss over what it measures, for several gamma."""
    figure = new_figure(5.4)
    (first, second), (third, fourth) = figure.subplots(2, 2)
    draw_curves(first, focal, FOCAL, "(a) Focal", "p of the true class")
    first.set(ylim=(0, 4))
    first.legend(loc="upper right")
    draw_curves(second, lambda gamma: focal_tversky(1 / gamma), FOCAL_TVERSKY, "(b) Focal Tversky", "Tversky index")
    draw_curves(second, focal_tversky, FOCAL_TVERSKY, "(b) Focal Tversky", "Tversky index", "--")
    handles = [line for line in second.lines if line.get_linestyle() == "-"]
    handles += [Line2D([], [], color="black", linestyle=look, label=words) for look, words in
                (("-", "power 1/γ, the code"), ("--", "power γ, as printed"))]  # fmt: skip
    second.set(ylim=(0, 1.6), yticks=(0, 0.5, 1))
    second.legend(handles=handles, loc="upper left", fontsize=7.5, ncols=2)
    draw_curves(third, cosine_tversky, COSINE, "(c) Cosine Tversky, right", "Tversky index")
    third.legend(loc="lower left")
    draw_curves(fourth, inverted_cosine, INVERTED, "(d) Cosine Tversky, the published code", "Tversky index")
    fourth.set(ylim=(0, 2.05))
    fourth.legend(loc="upper left")
    note = "In (b), dashed curves turn to hard classes, solid ones to nearly solved ones. (d) is least at the worst."
    return finish(figure, "What γ does", note)


def draw_curves(
    axes: Axes, loss: Callable[[float], np.ndarray], gammas: Sequence[float], title: str, label: str, style: str = "-"
) -> None:
    """One curve for each gamma, from light to dark."""
    shades = colormaps["cividis_r"](np.linspace(0.2, 1, len(gammas)))
    for gamma, shade in zip(gammas, shades, strict=True):
        name = f"γ = {_LETTERS.get(gamma, f'{gamma:g}')}"
        axes.plot(STEPS, loss(gamma), color=shade, linestyle=style, label=name, linewidth=1.4)
    axes.set(title=title, xlabel=label, ylabel="loss", xlim=(0, 1), ylim=(0, 1.02))
