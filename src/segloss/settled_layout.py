"""A figure whose layout is done, in places that are the same on every run."""

from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import Bbox

_DECIMALS = 6  # of the figure's width: far below a pixel, far above the noise of the layout's solver
_NO_TIE = 3e-8  # added first, since simple shares such as 0.25 would be on the border between two roundings of less


def settle(fig: Figure) -> None:
    """Lay the figure out now, for good, and round the places of its parts.

    The solver of the layout sums in an order that differs from run to run, and a last bit more or less can move an edge
    by a pixel. Without a layout of its own, a figure stays as it is.
    """
    engine = fig.get_layout_engine()
    if engine is None:
        return
    engine.execute(fig)
    fig.set_layout_engine("none")
    for part in _parts(fig):
        part.bbox_relative.set(_rounded(part.bbox_relative))
    for axes in fig.axes:
        # Where an axes keeps its aspect, the place it is given is larger than the one it takes.
        axes.set_position(_rounded(axes.get_position(original=True)))


def _parts(fig: Figure | SubFigure) -> list[SubFigure]:
    return [deeper for part in fig.subfigs for deeper in (part, *_parts(part))]


def _rounded(place: Bbox) -> Bbox:
    return Bbox([[round(float(value) + _NO_TIE, _DECIMALS) for value in point] for point in place.get_points()])
