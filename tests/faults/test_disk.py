"""A full or read-only disk: one sentence that names the file, nothing half-written, and the old results stay."""

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.disturbing import Trap, run
from tests.faults.project import RESULTS, STAGES, results

SLOW = pytest.mark.slow
SPACE, READ_ONLY = os.strerror(errno.ENOSPC), os.strerror(errno.EROFS)


def the_sentence(printed: str) -> str:
    """What a command says in the end; it is one sentence, and no traceback stands above it."""
    assert "Traceback" not in printed
    said = [line for line in printed.splitlines() if line.startswith("segloss: ")]
    assert len(said) == 1, printed
    return said[0]


def half_written(folder: Path) -> list[Path]:
    """What looks like a leftover beside the results of a project."""
    return [
        path for place in ("build", "reports") for end in ("tmp", "old") for path in (folder / place).rglob(f"*.{end}")
    ]


@pytest.mark.parametrize(
    ("stage", "every"),
    [
        ("prepare", 7),
        ("evaluate", 5),
        *(pytest.param(stage, 1, marks=SLOW) for stage in ("inventory", "prepare", "evaluate")),
        pytest.param("report", 4, marks=SLOW),
    ],
)
def test_a_disk_that_is_full_from_some_file_on_is_named_and_the_next_call_goes_on(
    stage: str, every: int, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    expected = results(finished, stage)
    operations = run(before(stage), STAGES[stage]).operations
    failed, said = 0, ""
    for moment in range(1, operations + 1, every):
        folder = before(stage)
        ended = run(folder, STAGES[stage], Trap("full", moment))
        if ended.code:  # else only removals were left to do, for which there is always room
            failed, said = failed + 1, the_sentence(ended.printed)
            assert SPACE in said
            assert half_written(folder) == []
            assert run(folder, STAGES[stage]).code == 0
        assert results(folder, stage) == expected
    assert failed
    tell("no space left, from a file operation on", stage, failed, said)


@pytest.mark.parametrize("stage", ["prepare", "evaluate", pytest.param("report", marks=SLOW)])
def test_results_that_may_not_be_changed_stay_whole(
    stage: str, finished: Path, before: Callable[[str], Path], tell: Callable[..., None]
) -> None:
    folder = before("site")
    for place in RESULTS[stage]:
        ended = run(folder, STAGES[stage], Trap("read-only", 1, place))
        said = the_sentence(ended.printed)
        assert ended.code == 1
        assert READ_ONLY in said
        assert f"{place.partition('/')[0]}/" in said
        assert results(folder, stage) == results(finished, stage)
    tell("a read-only place for the results", stage, len(RESULTS[stage]), said)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full_is_named(
    small_disk: Path, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    folder = before("prepare")
    (folder / "build/preparing").rename(folder / "build/elsewhere")
    (folder / "build/preparing").symlink_to(small_disk)
    (small_disk / "other").write_bytes(bytes(48 * 1024))
    ended = run(folder, STAGES["prepare"])
    said = the_sentence(ended.printed)
    assert ended.code == 1
    assert SPACE in said
    assert "build/preparing/isic2018/" in said
    assert not (folder / "build/prepared/isic2018").exists()
    tell("a disk of 64 KiB, nearly full", "prepare", 1, said)


@pytest.mark.parametrize("stage", ["prepare", "evaluate"])
def test_a_write_that_fails_half_way_is_named_although_the_system_names_no_file(
    stage: str, before: Callable[[str], Path], finished: Path, tell: Callable[..., None]
) -> None:
    folder = before(stage)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ended = run(folder, STAGES[stage], Trap("short files", 1))
    said = the_sentence(ended.printed)
    assert ended.code == 1
    assert os.strerror(errno.EFBIG) in said
    assert "build/" in said or "reports/" in said
    assert half_written(folder) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == limit
    assert run(folder, STAGES[stage]).code == 0
    assert results(folder, stage) == results(finished, stage)
    tell("a file that may not grow beyond 4 KiB", stage, 1, said)
