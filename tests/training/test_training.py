"""Training: what it writes, what it resumes, and what it makes of faults."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from segloss.data.prepared import PreparedSlices
from segloss.errors import InputError
from segloss.losses import build_loss
from segloss.training import train_arm
from segloss.training.checkpoint import Checkpoint
from segloss.training.fold import train_epoch
from segloss.training.inputs import Batch, SliceInputs
from segloss.training.sealed import read_sealed
from segloss.training.settings import Settings

RUN = Path("build/runs/discs/discs-kappa")
CHECKPOINTS = Path("build/checkpoints/discs")


def results(run: Path = RUN) -> dict[str, bytes]:
    """Everything a run wrote, byte by byte, apart from the commit it was made at."""
    return {
        str(f.relative_to(run)): f.read_bytes() for f in run.rglob("*") if f.is_file() and f.name != "provenance.json"
    }


def history(fold: int, run: Path = RUN) -> list[dict[str, str]]:
    with (run / f"fold{fold}/history.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_an_arm_writes_history_weights_and_predictions_of_each_fold(workplace: Path, params: dict[str, Any]) -> None:
    train_arm("discs-kappa", params)
    for fold in (0, 1):
        predictions = np.load(RUN / f"fold{fold}/predictions.npz", allow_pickle=False)
        assert list(predictions["cases"]) == [f"disc{i:02}" for i in range(12) if i % 3 == fold]
        assert predictions["probs"].shape == (4, 1, 32, 32)
        assert [row["epoch"] for row in history(fold)] == ["1", "2", "3", "4", "5", "6"]
        assert torch.load(RUN / f"fold{fold}/weights.pt", weights_only=True)
    assert json.loads((RUN / "status.json").read_text())["outcome"] == "done"
    assert not list(CHECKPOINTS.glob("*kappa"))


def test_training_learns_the_discs(workplace: Path, params: dict[str, Any]) -> None:
    params["protocols"]["kappa"] |= {"epochs": 100, "learning_rate": 0.01}
    params["scales"]["tiny"]["kappa"]["max_folds"] = 1
    train_arm("discs-kappa", params)
    assert float(history(0)[-1]["validation_dice"]) > 0.95


def test_the_same_settings_give_the_same_bytes(workplace: Path, params: dict[str, Any]) -> None:
    train_arm("discs-kappa", params)
    first = results()
    train_arm("discs-kappa", params)
    assert results() == first


def test_arms_that_differ_in_the_loss_start_from_the_same_weights_and_batches(
    workplace: Path, params: dict[str, Any]
) -> None:
    params["losses"]["kappa"]["kappa"] = "cross_entropy"
    for arm in params["arms"]:
        train_arm(arm, params)
    first_half = [[row["loss"] for row in history(0, RUN.with_name(arm))[:3]] for arm in params["arms"]]
    assert first_half[0] == first_half[1]


def test_a_killed_training_resumes_at_its_saved_epoch_and_ends_with_the_same_bytes(
    workplace: Path, params: dict[str, Any]
) -> None:
    train_arm("discs-cross_entropy_then_kappa", params)
    run = RUN.with_name("discs-cross_entropy_then_kappa")
    uninterrupted = results(run)

    checkpoint = CHECKPOINTS / "discs-cross_entropy_then_kappa/fold1.pt"
    command = [sys.executable, "-m", "segloss", "train", "discs-cross_entropy_then_kappa"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not checkpoint.is_file() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 <= len(torch.load(io.BytesIO(read_sealed(checkpoint) or b""), weights_only=True)["history"]) < 6

    resumed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "fold 1:" in resumed.stderr
    assert "fold 0:" not in resumed.stderr
    assert results(run) == uninterrupted


def test_what_a_kill_left_beside_a_finished_fold_is_not_taken_along(workplace: Path, params: dict[str, Any]) -> None:
    train_arm("discs-kappa", params)
    expected = results()
    leftover = CHECKPOINTS / "discs-kappa"
    shutil.copytree(RUN, leftover)
    (leftover / "fold0.pt").write_bytes(b"the checkpoint of a fold that is complete")
    (leftover / "fold1.pt.tmp").write_bytes(b"half a checkpoint")
    (leftover / "fold1.tmp").mkdir()
    train_arm("discs-kappa", params)
    assert results() == expected
    assert sorted(f.name for f in RUN.iterdir()) == ["fold0", "fold1", "provenance.json", "status.json"]


@pytest.mark.parametrize(("interval_s", "epochs_kept"), [(0.0, 3), (3600.0, 1)])
def test_a_checkpoint_holds_the_last_epoch_that_ended_when_it_was_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interval_s: float, epochs_kept: int
) -> None:
    monkeypatch.setattr("segloss.training.checkpoint.SAVED_EVERY_S", interval_s)
    network = torch.nn.Linear(2, 1)
    optimiser = torch.optim.Adam(network.parameters())
    checkpoint = Checkpoint(tmp_path / "fold0.pt", network, optimiser, select="last")
    for epoch in (1, 2, 3):
        checkpoint.add(epoch=epoch, validation_dice=0.5)
    resumed = Checkpoint(tmp_path / "fold0.pt", network, optimiser, select="last")
    assert [row["epoch"] for row in resumed.history] == list(range(1, epochs_kept + 1))


def test_epochs_of_other_parameters_are_not_resumed(workplace: Path, params: dict[str, Any]) -> None:
    train_arm("discs-kappa", params)
    expected = results()
    leftover = CHECKPOINTS / "discs-kappa"
    (leftover / "fold0").mkdir(parents=True)
    leftover.with_name("discs-kappa.key").write_text("another key")
    train_arm("discs-kappa", params)
    assert results() == expected


def test_two_phases_stand_in_the_history(workplace: Path, params: dict[str, Any]) -> None:
    train_arm("discs-cross_entropy_then_kappa", params)
    phases = [row["phase"] for row in history(0, RUN.with_name("discs-cross_entropy_then_kappa"))]
    assert phases == ["cross_entropy"] * 3 + ["kappa"] * 3


def test_the_best_epoch_is_kept_where_the_protocol_says_so(workplace: Path, params: dict[str, Any]) -> None:
    params["protocols"]["kappa"] |= {"select": "best_validation", "learning_rate": 0.01, "epochs": 8}
    params["scales"]["tiny"]["kappa"]["max_folds"] = 1
    train_arm("discs-kappa", params)
    dice = [float(row["validation_dice"]) for row in history(0)]
    best = dice.index(max(dice)) + 1
    kept = torch.load(RUN / "fold0/weights.pt", weights_only=True)

    params["protocols"]["kappa"] |= {"select": "last"}
    if best < 8:  # the same epochs, stopped at the best one, end with the weights that were kept
        params["protocols"]["kappa"]["epochs"] = best
    train_arm("discs-kappa", params)
    torch.testing.assert_close(torch.load(RUN / "fold0/weights.pt", weights_only=True), kept, rtol=0, atol=0)


@pytest.mark.parametrize(("select", "kept"), [("last", 4), ("best_validation", 2), ("lowest_validation_loss", 3)])
def test_the_weights_of_the_selected_epoch_are_kept_whatever_epochs_have_no_dice(
    tmp_path: Path, select: str, kept: int
) -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    optimiser = torch.optim.Adam(network.parameters())
    checkpoint = Checkpoint(tmp_path / "fold0.pt", network, optimiser, select)
    for epoch, (loss, dice) in enumerate([(3.0, float("nan")), (2.0, 0.5), (1.0, 0.4), (1.5, float("nan"))], start=1):
        with torch.no_grad():
            network.weight.fill_(epoch)
        checkpoint.add(epoch=epoch, validation_loss=loss, validation_dice=dice)
    assert checkpoint.selected["weight"].item() == kept


def test_an_unknown_selection_is_named(tmp_path: Path) -> None:
    network = torch.nn.Linear(1, 1)
    with pytest.raises(InputError, match="select is 'first', expected one of last, best_validation"):
        Checkpoint(tmp_path / "fold0.pt", network, torch.optim.Adam(network.parameters()), "first")


def test_a_diverged_loss_is_an_outcome(workplace: Path, params: dict[str, Any]) -> None:
    params["protocols"]["kappa"]["learning_rate"] = 1e38
    train_arm("discs-kappa", params)
    status = json.loads((RUN / "status.json").read_text())
    assert status["outcome"] == "diverged"
    assert "finite" in status["reason"] or "became" in status["reason"]
    assert not list(RUN.glob("fold*"))


@pytest.mark.parametrize("outcome", ["absent", "too few cases"])
def test_data_that_are_not_there_are_an_outcome(workplace: Path, params: dict[str, Any], outcome: str) -> None:
    status = {"outcome": outcome, "reason": "why"}
    Path("build/prepared/discs/status.json").write_text(json.dumps(status))
    train_arm("discs-kappa", params)
    assert json.loads((RUN / "status.json").read_text()) == status


def test_training_before_preparation_is_refused(workplace: Path, params: dict[str, Any]) -> None:
    Path("build/prepared/discs/status.json").unlink()
    with pytest.raises(InputError, match=r"status.json was not found; run the prepare stage first"):
        train_arm("discs-kappa", params)


def test_train_validation_and_test_are_thirds_that_rotate(workplace: Path) -> None:
    data = PreparedSlices(Path("build/prepared/discs"))
    for fold in range(3):
        parts = [set(data.part(fold, part)) for part in ("train", "validation", "test")]
        assert [len(part) for part in parts] == [4, 4, 4]
        assert set.union(*parts) == set(range(12))
    assert set.union(*(set(data.part(fold, "test")) for fold in range(3))) == set(range(12))


def test_a_batch_is_scaled_to_one(workplace: Path) -> None:
    data = PreparedSlices(Path("build/prepared/discs"))
    images, labels = data.batch(np.array([3, 1]), torch.device("cpu"))
    raw = np.load("build/prepared/discs/images.npy")
    np.testing.assert_allclose(images.numpy(), raw[[3, 1]] / 255, rtol=1e-6)
    assert labels.shape == (2, 32, 32)
    assert labels.dtype == torch.long


def test_a_scale_caps_the_protocol(params: dict[str, Any]) -> None:
    params["scales"]["tiny"]["kappa"] |= {"base_filters": 2, "epoch_share": 0.5, "learning_rate": 0.1, "max_folds": 1}
    settings = Settings.of(params, "discs-kappa")
    assert (settings.network["filters"], settings.epochs, settings.learning_rate, settings.folds) == (2, 3, 0.1, 1)


def test_the_least_number_of_steps_lengthens_a_short_run(params: dict[str, Any]) -> None:
    params["scales"]["tiny"]["kappa"]["min_steps"] = 50
    settings = Settings.of(params, "discs-kappa")
    assert settings.epochs_for(items=10) == 17  # 3 steps an epoch
    assert settings.epochs_for(items=1000) == 6


def test_the_largest_number_of_steps_shortens_a_long_run(params: dict[str, Any]) -> None:
    params["scales"]["tiny"]["kappa"]["max_steps"] = 4
    assert Settings.of(params, "discs-kappa").epochs_for(4) == 4
    assert Settings.of(params, "discs-kappa").epochs_for(8) == 2
    assert Settings.of(params, "discs-kappa").epochs_for(4000) == 1


class TwoHeads(torch.nn.Module):
    """One weight; in training a second output besides, of twice the logits."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.3))

    def forward(self, images: torch.Tensor) -> torch.Tensor | list[torch.Tensor]:
        logits = self.weight * images[:, :1]
        return [logits, 2 * logits] if self.training else logits


