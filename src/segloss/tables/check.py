"""One check of printed numbers by arithmetic."""

from typing import NamedTuple

AGREES, CONTRADICTS, DEPENDS = "agrees", "contradicts", "depends on the reading"


class Check(NamedTuple):
    """Where numbers stand, what is printed there, what follows from it, and whether both agree."""

    paper: str
    place: str
    printed: str
    arithmetic: str
    outcome: str
    errata: str = "–"


def outcome_of(agrees: bool, otherwise: str = CONTRADICTS) -> str:
    """The word for a check that agrees or does not.

    >>> outcome_of(True), outcome_of(False)
    ('agrees', 'contradicts')
    """
    return AGREES if agrees else otherwise


def listed(items: list[str]) -> str:
    """Names in a sentence.

    >>> listed(["a", "b"]), listed([])
    ('a, b', 'none')
    """
    return ", ".join(items) or "none"
