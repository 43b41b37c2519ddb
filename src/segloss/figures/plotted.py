"""The numbers that a figure shows, read off the drawn figure itself, so that they are always those of the picture."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, LineCollection, PathCollection
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

from segloss.figures.legends import Names, words
from segloss.figures.thinning import sampled, thinned

NUMBERS = ("x", "y", "x_low", "x_high", "y_low", "y_high")
COLUMNS = ("panel", "x_axis", "y_axis", "series", "mark", *NUMBERS, "text")
# The label of a line that only guides the eye, such as the box around points that are drawn as well.
GUIDE = "_guide"
DIGITS = 5
MARKS = {"D": "diamond", "s": "square", "^": "triangle"}

Row = dict[str, Any]
Ticks = list[tuple[float, str]]


def plotted(figure: Figure) -> pd.DataFrame:
    """One row per mark of a figure: point, corner of a line, bar, place on a band, cell of a table.

    Diagrams and pictures have none: axes that are off or bare, images whose rows and columns have no names, contours,
    and lines across the whole axes. A smooth curve has so many corners as its drawing needs, and a cloud of more than
    200 points is sampled evenly, which its mark says: the metrics of every case are in reports/metrics. Numbers have
    five significant digits. Columns without any value are left out.

    Args:
        figure: The figure, before it is closed.

    Returns:
        ``panel``, the title of the axes or else its number among several; ``x_axis`` and ``y_axis``, what is on them;
        ``series``, as the legend calls it, or else a number; ``mark``, its kind; ``x`` and ``y``, a number or the name
        of the tick; ``x_low`` to ``y_high``, the ends of its error bar or of the band around it; ``text`` of a cell.
    """
    names = Names(figure)
    alone = len(figure.axes) == 1
    rows = [row for n, axes in enumerate(figure.axes, 1) for row in _panel(axes, "" if alone else str(n), names)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame[[*NUMBERS]] = frame[[*NUMBERS]].map(_rounded)
    return frame[[column for column in COLUMNS if frame[column].replace("", None).notna().any()]]


def heads(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with the name of an axis in the head of its column, "x (epoch)", where all panels have that one."""
    for name in ("x", "y"):
        labels = set(frame.get(f"{name}_axis", []))
        if len(labels) == 1:
            frame = frame.drop(columns=f"{name}_axis").rename(columns={name: f"{name} ({labels.pop()})"})
    return frame


def _panel(axes: Axes, number: str, names: Names) -> Iterator[Row]:
    ticks = {"x": _named_ticks(axes, "x"), "y": _named_ticks(axes, "y")}
    table = bool(ticks["x"] and ticks["y"])
    if not axes.axison or axes.get_label() == "<colorbar>" or (not table and (axes.images or _bare(axes))):
        return
    title = next(filter(None, (axes.get_title(place) for place in ("left", "center", "right"))), number)
    head = {"panel": words(title), "x_axis": _axis_words(axes, "x"), "y_axis": _axis_words(axes, "y")}
    marks = [_cells(axes)] if table else _with_bands(list(_series(axes, names)))
    for count, series in enumerate(filter(None, marks), 1):
        for row in series:
            named = {key: _named(row[key], ticks[key]) for key in ("x", "y") if key in row}
            yield head | row | named | {"series": row["series"] or (None if table else str(count))}


def _series(axes: Axes, names: Names) -> Iterator[list[Row]]:
    """The marks of every series of an axes; what belongs to error bars only once."""
    inside: set[int] = set()
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer) and container[0] is not None:
            inside |= {id(artist) for artist in container.get_children()}
            yield _error_bars(container, names)
        elif isinstance(container, BarContainer):
            yield _bars(container, names)
    for artist in chain(axes.lines, axes.collections):
        if id(artist) in inside or artist.get_label() == GUIDE or not artist.get_visible():
            continue
        if isinstance(artist, Line2D) and all(artist.get_transform().contains_branch_separately(axes.transData)):
            yield _line(artist, names)
        elif isinstance(artist, LineCollection):
            yield from (_points(np.asarray(piece), names.of(artist), "line") for piece in artist.get_segments())
        elif isinstance(artist, FillBetweenPolyCollection):
            yield _band(artist, names)
        elif isinstance(artist, PathCollection):
            places, share = sampled(np.ma.filled(artist.get_offsets(), np.nan))
            yield _points(places, names.of(artist), f"point{share}")


def _line(line: Line2D, names: Names) -> list[Row]:
    places = np.column_stack(line.get_data())
    if line.get_linestyle() == "None" or len(places) == 1:
        places, share = sampled(places)
        return _points(places, names.of(line), MARKS.get(str(line.get_marker()), "point") + share)
    axes = line.axes
    # Where a line has a band around it, each of its points has ends of its own.
    curve = line.get_marker() == "None" and not any(isinstance(c, FillBetweenPolyCollection) for c in axes.collections)
    return _points(thinned(places, axes) if curve else places, names.of(line), "line")


