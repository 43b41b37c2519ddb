"""What the columns of ``cases.csv`` mean, the table that the prepare stage writes."""


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
