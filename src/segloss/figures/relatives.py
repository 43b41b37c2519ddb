"""How the losses of the Unified Focal paper are related, checked by computing both sides; Fig. 1 of the paper.

A relation is an equation between two losses of the registry, at stated options. The figure draws those that hold.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

from segloss.figures.descent import family_of
from segloss.figures.style import FAMILY_COLOURS, finish, new_figure, styled
from segloss.losses import FAMILIES, build_loss
from segloss.verdicts.words import loss_title

TOLERANCE = 1e-9
WIDTH, HEIGHT, ROW = 2.05, 0.44, 0.72  # inches
COLUMNS = {"distribution": 0.0, "compound": 2.55, "region": 5.1}
HEADS = {"distribution": "Distribution-based", "compound": "Compound", "region": "Region-based"}
Place = tuple[float, float]


@dataclass(frozen=True)
class Relative:
    """A loss that, at these options, equals a transform of a sum of others.

    Attributes:
        options: Of the loss.
        parents: The sum, as :func:`segloss.losses.build_loss` takes it.
        words: The relation, for the figure.
        transform: What is done to the sum; nothing if left out.
    """

    options: Mapping[str, Any]
    parents: Mapping[str, Any]
    words: str
    transform: Callable[[Tensor], Tensor] = field(default=lambda total: total)


_HALF = {"weight": 0.5, "exponent": 0.5}
RELATIVES: dict[str, Relative] = {
    "focal": Relative({"exponent": 0.0}, {"cross_entropy": 1.0}, "γ = 0: cross entropy"),
    "tversky": Relative({"fp_weight": 0.5, "fn_weight": 0.5}, {"dice": 1.0}, "weights ½: Dice"),
    "focal_tversky": Relative({"exponent": 1.0}, {"tversky": 1.0}, "exponent 1: Tversky"),
    "cosine_tversky": Relative({}, {"tversky": 1.0}, "sin(π/2 · Tversky)", lambda total: (math.pi / 2 * total).sin()),
    "combo": Relative({}, {"cross_entropy": 0.25, "dice": 0.5}, "¼ cross entropy + ½ Dice"),
    "mixed_focal": Relative({}, {"focal": 1.0, "focal_tversky": {"include_background": True}}, "focal + focal Tversky"),
    "symmetric_unified_focal": Relative(
        {"gamma": 0.5, "delta": 0.6},
        {
            "focal": _HALF | {"foreground_weight": 0.6},
            "focal_tversky": _HALF | {"fp_weight": 0.4, "fn_weight": 0.6, "include_background": True},
        },
        "the same two, with one γ and δ",
    ),
    "asymmetric_unified_focal": Relative(
        {"gamma": 0.0}, {"symmetric_unified_focal": {"gamma": 0.0}}, "γ = 0: the symmetric form"
    ),
}


def largest_gap(name: str, seed: int = 0) -> float:
    """How far both sides of a relation lie apart on a made-up image, in value or gradient."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(1, 1, 8, 8, dtype=torch.float64, generator=generator).requires_grad_()
    labels = (torch.rand(1, 8, 8, generator=generator) < 0.3).long()
    relative = RELATIVES[name]
    left = build_loss(name, **relative.options)(logits, labels)
    right = relative.transform(build_loss(relative.parents)(logits, labels))
    gradients = [torch.autograd.grad(side, logits)[0] for side in (left, right)]
    return max(abs(left.item() - right.item()), (gradients[0] - gradients[1]).abs().max().item())


def relations_that_hold() -> dict[str, tuple[str, ...]]:
    """The losses that each loss comes from, of the relations that computation confirms."""
    return {name: tuple(r.parents) for name, r in RELATIVES.items() if largest_gap(name) < TOLERANCE}


@styled
def family_graph() -> Figure:
    """The losses of the paper in their families, each joined to those that it comes from, as the paper's Fig. 1."""
    parents = relations_that_hold()
    places = node_places()
    figure = new_figure(0.75 + ROW * (1 - min(y for _, y in places.values()) / ROW))
    axes = figure.subplots()
    for family, x in COLUMNS.items():
        colour = FAMILY_COLOURS[family]
        axes.text(x, 0.38, HEADS[family], color=colour, fontweight="bold", fontsize=9)
    for child, names in parents.items():
        for parent in names:
            connect(axes, places[parent], places[child], FAMILY_COLOURS[family_of(parent)])
    for name, place in places.items():
        draw_node(axes, name, place)
    axes.set(xlim=(-0.03, COLUMNS["region"] + WIDTH + 0.2), ylim=(min(y for _, y in places.values()) - 0.3, 0.6))
    axes.axis("off")
    return finish(figure, "What becomes what", "Every relation was computed for this figure, value and gradient.")


def node_places() -> dict[str, Place]:
    """Left end and middle of each box: a family is a column, each row a step further from where it began."""
    names = {parent for relative in RELATIVES.values() for parent in relative.parents} | set(RELATIVES)
    places: dict[str, Place] = {}
    for family, x in COLUMNS.items():
        row = -1
        for name in sorted((name for name in FAMILIES[family] if name in names), key=generation):
            row = max(row + 1, generation(name))
            places[name] = (x, -ROW * row)
    return places


def generation(name: str) -> int:
    """How many relations lead back from a loss to one that comes from none."""
    return 1 + max(map(generation, RELATIVES[name].parents)) if name in RELATIVES else 0


def draw_node(axes: Axes, name: str, place: Place) -> None:
    """A box with the loss's title and how it is related."""
    (x, y), family = place, family_of(name)
    form = {"boxstyle": "round,pad=0,rounding_size=0.05", "linewidth": 1.2, "zorder": 2}
    box = FancyBboxPatch(
        (x, y - HEIGHT / 2), WIDTH, HEIGHT, **form, facecolor="white", edgecolor=FAMILY_COLOURS[family]
    )
    axes.add_patch(box)
    words = RELATIVES[name].words if name in RELATIVES else "the beginning of a family"
    axes.text(x + 0.08, y + 0.09, loss_title(name), fontsize=8.5, va="center", zorder=3)
    axes.text(x + 0.08, y - 0.1, words, fontsize=7.2, va="center", color="#555555", zorder=3)


def connect(axes: Axes, parent: Place, child: Place, colour: str) -> None:
    """An arrow from a parent to a child: straight down, around a box between them, or across to another column."""
    (x, y), (child_x, child_y) = parent, child
    if x == child_x and y - child_y < 1.5 * ROW:
        ends = (x + WIDTH / 2, y - HEIGHT / 2), (child_x + WIDTH / 2, child_y + HEIGHT / 2)
    elif x == child_x:
        trunk = x + WIDTH + 0.12
        axes.plot([x + WIDTH, trunk, trunk], [y, y, child_y], color=colour, linewidth=1.1, zorder=1)
        ends = (trunk, child_y), (child_x + WIDTH, child_y)
    else:
        ends = ((x + WIDTH, y), (child_x, child_y)) if x < child_x else ((x, y), (child_x + WIDTH, child_y))
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=ends[1], xytext=ends[0], arrowprops=look, zorder=1)
