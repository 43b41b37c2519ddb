"""The family tree of the losses: what each is made from, drawn from the registry's families."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from segloss.figures.style import FAMILY_COLOURS, finish, new_figure, styled
from segloss.losses import FAMILIES
from segloss.verdicts.words import loss_title

# Each loss, the losses that it comes from, and what it does to them.
DESCENT: dict[str, tuple[tuple[str, ...], str]] = {
    "cross_entropy": ((), "surprise, pixel by pixel"),
    "weighted_cross_entropy": (("cross_entropy",), "true pixels weigh w"),
    "balanced_cross_entropy": (("weighted_cross_entropy",), "w from the class shares"),
    "focal": (("cross_entropy",), "easy pixels fade"),
    "topk_cross_entropy": (("cross_entropy",), "easy pixels are dropped"),
    "distance_penalized_cross_entropy": (("cross_entropy",), "borders weigh double"),
    "structural_similarity": (("cross_entropy",), "only where windows differ"),
    "dice": ((), "overlap over the two sizes"),
    "generalized_dice": (("dice",), "classes weigh 1 / volume²"),
    "log_cosh_dice": (("dice",), "its log cosh"),
    "kappa": (("dice",), "chance is subtracted"),
    "topk_dice": (("dice",), "easy true pixels are dropped"),
    "tversky": (("dice",), "FP and FN weigh apart"),
    "focal_tversky": (("tversky",), "a power of it"),
    "cosine_tversky": (("tversky",), "a cosine of the index"),
    "sensitivity_specificity": ((), "two rates, weighted"),
    "lovasz_softmax": ((), "the Jaccard index made convex"),
    "boundary": ((), "signed distance times p"),
    "hausdorff_distance_transform": ((), "errors × their distances"),
    "hausdorff_erosion": (("hausdorff_distance_transform",), "distance by erosion"),
    "hausdorff_convolution": (("hausdorff_distance_transform",), "distance by discs"),
    "shape_aware": (("cross_entropy",), "once more between contours"),
    "combo": (("weighted_cross_entropy", "dice"), "weighted sum"),
    "exponential_logarithmic": (("cross_entropy", "dice"), "powers of logarithms"),
    "mixed_focal": (("focal", "focal_tversky"), "plain sum"),
    "symmetric_unified_focal": (("focal", "focal_tversky"), "shared γ and δ"),
    "asymmetric_unified_focal": (("focal", "focal_tversky"), "focus by class"),
}
COLUMNS = {"distribution": 0.0, "compound": 2.53, "distance": 2.53, "region": 5.06}
HEADS = {
    "distribution": "Distribution: pixel by pixel",
    "region": "Region: overlap of two areas",
    "distance": "Distance: how far off",
    "compound": "Compound: sums of both",
}
WIDTH, HEIGHT, STEP, INDENT, GAP = 2.14, 0.4, 0.52, 0.15, 0.2  # inches
Place = tuple[float, float]


@styled
def family_tree() -> Figure:
    """Every loss of the registry as a box in its family, with lines from what it is made of."""
    places = node_places()
    figure = new_figure(5.9)
    axes = figure.subplots()
    for family, losses in FAMILIES.items():
        first = places[next(iter(losses))]
        axes.text(
            first[0], first[1] + 0.42, HEADS[family], color=FAMILY_COLOURS[family], fontweight="bold", fontsize=8.5
        )
        for name in losses:
            draw_node(axes, name, places[name], family)
            for parent in DESCENT[name][0]:
                connect(axes, (family_of(parent), places[parent]), (family, places[name]))
    axes.set(xlim=(-0.03, COLUMNS["region"] + WIDTH + 0.03), ylim=(min(y for _, y in places.values()) - 0.3, 0.65))
    axes.axis("off")
    return finish(figure, "The family tree of the losses")


def family_of(name: str) -> str:
    """The family that the registry lists a loss under."""
    return next(family for family, losses in FAMILIES.items() if name in losses)


def node_places() -> dict[str, Place]:
    """Left end and middle of each box: a family is a column, in the order of descent, children indented."""
    places: dict[str, Place] = {}
    rows = dict.fromkeys(FAMILIES, 0.0) | {"distance": -(len(FAMILIES["compound"]) + 0.75) * STEP}
    for family, losses in FAMILIES.items():
        for name in in_order_of_descent(list(losses)):
            places[name] = (COLUMNS[family] + INDENT * depth(name, list(losses)), rows[family])
            rows[family] -= STEP
    return places


def in_order_of_descent(names: list[str]) -> list[str]:
    """Each loss is followed by those of the same family that come from it."""

    def branch(name: str) -> list[str]:
        return [name, *(n for child in names if name in DESCENT[child][0] for n in branch(child))]

    return [n for name in names if not set(DESCENT[name][0]) & set(names) for n in branch(name)]


def depth(name: str, names: list[str]) -> int:
    """Generations above a loss within these names."""
    return max((1 + depth(parent, names) for parent in DESCENT[name][0] if parent in names), default=0)


def draw_node(axes: Axes, name: str, place: Place, family: str) -> None:
    """A box that ends with its column, with the loss's title and what it does to its parents."""
    (x, y), right = place, COLUMNS[family] + WIDTH
    form = {"boxstyle": "round,pad=0,rounding_size=0.05", "linewidth": 1.1, "zorder": 2}
    colours = {"facecolor": "white", "edgecolor": FAMILY_COLOURS[family]}
    axes.add_patch(FancyBboxPatch((x, y - HEIGHT / 2), right - x, HEIGHT, **form, **colours))
    axes.text(x + 0.07, y + 0.085, loss_title(name), fontsize=7.6, va="center", zorder=3)
    axes.text(x + 0.07, y - 0.095, DESCENT[name][1], fontsize=6.6, va="center", color="#555555", zorder=3)


def connect(axes: Axes, parent: tuple[str, Place], child: tuple[str, Place]) -> None:
    """A line from a parent to a child, each given as family and place: down one column, or across to another."""
    (family, (x, y)), (child_family, (child_x, child_y)) = parent, child
    colour = "#999999" if family == child_family else FAMILY_COLOURS[family]
    if family == child_family:
        trunk = x + INDENT / 2
        corners = [(trunk, y - HEIGHT / 2), (trunk, child_y), (child_x, child_y)]
    elif child_family == "distance":
        trunk = child_x - GAP
        corners = [(COLUMNS[family] + WIDTH, y), (trunk, y), (trunk, child_y), (child_x, child_y)]
    elif x < child_x:
        corners = [(COLUMNS[family] + WIDTH, y), (child_x, child_y)]
    else:
        corners = [(x, y), (COLUMNS[child_family] + WIDTH, child_y)]
    axes.plot(*zip(*corners, strict=True), color=colour, linewidth=0.9, zorder=1)
