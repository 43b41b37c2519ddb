"""A training of many epochs takes no more than one of a few."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_memory_handles_and_threads_do_not_grow_over_three_hundred_epochs(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/long_run.py", "--epochs", "300", "--out", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    found = dict(
        re.findall(r"^\| ([a-z /]+).*? \| .*? \| ([\d.-]+) \|", (tmp_path / "long_run.md").read_text(), re.MULTILINE)
    )
    assert 0.98 < float(found["highest resident memory / that of the first epoch"]) <= 1.02
    assert found["file handles"] == found["threads"] == "0"
