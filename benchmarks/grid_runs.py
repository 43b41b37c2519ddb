"""Runs of the grid in clones of this repository, so that nothing here is touched and nothing is done beforehand."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from segloss.commands import dvc, git, segloss, stage_environment

ROOT = Path(__file__).parents[1]


def fresh_clone(folder: Path) -> Path:
    """A clone of HEAD with the phantoms; what was there before is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder))
    dvc("pull", "--quiet", "data.dvc", folder=folder)
    return folder


def grid_seconds(clone: Path, paper: str, workers: int) -> float:
    """How long the grid takes for all that the report of a paper needs."""
    begun = time.perf_counter()
    segloss("grid", "--paper", paper, "--workers", str(workers), folder=clone)
    return time.perf_counter() - begun


def planned_seconds(clone: Path, paper: str, workers: int) -> float:
    """How long the plan says that it takes."""
    planned = f"run_plan(load_params(), None, {workers}, {paper!r})"
    call = f"from segloss.config import load_params; from segloss.plan import run_plan; print({planned})"
    python, environment = [sys.executable, "-c", call], stage_environment(clone)
    done = subprocess.run(python, cwd=clone, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    return float(done.stdout.split()[-1])


def results(clone: Path, paper: str) -> dict[str, bytes]:
    """All metrics of a paper, byte by byte."""
    folder = clone / "reports/metrics/phantom" / paper
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.csv"))}
