"""What the prepare stage says of a data set and its cases: its outcome, and the columns of ``cases.csv``."""

import json
from pathlib import Path

from segloss.errors import InputError


def read_status(folder: Path) -> dict[str, str]:
    """The outcome of the stage that wrote ``folder``.

    Raises:
        InputError: If the stage has not run.
    """
    path = folder / "status.json"
    if not path.is_file():
        raise InputError(f"{path} was not found; run the prepare stage first.")
    return json.loads(path.read_text(encoding="utf-8"))


def sizes(text: str) -> tuple[int, ...]:
    """The sides of an array.

    >>> sizes("24x80x64")
    (24, 80, 64)
    """
    return tuple(int(size) for size in text.split("x"))


def original_spacing(row: dict[str, str]) -> tuple[float, ...] | None:
    """Distance in mm between the pixels of a case as it came; None where it is not known."""
    return tuple(float(mm) for mm in row["spacing_mm"].split("x")) if row["spacing_mm"] else None


def prepared_spacing(row: dict[str, str]) -> tuple[float, ...] | None:
    """Distance in mm between the pixels of a prepared case; None where that of the original is not known."""
    spacing, shape = original_spacing(row), sizes(row["shape"])
    if spacing is None:
        return None
    prepared = sizes(row["prepared_shape"])[-len(shape) :]
    return tuple(mm * old / new for mm, old, new in zip(spacing, shape, prepared, strict=True))
