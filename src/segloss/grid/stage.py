"""The command: one grid at a time in a folder, on the workers that are asked for, with a summary in the end."""

import json
import os
import platform
import signal
import sys
from contextlib import AbstractContextManager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from segloss.errors import InputError
from segloss.grid.job import PARENT
from segloss.grid.running import Grid
from segloss.grid.workers import LocalWorkers, Workers
from segloss.paths import GRID
from segloss.pipeline import Pipeline
from segloss.provenance import write_json


def run_grid(
    target: str | None = None, workers: int | None = None, scheduler: str | None = None, slurm: Path | None = None
) -> int:
    """Run all stages that ``dvc repro`` would run, many at once, and record them in dvc.lock.

    Each has a process of its own. A stage that fails is tried three times; the rest goes on. A call that was stopped
    goes on where it was when it is given again.

    Args:
        target: Only this stage and what it needs.
        workers: How many at once on this machine; by default one per core.
        scheduler: Address of a running Dask cluster, in place of this machine.
        slurm: File of options for dask-jobqueue, in place of this machine.

    Returns:
        0 if everything is up to date now, else 1.

    Raises:
        InputError: If a grid runs in this folder already, or there are no such workers.
    """
    GRID.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(GRID / "lock").acquire(timeout=0)
    except Timeout:
        raise InputError(f"A grid runs in {Path.cwd()} already: {_who()}. Wait for it, or stop it.") from None
    with lock:
        write_json(PARENT, {"process": os.getpid(), "host": platform.node(), "since": f"{datetime.now():%F %T.%f}"})
        # A signal to stop unwinds what stands, so that no worker stays behind.
        before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        try:
            pipeline = Pipeline()
            with _opened(workers, scheduler, slurm) as opened:
                grid = Grid(pipeline, opened, PARENT.read_text(encoding="utf-8"), target)
                grid.run()
        finally:
            signal.signal(signal.SIGTERM, before)
    return _summary(grid)


def _opened(workers: int | None, scheduler: str | None, slurm: Path | None) -> AbstractContextManager[Workers]:
    import torch

    gpus = [str(number) for number in range(torch.cuda.device_count())]
    count = workers or max(os.cpu_count() or 1, len(gpus))
    if find_spec("distributed"):
        from segloss.grid.dask_workers import dask_workers

        return dask_workers(count, gpus, scheduler, slurm)
    if scheduler or slurm:
        raise InputError("Dask is not installed, expected what `pip install '.[cluster]'` brings.")
    return LocalWorkers(count, gpus)


def _who() -> str:
    try:
        parent: dict[str, Any] = json.loads(PARENT.read_text(encoding="utf-8"))
        return f"process {parent['process']} on {parent['host']}, since {parent['since'].partition('.')[0]}"
    except (OSError, ValueError, KeyError):
        return "it has only begun"


def _summary(grid: Grid) -> int:
    if not grid.failed:
        print(f"Grid: {len(grid.done)} stages ran; everything is up to date.")
        return 0
    print(f"Grid: {len(grid.done)} stages ran, {len(grid.failed)} failed, {len(grid.left)} that need those were left.")
    for name, reason in grid.failed.items():
        print(f"  {name}: {reason} [{GRID / name}.log]")
    if grid.left:
        print(f"  left: {', '.join(grid.left)}")
    return 1
