"""What can be wrong with the cases of any data set, whatever its layout."""

from collections.abc import Iterator
from pathlib import Path

from segloss.data.case import Case, Fault, Listing, Reader, Sample
from segloss.errors import InputError


def require_cases(listing: Listing, folder: Path, reader: Reader) -> None:
    """Refuse a folder in which a reader finds neither a case nor a fault.

    Raises:
        InputError: If it is such a folder.
    """
    if not listing.cases and not listing.faults:
        raise InputError(f"{folder}: no case was found, expected {reader.expects}.")


def contradictions(listing: Listing) -> Iterator[Fault]:
    """Names that two cases share, and subjects that a published split puts into two parts."""
    named: dict[str, Case] = {}
    part_of: dict[str, Case] = {}
    for case in listing.cases:
        twin = named.setdefault(case.name, case)
        if twin is not case:
            reason = f"{case.images[0]}: a second case {case.name} beside {twin.images[0]}, expected one."
            yield Fault(case.name, reason, "stop")
        other = part_of.setdefault(case.subject, case)
        if other.part != case.part:
            reason = (
                f"{case.images[0]}: subject {case.subject} belongs to the {case.part or 'undivided'} part and, with "
                f"{other.images[0]}, to the {other.part or 'undivided'} part; expected one."
            )
            yield Fault(case.name, reason, "stop")


def warnings_of(case: Case, sample: Sample) -> list[Fault]:
    """What is odd about a case that is kept."""
    if sample.labels.any():
        return []
    reason = f"{case.labels[0]}: the mask has no foreground, expected some; the case is kept."
    return [Fault(case.name, reason, "warning")]
