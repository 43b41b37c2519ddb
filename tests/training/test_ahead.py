"""Arms trained side by side, ahead of their stages: what they leave, and what is recorded of them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from segloss import ahead
from segloss.ahead import run_ahead
from segloss.paths import LOCKS
from segloss.training import folds, train_arm

RUNS, CHECKPOINTS = Path("build/runs/discs"), Path("build/checkpoints/discs")


class Stages:
    """A pipeline whose stages train arms, all out of date; it remembers what is recorded as done."""

    def __init__(self, arms: list[str]) -> None:
        self.wave = [f"train@{arm}" for arm in arms]
        self.recorded: list[str] = []

    def waves(self, target: str | None) -> list[list[str]]:
        return [self.wave]

    def upstream(self, stage: str) -> set[str]:
        return set()

    def stale(self, stages: list[str]) -> list[str]:
        return stages

    def command(self, stage: str) -> list[str]:
        return ["python", "-m", "segloss", *stage.split("@")]

    def record(self, stages: list[str]) -> None:
        self.recorded += stages


def forbidden(*arguments: Any) -> None:
    raise AssertionError("a fold was trained that was there already")


@pytest.fixture
def stages(workplace: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Stages:
    stages = Stages(list(params["arms"]))
    monkeypatch.setattr(ahead, "Pipeline", lambda: stages)
    return stages


def written() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in RUNS.rglob("*") if path.is_file()}


def test_arms_trained_ahead_are_put_in_their_place_and_recorded(params: dict[str, Any], stages: Stages) -> None:
    run_ahead(params, workers=2)
    for arm in params["arms"]:
        assert sorted(path.name for path in (RUNS / arm).glob("fold*")) == ["fold0", "fold1"]
        assert json.loads((RUNS / arm / "status.json").read_text())["outcome"] == "done"
        assert not (CHECKPOINTS / arm).exists()
    assert stages.recorded == ["train@discs-kappa", "train@discs-cross_entropy_then_kappa"]


def test_training_ahead_and_in_turn_give_the_same_bytes(params: dict[str, Any], stages: Stages) -> None:
    run_ahead(params, workers=2)
    side_by_side = written()
    for arm in params["arms"]:
        train_arm(arm, params)
    assert written() == side_by_side


def test_folds_that_wait_are_not_trained_again(params: dict[str, Any], stages: Stages) -> None:
    train_arm("discs-kappa", params, ahead=True)
    fold = CHECKPOINTS / "discs-kappa/fold1/weights.pt"
    before = fold.stat().st_mtime_ns
    stages.wave = ["train@discs-kappa"]
    run_ahead(params, workers=1)
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


def test_only_what_the_report_of_a_paper_needs_is_run_if_one_is_named(
    params: dict[str, Any], stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(stages, "waves", lambda target: asked.append(target) or [])
    run_ahead(params, paper="kappa")
    run_ahead(params)
    assert asked == ["report@kappa", None]


def test_what_fails_ahead_is_named_and_the_others_go_on(
    params: dict[str, Any], stages: Stages, capfd: pytest.CaptureFixture[str]
) -> None:
    stages.wave = ["train@discs-odd", "train@discs-kappa"]
    params["arms"]["discs-odd"] = {**params["arms"]["discs-kappa"], "loss": "unheard_of"}
    run_ahead(params, workers=1)
    assert "train@discs-odd: params.yaml has no 'unheard_of'" in capfd.readouterr().err
    assert stages.recorded == ["train@discs-kappa"]


def test_stages_that_need_a_failed_one_are_left(
    params: dict[str, Any], stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    params["arms"]["discs-kappa"]["loss"] = "unheard_of"
    monkeypatch.setattr(stages, "waves", lambda target: [stages.wave[:1], ["evaluate@discs"]])
    monkeypatch.setattr(stages, "upstream", lambda stage: {"train@discs-kappa"} if "evaluate" in stage else set())
    run_ahead(params, workers=1)
    assert stages.recorded == []


def test_other_stages_run_as_their_command_does(
    params: dict[str, Any], stages: Stages, capfd: pytest.CaptureFixture[str]
) -> None:
    stages.wave = ["evaluate@nowhere"]
    run_ahead(params, workers=1)
    assert "evaluate@nowhere: segloss: params.yaml has no 'nowhere'" in capfd.readouterr().err
    assert stages.recorded == []


def test_a_second_training_of_an_arm_waits_for_the_first(workplace: Path, params: dict[str, Any]) -> None:
    LOCKS.mkdir(parents=True)
    with FileLock(LOCKS / "train-discs-kappa.lock"):
        second = subprocess.Popen([sys.executable, "-m", "segloss", "train", "discs-kappa"], stderr=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=8)
        assert not (RUNS / "discs-kappa").exists()
    assert b"train discs-kappa is running already" in second.communicate(timeout=120)[1]
    assert second.returncode == 0
    assert (RUNS / "discs-kappa").exists()
