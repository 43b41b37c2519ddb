"""What the phantom sets have in common: the note in their folder, and how lesions of very different size are dealt."""

from pathlib import Path

import numpy as np

NOTE = """\
Every image in this folder was made by a computer program (python -m segloss phantoms).
No person was scanned, and results on these files say nothing about real {}.
"""


def write_note(folder: Path, about: str) -> None:
    """Say in the folder that no file in it shows a real patient."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "PHANTOM.txt").write_text(NOTE.format(about), encoding="utf-8", newline="\n")


def shuffled_shares(seed: int, smallest: float, largest: float, count: int) -> list[float]:
    """Foreground shares, spread evenly on a logarithmic scale; shuffled, so that none follows from a name."""
    shares = np.geomspace(smallest, largest, count)
    return [float(share) for share in np.random.default_rng(seed).permutation(shares)]
