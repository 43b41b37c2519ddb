"""What all readers of volumes share: where the cases lie, which are complete, and how one is opened."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from segloss.data.case import Case, Fault, Listing, Sample
from segloss.data.volumes import check_same_grid, read_labels, read_modalities
from segloss.errors import InputError

NIFTI = (".nii.gz", ".nii")


def cases_folder(folder: Path, layout: str, cases: str, expects: str) -> Path:
    """Folder that holds the cases.

    Users name the folder above an unpacked archive, or one inside it: all of these are accepted.

    Args:
        folder: What the user named.
        layout: Where the archive holds the cases, such as ``database/training``.
        cases: Pattern of what lies there, such as ``patient*``.
        expects: The layout in a few words, for the message.

    Raises:
        InputError: If no such case is found.
    """
    parts = Path(layout).parts
    for start in range(len(parts) + 1):
        below = folder.joinpath(*parts[start:])
        if any(below.glob(cases)):
            return below
    found = "nothing"
    if folder.is_dir():
        found = ", ".join(sorted(file.name for file in folder.iterdir())[:5]) or found
    raise InputError(f"{folder}: no {cases} was found, but {found}; expected {expects}.")


def complete_or_left_out(
    name: str,
    subject: str,
    images: Sequence[Path],
    labels: Sequence[Path],
    part: Literal["", "train", "test"] = "",
) -> Case | Fault:
    """A case if each of its files is there, else what is wrong with it.

    Args:
        name: Of the case.
        subject: Who it was taken of.
        images: The file of each modality; without suffix, where both ``.nii.gz`` and ``.nii`` are accepted.
        labels: Label files, likewise.
        part: Where a published split puts the case.
    """
    found = {path: _existing(path) for path in (*images, *labels)}
    for files in found.values():
        if len(files) > 1:
            return Fault(name, f"{files[1]}: duplicate of {files[0].name}; expected one of the two.", "stop")
    missing = [_shown(path) for path, files in found.items() if not files]
    if missing:
        likewise = f", likewise {', '.join(path.name for path in missing[1:])}" if missing[1:] else ""
        return Fault(name, f"{missing[0]}: this file of {name} is missing{likewise}; left out.", "left_out")
    return Case(name, subject, tuple(found[path][0] for path in images), tuple(found[path][0] for path in labels), part)


def listing_of(found: Iterable[Case | Fault], channels: Sequence[str], classes: Sequence[str]) -> Listing:
    """Cases in the order of their names, where 10 comes after 9, and faults in the order of theirs."""
    listing = Listing(channels=tuple(channels), classes=tuple(classes))
    for item in found:
        if isinstance(item, Case):
            listing.cases.append(item)
        else:
            listing.faults.append(item)
    listing.cases.sort(key=lambda case: _by_number(case.name))
    listing.faults.sort(key=lambda fault: _by_number(fault.case))
    return listing


def read_case(case: Case, codes: Mapping[int, int]) -> Sample:
    """Open a case of NIfTI files with one label map.

    Args:
        case: Its files.
        codes: Class of each code that the label map may hold.

    Raises:
        InputError: If a file is corrupt, holds an unknown code, or does not lie on the grid of the first image.
    """
    image, first = read_modalities(case.images)
    labels = read_labels(case.labels[0], codes)
    check_same_grid(case.labels[0], labels, case.images[0], first)
    return Sample(image, labels.array, spacing_mm=first.spacing_mm)


def _existing(path: Path) -> list[Path]:
    return [file for suffix in ("", *NIFTI) if (file := path.with_name(path.name + suffix)).is_file()]


def _shown(path: Path) -> Path:
    return path if path.suffix else path.with_name(path.name + NIFTI[0])


def _by_number(name: str) -> list[str | int]:
    return [int(piece) if piece.isdecimal() else piece for piece in re.split(r"(\d+)", name)]
