"""What the papers print: every table cell, number and claim, as data (YAML) that is never typed again elsewhere."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
import yaml

from segloss.provenance import fingerprint

# In the order of all tables and figures, each under a name as short as a table needs; the first page of the site lists
# them in full.
PAPERS = {
    "kappa": "Kappa",
    "topk_dice": "TopK Dice",
    "boundary": "Boundary",
    "unified_focal": "Unified focal",
    "log_cosh_dice": "Survey",
}
_UNITS = {"dice": "1", "iou": "1", "precision": "1", "sensitivity": "1", "hausdorff": "not said (px?)", "p": "1"}
COLUMNS = [
    *("table", "row", "column", "dataset", "arm", "class", "metric", "value"),
    *("spread", "spread_kind", "n", "unit", "printed", "place", "erratum"),
]


def load_published(paper: str) -> pd.DataFrame:
    """Every cell of a paper's tables.

    Returns:
        table, row, column (as printed), dataset, arm ("p" for a p-value), class (None: all together), metric, value
        (NaN: not a number; of a table in percent the share, so that it compares with ours), spread,
        spread_kind, n (cases: of the data set, or of its part that is meant), unit, printed (the cell's text), place,
        erratum.
    """
    content = _read(paper)
    cells = [cell for name, table in content["tables"].items() for cell in _cells(name, table)]
    frame = pd.DataFrame(cells, columns=COLUMNS)
    return frame.astype({"value": float, "spread": float, "n": "Int64"})


def published_facts(paper: str) -> pd.DataFrame:
    """The paper's numbers outside its tables: fact, value (NaN: not said), unit, place, status, erratum.

    The status is "said" where the value is known and "unknown" where it is not, unless the file says otherwise.
    """
    columns = ["value", "unit", "place", "status", "erratum"]
    facts = pd.DataFrame.from_dict(_read(paper)["facts"], orient="index").reindex(columns=columns)
    facts["value"] = pd.to_numeric(facts["value"])
    plain = facts["value"].notna().map({True: "said", False: "unknown"})
    return facts.assign(status=facts["status"].astype(object).fillna(plain)).rename_axis("fact").reset_index()


def published_datasets(paper: str) -> tuple[str, ...]:
    """The paper's data sets in its own order; empty for a paper without published numbers here."""
    if not files(__name__).joinpath(f"{paper}.yaml").is_file():
        return ()
    return tuple(load_published(paper)["dataset"].dropna().unique())


def printed_names(paper: str) -> dict[str, str]:
    """The data sets as the paper's tables call them."""
    return _read(paper)["names"]


def load_claims(paper: str) -> list[dict[str, Any]]:
    """The paper's testable claims, in our words, with what decides each."""
    return _read("claims")["claims"][paper]


def load_rules() -> dict[str, Any]:
    """The rules for verdicts; claims.yaml says which of them were written after results had been seen."""
    return _read("claims")["rules"]


def load_record() -> dict[str, Any]:
    """Which published differences are tested again and by what rules: ``rules`` and ``tables``."""
    return _read("record")


def published_source() -> str:
    """One line for numbers that come from the papers' tables alone, with a fingerprint of these and of the rules."""
    names = sorted(path.name.removesuffix(".yaml") for path in files(__name__).iterdir() if path.name.endswith(".yaml"))
    return f"no data set: the papers' printed numbers · numbers {fingerprint({name: _read(name) for name in names})}"


def load_ledger() -> dict[str, Any]:
    """How claims are tested, in words (``tests``), and which figure and table of a report shows each (``shown``)."""
    return _read("ledger")


def load_overview(part: str) -> list[dict[str, Any]]:
    """What papers and code bases say about losses in general, row by row.

    Args:
        part: ``"problems"``, ``"letters"``, ``"conventions"`` or ``"advice"``.
    """
    return _read("overview")[part]


def load_survey() -> list[dict[str, Any]]:
    """The survey's Tables I and II, one row per loss: its family, equations and uses, and its row in Table III."""
    return _read("log_cosh_dice")["survey"]


@cache
def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load(files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"))


def _cells(name: str, table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cases, errata, units = table.get("n", {}), table.get("errata", {}), _UNITS | table.get("units", {})
    for row, cells in table["rows"].items():
        for column, cell in zip(table["columns"], cells, strict=True):
            head, _, tail = column.partition(".")
            if "dataset" in table:  # a row is an arm, a column a metric or metric.class
                dataset, arm, metric, structure = table["dataset"], row, head, tail or None
            else:
                dataset, arm = (row, head) if row in cases else (head, row)
                metric, structure = tail or table.get("metric"), None
            value, spread, printed = _number(cell)
            if table.get("percent"):
                value, printed = round(float(printed) / 100, 10), f"{printed} %"
            quantity = "p" if arm == "p" else metric
            yield {
                "table": name,
                "row": row,
                "column": column,
                "dataset": dataset if cases else None,
                "arm": arm if cases else None,
                "class": structure,
                "metric": metric,
                "value": value,
                "spread": spread,
                "spread_kind": None if spread is None else table["spread_kind"],
                "n": cases.get(dataset),
                "unit": units.get(quantity or ""),
                "printed": printed,
                "place": table["place"],
                "erratum": errata.get(quantity),
            }


def _number(cell: list[float] | str) -> tuple[float | None, float | None, str]:
    if isinstance(cell, list):
        return cell[0], cell[1], f"{cell[0]:.2f} ± {cell[1]:.2f}"
    if with_spread := re.fullmatch(r"([\d.]+) (?:\(|± )([\d.]+)\)?", cell):
        return float(with_spread[1]), float(with_spread[2]), cell
    try:
        return float(cell.rstrip("*")), None, cell  # stars mark levels of significance
    except ValueError:
        return None, None, cell
