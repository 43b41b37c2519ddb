"""Training on what is damaged: a checkpoint costs epochs, never the result; prepared arrays stop it by name."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.disturbing import Trap, run
from tests.faults.project import STAGES, results

TRAIN = STAGES["train"]
PREPARED = "build/prepared/isic2018"
CHECKPOINTS = "build/checkpoints/isic2018/isic2018-kappa"
# In there: the folder itself, then the first checkpoint written aside, then put in its place, then the fold.
FIRST_CHECKPOINT, NEXT = 2, 4


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.fixture
def stopped(before: Callable[[str], Path]) -> Path:
    """The project, killed in the middle of its first fold, with a checkpoint and one before it."""
    folder = before("train")
    run(folder, TRAIN, Trap("kill", NEXT, below=CHECKPOINTS))
    checkpoint = folder / CHECKPOINTS / "fold0.pt"
    assert checkpoint.is_file()
    shutil.copy(checkpoint, checkpoint.with_name("fold0.previous.pt"))
    return folder


@pytest.mark.parametrize("damage", [cut, flip])
def test_a_damaged_checkpoint_is_said_and_the_one_before_leads_to_the_same_bytes(
    stopped: Path, finished: Path, damage: Callable[[Path], None], tell: Callable[..., None]
) -> None:
    damage(stopped / CHECKPOINTS / "fold0.pt")
    ended = run(stopped, TRAIN)
    assert ended.code == 0
    [said] = [line for line in ended.printed.splitlines() if "damaged" in line]
    assert said.startswith(f"{CHECKPOINTS}/fold0.pt: damaged")
    assert said.endswith("the fold goes on after epoch 1, from the checkpoint before.")
    assert results(stopped, "train") == results(finished, "train")
    tell(f"a {'truncated' if damage is cut else 'flipped bit in a'} checkpoint", "train", 1, said)


def test_where_both_checkpoints_are_damaged_the_fold_starts_over_to_the_same_bytes(
    stopped: Path, finished: Path, tell: Callable[..., None]
) -> None:
    for name in ("fold0.pt", "fold0.previous.pt"):
        flip(stopped / CHECKPOINTS / name)
    ended = run(stopped, TRAIN)
    assert ended.code == 0
    [said] = [line for line in ended.printed.splitlines() if "damaged" in line]
    assert said.endswith("the fold starts over.")
    assert results(stopped, "train") == results(finished, "train")
    tell("both checkpoints damaged", "train", 1, said)


@pytest.mark.parametrize(
    ("name", "damage"), [("images.npy", flip), ("labels.npy", flip), ("images.npy", cut), ("cases.csv", cut)]
)
def test_damaged_prepared_data_are_named_before_anything_trains_on_them(
    before: Callable[[str], Path], name: str, damage: Callable[[Path], None], tell: Callable[..., None]
) -> None:
    folder = before("train")
    damage(folder / PREPARED / name)
    ended = run(folder, TRAIN)
    assert ended.code == 1
    assert "Traceback" not in ended.printed
    [said] = [line for line in ended.printed.splitlines() if "damaged" in line]
    assert said.startswith(f"segloss: {PREPARED}")
    assert name in said
    assert said.endswith("prepare the data set again.")
    assert not (folder / "build/runs").exists()
    tell(f"a {'truncated' if damage is cut else 'flipped bit in'} {name}", "train", 1, said)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["full", "read-only"])
def test_a_disk_that_takes_nothing_from_some_moment_on_is_said_and_the_next_run_ends_with_the_same_bytes(
    before: Callable[[str], Path], finished: Path, what: str, tell: Callable[..., None]
) -> None:
    operations = run(before("train"), TRAIN).operations
    moments = range(1, operations, 4)
    for moment in moments:
        folder = before("train")
        ended = run(folder, TRAIN, Trap(what, moment))
        assert (ended.code, "Traceback" in ended.printed) == (1, False), ended.printed
        assert run(folder, TRAIN).code == 0
        assert results(folder, "train") == results(finished, "train")
    tell(f"a disk that becomes {what}", "train", len(moments), ended.printed.splitlines()[-1])
