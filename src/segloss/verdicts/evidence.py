"""How many cases would decide a claim, from the spread of the paired differences that were measured."""

from typing import Any

import numpy as np
import pandas as pd

from segloss.published import load_record
from segloss.statistics import POOLED, Results, case_values, over_subjects
from segloss.statistics.power import cases_to_see, cases_to_show_equal, spread_interval
from segloss.verdicts.claims import printed_difference
from segloss.verdicts.measured import of_class
from segloss.verdicts.rules import margin_of
from segloss.verdicts.sweep_results import SWEEP, SweepResults, as_results
from segloss.verdicts.wanted import Wanted, wanted_pairs

# What is decided by a mean of paired differences; a ranking by that between the arm and the best of the others.
PAIRED = ("paired", "paired_in_family", "difference_of_differences")
RANKED = ("ranking", "ranking_or_tie")
COLUMNS = [
    *("id", "data", "metric", "cases", "difference", "spread", "margin", "published"),
    *("decide", "decide_low", "decide_high", "see_published"),
]


def evidence(claim: dict[str, Any], paper: str, results: Results) -> pd.DataFrame:
    """The comparisons of a claim that a mean of paired differences decides, and the cases that each needs.

    A case is a subject. The numbers are those of a t-test at the level of the rules, with the power of
    ``record.yaml``, for one comparison; Holm's correction over several asks for more.

    Args:
        claim: As ``claims.yaml`` has it.
        paper: Whose claim it is.
        results: Measured values at one scale.

    Returns:
        id, data, metric, cases (so far), difference, spread (standard deviation of the paired differences),
        margin (of equivalence), published (difference; NaN: none printed), decide (cases after which the interval lies
        inside the margin if there is no difference, and which see one of that size), decide_low and decide_high (the
        same at the ends of the interval of the spread), see_published. NaN is unknown.
    """
    asked = wanted_pairs(claim, results, as_results(None)) if "comparisons" in claim else []
    rows = [_row(claim, paper, each) for each in asked if _is_paired(claim, each)]
    return pd.DataFrame([row for row in rows if row is not None], columns=COLUMNS)


def _is_paired(claim: dict[str, Any], asked: Wanted) -> bool:
    decided_by = asked.comparison.get("decided_by", claim["decided_by"])
    decides = asked.comparison.get("decides", True) and asked.dataset not in (POOLED, SWEEP)
    return decides and decided_by in (*PAIRED, *RANKED) and not isinstance(asked.results, SweepResults)


def _row(claim: dict[str, Any], paper: str, asked: Wanted) -> dict[str, Any] | None:
    comparison, rules = asked.comparison, load_record()["rules"]
    results, metric = of_class(asked.results, comparison), comparison["metric"]
    values = over_subjects(case_values(results.metrics, asked.dataset, metric), results, asked.dataset)
    sides = _sides(values.replace([np.inf, -np.inf], np.nan), comparison)
    if sides is None or len(sides[0]) < 2:
        return None
    differences = sides[0] - sides[1]
    spread, margin = float(differences.std(ddof=1)), margin_of(metric, float(sides[1].mean()))
    if not spread:
        return None
    decide = [
        cases_to_show_equal(margin, each, rules["power"], rules["level"])
        for each in (spread, *spread_interval(spread, len(differences), rules["interval"]))
    ]
    published = printed_difference(claim, paper, comparison, asked.dataset)["published"]
    return {
        "id": claim["id"],
        "data": asked.results.data(asked.dataset),
        "metric": metric,
        "cases": len(differences),
        "difference": float(differences.mean()),
        "spread": spread,
        "margin": margin,
        "published": published,
        **dict(zip(("decide", "decide_low", "decide_high"), decide, strict=True)),
        "see_published": cases_to_see(published, spread, rules["power"], rules["level"]),
    }


def _sides(values: pd.DataFrame, comparison: dict[str, Any]) -> tuple[pd.Series, pd.Series] | None:
    """What the arm and what its baseline has of each case that both have; None where an arm is missing.

    The baseline of a ranking is the best of the others by its mean.
    """
    arm, baseline, others = comparison["arm"], comparison["baseline"], comparison.get("others")
    names = [*arm.split(" - "), *(others or baseline.split(" - "))]
    if not set(names) <= set(values):
        return None
    table = values[names].dropna()
    if table.empty:
        return None
    theirs = table[table[others].mean().idxmax()] if others else _written(table, baseline)
    return _written(table, arm), theirs


def _written(table: pd.DataFrame, arm: str) -> pd.Series:
    """An arm, or the difference of two that is written "a - b"."""
    first, *second = arm.split(" - ")
    return table[first] - table[second[0]] if second else table[first]


def needed(frame: pd.DataFrame) -> dict[str, Any] | None:
    """The comparison of a claim that needs the most cases, since one of several has to pass all; None without any."""
    known = frame.dropna(subset="decide")
    return known.loc[known["decide"].idxmax()].to_dict() if len(known) else None