def _points(places: np.ndarray, series: str, mark: str) -> list[Row]:
    return [{"series": series, "mark": mark, "x": x, "y": y} for x, y in places.astype(float) if np.isfinite(x + y)]


def _error_bars(container: ErrorbarContainer, names: Names) -> list[Row]:
    line, _, bars = container
    series = names.of(container) or names.of(line)
    rows = [{"series": series, "mark": "error bar", "x": x, "y": y} for x, y in zip(*line.get_data(), strict=True)]
    directions = [name for name, drawn in (("x", container.has_xerr), ("y", container.has_yerr)) if drawn]
    for name, ends in zip(directions, bars, strict=True):
        for row, segment in zip(rows, ends.get_segments(), strict=True):
            if len(segment):
                row[f"{name}_low"], row[f"{name}_high"] = segment[:, "xy".index(name)]
    return [row for row in rows if np.isfinite(row["x"] + row["y"])]


def _bars(container: BarContainer, names: Names) -> list[Row]:
    rows = []
    for bar in container.patches:
        (x, y), width, height = bar.get_xy(), bar.get_width(), bar.get_height()
        place = (x + width, y + height / 2) if container.orientation == "horizontal" else (x + width / 2, y + height)
        rows += _points(np.array([place]), names.of(container) or names.of(bar), "bar")
    return rows


def _band(band: FillBetweenPolyCollection, names: Names) -> list[Row]:
    """Where the band begins and ends at each place along its axis; nothing of a band without width."""
    along, across = ("x", "y") if band.t_direction == "x" else ("y", "x")
    corners = pd.DataFrame(np.concatenate([path.vertices for path in band.get_paths()]), columns=["x", "y"])
    ends = corners.groupby(along)[across].agg(["min", "max"]).dropna()
    if np.allclose(ends["min"], ends["max"]):
        return []
    head = {"series": names.of(band), "mark": "band"}
    rows = ends.itertuples(name=None)
    return [{**head, along: place, f"{across}_low": low, f"{across}_high": high} for place, low, high in rows]


def _with_bands(marks: list[list[Row]]) -> list[list[Row]]:
    """Bands become the ends of the line of their name; a band without such a line stays by itself."""
    upright = [rows for rows in marks if rows and rows[0]["mark"] == "band" and "y_low" in rows[0]]
    bands = {rows[0]["series"]: {row["x"]: row for row in rows} for rows in upright}
    joined = set()
    for rows in marks:
        band = bands.get(rows[0]["series"], {}) if rows and rows[0]["mark"] == "line" else {}
        if band and all(row["x"] in band for row in rows):
            joined.add(rows[0]["series"])
            for row in rows:
                row |= {key: band[row["x"]][key] for key in ("y_low", "y_high")}
    return [rows for rows in marks if rows not in upright or rows[0]["series"] not in joined]


def _cells(axes: Axes) -> list[Row]:
    """A table that is drawn as a picture: its rows and columns have names, and each cell says its number."""
    return [
        {"series": None, "mark": "cell", "x": text.get_position()[0], "y": text.get_position()[1], "text": shown}
        for text in axes.texts
        if (shown := words(text.get_text()))
    ]


def _named_ticks(axes: Axes, name: str) -> Ticks:
    """Place and name of each tick of an axis whose ticks are names, a unit apart or more; else nothing."""
    axis = axes.xaxis if name == "x" else axes.yaxis
    formatter, places = axis.get_major_formatter(), np.asarray(axis.get_majorticklocs(), dtype=float)
    written = isinstance(axis.get_major_locator(), FixedLocator) and isinstance(
        formatter, FixedFormatter | FuncFormatter
    )
    close = len(places) > 1 and np.diff(np.sort(places)).min() < 1
    if not written or close or axis.get_scale() != "linear":
        return []
    return [(place, words(label)) for place, label in zip(places, formatter.format_ticks(places), strict=True) if label]


def _named(value: float, ticks: Ticks) -> float | str:
    """The name of the tick at which a value stands, or a little beside it; the value where there is none."""
    return next((label for place, label in ticks if abs(value - place) <= 0.5), value)


def _axis_words(axes: Axes, name: str) -> str:
    """Label of an axis, or of one that shares it and stands for the whole row or column."""
    shared = axes.get_shared_x_axes() if name == "x" else axes.get_shared_y_axes()
    labels = (getattr(one, f"get_{name}label")() for one in (axes, *shared.get_siblings(axes)))
    return words(next(filter(None, labels), ""))


def _rounded(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _bare(axes: Axes) -> bool:
    return not len(axes.get_xticks()) and not len(axes.get_yticks())
