"""Training in processes of its own: side by side as in turn, and one at a time for an arm."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from segloss.paths import LOCKS
from segloss.side_by_side import run_side_by_side
from segloss.training import train_arm

RUNS = Path("build/runs/discs")


def written() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in RUNS.rglob("*") if path.is_file()}


def test_arms_trained_side_by_side_and_in_turn_give_the_same_bytes(workplace: Path, params: dict[str, Any]) -> None:
    calls = {arm: partial(train_arm, arm, params) for arm in params["arms"]}
    assert run_side_by_side(calls, 2, "train", ["segloss.training.folds"]) == list(calls)
    side_by_side = written()
    for call in calls.values():
        call()
    assert written() == side_by_side


def test_a_second_training_of_an_arm_waits_for_the_first(workplace: Path, params: dict[str, Any]) -> None:
    LOCKS.mkdir(parents=True)
    with FileLock(LOCKS / "train-discs-kappa.lock"):
        second = subprocess.Popen([sys.executable, "-m", "segloss", "train", "discs-kappa"])
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=8)
        assert not (RUNS / "discs-kappa").exists()
    assert second.wait(timeout=120) == 0
    assert (RUNS / "discs-kappa").exists()
