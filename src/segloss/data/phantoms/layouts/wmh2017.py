"""White matter hyperintensities in the layout of WMH 2017: twelve patients of three sites, at most 1.3 MB."""

from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.nifti import save_nifti
from segloss.data.phantoms.white_matter import Scanner, white_matter_phantom

SEED = 201_700


@dataclass(frozen=True)
class Site:
    """How one hospital scans and stores."""

    first_id: int
    shape: tuple[int, int, int]
    in_plane_mm: float
    axes: str
    brightness: tuple[int, int]
    scanner: Scanner


SITES = {
    "Utrecht": Site(901, (16, 64, 64), 3.5, "LAS", (48, 36), Scanner()),
    "Singapore": Site(931, (16, 66, 60), 3.6, "RAS", (40, 44), Scanner((0.36, -0.14), 0.035, 0.15, 0.05)),
    "GE3T": Site(961, (16, 64, 56), 3.8, "LPS", (56, 32), Scanner((0.25, -0.2), 0.028, 0.07, 0.05)),
}
PATIENTS = [(site, number) for site in SITES for number in range(4)]
SHARES = shuffled_shares(SEED, 0.0005, 0.015, len(PATIENTS))


def write(folder: Path) -> None:
    """Write all patients; the last of each site has another disease as well, label 2."""
    write_note(folder, "diseases of the brain")
    for place, (name, number) in enumerate(tqdm(PATIENTS, desc="phantoms wmh2017", disable=None)):
        site, share = SITES[name], SHARES[place]
        spacing = (3.0, site.in_plane_mm, site.in_plane_mm)
        phantom = white_matter_phantom(
            SEED + place,
            site.shape,
            spacing,
            share,
            pieces=round(8 + 250 * share**0.5),
            other_share=0.006 if number == 3 else 0.0,
            scanner=site.scanner,
        )
        patient = folder / name / str(site.first_id + number)
        flair, t1 = (bright * image for bright, image in zip(site.brightness, phantom.images, strict=True))
        # Whole numbers, because float32 noise hardly compresses.
        save_nifti(flair.round(), patient / "pre" / "FLAIR.nii.gz", spacing, site.axes, "float32")
        save_nifti(t1, patient / "pre" / "T1.nii.gz", spacing, site.axes, "uint16")
        save_nifti(phantom.labels, patient / "wmh.nii.gz", spacing, site.axes, "float32")
