"""Files and folders that are never half-written, and work that counts only for what it was begun with."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from segloss.provenance import named, put_in_place, resumable_folder, written_aside, written_file

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_work_begun_with_the_same_key_is_kept(tmp_path: Path) -> None:
    (resumable_folder(tmp_path / "work", "one") / "case").write_text("done")
    assert (resumable_folder(tmp_path / "work", "one") / "case").read_text() == "done"


def test_work_begun_with_another_key_is_removed(tmp_path: Path) -> None:
    (resumable_folder(tmp_path / "work", "one") / "case").write_text("done")
    assert list(resumable_folder(tmp_path / "work", "two").iterdir()) == []


def test_work_that_was_half_removed_counts_for_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = resumable_folder(tmp_path / "work", "one")
    for name in ("first", "second"):
        (folder / name).write_text("done")

    def stopped(path: Path) -> None:
        (path / "first").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", stopped)
        with pytest.raises(KeyboardInterrupt):
            resumable_folder(folder, "two")
    assert list(resumable_folder(folder, "one").iterdir()) == []


def test_a_file_that_cannot_be_written_to_its_end_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write() -> None:
        with written_file(path) as stream:
            stream.write("new")
            raise FULL

    with pytest.raises(OSError, match=r"No space left on device: '.*table\.csv'"):
        write()
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"table.csv": "old"}


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/a").write_text("old")

    def refused(old: Path, new: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(old))

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OSError, match="Read-only"), written_aside(tmp_path / "results") as aside:
        (aside / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert (tmp_path / "results/a").read_text() == "old"


def test_what_a_kill_left_of_an_old_folder_is_removed(tmp_path: Path) -> None:
    for name in ("new", "results.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    put_in_place(tmp_path / "new", tmp_path / "results")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert (tmp_path / "results/a").read_text() == "new"


def test_an_error_that_names_its_file_keeps_that_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, named(tmp_path):
        (tmp_path / "missing").read_text()
    assert caught.value.filename == str(tmp_path / "missing")
