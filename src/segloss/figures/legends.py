"""What the legends of a figure call the things drawn in it."""

from collections import defaultdict
from typing import Any

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D


class Names:
    """Names of the series of a figure: their own, or that of the same look in a legend.

    Args:
        figure: The figure, with its legends.
    """

    def __init__(self, figure: Figure) -> None:
        self._by_look: dict[tuple[str, ...], str] = {}
        of_colour: dict[str, set[str]] = defaultdict(set)
        legends = [legend for axes in figure.axes if (legend := axes.get_legend())]
        legends += [legend for part in (figure, *figure.subfigs) for legend in part.legends]
        for legend in legends:
            for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
                if handle is not None:
                    self._by_look[_look(handle)] = words(text.get_text())
                    of_colour[_colour(handle)].add(words(text.get_text()))
        self._by_colour = {colour: names.pop() for colour, names in of_colour.items() if len(names) == 1}

    def of(self, artist: Any) -> str:
        """The name of a series; empty where neither it nor a legend has one."""
        label = str(artist.get_label() or "")
        if label and not label.startswith("_"):
            return words(label)
        if not hasattr(artist, "get_visible"):  # a container has no look of its own
            return ""
        return self._by_look.get(_look(artist)) or self._by_colour.get(_colour(artist), "")


def words(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def _look(artist: Any) -> tuple[str, ...]:
    if isinstance(artist, Line2D):
        return _colour(artist), str(artist.get_linestyle()), str(artist.get_marker())
    return (_colour(artist),)


def _colour(artist: Any) -> str:
    colour = artist.get_color() if hasattr(artist, "get_color") else artist.get_facecolor()
    if isinstance(colour, str):
        return to_hex(colour)
    rows = np.atleast_2d(colour)
    return to_hex(rows[0]) if rows.size else ""
