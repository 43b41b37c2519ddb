"""Arms trained ahead of the pipeline: what waits, and what the train stage does with it."""

import json
from pathlib import Path
from typing import Any

import pytest

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
