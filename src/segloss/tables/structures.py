"""Dice per organ or other structure, ours beside the published values."""

import pandas as pd

from segloss.published import load_published
from segloss.statistics import Results
from segloss.verdicts.words import arm_words, number

_KINDS = {"phantom": "ours on phantoms", "subset": "ours on a real subset", "paper": "ours"}


def structures_table(paper: str, table: str, results: Results, metric: str = "dice") -> pd.DataFrame:
    """One printed table with a column per structure: for each arm the published row, then ours.

    Ours are "mean ± SD over scans"; the last column is the mean over the structures of these means, as the paper
    averages. Absent data and arms keep their row and say so.
    """
    cells = load_published(paper)
    cells = cells[(cells["table"] == table) & (cells["metric"] == metric)]
    [dataset] = cells["dataset"].unique()
    structures = list(cells["class"].dropna().unique())
    printed = cells.set_index(["arm", cells["class"].fillna("")])["printed"]
    whose = _KINDS.get(results.kind(dataset), "ours")
    rows = []
    for arm in cells["arm"].unique():
        published = {name: printed[arm, name] for name in structures} | {"mean": printed[arm, ""]}
        head = {"arm": arm_words(arm), "whose": f"published, {results.title(dataset)}"}
        rows.append(head | published)
        rows.append(
            head | {"whose": f"{whose}: mean ± SD over scans"} | _ours(results, dataset, arm, metric, structures)
        )
    return pd.DataFrame(rows)


def _ours(results: Results, dataset: str, arm: str, metric: str, structures: list[str]) -> dict[str, str]:
    values = results.metrics
    values = values[(values["dataset"] == dataset) & (values["arm"] == arm) & (values["metric"] == metric)]
    if values.empty:
        arms = results.provenance.get(dataset, {}).get("arms", {})
        return dict.fromkeys([*structures, "mean"], arms[arm]["outcome"] if arm in arms else "absent")
    found = values.astype({"class": str}).groupby("class")["value"].agg(["mean", "std"]).reindex(structures)
    cells = {row.Index: f"{number(row.mean, metric)} ± {number(row.std, metric)}" for row in found.itertuples()}
    return cells | {"mean": number(float(found["mean"].mean()), metric)}
