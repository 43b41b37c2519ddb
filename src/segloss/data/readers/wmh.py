"""WMH 2017: white matter hyperintensities in FLAIR and T1 of three sites.

The 60 training cases of the paper are read, from the folders below ``pre``: there T1 is registered to FLAIR, in
``orig`` it is not. Whatever lies below a folder ``test`` is left alone. Label 2, other pathology, is background in
training and left out of the evaluation, as in the challenge.
"""

import re
from collections import defaultdict
from pathlib import Path

from segloss.data.case import IGNORED, Case, Fault, Listing, Reader, Sample
from segloss.data.files import visible_files
from segloss.data.readers.ignored import set_aside
from segloss.data.readers.volumetric import complete_or_left_out, listing_of, read_case
from segloss.errors import InputError

CHANNELS = ("FLAIR", "T1")
OTHER_PATHOLOGY = 2
# Archives nest the sites differently: Utrecht/, training/Utrecht/, Amsterdam/GE3T/.
FILE = re.compile(r"((?:.*/)?(Utrecht|Singapore|GE3T)/([^/]+))/(?:(?:pre|orig)/[^/]+|wmh\.nii(?:\.gz)?)")
EXPECTS = "<site>/<id>/pre/{FLAIR,T1}.nii.gz with <site>/<id>/wmh.nii.gz, the sites Utrecht, Singapore and GE3T"


def find(folder: Path, subset: str) -> Listing:
    """List the cases of all sites: the paper has no parts."""
    folders: dict[str, set[Path]] = defaultdict(set)
    for file in visible_files(folder):
        relative = file.relative_to(folder)
        if (match := FILE.fullmatch(relative.as_posix())) and "test" not in relative.parts:
            folders[f"{match[2]}_{match[3]}"].add(folder / match[1])
    if not folders:
        found = ", ".join(sorted(file.name for file in folder.iterdir())[:5]) or "nothing"
        raise InputError(f"{folder}: no case of a site was found, but {found}; expected {EXPECTS}.")
    return listing_of((_case(name, sorted(paths)) for name, paths in folders.items()), CHANNELS, classes=("WMH",))


def read(case: Case) -> Sample:
    """Open a case, other pathology set aside."""
    return set_aside(read_case(case, codes={0: 0, 1: 1, OTHER_PATHOLOGY: IGNORED}))


def _case(name: str, folders: list[Path]) -> Case | Fault:
    if len(folders) > 1:
        return Fault(name, f"{folders[1]}: duplicate of {folders[0]}; expected one folder for case {name}.", "stop")
    images = [folders[0] / "pre" / channel for channel in CHANNELS]
    return complete_or_left_out(name, name, images, labels=[folders[0] / "wmh"])


WMH = Reader(EXPECTS, find, read)
