"""The published record as people read it: what is printed, which differences survive, what a replication needs."""

import math
from typing import Any

import pandas as pd

from segloss.published import PAPERS, load_published, load_record, printed_names
from segloss.statistics.power import cases_to_see, largest_spread
from segloss.statistics.published_differences import KEYS, published_differences
from segloss.statistics.recomputed import (
    DEPENDS,
    FAILS,
    INDEPENDENT,
    NOT_BETTER,
    NOT_RECOMPUTABLE,
    SURVIVES,
    recompute_differences,
    survivals,
)
from segloss.verdicts.words import arm_words, metric_words, p_words

_NO_NUMBER = ("-", "")  # a matrix has no cells on and above its diagonal


def inventory_table() -> pd.DataFrame:
    """Every table of the papers: cells, how many are numbers, lost, or with a spread, and what the spread is."""
    rows = []
    for paper, name in PAPERS.items():
        for table, cells in load_published(paper).groupby("table", sort=False):
            cells = cells[~cells["printed"].isin(_NO_NUMBER)]
            known, lost = cells["value"].notna(), cells["printed"] == "unknown"
            spreads = ", ".join(cells["spread_kind"].dropna().unique())
            counts = (len(cells), int(known.sum()), int(lost.sum()), int((~known & ~lost).sum()))
            rows.append((name, table, cells["place"].iloc[0], *map(str, counts), spreads or "none printed"))
    columns = ["paper", "table", "place", "cells", "numbers", "lost", "words or NA", "spread"]
    return pd.DataFrame(rows, columns=columns)


def survival_table() -> pd.DataFrame:
    """Every published difference that can be recomputed or is not even better as printed, with its verdicts."""
    frame = survivals()
    frame = frame[(frame["reason"] == "") | (frame["verdict"] == NOT_BETTER)]
    rows = []
    for _, units in frame.groupby(KEYS, sort=False):
        first = units.iloc[0]
        tested = list(units.dropna(subset="unit").itertuples())
        corrected = (f"{row.cases:g} {row.unit}: {_range(row.p_low, row.p_high)}" for row in tested)
        rows.append(
            {
                **_head(first),
                "difference": _signed(first),
                "corrected p": "; ".join(corrected) or "–",
                "by unit": "; ".join(f"{row.unit}: {row.over_unit}" for row in tested) or "–",
                "verdict": first["verdict"],
                "by the least favourable rounding": first["after_rounding"],
            }
        )
    return pd.DataFrame(rows)


def verdict_counts_table() -> pd.DataFrame:
    """How many published differences of each paper get which verdict."""
    frame = survivals().drop_duplicates(KEYS)
    counts = pd.crosstab(frame["paper"].map(PAPERS), frame["verdict"])
    order = [SURVIVES, DEPENDS, FAILS, NOT_BETTER, NOT_RECOMPUTABLE]
    counts = counts.reindex(index=list(PAPERS.values()), columns=order, fill_value=0)
    counts.loc["all"] = counts.sum()
    return counts.assign(differences=counts.sum(axis=1)).astype(str).rename_axis(None, axis=1).reset_index()


def spread_needed_table() -> pd.DataFrame:
    """Differences without a printed spread: the largest spread of paired differences with which they are significant.

    It is that of one test at the level, without a correction for the others of the table, which would ask for less.
    """
    level, rows = load_record()["rules"]["level"], []
    for _, row in _without_spread().iterrows():
        most = float(largest_spread(row["difference"], row["cases"], level))
        rows.append(
            {
                **_head(row),
                "difference": _signed(row),
                "test scans": str(row["cases"]),
                "significant up to a spread of": f"{most:.4f}",
            }
        )
    return pd.DataFrame(rows)


def leads_without_spread(metric: str = "dice") -> pd.DataFrame:
    """Of each table without a spread, the lead over the next loss: paper, dataset, difference, cases (the paper's)."""
    frame = _without_spread().query("metric == @metric").sort_values("gain", kind="stable")
    return frame.drop_duplicates(["paper", "table"])[["paper", "dataset", "difference", "cases"]].sort_index()


def sample_size_table() -> pd.DataFrame:
    """Cases with which a replication sees a published difference, by the pairing correlation, and half of it.

    They are of the unit over which the printed spread is: images if it is over images, folds if it is over folds.
    """
    rules, frame = load_record()["rules"], recompute_differences()
    frame = frame[(frame["pairing"] != INDEPENDENT) & frame["needed"].notna()]
    rows = []
    for _, group in frame.groupby(KEYS, sort=False):
        row = group.iloc[0]
        units = group[["cases", "unit"]].drop_duplicates().itertuples(index=False)
        half = [
            cases_to_see(row["gain"] / 2, paired_sd, rules["power"], rules["level"])
            for paired_sd in group.drop_duplicates("pairing")["paired_sd"]
        ]
        rows.append(
            {
                **_head(row),
                "difference": _signed(row),
                "the paper's": " or ".join(f"{unit.cases} {unit.unit}" for unit in units),
                **{f"needed, {pair.pairing}": _whole(pair.needed) for pair in group.itertuples()},
                "needed for half of it": f"{_whole(min(half))} to {_whole(max(half))}",
            }
        )
    return pd.DataFrame(rows)


def rules_table() -> pd.DataFrame:
    """The rules of ``record.yaml``."""
    rules = load_record()["rules"]
    words = {name: ", ".join(map(str, rule)) if isinstance(rule, list) else str(rule) for name, rule in rules.items()}
    return pd.DataFrame({"rule": list(words), "what it says": list(words.values())})


def _without_spread() -> pd.DataFrame:
    """The differences whose cells have no spread, with the number of ``cases`` of the paper's test part."""
    cases = {(t["paper"], t["table"]): unit.get("cases") for t in load_record()["tables"] for unit in t["units"]}
    frame = published_differences().query("reason == 'no spread is printed'")
    return frame.assign(cases=[cases[each] for each in zip(frame["paper"], frame["table"], strict=True)])


def _head(row: Any) -> dict[str, str]:
    names = printed_names(row["paper"])
    structure = f", {row['class']}" if row["class"] else ""
    return {
        "paper": f"{PAPERS[row['paper']]}, Table {row['table']}",
        "data set": f"{names[row['dataset']]}{structure}",
        "metric": metric_words(row["metric"]),
        "comparison": f"{arm_words(row['arm'])} − {arm_words(row['baseline'])}",
    }


def _signed(row: Any) -> str:
    """The difference to as many decimals as the less exact of its two numbers."""
    coarsest = max(row["rounding"], row["baseline_rounding"])
    decimals = max(2, -math.floor(math.log10(2 * coarsest) + 1e-9))
    return f"{row['difference']:+.{decimals}f}".replace("-", "−")


def _range(low: float, high: float) -> str:
    words = list(dict.fromkeys(map(p_words, (low, high))))
    return " to ".join(words)


def _whole(number: float) -> str:
    return "–" if math.isnan(number) else f"{number:,.0f}"
