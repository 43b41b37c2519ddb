"""What grows with the epochs of a training, and what does not: memory, file handles, threads, checkpoints and its log.

One fold of a small network is trained as the train stage trains it, on random pictures, its state written down after
every epoch (a real run does so every few seconds at most). After each epoch it is noted what the process holds. The
first epochs do not count: allocators, code pages and threads settle in them.

A checkpoint holds the history, so that each is longer than the one before by a row. The second table has what that
comes to: bytes and milliseconds of a checkpoint with a history of so many epochs.

Usage: python benchmarks/long_run.py [--epochs 300] [--cases 8] [--size 32] [--filters 4] [--out reports/benchmarks]
Writes long_run.md. Linux only.
"""

import io
import os
import statistics
import tempfile
import time
from contextlib import redirect_stderr
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pages
import torch
from training_step import prepared

from segloss.config import load_params
from segloss.networks import build_network
from segloss.training import checkpoint as checkpoints
from segloss.training import fold as folds
from segloss.training import progress
from segloss.training.checkpoint import Checkpoint
from segloss.training.settings import Settings

SETTLED = 30  # epochs
HISTORIES = (10, 100, 1_000, 10_000)  # epochs
SAVES = 5  # of each history
ROW = {"epoch": 1, "phase": "kappa", "loss": 0.5, "validation_loss": 0.5, "validation_dice": 0.5}


class Held(NamedTuple):
    """What the process holds after an epoch, and what that epoch took."""

    mib: float
    handles: int
    threads: int
    epoch_ms: float
    save_ms: float


class Watched(Checkpoint):
    """A checkpoint that notes after each epoch what the process holds."""

    held: ClassVar[list[Held]] = []  # of the one run that a process watches
    began: ClassVar[float] = time.perf_counter()

    def add(self, **row: Any) -> None:
        """Add an epoch."""
        trained = time.perf_counter()
        super().add(**row)
        saved = time.perf_counter()
        pages_held = int(Path("/proc/self/statm").read_text().split()[1])
        handles, threads = (len(os.listdir(f"/proc/self/{name}")) for name in ("fd", "task"))
        mib = pages_held * os.sysconf("SC_PAGE_SIZE") / 2**20
        times = (1000 * (trained - Watched.began), 1000 * (saved - trained))
        self.held.append(Held(mib, handles, threads, *times))
        Watched.began = time.perf_counter()


def settings_of(epochs: int, filters: int) -> Settings:
    """Those of an arm of the Kappa paper at the phantom scale, for so many epochs of a network of so many filters."""
    settings = Settings.of({**load_params(), "scale": "phantom"}, "isic2018-kappa")
    network = {**settings.network, "filters": filters}
    return replace(settings, network=network, epochs=epochs, min_steps=0, select="best_validation")


def watched_run(settings: Settings, cases: int, size: int) -> tuple[list[Held], int]:
    """What was held after each epoch, and how many lines the log has."""
    checkpoints.SAVED_EVERY_S, progress.REDRAWN_S = 0.0, 30
    folds.Checkpoint = Watched  # type: ignore[misc]
    log = io.StringIO()
    with tempfile.TemporaryDirectory() as temporary, redirect_stderr(log):
        folds.train_fold(Path(temporary) / "fold0", prepared(Path(temporary), cases, size), 0, settings)
    return Watched.held, sum(bool(line) for line in log.getvalue().split("\n"))


def saved_with(epochs: int, settings: Settings) -> tuple[float, float]:
    """KiB and milliseconds of a checkpoint whose history has so many epochs."""
    network = build_network(**settings.network, in_channels=3, out_channels=1)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "fold0.pt"
        checkpoint = Checkpoint(file, network, torch.optim.Adam(network.parameters()), "last")
        checkpoint.history = [{**ROW, "epoch": epoch} for epoch in range(epochs - SAVES)]
        times = []
        for _ in range(SAVES):
            start = time.perf_counter()
            checkpoint.add(**ROW)
            times.append(time.perf_counter() - start)
        return file.stat().st_size / 1024, 1000 * statistics.median(times)


def page(held: list[Held], log_lines: int, histories: list[list[str]], where: str) -> list[str]:
    """Growth from the epoch in which all has settled to the last, the way there, and the cost of a long history."""
    first, last, settled = held[SETTLED - 1], held[-1], held[SETTLED - 1 :]
    highest = max(state.mib for state in settled)
    span = f"epochs {SETTLED} to {len(held)}"
    found = [
        (
            "highest resident memory / that of the first of these epochs",
            "at most 1.02",
            f"{highest / first.mib:.4f}",
            span,
        ),
        ("file handles, more at the end", "0", str(last.handles - first.handles), span),
        ("threads, more at the end", "0", str(last.threads - first.threads), span),
        (
            "lines in a log",
            "one in 30 s, and two a fold",
            str(log_lines),
            f"{sum(s.epoch_ms for s in held) / 1000:.0f} s",
        ),
    ]
    heads = ["after epoch", "resident, MiB", "file handles", "threads", "an epoch, ms", "a checkpoint, ms"]
    rows = []
    for end in sorted({SETTLED, *range(100, len(held), 100), len(held)}):
        part, state = held[max(0, end - SETTLED) : end], held[end - 1]
        times = [statistics.median(getattr(s, name) for s in part) for name in ("epoch_ms", "save_ms")]
        counts = [f"{state.mib:.1f}", str(state.handles), str(state.threads)]
        rows.append([str(end), *counts, *(f"{value:.1f}" for value in times)])
    lines = [
        f"Times are medians of {SETTLED} epochs. {where}",
        "",
        *pages.findings(found),
        "",
        *pages.table(heads, rows),
    ]
    lines += ["", f"A checkpoint with a long history, medians of {SAVES}:", ""]
    return lines + pages.table(["epochs in the history", "KiB", "ms"], histories)


def main() -> None:
    """Measure and save the page."""
    parser = pages.arguments_of(__doc__)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--cases", type=int, default=8, help="training cases of an epoch")
    parser.add_argument("--size", type=int, default=32, help="pixels of a side")
    parser.add_argument("--filters", type=int, default=4, help="of the network's first level")
    arguments = parser.parse_args()
    settings = settings_of(arguments.epochs, arguments.filters)
    torch.set_num_threads(settings.threads)
    held, log_lines = watched_run(settings, arguments.cases, arguments.size)
    histories = []
    for epochs in HISTORIES:
        kib, ms = saved_with(epochs, settings)
        histories.append([str(epochs), f"{kib:.0f}", f"{ms:.1f}"])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = f"{arguments.cases} pictures of {arguments.size} px an epoch, {arguments.filters} filters"
    where = f"{data}; {pages.machine(device, settings.threads)}."
    pages.write(arguments.out, "long_run", "What grows in a long training", page(held, log_lines, histories, where))


if __name__ == "__main__":
    main()
