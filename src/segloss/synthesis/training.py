"""One run of the synthesis: trained as any arm is, measured case by case, and only its numbers are kept."""

import csv
import os
import tempfile
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segloss.paths import PREPARED
from segloss.statistics.collapse import still_falling
from segloss.synthesis.cases import StudySlices
from segloss.synthesis.measuring import measured
from segloss.synthesis.protocol import Protocol, StudyRun
from segloss.training.fold import train_fold
from segloss.training.validation import DivergedError


def train_and_measure(run: StudyRun, protocol: Protocol, scale: str) -> dict[str, Any]:
    """Train the network of a run and measure it on the test cases of its fold.

    Runs that differ in the loss alone start from the same weights and see the same slices in the same order. The last
    weights count. Weights and predictions are not kept.

    Returns:
        ``outcome`` ("done" or "diverged") and ``reason``; ``still_falling``, whether the loss was; and what
        :func:`segloss.synthesis.measuring.measured` says, nothing of it after a divergence.
    """
    torch.set_num_threads(1)
    data = StudySlices(PREPARED / run.dataset, run.fold, protocol, scale, run.maps)
    with tempfile.TemporaryDirectory() as place, Path(os.devnull).open("w") as nowhere:
        folder = Path(place) / f"fold{run.fold}"
        try:
            # Many runs at once would draw their bars over one another.
            with redirect_stderr(nowhere):
                train_fold(folder, data, run.fold, protocol.settings(run, scale))
        except DivergedError as error:
            return {"outcome": "diverged", "reason": str(error)}
        with (folder / "history.csv").open(newline="", encoding="utf-8") as stream:
            losses = np.array([float(row["loss"]) for row in csv.DictReader(stream)])
        result = measured(folder / "predictions.npz", data, protocol.rules["bins"])
    return {"outcome": "done", "reason": "", "still_falling": still_falling(losses), **result}
