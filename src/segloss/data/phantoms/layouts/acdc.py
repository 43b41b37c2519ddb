"""Cine MR of the heart in the layout of ACDC, with the two phases that are labelled there."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from segloss.data.phantoms.heart import BUILDS, PHASES, heart_phantom
from segloss.data.phantoms.layouts.series import write_note
from segloss.data.phantoms.nifti import save_nifti

# No real patient has these numbers.
NUMBERS = range(901, 915)
SEED = 400_000
SPACING_MM = (10.0, 2.0, 2.0)


def write(folder: Path) -> None:
    """Write the phantoms below ``folder``: patients of the five groups in turn, both phases of each."""
    write_note(folder, "hearts")
    groups = list(BUILDS)
    for place, number in enumerate(tqdm(NUMBERS, desc="phantoms acdc", disable=None)):
        rng = np.random.default_rng(SEED + number)
        group, share = groups[place % len(groups)], rng.uniform(0.07, 0.11)
        name = f"patient{number}"
        patient = folder / "database" / "training" / name
        frames = (1, int(rng.integers(8, 14)))
        for frame, phase in zip(frames, PHASES, strict=True):
            phantom = heart_phantom(SEED + number, phase, group, (8, 72, 80), SPACING_MM, share)
            start = patient / f"{name}_frame{frame:02d}"
            save_nifti(phantom.images[0], start.with_name(start.name + ".nii.gz"), SPACING_MM, "LPS", np.uint8)
            save_nifti(phantom.labels, start.with_name(start.name + "_gt.nii.gz"), SPACING_MM, "LPS")
        height, weight = rng.uniform(155, 190), rng.uniform(50, 100)
        lines = (
            f"ED: {frames[0]}",
            f"ES: {frames[1]}",
            f"Group: {group}",
            f"Height: {height:.1f}",
            f"NbFrame: {rng.integers(20, 31)}",
            f"Weight: {weight:.1f}",
        )
        (patient / "Info.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
