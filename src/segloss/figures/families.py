"""Many losses in one figure: more than there are colours to tell apart, so that a colour is a family."""

from collections.abc import Sequence

from matplotlib.lines import Line2D

from segloss.figures.style import FAMILY_COLOURS
from segloss.losses import FAMILIES


def family_of(loss: str) -> str:
    """Family of a loss, or of a sum of losses: with a boundary term it is one of distance.

    >>> family_of("kappa"), family_of("cross_entropy_plus_dice"), family_of("generalized_dice_plus_boundary")
    ('region', 'compound', 'distance')
    """
    return next(
        (family for family, of in FAMILIES.items() if loss in of), "distance" if "boundary" in loss else "compound"
    )


def family_colour(loss: str) -> str:
    """Colour of a loss's family."""
    return FAMILY_COLOURS[family_of(loss)]


def family_keys(losses: Sequence[str], marker: str = "o") -> list[Line2D]:
    """Legend entries of the families that some losses are of."""
    there = {family_of(loss) for loss in losses}
    style = {"color": "none", "marker": marker, "markersize": 6}
    return [
        Line2D([], [], **style, markerfacecolor=colour, markeredgecolor=colour, label=family)
        for family, colour in FAMILY_COLOURS.items()
        if family in there
    ]
