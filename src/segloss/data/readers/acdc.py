"""ACDC, cardiac cine MRI: two labelled moments of each patient, end of diastole (ED) and end of systole (ES).

``Info.cfg`` says which frames these two are; other frames and the ``_4d`` file have no labels and are not read.
Neither is the testing part: the paper draws its training and test patients from the 100 of the training part.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from segloss.data.case import Case, Fault, Listing, Reader
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of, read_case

CLASSES = ("right ventricle", "myocardium", "left ventricle")
CODES = {0: 0, 1: 1, 2: 2, 3: 3}
# Within one line: blanks that may run over many take quadratic time on a file of empty lines.
MOMENT = re.compile(r"^[ \t]*(ED|ES)[ \t]*:[ \t]*(\d{1,4})[ \t]*$", re.MULTILINE)
EXPECTS = "database/training/patient*/patient*_frame*.nii.gz with patient*_frame*_gt.nii.gz and Info.cfg beside it"


def find(folder: Path, subset: str) -> Listing:
    """List two cases per patient; ``folder`` is ``database``, ``training``, or the one above them."""
    training = cases_folder(folder, "database/training", "patient*", EXPECTS)
    patients = [patient for patient in training.glob("patient*") if patient.is_dir()]
    return listing_of((case for patient in patients for case in _moments(patient)), ("cine MRI",), CLASSES)


ACDC = Reader(EXPECTS, find, partial(read_case, codes=CODES))


def _moments(patient: Path) -> Iterator[Case | Fault]:
    info = patient / "Info.cfg"
    if not info.is_file():
        yield Fault(patient.name, f"{info}: this file of {patient.name} is missing; both moments left out.", "left_out")
        return
    frames = dict(MOMENT.findall(info.read_text(encoding="utf-8", errors="replace")))
    for moment in ("ED", "ES"):
        name = f"{patient.name}_{moment}"
        if moment in frames:
            frame = patient / f"{patient.name}_frame{int(frames[moment]):02d}"
            yield complete_or_left_out(name, patient.name, [frame], [frame.with_name(f"{frame.name}_gt")])
        else:
            yield Fault(name, f"{info}: no frame is named for {moment}, expected a line like '{moment}: 12'.", "stop")
