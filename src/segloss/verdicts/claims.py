"""Every claim of a paper, decided by the fixed rules on whatever data and arms are there."""

import math
from collections import Counter
from typing import Any, NamedTuple

import pandas as pd

from segloss.published import load_claims, load_published
from segloss.statistics import POOLED, Results, holm
from segloss.statistics.sweep import Sweep
from segloss.verdicts.computed import COMPUTATIONS, computed_row, note_of, with_computation
from segloss.verdicts.limits import LIMITS, limit_of
from segloss.verdicts.measures import MEASURES, Measured
from segloss.verdicts.rules import NOT_TESTABLE, combine, judge, margin_of, position
from segloss.verdicts.sweep_results import as_results
from segloss.verdicts.wanted import Wanted, wanted_pairs
from segloss.verdicts.words import arm_words, interval_words, metric_words, p_words

COMPARISON_COLUMNS = [
    *("id", "dataset", "data", "kind", "arm", "baseline", "structure", "metric", "expect", "difference", "low", "high"),
    *("margin", "n", "undefined", "p", "p_holm", "published", "published_p", "decides", "limit", "verdict", "position"),
    "corrected",
]
CLAIM_COLUMNS = [
    *("id", "kind", "claim", "place", "data", "comparison", "ours", "n", "p (Holm)"),
    *("published", "verdict", "reason"),
]


class Verdicts(NamedTuple):
    """The decisions: ``claims`` has one row per claim, as text; ``comparisons`` the numbers behind them."""

    claims: pd.DataFrame
    comparisons: pd.DataFrame


