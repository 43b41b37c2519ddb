"""A training of many epochs takes no more than one of a few."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_memory_handles_and_threads_do_not_grow_over_three_hundred_epochs(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/long_run.py", "--epochs", "300", "--out", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    lines = (tmp_path / "long_run.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    reached = {cells[0]: float(cells[2]) for cells in rows[2:5]}
    assert 0.98 < reached["highest resident memory / that of the first of these epochs"] <= 1.02
    assert reached["file handles, more at the end"] == reached["threads, more at the end"] == 0
