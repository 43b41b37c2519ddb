"""Reading what the prepare stage wrote: memory-mapped images and labels, cases, and the thirds of each fold."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segloss.errors import InputError

PARTS = ("test", "validation", "train")


def read_status(folder: Path) -> dict[str, str]:
    """The outcome of the stage that wrote ``folder``.

    Raises:
        InputError: If the stage has not run.
    """
    path = folder / "status.json"
    if not path.is_file():
        raise InputError(f"{path} was not found; run the prepare stage first.")
    return json.loads(path.read_text(encoding="utf-8"))


class PreparedImages:
    """The prepared cases of a 2-D data set. Images stay on disk until a batch asks for them.

    Args:
        folder: ``build/prepared/<data set>``.
    """

    def __init__(self, folder: Path) -> None:
        self.provenance: dict[str, Any] = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        self._images = np.load(folder / "images.npy", mmap_mode="r")  # N C H W, uint8
        self._labels = np.load(folder / "labels.npy", mmap_mode="r")  # N H W, uint8
        with (folder / "cases.csv").open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        self.cases = np.array([row["case"] for row in rows])
        self._tested_in = np.array([int(row["fold"]) for row in rows])
        self.channels: int = self._images.shape[1]

    def third(self, fold: int, part: str) -> np.ndarray:
        """Indices of the cases of a part (train, validation or test) in a fold: a third of the subjects each."""
        return np.flatnonzero(self._tested_in == (fold + PARTS.index(part)) % 3)

    def batch(self, indices: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W) in [0, 1] and labels (B, H, W)."""
        images = torch.from_numpy(self._images[indices]).to(device, non_blocking=True)
        labels = torch.from_numpy(self._labels[indices]).to(device, non_blocking=True)
        return images.float().div_(255), labels.long()
