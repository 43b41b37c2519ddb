"""One look for every figure: sizes, colours, names of arms."""

import re

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from segloss.verdicts.words import arm_words

WIDTH_IN = 7.2  # 700 pixels on a page at 96 dots per inch
POINTS_DRAWN_AS_VECTORS = 400  # above, an SVG of points would weigh megabytes

STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": mpl.cycler(color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "image.interpolation": "nearest",  # pixels stay pixels, and compress well
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}
styled = mpl.rc_context(STYLE)

# Okabe and Ito's palette, told apart with every common colour vision deficiency; no colour twice in one paper.
# The survey and Unified Focal have more losses than it has colours: the others are of Tol's muted scheme.
LOSS_COLOURS = {
    "cross_entropy": "#4D4D4D",
    "dice": "#0072B2",
    "kappa": "#D55E00",
    "dice_then_cross_entropy": "#56B4E9",
    "cross_entropy_then_dice": "#009E73",
    "cross_entropy_then_kappa": "#CC79A7",
    "kappa_then_cross_entropy": "#E69F00",
    "cross_entropy_plus_dice": "#0072B2",
    "focal_plus_dice": "#009E73",
    "topk_cross_entropy_plus_dice": "#E69F00",
    "cross_entropy_plus_topk_dice": "#D55E00",
    "topk_dice": "#CC79A7",
    "generalized_dice": "#0072B2",
    "generalized_dice_plus_boundary": "#D55E00",
    "boundary": "#009E73",
    "generalized_dice_times_alpha": "#E69F00",
    "generalized_dice_plus_boundary_alpha": "#CC79A7",
    "generalized_dice_plus_boundary_increase": "#56B4E9",
    "weighted_cross_entropy": "#999933",
    "focal": "#CC79A7",
    "tversky": "#56B4E9",
    "focal_tversky": "#009E73",
    "sensitivity_specificity": "#882255",
    "exponential_logarithmic": "#E69F00",
    "log_cosh_dice": "#D55E00",
    "cosine_tversky": "#999933",
    "cosine_tversky_as_published": "#000000",
    "combo": "#332288",
    "mixed_focal": "#E69F00",
    "symmetric_unified_focal": "#882255",
    "asymmetric_unified_focal": "#D55E00",
    "asymmetric_unified_focal_gamma": "#CC6677",
    "asymmetric_unified_focal_deep_supervision": "#661100",
    "cross_entropy_balanced_patches": "#6699CC",
    "asymmetric_unified_focal_balanced_patches": "#AA4466",
}
TRIVIAL_COLOUR = "#A6A6A6"
# A legend below everything, whose title takes the place of the note.
BELOW = {"loc": "outside lower left", "alignment": "left", "title_fontsize": 8}
# No loss has one of these, and none is near another with any common colour vision deficiency.
FAMILY_COLOURS = {"distribution": "#2A36D9", "region": "#E535AB", "distance": "#3A9A10", "compound": "#5A1A28"}

# Tol's vibrant scheme, so that a kind of pixel is never mistaken for an arm.
COUNT_COLOURS = {"TP": "#BFBFBF", "FP": "#EE3377", "FN": "#009988", "TN": "#FFFFFF"}
COUNT_NAMES = {"TP": "true positive", "FP": "false positive", "FN": "false negative", "TN": "true negative"}


def loss_of(arm: str) -> str:
    """Name of the loss inside an arm's name: a protocol such as ``_200`` is cut off."""
    return re.sub(r"_\d+$", "", arm)


def colour_of(arm: str) -> str:
    """Colour of an arm, the same in every figure; trivial rows are grey."""
    return LOSS_COLOURS.get(loss_of(arm), TRIVIAL_COLOUR)


def title_of(arm: str) -> str:
    """Name of an arm as it begins a label.

    >>> title_of("cross_entropy_then_kappa"), title_of("predict_nothing")
    ('Cross entropy, then Kappa', 'Predict nothing')
    """
    words = arm_words(arm)
    return words[0].upper() + words[1:]


_SHORT_TITLES = {
    "weighted_cross_entropy": "Weighted CE",
    "sensitivity_specificity": "Sens.-spec.",
    "exponential_logarithmic": "Exp-log",
}


def short_title_of(arm: str) -> str:
    """The same for narrow places: CE for cross entropy, GDL for generalised Dice.

    A name of two phases, "Kappa, then CE", can be broken at its comma.

    >>> short_title_of("cross_entropy_plus_topk_dice"), short_title_of("cross_entropy")
    ('CE + topK Dice', 'Cross entropy')
    """
    if arm in _SHORT_TITLES:
        return _SHORT_TITLES[arm]
    shorter = title_of(arm).replace("Cross entropy,", "CE,").replace(", then cross entropy", ", then CE")
    return re.sub(r"[Cc]ross entropy(?= \+)", "CE", shorter).replace("Generalised Dice", "GDL")


def arms_in_order(arms: list[str]) -> list[str]:
    """The given arms in the order of the palette; arms without a colour of their own come last."""
    order = list(LOSS_COLOURS)
    known = sorted((arm for arm in arms if loss_of(arm) in order), key=lambda arm: (order.index(loss_of(arm)), arm))
    return known + sorted(set(arms) - set(known))


def finish(body: SubFigure, title: str, note: str = "") -> Figure:
    """Title above and note below, both left; returns the whole figure.

    Where the figure has a legend of its own, outside the axes, the note stands above its keys: the layout keeps no
    two things apart that want the same margin.
    """
    body.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
    if note and body.legends:
        legend = body.legends[0]
        legend.set_title(note, prop={"size": 8})
        legend.set_alignment("left")
        legend.get_title().set_color("#555555")
    elif note:
        body.supxlabel(note, x=0.01, ha="left", fontsize=8, color="#555555")
    return body.figure


def new_figure(height_in: float) -> SubFigure:
    """The body of an empty figure of the page's width, laid out so that no labels overlap.

    It is a part of its figure, so that a report can shrink it, title and note included, to make room for a footer.
    """
    return Figure(figsize=(WIDTH_IN, height_in), layout="constrained").subfigures()


def bare(axes: Axes) -> None:
    """Take ticks and grid away and leave a thin frame: the axes hold a picture, not a plot."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set(visible=True, color="#CCCCCC", linewidth=0.6)


@styled
def placeholder(title: str, reason: str) -> Figure:
    """A figure that says why there is nothing to draw: an absent data set or arm is an outcome, not a fault."""
    figure = new_figure(1.0)
    axes = figure.subplots()
    axes.text(0.5, 0.5, reason, ha="center", va="center", color="#555555")
    axes.axis("off")
    return finish(figure, title)
