"""Brain tumours in the layout of BraTS 2020: twelve patients, at most 2.0 MB."""

from pathlib import Path

from tqdm import tqdm

from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.nifti import save_nifti
from segloss.data.phantoms.tumour import CHANNELS, brain_tumour_phantom

SEED = 202_000
SPACING_MM = (3.8, 3.8, 3.8)
NAMES = [f"BraTS20_Training_{number}" for number in range(901, 913)]
NOT_ENHANCING = "BraTS20_Training_905"
SHARES = shuffled_shares(SEED, 0.005, 0.03, len(NAMES))
MAPPING = (
    "Grade,BraTS_2017_subject_ID,BraTS_2018_subject_ID,TCGA_TCIA_subject_ID,BraTS_2019_subject_ID,BraTS_2020_subject_ID"
)


def write(folder: Path) -> None:
    """Write all patients, of whom one has no enhancing tumour, and the two tables of the official download."""
    write_note(folder, "brain tumours")
    root = folder / "MICCAI_BraTS2020_TrainingData"
    for place, name in enumerate(tqdm(NAMES, desc="phantoms brats2020", disable=None)):
        phantom = brain_tumour_phantom(
            SEED + place,
            (40, 48, 48),
            SPACING_MM,
            SHARES[place],
            enhancing=name != NOT_ENHANCING,
        )
        for channel, image in zip(CHANNELS, phantom.images, strict=True):
            save_nifti(64 * image, root / name / f"{name}_{channel}.nii.gz", SPACING_MM, "LPS", "int16")
        save_nifti(phantom.labels, root / name / f"{name}_seg.nii.gz", SPACING_MM, "LPS")
    mapping = [f"{'LGG' if name == NOT_ENHANCING else 'HGG'},NA,NA,NA,NA,{name}" for name in NAMES]
    _write_table(root / "name_mapping.csv", [MAPPING, *mapping])
    survival = [f"{name},NA,NA,NA" for name in NAMES if name != NOT_ENHANCING]
    _write_table(root / "survival_info.csv", ["Brats20ID,Age,Survival_days,Extent_of_Resection", *survival])


def _write_table(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
