"""The ledger of claims as people read it, and where its cells lead to."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from segloss.published import PAPERS
from segloss.verdicts.evidence import PAIRED, RANKED
from segloss.verdicts.ledger import NONE_NEEDED, NOT_RUN, verdict_counts
from segloss.verdicts.rules import VERDICTS
from segloss.verdicts.words import metric_words

_EVIDENCE = {"computed": "computed", "on_phantoms": "on phantoms", "on_real_data": "on real data"}


def ledger_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Every claim, a row each; ``frame`` as :func:`segloss.verdicts.ledger.ledger` gives it."""
    return pd.DataFrame(
        [
            {
                "id": row["id"],
                "paper": PAPERS[row["paper"]],
                "claim": row["claim"],
                "kind": row["kind"],
                "place": row["place"],
                "decided by": row["test"],
                **{head: _verdict(row, name) for name, head in _EVIDENCE.items()},
                "needs": row["needs"],
                "would change our mind": change_words(row),
                "figure": row["figure"] if isinstance(row["figure"], str) else NONE_NEEDED,
                "table": row["table"],
            }
            for row in frame.to_dict("records")
        ]
    )


def ledger_addresses(frame: pd.DataFrame, reports: Path | str) -> dict[str, list[str]]:
    """Where the cells of :func:`ledger_table` lead to: a page, a figure and a table of the paper's report.

    Args:
        frame: As :func:`segloss.verdicts.ledger.ledger` gives it.
        reports: The folder ``reports`` as seen from the notebook; addresses begin with it.

    Returns:
        By column, an address per row; "" where there is no such file.
    """
    found: dict[str, list[str]] = {name: [] for name in ("id", "figure", "table")}
    for row in frame.to_dict("records"):
        scale, paper = row["scale"], row["paper"]
        places = {
            "id": [f"site/{scale}/{paper}.html#verdicts"],
            "figure": [f"figures/{scale}/{paper}/{row['figure']}.{suffix}" for suffix in ("svg", "png")],
            "table": [f"tables/{scale}/{paper}/{row['table']}.csv"],
        }
        for name, candidates in places.items():
            there = (each for each in candidates if Path(reports, each.partition("#")[0]).is_file())
            address = next(there, candidates[0] if name == "id" and scale else "")
            found[name].append(f"{Path(reports).as_posix()}/{address}" if address else "")
    return found


def change_words(row: dict[str, Any]) -> str:
    """How many cases would decide, against how many there are; why it is not known where it is not."""
    if row["computed"] != NONE_NEEDED:
        return "an error in the computation"
    if not isinstance(row["data"], str):
        if row["on_real_data"] == NONE_NEEDED:
            return "unknown: phantoms can be drawn at will, trainings are few"
        paired = row["decided_by"] in (*PAIRED, *RANKED)
        return (
            "unknown: fewer than two cases to take a spread from" if paired else "unknown: no mean over cases decides"
        )
    margin = f"±{row['margin']:.3g} in {metric_words(row['metric'])}"
    parts = [
        f"{_whole(row['decide'])} cases ({_whole(row['decide_low'])} to {_whole(row['decide_high'])}) for {margin}"
    ]
    if not math.isnan(row["see_published"]):
        difference = f"{row['published']:+.3g}".replace("-", "−")
        seen = "no number" if math.isinf(row["see_published"]) else _whole(row["see_published"])
        parts.append(f"{seen} for the published {difference}")
    return "; ".join([*parts, f"{row['cases']:g} so far, {row['data']}, spread {row['spread']:.3g}"])


def verdict_counts_of_ledger(frame: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper have which verdict, by what it rests on, and all papers together."""
    counts = verdict_counts(frame)
    columns = [*VERDICTS, NOT_RUN]
    total = counts.groupby("evidence", sort=False)[columns].sum().reset_index().assign(paper="all")
    both = pd.concat([counts.assign(paper=counts["paper"].map(PAPERS)), total], ignore_index=True)
    both["evidence"] = both["evidence"].map(_EVIDENCE)
    return both[["paper", "evidence", *columns]].astype(str)


def _verdict(row: dict[str, Any], column: str) -> str:
    data = row["real_data"] if column == "on_real_data" else ""
    return f"{row[column]} on {data}" if data else str(row[column])


def _whole(number: float) -> str:
    return f"{number:,.0f}"
