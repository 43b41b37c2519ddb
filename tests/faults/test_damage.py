"""Inputs of evaluate that are damaged: one sentence that names the file, and the old results stay."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.disturbing import run
from tests.faults.project import STAGES, results

PREPARED, RUN = "build/prepared/isic2018", "build/runs/isic2018/isic2018-kappa"


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("name", "damage", "named"),
    [
        (f"{PREPARED}/labels.npy", cut, PREPARED),
        (f"{PREPARED}/labels.npy", flipped, PREPARED),
        (f"{PREPARED}/images.npy", flipped, PREPARED),
        (f"{PREPARED}/cases.csv", cut, PREPARED),
        (f"{PREPARED}/provenance.json", cut, f"{PREPARED}/provenance.json"),
        (f"{RUN}/status.json", cut, f"{RUN}/status.json"),
        (f"{RUN}/fold1/predictions.npz", cut, f"{RUN}/fold1/predictions.npz"),
        (f"{RUN}/fold1/predictions.npz", flipped, f"{RUN}/fold1/predictions.npz"),
    ],
)
def test_a_damaged_input_is_named_and_the_old_metrics_stay(
    name: str,
    damage: Callable[[bytes], bytes],
    named: str,
    before: Callable[[str], Path],
    finished: Path,
    tell: Callable[..., None],
) -> None:
    folder = before("site")
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(damage(content))
    ended = run(folder, STAGES["evaluate"])
    assert ended.code == 1
    assert "Traceback" not in ended.printed
    assert f"segloss: {named} is damaged" in ended.printed
    assert results(folder, "evaluate") == results(finished, "evaluate")
    tell(f"a {'truncated' if damage is cut else 'flipped bit in'} {Path(name).name}", "evaluate", 1, ended.printed)


def test_a_data_set_prepared_again_after_damage_is_as_before(before: Callable[[str], Path], finished: Path) -> None:
    folder = before("site")
    labels = folder / PREPARED / "labels.npy"
    labels.write_bytes(cut(labels.read_bytes()))
    assert run(folder, STAGES["prepare"]).code == 0
    assert results(folder, "prepare") == results(finished, "prepare")
