"""BraTS 2020, MRI of brain tumours, skull-stripped: label codes 1, 2 and 4; 3 does not occur.

The paper takes the contrast-enhanced T1 image and the enhancing tumour alone; the four modalities with all three
regions are a reader of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from segloss.data.case import Case, ExcludedError, Listing, Reader, Sample
from segloss.data.readers.volumetric import cases_folder, complete_or_left_out, listing_of, read_case

ENHANCING = {0: 0, 1: 0, 2: 0, 4: 1}
REGIONS = {0: 0, 1: 1, 2: 2, 4: 3}
FOLDER = "MICCAI_BraTS2020_TrainingData"
# The copy on Kaggle has one folder more.
LAYOUT = f"BraTS2020_TrainingData/{FOLDER}"
PATTERN = "BraTS20_Training_*"


def brats_reader(modalities: Sequence[str], codes: Mapping[int, int], classes: Sequence[str]) -> Reader:
    """Reader of some modalities and some of the tumour's regions.

    Args:
        modalities: How the image files end: ``flair``, ``t1``, ``t1ce``, ``t2``.
        codes: Class of each label code.
        classes: What labels 1, 2, ... mean.
    """
    expects = f"{FOLDER}/{PATTERN}/{PATTERN}_{{{','.join((*modalities, 'seg'))}}}.nii.gz"

    def find(folder: Path, subset: str) -> Listing:
        training = cases_folder(folder, LAYOUT, PATTERN, expects)
        places = [place for place in training.glob(PATTERN) if place.is_dir()]
        found = (
            complete_or_left_out(
                place.name,
                place.name,
                [place / f"{place.name}_{modality}" for modality in modalities],
                [_label_file(place)],
            )
            for place in places
        )
        return listing_of(found, modalities, classes)

    def read(case: Case) -> Sample:
        sample = read_case(case, codes)
        if not sample.labels.any():
            raise ExcludedError(f"{case.labels[0]}: no voxel of {' or '.join(classes)}; left out.")
        # No brain reaches the corner. Official files hold 0 there, rescaled copies may hold anything.
        background = sample.image[:, :1, :1, :1]
        return replace(sample, image=sample.image - background)

    return Reader(expects, find, read)


def _label_file(place: Path) -> Path:
    # The release keeps the hospital's own name for the label file of case 355.
    return next(place.glob("*_Segm.nii*"), place / f"{place.name}_seg")
