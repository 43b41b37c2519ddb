"""MSSEG 2016: lesions of multiple sclerosis in MRI of up to five modalities.

Only ``Training`` is read, 15 patients of three centres, as in the paper, which uses all five modalities. The
preprocessed images share one grid; the raw ones do not. A modality that no patient has is dropped with a
warning; one that some patients lack leaves those out, so that every case has the same channels.
"""

from functools import partial
from pathlib import Path

from segloss.data.case import Fault, Listing, Reader
from segloss.data.readers.volumetric import NIFTI, cases_folder, complete_or_left_out, listing_of, read_case

MODALITIES = ("FLAIR", "T1", "T2", "DP", "GADO")
EXPECTS = (
    "Training/Center_*/<patient>/Preprocessed_Data/{FLAIR,T1,T2,DP,GADO}_preprocessed.nii.gz "
    "with <patient>/Masks/Consensus.nii.gz"
)


def find(folder: Path, subset: str) -> Listing:
    """List the training patients: the release has no parts."""
    centres = cases_folder(folder, "Training", "Center_*/*/", EXPECTS)
    patients = [patient for patient in sorted(centres.glob("Center_*/*")) if patient.is_dir()]
    # FLAIR shows the lesions: without it there is nothing to train on.
    channels = [name for name in MODALITIES if name == "FLAIR" or any(_has(patient, name) for patient in patients)]
    found = [
        complete_or_left_out(
            name := f"{patient.parent.name}_{patient.name}",
            subject=name,
            images=[_image(patient, channel) for channel in channels],
            labels=[patient / "Masks" / "Consensus"],
        )
        for patient in patients
    ]
    listing = listing_of(found, channels, classes=("lesion",))
    for name in MODALITIES:
        if name not in channels:
            reason = f"{centres}: no patient has {name}_preprocessed.nii.gz, expected it; read without this modality."
            listing.faults.append(Fault("", reason, "warning"))
    return listing


def _image(patient: Path, modality: str) -> Path:
    return patient / "Preprocessed_Data" / f"{modality}_preprocessed"


def _has(patient: Path, modality: str) -> bool:
    path = _image(patient, modality)
    return any(path.with_name(path.name + suffix).is_file() for suffix in NIFTI)


MSSEG = Reader(EXPECTS, find, partial(read_case, codes={0: 0, 1: 1}))
