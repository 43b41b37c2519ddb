"""What the papers print, checked by arithmetic: every check with its numbers, whether it agrees or not."""

import pandas as pd

from segloss.published import PAPERS, load_claims
from segloss.tables.check import AGREES, CONTRADICTS, DEPENDS
from segloss.tables.printed_checks import boundary_checks, kappa_checks, topk_checks, unified_checks
from segloss.tables.survey_checks import survey_checks
from segloss.verdicts.computed import COMPUTATIONS

_CHECKS = (kappa_checks, topk_checks, boundary_checks, unified_checks, survey_checks)


def checks_table() -> pd.DataFrame:
    """Every check of the five papers; of each paper the contradictions first."""
    rows = [check._asdict() | {"paper": PAPERS[check.paper]} for checks in _CHECKS for check in checks()]
    frame = pd.DataFrame(rows, columns=["paper", "outcome", "place", "printed", "arithmetic", "errata"])
    order = {"paper": [*PAPERS.values()], "outcome": [CONTRADICTS, DEPENDS, AGREES]}
    return frame.sort_values([*order], key=lambda column: column.map(order[column.name].index), kind="stable")


def computed_claims_table() -> pd.DataFrame:
    """The claims that are arithmetic or a proof: what is printed, what comes out, the verdict."""
    rows = []
    for paper, name in PAPERS.items():
        for claim in load_claims(paper):
            if claim["decided_by"] in COMPUTATIONS:
                found = COMPUTATIONS[claim["decided_by"]]()
                rows.append((claim["id"], name, claim["claim"], found.published, found.ours, found.verdict))
    return pd.DataFrame(rows, columns=["id", "paper", "claim", "printed", "computed", "verdict"])
