"""CT of kidneys with a tumour in the layout of KiTS19."""

import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from segloss.data.phantoms.computed_tomography import kidney_phantom
from segloss.data.phantoms.layouts.series import shuffled_shares, write_note
from segloss.data.phantoms.nifti import save_nifti

# No real case has these numbers.
NUMBERS = range(901, 913)
TUMOUR_SHARE = (0.0008, 0.012)
SEED = 300_000


def write(folder: Path) -> None:
    """Write the phantoms below ``folder``. Tumour shares are spread evenly on a logarithmic scale."""
    write_note(folder, "kidneys or tumours")
    shares = shuffled_shares(SEED, *TUMOUR_SHARE, len(NUMBERS))
    rng = np.random.default_rng(SEED)
    cases = []
    for number, share in zip(tqdm(NUMBERS, desc="phantoms kits19", disable=None), shares, strict=True):
        slice_mm, pixel_mm = float(rng.choice([3, 4, 5])), round(rng.uniform(4, 4.4), 2)
        spacing_mm = (slice_mm, pixel_mm, pixel_mm)
        phantom = kidney_phantom(SEED + number, (24, 80, 80), spacing_mm, share)
        case = folder / "data" / f"case_{number:05d}"
        # The first axis of these files runs through the slices.
        save_nifti(phantom.images[0], case / "imaging.nii.gz", spacing_mm, "IPL", np.int16)
        save_nifti(phantom.labels, case / "segmentation.nii.gz", spacing_mm, "IPL")
        cases.append({"case_id": case.name, "captured_slice_thickness": slice_mm, "captured_pixel_width": pixel_mm})
    (folder / "data" / "kits.json").write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8", newline="\n")