def decide_claims(
    paper: str,
    results: Results,
    *,
    sweep: Sweep | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Verdicts:
    """Decide every claim of a paper.

    Args:
        paper: Key of the paper, such as "kappa".
        results: Its measured values at one scale; data sets and arms may be missing.
        sweep: The robustness sweep, for the claims that are decided ``measured_on: sweep``; None where it was not run.
        confidence: Level of the intervals.
        resamples: Number of bootstrap samples and permutations.
        seed: Of the resampling.

    Returns:
        Claims (id, kind, claim, place, data, comparison, ours, n, p (Holm), published, verdict, reason) and their
        comparisons, one row per claim, pair of arms and data set that could be compared.
    """
    options = {"confidence": confidence, "resamples": resamples, "seed": seed}
    on_sweep, rows, tables = as_results(sweep), [], []
    for claim in load_claims(paper):
        if claim["decided_by"] in COMPUTATIONS:
            rows.append(computed_row(claim))
            continue
        wanted = wanted_pairs(claim, results, on_sweep)
        measured = [_row(claim, *asked, paper, options) for asked in wanted]
        table = pd.DataFrame([row for row in measured if row is not None], columns=COMPARISON_COLUMNS)
        table = _judged(table, claim.get("family_by"))
        row = _summary(claim, table, missing=_missing(wanted, measured))
        rows.append(with_computation(row, claim["computed_by"]) if "computed_by" in claim else row)
        tables.append(table)
    filled = [table for table in tables if len(table)] or tables[:1]
    return Verdicts(pd.DataFrame(rows, columns=CLAIM_COLUMNS), pd.concat(filled, ignore_index=True))


def _row(
    claim: dict[str, Any],
    comparison: dict[str, Any],
    dataset: str,
    results: Results,
    paper: str,
    options: dict[str, Any],
) -> dict[str, Any] | None:
    decided_by = comparison.get("decided_by", claim["decided_by"])
    measured: Measured | None = MEASURES[decided_by](results, dataset, comparison, **options)
    if measured is None:
        return None
    pooled = dataset == POOLED
    kinds = {results.kind(name) for name in results.present}
    kind = results.kind(dataset) if not pooled else kinds.pop() if len(kinds) == 1 else "subset"
    names = ("arm", "baseline", "metric", "expect")
    return {
        "id": claim["id"],
        "dataset": dataset,
        "data": f"{dataset}{' (phantom)' if kind == 'phantom' else ''}" if pooled else results.data(dataset),
        "kind": kind,
        **{name: comparison[name] for name in names},
        "structure": comparison.get("class"),
        "difference": measured.difference,
        "low": measured.low,
        "high": measured.high,
        "margin": margin_of(measured.quantity or comparison["metric"], measured.baseline_mean),
        "n": measured.n,
        "undefined": measured.undefined,
        "p": measured.p,
        "corrected": measured.corrected,
        **printed_difference(claim, paper, comparison, dataset),
        "decides": not pooled and comparison.get("decides", True),
        "limit": limit_of(claim, results, dataset, kind, comparison, measured),
    }


def printed_difference(claim: dict[str, Any], paper: str, comparison: dict[str, Any], dataset: str) -> dict[str, Any]:
    """The printed difference of the same cells, and its printed p; NaN and None where the paper has none."""
    cells = load_published(paper)
    quantity = comparison["metric"].removesuffix("_px").removesuffix("_mm")
    cells = cells[(cells["dataset"] == dataset) & (cells["metric"] == quantity)]
    cells = cells[cells["class"] == comparison["class"] if "class" in comparison else cells["class"].isna()]
    if claim["decided_by"] not in ("paired", "ranking"):
        return {"published": math.nan, "published_p": None}
    for _, table in cells.groupby("table"):
        values = table.set_index("arm")
        rivals = comparison.get("others", [comparison["baseline"]])
        if {comparison["arm"], *rivals} <= set(values.index):
            difference = values["value"][comparison["arm"]] - values["value"][rivals].max(skipna=False)
            return {"published": round(difference, 10), "published_p": values["printed"].get("p")}
    return {"published": math.nan, "published_p": None}


def _judged(table: pd.DataFrame, family_by: str | None) -> pd.DataFrame:
    """The comparisons with their verdicts; what decides nothing is a family of its own for Holm's correction."""
    corrected = table["p"].astype(float).copy()
    together = table[~table["corrected"].astype(bool)]
    for _, family in together.groupby(["decides", *([family_by] if family_by else [])]):
        corrected[family.index] = holm(family["p"].astype(float).to_list())
    table = table.assign(p_holm=corrected)
    verdicts = [
        LIMITS.get(row.limit) or judge(row.expect, row.low, row.high, margin=row.margin, p=row.p_holm)
        for row in table.itertuples()
    ]
    positions = [position(row.low, row.high, margin=row.margin, p=row.p_holm) for row in table.itertuples()]
    return table.assign(verdict=verdicts, position=positions)


def _missing(wanted: list[Wanted], measured: list[dict[str, Any] | None]) -> list[str]:
    pairs = zip(wanted, measured, strict=True)
    absent = [asked for asked, row in pairs if row is None and asked.comparison.get("decides", True)]
    return list(dict.fromkeys(asked.results.title(asked.dataset) for asked in absent))


def _summary(claim: dict[str, Any], table: pd.DataFrame, missing: list[str]) -> dict[str, Any]:
    deciding = table[table["decides"].astype(bool)]
    any_of = claim.get("any_of", False)
    verdict = combine(deciding["verdict"], any_of=any_of)
    if verdict != NOT_TESTABLE:
        # Phantoms decide nothing where there are real data to decide.
        tested = deciding[deciding["verdict"] != NOT_TESTABLE]
        real = tested[tested["kind"] != "phantom"]
        tested = real if len(real) else tested
        asked_for = {dataset for comparison in claim["comparisons"] for dataset in comparison["datasets"]}
        stands_in = not set(tested["dataset"]) <= asked_for
        verdict = combine(tested["verdict"], any_of=any_of) + _on(tested, incomplete=bool(missing) or stands_in)
    pairs = [f"{arm_words(a)} against {arm_words(b)}" for a, b in _unique_pairs(claim)]
    words = [f"{_label(row, claim)}: {interval_words(row)}" for row in table.itertuples()]
    return {
        "id": claim["id"],
        "kind": ", ".join(claim["kind"]),
        "claim": claim["claim"],
        "place": claim["place"],
        "data": ", ".join(dict.fromkeys(table["data"])) or "none",
        "comparison": "; ".join(pairs),
        "ours": "; ".join(words) or "not measured",
        "n": ", ".join(_counted(row) for row in table.itertuples()),
        "p (Holm)": ", ".join(p_words(p) for p in table["p_holm"]),
        "published": _published_words(table),
        "verdict": verdict,
        "reason": _reason(claim, deciding, missing),
    }


def _on(tested: pd.DataFrame, incomplete: bool) -> str:
    if set(tested["kind"]) == {"phantom"}:
        return " on phantoms"
    complete = set(tested["kind"]) == {"paper"} and not incomplete
    return "" if complete else " on " + ", ".join(dict.fromkeys(tested["data"]))


def _counted(row: Any) -> str:
    return f"{row.n} (+{row.undefined} undefined)" if row.undefined else str(row.n)


def _unique_pairs(claim: dict[str, Any]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((c["arm"], c["baseline"]) for c in claim["comparisons"]))


def _label(row: Any, claim: dict[str, Any]) -> str:
    """The data, and what is compared where the claim compares several things."""
    parts = [f"{row.data}{_structure(row)}"]
    if len(_unique_pairs(claim)) > 1:
        parts.append(f"{arm_words(row.arm)} − {arm_words(row.baseline)}")
    if len({comparison["metric"] for comparison in claim["comparisons"]}) > 1:
        parts.append(metric_words(row.metric))
    return ", ".join(parts)


def _structure(row: Any) -> str:
    return f", {row.structure}" if isinstance(row.structure, str) else ""


def _published_words(table: pd.DataFrame) -> str:
    rows = table[table["published"].notna()]
    words = [
        f"{row.data.partition(' (')[0]}{_structure(row)}: {_as_printed(row.published)}"
        + (f" (p {row.published_p})" if row.published_p else "")
        for row in rows.itertuples()
    ]
    return "; ".join(words) or "no number"


def _as_printed(difference: float) -> str:
    """A difference of printed numbers, to as many decimals as they have, two at least."""
    decimals = f"{difference:.10f}".rstrip("0").partition(".")[2]
    return f"{difference:+.{max(2, len(decimals))}f}".replace("-", "−")


def _reason(claim: dict[str, Any], deciding: pd.DataFrame, missing: list[str]) -> str:
    parts: list[str] = []
    if len(deciding) and set(deciding["verdict"]) == {NOT_TESTABLE}:
        parts += dict.fromkeys(deciding["limit"])
    elif len(deciding):
        why = deciding["limit"].where(deciding["limit"] != "", deciding["position"])
        counts = Counter(zip(deciding["verdict"], why, strict=True))
        parts.append(", ".join(f"{number} {word} ({where})" for (word, where), number in counts.items()))
    if missing:
        parts.append(f"data or arm missing: {', '.join(missing)}")
    return "; ".join([*parts, *note_of(claim)])
