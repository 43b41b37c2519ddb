"""Files of metrics: one row per arm, fold, case and class, one column per metric; read as one row per value."""

import csv
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import pandas as pd

KEYS = ("seed", "arm", "fold", "case", "class")
UNDEFINED = "nan"  # measured, and without a value; an empty cell was not measured

# Arm, fold, case, class and so on, and the values of the row by metric, as text.
Row = tuple[tuple[object, ...], dict[str, str]]


def write_metrics(stream: TextIO, keys: Iterable[str], rows: Iterable[Row]) -> None:
    """Write rows of metrics; the columns are those of all rows, in the order in which they first appear.

    Args:
        stream: Open for writing.
        keys: Names of what comes before the metrics, some of :data:`KEYS`.
        rows: May be made one by one: a temporary file keeps them until all columns are known.
    """
    header = dict.fromkeys(keys)
    first = len(header)
    with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as body:
        writer = csv.writer(body)
        for key, values in rows:
            header.update(dict.fromkeys(values))
            writer.writerow([*key, *(values.get(metric, "") for metric in list(header)[first:])])
        body.seek(0)
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(row + [""] * (len(header) - len(row)) for row in csv.reader(body))


def read_metrics(source: Path | str | io.StringIO) -> pd.DataFrame:
    """Read a file of metrics as one row per value: seed, arm, fold, case, class, metric, value.

    Names stay text, fold and seed are whole numbers, and a value that is undefined is NaN.
    """
    table = pd.read_csv(source, dtype=str, keep_default_na=False)
    keys = [name for name in KEYS if name in table]
    if "metric" not in table:
        wide = table.set_index(keys)
        wide.columns.name = "metric"
        table = wide.stack().rename("value").reset_index()
        table = table[table["value"] != ""].reset_index(drop=True)
    table["value"] = table["value"].replace({"": UNDEFINED}).to_numpy(dtype=object).astype(float)
    return table.astype({name: int for name in ("seed", "fold") if name in table})
