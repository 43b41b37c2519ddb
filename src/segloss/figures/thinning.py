"""Fewer points of what is drawn: of a smooth curve, whose line stays where it is, and of a cloud."""

import numpy as np
from matplotlib.axes import Axes

FEW = 50
CLOUD = 200
TOLERANCE = 1e-3  # a share of the axes: half a pixel of a page


def thinned(places: np.ndarray, axes: Axes) -> np.ndarray:
    """The corners of a line (n, 2) of more than a few, without those that it passes within a thousandth of the axes."""
    if len(places) <= FEW or not np.isfinite(places).all():
        return places
    # What is not seen, far outside or beyond the end of a logarithmic axis, has no place to be kept.
    drawn = np.nan_to_num((axes.transData - axes.transAxes).transform(places), nan=-1).clip(-1, 2)
    kept = {0, len(places) - 1}
    pieces = [(0, len(places) - 1)]
    while pieces:
        first, last = pieces.pop()
        away = _distances(drawn[first + 1 : last], drawn[first], drawn[last])
        if len(away) and away.max() > TOLERANCE:
            farthest = first + 1 + int(away.argmax())
            kept.add(farthest)
            pieces += [(first, farthest), (farthest, last)]
    return places[sorted(kept)]


def sampled(places: np.ndarray) -> tuple[np.ndarray, str]:
    """At most so many points of a cloud (n, 2), evenly spaced in their order, and in words what share they are."""
    every = -(-len(places) // CLOUD)
    return places[::every], f", 1 of {every}" if every > 1 else ""


def _distances(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """From points to the straight piece between two of them."""
    along, length = end - start, float(np.hypot(*(end - start)))
    share = np.clip((points - start) @ along / length**2, 0, 1) if length else np.zeros(len(points))
    return np.hypot(*(points - start - share[:, None] * along).T)
