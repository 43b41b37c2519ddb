"""The check command: every fault in the files of a data set at once, and what they hold if there is none."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from segloss.config import entry
from segloss.data.case import Case, ExcludedError, Fault, Listing, Reader
from segloss.data.faults import contradictions, require_cases, warnings_of
from segloss.data.files import visible_files
from segloss.data.parallel import in_order
from segloss.data.readers import READERS
from segloss.errors import InputError

WORDS = {"stop": "stops", "left_out": "left out", "warning": "warning"}


@dataclass(frozen=True)
class Findings:
    """What one case holds."""

    faults: list[Fault]
    shape: tuple[int, ...] = ()
    spacing_mm: tuple[float, ...] | None = None
    shares: tuple[float, ...] = ()
    grey_mask: bool = False
    digest: bytes = b""


def check(dataset: str, root: Path, params: dict[str, Any]) -> int:
    """Print all faults of a data set, and a summary of its cases where none of them stops.

    Args:
        dataset: Its name in params.yaml.
        root: The folder of all data sets, or the folder of this one.
        params: The parameters.

    Returns:
        The exit code: 1 if any fault stops the preparation, else 0.

    Raises:
        InputError: If the folder does not have the data set's layout.
    """
    settings = entry(params, "datasets", dataset)
    reader = READERS[settings["reader"]]
    folder = root / settings["folder"] if (root / settings["folder"]).is_dir() else root
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; expected one with {reader.expects}.")
    listing = reader.find(folder, settings["subset"])
    require_cases(listing, folder, reader)
    opened = in_order(lambda case: _findings(case, reader, len(listing.classes)), listing.cases)
    bar = tqdm(opened, f"check {dataset}", total=len(listing.cases), unit="case", disable=None)
    findings = dict(zip((case.name for case in listing.cases), bar, strict=True))

    faults = [*listing.faults, *contradictions(listing), *_repeated_images(listing.cases, findings)]
    faults += [fault for found in findings.values() for fault in found.faults]
    for fault in sorted(faults, key=lambda fault: (list(WORDS).index(fault.kind), fault.case)):
        print(f"{WORDS[fault.kind]}: {fault.reason}")
    counts = Counter(fault.kind for fault in faults)
    grey_masks = sum(found.grey_mask for found in findings.values())
    print(
        f"{dataset}: {len(listing.cases)} cases with all files, {counts['left_out']} left out, "
        f"{counts['warning']} with a warning, {grey_masks} with grey masks, {counts['stop']} faults that stop."
    )
    if counts["stop"]:
        return 1
    for line in _summary(listing, [found for found in findings.values() if found.shape]):
        print(line)
    used = {file for case in listing.cases for file in (*case.images, *case.labels)}
    if unused := [file for file in visible_files(folder) if file not in used]:
        print(f"  unused    {len(unused)} files belong to no case, such as {unused[0].relative_to(folder)}")
    return 0


def _findings(case: Case, reader: Reader, classes: int) -> Findings:
    try:
        sample = reader.read(case)
    except InputError as error:
        return Findings([Fault(case.name, str(error), "stop")])
    except ExcludedError as error:
        return Findings([Fault(case.name, str(error), "left_out")])
    shares = tuple(float((sample.labels == label).mean()) for label in range(1, classes + 1))
    digest = hashlib.blake2b(np.ascontiguousarray(sample.image).data).digest()
    shape = sample.labels.shape
    return Findings(warnings_of(case, sample), shape, sample.spacing_mm, shares, sample.grey_mask, digest)


def _repeated_images(cases: list[Case], findings: dict[str, Findings]) -> Iterator[Fault]:
    """Cases of different subjects with the same image: a split would put one into training and one into the test."""
    first: dict[bytes, Case] = {}
    for case in cases:
        earlier = first.setdefault(findings[case.name].digest or case.name.encode(), case)
        if earlier.subject != case.subject:
            reason = f"{case.images[0]}: the same image as {earlier.images[0]}, expected two subjects to differ."
            yield Fault(case.name, reason, "warning")


def _summary(listing: Listing, findings: list[Findings]) -> Iterator[str]:
    subjects = len({case.subject for case in listing.cases})
    yield f"  cases     {len(findings)} readable, of {subjects} subject{'s' * (subjects != 1)}"
    yield f"  channels  {', '.join(listing.channels)}"
    if not findings:
        return
    axes = "height x width" if len(findings[0].shape) == 2 else "z, y, x"
    yield f"  size      {ranges([found.shape for found in findings], '{:.0f}')} ({axes})"
    known = [found.spacing_mm for found in findings if found.spacing_mm]
    yield f"  spacing   {ranges(known, '{:.4g}') + ' mm' if known else 'not in the files'}"
    for number, name in enumerate(listing.classes):
        shares = np.array([found.shares[number] for found in findings])
        yield (
            f"  {name}: {shares.min():.3%} to {shares.max():.3%} of a case, median {np.median(shares):.3%}, "
            f"in {np.count_nonzero(shares)} of {len(shares)} cases"
        )


def ranges(values: Sequence[tuple[float, ...]], form: str) -> str:
    """Each axis as one number, or as the least and the greatest."""
    ends = ((min(axis), max(axis)) for axis in zip(*values, strict=True))
    return " x ".join("-".join(dict.fromkeys(form.format(end) for end in pair)) for pair in ends)
