"""A data set of your own in the raw layout of nnU-Net: ``dataset.json``, ``imagesTr`` and ``labelsTr``.

Volumes are NIfTI, pictures png; three channels of pictures may be the colours of one file. A file
``subjects.csv`` beside ``dataset.json`` with the columns ``case`` and ``subject`` says which cases are of one person;
without it each case is its own subject. ``splits_final.json`` is not read: folds are drawn by subject.
"""

import csv
from pathlib import Path

from segloss.data.case import Case, Fault, Listing, Reader, Sample
from segloss.data.readers.ignored import set_aside
from segloss.data.readers.nnunet_description import read_description
from segloss.data.readers.nnunet_pictures import read_pictures
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of, read_case
from segloss.errors import InputError

EXPECTS = "dataset.json, imagesTr/<case>_0000.nii.gz (one file per channel) and labelsTr/<case>.nii.gz"


def find(folder: Path, subset: str) -> Listing:
    """List the training cases: the layout has no parts."""
    cases_folder(folder, "", "dataset.json", EXPECTS)
    about = read_description(folder / "dataset.json")
    numbers = _channel_numbers(folder, about.ending)
    if not numbers:
        raise InputError(f"{folder}: no file *{about.ending} was found in imagesTr or labelsTr; expected {EXPECTS}.")
    in_colour = about.ending == ".png" and len(about.channels) == 3 and not any(map(any, numbers.values()))
    channels = 1 if in_colour else len(about.channels)
    subjects = _subjects(folder / "subjects.csv")
    cases = [_case(folder, name, numbers[name], channels, about.ending, subjects) for name in numbers]
    listing = listing_of(cases, about.channels, about.classes)
    if about.cases not in (None, len(cases)):
        reason = (
            f"numTraining is {about.cases}, expected {len(cases)} as lie in imagesTr and labelsTr; read as they lie."
        )
        listing.faults.append(Fault("", f"{folder / 'dataset.json'}: {reason}", "warning"))
    return listing


def read(case: Case) -> Sample:
    """Open a case; voxels labelled ``ignore`` are set aside.

    Raises:
        InputError: If a file is corrupt, holds an unknown code, or differs in size or grid from the first image.
    """
    about = read_description(case.labels[0].parents[1] / "dataset.json")
    sample = read_pictures(case, about) if about.ending == ".png" else read_case(case, about.codes)
    return set_aside(sample)


def _channel_numbers(folder: Path, ending: str) -> dict[str, list[int]]:
    """Numbers of the channels of each case, of those with a label alone too."""
    numbers: dict[str, list[int]] = {}
    for file in (folder / "labelsTr").glob(f"[!.]*{ending}"):
        numbers[file.name.removesuffix(ending)] = []
    for file in (folder / "imagesTr").glob(f"[!.]*_[0-9][0-9][0-9][0-9]{ending}"):
        name, _, number = file.name.removesuffix(ending).rpartition("_")
        numbers.setdefault(name, []).append(int(number))
    return numbers


def _case(
    folder: Path, name: str, numbers: list[int], channels: int, ending: str, subjects: dict[str, str]
) -> Case | Fault:
    if max(numbers, default=0) >= channels:
        surplus = folder / "imagesTr" / f"{name}_{max(numbers):04d}{ending}"
        return Fault(name, f"{surplus}: channel {max(numbers)} of case {name}, expected only {channels}.", "stop")
    if subjects and not subjects.get(name):
        return Fault(name, f"{folder / 'subjects.csv'}: no subject of case {name}, expected one.", "stop")
    images = [folder / "imagesTr" / f"{name}_{number:04d}{ending}" for number in range(channels)]
    labels = [folder / "labelsTr" / f"{name}{ending}"]
    return complete_or_left_out(name, subjects.get(name, name), images, labels)


def _subjects(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = [(row["case"], row["subject"] or "") for row in csv.DictReader(stream)]
    except (KeyError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: no table with the columns case,subject, expected one ({error}).") from error
    subjects: dict[str, str] = {}
    for case, subject in rows:
        if subjects.setdefault(case, subject) != subject:
            raise InputError(f"{path}: case {case} has the subjects {subjects[case]} and {subject}, expected one.")
    return subjects


NNUNET = Reader(EXPECTS, find, read)
