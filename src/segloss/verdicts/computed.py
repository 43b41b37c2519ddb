"""Claims that are computed, wholly or in part: which computation decides, and the row that it makes."""

from collections.abc import Callable
from typing import Any

from segloss.verdicts.arithmetic import ARITHMETIC, Computed
from segloss.verdicts.boundary_arithmetic import BOUNDARY_ARITHMETIC
from segloss.verdicts.survey_arithmetic import SURVEY_ARITHMETIC
from segloss.verdicts.topk_arithmetic import TOPK_ARITHMETIC
from segloss.verdicts.unified_focal_arithmetic import UNIFIED_FOCAL_ARITHMETIC

COMPUTATIONS: dict[str, Callable[[], Computed]] = {
    **ARITHMETIC,
    **BOUNDARY_ARITHMETIC,
    **SURVEY_ARITHMETIC,
    **TOPK_ARITHMETIC,
    **UNIFIED_FOCAL_ARITHMETIC,
}


def computed_row(claim: dict[str, Any]) -> dict[str, Any]:
    """The row of a claim that needs no data."""
    found = COMPUTATIONS[claim["decided_by"]]()._asdict()
    found["reason"] = "; ".join([found["reason"], *note_of(claim)])
    words = {"data": "none needed", "comparison": "computed", "n": "", "p (Holm)": "", "kind": ", ".join(claim["kind"])}
    return {name: claim[name] for name in ("id", "claim", "place")} | words | found


def with_computation(row: dict[str, Any], computation: str) -> dict[str, Any]:
    """A measured claim's row with the computation that stands beside its comparisons.

    It is about a part of the claim, and says what it finds of that part; the data decide the claim.
    """
    found = COMPUTATIONS[computation]()
    return row | {
        "ours": f"computed: {found.ours}; {row['ours']}",
        "published": "; ".join([found.published] + [row["published"]] * (row["published"] != "no number")),
        "reason": f"computed, of a part of the claim: {found.verdict}, {found.reason}; {row['reason']}",
    }


def note_of(claim: dict[str, Any]) -> list[str]:
    """The claim's note without its full stop, if it has one."""
    return [claim["note"].rstrip(".")] if "note" in claim else []
