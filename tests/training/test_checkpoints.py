"""Checkpoints that are damaged, or that the disk does not take."""

import errno
import io
from pathlib import Path

import pytest
import torch

from segloss.training import checkpoint as checkpoints
from segloss.training.checkpoint import Checkpoint
from segloss.training.sealed import previous, read_sealed, write_sealed


@pytest.fixture(autouse=True)
def _every_epoch_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "SAVED_EVERY_S", 0.0)


def opened(path: Path, select: str = "last") -> Checkpoint:
    network = torch.nn.Linear(2, 1)
    return Checkpoint(path, network, torch.optim.Adam(network.parameters()), select)


def written(path: Path, epochs: int = 3) -> Checkpoint:
    """A checkpoint after some epochs; the weights of each are its number."""
    checkpoint = opened(path)
    for epoch in range(1, epochs + 1):
        with torch.no_grad():
            checkpoint.network.weight.fill_(epoch)
        checkpoint.add(epoch=epoch, validation_dice=0.5)
    return checkpoint


def flip_a_bit(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def truncate(path: Path, place: int) -> None:
    path.write_bytes(path.read_bytes()[:place])


def test_the_last_two_checkpoints_are_kept_and_nothing_beside_them(tmp_path: Path) -> None:
    written(tmp_path / "fold0.pt")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["fold0.previous.pt", "fold0.pt"]
    states = [torch.load(io.BytesIO(read_sealed(file) or b"")) for file in sorted(tmp_path.iterdir())]
    assert [len(state["history"]) for state in states] == [2, 3]


@pytest.mark.parametrize("damage", [flip_a_bit, truncate])
@pytest.mark.parametrize("place", [0, 64, 65, 1000, -1])
def test_a_damaged_checkpoint_is_named_and_the_one_before_takes_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage, place: int
) -> None:
    path = tmp_path / "fold0.pt"
    written(path)
    damage(path, place)
    resumed = opened(path)
    assert [row["epoch"] for row in resumed.history] == [1, 2]
    assert resumed.network.weight.tolist() == [[2.0, 2.0]]
    assert (
        f"{path}: damaged, the SHA-256 differs; the fold goes on after epoch 2, from the checkpoint before."
        in capsys.readouterr().err
    )


def test_a_damaged_checkpoint_never_becomes_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "fold0.pt"
    written(path)
    flip_a_bit(path, 500)
    opened(path).add(epoch=3, validation_dice=0.5)
    assert all(read_sealed(file) for file in (path, previous(path)))


def test_where_both_checkpoints_are_damaged_the_fold_starts_over_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fold0.pt"
    written(path)
    for file in (path, previous(path)):
        truncate(file, 100)
    assert opened(path).history == []
    assert f"{path} and {previous(path)}: damaged" in (said := capsys.readouterr().err)
    assert "the fold starts over." in said


def test_a_kill_between_two_steps_of_a_save_costs_one_epoch(tmp_path: Path) -> None:
    path = tmp_path / "fold0.pt"
    written(path)
    path.unlink()
    (tmp_path / "fold0.pt.tmp").write_bytes(b"half a checkpoint")
    assert len(opened(path).history) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_keeps_the_checkpoint_before_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "fold0.pt"
    checkpoint = written(path, epochs=1)
    path.with_name("fold0.pt.tmp").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"fold0\.pt") as raised:
        checkpoint.add(epoch=2, validation_dice=0.5)
    assert raised.value.errno == errno.ENOSPC
    assert [file.name for file in tmp_path.iterdir()] == ["fold0.pt"]
    assert len(opened(path).history) == 1


def test_what_is_sealed_is_read_back_whole(tmp_path: Path) -> None:
    for content in (b"", b"a\nb\n", bytes(range(256)) * 1000):
        write_sealed(tmp_path / "file.pt", content)
        assert read_sealed(tmp_path / "file.pt") == content


def test_a_resumed_run_knows_the_best_epoch_of_before(tmp_path: Path) -> None:
    path = tmp_path / "fold0.pt"
    checkpoint = opened(path, "best_validation")
    for epoch, dice in enumerate((0.2, 0.9, float("nan")), start=1):
        with torch.no_grad():
            checkpoint.network.weight.fill_(epoch)
        checkpoint.add(epoch=epoch, validation_dice=dice)
    resumed = opened(path, "best_validation")
    with torch.no_grad():
        resumed.network.weight.fill_(4)
    resumed.add(epoch=4, validation_dice=0.5)
    assert resumed.selected["weight"].tolist() == [[2.0, 2.0]]
