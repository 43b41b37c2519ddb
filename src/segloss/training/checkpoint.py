"""The state of a run after an epoch, kept on disk so that a stopped run goes on from there."""

import csv
import io
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from segloss.errors import InputError
from segloss.training.sealed import previous, read_sealed, write_sealed

# Epochs of a small run take milliseconds: to write one down every second would be a fifteenth of the training.
SAVED_EVERY_S = 10.0
# What makes one epoch better than another; by the last epoch alone none is.
SELECTIONS: dict[str, Callable[[dict[str, Any]], float]] = {
    "last": lambda row: math.nan,
    "best_validation": lambda row: row["validation_dice"],
    "lowest_validation_loss": lambda row: -row["validation_loss"],
}


class Checkpoint:
    """Network, optimiser and history of a run, saved after an epoch and removed when the run is complete.

    The first epoch is saved, then every one that ends ten seconds or more after the last that was: a stopped run
    loses the epoch it was in and, where epochs are shorter than that, at most ten seconds' worth before it. The one
    before the last is kept: a checkpoint that is damaged is named, and the run goes on from the other one, or else
    starts over.

    Args:
        path: The file; it appears with the first epoch and is replaced in one step.
        network, optimiser: The live objects whose state is kept.
        select: ``last``; or ``best_validation`` or ``lowest_validation_loss``, to keep the weights of that epoch too.

    Raises:
        InputError: If there is no such selection.
    """

    def __init__(self, path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, select: str) -> None:
        if select not in SELECTIONS:
            raise InputError(f"params.yaml: select is {select!r}, expected one of {', '.join(SELECTIONS)}.")
        self.path, self.network, self.optimiser, self.merit = path, network, optimiser, SELECTIONS[select]
        self.history: list[dict[str, Any]] = []
        self._best: dict[str, Any] = {}
        self._saved_at = float("-inf")
        self._resume()
        # An epoch without a Dice, where no class was to be found, is never the best.
        merits = [merit for row in self.history if not math.isnan(merit := self.merit(row))]
        self._best_merit = max(merits, default=float("-inf"))

    @property
    def selected(self) -> dict[str, Any]:
        """The weights that the protocol selects: those of the best epoch, or else of the last."""
        return self._best or self.network.state_dict()

    def add(self, **row: Any) -> None:
        """Add an epoch's row to the history, and write everything down if it is time."""
        self.history.append(row)
        if (merit := self.merit(row)) > self._best_merit:
            self._best_merit = merit
            self._best = {name: value.cpu().clone() for name, value in self.network.state_dict().items()}
        if time.monotonic() - self._saved_at >= SAVED_EVERY_S:
            self._save()
            self._saved_at = time.monotonic()

    def _resume(self) -> None:
        """Take up the last checkpoint that is whole; damaged ones go, so that none becomes the previous one."""
        damaged = []
        for file in filter(Path.is_file, (self.path, previous(self.path))):
            if (content := read_sealed(file)) is None:
                damaged.append(str(file))
                file.unlink()
                continue
            state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.history, self._best = state["history"], state["best"]
            break
        if damaged:
            after = (
                f"goes on after epoch {len(self.history)}, from the checkpoint before"
                if self.history
                else "starts over"
            )
            tqdm.write(f"{' and '.join(damaged)}: damaged, the SHA-256 differs; the fold {after}.", file=sys.stderr)

    def _save(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "history": self.history,
            "best": self._best,
        }
        content = io.BytesIO()
        torch.save(state, content)
        write_sealed(self.path, content.getbuffer())

    def write_history(self, path: Path) -> None:
        """Write the history as CSV, numbers with six significant digits."""
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(self.history[0])
            for row in self.history:
                writer.writerow(f"{value:.6g}" if isinstance(value, float) else value for value in row.values())

    def remove(self) -> None:
        """Remove the files of a run that is complete."""
        for file in (previous(self.path), self.path):
            file.unlink(missing_ok=True)
