"""ISLES 2018: core of an ischaemic stroke in CT and four maps of CT perfusion.

Only ``TRAINING`` is read, 94 cases: ``TESTING`` has no labels. The boundary paper concatenates all modalities and
names diffusion (DWI) among them; the training files hold none, and the authors' code reads the five read here. The
series ``CT_4DPWI`` has a time axis and is left alone. Two cases may be slabs of one patient, but the files do not
say which, so each case is its own subject.
"""

import re
from functools import partial
from pathlib import Path

from segloss.data.case import Case, Fault, Listing, Reader
from segloss.data.files import visible_files
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of, read_case

CHANNELS = ("CT", "CT_CBF", "CT_CBV", "CT_MTT", "CT_Tmax")
LABELS = "OT"
# The number differs per file and case, and says nothing.
NAME = re.compile(r"SMIR\.Brain\.XX\.O\.(\w+)\.\d+\.nii(?:\.gz)?")
EXPECTS = "TRAINING/case_*/SMIR.Brain.XX.O.<kind>.<number>/*.nii with the kinds CT, CT_CBF, CT_CBV, CT_MTT, CT_Tmax, OT"


def find(folder: Path, subset: str) -> Listing:
    """List the training cases: the release has no parts."""
    cases = cases_folder(folder, "TRAINING", "case_*/", EXPECTS)
    return listing_of((_case(path) for path in cases.glob("case_*/")), CHANNELS, classes=("stroke core",))


def _case(folder: Path) -> Case | Fault:
    files: dict[str, list[Path]] = {kind: [] for kind in (*CHANNELS, LABELS)}
    for file in visible_files(folder):
        if (match := NAME.fullmatch(file.name)) and match[1] in files:
            files[match[1]].append(file)
    for kind, found in files.items():
        if len(found) > 1:
            reason = f"{found[1]}: second {kind} of {folder.name} beside {found[0].name}, expected one."
            return Fault(folder.name, reason, "stop")
    named = {kind: next(iter(found), folder / f"SMIR.Brain.XX.O.{kind}.*.nii") for kind, found in files.items()}
    images = [named[kind] for kind in CHANNELS]
    return complete_or_left_out(folder.name, folder.name, images, labels=[named[LABELS]])


ISLES = Reader(EXPECTS, find, partial(read_case, codes={0: 0, 1: 1}))
