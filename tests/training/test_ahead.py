"""Arms trained side by side, ahead of their stages: what they leave, and what is recorded of them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from segloss import ahead
from segloss.ahead import train_ahead
from segloss.training import folds, train_arm

RUNS, CHECKPOINTS = Path("build/runs/discs"), Path("build/checkpoints/discs")


def killed(*arguments: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def forbidden(*arguments: Any) -> None:
    raise AssertionError("a fold was trained that was there already")


@pytest.fixture
def recorded(workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that training ahead says are done; both arms are out of date."""
    stages: list[str] = []
    monkeypatch.setattr(ahead, "record_stages", stages.extend)
    monkeypatch.setattr(ahead, "stale_arms", lambda: list(params["arms"]))
    return stages


def written() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in RUNS.rglob("*") if path.is_file()}


def test_arms_trained_ahead_are_put_in_their_place_and_recorded(params: dict[str, Any], recorded: list[str]) -> None:
    train_ahead(params, workers=2)
    for arm in params["arms"]:
        assert sorted(path.name for path in (RUNS / arm).glob("fold*")) == ["fold0", "fold1"]
        assert json.loads((RUNS / arm / "status.json").read_text())["outcome"] == "done"
        assert not (CHECKPOINTS / arm).exists()
    assert recorded == ["train@discs-kappa", "train@discs-cross_entropy_then_kappa"]


def test_training_ahead_and_in_turn_give_the_same_bytes(params: dict[str, Any], recorded: list[str]) -> None:
    train_ahead(params, workers=2)
    side_by_side = written()
    for arm in params["arms"]:
        train_arm(arm, params)
    assert written() == side_by_side


def test_folds_that_wait_are_not_trained_again(params: dict[str, Any], recorded: list[str]) -> None:
    train_arm("discs-kappa", params, ahead=True)
    fold = CHECKPOINTS / "discs-kappa/fold1/weights.pt"
    before = fold.stat().st_mtime_ns
    params["arms"] = {"discs-kappa": params["arms"]["discs-kappa"]}
    train_ahead(params, workers=1)
    assert (RUNS / "discs-kappa/fold1/weights.pt").stat().st_mtime_ns == before


def test_a_fold_that_diverged_ahead_is_not_trained_again(
    workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    params["protocols"]["kappa"]["learning_rate"] = 1e38
    train_arm("discs-kappa", params, ahead=True)
    assert sorted(path.name for path in (CHECKPOINTS / "discs-kappa").glob("*.diverged")) == [
        "fold0.diverged",
        "fold1.diverged",
    ]
    monkeypatch.setattr(folds, "train_folds", forbidden)
    train_arm("discs-kappa", params)
    status = json.loads((RUNS / "discs-kappa/status.json").read_text())
    assert status["outcome"] == "diverged"
    assert status["reason"].startswith("fold 1: ")


def test_only_the_arms_of_a_paper_are_trained_ahead_if_one_is_named(
    params: dict[str, Any], recorded: list[str]
) -> None:
    params["papers"]["other"] = {}
    params["arms"]["discs-kappa"]["paper"] = "other"
    train_ahead(params, paper="kappa", workers=1)
    assert recorded == ["train@discs-cross_entropy_then_kappa"]
    assert not (RUNS / "discs-kappa").exists()


def test_what_fails_ahead_is_named_and_the_others_go_on(
    params: dict[str, Any], recorded: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "stale_arms", lambda: ["discs-odd", "discs-kappa"])
    params["arms"]["discs-odd"] = {**params["arms"]["discs-kappa"], "loss": "unheard_of"}
    train_ahead(params, workers=1)
    assert "discs-odd: params.yaml has no 'unheard_of'" in capfd.readouterr().err
    assert recorded == ["train@discs-kappa"]


def test_an_arm_that_is_killed_ahead_is_named_with_its_exit_code(
    params: dict[str, Any], recorded: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "_train", killed)
    train_ahead(params, workers=1)
    assert f"discs-kappa: ended with code {-signal.SIGKILL}" in capfd.readouterr().err
    assert recorded == []


def test_a_second_training_of_an_arm_waits_for_the_first(workplace: Path, params: dict[str, Any]) -> None:
    lock = FileLock(CHECKPOINTS / "discs-kappa.lock")
    CHECKPOINTS.mkdir(parents=True)
    with lock:
        second = subprocess.Popen([sys.executable, "-m", "segloss", "train", "discs-kappa"])
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=8)
        assert not (RUNS / "discs-kappa").exists()
    assert second.wait(timeout=120) == 0
    assert (RUNS / "discs-kappa").exists()
