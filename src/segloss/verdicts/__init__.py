"""Verdicts on the papers' claims, by the rules of published/claims.yaml."""

from segloss.verdicts.claims import Verdicts, decide_claims
from segloss.verdicts.rules import CONTRADICTED, INCONCLUSIVE, NOT_TESTABLE, SUPPORTED, combine, judge, margin_of

__all__ = [
    "CONTRADICTED",
    "INCONCLUSIVE",
    "NOT_TESTABLE",
    "SUPPORTED",
    "Verdicts",
    "combine",
    "decide_claims",
    "judge",
    "margin_of",
]
