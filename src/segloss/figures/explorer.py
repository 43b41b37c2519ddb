"""Every loss's answer to one prediction, side by side."""

import math

from matplotlib.figure import Figure

from segloss.figures.explorer_data import Setting
from segloss.figures.portrait_data import loss_of_scene
from segloss.figures.portraits import draw_gradient, draw_outlines, family_of
from segloss.figures.style import FAMILY_COLOURS, bare, finish, new_figure, styled
from segloss.losses import LOSSES
from segloss.verdicts.words import loss_title

ABREAST = 7
# Names too long for a panel.
SHORTER = {
    "cross_entropy": "Cross entropy",
    "weighted_cross_entropy": "Weighted CE",
    "balanced_cross_entropy": "Balanced CE",
    "topk_cross_entropy": "TopK CE",
    "distance_penalized_cross_entropy": "Dist.-penalised CE",
    "structural_similarity": "Structural sim.",
    "sensitivity_specificity": "Sens.-spec.",
    "hausdorff_distance_transform": "Hausdorff, dist.",
    "hausdorff_erosion": "Hausdorff, erosion",
    "hausdorff_convolution": "Hausdorff, conv.",
    "exponential_logarithmic": "Exp-log",
    "symmetric_unified_focal": "Sym. unified focal",
    "asymmetric_unified_focal": "Asym. unified focal",
}


@styled
def explorer_panel(setting: Setting) -> Figure:
    """The scene, then for every loss its value and its gradient."""
    scene = setting.scene()
    rows = math.ceil((1 + len(LOSSES)) / ABREAST)
    figure = new_figure(0.9 + 1.28 * rows)
    first, *panels = figure.subplots(rows, ABREAST).flat
    first.imshow(scene.probs.numpy(), cmap="Greys", vmin=0, vmax=1)
    draw_outlines(first, scene)
    bare(first)
    first.set_title("predicted p", fontsize=7)
    for axes, name in zip(panels, LOSSES, strict=False):
        draw_gradient(axes, name, scene)
        axes.set_aspect("equal")
        axes.set_title(SHORTER.get(name, loss_title(name)), fontsize=7, color=FAMILY_COLOURS[family_of(name)])
        axes.set_xlabel(f"{loss_of_scene(name, scene):.3g}", fontsize=8, labelpad=1)
    for axes in panels[len(LOSSES) :]:
        axes.axis("off")
    note = (
        f"The dotted prediction is {setting}.\n"
        "Below each: its value. Blue: p is pushed up, red: down, the strongest in full colour. Name: its family."
    )
    return finish(figure, "Every loss on one prediction", note)