def test_the_losses_of_all_heads_of_a_deeply_supervised_network_are_summed(params: dict[str, Any]) -> None:
    network, loss = TwoHeads(), build_loss("dice")
    images, labels = torch.randn(2, 3, 16, 16), torch.randint(0, 2, (2, 16, 16))
    settings = replace(Settings.of(params, "discs-kappa"), augmentation={})
    expected = loss(0.3 * images[:, :1], labels) + loss(0.6 * images[:, :1], labels)
    optimiser = torch.optim.SGD(network.parameters(), 0.1)
    value = train_epoch(network, loss, optimiser, [Batch(images, labels)], settings)
    assert value == pytest.approx(expected.item(), rel=1e-6)


def test_prepared_distance_maps_reach_the_loss(params: dict[str, Any]) -> None:
    images, labels = torch.randn(2, 3, 16, 16), torch.randint(0, 2, (2, 16, 16))
    settings = replace(Settings.of(params, "discs-kappa"), augmentation={})
    values = []
    for factor in (1.0, 3.0):
        network = TwoHeads()
        maps = factor * torch.ones(2, 1, 16, 16)
        batch = [Batch(images, labels, maps)]
        values.append(
            train_epoch(network, build_loss("boundary"), torch.optim.SGD(network.parameters(), 0.1), batch, settings)
        )
    assert values[1] == pytest.approx(3 * values[0], rel=1e-6)


def test_distance_maps_refuse_an_augmentation_that_moves(workplace: Path, params: dict[str, Any]) -> None:
    np.save("build/prepared/discs/distances.npy", np.zeros((12, 1, 32, 32), np.float32))
    data = PreparedSlices(Path("build/prepared/discs"))
    settings = replace(Settings.of(params, "discs-kappa"), augmentation={"flip": True})
    with pytest.raises(InputError, match="discs: distance maps do not move with an image"):
        SliceInputs(data, 0, settings, torch.device("cpu"))
