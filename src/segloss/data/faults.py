"""What can be wrong with the cases of any data set, whatever its layout."""

import re
from collections.abc import Iterator
from pathlib import Path

from segloss.data.case import Case, Fault, Listing, Reader, Sample
from segloss.errors import InputError

# Control characters, and what Linux makes of file names that are no text: neither can be written into a report.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def require_cases(listing: Listing, folder: Path, reader: Reader) -> None:
    """Refuse a folder in which a reader finds neither a case nor a fault.

    Raises:
        InputError: If it is such a folder.
    """
    if not listing.cases and not listing.faults:
        raise InputError(f"{folder}: no case was found, expected {reader.expects}.")


def contradictions(listing: Listing) -> Iterator[Fault]:
    """Names that two cases share or that cannot be printed, and subjects that a published split puts into two parts."""
    for fault in listing.faults:
        if UNPRINTABLE.search(fault.reason):
            yield Fault(ascii(fault.case), f"{fault.reason!a} names a file by more than plain text.", "stop")
    named: dict[str, Case] = {}
    part_of: dict[str, Case] = {}
    for case in listing.cases:
        texts = (case.name, case.subject, *map(str, (*case.images, *case.labels)))
        if strange := next(filter(UNPRINTABLE.search, texts), ""):
            yield Fault(ascii(case.name), f"{strange!a}: a name that cannot be printed, expected plain text.", "stop")
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
