"""Arms trained ahead of the pipeline: what waits, and what the train stage does with it."""

import json
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


def forbidden(*arguments: Any) -> None:
    raise AssertionError("a fold was trained that was there already")


@pytest.fixture
def ahead_of_all(workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Parameters of two arms, both out of date and trained ahead."""
    monkeypatch.setattr(ahead, "stale_arms", lambda: list(params["arms"]))
    train_ahead(params, workers=2)
    return params


def test_folds_trained_ahead_are_put_in_their_place_without_training(
    ahead_of_all: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not RUNS.exists()
    monkeypatch.setattr(folds, "train_folds", forbidden)
    for arm in ahead_of_all["arms"]:
        train_arm(arm, ahead_of_all)
        assert sorted(path.name for path in (RUNS / arm).glob("fold*")) == ["fold0", "fold1"]
        assert json.loads((RUNS / arm / "status.json").read_text())["outcome"] == "done"
        assert not (CHECKPOINTS / arm).exists()


def test_training_ahead_and_in_turn_give_the_same_bytes(ahead_of_all: dict[str, Any]) -> None:
    def written() -> dict[str, bytes]:
        files = [path for path in RUNS.rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in files}

    for arm in ahead_of_all["arms"]:
        train_arm(arm, ahead_of_all)
    first = written()
    for arm in ahead_of_all["arms"]:
        train_arm(arm, ahead_of_all)
    assert written() == first


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
    workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []
    params["papers"]["other"] = {}
    params["arms"]["discs-kappa"]["paper"] = "other"
    monkeypatch.setattr(ahead, "stale_arms", lambda: list(params["arms"]))
    monkeypatch.setattr(ahead, "_train", trained.append)
    train_ahead(params, paper="other", workers=1)
    assert trained == ["discs-kappa"]


def test_what_fails_ahead_is_named_and_the_others_go_on(
    workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ahead, "stale_arms", lambda: ["discs-unknown", "discs-kappa"])
    params["arms"]["discs-unknown"] = params["arms"]["discs-kappa"]
    train_ahead(params, workers=1)
    assert "discs-unknown: segloss: params.yaml has no 'discs-unknown' under arms" in capfd.readouterr().err
    assert (CHECKPOINTS / "discs-kappa/fold1").is_dir()


def test_an_arm_that_is_killed_ahead_is_named_with_its_exit_code(
    workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    killed = subprocess.CompletedProcess([], -9, stderr="fold 0: 12%")
    monkeypatch.setattr(ahead, "stale_arms", lambda: ["discs-kappa"])
    monkeypatch.setattr(ahead.subprocess, "run", lambda *_, **__: killed)
    train_ahead(params, workers=1)
    assert "discs-kappa: ended with code -9" in capfd.readouterr().err


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
