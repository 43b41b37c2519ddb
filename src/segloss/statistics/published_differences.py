"""The differences between losses that the papers print; which ones stands in ``published/record.yaml``."""

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from segloss.published import load_published, load_record

LOWER_IS_BETTER = ("hausdorff",)
# What tells one difference from the others.
KEYS = ["paper", "table", "dataset", "class", "metric", "arm", "baseline"]


def published_differences() -> pd.DataFrame:
    """Every difference of ``record.yaml``, as printed.

    Returns:
        paper, table, dataset, class ("": all together), metric, arm, baseline; value and baseline_value (as shares),
        printed and baseline_printed (their cells), difference, gain (the difference, above 0 where it is better),
        spread, baseline_spread, rounding and baseline_rounding (half the last digit), spread_is ("deviation",
        "interval" or None), n (cases of the data set), reason (why it cannot be recomputed, "" where it can).
    """
    tables = load_record()["tables"]
    return pd.DataFrame([row for table in tables for row in _rows(table)]).astype({"n": "Int64"})


def rounding_of(printed: str) -> float:
    """Half of the last digit of a printed number; NaN if it is none.

    >>> rounding_of("0.81 ± 0.03"), rounding_of("88.78 %"), rounding_of("0.006")
    (0.005, 5e-05, 0.0005)
    """
    if not (number := re.match(r"\d+\.?(\d*)", printed)):
        return math.nan
    return round(0.5 * 10 ** -len(number[1]) / (100 if printed.endswith("%") else 1), 10)


def _rows(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cells = load_published(table["paper"])
    cells = cells[(cells["table"] == table["table"]) & (cells["arm"] != "p")]
    for wanted in table["differences"]:
        for _, group in cells.groupby(["dataset", "class", "metric"], dropna=False, sort=False):
            cell = group.set_index("arm")
            if not _is_wanted(wanted, cells, group):
                continue
            others = [arm for arm in cell.index if arm != wanted["arm"]]
            for baseline in others if wanted["baselines"] == "others" else wanted["baselines"]:
                yield _difference(table, cell.loc[wanted["arm"]], cell.loc[baseline], wanted["arm"], baseline)


def _is_wanted(wanted: dict[str, Any], cells: pd.DataFrame, group: pd.DataFrame) -> bool:
    """Whether this data set and metric are; a structure is not where another column has all of them together."""
    column = group.iloc[0]
    is_part = isinstance(column["class"], str) and cells["class"].isna().any()
    of_set = column["dataset"] in wanted.get("datasets", [column["dataset"]])
    return bool(column["metric"] in wanted["metrics"] and of_set and not is_part)


def _difference(table: dict[str, Any], ours: pd.Series, theirs: pd.Series, arm: str, baseline: str) -> dict[str, Any]:
    difference = round(ours["value"] - theirs["value"], 10)
    known = not (math.isnan(ours["value"]) or math.isnan(theirs["value"]))
    spreads = [ours["spread"], theirs["spread"]]
    reason = (
        "a number is lost"
        if not known
        else "the number of cases is not known"
        if not table["units"]
        else "no spread is printed"
        if np.isnan(np.array(spreads, dtype=float)).any()
        else ""
    )
    return {
        **{name: table[name] for name in KEYS[:2]},
        "dataset": ours["dataset"],
        "class": ours["class"] if isinstance(ours["class"], str) else "",
        "metric": ours["metric"],
        "arm": arm,
        "baseline": baseline,
        "value": ours["value"],
        "baseline_value": theirs["value"],
        "printed": ours["printed"],
        "baseline_printed": theirs["printed"],
        "difference": difference,
        "gain": -difference if ours["metric"] in LOWER_IS_BETTER else difference,
        "spread": spreads[0],
        "baseline_spread": spreads[1],
        "rounding": rounding_of(ours["printed"]),
        "baseline_rounding": rounding_of(theirs["printed"]),
        "spread_is": table.get("spread"),
        "n": ours["n"],
        "reason": reason,
    }
