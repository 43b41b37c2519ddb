"""Multiple sclerosis in the layout of MSSEG 2016: fifteen patients of three centres, at most 1.9 MB."""

from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.multiple_sclerosis import multiple_sclerosis_phantom
from segloss.data.phantoms.nifti import save_nifti

SEED = 201_600
MODALITIES = ("FLAIR", "T1", "T2", "DP", "GADO")


@dataclass(frozen=True)
class Centre:
    """How one hospital scans and stores."""

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    axes: str
    noise: float
    brightness: int


CENTRES = {
    "01": Centre((24, 72, 64), (5.5, 2.5, 2.5), "LAS", 0.035, 22),
    "07": Centre((26, 70, 60), (5.0, 2.6, 2.6), "RAS", 0.045, 19),
    "08": Centre((22, 74, 64), (6.0, 2.5, 2.5), "LPS", 0.03, 25),
}
PATIENTS = [(centre, number) for centre in CENTRES for number in range(91, 96)]
SHARES = shuffled_shares(SEED, 0.0002, 0.02, len(PATIENTS))


def write(folder: Path) -> None:
    """Write all patients; no real one has a number from 91 on."""
    write_note(folder, "lesions of the brain")
    for place, (name, number) in enumerate(tqdm(PATIENTS, desc="phantoms msseg", disable=None)):
        centre, share = CENTRES[name], SHARES[place]
        phantom = multiple_sclerosis_phantom(
            SEED + place,
            centre.shape,
            centre.spacing_mm,
            share,
            pieces=round(10 + 400 * share**0.5),
            noise=centre.noise,
        )
        patient = folder / "Training" / f"Center_{name}" / f"Patient_{number}"
        for modality, image in zip(MODALITIES, phantom.images, strict=True):
            # Few grey levels: noise below one level only costs space.
            path = patient / "Preprocessed_Data" / f"{modality}_preprocessed.nii.gz"
            save_nifti(centre.brightness * image, path, centre.spacing_mm, centre.axes, "int16")
        save_nifti(phantom.labels, patient / "Masks" / "Consensus.nii.gz", centre.spacing_mm, centre.axes)
